"""By which words is a known address meant? Long or short, with and without its kind and town."""

import re
from collections.abc import Iterable, Iterator

from cases.rules.redaction_dates import ORDINALS
from cases.rules.redaction_known import plain
from cases.rules.redaction_words import STREETS, table

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
_GRID = re.compile(r"[NSEW]\d{1,5}", re.IGNORECASE)
_ROUTE = re.compile(r"(?:rural route|route|r\.? ?r\.?|rte?\.?|r\.? ?d\.?)(?= ?#?\d)", re.IGNORECASE)
_ANY_ROUTE = r"(?:rural route|route|r\.? ?r|rte?|r\.? ?d)"
_LOOSE_GAP = r"[ \n\t,.#\-]{0,3}"
_LYING = table(
    "rural route rr rt rte rd r hc star po box lot unit space spc trailer camp slip site"
)
_SPANISH = table("calle avenida camino paseo via callejon calzada rua")
_TELLING_HOUSE, _TELLING_WORD = 3, 4
_ORDINAL_WORD = {at: word for word, at in ORDINALS.items()}
_ORDINAL = re.compile(r"(\d{1,3})(?:st|nd|rd|th)$")
_UNITS = table(
    "apt apartment unit no suite ste floor fl lot room rm bldg building space spc trailer trlr"
    " depto dpto"
)
_UNIT = (
    rf"(?:,?{GAP}(?:(?:(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b\.?|#)[ ]?#?[ ]?"
    r"\w{1,5}(?:-\w{1,3})?|\d{1,2}(?:st|nd|rd|th) (?:floor|fl)\b"
    r"|(?:rear|upstairs|downstairs|basement)\b))?"
)


def address_patterns(address: str) -> Iterator[re.Pattern[str]]:
    """With the house number, whatever follows; and the street by its name and kind alone."""
    street, *rest = (part.strip() for part in address.split(","))
    tokens = _without_unit(_number_first(WORD_OR_NUMBER.findall(street)))
    if len(tokens) < 1 + 1:
        return
    if not tokens[0][0].isdigit():
        yield from _without_a_street(address, tokens)
        return
    named, kind, toward = _parted(tokens[1:])
    words = _named(named)
    tail = rf"(?:{GAP}{variants(kind)}\b\.?{toward})" if kind else ""
    towns = "".join(
        rf"(?:,?{GAP}{GAP.join(map(re.escape, WORD_OR_NUMBER.findall(part)))})?"
        for part in rest
        if part
    )
    if not kind and len(tokens[0]) >= _TELLING_HOUSE:
        words = _first_is_enough(named, words)
    begins = rf"(?<!\w){_house(tokens[0])}{GAP}{words}{f'{tail}?' if tail else ''}(?!\w)"
    yield re.compile(rf"{begins}{_UNIT}{towns}(?!\w)", re.IGNORECASE)
    if kind:
        yield re.compile(rf"(?<!\w){words}{tail}(?!\w)", re.IGNORECASE)
    if plain(named[0]) in _SPANISH and len(named) > 1:
        number = rf"(?:{GAP}(?:(?:no|num|n\u00fam)\b{GAP})?{_house(tokens[0])})"
        yield re.compile(rf"(?<!\w){words}{number}(?!\w)", re.IGNORECASE)


def _without_unit(tokens: list[str]) -> list[str]:
    """As in "5 Gregory Boulevard Apt 210": the flat may be left out, or said otherwise."""
    kinds = (at for at, word in enumerate(tokens) if plain(word) in STREETS)
    for at in kinds:
        if tokens[at + 1 : at + 2] and plain(tokens[at + 1]) in _UNITS:
            return tokens[: at + 1]
    return tokens


def _number_first(tokens: list[str]) -> list[str]:
    """In English order, from the Spanish ("Calle Nopal 1402"); a grid number is a house's."""
    if not tokens:
        return tokens
    if plain(tokens[0]) in _SPANISH and tokens[-1][0].isdigit():
        return [tokens[-1], *tokens[:-1]]
    return tokens


def _parted(named: list[str]) -> tuple[list[str], str, str]:
    """The street's name, its kind or "", and the pattern of a direction behind the kind."""
    toward = ""
    if len(named) > 1 + 1 and forms_of(named[-1]) & _DIRECTIONS and plain(named[-2]) in STREETS:
        toward, named = rf"(?:{GAP}{variants(named[-1])}\b\.?)?", named[:-1]
    if plain(named[-1]) in STREETS and len(named) > 1:
        return named[:-1], named[-1], toward
    return named, "", ""


def _first_is_enough(named: list[str], words: str) -> str:
    """Behind a long house number the first word of the street's name tells which it is."""
    first = plain(named[0])
    if len(named) == 1 or len(first) < _TELLING_WORD or forms_of(first) & _DIRECTIONS:
        return words
    return rf"(?:{words}|{variants(named[0])})"


def _without_a_street(address: str, tokens: list[str]) -> Iterator[re.Pattern[str]]:
    """A rural route and box, a lot or a unit and what it lies in, a house on a grid."""
    if all(_GRID.fullmatch(word) for word in tokens[:2]):
        house, (named, kind, toward) = _GAP_OR_NONE.join(tokens[:2]), _parted(tokens[2:] or [""])
        tail = rf"(?:{GAP}{variants(kind)}\b\.?{toward})?" if kind else ""
        street = rf"(?:{GAP}{_named(named)}{tail})?" if named[0] else ""
        yield re.compile(rf"(?<!\w){house}{street}(?!\w)", re.IGNORECASE)
        return
    parts = [part.strip() for part in address.split(",")]
    head = " ".join(parts[:-2] or parts[:1])
    if plain(tokens[0]) not in _LYING or not any(char.isdigit() for char in head):
        return
    route = _ROUTE.match(head)
    words = WORD_OR_NUMBER.findall(head[route.end() :] if route else head)
    begins = [_ANY_ROUTE] if route else []
    yield re.compile(
        rf"(?<!\w){_LOOSE_GAP.join([*begins, *map(variants, words)])}(?!\w)", re.IGNORECASE
    )


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
    same = {text, short, *(long for long, same in _SUFFIXES.items() if same == short)}
    return frozenset(same | ordinals_of(text))


def ordinals_of(text: str) -> frozenset[str]:
    """Of "6th" and of "sixth": "6", "6th" and "sixth"; of anything else nothing."""
    digits = _ORDINAL.fullmatch(text)
    at = int(digits[1]) if digits else ORDINALS.get(text, 0)
    if not at:
        return frozenset()
    ending = "th" if at // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(at % 10, "th")
    return frozenset((str(at), f"{at}{ending}", _ORDINAL_WORD.get(at, str(at))))


def variants(word: str) -> str:
    """The word, long or short."""
    return one_of({word, *forms_of(word)})


def one_of(forms: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)) + ")"
