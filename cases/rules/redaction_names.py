"""Where does a text name one of these people, whole or in part, and whom?"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cases.rules.redaction_context import Context, is_possessive, is_said_as_a_name
from cases.rules.redaction_forms import Part, nicknames_of, parts_of
from cases.rules.redaction_known import WORD, KnownPerson, Mention, Word, overlaps, plain, words_of
from cases.rules.redaction_typos import Slips
from cases.rules.redaction_words import COMMON, DEGREES, NOT_INITIALS, OFFICIAL

_GAP = re.compile(r"[ \t\u00a0]*(?:\r?\n[ \t]*)?|[-\u2010-\u2014_.]|\. ?|,[ \t]?\n?")
_LETTERS = re.compile(r"[\s\-_]*(?:[^\W\d_a-z]\.?[\s\-]*){1,3}")
_SUFFIX = re.compile(r",? (?:(?:Jr|Sr)\b\.?|I{2,3}\b|IV\b)|,? (?:JR|SR)\b\.?")
_MIDDLE = re.compile(r" [A-Z](?:\.|(?!\w))")
INITIALS = 2
_MOST_INITIALS = 3


ALONE = frozenset({Part.GIVEN, Part.FAMILY, Part.OTHER, Part.INITIALS})


@dataclass(frozen=True, slots=True)
class Use:
    """A word that may name the person with this index, as this part of the name."""

    person: int
    part: Part
    strong: bool = False


Uses = tuple[Use, ...]


class Names:
    """The names of one case's people, made ready for many texts."""

    def __init__(self, people: Sequence[KnownPerson]) -> None:
        self._pseudonyms = tuple(person.pseudonym for person in people)
        found: defaultdict[str, dict[tuple[int, Part], None]] = defaultdict(dict)
        whole: set[str] = set()
        # Of somebody without a last name on record, another last name may be theirs.
        self._surnamed: set[int] = set()
        for index, person in enumerate(people):
            for word, part in parts_of(person):
                found[word].setdefault((index, part))
                if part in (Part.GIVEN, Part.FAMILY, Part.OTHER):
                    whole.add(word)
                if part == Part.FAMILY:
                    self._surnamed.add(index)
            for word in nicknames_of(person):
                found[word].setdefault((index, Part.GIVEN))
        self._uses = {word: tuple(found[word]) for word in found}
        self._slips = Slips(whole)

    def __bool__(self) -> bool:
        return bool(self._uses)

    def mentions(self, text: str, taken: Sequence[tuple[int, int]] = ()) -> Iterator[Mention]:
        """In the order of the text; no two overlap. What is `taken` already is left out."""
        if text.isascii() and not self._may_name(text):
            return
        words = words_of(text)
        if taken:
            words = [word for word in words if not overlaps(word.start, word.end, taken)]
        known = self._uses.keys()
        marked = [
            (at, word, uses, end)
            for at, word in enumerate(words)
            if word.plain in known or word.plain not in COMMON
            for uses, end in (self._looked_up(word),)
            if uses
        ]
        if not marked:
            return
        context = Context(text, words, known)
        spots = [
            _Spot(at, word, end, self._weighed(uses, context, at), text[end : end + 1] == ".")
            for at, word, uses, end in marked
        ]
        for run in _runs(_with_middle_initials(spots), text):
            yield from self._resolved(run, context)

    def _may_name(self, text: str) -> bool:
        """A quick look, case and place aside; most texts name nobody."""
        seen = set(WORD.findall(text.lower()))
        if not self._uses.keys().isdisjoint(seen):
            return True
        rare = (Word(0, 0, word.title(), plain(word)) for word in seen - COMMON)
        return any(self._looked_up(word)[0] for word in rare)

    def _looked_up(self, word: Word) -> tuple[tuple[tuple[int, Part], ...], int]:
        """What the word may name, and where the name in it ends, a possessive ending set aside."""
        known = self._uses.get(word.plain)
        if known:
            return known, word.end
        end, text = word.end, word.plain
        if is_possessive(word):
            end, text = word.end - 2, word.plain[:-1]
            known = self._uses.get(text)
            if known:
                return known, end
        for glued in ("s", "es", "z"):
            if text.endswith(glued) and len(text) > len(glued) + INITIALS:
                known = self._uses.get(text.removesuffix(glued))
                if known:
                    return known, end
        meant = self._slips.meant(word, text)
        return (self._uses[meant], end) if meant else ((), end)

    def _weighed(
        self, uses: tuple[tuple[int, Part], ...], context: Context, at: int
    ) -> tuple[Use, ...]:
        alone: bool | None = None
        weighed = []
        for person, part in uses:
            strong = False
            if part == Part.INITIALS:
                strong = context.are_initials(at)
            elif part in ALONE:
                if alone is None:
                    alone = is_said_as_a_name(context, at)
                strong = alone and not (part == Part.GIVEN and context.is_a_thing(at))
            weighed.append(Use(person, part, strong))
        return tuple(weighed)

    def _resolved(self, run: "list[_Spot]", context: Context) -> Iterator[Mention]:
        person = _owner(run)
        parts = [(spot, spot.part_of(person)) for spot in run]
        if not _names_somebody(parts, context):
            return
        parts = _trimmed(parts)
        first = parts[0][0]
        lone = len(parts) == 1 and parts[0][1].part == Part.FAMILY
        official = lone and context.before(first.at) in OFFICIAL
        if self._is_anothers(person, parts, context):
            return
        end = _end_of(parts, context.text)
        yield Mention(first.start, end, "" if official else self._pseudonyms[person])

    def _is_anothers(self, person: int, parts: "Parts", context: Context) -> bool:
        """Whether a part of a name stands beside another one that is nobody's here."""
        kinds = {use.part for _, use in parts}
        if kinds <= {Part.GIVEN, Part.FIRST_LETTER}:
            at = parts[0][0].at, parts[-1][0].at
            return person in self._surnamed and context.names_another(*at)
        return kinds == {Part.FAMILY} and context.is_anothers(parts[0][0].at)


