"""Which column of an unknown export is probably which? Guessed from its header and its cells.

Nobody sees the cells: a column is shown by the outlines of a few of them ("9/99/9999", "Aaaaa"),
and the values themselves only of a column that somebody says holds codes, when they are few.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from cases.services.importing.errors import ImportRefused, RowRefused
from cases.services.importing.fields import FIELDS, Kind
from cases.services.importing.mapping import folded
from cases.services.importing.one_file import FILE
from cases.services.importing.sources import Opener
from cases.services.importing.tables import Shape, rows_of, shape_of
from cases.services.importing.values import band_of_age

LOOKED_AT = 20_000
MOST_DISTINCT = 200
LONGEST_CODE = 60
OUTLINES = 3
OUTLINE_LENGTH = 24
RARELY = 0.1
MOSTLY = 0.6
# strptime would read other numbers into these.
COMPACT = {"%Y%m%d": 8, "%Y%m%d%H%M": 12}
SPEAKS = 60.0
NAMELIKE_FROM = 20

# As people write dates, most usual first; the page offers them in these words.
DATE_FORMATS: Mapping[str, str] = {
    "iso": "2026-11-23, 2026-11-23T14:05-06:00",
    "%m/%d/%Y": "11/23/2026",
    "%m/%d/%Y %H:%M": "11/23/2026 14:05",
    "%m/%d/%Y %H:%M:%S": "11/23/2026 14:05:09",
    "%m/%d/%Y %I:%M %p": "11/23/2026 2:05 PM",
    "%m/%d/%Y %I:%M:%S %p": "11/23/2026 2:05:09 PM",
    "%m/%d/%y": "11/23/26",
    "%m/%d/%y %H:%M": "11/23/26 14:05",
    "%m-%d-%Y": "11-23-2026",
    "%d-%m-%Y": "23-11-2026 (day first)",
    "%d.%m.%Y": "23.11.2026",
    "%d.%m.%Y %H:%M": "23.11.2026 14:05",
    "%d.%m.%Y %H:%M:%S": "23.11.2026 14:05:09",
    "%d.%m.%y": "23.11.26",
    "%d/%m/%Y": "23/11/2026 (day first)",
    "%d/%m/%Y %H:%M": "23/11/2026 14:05 (day first)",
    "%d/%m/%y": "23/11/26 (day first)",
    "%Y/%m/%d": "2026/11/23",
    "%Y/%m/%d %H:%M": "2026/11/23 14:05",
    "%Y%m%d": "20261123",
    "%Y%m%d%H%M": "202611231405",
    "%d-%b-%Y": "23-Nov-2026",
    "%d-%b-%y": "23-Nov-26",
    "%d %b %Y": "23 Nov 2026",
    "%b %d, %Y": "Nov 23, 2026",
    "%B %d, %Y": "November 23, 2026",
}

_TOLD = tomllib.loads(Path(__file__).with_name("guesses.toml").read_text(encoding="utf-8"))
SYNONYMS: Mapping[str, list[str]] = _TOLD["synonyms"]
KEYWORDS: Mapping[str, Mapping[str, str]] = _TOLD["keywords"]


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """A column without what stands in it."""

    name: str
    filled: int
    distinct: int
    outlines: tuple[str, ...]
    formats: tuple[str, ...]
    is_age: bool
    is_short: bool
    speaks_of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """What an unknown file looks like."""

    shape: Shape
    columns: tuple[ColumnLook, ...]
    rows: int

    def column(self, name: str) -> ColumnLook:
        return next(column for column in self.columns if column.name == name)


@dataclass(slots=True)
class _Gathered:
    values: Counter[str] = field(default_factory=Counter)
    filled: int = 0

    def add(self, text: str) -> None:
        self.filled += 1
        if len(self.values) <= LOOKED_AT:
            self.values[text] += 1


def look_at(opener: Opener) -> Look:
    """The file's shape, and the look of each column by its first rows. Raises ImportRefused."""
    with opener() as stream:
        shape = shape_of(stream, what=FILE)
        gathered = [_Gathered() for _ in shape.columns]
        count = 0
        for cells in islice(_cells(stream, shape), LOOKED_AT):
            count += 1
            for one, cell in zip(gathered, cells, strict=True):
                if text := cell.strip():
                    one.add(text)
    if not count:
        raise ImportRefused(f"{FILE} has a header and no rows. Export it again.")
    _refuse_headerless(shape)
    looks = [_look(name, one) for name, one in zip(shape.columns, gathered, strict=True)]
    return Look(shape, tuple(_settled(looks)), count)


