"""What do the bytes of a delimited text file say, row by row, from which physical line on?

Nothing is assumed about who wrote it: the encoding and the delimiter are found out, a row that
can't be read is told from its neighbours, and no line, field or file can use up the memory.
"""

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from cases.services.importing.errors import ImportRefused

LONGEST_LINE = 1_000_000
LONGEST_FIELD = 131_072
MOST_COLUMNS = 500
MOST_BROKEN_QUOTES = 50
PIECE = 1 << 20
SAMPLE_LINES = 20
DELIMITERS = (",", ";", "\t", "|")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bytes that Windows' Western code page leaves undefined; a file that has one is plain Latin-1.
CONTROLS = (*range(9), *range(14, 32))
UNDEFINED_IN_CP1252 = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written, and what its header says."""

    encoding: str
    delimiter: str
    header_line: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `problem` says why `cells` can't be used; a blank row has neither."""

    line: int
    cells: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.problem and not any(cell.strip() for cell in self.cells)


def shape_of(
    stream: BinaryIO, *, what: str, encoding: str = "auto", delimiter: str = "auto"
) -> Shape:
    """How the file is written. `what` names it in sentences. Raises ImportRefused."""
    encoding = encoding_of(stream, what) if encoding == "auto" else _checked(stream, what, encoding)
    lines = _Lines(_text(stream, encoding, what), what)
    try:
        first, declared = _first_lines(lines, what)
        if delimiter == "auto":
            delimiter = declared or _delimiter_of(first, lines.peek(SAMPLE_LINES))
        lines.push_back([first])
        header = _header(lines, delimiter, what)
    finally:
        lines.release()
    return Shape(encoding, delimiter, header.line, _columns(header, what))


def encoding_of(stream: BinaryIO, what: str) -> str:
    """UTF-8, UTF-16 or one of the two Western 8-bit encodings, judged by the whole file."""
    start = stream.read(PIECE)
    if not start:
        raise ImportRefused(f"{what} is empty. Export it again.")
    stream.seek(0)
    for mark, name in MARKS:
        if start.startswith(mark):
            return _checked(stream, what, name)
    if _looks_like_utf16(start):
        return _checked(stream, what, "utf-16-le" if start[1::2].count(0) else "utf-16-be")
    if _undecodable(stream, "utf-8") is None:
        return "utf-8"
    _refuse_binary(start, what)
    return _eight_bit(stream)


def _refuse_binary(start: bytes, what: str) -> None:
    """Eight-bit encodings read anything; text has hardly a control character."""
    controls = sum(start.count(bytes([code])) for code in CONTROLS)
    if controls * 200 > len(start):
        raise ImportRefused(
            f"{what} is not a text file. Save it as CSV (in a spreadsheet: Save as, CSV UTF-8)."
        )


def _looks_like_utf16(start: bytes) -> bool:
    sample = start[: 2 * 200]
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    return min(zeros) == 0 and max(zeros) > len(sample) // 4


def _eight_bit(stream: BinaryIO) -> str:
    stream.seek(0)
    undefined = any(byte in piece for piece in _pieces(stream) for byte in UNDEFINED_IN_CP1252)
    return "latin-1" if undefined else "cp1252"


def _checked(stream: BinaryIO, what: str, encoding: str) -> str:
    line = _undecodable(stream, encoding)
    if line is not None:
        name = "UTF-8" if encoding.startswith("utf-8") else encoding
        raise ImportRefused(
            f"{what}, line {line:,}: this is not {name} text. Save the file as UTF-8 and try again."
        )
    return encoding


def _undecodable(stream: BinaryIO, encoding: str) -> int | None:
    """The line of the first byte that is not text in this encoding; None when all of it is."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        raise ImportRefused("There is no encoding of the name given in the mapping.") from None
    stream.seek(0)
    line = 1
    try:
        for piece in _pieces(stream):
            line += decoder.decode(piece).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return line + _breaks_before(error, encoding)
    return None


def _breaks_before(error: UnicodeDecodeError, encoding: str) -> int:
    return error.object[: error.start].decode(encoding, errors="ignore").count("\n")


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece


def _text(stream: BinaryIO, encoding: str, what: str) -> io.TextIOWrapper:
    stream.seek(0)
    return io.TextIOWrapper(stream, encoding=encoding, newline="")


class _Lines:
    """Physical lines with their numbers; lines may be pushed back."""

    def __init__(self, text: io.TextIOWrapper, what: str) -> None:
        self._text = text
        self._what = what
        self._waiting: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._read(self.number + 1)
        if not line:
            raise StopIteration
        self.number += 1
        return line

    def peek(self, count: int) -> list[str]:
        while len(self._waiting) < count:
            line = self._read(self.number + len(self._waiting) + 1)
            if not line:
                break
            self._waiting.append(line)
        return list(self._waiting)[:count]

    def push_back(self, lines: Sequence[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)

    def release(self) -> None:
        """Give the bytes' stream back open."""
        self._text.detach()

    def _read(self, number: int) -> str:
        line = self._text.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise ImportRefused(
                f"{self._what}, line {number:,} is longer than {LONGEST_LINE:,} characters. "
                "This is not a file of rows; export it as CSV."
            )
        return line


