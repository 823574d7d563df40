"""Has anybody a case whose detective stands behind a wall? Nobody, from that moment on."""

from datetime import datetime
from typing import Any

import pytest

from cases.enums import ClockKind, FlagKind
from cases.rules.facts import CaseFacts, WallFact
from cases.rules.flags import findings
from cases.rules.words import explanation
from tests.rules.building import (
    CALENDAR,
    DAY,
    HOUR,
    POLICY,
    SECOND,
    T0,
    assignment,
    case,
    clock_of,
    closed,
    late,
    reopened,
    running,
)

SET = T0 + 10 * DAY
THEIRS = ("assignment", "to detective")


def wall(at: datetime, officer: str = "detective", **changes: Any) -> WallFact:
    return WallFact(f"wall@{at.isoformat()}", officer, at, **changes)


def held(*walls: WallFact, **changes: Any) -> CaseFacts:
    return case(assignments=(assignment(T0, **changes),), walls=walls)


def orphaned(facts: CaseFacts, now: datetime) -> set[str]:
    """The keys of the clocks for which the case is orphaned then."""
    return {key for kind, key in late(facts, now) if kind == "assignment"}


def test_a_wall_before_the_detective_orphans_the_case_at_once() -> None:
    facts = held(wall(SET))

    assert THEIRS not in late(facts, SET)
    assert THEIRS in late(facts, SET + SECOND)


def test_a_wall_before_anybody_else_does_not() -> None:
    facts = held(wall(SET, "another"))

    assert not orphaned(facts, SET + 99 * DAY)


def test_a_wall_of_before_they_had_it_counts_too() -> None:
    facts = held(wall(T0 - DAY))

    assert clock_of(facts, ClockKind.ASSIGNMENT).met_at is None
    assert orphaned(facts, T0 + 3 * DAY) == {""}


@pytest.mark.parametrize(
    ("lifted_at", "met"), [(T0 - SECOND, T0), (T0, T0), (T0 + HOUR, T0 + HOUR)]
)
def test_one_that_was_lifted_by_then_only_so_long(lifted_at: datetime, met: datetime) -> None:
    facts = held(wall(T0 - DAY, lifted_at=lifted_at))

    assert clock_of(facts, ClockKind.ASSIGNMENT).met_at == met


def test_lifting_it_gives_them_the_case_back() -> None:
    facts = held(wall(SET, lifted_at=SET + DAY))

    assert orphaned(facts, SET + DAY - SECOND) == {"to detective"}
    assert not orphaned(facts, SET + DAY)
    assert clock_of(facts, ClockKind.ASSIGNMENT, "to detective").met_at == SET + DAY


def test_each_wall_before_the_same_detective_is_a_time_of_its_own() -> None:
    again = SET + 5 * DAY
    facts = held(wall(SET, lifted_at=SET + DAY), wall(again))

    assert orphaned(facts, again) == set()
    assert orphaned(facts, again + SECOND) == {wall(SET).key}
    found = running(facts, again + DAY)
    assert len({(one.kind, one.key) for one in found}) == len(found)


def test_two_walls_that_overlap_are_one_time() -> None:
    facts = held(wall(SET, lifted_at=SET + 2 * DAY), wall(SET + DAY, lifted_at=SET + 3 * DAY))

    for at, is_held in (
        (SET + SECOND, False),
        (SET + 3 * DAY - SECOND, False),
        (SET + 3 * DAY, True),
    ):
        assert bool(orphaned(facts, at)) is not is_held


def test_giving_it_to_somebody_else_ends_the_orphaning() -> None:
    given = SET + DAY
    first = assignment(T0, ended_at=given)
    facts = case(
        assignments=(first, assignment(given, "successor", reassignment=True)), walls=(wall(SET),)
    )

    assert orphaned(facts, given - SECOND) == {"to detective"}
    assert not orphaned(facts, given + 99 * DAY)


def test_a_wall_lifted_after_that_gives_nothing_back() -> None:
    given = SET + DAY
    facts = case(
        assignments=(
            assignment(T0, ended_at=given),
            assignment(given, "successor", officer_active_to=given + DAY),
        ),
        walls=(wall(SET, lifted_at=given + HOUR),),
    )

    assert orphaned(facts, given + DAY + SECOND) == {"to successor"}


def test_one_set_after_they_gave_it_away_is_nobodys_matter() -> None:
    facts = case(
        assignments=(assignment(T0, ended_at=SET), assignment(SET, "successor")),
        walls=(wall(SET),),
    )

    assert not orphaned(facts, SET + 99 * DAY)


def test_a_closed_case_is_orphaned_when_it_is_reopened() -> None:
    back = SET + 20 * DAY
    facts = case(
        assignments=(assignment(T0),),
        walls=(wall(SET),),
        states=(closed(SET - DAY), reopened(back)),
    )

    assert not orphaned(facts, back)
    assert orphaned(facts, back + SECOND) == {"to detective"}


def test_that_they_have_not_acknowledged_it_is_asked_as_before() -> None:
    facts = held(wall(T0 + DAY, lifted_at=T0 + 2 * DAY), reassignment=True)

    assert clock_of(facts, ClockKind.REASSIGNMENT_ACKNOWLEDGED, "to detective").starts_at == T0


def test_the_flag_says_that_it_was_a_wall() -> None:
    now = SET + 3 * HOUR

    found = findings(held(wall(SET)), POLICY, CALENDAR, now)

    (said,) = [one for one in found if one.kind == FlagKind.ORPHANED]
    assert said.since == SET
    assert explanation(said, now) == (
        "3 hours since a wall shut out whoever has it, and nobody else has the case"
    )
