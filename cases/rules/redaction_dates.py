"""Where does a text give a date, and which days may it mean? In every way that people write one."""

import re
from collections.abc import Callable, Iterator
from datetime import date

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
_NUMERIC = re.compile(
    r"(?<![\d/.\-])(\d{1,4})( ?[-/.\u2010-\u2013] ?| )(\d{1,2})\2(\d{4}|\d{2})(?!\d|[-/]\d)"
)
_COMPACT = re.compile(r"(?<!\d)\d{8}(?!\d)")
_SHORT = re.compile(r"(?<![\w\-/.])\d{6}(?![\w\-/])")
_RUN_TOGETHER = re.compile(
    r"(?<![^\W_])(\d{1,2})[ .\-]{0,2}([A-Za-z]{3,10})[ .,\-]{0,2}'?(\d{4}|\d{2})(?!\d)"
)
_SHORT_YEAR = re.compile(
    r"\b([A-Za-z]{3,10})[. \-]{1,2}(\d{1,2})(?:st|nd|rd|th)?[ ,.\-]{1,3}"
    r"['\u2019]?(\d{4}|\d{2})(?!\d)"
)
# A year in words is read whole and looked up: "twenty thirteen", "two thousand and ten".
_YEAR = r"\d{4}|(?:nineteen|twenty|two thousand(?: and)?)(?:[ \-][a-z]{3,9}){0,2}"
_NUMBER = r"[a-z]{4,11}(?:-[a-z]{5,7})?"
_SPELLED = re.compile(
    rf"\b(?:([A-Za-z]{{3,10}}) (?:the )?({_NUMBER})"
    rf"|(?:the )?({_NUMBER}) (?:of )?([A-Za-z]{{3,10}}))(?:, ?| of | )({_YEAR})\b",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"\b([A-Za-z]{3,10})\.?[ \n]{1,2}(?:the )?(\d{1,2})(?:st|nd|rd|th)?,?[ \n]{1,2}(\d{4})\b"
)
_DAY_FIRST = re.compile(
    r"\b(?:the )?(\d{1,2})(?:st|nd|rd|th)?[ -](?:of |de )?([A-Za-z]{3,10})\.?,?[ -]"
    r"(?:de |del )?(\d{4})\b",
    re.IGNORECASE,
)
ORDINALS = {
    word: at
    for at, word in enumerate(
        (
            *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
            *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth"),
            *("seventeenth", "eighteenth", "nineteenth", "twentieth", "twenty-first"),
            *("twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth"),
            *("twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first"),
        ),
        start=1,
    )
}
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNDER_HUNDRED = (
    *("hundred", *(f"oh {one}" for one in _ONES)),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen", *(f"{ten} {one}".strip() for ten in _TENS for one in ("", *_ONES))),
)
_SAID_YEARS = {
    **{f"nineteen {said}": f"19{at:02}" for at, said in enumerate(_UNDER_HUNDRED)},
    **{f"twenty {said}": f"20{at:02}" for at, said in enumerate(_UNDER_HUNDRED)},
    **{
        f"two thousand {said.removeprefix('oh ')}": f"20{at:02}"
        for at, said in enumerate(_UNDER_HUNDRED)
    },
    "two thousand": "2000",
}


def dates(text: str) -> Iterator[tuple[int, int, set[date]]]:
    """(start, end, the days it may mean) of everything that reads like a date."""
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], set[date]]], ...] = (
        (_NUMERIC, _numeric),
        (_COMPACT, _compact),
        (_SHORT, _short),
        (_MONTH_FIRST, lambda found: _day(found[3], found[1], found[2])),
        (_DAY_FIRST, lambda found: _day(found[3], found[2], found[1])),
        (_RUN_TOGETHER, lambda found: _day(found[3], found[2], found[1])),
        (_SHORT_YEAR, lambda found: _day(found[3], found[1], found[2])),
        (_SPELLED, _spelled),
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
    text = found[0]
    days = _valid(text[:4], text[4:6], text[6:]) if text[:2] in ("19", "20") else set()
    if text[4:6] in ("19", "20"):
        days |= _valid(text[4:], text[:2], text[2:4]) | _valid(text[4:], text[2:4], text[:2])
    return days


def _short(found: re.Match[str]) -> set[date]:
    """Month, day and year, or day first, in two digits each."""
    one, other, year = found[0][:2], found[0][2:4], found[0][4:]
    return {
        day
        for century in ("19", "20")
        for month, number in ((one, other), (other, one))
        for day in _valid(f"{century}{year}", month, number)
    }


def _day(year: str, month: str, number: str) -> set[date]:
    known = MONTH_NUMBER.get(month.casefold())
    years = [year] if len(year) == len("2017") else [f"19{year}", f"20{year}"]
    return {day for one in years for day in _valid(one, str(known), number)} if known else set()


def _spelled(found: re.Match[str]) -> set[date]:
    """As in "the seventh of March 2017"."""
    month, day = (found[1], found[2]) if found[1] else (found[4], found[3])
    number = ORDINALS.get(day.casefold())
    year = found[5] if found[5].isdigit() else _said_year(found[5])
    return _day(year, month, str(number)) if number and year else set()


def _said_year(words: str) -> str:
    """The year that begins these words, as digits; "" when none does."""
    said = words.casefold().replace("-", " ").replace(" and ", " ").split()
    return next((year for end in (4, 3, 2) if (year := _SAID_YEARS.get(" ".join(said[:end])))), "")


def _valid(year: str, month: str, number: str) -> set[date]:
    try:
        return {date(int(year), int(month), int(number))}
    except ValueError:
        return set()
