"""Can a pattern take a text in so many ways that a short one keeps it busy for hours?

Read from the pattern's own tree. A repetition without an end inside another one is told apart by
what stands beside it: where some character must come that the inner one never takes, each round
ends in one place only. Where none must, the rounds can be cut anywhere, and a text that fails to
match at its end is tried in all of them.

And can a long run of the same characters make a search go through it once for each of them? Less
than an explosion, and on the longest text that a form takes still minutes.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# Characters of every kind that a class tells apart.
SAMPLE = [
    *map(chr, range(0x180)),
    "\u2010",
    "\u2019",
    "\u2028",
    "\u3000",
    "\u0416",
    "\u4e2d",
    "\u0660",
]
EVERY = frozenset(SAMPLE)
# So many rounds are as good as no end.
MANY = 64
REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT}
ALL_REPEATS = REPEATS | {op.POSSESSIVE_REPEAT}
# So many characters, begun at each of them, cost nothing yet.
LONG = 1000
AT_START = {op.AT_BEGINNING, op.AT_BEGINNING_STRING}
AT_WORD = {op.AT_BOUNDARY}
WORD = frozenset(one for one in SAMPLE if re.fullmatch(r"\w", one))
CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}
Item = tuple[Any, Any]


def explodes(pattern: str, flags: int = 0) -> bool:
    """Whether some text makes this pattern try more ways than the text has characters, squared."""
    return any(_ambiguous(body) for body in _endless(_tree(pattern, flags)))


def creeps(pattern: str, flags: int = 0) -> bool:
    """Whether a search that fails inside a long run begins again at each character of the run."""
    return _creeping(_tree(pattern, flags))


def _creeping(items: list[Item], kept_out: frozenset[str] = frozenset()) -> bool:
    """`kept_out`: what may not stand before the first character."""
    if not items:
        return False
    (kind, value), rest = items[0], items[1:]
    if kind is op.AT:
        return value not in AT_START and _creeping(rest, WORD if value in AT_WORD else kept_out)
    if kind is op.ASSERT_NOT and value[0] < 0:
        return _creeping(rest, _taken(list(value[1])))
    if kind is op.SUBPATTERN:
        return _creeping([*value[3], *rest], kept_out)
    if kind is op.BRANCH:
        return any(_creeping([*branch, *rest], kept_out) for branch in value[1])
    endless = kind in ALL_REPEATS and value[1] >= LONG
    return endless and not _is_optional(rest) and not _taken(list(value[2])) <= kept_out


def _is_optional(items: list[Item]) -> bool:
    """Whether nothing needs to come, so that a run that was gone through is a match."""
    return all(kind in ALL_REPEATS and value[0] == 0 for kind, value in items)


def _tree(pattern: str, flags: int) -> list[Item]:
    return list(parser.parse(pattern, flags & ~re.DEBUG))


def _endless(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The bodies of all repetitions without an end; what is atomic is never tried again."""
    for kind, value in items:
        if kind in REPEATS and value[1] >= MANY:
            yield list(value[2])
        for part in _parts(kind, value):
            yield from _endless(part)


def _parts(kind: Any, value: Any) -> list[list[Item]]:
    if kind in REPEATS:
        return [list(value[2])]
    if kind is op.SUBPATTERN:
        return [list(value[3])]
    if kind is op.BRANCH:
        return [list(branch) for branch in value[1]]
    if kind in {op.ASSERT, op.ASSERT_NOT}:
        return [list(value[1])]
    return []


def _ambiguous(body: list[Item]) -> bool:
    """Whether the rounds of this body can be cut in more than one place."""
    return any(
        all(_taken([item]) & inner for item in _owed(body)) for inner in _inner(body)
    ) or _overlapping(body)


def _inner(body: list[Item]) -> list[frozenset[str]]:
    return [_taken(inner) for inner in _endless(body)]


def _overlapping(body: list[Item]) -> bool:
    """Two branches that begin with the same character, one of them able to end where it likes."""
    for kind, value in body:
        if kind is op.BRANCH and len(body) == 1:
            taken = [_taken(list(branch)) for branch in value[1]]
            return any(
                one & other and len(list(value[1][at])) == 1 and any(_endless(value[1][at]))
                for at, one in enumerate(taken)
                for other in taken[at + 1 :]
            )
        if kind is op.SUBPATTERN and len(body) == 1:
            return _overlapping(list(value[3]))
    return False


def _owed(items: list[Item]) -> Iterator[Item]:
    """What must take a character in every round."""
    for kind, value in items:
        if kind is op.SUBPATTERN:
            yield from _owed(list(value[3]))
        elif kind in REPEATS:
            if value[0]:
                yield from _owed(list(value[2]))
        elif kind not in {op.AT, op.ASSERT, op.ASSERT_NOT}:
            yield kind, value


def _taken(items: Iterable[Item]) -> frozenset[str]:
    """Every character that may stand in a match."""
    found: set[str] = set()
    for kind, value in items:
        if kind in SINGLE:
            found |= SINGLE[kind](value)
        elif kind not in {op.ASSERT, op.ASSERT_NOT}:
            for part in (*_parts(kind, value), *_atomic(kind, value)):
                found |= _taken(part)
    return frozenset(found)


def _atomic(kind: Any, value: Any) -> list[list[Item]]:
    """What takes characters and is never tried again."""
    if kind is op.POSSESSIVE_REPEAT:
        return [list(value[2])]
    return [list(value)] if kind is op.ATOMIC_GROUP else []


def _both_cases(value: int) -> set[str]:
    return {chr(value), chr(value).swapcase()}


def _of_class(members: list[Item]) -> set[str]:
    found: set[str] = set()
    for kind, value in members:
        if kind is op.LITERAL:
            found |= _both_cases(value)
        elif kind is op.RANGE:
            inside = {one for one in SAMPLE if value[0] <= ord(one) <= value[1]}
            found |= inside | {one.swapcase() for one in inside}
        elif kind is op.CATEGORY:
            found |= {one for one in SAMPLE if re.fullmatch(CATEGORIES[value], one)}
    negated = any(kind is op.NEGATE for kind, _ in members)
    return set(EVERY) - found if negated else found


SINGLE: dict[Any, Callable[[Any], set[str]]] = {
    op.LITERAL: _both_cases,
    op.NOT_LITERAL: lambda value: set(EVERY) - {chr(value)},
    op.ANY: lambda _: set(EVERY),
    op.GROUPREF: lambda _: set(EVERY),
    op.GROUPREF_EXISTS: lambda _: set(EVERY),
    op.IN: _of_class,
}
