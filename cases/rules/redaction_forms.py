"""Which words may stand for a person, and as which part of the name?"""

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum

from cases.rules.nicknames import alike
from cases.rules.redaction_common import COMMON
from cases.rules.redaction_known import KnownPerson, plain, spelled_out
from cases.rules.redaction_words import ORDINARY, PARTICLES

_SPLIT = re.compile(r"[\s\-_.,\"()]+")
_LEAST_PIECE = 5
_SAINTS = {
    "st": ("saint",),
    "saint": ("st",),
    "ste": ("sainte",),
    "mt": ("mount",),
    "ft": ("fort",),
}
_SON_OF = re.compile(r"(Mc|Mac|O|D|De|Di|La|Le|Van|Von)['\u2019]?([A-Z]\w{3,})$")
_SHORT_NAME = 5
_CLIPPED = 4
_VOWELS = "aeiouy"


class Part(IntEnum):
    """Which part of a name a word is. The later ones name nobody alone."""

    GIVEN = 0
    FAMILY = 1
    OTHER = 2
    INITIALS = 3
    FIRST_LETTER = 4
    LAST_LETTER = 5
    PARTICLE = 6


def parts_of(person: KnownPerson) -> Iterator[tuple[str, Part]]:
    for given, family in _names_of(person):
        yield from _pieces(given, Part.GIVEN)
        yield from _pieces(family, Part.FAMILY)
        yield from _together(given, family)
    for form in person.forms[1:]:
        if " " not in form.strip():
            yield from _pieces(form, Part.OTHER)
    yield from _middle(person.identity)
    yield from _pieces(person.identity.get("nickname", ""), Part.GIVEN)


def _middle(identity: Mapping[str, str]) -> Iterator[tuple[str, Part]]:
    """Middle names, their letters, and what all of the letters make."""
    middle = [plain(token) for token in _SPLIT.split(identity.get("middle_name", "")) if token]
    yield from _pieces(identity.get("middle_name", ""), Part.GIVEN)
    for token in middle:
        yield token[0], Part.FIRST_LETTER
    first = [plain(token) for token in _SPLIT.split(identity.get("first_name", "")) if token]
    last = [plain(token) for token in _SPLIT.split(identity.get("last_name", "")) if token]
    main = [token for token in last if token not in PARTICLES] or last
    for names in (main, last):
        letters = [token[0] for token in (*first, *middle, *names)]
        if first and names and len(letters) > 1 + 1:
            yield "".join(letters), Part.INITIALS
    if first and main and len(first) + len(middle) + len(main) > 1 + 1:
        yield "".join((first[0][0], *(token[0] for token in middle[:1]), main[0][0])), Part.INITIALS


def _names_of(person: KnownPerson) -> Iterator[tuple[str, str]]:
    """(given, family): as sealed, or the first word of a full name and the rest."""
    first, last = (person.identity.get(part, "") for part in ("first_name", "last_name"))
    if first or last:
        yield first, last
    sealed = f"{first} {last}".strip()
    for form in person.forms:
        if form != sealed:
            given, _, family = form.strip().partition(" ")
            yield given, family


def _pieces(name: str, part: Part) -> Iterator[tuple[str, Part]]:
    """Each word of a name, in the spellings it takes; what only joins names is not one."""
    tokens = [token for token in _SPLIT.split(name) if token and token[0].isalpha()]
    lone = len(tokens) == 1
    for token in tokens:
        text = plain(token)
        if not lone and text in PARTICLES:
            for form in (text, text[0], *_SAINTS.get(text, ())):
                yield form, Part.PARTICLE
            continue
        yield from _spellings(token, part)
    if len(tokens) > 1:
        yield plain("".join(tokens)), part


def _spellings(token: str, part: Part) -> Iterator[tuple[str, Part]]:
    text = plain(token)
    if len(text) > 1:
        yield text, part
        yield spelled_out(token), part
    if text == "abd":
        yield from ((f"abd{article}", part) for article in ("ul", "el", "al"))
    yield from _after_apostrophe(token, part)
    if joined := _SON_OF.match(token):
        yield plain(joined[1]), Part.PARTICLE
        yield plain(joined[2]), part
        if plain(joined[1]) in ("mc", "mac"):
            yield from ((f"{son}{plain(joined[2])}", part) for son in ("mc", "mac"))


def _after_apostrophe(token: str, part: Part) -> Iterator[tuple[str, Part]]:
    for mark in "'\u2019":
        head, _, rest = token.partition(mark)
        if rest:
            yield plain(head), Part.PARTICLE
            if len(rest) >= _LEAST_PIECE:
                yield plain(rest), part


def _together(given: str, family: str) -> Iterator[tuple[str, Part]]:
    """Written as one word, and as initials."""
    first = [plain(token) for token in _SPLIT.split(given) if token]
    last = [plain(token) for token in _SPLIT.split(family) if token]
    main = [token for token in last if token not in PARTICLES] or last
    for token in first:
        yield token[0], Part.FIRST_LETTER
    for token in {last[0][0], *(one[0] for one in main)} if last else ():
        yield token, Part.LAST_LETTER
    if not first or not last:
        return
    one, other = "".join(first), "".join(last)
    for glued in (f"{one}{other}", f"{other}{one}", f"{one[0]}{other}"):
        if len(glued) > _LEAST_PIECE:
            yield glued, Part.OTHER
    for letter in {last[0][0], main[-1][0]}:
        yield first[0][0] + letter, Part.INITIALS


def nicknames_of(person: KnownPerson) -> Iterator[str]:
    for given, _ in _names_of(person):
        for token in filter(None, _SPLIT.split(given)):
            text = plain(token)
            yield from alike(text)
            if text[0].isalpha() and len(text) >= len("Max"):
                yield from (pet for pet in _pet_names(text) if pet not in COMMON)


def _pet_names(text: str) -> Iterator[str]:
    """As in "Maxie", "Robby", "Willy", "Angelito": made from the name, in no table."""
    stem = text.rstrip("aeo") or text
    for ending in ("ito", "ita", "cito", "cita"):
        yield f"{stem}{ending}"
    if len(text) <= _SHORT_NAME and text[-1] not in _VOWELS:
        double = "" if text[-2] not in _VOWELS or text[-1] in "xw" else text[-1]
        yield from (f"{text}{letter}{ending}" for letter in {"", double} for ending in ("ie", "y"))


def further_parts_of(person: KnownPerson) -> Iterator[tuple[str, Part]]:
    """What else they may be called: short forms, and the letters of several first names."""
    yield from ((word, Part.GIVEN) for word in nicknames_of(person))
    yield from ((word, Part.INITIALS) for word in _initials_of(person))


def clipped_of(person: KnownPerson) -> Iterator[str]:
    """A long first name cut short, as in "Xime" and "Crys"."""
    for given, _ in _names_of(person):
        for token in filter(None, _SPLIT.split(given)):
            text = plain(token)
            if len(text) > _SHORT_NAME and text[:_CLIPPED] not in COMMON | ORDINARY:
                yield text[:_CLIPPED]


def _initials_of(person: KnownPerson) -> Iterator[str]:
    """What several first names begin with, as in "T.J." and "M.K."."""
    first, middle = (person.identity.get(part, "") for part in ("first_name", "middle_name"))
    letters = "".join(plain(token)[0] for token in _SPLIT.split(f"{first} {middle}") if token)
    if len(letters) > 1:
        yield letters
