"""Where does a text name one of these people, whole or in part, and whom?"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cases.rules.redaction_common import COMMON
from cases.rules.redaction_context import Context, is_possessive, is_said_as_a_name
from cases.rules.redaction_forms import Part, clipped_of, further_parts_of, parts_of
from cases.rules.redaction_handles import Handles
from cases.rules.redaction_known import WORD, KnownPerson, Mention, Word, overlaps, plain, words_of
from cases.rules.redaction_runs import (
    ALONE,
    INITIALS,
    Parts,
    Spot,
    Use,
    end_of,
    in_company,
    names_somebody,
    owner,
    runs,
    trimmed,
    with_middle_initials,
)
from cases.rules.redaction_typos import Slips, one_apart
from cases.rules.redaction_words import LITTLE, OFFICIAL, TITLES

_BROKEN = re.compile(r" |-(?:[ \t]*\r?\n[ \t]*)?")
_LEAST_BROKEN = 6
# What a child's pseudonym begins with.
CHILD = "V-"


Marked = list[tuple[int, Word, tuple[tuple[int, Part], ...], int]]


class Names:
    """The names of one case's people, made ready for many texts."""

    def __init__(self, people: Sequence[KnownPerson]) -> None:
        self._pseudonyms = tuple(person.pseudonym for person in people)
        self._children = frozenset(
            at for at, pseudonym in enumerate(self._pseudonyms) if pseudonym.startswith(CHILD)
        )
        found: defaultdict[str, dict[tuple[int, Part], None]] = defaultdict(dict)
        whole: set[str] = set()
        for index, person in enumerate(people):
            for word, part in parts_of(person):
                found[word].setdefault((index, part))
                if part in (Part.GIVEN, Part.FAMILY, Part.OTHER):
                    whole.add(word)
            for word, part in further_parts_of(person):
                found[word].setdefault((index, part))
        # Of somebody without a last name on record, another last name may be theirs.
        self._surnamed = {
            index for uses in found.values() for index, part in uses if part == Part.FAMILY
        }
        clipped = {
            word: index for index, person in enumerate(people) for word in clipped_of(person)
        }
        self._clipped = clipped.keys() - found.keys()
        for word in self._clipped:
            found[word].setdefault((clipped[word], Part.GIVEN))
        self._uses = {word: tuple(found[word]) for word in found}
        self._slips = Slips(whole)
        self._said = tuple(
            tuple(
                word
                for word, uses in found.items()
                if (index, Part.GIVEN) in uses or (index, Part.FAMILY) in uses
            )
            for index in range(len(people))
        )
        self._broken = frozenset(word for word in whole if len(word) >= _LEAST_BROKEN)

    def __bool__(self) -> bool:
        return bool(self._uses)

    def handles(self) -> Handles:
        """The same names, as they stand in what isn't a word."""
        said = {
            word: frozenset(person for person, part in uses if part <= Part.OTHER)
            for word, uses in self._uses.items()
            if word not in self._clipped
        }
        return Handles(self._pseudonyms, {word: people for word, people in said.items() if people})

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
            if word.plain in known or word.plain not in COMMON or self._is_family(word)
            for uses, end in (self._looked_up(word),)
            if uses
        ]
        if self._broken:
            marked = self._with_broken(marked, words, text)
        marked = self._with_neighbors(marked, words, text)
        if not marked:
            return
        context = Context(text, words, known)
        spots = [
            Spot(
                at,
                word,
                end,
                self._weighed(uses, context, at),
                dotted=text[end : end + 1] == ".",
                hyphened=text[word.start - 1 : word.start] == "-",
                meant=not self._is_known(word),
            )
            for at, word, uses, end in marked
        ]
        in_company(spots, text)
        for run in runs(with_middle_initials(spots), text):
            yield from self._resolved(run, context)

    def _with_neighbors(self, marked: Marked, words: list[Word], text: str) -> Marked:
        """And a slip beside another part of the same name, however short: "Drw Parker"."""
        seen = {at for at, *_ in marked}
        added: Marked = []
        for at, word, uses, end in marked:
            for beside in (at - 1, at + 1):
                if beside in seen or not 0 <= beside < len(words) or not words[beside].is_capital:
                    continue
                other = words[beside]
                gap = text[end : other.start] if beside > at else text[other.end : word.start]
                if gap == " " and (meant := self._meant_beside(other, uses)):
                    added.append((beside, other, self._uses[meant], other.end))
                    seen.add(beside)
        return sorted([*marked, *added], key=lambda one: one[0])

    def _meant_beside(self, word: Word, uses: tuple[tuple[int, Part], ...]) -> str:
        """The part of the same person's name that the word is one letter from."""
        if len(word.plain) <= INITIALS or word.plain in OFFICIAL | TITLES:
            return ""
        people = {person for person, part in uses if part in (Part.GIVEN, Part.FAMILY)}
        others = (name for person in people for name in self._said[person])
        return next((name for name in others if one_apart(word.plain, name)), "")

    def _is_known(self, word: Word) -> bool:
        """Written as it is, but for an ending; else it is a slip."""
        return any(word.plain.removesuffix(end) in self._uses for end in ("", "s", "es", "z"))

    def _is_family(self, word: Word) -> bool:
        """A common word that is a family in the plural: "the Cooks"."""
        return word.is_capital and word.plain.removesuffix("s") in self._uses

    def _with_broken(self, marked: Marked, words: list[Word], text: str) -> Marked:
        """And what is one name in two words, as "Mc Kinney", "De Shawn", "Whit-" and "field"."""
        seen = {at for at, *_ in marked}
        halves = []
        for at, (one, other) in enumerate(pairwise(words)):
            whole = one.plain + other.plain
            if whole not in self._broken or not one.is_capital or {at, at + 1} <= seen:
                continue
            if _BROKEN.fullmatch(text[one.end : other.start]):
                halves += [
                    (spot, word, self._uses[whole], word.end)
                    for spot, word in ((at, one), (at + 1, other))
                ]
        kept = {spot for spot, *_ in halves}
        return sorted(
            [*halves, *(one for one in marked if one[0] not in kept)], key=lambda one: one[0]
        )

    def _may_name(self, text: str) -> bool:
        """A quick look, case and place aside; most texts name nobody."""
        seen = set(WORD.findall(text.lower()))
        if not self._uses.keys().isdisjoint(seen):
            return True
        rare = (Word(0, 0, word.title(), plain(word)) for word in seen - COMMON)
        if any(self._looked_up(word)[0] for word in rare):
            return True
        words = WORD.findall(text.lower())
        return any(one + other in self._broken for one, other in pairwise(words))

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
            if text.endswith(glued) and len(text) > len(glued) + self._least_before(word):
                known = self._uses.get(text.removesuffix(glued))
                if known:
                    return known, end
        meant = self._slips.meant(word, text)
        return (self._uses[meant], end) if meant else ((), end)

    def _least_before(self, word: Word) -> int:
        """How long a name at least is before an "s"; "the Lis" are a family, "has" is nobody."""
        return INITIALS - (word.is_capital and word.plain not in LITTLE)

    def _weighed(
        self, uses: tuple[tuple[int, Part], ...], context: Context, at: int
    ) -> tuple[Use, ...]:
        alone: dict[bool, bool] = {}
        weighed = []
        for person, part in uses:
            strong = False
            if part == Part.INITIALS:
                strong = context.are_initials(at)
            elif part in ALONE:
                given = part == Part.GIVEN
                if given not in alone:
                    alone[given] = is_said_as_a_name(context, at, given=given)
                strong = alone[given] and not (given and context.is_a_thing(at))
                word = context.words[at]
                strong = strong and (word.is_capital or word.plain not in self._clipped)
            weighed.append(Use(person, part, strong))
        return tuple(weighed)

    def _resolved(self, run: list[Spot], context: Context) -> Iterator[Mention]:
        person = owner(run, self._children)
        parts = [(spot, spot.part_of(person)) for spot in run]
        if not names_somebody(parts, context):
            return
        parts = trimmed(parts)
        first = parts[0][0]
        lone = len(parts) == 1 and parts[0][1].part == Part.FAMILY
        official = lone and context.before(first.at) in OFFICIAL
        if self._is_anothers(person, parts, context):
            return
        if first.meant and context.before(first.at) in OFFICIAL:
            return
        end = end_of(parts, context.text)
        yield Mention(first.start, end, "" if official else self._pseudonyms[person])

    def _is_anothers(self, person: int, parts: Parts, context: Context) -> bool:
        """Whether a part of a name stands beside another one that is nobody's here."""
        kinds = {use.part for _, use in parts}
        if kinds <= {Part.GIVEN, Part.FIRST_LETTER}:
            at = parts[0][0].at, parts[-1][0].at
            return person in self._surnamed and context.names_another(*at)
        return kinds == {Part.FAMILY} and context.is_anothers(parts[0][0].at)