def _first_lines(lines: _Lines, what: str) -> tuple[str, str]:
    """The header's line, and the delimiter where a spreadsheet declares it before (`sep=;`)."""
    first = _first_line(lines, what)
    said = first.strip()
    if said.lower().startswith("sep=") and len(said) == len("sep=;"):
        return _first_line(lines, what), said[-1]
    return first, ""


def _first_line(lines: _Lines, what: str) -> str:
    for line in lines:
        if line.strip('\ufeff \t\r\n,;|"'):
            return line
    raise ImportRefused(f"{what} holds no rows, not even a header. Export it again.")


def _delimiter_of(header: str, following: Sequence[str]) -> str:
    """The one that cuts the header into most pieces, and the following lines into as many."""
    sample = [header, *(line for line in following if line.strip())]

    def agreement(delimiter: str) -> tuple[int, int]:
        counts = [_cut(line, delimiter) for line in sample]
        agreeing = sum(count == counts[0] for count in counts)
        return (agreeing if counts[0] > 1 else 0, counts[0])

    return max(DELIMITERS, key=agreement)


def _cut(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _header(lines: _Lines, delimiter: str, what: str) -> Row:
    for row in _records(lines, delimiter, what):
        if row.problem:
            raise ImportRefused(f"{what}, line {row.line:,}, the header: {row.problem}")
        if not row.is_blank:
            return row
    raise ImportRefused(f"{what} holds no rows, not even a header. Export it again.")


def _columns(header: Row, what: str) -> tuple[str, ...]:
    cells = [" ".join(cell.replace("\ufeff", "").split()) for cell in header.cells]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise ImportRefused(
            f"{what} has {len(cells):,} columns; at most {MOST_COLUMNS} can be read. Export fewer."
        )
    _refuse_twins(cells, what)
    return tuple(cell or f"(column {at})" for at, cell in enumerate(cells, start=1))


def _refuse_twins(cells: Sequence[str], what: str) -> None:
    names = [cell.casefold() for cell in cells]
    twice = next((name for name, count in Counter(filter(None, names)).items() if count > 1), None)
    if twice is None:
        return
    first = names.index(twice)
    second = names.index(twice, first + 1)
    raise ImportRefused(
        f"{what}: columns {first + 1} and {second + 1} have the same name. Rename one of them."
    )


def rows_of(stream: BinaryIO, shape: Shape, *, what: str) -> Iterator[Row]:
    """Every record after the header, in order, unreadable ones too. Raises ImportRefused."""
    lines = _Lines(_text(stream, shape.encoding, what), what)
    try:
        for row in _records(lines, shape.delimiter, what):
            if row.line > shape.header_line:
                yield _fitted(row, len(shape.columns))
    except UnicodeDecodeError:
        raise ImportRefused(f"{what} changed while it was read. Try again.") from None
    finally:
        lines.release()


def _fitted(row: Row, width: int) -> Row:
    """The row with as many cells as the header; spare empty ones at its end don't count."""
    if row.problem or row.is_blank or len(row.cells) == width:
        return row
    if len(row.cells) > width and not any(cell.strip() for cell in row.cells[width:]):
        return Row(row.line, row.cells[:width])
    return Row(
        row.line,
        problem=f"The row has {len(row.cells)} columns and the header {width}. "
        "Look for a missing or spare delimiter, or a text that is not quoted.",
    )


def _records(lines: _Lines, delimiter: str, what: str) -> Iterator[Row]:
    broken = 0
    while True:
        start = lines.number + 1
        used: list[str] = []
        try:
            cells = _record(lines, delimiter, used)
        except csv.Error as error:
            broken += 1
            _refuse_if_hopeless(broken, what)
            lines.push_back(used[1:])
            yield Row(start, problem=_quoting(str(error)))
            continue
        if cells is None:
            return
        yield Row(start, tuple(cells), _unstorable(cells))


def _record(lines: _Lines, delimiter: str, used: list[str]) -> list[str] | None:
    """The cells of the next record; `used` collects its physical lines. None at the end."""

    def feed() -> Iterator[str]:
        size = 0
        for line in lines:
            used.append(line)
            size += len(line)
            if size > LONGEST_FIELD + LONGEST_LINE:
                raise csv.Error("field larger")
            yield line

    return next(csv.reader(feed(), delimiter=delimiter, strict=True), None)


def _quoting(error: str) -> str:
    if "field larger" in error:
        return (
            f"A field is longer than {LONGEST_FIELD:,} characters, or a quotation mark before it "
            "is never closed. Close or double the quotation mark, or shorten the text."
        )
    if "unexpected end" in error:
        return "A quotation mark that opens a text is never closed. Close it, or double it."
    return 'A quotation mark stands inside a quoted text. Double it, as in "".'


def _refuse_if_hopeless(broken: int, what: str) -> None:
    if broken > MOST_BROKEN_QUOTES:
        raise ImportRefused(
            f"{what}: more than {MOST_BROKEN_QUOTES} rows have quotation marks that don't match. "
            "Export it with quoted text, or with another delimiter."
        )


def _unstorable(cells: Sequence[str]) -> str:
    for at, cell in enumerate(cells, start=1):
        if "\0" in cell:
            return f"Column {at} holds a NUL character, which is no text. Remove it."
    return ""
