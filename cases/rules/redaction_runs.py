"""Which words in a row are one person's name, and is somebody named by them?"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from cases.rules.redaction_context import Context
from cases.rules.redaction_forms import Part
from cases.rules.redaction_known import Word
from cases.rules.redaction_words import DEGREES, NOT_INITIALS

_GAP = re.compile(r"[ \t\u00a0]*(?:\r?\n[ \t]*)?|[-\u2010-\u2014_.](?:\r?\n)?|\.[ \-]?|,[ \t]?\n?")
_LETTERS = re.compile(r"[\s\-_]*(?:[^\W\d_a-z]\.?[\s\-]*){1,3}")
_SUFFIX = re.compile(r",? (?:(?:Jr|Sr)\b\.?|I{2,3}\b|IV\b)|,? (?:JR|SR)\b\.?")
_TOGETHER = re.compile(r" |-|, | (?:and|or|y|&) ", re.IGNORECASE)
_MIDDLE = re.compile(r" [A-Z](?:\.|(?!\w))")
INITIALS = 2
_MOST_INITIALS = 3

_LAST = frozenset({Part.FAMILY, Part.PARTICLE})
ALONE = frozenset({Part.GIVEN, Part.FAMILY, Part.OTHER, Part.INITIALS})


@dataclass(frozen=True, slots=True)
class Use:
    """A word that may name the person with this index, as this part of the name."""

    person: int
    part: Part
    strong: bool = False


Uses = tuple[Use, ...]


@dataclass(slots=True)
class Spot:
    at: int
    word: Word
    end: int
    uses: Uses
    dotted: bool
    hyphened: bool = False
    meant: bool = False

    @property
    def start(self) -> int:
        return self.word.start

    def part_of(self, person: int) -> Use:
        """The most telling use; a whole part before a letter, a strong one before a weak."""
        own = (use for use in self.uses if use.person == person)
        return min(own, key=lambda use: (not use.strong, use.part))

    @property
    def is_letter(self) -> bool:
        """A capital that stands for a name; without a dot, "I" and "A" are words."""
        return self.word.is_capital and (self.dotted or self.word.raw not in ("I", "A"))

    def has(self, person: int, part: Part) -> bool:
        return any(use.person == person and use.part == part for use in self.uses)

    def is_last_letter(self, person: int) -> bool:
        return len(self.word.raw) == 1 and self.has(person, Part.LAST_LETTER)

    @property
    def people(self) -> frozenset[int]:
        return frozenset(use.person for use in self.uses)


Parts = list[tuple[Spot, Use]]


def in_company(spots: list[Spot], text: str) -> None:
    """A word beside another's first name is a first name too: "hope and grace live here"."""
    for one, other in pairwise(spots):
        if not _TOGETHER.fullmatch(text, one.word.end, other.start):
            continue
        if one.people & other.people:
            continue
        capital = one.word.is_capital and other.word.is_capital
        kinds = (Part.GIVEN, Part.FAMILY) if capital else (Part.GIVEN,)
        if has(one, *kinds) and has(other, *kinds):
            for spot in (one, other):
                spot.uses = tuple(
                    replace(use, strong=use.strong or use.part in kinds) for use in spot.uses
                )


def with_middle_initials(spots: list[Spot]) -> list[Spot]:
    """A capital between two parts of one person's name is that person's, whoever else's it is."""
    for begin, one in enumerate(spots):
        for end in range(begin + 2, min(begin + 2 + _MOST_INITIALS, len(spots))):
            between = spots[begin + 1 : end]
            if not all(len(spot.word.raw) == 1 and spot.word.is_capital for spot in between):
                break
            if spots[end].at - one.at != end - begin:
                break
            for spot in between:
                shared = (one.people & spots[end].people) - spot.people
                spot.uses += tuple(Use(person, Part.PARTICLE) for person in sorted(shared))
    return spots


def runs(spots: list[Spot], text: str) -> Iterator[list[Spot]]:
    """Neighbors that may name the same person, as far as that holds."""
    run: list[Spot] = []
    shared: frozenset[int] = frozenset()
    for spot in spots:
        both = shared & spot.people
        if run and both and _touch(run[-1], spot, text):
            run.append(spot)
            shared = both
            continue
        if run:
            yield run
        run, shared = [spot], spot.people
    if run:
        yield run


def _touch(one: Spot, other: Spot, text: str) -> bool:
    """Whether only a space, a hyphen, a comma or a middle initial stands between."""
    gap = text[one.end : other.start]
    if other.at - one.at > 1:
        return other.at - one.at <= _MOST_INITIALS + 1 and _LETTERS.fullmatch(gap) is not None
    if "," in gap and not (has(one, Part.FAMILY) and has(other, Part.GIVEN, Part.FIRST_LETTER)):
        return False
    short = len(one.word.raw) == 1 or has(one, Part.PARTICLE)
    if gap.startswith(".") and gap != "." and not short:
        return False
    return other.at - one.at == 1 and _GAP.fullmatch(gap) is not None


def has(spot: Spot, *parts: Part) -> bool:
    return any(use.part in parts for use in spot.uses)


def owner(run: list[Spot], children: Container[int] = ()) -> int:
    """Whom the run names. A last name alone is an adult's: a child is called by a first name."""
    shared = frozenset.intersection(*(spot.people for spot in run))

    def rank(person: int) -> tuple[int, bool, int]:
        by_last_name = all(spot.part_of(person).part in _LAST for spot in run)
        return -_weight(run, person), by_last_name and person in children, person

    return min(shared, key=rank)


def _weight(run: list[Spot], person: int) -> int:
    """Different parts of the name count; the same word twice doesn't."""
    parts = {spot.part_of(person).part for spot in run}
    begins = run[0].has(person, Part.FIRST_LETTER) and len(run) > 1
    return len(parts & ALONE) * 2 + len(parts) + begins


