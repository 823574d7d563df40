"""How does an uploaded file wait until it is imported? In sealed pieces under the run's own key.

The bytes are sealed as they arrive; no readable copy of the file is ever on a disk. The pieces are
deleted when the run has ended.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from cases import seal
from cases.models import ImportChunk, ImportRun
from cases.models.sealing import give_key, key_of, place, place_of, sealing_key_of
from cases.services.importing.errors import ImportRefused
from cases.services.importing.sources import Source, source_of
from cases.services.scanning import NotClean, Scan

CHUNK = 1 << 20
MOST_BYTES = 1 << 30
EMPTY = hashlib.sha256(b"").digest()


class TooLarge(ImportRefused):
    """The upload is larger than this page takes."""


class NotScanned(ImportRefused):
    """The scanner found something, or says nothing. `told` is for the entry."""

    def __init__(self, refused: NotClean) -> None:
        super().__init__(str(refused))
        self.told = refused.told


class SealedUpload:
    """A file on its way in: `write` pieces of it, then `finish`, and always `close`.

    Its pieces are kept only when the transaction ends well, which it does after `finish` alone.
    """

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.size = 0
        self._key = give_key(run)
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self._position = 0
        self._scan: Scan | None = None

    def begin(self) -> None:
        """Raises NotScanned."""
        with _scanned():
            self._scan = Scan()
        self.run.digest = EMPTY
        self.run.save(force_insert=True)

    def write(self, data: bytes) -> None:
        """Raises TooLarge, NotScanned."""
        self.size += len(data)
        if self.size > MOST_BYTES:
            raise TooLarge(
                f"The file is larger than {MOST_BYTES >> 20:,} MB. Import it on the server with "
                "manage.py import_caseload, or as a zip."
            )
        if self._scan:
            with _scanned():
                self._scan.write(data)
        self._digest.update(data)
        self._waiting += data
        while len(self._waiting) >= CHUNK:
            self._keep(bytes(self._waiting[:CHUNK]))
            del self._waiting[:CHUNK]

    def finish(self) -> ImportRun:
        """Raises NotScanned."""
        if self._scan:
            with _scanned():
                self._scan.finish()
        if self._waiting:
            self._keep(bytes(self._waiting))
            self._waiting.clear()
        self.run.digest = self._digest.digest()
        self.run.save(update_fields=["digest"])
        return self.run

    def close(self) -> None:
        if self._scan:
            self._scan.close()

    def _keep(self, piece: bytes) -> None:
        sealed = seal.encrypt(self._key, piece, _place(self.run, self._position))
        ImportChunk.objects.create(run=self.run, position=self._position, sealed=sealed)
        self._position += 1


@contextmanager
def _scanned() -> Iterator[None]:
    try:
        yield
    except NotClean as refused:
        raise NotScanned(refused) from None


def _place(run: ImportRun, position: int) -> str:
    return place("cases_importchunk", run.pk, str(position))


class _Pieces(io.RawIOBase):
    """The uploaded file as a stream; one piece is open at a time."""

    def __init__(self, run: ImportRun) -> None:
        super().__init__()
        self._run = run
        self._key = key_of(run)
        last = ImportChunk.objects.filter(run=run).order_by("-position").first()
        self._open_at, self._open = -1, b""
        self._size = 0
        if last is not None:
            self._size = last.position * CHUNK + len(self._piece(last.position))
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("A stream has nothing before its beginning.")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        piece = self._piece(self._at // CHUNK)
        within = self._at % CHUNK
        taken = piece[within : within + len(buffer)]
        buffer[: len(taken)] = taken
        self._at += len(taken)
        return len(taken)

    def _piece(self, position: int) -> bytes:
        if position != self._open_at:
            chunk = ImportChunk.objects.get(run=self._run, position=position)
            self._open = seal.decrypt(self._key, bytes(chunk.sealed), _place(self._run, position))
            self._open_at = position
        return self._open


@contextmanager
def uploaded(run: ImportRun) -> Iterator[Source]:
    """The uploaded bundle or file of this run. Raises ImportRefused."""
    with (
        io.BufferedReader(_Pieces(run), CHUNK) as stream,
        source_of(cast("BinaryIO", stream)) as source,
    ):
        yield source


def drop_upload(run: ImportRun) -> None:
    """Delete the pieces, inside the caller's transaction."""
    ImportChunk.objects.filter(run=run).delete()


def keep_mapping(run: ImportRun, body: Mapping[str, Any]) -> None:
    """Keep a mapping with the run, sealed: whoever drew it may have taken a name for a code."""
    plain = json.dumps(body).encode()
    run.sealed = seal.encrypt(sealing_key_of(run), plain, place_of(run))
    run.save(update_fields=["sealed"])


def kept_mapping(run: ImportRun) -> dict[str, Any] | None:
    if not run.sealed:
        return None
    plain = seal.decrypt(key_of(run), bytes(run.sealed), place_of(run))
    return dict(json.loads(plain))