@dataclass(slots=True)
class _Spot:
    at: int
    word: Word
    end: int
    uses: Uses
    dotted: bool

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

    @property
    def people(self) -> frozenset[int]:
        return frozenset(use.person for use in self.uses)


Parts = list[tuple[_Spot, Use]]


def _with_middle_initials(spots: list[_Spot]) -> list[_Spot]:
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


def _runs(spots: list[_Spot], text: str) -> Iterator[list[_Spot]]:
    """Neighbors that may name the same person, as far as that holds."""
    run: list[_Spot] = []
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


def _touch(one: _Spot, other: _Spot, text: str) -> bool:
    """Whether only a space, a hyphen, a comma or a middle initial stands between."""
    gap = text[one.end : other.start]
    if other.at - one.at > 1:
        return other.at - one.at <= _MOST_INITIALS + 1 and _LETTERS.fullmatch(gap) is not None
    if "," in gap and not (_has(one, Part.FAMILY) and _has(other, Part.GIVEN, Part.FIRST_LETTER)):
        return False
    short = len(one.word.raw) == 1 or _has(one, Part.PARTICLE)
    if gap.startswith(".") and gap != "." and not short:
        return False
    return other.at - one.at == 1 and _GAP.fullmatch(gap) is not None


def _has(spot: _Spot, *parts: Part) -> bool:
    return any(use.part in parts for use in spot.uses)


def _owner(run: list[_Spot]) -> int:
    shared = frozenset.intersection(*(spot.people for spot in run))
    return min(shared, key=lambda person: (-_weight(run, person), person))


def _weight(run: list[_Spot], person: int) -> int:
    """Different parts of the name count; the same word twice doesn't."""
    parts = {spot.part_of(person).part for spot in run}
    begins = run[0].has(person, Part.FIRST_LETTER) and len(run) > 1
    return len(parts & ALONE) * 2 + len(parts) + begins


def _names_somebody(parts: Parts, context: Context) -> bool:
    if any(use.strong for _, use in parts):
        return True
    if all(len(spot.word.raw) == 1 for spot, _ in parts):
        return _are_initials(parts, context)
    kinds = [use.part for _, use in parts]
    capitals = [use.part for spot, use in parts if spot.word.is_capital]
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


def _are_initials(parts: Parts, context: Context) -> bool:
    """Capitals with dots between that don't stand for an hour, a degree or an office."""
    if len(parts) < INITIALS or not all(spot.word.is_capital for spot, _ in parts):
        return False
    (first, one), (last, other) = parts[0], parts[-1]
    letters = first.has(one.person, Part.FIRST_LETTER) and last.has(other.person, Part.LAST_LETTER)
    return letters and first.dotted and not _is_abbreviation(context, first, last)


def _is_abbreviation(context: Context, first: "_Spot", last: "_Spot") -> bool:
    """As in 9 A.M., a name with M.D. behind it, and the D.A."""
    letters = f"{first.word.plain}{last.word.plain}"
    before = context.text[max(0, first.start - 2) : first.start].rstrip()
    hour = letters in ("am", "pm") and before[-1:].isdigit()
    degree = letters in DEGREES and before[-1:] == ","
    return hour or degree or (letters in NOT_INITIALS and context.before(first.at) == "the")


def _trimmed(parts: Parts) -> Parts:
    """Without what at either end is a word in its own right."""
    if all(len(spot.word.raw) == 1 for spot, _ in parts):
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
            return before != Part.FAMILY
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


def _end_of(parts: Parts, text: str) -> int:
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
