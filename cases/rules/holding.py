"""Who had the case when, and could work on it? Not after they left, behind a wall, or shut out.

For that case an officer behind a wall is gone, as one who has left is; and there again once the
wall is lifted, if nobody else has the case by then. A closed account is a wall before all cases.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest

from cases.rules.facts import AssignmentFact, CaseFacts, WallFact

# What ends now ends just before the moment: due then, it is overdue now.
JUST_BEFORE = timedelta(microseconds=1)


def holdings(facts: CaseFacts) -> list[AssignmentFact]:
    """When each assignee could work on the case, in order: their assignments but behind walls."""
    held = in_order(facts.assignments)
    if not facts.walls:
        return held
    return [
        part
        for fact, successor in zip_longest(held, held[1:])
        for part in _beyond_walls(fact, ended_at(fact, successor), facts.walls)
    ]


def in_order(assignments: Iterable[AssignmentFact]) -> list[AssignmentFact]:
    """Of two made at the same moment, the one that has ended came first."""
    return sorted(
        assignments,
        key=lambda fact: (fact.effective_at, fact.entered_at, fact.ended_at is None, fact.key),
    )


def is_active(fact: AssignmentFact) -> bool:
    """Whether the officer was there to take the case."""
    gone_at = fact.officer_active_to
    return fact.left_open or gone_at is None or fact.effective_at < gone_at


def ended_at(fact: AssignmentFact, successor: AssignmentFact | None) -> datetime | None:
    """When the officer stopped having the case: it was taken away, handed on, or they left."""
    handed_on = None if successor is None else successor.effective_at
    ends = (fact.ended_at, handed_on, fact.officer_active_to)
    return min((at for at in ends if at is not None), default=None)


def _beyond_walls(
    fact: AssignmentFact, left_at: datetime | None, walls: Iterable[WallFact]
) -> Iterator[AssignmentFact]:
    """The stretches of an assignment in which no wall stood, in order, each as one of its own.

    `left_at`: when it ended for another reason. A stretch that a wall ended says so; one
    after a wall carries the key of that wall.
    """
    part = fact
    for wall in _in_the_way(fact, left_at, walls):
        yield replace(part, officer_active_to=wall.set_at, shut_out=wall.reason)
        if wall.lifted_at is None:
            return
        part = replace(
            fact, key=wall.key, assigned_at=wall.lifted_at, reassignment=False, shut_out=""
        )
    yield part


def _in_the_way(
    fact: AssignmentFact, left_at: datetime | None, walls: Iterable[WallFact]
) -> Sequence[WallFact]:
    """Walls before this officer that stood at some time while they had the case."""
    met = (
        wall
        for wall in walls
        if wall.officer_key == fact.officer_key
        and (left_at is None or wall.set_at < left_at)
        and (wall.lifted_at is None or wall.lifted_at > fact.effective_at)
    )
    return sorted(met, key=lambda wall: (wall.set_at, wall.key))
