"""Where does a text give a known birth date, telephone, e-mail, number, address or school?

And where does it give one that nobody on the case is known to have?
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from cases.rules.redaction_dates import MONTH_NUMBER, dates
from cases.rules.redaction_known import KnownPerson, Mention, plain
from cases.rules.redaction_words import STREETS

_WITHOUT_YEAR = re.compile(
    r"\b(?:birthday|born|d\.?o\.?b\.?|date of birth|birth ?date|turn(?:s|ed|ing)? \w{1,9})"
    r"[^.;\n]{0,24}?\b(?:(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?"
    r"|(?P<day2>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<month2>[A-Za-z]{3,9})"
    r"|(?P<number>\d{1,2})[/-](?P<day3>\d{1,2}))(?![\d/]|[-.]\d)",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    r"(?<![\w.])\+?\(?\d(?:[ ().\-/\u2010-\u2014\u00b7\u00a0]{0,3}\d){6,14}(?!(?!x\d|ext)\w)"
)
_LAST_FOUR = re.compile(
    r"\b(?:end(?:s|ed|ing)?(?: (?:in|with))?|last (?:four|4)(?: (?:digits|numbers|of))*"
    r"(?: (?:is|are|were|as|being|reads?))?|x{2,3}-x{2}-|\*{2,3}-\*{2}-|[x*]{3}[ \-][x*]{3}[ \-])"
    r"[ :#(\-.\u2026]{0,3}(?P<four>\d{4})(?!\d)",
    re.IGNORECASE,
)
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
_LEAST_DIGITS = 7
_SSN_DIGITS = 9
_WORD_OR_NUMBER = re.compile(r"[A-Za-z0-9\u00c0-\u024f']{1,40}")
_SUFFIXES = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln",
    "court": "ct", "terrace": "ter", "boulevard": "blvd", "place": "pl", "circle": "cir",
    "parkway": "pkwy", "highway": "hwy", "trail": "trl", "square": "sq", "north": "n",
    "south": "s", "east": "e", "west": "w", "apartment": "apt", "saint": "st", "mount": "mt",
    "fort": "ft", "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw",
    "alley": "aly", "crossing": "xing", "heights": "hts", "way": "wy",
}  # fmt: skip
_SCHOOL_WORDS = {
    "elementary": "elem", "elem": "elem", "es": "elem", "high": "high", "middle": "middle",
    "primary": "primary", "hs": "high", "ms": "middle", "academy": "acad", "acad": "acad",
}  # fmt: skip
_SCHOOL_ENDS = frozenset({"school", "sch", "preschool", "junior", "senior"})

Values = dict[str, str]


class Marks:
    """What tells who somebody is besides a name, made ready for many texts."""

    def __init__(self, people: Sequence[KnownPerson]) -> None:
        self._births: dict[date, str] = {}
        self._numbers: Values = {}
        self._fours: dict[str, tuple[str, str]] = {}
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
                self._fours.setdefault(digits[-4:], (person.pseudonym, field))
        if email := given.get("email"):
            self._emails.setdefault(email.strip().casefold(), person.pseudonym)
            self._phrases.append((email_pattern(email), person.pseudonym, "e-mail"))
        for field, patterns in (("address", (address_pattern,)), ("school", SCHOOL_PATTERNS)):
            for written in (pattern(given.get(field, "")) for pattern in patterns):
                if written:
                    self._phrases.append((written, person.pseudonym, field))

    def __bool__(self) -> bool:
        return bool(self._births or self._numbers or self._emails or self._phrases)

    def mentions(self, text: str) -> Iterator[Mention]:
        for pattern, pseudonym, kind in self._phrases:
            for found in pattern.finditer(text):
                yield Mention(*found.span(1 if pattern.groups else 0), pseudonym, kind)
        if self._emails and "@" in text:
            yield from self._known_emails(text)
        if _DIGIT.search(text):
            yield from self._known_births(text)
            yield from self._known_numbers(text)

    def _known_births(self, text: str) -> Iterator[Mention]:
        for start, end, days in dates(text) if self._births else ():
            for day in days & self._births.keys():
                yield Mention(start, end, self._births[day], "birth date")
        for found in _WITHOUT_YEAR.finditer(text) if self._births else ():
            yield from self._birthdays(found)

    def _birthdays(self, found: re.Match[str]) -> Iterator[Mention]:
        """As in "birthday on March 7": a day of no year, where a birth is spoken of."""
        name = found["month"] or found["month2"] or ""
        month = MONTH_NUMBER.get(name.casefold(), 0) if name else int(found["number"])
        day = next(part for part in ("day", "day2", "day3") if found[part])
        start = found.start("number" if day == "day3" else "month" if day == "day" else day)
        end = found.end("month2" if day == "day2" else day)
        for born, pseudonym in self._births.items():
            if (born.month, born.day) == (month, int(found[day])):
                yield Mention(start, end, pseudonym, "birth date")
                return

    def _known_emails(self, text: str) -> Iterator[Mention]:
        for found in EMAIL.finditer(text):
            pseudonym = self._emails.get(found[0].rstrip(".").casefold())
            if pseudonym:
                yield Mention(found.start(), found.end(), pseudonym, "e-mail")

    def _known_numbers(self, text: str) -> Iterator[Mention]:
        for found in _LAST_FOUR.finditer(text) if self._fours else ():
            if known_four := self._fours.get(found["four"]):
                yield Mention(*found.span("four"), *known_four)
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


def address_pattern(address: str) -> re.Pattern[str] | None:
    """House number and street, with or without the kind of street, the flat and the town."""
    street, *rest = (part.strip() for part in address.split(","))
    tokens = _WORD_OR_NUMBER.findall(street)
    if len(tokens) < 1 + 1 or not tokens[0][0].isdigit():
        return None
    named, kind = tokens[1:], ""
    if plain(tokens[-1]) in STREETS and len(named) > 1:
        named, kind = tokens[1:-1], tokens[-1]
    if len(named) > 1 and _SUFFIXES.get(plain(named[0]), plain(named[0])) in _DIRECTIONS:
        first = rf"(?:{_variants(named[0])}{_GAP})?{_variants(named[1])}"
        named = named[1:]
    else:
        first = _variants(named[0])
    words = rf"{re.escape(tokens[0])}{_GAP}" + _GAP_OR_NONE.join(
        [first, *map(_variants, named[1:])]
    )
    tail = rf"(?:{_GAP}{_variants(kind)}\b\.?)?" if kind else ""
    unit = rf"(?:,?{_GAP}(?:apt|apartment|unit|no|#)\.?[ ]?\w{{1,5}})?"
    towns = "".join(
        rf"(?:,?{_GAP}{_GAP.join(map(re.escape, _WORD_OR_NUMBER.findall(part)))})?"
        for part in rest
        if part
    )
    return re.compile(rf"(?<!\w){words}{tail}(?!\w){unit}{towns}(?!\w)", re.IGNORECASE)


_GAP = r"[ \n\t,.#\-]{1,3}"
_GAP_OR_NONE = r"[ \n\t,.#\-]{0,3}"
_DIRECTIONS = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw"})


def email_pattern(email: str) -> re.Pattern[str]:
    """The address as people write it who don't want a machine to find it."""
    name, _, domain = email.strip().partition("@")
    at = r"(?:@|[ ]?[(\[{]at[)\]}][ ]?| at )"
    dot = r"(?:\.|[ ]?[(\[{]dot[)\]}][ ]?| dot )"
    parts = dot.join(map(re.escape, domain.split(".")))
    return re.compile(rf"(?<![\w.]){re.escape(name)}{at}{parts}(?!\w)", re.IGNORECASE)


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


