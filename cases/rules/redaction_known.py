"""Who is to be looked for in a text, and what was found?"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# What a sealed identity may hold. Names are looked for in every form they take; the rest by value.
FIELDS = (
    "first_name", "middle_name", "last_name", "nickname", "birth_date", "phone", "email",
    "address", "school", "ssn",
)  # fmt: skip

APOSTROPHES = "'\u2019\u02bc\u2018\u00b4`"
_STROKES = str.maketrans("łøđðıŁØĐæœ", "loddilodao")
_MARKS = str.maketrans(dict.fromkeys(APOSTROPHES))
_SPELLED_OUT = str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae", "ø": "oe", "å": "aa"})
WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f]|[{APOSTROPHES}](?=[^\W\d_]))*")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person of the case: the pseudonym that stands for them, and the full names they go by.

    `identity` is the sealed one, by field: birth_date in ISO form, phone, address and so on.
    """

    pseudonym: str
    forms: tuple[str, ...] = field(repr=False)
    identity: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Mention:
    """Where in a text somebody is mentioned. `kind` is "name" or what else tells who it is.

    Without a pseudonym it is somebody's, nobody knows whose.
    """

    start: int
    end: int
    pseudonym: str
    kind: str = "name"

    @property
    def replacement(self) -> str:
        if self.kind == "name" and self.pseudonym:
            return self.pseudonym
        return f"[{self.pseudonym} {self.kind}]" if self.pseudonym else f"[{self.kind}]"


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands. `plain` is in lower case, without accents and apostrophes."""

    start: int
    end: int
    raw: str
    plain: str

    @property
    def is_capital(self) -> bool:
        return self.raw[0].isupper()


def words_of(text: str) -> list[Word]:
    """Letters, with the apostrophes between them; a hyphen, a digit, an underscore ends a word."""
    return [
        Word(found.start(), found.end(), found[0], plain(found[0])) for found in WORD.finditer(text)
    ]


def plain(text: str) -> str:
    """Lower case, without accents, strokes and apostrophes."""
    if text.isascii():
        return text.casefold().replace("'", "").replace("`", "")
    split = unicodedata.normalize("NFKD", text.translate(_MARKS))
    kept = "".join(char for char in split if not unicodedata.combining(char))
    return kept.translate(_STROKES).casefold()


def spelled_out(text: str) -> str:
    """The same where an umlaut is written with two letters."""
    return plain(unicodedata.normalize("NFC", text).casefold().translate(_SPELLED_OUT))


def overlaps(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    """Whether a stretch touches one of `taken`, which are in order and apart."""
    at = bisect_left(taken, (end, 0))
    return at > 0 and taken[at - 1][1] > start
