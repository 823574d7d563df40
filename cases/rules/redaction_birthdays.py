"""Where does a text speak of the day somebody was born on without saying the year?"""

import re
from collections.abc import Iterator

from cases.rules.redaction_dates import MONTH_NUMBER, ORDINALS

_ORDINAL = "|".join(sorted(ORDINALS, key=len, reverse=True))
_MONTH = "|".join(sorted(MONTH_NUMBER, key=len, reverse=True))
_DAY = rf"\d{{1,2}}(?:st|nd|rd|th)?|{_ORDINAL}"
_YEARLESS = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\b\.?[ ](?:the )?(?P<day>{_DAY})"
    rf"|(?P<day2>{_DAY})[ ](?:of |de )?(?P<month2>{_MONTH})\b(?!\.? \d{{1,2}}\b)"
    r"|(?P<number>\d{1,2})[/\-](?P<day3>\d{1,2}))(?![\d/]|[-.]\d)",
    re.IGNORECASE,
)
_FEASTS = {
    r"christmas eve": (12, 24),
    r"christmas(?: day)?(?! eve)": (12, 25),
    r"new year['\u2019]?s eve": (12, 31),
    r"new year['\u2019]?s(?: day)?(?! eve)": (1, 1),
    r"valentine['\u2019]?s(?: day)?": (2, 14),
    r"st\.? patrick['\u2019]?s(?: day)?": (3, 17),
    r"april fool['\u2019]?s?['\u2019]?(?: day)?": (4, 1),
    r"independence day": (7, 4),
    r"halloween": (10, 31),
    r"cinco de mayo": (5, 5),
    r"juneteenth": (6, 19),
    r"leap day": (2, 29),
}
_FEAST = re.compile(
    "|".join(
        rf"(?P<d{month}_{day}>\b{words}(?:,? (?:of )?\d{{4}})?)"
        for words, (month, day) in _FEASTS.items()
    ),
    re.IGNORECASE,
)
_AGES = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|\d{1,2}"
)
_SPOKEN_OF = re.compile(
    r"\b(?:(?:birth ?da(?:y|te)s?|b-?day|born|d\.?o\.?b\.?|date of birth|cumple\w*"
    r"|naci[o\u00f3]|nacid[oa])[^.;\n]{0,40}|turn(?:s|ed|ing)? [^.;\n]{0,30}"
    rf"|(?:{_AGES})(?: years old)? (?:on|this|next|last) [^.;\n]{{0,12}})$",
    re.IGNORECASE,
)
_MAY_SPEAK_OF = re.compile(
    rf"birth|b-?day|born|d\.?o\.?b|turn|cumple|naci|papers|license|passport|\b(?:{_AGES}|old)"
    r" (?:on|this|next|last)\b",
    re.IGNORECASE,
)
_SPOKEN_OF_AFTER = re.compile(
    r"[,)]{0,2} on (?:\w{3,5} )?(?:papers|birth certificate|license|id|passport)"
    r"|[,)]{0,2} (?:is|was|as|being) (?:\w{2,12} )?(?:\w{2,12}['\u2019]s )?(?:birth ?day|b-?day)"
    rf"|[,)]{{0,2}} (?:\w{{2,12}} ){{0,2}}turn(?:s|ed) (?:{_AGES})\b",
    re.IGNORECASE,
)
_BEFORE, _AFTER = 64, 48


def birthdays(text: str) -> Iterator[tuple[int, int, int, int]]:
    """(start, end, month, day) of days without a year, where a birth or an age is spoken of."""
    if not _MAY_SPEAK_OF.search(text):
        return
    for start, end, month, day in (*_days(text), *_feasts(text)):
        before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
        if _SPOKEN_OF.search(before) or _SPOKEN_OF_AFTER.match(after):
            yield start, end, month, day


def _days(text: str) -> Iterator[tuple[int, int, int, int]]:
    for found in _YEARLESS.finditer(text):
        name = found["month"] or found["month2"]
        written = found["day"] or found["day2"] or found["day3"]
        month = MONTH_NUMBER[name.casefold()] if name else int(found["number"])
        yield found.start(), found.end(), month, _day_of(written)


def _day_of(written: str) -> int:
    return ORDINALS.get(written.casefold()) or int(re.sub(r"\D", "", written))


def _feasts(text: str) -> Iterator[tuple[int, int, int, int]]:
    for found in _FEAST.finditer(text):
        month, day = (int(part) for part in (found.lastgroup or "d0_0")[1:].split("_"))
        yield found.start(), found.end(), month, day