def attended_pattern(school: str) -> re.Pattern[str] | None:
    """The school by its name alone, where somebody goes there or its staff is spoken of."""
    tokens = [word for word in _WORD_OR_NUMBER.findall(school) if plain(word) != "the"]
    named = [word for word in tokens if plain(word) not in _SCHOOL_WORDS.keys() | _SCHOOL_ENDS]
    if not named:
        return None
    words = _GAP.join(map(_variants, named))
    after = r"(?:school|students?|teachers?|counselors?|principal|classmates?|kindergarten|staff)"
    streets = "|".join(sorted(STREETS, key=len, reverse=True))
    return re.compile(
        rf"(?:(?<=attends )|(?<=attended )|(?<=attending )|(?<=enrolled at )|(?<=enrolled in )"
        rf"|(?<=goes to )|(?<=student at )|(?<=pupil at )|(?<=grader at )|(?<=teacher at )"
        rf"|(?<=counselor at )|(?<=nurse at )|(?<=principal at )|(?=(?:{words}) {after}\b))"
        rf"(?<!\w){words}(?!\w)(?! (?:{streets})\b)",
        re.IGNORECASE,
    )


SCHOOL_PATTERNS = (school_pattern, attended_pattern)


def _kind_of_school(token: str) -> str:
    kind = _SCHOOL_WORDS.get(plain(token))
    if not kind:
        return re.escape(token)
    forms = sorted({kind, *(form for form, same in _SCHOOL_WORDS.items() if same == kind)}, key=len)
    return "(?:" + "|".join(reversed(forms)) + r")\b"
