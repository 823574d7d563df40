"""What holds for every history a case can have?"""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.enums import ENDED_STATES, ClockKind
from cases.rules.clocks import clocks, endings, overdue
from cases.rules.facts import CaseFacts
from cases.rules.flags import fact_findings, findings
from cases.rules.timeline import Raised, timeline
from tests.rules.building import (
    CALENDAR,
    DAY,
    POLICY,
    SECOND,
    T0,
    case,
    closed,
    names,
    reopened,
    response,
)
from tests.rules.histories import UNTIL, histories, moments

INSTANT = timedelta.resolution
fast = settings(max_examples=40, deadline=None)


def walk(facts: CaseFacts, until: datetime = UNTIL) -> tuple[Raised, ...]:
    return timeline(facts, POLICY, CALENDAR, until)


def standing(raised: tuple[Raised, ...], now: datetime) -> set[tuple[str, str, str]]:
    return names([item.finding for item in raised if item.stands_at(now)])


def telling_moments(facts: CaseFacts, raised: tuple[Raised, ...]) -> list[datetime]:
    """Every moment at which something changes, and the instants around it."""
    changes = {*facts.instants(), *(item.raised_at for item in raised)}
    around = {at + step for at in changes for step in (-INSTANT, timedelta(), INSTANT)}
    return sorted(at for at in around if at <= UNTIL)


@given(histories())
@fast
def test_the_timeline_agrees_with_the_findings_at_every_telling_moment(facts: CaseFacts) -> None:
    raised = walk(facts)

    for now in telling_moments(facts, raised):
        assert standing(raised, now) == names(findings(facts, POLICY, CALENDAR, now))


@given(histories(), st.lists(moments, max_size=10))
@fast
def test_the_timeline_agrees_with_the_findings_at_any_moment(
    facts: CaseFacts, sampled: list[datetime]
) -> None:
    raised = walk(facts)

    for now in sampled:
        assert standing(raised, now) == names(findings(facts, POLICY, CALENDAR, now))


@given(histories(), moments)
@fast
def test_a_longer_walk_tells_the_same_beginning(facts: CaseFacts, until: datetime) -> None:
    whole = walk(facts)
    beginning = {(item.finding.name, item.raised_at) for item in whole if item.raised_at <= until}

    assert {(item.finding.name, item.raised_at) for item in walk(facts, until)} == beginning


@given(histories())
@fast
def test_a_flag_stands_once_at_a_time_and_never_before_its_breach(facts: CaseFacts) -> None:
    last_over: dict[tuple[str, str, str], datetime] = {}
    for item in walk(facts):
        name = item.finding.name
        assert item.finding.since <= item.raised_at
        assert name not in last_over or last_over[name] <= item.raised_at
        assert item.resolved_at is None or item.resolved_at > item.raised_at
        last_over[name] = item.resolved_at or UNTIL + DAY


@given(histories(), moments)
@fast
def test_what_is_known_stays_known(facts: CaseFacts, now: datetime) -> None:
    known = facts.known_at(now)

    assert known.known_at(now) == known
    assert facts.known_at(now + DAY).known_at(now) == known
    assert facts.known_at(datetime.max.replace(tzinfo=T0.tzinfo)) == facts


@given(histories(), moments)
@fast
def test_nothing_known_was_entered_later(facts: CaseFacts, now: datetime) -> None:
    known = facts.known_at(now)

    assert all(fact.visible_at <= now for fact in known.all_facts())
    assert all(at <= now for fact in known.all_facts() for at in fact.later_instants())


@given(histories(), moments)
@fast
def test_between_two_instants_nothing_more_becomes_known(facts: CaseFacts, now: datetime) -> None:
    earlier = [instant for instant in facts.instants() if instant <= now]

    if earlier:
        assert facts.known_at(now) == facts.known_at(earlier[-1])


@given(histories(), moments, st.integers(0, 10**6))
@fast
def test_time_alone_never_resolves_a_finding(facts: CaseFacts, now: datetime, seconds: int) -> None:
    known = facts.known_at(now)
    late = {clock for clock in clocks(known, POLICY, CALENDAR) if overdue(clock, now)}

    later = now + seconds * SECOND

    assert late <= {clock for clock in clocks(known, POLICY, CALENDAR) if overdue(clock, later)}
    assert fact_findings(known, POLICY) == fact_findings(known.known_at(later), POLICY)


@given(histories(), moments)
@fast
def test_the_order_in_which_facts_are_loaded_does_not_matter(
    facts: CaseFacts, now: datetime
) -> None:
    backwards = replace(
        facts,
        states=facts.states[::-1],
        responses=facts.responses[::-1],
        assignments=facts.assignments[::-1],
        referrals=facts.referrals[::-1],
        evidence=facts.evidence[::-1],
        suspects=facts.suspects[::-1],
        reviews=facts.reviews[::-1],
    )

    assert names(findings(facts, POLICY, CALENDAR, now)) == names(
        findings(backwards, POLICY, CALENDAR, now)
    )


@given(histories())
@fast
def test_each_clock_has_one_kind_and_key(facts: CaseFacts) -> None:
    keys = [(clock.kind, clock.key) for clock in clocks(facts, POLICY, CALENDAR)]

    assert len(keys) == len(set(keys))


@given(histories())
@fast
def test_no_clock_is_due_before_it_starts(facts: CaseFacts) -> None:
    for clock in clocks(facts, POLICY, CALENDAR):
        assert clock.starts_at <= clock.due_at <= clock.breach_at


@given(histories())
@fast
def test_an_open_case_is_never_without_a_promise(facts: CaseFacts) -> None:
    """Somebody must have it, and something must happen on it, or it has ended."""
    periods = endings(facts)
    has_ended = bool(periods) and periods[-1].reopened_at is None
    found = {clock.kind: clock for clock in clocks(facts, POLICY, CALENDAR)}

    assert ClockKind.ASSIGNMENT in found
    assert found[ClockKind.NEXT_SUPPLEMENT].is_running is not has_ended


@given(histories())
@fast
def test_endings_alternate(facts: CaseFacts) -> None:
    periods = endings(facts)

    assert all(period.reopened_at is not None for period in periods[:-1])
    assert len(periods) <= sum(state.state in ENDED_STATES for state in facts.states)


def test_what_is_met_in_the_moment_it_would_be_late_is_never_flagged() -> None:
    seen = response("victim_seen", T0 + DAY, entered_at=T0 + DAY + INSTANT)
    seen_later = response("victim_seen", T0 + DAY, entered_at=T0 + DAY + 2 * INSTANT)

    def flagged(facts: CaseFacts) -> list[datetime]:
        return [item.raised_at for item in walk(facts) if item.finding.clock_kind == "victim_seen"]

    assert flagged(case(responses=(seen,))) == []
    assert flagged(case(responses=(seen_later,))) == [T0 + DAY + INSTANT]


def test_a_flag_that_returns_is_raised_twice() -> None:
    facts = case(states=(closed(T0 + 5 * DAY), reopened(T0 + 7 * DAY)))

    orphaned = [item for item in walk(facts) if item.finding.clock_kind == "assignment"]

    assert [(item.raised_at, item.resolved_at) for item in orphaned] == [
        (T0 + DAY + INSTANT, T0 + 5 * DAY),
        (T0 + 8 * DAY + INSTANT, None),
    ]