def names_somebody(parts: Parts, context: Context) -> bool:
    if any(use.strong for _, use in parts):
        return True
    if _only_letters(parts):
        return _are_initials(parts, context)
    kinds = [use.part for _, use in parts]
    capitals = [
        Part.LAST_LETTER if at and spot.is_last_letter(use.person) else use.part
        for at, (spot, use) in enumerate(parts)
        if spot.word.is_capital
    ]
    return (
        _in_order(kinds, (Part.GIVEN, Part.FIRST_LETTER), Part.FAMILY)
        or _in_order(capitals, (Part.GIVEN,), Part.LAST_LETTER)
        or _is_listed(parts)
    )


def _in_order(kinds: list[Part], first: tuple[Part, ...], then: Part) -> bool:
    """Whether `then` stands somewhere after one of `first`."""
    begins = next((at for at, kind in enumerate(kinds) if kind in first), len(kinds))
    return then in kinds[begins:]


def _is_listed(parts: Parts) -> bool:
    """The last name first, and both with a capital."""
    kinds = [use.part for _, use in parts]
    return (
        Part.FAMILY in kinds
        and Part.GIVEN in kinds
        and all(spot.word.is_capital for spot, _ in parts)
    )


def _only_letters(parts: Parts) -> bool:
    """As in "J.M.", "T. St. J." and "Z.v.d.B."; what only joins names counts as a letter."""
    return any(len(spot.word.raw) == 1 for spot, _ in parts) and all(
        len(spot.word.raw) == 1 or use.part == Part.PARTICLE for spot, use in parts
    )


def _joins(spot: Spot, use: Use) -> bool:
    """As "v." and "d." do in "Z.v.d.B.", and "St." in "T. St. J."."""
    return use.part == Part.PARTICLE or (
        not spot.word.is_capital and spot.has(use.person, Part.PARTICLE)
    )


def _are_initials(parts: Parts, context: Context) -> bool:
    """Capitals with dots between that don't stand for an hour, a degree or an office."""
    main = parts if len(parts) == INITIALS else [one for one in parts if not _joins(*one)]
    if len(main) < INITIALS or not all(spot.word.is_capital for spot, _ in main):
        return False
    (first, one), (last, other) = main[0], main[-1]
    letters = first.has(one.person, Part.FIRST_LETTER) and (
        last.has(other.person, Part.LAST_LETTER) or last.has(other.person, Part.FIRST_LETTER)
    )
    return letters and first.dotted and not _is_abbreviation(context, first, last)


def _is_abbreviation(context: Context, first: "Spot", last: "Spot") -> bool:
    """As in 9 A.M., a name with M.D. behind it, and the D.A."""
    letters = f"{first.word.plain}{last.word.plain}"
    before = context.text[max(0, first.start - 2) : first.start].rstrip()
    hour = letters in ("am", "pm") and before[-1:].isdigit()
    degree = letters in DEGREES and before[-1:] == ","
    return hour or degree or (letters in NOT_INITIALS and context.before(first.at) == "the")


def trimmed(parts: Parts) -> Parts:
    """Without what at either end is a word in its own right."""
    if _only_letters(parts):
        return parts
    first, last = 0, len(parts)
    while last - first > 1 and not _belongs_last(parts[last - 2 : last]):
        last -= 1
    while last - first > 1 and not _belongs_first(parts[first : first + 2]):
        first += 1
    return parts[first:last]


def _belongs_last(parts: Parts) -> bool:
    spot, use = parts[-1]
    if use.strong:
        return True
    before = parts[-2][1].part
    match use.part:
        case Part.GIVEN | Part.OTHER:
            return spot.word.is_capital and before in (Part.FAMILY, Part.GIVEN)
        case Part.FAMILY:
            return before != Part.FAMILY or spot.hyphened
        case Part.LAST_LETTER | Part.FIRST_LETTER:
            return spot.is_letter and before not in (Part.PARTICLE, Part.LAST_LETTER)
        case _:
            return False


def _belongs_first(parts: Parts) -> bool:
    spot, use = parts[0]
    if use.strong:
        return True
    after = parts[1][1].part
    match use.part:
        case Part.FIRST_LETTER:
            return spot.word.is_capital
        case Part.LAST_LETTER:
            return any(
                other.person == use.person and other.part == Part.PARTICLE for other in spot.uses
            )
        case Part.PARTICLE:
            return after != Part.FIRST_LETTER
        case Part.FAMILY:
            return spot.word.is_capital
        case _:
            letter = after == Part.FIRST_LETTER and spot.word.is_capital
            return letter or after in (Part.FAMILY, Part.LAST_LETTER, Part.PARTICLE, Part.GIVEN)


def _ends_in_letter(parts: Parts) -> bool:
    return parts[-1][1].part in (Part.FIRST_LETTER, Part.LAST_LETTER)


def end_of(parts: Parts, text: str) -> int:
    """With the dot of a letter, a middle initial behind "Last, First", and "Jr."."""
    end = parts[-1][0].end
    if _ends_in_letter(parts):
        return _dot_included(text, end)
    listed = len(parts) > 1 and parts[0][1].part == Part.FAMILY
    for behind in (_MIDDLE,) if listed else (_SUFFIX,) if len(parts) > 1 else ():
        found = behind.match(text, end)
        end = found.end() if found else end
    return end


def _dot_included(text: str, end: int) -> int:
    """A dot after a letter is the letter's, unless it may end the sentence."""
    goes_on = text[end + 1 : end + 3].strip(" ")[:1]
    return end + (text[end : end + 1] == "." and not goes_on.isupper() and goes_on != "")
