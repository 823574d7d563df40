"""Where does a text give a known birth date, telephone, e-mail, number, address or school?

And where does it give one that nobody on the case is known to have?
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from cases.rules.redaction_birthdays import birthdays
from cases.rules.redaction_dates import dates
from cases.rules.redaction_known import KnownPerson, Mention, plain
from cases.rules.redaction_numbers import Numbers
from cases.rules.redaction_schools import school_patterns
from cases.rules.redaction_streets import WORD_OR_NUMBER, address_patterns, ordinals_of
from cases.rules.redaction_words import STREETS

_DIGIT = re.compile(r"\d")
EMAIL = re.compile(r"[\w.+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}")
PHONE = re.compile(
    r"(?<![\w.\-/])(?:\+?1[ .\-])?(?:\(\d{3}\) ?|\d{3}[ .\-])\d{3}[ .\-]\d{4}(?![\w\-/])"
)
SSN = re.compile(r"(?<![\w\-])\d{3}-\d{2}-\d{4}(?![\w\-])")
BORN = re.compile(
    r"\b(?:d\.?o\.?b\.?|born(?: on)?|birth ?date|date of birth|birthday)(?: is| was)?:? {0,2}"
    r"(?P<day>\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}"
    r"|\d{1,2} [A-Z][a-z]{2,8} \d{4})",
    re.IGNORECASE,
)
# Alone, five digits are anything.
ZIP = re.compile(
    r"\bzip(?:[ -]?code)?\b(?: is| was| of)?[:,;.]? ?(?P<code>\d{5})(?:-\d{4})?(?!\d)",
    re.IGNORECASE,
)
_ENDS_IN_ZIP = re.compile(r"(\d{5})(?:-\d{4})?\s*$")
_DIGITS = re.compile(r"\d+")
_LEAST_HINT = 3
# What begins with one of these is told by its numbers: the words are shortened.
_NUMBERED = frozenset(("rural", "route", "rr", "rt", "rte", "rd", "r"))
_SAID_OFTEN = frozenset(("school", "the", "east", "west", "north", "south"))
Values = dict[str, str]
Pattern = re.Pattern[str]


class Phrase:
    """A value that is looked for by patterns, which are made when a text first may hold it."""

    def __init__(
        self, pseudonym: str, kind: str, value: str, patterns: Callable[[str], Iterable[Pattern]]
    ) -> None:
        self._pseudonym, self._kind, self._value = pseudonym, kind, value
        self._make = patterns
        self._patterns: tuple[Pattern, ...] | None = None
        self._hints = hints_of(value)

    def mentions(self, text: str, lower: str) -> Iterator[Mention]:
        """`lower` is the plain form of `text`."""
        if not any(hint in lower for hint in self._hints):
            return
        if self._patterns is None:
            self._patterns = tuple(self._make(self._value))
        for pattern in self._patterns:
            for found in pattern.finditer(text):
                yield Mention(*found.span(), self._pseudonym, self._kind)


def hints_of(value: str) -> tuple[str, ...]:
    """A text without any of these doesn't hold the value: its words, and their first letters."""
    words = [plain(word) for word in WORD_OR_NUMBER.findall(value.partition(",")[0])]
    telling = {word for word in words if len(word) >= _LEAST_HINT} - STREETS - _SAID_OFTEN
    telling |= {form for word in telling for form in ordinals_of(word)}
    if words and words[0] in _NUMBERED:
        telling |= set(_DIGITS.findall(value))
    letters = "".join(word[0] for word in words).removesuffix("s")
    return tuple(telling | {letters} if len(letters) > _LEAST_HINT else telling or words)


class Marks:
    """What tells who somebody is besides a name, made ready for many texts."""

    def __init__(self, people: Sequence[KnownPerson]) -> None:
        self._births: dict[date, str] = {}
        self._numbers = Numbers()
        self._emails: Values = {}
        self._zips: Values = {}
        self._phrases: list[Phrase] = []
        for person in people:
            self._take(person)

    def _take(self, person: KnownPerson) -> None:
        given = person.identity
        if born := given.get("birth_date"):
            self._births.setdefault(date.fromisoformat(born), person.pseudonym)
        self._numbers.take(person)
        if email := given.get("email"):
            self._emails.setdefault(email.strip().casefold(), person.pseudonym)
            self._phrases.append(Phrase(person.pseudonym, "e-mail", email, _email_patterns))
        if found := _ENDS_IN_ZIP.search(given.get("address", "")):
            self._zips.setdefault(found[1], person.pseudonym)
        for field, patterns in (("address", address_patterns), ("school", school_patterns)):
            if written := given.get(field):
                self._phrases.append(Phrase(person.pseudonym, field, written, patterns))

    def __bool__(self) -> bool:
        return bool(self._births or self._numbers or self._emails or self._phrases)

    def mentions(self, text: str) -> Iterator[Mention]:
        lower = plain(text) if self._phrases else ""
        for phrase in self._phrases:
            yield from phrase.mentions(text, lower)
        if self._emails and "@" in text:
            yield from self._known_emails(text)
        yield from self._known_births(text)
        yield from self._numbers.spoken(text)
        if _DIGIT.search(text):
            yield from self._numbers.mentions(text)
            yield from self._known_zips(text) if self._zips else ()

    def _known_zips(self, text: str) -> Iterator[Mention]:
        for found in ZIP.finditer(text):
            if pseudonym := self._zips.get(found["code"]):
                yield Mention(found.start("code"), found.end(), pseudonym, "address")

    def _known_births(self, text: str) -> Iterator[Mention]:
        if not self._births:
            return
        for start, end, days in dates(text):
            for known in days & self._births.keys():
                yield Mention(start, end, self._births[known], "birth date")
        for start, end, month, day in birthdays(text):
            for born, pseudonym in self._births.items():
                if (born.month, born.day) == (month, day):
                    yield Mention(start, end, pseudonym, "birth date")
                    break

    def _known_emails(self, text: str) -> Iterator[Mention]:
        for found in EMAIL.finditer(text):
            pseudonym = self._emails.get(found[0].rstrip(".").casefold())
            if pseudonym:
                yield Mention(found.start(), found.end(), pseudonym, "e-mail")


def unknown(text: str) -> Iterator[Mention]:
    """What looks like a telephone, an e-mail, a social security number or a birth date."""
    if "@" in text:
        yield from (_unknown(found.span(), "e-mail") for found in EMAIL.finditer(text))
    if not _DIGIT.search(text):
        return
    yield from (_unknown(found.span(), "ssn") for found in SSN.finditer(text))
    yield from (_unknown(found.span(), "phone") for found in PHONE.finditer(text))
    yield from (_unknown(found.span("day"), "birth date") for found in BORN.finditer(text))


def _unknown(span: tuple[int, int], kind: str) -> Mention:
    return Mention(*span, "", kind)


def _email_patterns(email: str) -> Iterator[Pattern]:
    """The address as people write it who don't want a machine to find it."""
    name, _, domain = email.strip().partition("@")
    at = r"(?: ?@ ?|[ ]?[(\[{]at[)\]}][ ]?| at )"
    dot = r"(?:\.|[ ]?[(\[{]dot[)\]}][ ]?| dot )"
    parts = dot.join(map(re.escape, domain.split(".")))
    said = {".": dot, "_": "(?:_| underscore )", "-": "(?:-| dash | hyphen )"}
    name = "".join(said.get(char, re.escape(char)) for char in name)
    yield re.compile(rf"(?<![\w.]){name}{at}{parts}(?!\w)", re.IGNORECASE)
