"""When are two ways of writing a name, an address or a number the same?

Composed or decomposed, upper or lower case, accents, hyphens, apostrophes and what nobody sees make
no difference. Work grows with the length of the text and no faster; there is no pattern to stall.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from itertools import groupby, takewhile

LONGEST = 200
PHONE_DIGITS = 10
LEAST_SOUNDS = 2
SOUNDS = 8

_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
# Apostrophes as they are typed, pasted and meant, and the point of an abbreviation.
_DROPPED = frozenset("'.`\u00b4\u2018\u2019\u02bc\u02bb\u2032")
# Words that join the parts of a last name; alone they say nothing.
PARTICLES = frozenset(
    {"al", "bin", "d", "da", "das", "de", "del", "den", "der", "di", "do", "dos", "du", "e", "el",
     "la", "las", "le", "los", "st", "van", "von", "y"}
)  # fmt: skip
ENDINGS = frozenset({"jr", "sr", "ii", "iii", "iv"})

_STREET_WORDS: Mapping[str, str] = {
    "avenue": "ave", "av": "ave", "boulevard": "blvd", "circle": "cir", "court": "ct",
    "drive": "dr", "east": "e", "highway": "hwy", "hollow": "holw", "lane": "ln", "north": "n",
    "northeast": "ne", "northwest": "nw", "parkway": "pkwy", "place": "pl", "road": "rd",
    "south": "s", "southeast": "se", "southwest": "sw", "street": "st", "str": "st",
    "terrace": "ter", "terr": "ter", "trail": "trl", "tr": "trl", "west": "w", "plaza": "plz",
    "square": "sq", "alley": "aly", "crossing": "xing", "heights": "hts", "crt": "ct",
    "pky": "pkwy", "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th",
    "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th",
    "tenth": "10th", "eleventh": "11th", "twelfth": "12th",
}  # fmt: skip
_KINDS = frozenset(
    {"ave", "blvd", "cir", "ct", "dr", "hwy", "ln", "pkwy", "pl", "rd", "st", "ter", "trl", "plz",
     "sq", "aly", "xing"}
)  # fmt: skip
_UNIT_WORDS = frozenset({"apartment", "apt", "number", "no", "suite", "ste", "unit", "lot"})

# English and Spanish spellings of one sound, in this order. Afterwards vowels fall out.
_AT_START = (
    ("kn", "n"), ("gn", "n"), ("pn", "n"), ("wr", "r"), ("ps", "s"), ("mc", "mac"), ("x", "j"),
)  # fmt: skip
_SAME_SOUND = (
    ("tsch", "X"), ("sch", "X"), ("tch", "X"), ("chr", "kr"), ("ch", "X"), ("sh", "X"),
    ("ph", "f"), ("ght", "t"), ("gh", "g"), ("th", "t"), ("ck", "k"), ("qu", "k"), ("q", "k"),
    ("dg", "j"), ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("c", "k"), ("ge", "je"), ("gi", "ji"),
    ("gy", "jy"), ("x", "ks"), ("z", "s"), ("v", "b"), ("h", ""),
)  # fmt: skip
_VOWELS = frozenset("aeiouyw")


def plain(text: str) -> str:
    """Lower case letters and digits in words: no accents, hyphens, apostrophes or what is unseen.

    The same for every way of composing a text, and for its own result.
    """
    kept = [_plain(char) for char in unicodedata.normalize("NFKD", text[:LONGEST])]
    folded = "".join(kept).casefold().translate(_LETTERS)
    again = (_plain(char) for char in unicodedata.normalize("NFKD", folded))
    return " ".join("".join(again).split())


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] in "MC" and not char.isspace():
        return ""
    if char in _DROPPED or category in {"Lm", "Sk"}:
        return ""
    return char if category[0] in "LN" else " "


def words(name: str) -> tuple[str, ...]:
    """The words of a name in plain form, without junior and senior."""
    found = tuple(plain(name).split())
    return tuple(word for word in found if word not in ENDINGS) or found


def parts(name: str) -> tuple[str, ...]:
    """The words that can stand for the whole name: García and López, not de and la."""
    found = words(name)
    return tuple(word for word in found if word not in PARTICLES) or found


def in_any_order(names: Iterable[str]) -> str:
    """The same text for the same words, however they were ordered."""
    return " ".join(sorted(names))


def sound(word: str) -> str:
    """How a plain word sounds, roughly, in English or Spanish; "" when too little is left to tell.

    Smith and Smyth, Jiménez and Gimenez, Vázquez and Basques are one; so may be two strangers.
    """
    spelled = word
    for start, said in _AT_START:
        if spelled.startswith(start):
            spelled = said + spelled[len(start) :]
            break
    for written, said in _SAME_SOUND:
        spelled = spelled.replace(written, said)
    first = "a" if spelled[:1] in _VOWELS else spelled[:1]
    rest = "".join(char for char in spelled[1:] if char not in _VOWELS)
    code = "".join(char for char, _ in groupby(first + rest))[:SOUNDS]
    return code if len(code) >= LEAST_SOUNDS else ""


def phone(text: str) -> str:
    """The last ten digits of a telephone number; "" when there are fewer."""
    digits = "".join(char for char in plain(text) if char.isascii() and char.isdigit())
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS else ""


def address(text: str) -> str:
    """The street line, abbreviated as the post does; "" without a number and a name.

    What follows the first comma is town and state, which people leave out as they do the flat.
    """
    line = text.replace("#", " unit ").partition(",")[0]
    found = [_STREET_WORDS.get(word, word) for word in plain(line).split()]
    kept = _without_town(list(takewhile(lambda word: word not in _UNIT_WORDS, found)))
    has_number = any(word[0].isdigit() for word in kept)
    has_name = any(word[0].isalpha() and len(word) > 1 for word in kept)
    return " ".join(kept) if has_number and has_name else ""


def _without_town(line: list[str]) -> list[str]:
    """Up to the kind of street, which follows a name: a town may stand behind without a comma."""
    named = (at for at, word in enumerate(line) if at > 1 and word in _KINDS)
    return line[: next(named, len(line)) + 1]