def _cells(stream: BinaryIO, shape: Shape) -> Iterator[tuple[str, ...]]:
    for row in rows_of(stream, shape, what=FILE):
        if not row.problem and not row.is_blank:
            yield row.cells


def _refuse_headerless(shape: Shape) -> None:
    """A first row with dates or long numbers in it is a row and no header."""
    data = [name for name in shape.columns if _formats([name]) or re.fullmatch(r"\d{4,}", name)]
    if data:
        raise ImportRefused(
            f"{FILE} has no header: line {shape.header_line:,} holds values. Put the columns' "
            "names on the first line."
        )


def _look(name: str, one: _Gathered) -> ColumnLook:
    values = list(one.values)
    outlines = Counter(_outline(value) for value in values[:2_000])
    return ColumnLook(
        name=name,
        filled=one.filled,
        distinct=len(values),
        outlines=tuple(outline for outline, _ in outlines.most_common(OUTLINES)),
        formats=tuple(_formats(values[:500])),
        is_age=bool(values) and all(_is_age(value) for value in values[:500]),
        is_short=all(len(value) <= LONGEST_CODE for value in values),
        speaks_of=frozenset(_speaks_of(values[:500])),
    )


def _speaks_of(values: Sequence[str]) -> Iterator[str]:
    """Fields of which a good part of the values is plain words: a description beside a code."""
    for name in KEYWORDS:
        words = guessed_words(name, values)
        if values and sum(map(bool, words.values())) * 5 >= len(values):
            yield name


def _outline(value: str) -> str:
    """9 for every digit, A or a for every letter; what is between stays."""
    shown = "".join(_sketch(char) for char in value[:OUTLINE_LENGTH])
    return shown + ("…" if len(value) > OUTLINE_LENGTH else "")


def _sketch(char: str) -> str:
    if char.isdigit():
        return "9"
    if char.isalpha():
        return "A" if char.isupper() else "a"
    return char if char.isascii() and char.isprintable() else "?"


def _formats(values: Sequence[str]) -> list[str]:
    """The formats that a good part of the values reads in, if they read most of them together.

    Month first and day first alike only when neither reads more than the other.
    """
    reads = {one: {value for value in values if _reads(value, one)} for one in DATE_FORMATS}
    told = {one: found for one, found in reads.items() if len(found) > RARELY * len(values)}
    if len(set().union(*told.values())) < MOSTLY * len(values):
        return []
    return [one for one in told if len(told[one]) >= len(told.get(_twin(one), ()))]


def _twin(pattern: str) -> str:
    """The same format with month and day the other way round; "" where that makes none."""
    for first, other in (("%m/%d/", "%d/%m/"), ("%m-%d-", "%d-%m-")):
        if pattern.startswith(first):
            return pattern.replace(first, other)
        if pattern.startswith(other):
            return pattern.replace(other, first)
    return ""


def is_ambiguous(formats: Collection[str]) -> bool:
    """Whether the dates read month first and day first alike."""
    return any(_twin(one) in formats for one in formats)


def _settled(looks: Sequence[ColumnLook]) -> list[ColumnLook]:
    """A file writes its dates one way: where a column leaves it open, another may tell."""
    sure = [one for look in looks if not is_ambiguous(look.formats) for one in look.formats]
    day_first = {one.startswith(("%d/", "%d-")) for one in sure if _twin(one)}
    if len(day_first) != 1:
        return list(looks)
    keep = day_first.pop()
    return [_as_first(look, day_first=keep) for look in looks]


def _as_first(look: ColumnLook, *, day_first: bool) -> ColumnLook:
    if not is_ambiguous(look.formats):
        return look
    starts = ("%d/", "%d-") if day_first else ("%m/", "%m-")
    kept = (one for one in look.formats if _twin(one) not in look.formats or one.startswith(starts))
    return replace(look, formats=tuple(kept))


def _reads(value: str, pattern: str) -> bool:
    if len(value) != COMPACT.get(pattern, len(value)):
        return False
    try:
        if pattern == "iso":
            return len(value) >= len("2026-11-23") and bool(datetime.fromisoformat(value))
        return bool(datetime.strptime(value, pattern))  # noqa: DTZ007
    except ValueError:
        return False


def _is_age(value: str) -> bool:
    try:
        band_of_age(value, "")
    except RowRefused:
        return False
    return True


