"""Where do the bytes come from? A folder, a zip or one file, on disk or in sealed pieces.

Nothing is unpacked to disk. A zip is read as a stream, and what it says about its own sizes is not
believed: the bytes that come out are counted.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, cast

from cases.services.importing.errors import ImportRefused

BUNDLE_FILES = ("officers.csv", "cases.csv", "events.csv", "referrals.csv")
MOST_BYTES = 4 << 30
MOST_ENTRIES = 1_000
MOST_RATIO = 250
RATIO_COUNTS_FROM = 16 << 20
ZIP_MARK = b"PK"
WORKBOOK_ENTRY = "[Content_Types].xml"
ENCRYPTED = 0x1
PIECE = 1 << 20

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be imported: `files` maps the names a bundle must have (or "file") to openers.

    Every opener gives a stream that can be read again from its beginning with `seek(0)`.
    """

    kind: Literal["bundle", "csv"]
    files: Mapping[str, Opener]
    digest: bytes


@contextmanager
def source_at(path: Path) -> Iterator[Source]:
    """The bundle folder, bundle zip or one file at `path`. Raises ImportRefused."""
    if path.is_dir():
        yield _folder(path)
        return
    try:
        stream = path.open("rb")
    except OSError:
        raise ImportRefused(
            "The file can't be read: there is none at this path, or it may not be opened."
        ) from None
    with stream, source_of(stream) as source:
        yield source


@contextmanager
def source_of(stream: BinaryIO) -> Iterator[Source]:
    """The bundle zip or one file in a seekable stream. Raises ImportRefused."""
    digest = _digest(stream)
    if _starts_with_zip(stream):
        with ExitStack() as stack:
            archive = stack.enter_context(_archive(stream))
            yield Source("bundle", _entries(archive), digest)
    else:
        yield Source("csv", {"file": lambda: _lent(stream)}, digest)


class _Lent(io.RawIOBase):
    """Somebody else's stream from its beginning; closing this one leaves it open."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        stream.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _lent(stream: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Lent(stream), PIECE))


def _starts_with_zip(stream: BinaryIO) -> bool:
    stream.seek(0)
    return stream.read(len(ZIP_MARK)) == ZIP_MARK


def _digest(stream: BinaryIO) -> bytes:
    """Of the bytes, to tell the same file again."""
    stream.seek(0)
    found = hashlib.sha256()
    while piece := stream.read(PIECE):
        found.update(piece)
    return found.digest()


def _folder(path: Path) -> Source:
    present = {entry.name.lower(): entry for entry in path.iterdir() if entry.is_file()}
    _require_all(present)
    digest = hashlib.sha256()
    for name in BUNDLE_FILES:
        with present[name].open("rb") as stream:
            digest.update(_digest(stream))
    return Source(
        "bundle", {name: _opener(present[name]) for name in BUNDLE_FILES}, digest.digest()
    )


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _require_all(present: Mapping[str, object]) -> None:
    missing = [name for name in BUNDLE_FILES if name not in present]
    if missing:
        raise ImportRefused(
            f"The bundle lacks {' and '.join(missing)}. Add it; a file with a header and no rows "
            "says that there are none."
        )


def _archive(stream: BinaryIO) -> zipfile.ZipFile:
    stream.seek(0)
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, OSError):
        raise ImportRefused("The zip file is damaged. Make it again and try again.") from None


def _entries(archive: zipfile.ZipFile) -> dict[str, Opener]:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise ImportRefused(
            f"The zip file holds more than {MOST_ENTRIES:,} files. Zip the bundle only."
        )
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = _bundle_name(entry)
        if name and name in found:
            raise ImportRefused(f"The zip file holds {name} twice. Keep one.")
        if name:
            found[name] = entry
    if not found and any(entry.filename == WORKBOOK_ENTRY for entry in entries):
        raise ImportRefused("This is a spreadsheet. Save it as CSV UTF-8 and import that.")
    _require_all(found)
    return {name: _entry_opener(archive, entry, name) for name, entry in found.items()}


def _bundle_name(entry: zipfile.ZipInfo) -> str:
    """The bundle's name of this entry, "" if none. Raises ImportRefused on a hostile path."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        raise ImportRefused(
            "The zip file holds a file whose path leads out of it. It was not opened; zip the "
            "bundle again from its own folder."
        )
    wanted = path.name.lower() in BUNDLE_FILES and "__MACOSX" not in path.parts
    return path.name.lower() if wanted and not entry.is_dir() else ""


def _entry_opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Opener:
    if entry.flag_bits & ENCRYPTED:
        raise ImportRefused(f"{name} in the zip file has a password. Zip the bundle without one.")
    return lambda: cast("BinaryIO", io.BufferedReader(_Entry(archive, entry, name), PIECE))


class _Entry(io.RawIOBase):
    """One file of a zip as a stream that counts what comes out of it and can start again."""

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
        super().__init__()
        self._archive = archive
        self._entry = entry
        self._name = name
        self._most = max(RATIO_COUNTS_FROM, entry.compress_size * MOST_RATIO)
        self._start()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._given

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset:
            if whence == io.SEEK_CUR and not offset:
                return self._given
            raise io.UnsupportedOperation("An entry of a zip can only start again.")
        self._stream.close()
        self._start()
        return 0

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        try:
            piece = self._stream.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError):
            raise ImportRefused(
                f"{self._name} in the zip file is damaged. Make the zip again and try again."
            ) from None
        buffer[: len(piece)] = piece
        self._given += len(piece)
        if self._given > min(self._most, MOST_BYTES):
            raise ImportRefused(
                f"{self._name} in the zip file unpacks to more than it should. It was not read on; "
                "import the bundle as smaller parts."
            )
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _start(self) -> None:
        try:
            self._stream = self._archive.open(self._entry)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError):
            raise ImportRefused(
                f"{self._name} in the zip file can't be opened. Make the zip again and try again."
            ) from None
        self._given = 0
