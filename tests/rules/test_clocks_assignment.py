"""Does somebody who is there have the case?"""

from dataclasses import replace
from datetime import datetime

import pytest

from cases.enums import (
    ClockKind,
)
from tests.rules.building import (
    DAY,
    HOUR,
    SECOND,
    T0,
    assignment,
    case,
    clock_of,
    late,
    running,
)


def test_a_case_is_assigned_within_a_business_day() -> None:
    # T0 is a Monday, 09:00.
    facts = case()

    assert ("assignment", "") not in late(facts, T0 + DAY)
    assert ("assignment", "") in late(facts, T0 + DAY + SECOND)


def test_assigning_meets_the_clock() -> None:
    facts = case(assignments=(assignment(T0 + HOUR),))

    assert clock_of(facts, ClockKind.ASSIGNMENT).met_at == T0 + HOUR
    assert not {name for name in late(facts, T0 + 99 * DAY) if name[0] == "assignment"}


@pytest.mark.parametrize(
    ("active_to", "is_met"),
    [(T0 + HOUR - SECOND, False), (T0 + HOUR, False), (T0 + HOUR + SECOND, True)],
)
def test_only_an_active_detective_meets_it(active_to: datetime, *, is_met: bool) -> None:
    facts = case(assignments=(assignment(T0 + HOUR, officer_active_to=active_to),))

    assert (clock_of(facts, ClockKind.ASSIGNMENT).met_at is not None) is is_met


def test_a_detective_who_starts_later_has_the_case_from_then() -> None:
    starts = T0 + 3 * DAY
    facts = case(assignments=(assignment(T0 + HOUR, officer_active_from=starts),))

    assert ("assignment", "") in late(facts, starts - SECOND)
    assert ("assignment", "") not in late(facts, starts)


def test_a_departure_orphans_the_case_at_once() -> None:
    leaves = T0 + 30 * DAY
    facts = case(assignments=(assignment(T0, officer_active_to=leaves),))

    assert ("assignment", "to detective") not in late(facts, leaves)
    assert ("assignment", "to detective") in late(facts, leaves + SECOND)


def test_a_hand_over_ends_the_orphaning() -> None:
    leaves = T0 + 30 * DAY
    facts = case(
        assignments=(
            assignment(T0, officer_active_to=leaves),
            assignment(leaves + DAY, "successor", reassignment=True),
        )
    )

    assert ("assignment", "to detective") in late(facts, leaves + DAY - SECOND)
    assert ("assignment", "to detective") not in late(facts, leaves + DAY)
    assert clock_of(facts, ClockKind.ASSIGNMENT, "to detective").met_at == leaves + DAY


def test_a_hand_over_before_the_departure_leaves_no_gap() -> None:
    leaves = T0 + 30 * DAY
    facts = case(
        assignments=(
            assignment(T0, officer_active_to=leaves, ended_at=leaves - DAY),
            assignment(leaves - DAY, "successor", reassignment=True),
        )
    )

    keys = [item.key for item in running(facts, leaves + DAY) if item.kind == ClockKind.ASSIGNMENT]

    assert keys == [""]


def test_a_new_detective_who_will_leave_still_has_to_acknowledge() -> None:
    leaves = T0 + 30 * DAY
    facts = case(assignments=(assignment(T0, reassignment=True, officer_active_to=leaves),))

    assert ("reassignment_acknowledged", "to detective") in late(facts, T0 + 4 * DAY)


def test_a_hand_over_to_somebody_who_has_left_orphans_the_case_at_once() -> None:
    handed = T0 + 10 * DAY
    facts = case(
        assignments=(
            assignment(T0),
            assignment(handed, "gone", officer_active_to=handed - DAY, reassignment=True),
        )
    )

    assert ("assignment", "to detective") not in late(facts, handed)
    assert ("assignment", "to detective") in late(facts, handed + SECOND)


def test_a_case_taken_away_is_assigned_again_within_a_business_day() -> None:
    facts = case(assignments=(assignment(T0, ended_at=T0 + DAY),))

    assert ("assignment", "to detective") not in late(facts, T0 + 2 * DAY)
    assert ("assignment", "to detective") in late(facts, T0 + 2 * DAY + SECOND)


def test_a_new_detective_acknowledges_within_three_business_days() -> None:
    # Handed over on a Monday, due on Thursday.
    facts = case(assignments=(assignment(T0, reassignment=True),))

    assert ("reassignment_acknowledged", "to detective") not in late(facts, T0 + 3 * DAY)
    assert ("reassignment_acknowledged", "to detective") in late(facts, T0 + 3 * DAY + SECOND)


def test_acknowledging_meets_it() -> None:
    facts = case(assignments=(assignment(T0, reassignment=True, acknowledged_at=T0 + DAY),))

    clock = clock_of(facts, ClockKind.REASSIGNMENT_ACKNOWLEDGED, "to detective")

    assert clock.met_at == T0 + DAY


def test_handing_the_case_on_stops_it() -> None:
    facts = case(
        assignments=(
            assignment(T0, reassignment=True),
            assignment(T0 + DAY, "successor", reassignment=True),
        )
    )

    clock = clock_of(facts, ClockKind.REASSIGNMENT_ACKNOWLEDGED, "to detective")

    assert clock.stopped_at == T0 + DAY


def test_the_first_assignment_needs_no_acknowledgement() -> None:
    facts = case(assignments=(assignment(T0),))

    assert ClockKind.REASSIGNMENT_ACKNOWLEDGED not in {item.kind for item in running(facts, T0)}


def test_a_reassignment_does_not_restart_the_other_clocks() -> None:
    before = case(assignments=(assignment(T0),))
    after = replace(
        before, assignments=(*before.assignments, assignment(T0 + DAY, "new", reassignment=True))
    )
    untouched = {clock for clock in running(before, T0) if clock.kind != ClockKind.ASSIGNMENT}

    assert untouched <= set(running(after, T0 + 2 * DAY))