# -- guesses ------------------------------------------------------------------------------------


def guessed_columns(look: Look) -> dict[str, str]:
    """field → column, the likeliest first; a column serves one field."""
    scored = sorted(
        (
            (-score, order, at, name, column.name)
            for order, name in enumerate(SYNONYMS)
            for at, column in enumerate(look.columns)
            if (score := _score(name, column)) > 0
        ),
    )
    found: dict[str, str] = {}
    for _, _, _, name, column in scored:
        if name not in found and column not in found.values():
            found[name] = column
    if "victim_first_name" in found or "victim_last_name" in found:
        found.pop("victim_name", None)
    return found


def guessed_time_column(look: Look, date_column: str) -> str:
    """A column named after time that shares a word with the date's: DATE OCC, TIME OCC."""
    words = _words(date_column) - {"date", "dt"}
    for column in look.columns:
        theirs = _words(column.name)
        if theirs & {"time", "tm"} and "date" not in theirs and (words & theirs or not words):
            return column.name
    return ""


def _score(name: str, column: ColumnLook) -> float:
    header = " ".join(sorted_words(column.name))
    best = 0.0
    for rank, synonym in enumerate(SYNONYMS[name]):
        if header == synonym:
            best = max(best, 100 - rank)
        elif len(synonym) > 3 and f" {synonym} " in f" {header} ":  # noqa: PLR2004
            best = max(best, 50 + len(synonym) - rank / 10)
    if not best or not _suits(name, column):
        return 0.0
    return best + (SPEAKS if name in column.speaks_of else 0.0)


def _suits(name: str, column: ColumnLook) -> bool:
    """Whether the cells look as the field's must."""
    kind = FIELDS[name].kind
    if kind in (Kind.INSTANT, Kind.DAY):
        return bool(column.formats)
    if kind == Kind.AGE:
        return column.is_age
    if kind == Kind.CODE:
        return column.is_short and not column.formats
    return not column.formats or kind == Kind.TEXT


def sorted_words(header: str) -> list[str]:
    """The words of a header in order: `victimDOB`, `victim_dob` and `VICTIM DOB` alike."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", header)
    return re.findall(r"[^\W_]+", spaced.casefold())


def _words(header: str) -> set[str]:
    return set(sorted_words(header))


# -- codes --------------------------------------------------------------------------------------


def distinct_codes(opener: Opener, column: str) -> list[tuple[str, int]]:
    """The values of a column that holds codes, most frequent first. Raises ImportRefused."""
    counts: Counter[str] = Counter()
    with opener() as stream:
        shape = shape_of(stream, what=FILE)
        at = [folded(name) for name in shape.columns].index(folded(column))
        for cells in islice(_cells(stream, shape), LOOKED_AT):
            if value := " ".join(cells[at].split()):
                counts[value] += 1
    if _identifies(column) or _is_no_code(counts):
        raise ImportRefused(
            f'The column "{column}" holds too many different values, long ones, or names. That is '
            "no column of codes: choose another, or leave the field without one."
        )
    return _merged(counts)


def _is_no_code(counts: Counter[str]) -> bool:
    total = counts.total()
    namelike = total >= NAMELIKE_FROM and len(counts) * 2 > total
    return namelike or len(counts) > MOST_DISTINCT or any(len(one) > LONGEST_CODE for one in counts)


def _identifies(column: str) -> bool:
    """Whether the header says that the column holds names or birth dates."""
    header = " ".join(sorted_words(column))
    return any(header in SYNONYMS.get(name, ()) for name, one in FIELDS.items() if one.identifies)


def _merged(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Spellings that the mapping reads alike, as one."""
    merged: dict[str, tuple[str, int]] = {}
    for value, count in counts.items():
        shown, before = merged.get(folded(value), (value, 0))
        merged[folded(value)] = (shown, before + count)
    return sorted(merged.values(), key=lambda one: (-one[1], one[0]))


def guessed_words(name: str, values: Iterable[str]) -> dict[str, str]:
    """value → our word, where it is plain enough."""
    words = FIELDS[name].words or {}
    found: dict[str, str] = {}
    for value in values:
        said = folded(value)
        own = (word for word, label in words.items() if word and said in _spoken(word, label))
        told = (word for key, word in KEYWORDS.get(name, {}).items() if key in said)
        found[value] = next(own, "") or next(told, "")
    return found


def _spoken(word: str, label: str) -> tuple[str, str]:
    return word.casefold(), label.casefold()
