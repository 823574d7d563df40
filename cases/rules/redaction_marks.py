"""Where does a text give a known birth date, telephone, e-mail, number, address or school?

And where does it give one that nobody on the case is known to have?
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from cases.rules.redaction_known import KnownPerson, Mention, plain
from cases.rules.redaction_words import STREETS

_MONTHS = (
    ("january", "enero"), ("february", "febrero"), ("march", "marzo"), ("april", "abril"),
    ("may", "mayo"), ("june", "junio"), ("july", "julio"), ("august", "agosto"),
    ("september", "septiembre"), ("october", "octubre"), ("november", "noviembre"),
    ("december", "diciembre"),
)  # fmt: skip
MONTH_NUMBER = {
    form: number
    for number, names in enumerate(_MONTHS, start=1)
    for name in names
    for form in (name, name[:3], name[:4])
}
_NUMERIC = re.compile(r"(?<![\d/.\-])(\d{1,4})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d|[-/]\d)")
_COMPACT = re.compile(r"(?<!\d)(?:19|20)\d{6}(?!\d)")
_MONTH_FIRST = re.compile(
    r"\b([A-Za-z]{3,10})\.?[ \n]{1,2}(\d{1,2})(?:st|nd|rd|th)?,?[ \n]{1,2}(\d{4})\b"
)
_DAY_FIRST = re.compile(
    r"\b(?:the )?(\d{1,2})(?:st|nd|rd|th)?[ -](?:of |de )?([A-Za-z]{3,10})\.?,?[ -]"
    r"(?:de |del )?(\d{4})\b",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"(?<![\w.])\+?\(?\d(?:[ ().\-/\u2011]{0,3}\d){6,14}(?!\w)")
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
_CENTURY = 100
_LEAST_DIGITS = 7
_SSN_DIGITS = 9
_WORD_OR_NUMBER = re.compile(r"[A-Za-z0-9\u00c0-\u024f']{1,40}")
_SUFFIXES = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln",
    "court": "ct", "terrace": "ter", "boulevard": "blvd", "place": "pl", "circle": "cir",
    "parkway": "pkwy", "highway": "hwy", "trail": "trl", "square": "sq", "north": "n",
    "south": "s", "east": "e", "west": "w", "apartment": "apt", "saint": "st",
}  # fmt: skip
_SCHOOL_WORDS = {
    "elementary": "elem", "elem": "elem", "high": "high", "middle": "middle", "primary": "primary",
    "hs": "high", "ms": "middle",
}  # fmt: skip

Values = dict[str, str]


class Marks:
    """What tells who somebody is besides a name, made ready for many texts."""

    def __init__(self, people: Sequence[KnownPerson]) -> None:
        self._births: dict[date, str] = {}
        self._numbers: Values = {}
        self._emails: Values = {}
        self._phrases: list[tuple[re.Pattern[str], str, str]] = []
        for person in people:
            self._take(person)

    def _take(self, person: KnownPerson) -> None:
        given = person.identity
        if born := given.get("birth_date"):
            self._births.setdefault(date.fromisoformat(born), person.pseudonym)
        for field in ("phone", "ssn"):
            digits = re.sub(r"\D", "", given.get(field, ""))
            if len(digits) >= _LEAST_DIGITS:
                self._numbers.setdefault(f"{field}{digits}", person.pseudonym)
        if email := given.get("email"):
            self._emails.setdefault(email.strip().casefold(), person.pseudonym)
        for field, pattern in (("address", address_pattern), ("school", school_pattern)):
            written = pattern(given.get(field, ""))
            if written:
                self._phrases.append((written, person.pseudonym, field))

    def __bool__(self) -> bool:
        return bool(self._births or self._numbers or self._emails or self._phrases)

    def mentions(self, text: str) -> Iterator[Mention]:
        for pattern, pseudonym, kind in self._phrases:
            for found in pattern.finditer(text):
                yield Mention(found.start(), found.end(), pseudonym, kind)
        if self._emails and "@" in text:
            yield from self._known_emails(text)
        if _DIGIT.search(text):
            yield from self._known_births(text)
            yield from self._known_numbers(text)

    def _known_births(self, text: str) -> Iterator[Mention]:
        for start, end, days in dates(text) if self._births else ():
            for day in days & self._births.keys():
                yield Mention(start, end, self._births[day], "birth date")

    def _known_emails(self, text: str) -> Iterator[Mention]:
        for found in EMAIL.finditer(text):
            pseudonym = self._emails.get(found[0].rstrip(".").casefold())
            if pseudonym:
                yield Mention(found.start(), found.end(), pseudonym, "e-mail")

    def _known_numbers(self, text: str) -> Iterator[Mention]:
        for found in _NUMBERS.finditer(text) if self._numbers else ():
            digits = re.sub(r"\D", "", found[0])
            for known, pseudonym in self._numbers.items():
                kind = "ssn" if known.startswith("ssn") else "phone"
                if _is_same_number(kind, known.removeprefix(kind), digits):
                    yield Mention(found.start(), found.end(), pseudonym, kind)
                    break


def _is_same_number(kind: str, known: str, digits: str) -> bool:
    """A telephone may stand without its country or area; a social security number may not."""
    if kind == "ssn" or len(digits) < _LEAST_DIGITS:
        return known == digits
    return known.endswith(digits) or digits.endswith(known)


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


# -- dates --------------------------------------------------------------------------------------


def dates(text: str) -> Iterator[tuple[int, int, set[date]]]:
    """(start, end, the days it may mean) of everything that reads like a date."""
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], set[date]]], ...] = (
        (_NUMERIC, _numeric),
        (_COMPACT, _compact),
        (_MONTH_FIRST, lambda found: _day(found[3], found[1], found[2])),
        (_DAY_FIRST, lambda found: _day(found[3], found[2], found[1])),
    )
    for pattern, read in readers:
        for found in pattern.finditer(text):
            yield found.start(), found.end(), read(found)


def _numeric(found: re.Match[str]) -> set[date]:
    first, _, second, third = found.groups()
    if len(first) == len("2017"):
        return _valid(first, second, third)
    years = [third] if len(third) == len("2017") else [f"19{third}", f"20{third}"]
    return {
        day
        for year in years
        for month, number in ((first, second), (second, first))
        for day in _valid(year, month, number)
    }


def _compact(found: re.Match[str]) -> set[date]:
    return _valid(found[0][:4], found[0][4:6], found[0][6:])


def _day(year: str, month: str, number: str) -> set[date]:
    known = MONTH_NUMBER.get(month.casefold())
    return _valid(year, str(known), number) if known else set()


def _valid(year: str, month: str, number: str) -> set[date]:
    try:
        return {date(int(year), int(month), int(number))}
    except ValueError:
        return set()


# -- addresses and schools ----------------------------------------------------------------------


def address_pattern(address: str) -> re.Pattern[str] | None:
    """House number and street, with or without the kind of street, the flat and the town."""
    street, *rest = (part.strip() for part in address.split(","))
    tokens = _WORD_OR_NUMBER.findall(street)
    if len(tokens) < 1 + 1 or not tokens[0][0].isdigit():
        return None
    named, kind = tokens[1:], ""
    if plain(tokens[-1]) in STREETS and len(named) > 1:
        named, kind = tokens[1:-1], tokens[-1]
    words = _GAP.join([re.escape(tokens[0]), *map(_variants, named)])
    tail = rf"(?:{_GAP}{_variants(kind)}\b\.?)?" if kind else ""
    unit = rf"(?:,?{_GAP}(?:apt|apartment|unit|no|#)\.?[ ]?\w{{1,5}})?"
    towns = "".join(
        rf"(?:,?{_GAP}{_GAP.join(map(re.escape, _WORD_OR_NUMBER.findall(part)))})?"
        for part in rest
        if part
    )
    return re.compile(rf"(?<!\w){words}{tail}(?!\w){unit}{towns}(?!\w)", re.IGNORECASE)


_GAP = r"[ \n\t,.#\-]{1,3}"


def _variants(word: str) -> str:
    """The word, long or short."""
    text = plain(word)
    short = _SUFFIXES.get(text, text)
    forms = {text, short, word, *(long for long, same in _SUFFIXES.items() if same == short)}
    return "(?:" + "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)) + ")"


def school_pattern(school: str) -> re.Pattern[str] | None:
    """The school by its name and kind; the word "school" may be missing."""
    tokens = _WORD_OR_NUMBER.findall(school.strip().removeprefix("The "))
    named = [token for token in tokens if plain(token) != "school"]
    if len(named) < 1 + 1:
        return None
    words = _GAP.join(_kind_of_school(token) for token in named)
    return re.compile(rf"(?<!\w){words}(?:{_GAP}school)?(?!\w)\.?", re.IGNORECASE)


def _kind_of_school(token: str) -> str:
    kind = _SCHOOL_WORDS.get(plain(token))
    if not kind:
        return re.escape(token)
    forms = sorted({kind, *(form for form, same in _SCHOOL_WORDS.items() if same == kind)}, key=len)
    return "(?:" + "|".join(reversed(forms)) + r")\b"
