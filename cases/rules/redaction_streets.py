"""By which words is a known address meant? Long or short, with and without its kind and town."""

import re
from collections.abc import Iterable, Iterator

from cases.rules.redaction_known import plain
from cases.rules.redaction_words import STREETS

WORD_OR_NUMBER = re.compile(r"[A-Za-z0-9\u00c0-\u024f']{1,40}")
GAP = r"[ \n\t,.#\-]{1,3}"
_GAP_OR_NONE = r"[ \n\t,.#\-]{0,3}"
_SUFFIXES = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln",
    "court": "ct", "terrace": "ter", "terr": "ter", "boulevard": "blvd", "place": "pl",
    "circle": "cir", "parkway": "pkwy", "pky": "pkwy", "highway": "hwy", "trail": "trl",
    "tr": "trl", "square": "sq", "plaza": "plz", "crt": "ct", "crescent": "cres", "bvd": "blvd",
    "boul": "blvd", "str": "st", "circ": "cir", "drv": "dr", "north": "n", "point": "pt",
    "south": "s", "east": "e", "west": "w", "apartment": "apt", "saint": "st", "mount": "mt",
    "fort": "ft", "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw",
    "alley": "aly", "crossing": "xing", "heights": "hts", "way": "wy", "william": "wm",
}  # fmt: skip
_DIRECTIONS = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw"})
_UNIT = rf"(?:,?{GAP}(?:apt|apartment|unit|no|#)\.?[ ]?\w{{1,5}})?"


def address_patterns(address: str) -> Iterator[re.Pattern[str]]:
    """With the house number, whatever follows; and the street by its name and kind alone."""
    street, *rest = (part.strip() for part in address.split(","))
    tokens = WORD_OR_NUMBER.findall(street)
    if len(tokens) < 1 + 1 or not tokens[0][0].isdigit():
        return
    named, kind = tokens[1:], ""
    if plain(tokens[-1]) in STREETS and len(named) > 1:
        named, kind = tokens[1:-1], tokens[-1]
    words = _named(named)
    tail = rf"(?:{GAP}{variants(kind)}\b\.?)" if kind else ""
    towns = "".join(
        rf"(?:,?{GAP}{GAP.join(map(re.escape, WORD_OR_NUMBER.findall(part)))})?"
        for part in rest
        if part
    )
    begins = rf"(?<!\w){_house(tokens[0])}{GAP}{words}{f'{tail}?' if tail else ''}(?!\w)"
    yield re.compile(rf"{begins}{_UNIT}{towns}(?!\w)", re.IGNORECASE)
    if kind:
        yield re.compile(rf"(?<!\w){words}{tail}(?!\w)", re.IGNORECASE)


def _house(number: str) -> str:
    return "".join({"0": "[0o]", "1": "[1l]"}.get(digit, re.escape(digit)) for digit in number)


def _named(named: list[str]) -> str:
    """The street's name; its direction may be missing."""
    first = variants(named[0])
    if len(named) > 1 and _SUFFIXES.get(plain(named[0]), plain(named[0])) in _DIRECTIONS:
        first = rf"(?:{first}{GAP})?{variants(named[1])}"
        named = named[1:]
    return _GAP_OR_NONE.join([first, *map(variants, named[1:])])


def forms_of(word: str) -> frozenset[str]:
    """The word and what it is shortened to, or is short for, in lower case."""
    text = plain(word)
    short = _SUFFIXES.get(text, text)
    return frozenset((text, short, *(long for long, same in _SUFFIXES.items() if same == short)))


def variants(word: str) -> str:
    """The word, long or short."""
    return one_of({word, *forms_of(word)})


def one_of(forms: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)) + ")"
