"""By which forms is a person found, and how sure is a match?

`forms` are kept of everybody, as keyed digests; `probes` are what a search asks for. Short forms of
first names and slips in dates are added on the asking side, so that they cost no row and a better
table of nicknames needs nothing rebuilt.

No first name, last name or letter group is kept by itself: how often one occurs would tell what it
is. What is kept is shared by few: whole names, pairs, or a part together with a birth date.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import product

from cases.rules import names
from cases.rules.nicknames import alike

# Raise it with every change of what `forms` yields; tokens of another version are rebuilt.
VERSION = "2"
NAMES = ("first_name", "last_name", "name")
PARTS = 4
MOST_PROBES = 200
# The policy says how many searches an account may make within it.
SEARCHES_WITHIN = timedelta(hours=1)


class Form(StrEnum):
    """What a token is a digest of."""

    NAME = "name"
    NAME_PAIR = "name_pair"
    NAME_SOUND = "name_sound"
    BIRTH_DATE = "birth_date"
    LAST_NAME_BIRTH = "last_name_birth"
    LAST_SOUND_BIRTH = "last_sound_birth"
    FIRST_NAME_BIRTH = "first_name_birth"
    ADDRESS = "address"
    PHONE = "phone"


class Why(StrEnum):
    """Why two people may be one, the strongest first."""

    SAME_NAME = "same name"
    NAME_IN_PART = "the name agrees in part"
    NICKNAME = "the first name may be short for the other"
    SOUNDS_ALIKE = "the name sounds alike"
    LAST_NAME_BIRTH = "same last name and birth date"
    LAST_NAME_SLIP = "same last name; the birth date with a slip"
    LAST_SOUND_BIRTH = "the last name sounds alike; same birth date"
    FIRST_NAME_BIRTH = "same first name and birth date"
    NICKNAME_BIRTH = "the first name may be short for the other; same birth date"
    SAME_PHONE = "same telephone number"
    SAME_ADDRESS = "same address"
    SAME_BIRTH = "same birth date"


class Sure(StrEnum):
    VERY_LIKELY = "very likely"
    LIKELY = "likely"
    POSSIBLE = "possible"


# Said only when nothing says more.
_SAID_BY: Mapping[Why, frozenset[Why]] = {
    Why.NAME_IN_PART: frozenset({Why.SAME_NAME}),
    Why.NICKNAME: frozenset({Why.SAME_NAME, Why.NAME_IN_PART}),
    Why.SOUNDS_ALIKE: frozenset({Why.SAME_NAME, Why.NAME_IN_PART}),
    Why.LAST_NAME_SLIP: frozenset({Why.LAST_NAME_BIRTH}),
    Why.LAST_SOUND_BIRTH: frozenset({Why.LAST_NAME_BIRTH}),
    Why.FIRST_NAME_BIRTH: frozenset({Why.SAME_NAME}),
    Why.NICKNAME_BIRTH: frozenset({Why.SAME_NAME, Why.FIRST_NAME_BIRTH, Why.NICKNAME}),
    Why.LAST_NAME_BIRTH: frozenset({Why.SAME_NAME}),
}
_NOTHING: frozenset[Why] = frozenset()
_NAMED = frozenset({Why.SAME_NAME, Why.NAME_IN_PART})
_BORN = frozenset({Why.SAME_BIRTH, Why.LAST_NAME_BIRTH, Why.FIRST_NAME_BIRTH})
# A hint at a case beyond reach needs one of these; a birth date fits every child of that day.
TELLING = frozenset({Why.SAME_NAME, Why.LAST_NAME_BIRTH})


@dataclass(frozen=True, slots=True)
class Probe:
    """One form that a search asks for, and what a hit means."""

    form: Form
    value: str = field(repr=False)
    why: Why


@dataclass(frozen=True, slots=True)
class _Named:
    first: tuple[str, ...] = field(repr=False)
    last: tuple[str, ...] = field(repr=False)
    whole: str = field(repr=False)
    birth: str = field(repr=False)
    # A last name of several words as one: "de la Cruz" and "Delacruz" are the same.
    joined: str = field(repr=False)

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        return ((first, last) for first, last in product(self.first, self.last) if first != last)


def forms(identity: Mapping[str, str]) -> set[tuple[Form, str]]:
    """Every form of this identity that is kept."""
    return {(probe.form, probe.value) for probe in _exact(identity)}


def probes(identity: Mapping[str, str]) -> tuple[Probe, ...]:
    """Every form to ask for, the strongest reason first; each value once for each form.

    A birth date by itself is asked for only when nothing else of the name was: it fits every child
    of that day.
    """
    found: dict[tuple[Form, str], Probe] = {}
    named = bool(names.parts(" ".join(identity.get(part, "") for part in NAMES)))
    for probe in (*_exact(identity), *_widened(identity)):
        if probe.form != Form.BIRTH_DATE or not named:
            found.setdefault((probe.form, probe.value), probe)
    return tuple(found.values())[:MOST_PROBES]


def _exact(identity: Mapping[str, str]) -> Iterator[Probe]:
    who = _named(identity)
    if who.first and who.last:
        yield Probe(Form.NAME, who.whole, Why.SAME_NAME)
    for first, last in who.pairs:
        yield Probe(Form.NAME_PAIR, names.in_any_order((first, last)), Why.NAME_IN_PART)
    yield from _sounds(who)
    if who.birth:
        yield from _births(who)
    if where := names.address(identity.get("address", "")):
        yield Probe(Form.ADDRESS, where, Why.SAME_ADDRESS)
    if number := names.phone(identity.get("phone", "")):
        yield Probe(Form.PHONE, number, Why.SAME_PHONE)


def _sounds(who: _Named) -> Iterator[Probe]:
    for first, last in who.pairs:
        said = (names.sound(first), names.sound(last))
        if all(said):
            yield Probe(Form.NAME_SOUND, names.in_any_order(said), Why.SOUNDS_ALIKE)


def _births(who: _Named) -> Iterator[Probe]:
    yield Probe(Form.BIRTH_DATE, who.birth, Why.SAME_BIRTH)
    for last in dict.fromkeys(filter(None, (*who.last, who.joined))):
        yield Probe(Form.LAST_NAME_BIRTH, f"{last} {who.birth}", Why.LAST_NAME_BIRTH)
        if said := names.sound(last):
            yield Probe(Form.LAST_SOUND_BIRTH, f"{said} {who.birth}", Why.LAST_SOUND_BIRTH)
    for first in who.first:
        yield Probe(Form.FIRST_NAME_BIRTH, f"{first} {who.birth}", Why.FIRST_NAME_BIRTH)


def _widened(identity: Mapping[str, str]) -> Iterator[Probe]:
    """What is asked for beside what was typed: short forms and long ones, slips in the date."""
    who = _named(identity)
    for first, last in product(who.first, who.last):
        for other in sorted(alike(first)):
            if other != last:
                yield Probe(Form.NAME_PAIR, names.in_any_order((other, last)), Why.NICKNAME)
    for first in who.first if who.birth else ():
        for other in sorted(alike(first)):
            yield Probe(Form.FIRST_NAME_BIRTH, f"{other} {who.birth}", Why.NICKNAME_BIRTH)
    for birth, last in product(_slips(who.birth), who.last):
        yield Probe(Form.LAST_NAME_BIRTH, f"{last} {birth}", Why.LAST_NAME_SLIP)


def _named(identity: Mapping[str, str]) -> _Named:
    first = names.parts(identity.get("first_name", ""))
    last = names.parts(identity.get("last_name", ""))
    if not last and (loose := names.parts(identity.get("name", ""))):
        first, last = loose[:1], loose[1:]
    whole = names.in_any_order((*first, *last))
    joined = "".join(names.words(identity.get("last_name", ""))) if last else ""
    birth = _day(identity.get("birth_date", ""))
    return _Named(first[:PARTS], last[:PARTS], whole, birth, joined or "".join(last))


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""


def _slips(birth: str) -> Iterator[str]:
    """Day and month changed places; the year one off."""
    if not birth:
        return
    year, month, day = map(int, birth.split("-"))
    for other in ((year, day, month), (year - 1, month, day), (year + 1, month, day)):
        try:
            slipped = date(*other).isoformat()
        except ValueError:
            continue
        if slipped != birth:
            yield slipped


def told(why: Collection[Why]) -> tuple[Why, ...]:
    """The reasons worth saying, the strongest first; what a stronger one says too is left out."""
    said = set(why)
    if Why.SAME_NAME in said and said & _BORN:
        said.add(Why.SAME_BIRTH)
    kept = {one for one in said if not _SAID_BY.get(one, _NOTHING) & said}
    return tuple(one for one in Why if one in kept)


def sure(why: Collection[Why]) -> Sure:
    """How sure a match is. A nickname or a sound alone is never more than possible."""
    said = set(why)
    born = bool(said & _BORN)
    if Why.SAME_NAME in said and born:
        return Sure.VERY_LIKELY
    named = bool(said & _NAMED)
    reached = bool(said & {Why.SAME_PHONE, Why.SAME_ADDRESS})
    if Why.LAST_NAME_BIRTH in said or (named and (born or reached)):
        return Sure.LIKELY
    return Sure.POSSIBLE
