"""What do closing, reopening and a hold do to a promise?"""

from datetime import datetime

import pytest

from cases.enums import (
    CaseState,
    ClockKind,
    ResponseKind,
)
from cases.rules.facts import HoldFact
from tests.rules.building import (
    DAY,
    HOUR,
    SECOND,
    T0,
    assignment,
    case,
    clock_of,
    closed,
    late,
    reopened,
    response,
    running,
    state,
    supplement,
)


@pytest.mark.parametrize("ended", [CaseState.CLOSED, CaseState.INACTIVE])
def test_closing_stops_what_is_unmet(ended: CaseState) -> None:
    facts = case(states=(state(ended, T0 + 100 * DAY),))

    assert late(facts, T0 + 100 * DAY - SECOND)
    assert not late(facts, T0 + 100 * DAY)
    for clock in running(facts, T0 + 101 * DAY):
        assert clock.stopped_at == T0 + 100 * DAY


def test_closing_leaves_what_was_met() -> None:
    facts = case(
        responses=(response(ResponseKind.VICTIM_SEEN, T0 + HOUR),), states=(closed(T0 + DAY),)
    )
    clock = clock_of(facts, ClockKind.VICTIM_SEEN)

    assert (clock.met_at, clock.stopped_at) == (T0 + HOUR, None)


def test_reopening_starts_the_next_entry_anew() -> None:
    again = T0 + 200 * DAY
    facts = case(
        responses=(supplement(T0 + DAY),),
        assignments=(assignment(T0),),
        states=(closed(T0 + 2 * DAY), reopened(again)),
    )

    assert late(facts, again + 10 * DAY) == set()
    assert late(facts, again + 10 * DAY + SECOND) == {("next_supplement", "")}


def test_after_reopening_entries_count_again() -> None:
    again = T0 + 200 * DAY
    facts = case(
        responses=(supplement(T0 + DAY), supplement(again + DAY)),
        states=(closed(T0 + 2 * DAY), reopened(again)),
    )
    clock = clock_of(facts, ClockKind.NEXT_SUPPLEMENT)

    assert (clock.starts_at, clock.due_at) == (again + DAY, again + 15 * DAY)


def test_reopening_a_case_that_nobody_had_asks_for_an_assignment() -> None:
    again = T0 + 7 * DAY
    facts = case(states=(closed(T0 + HOUR), reopened(again)))

    assert ("assignment", "") not in late(facts, again + DAY)
    assert ("assignment", "") in late(facts, again + DAY + SECOND)


def test_reopening_a_case_whose_detective_left_orphans_it_at_once() -> None:
    again = T0 + 200 * DAY
    facts = case(
        assignments=(assignment(T0, officer_active_to=T0 + 50 * DAY),),
        states=(closed(T0 + 2 * DAY), reopened(again)),
    )

    assert ("assignment", "to detective") not in late(facts, again)
    assert ("assignment", "to detective") in late(facts, again + SECOND)


def test_a_case_closed_twice_is_closed() -> None:
    facts = case(states=(closed(T0 + DAY), reopened(T0 + 50 * DAY), closed(T0 + 60 * DAY)))

    assert not late(facts, T0 + 500 * DAY)


def hold(kind: ClockKind, start: datetime, end: datetime, key: str = "") -> HoldFact:
    return HoldFact(kind, key, start, end, start)


def test_a_hold_lasts_until_its_end() -> None:
    held = hold(ClockKind.CAREGIVER_CONTACT, T0 + DAY, T0 + 5 * DAY)
    facts = case(holds=(held,))

    assert ("caregiver_contact", "") not in late(facts, T0 + 5 * DAY)
    assert ("caregiver_contact", "") in late(facts, T0 + 5 * DAY + SECOND)
    assert ("victim_seen", "") in late(facts, T0 + 4 * DAY)


def test_a_hold_that_ends_before_the_clock_is_due_changes_nothing() -> None:
    held = hold(ClockKind.CAREGIVER_CONTACT, T0, T0 + HOUR)

    assert clock_of(case(holds=(held,)), ClockKind.CAREGIVER_CONTACT).breach_at == T0 + 48 * HOUR


def test_a_hold_is_not_in_force_before_it_starts() -> None:
    ahead = HoldFact(ClockKind.CAREGIVER_CONTACT, "", T0 + 4 * DAY, T0 + 6 * DAY, T0)
    facts = case(holds=(ahead,))

    assert ("caregiver_contact", "") in late(facts, T0 + 3 * DAY)
    assert ("caregiver_contact", "") not in late(facts, T0 + 4 * DAY)
    assert ("caregiver_contact", "") in late(facts, T0 + 6 * DAY + SECOND)
