"""Is every promise due on time, and met, held or stopped by what should do so?"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cases.enums import (
    Channel,
    ClockKind,
    OffenseClass,
    Priority,
    ResponseKind,
)
from cases.rules.clocks import overdue
from cases.rules.facts import CaseFacts, ReferralFact
from tests.rules.building import (
    CHICAGO,
    DAY,
    HOUR,
    SECOND,
    T0,
    case,
    clock_of,
    late,
    response,
    running,
    span,
    table,
)

Row = dict[str, str]
CLOCKS = table("clocks.csv")
RUNNING = [row for row in CLOCKS if row["limit"] != "never"]


def describe(row: Row) -> str:
    return " ".join(value for value in row.values() if value)


def started(row: Row) -> tuple[CaseFacts, str]:
    """A case on which the row's clock runs from T0, and the clock's key."""
    facts = case(
        channel=Channel.SCENE,
        offense_class=OffenseClass(row["offense class"]),
        priority=Priority(row["priority"]),
        serious_injury=row["serious injury"] == "yes",
    )
    if row["starts"] == "received":
        return facts, ""
    start = response(row["starts"], T0)
    return replace(facts, received_at=T0 - HOUR, responses=(start,)), start.key


@pytest.mark.parametrize("row", RUNNING, ids=describe)
def test_a_clock_is_overdue_one_second_after_its_limit(row: Row) -> None:
    facts, key = started(row)
    due = T0 + span(row["limit"])
    name = (row["clock"], key)

    assert clock_of(facts, ClockKind(row["clock"]), key).due_at == due
    assert name not in late(facts, due - SECOND)
    assert name not in late(facts, due)
    assert name in late(facts, due + SECOND)


@pytest.mark.parametrize("row", RUNNING, ids=describe)
def test_a_clock_has_no_upper_age(row: Row) -> None:
    facts, key = started(row)

    assert (row["clock"], key) in late(facts, T0 + 730 * DAY)


@pytest.mark.parametrize("row", RUNNING, ids=describe)
def test_a_clock_is_met_by_what_meets_it(row: Row) -> None:
    facts, key = started(row)
    answer = response(row["met by"], T0 + SECOND)
    answered = replace(facts, responses=(*facts.responses, answer))

    assert clock_of(answered, ClockKind(row["clock"]), key).met_at == T0 + SECOND
    assert (row["clock"], key) not in late(answered, T0 + 730 * DAY)


@pytest.mark.parametrize("row", RUNNING, ids=describe)
def test_nobody_sees_what_was_not_written_down(row: Row) -> None:
    facts, key = started(row)
    due = T0 + span(row["limit"])
    answer = response(row["met by"], T0 + SECOND, entered_at=due + HOUR)
    answered = replace(facts, responses=(*facts.responses, answer))

    assert (row["clock"], key) in late(answered, due + HOUR - SECOND)
    assert (row["clock"], key) not in late(answered, due + HOUR)


@pytest.mark.parametrize("row", RUNNING, ids=describe)
def test_a_draft_meets_nothing(row: Row) -> None:
    facts, key = started(row)
    draft = response(row["met by"], T0 + SECOND, submitted=False)
    drafted = replace(facts, responses=(*facts.responses, draft))

    assert (row["clock"], key) in late(drafted, T0 + 730 * DAY)


@pytest.mark.parametrize("row", [row for row in CLOCKS if row["limit"] == "never"], ids=describe)
def test_a_clock_that_does_not_apply_does_not_run(row: Row) -> None:
    facts, _ = started(row)

    assert ClockKind(row["clock"]) not in {clock.kind for clock in running(facts, T0 + DAY)}


def test_a_child_seen_before_the_report_was_received_counts() -> None:
    facts = case(responses=(response(ResponseKind.VICTIM_SEEN, T0 - HOUR),))

    assert clock_of(facts, ClockKind.VICTIM_SEEN).met_at == T0 - HOUR


def test_a_late_answer_keeps_its_time() -> None:
    facts = case(responses=(response(ResponseKind.VICTIM_SEEN, T0 + 5 * DAY),))
    clock = clock_of(facts, ClockKind.VICTIM_SEEN)

    assert clock.met_at == T0 + 5 * DAY
    assert clock.met_at > clock.due_at
    assert not overdue(clock, T0 + 6 * DAY)


def test_an_interview_held_was_requested() -> None:
    facts = case(responses=(response(ResponseKind.FORENSIC_INTERVIEW_HELD, T0 + DAY),))

    assert clock_of(facts, ClockKind.FORENSIC_INTERVIEW_REQUESTED).met_at == T0 + DAY


def test_hours_are_real_hours_in_the_night_the_clocks_change() -> None:
    received = datetime(2026, 3, 8, 0, 30, tzinfo=CHICAGO)
    facts = case(received_at=received, entered_at=received)
    due = clock_of(facts, ClockKind.AGENCY_NOTIFIED).due_at

    assert due == datetime(2026, 3, 8, 5, 30, tzinfo=CHICAGO)
    assert due - received.astimezone(UTC) == 4 * HOUR


def test_a_case_without_priority_takes_the_most_urgent_of_the_referrals_that_made_it() -> None:
    referrals = (
        ReferralFact("slow", T0, T0, priority=Priority.THREE),
        ReferralFact("urgent", T0, T0, priority=Priority.ONE),
    )

    assert clock_of(case(referrals=referrals), ClockKind.VICTIM_SEEN).due_at == T0 + 3 * HOUR


def test_a_referral_that_joins_later_does_not_loosen_the_clock() -> None:
    joined = ReferralFact("later", T0 + HOUR, T0 + HOUR, priority=Priority.THREE)

    assert clock_of(case(referrals=(joined,)), ClockKind.VICTIM_SEEN).due_at == T0 + 24 * HOUR
