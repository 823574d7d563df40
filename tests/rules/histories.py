"""Which histories can a case have? Strategies for hypothesis; everything in them is invented."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from cases.enums import (
    CaseState,
    Channel,
    ClockKind,
    OffenseClass,
    Priority,
    ResponseKind,
    ReviewDecision,
    ReviewSubject,
)
from cases.rules.facts import (
    CARRIES,
    AssignmentFact,
    CaseFacts,
    EvidenceFact,
    HoldFact,
    ReferralFact,
    ResponseFact,
    ReviewFact,
    StateFact,
    SuspectFact,
    WallFact,
)
from tests.rules.building import DAY, T0

_T = TypeVar("_T")

SPAN_DAYS = 90
UNTIL = T0 + SPAN_DAYS * DAY

moments = st.integers(-2 * 24 * 60, SPAN_DAYS * 24 * 60).map(
    lambda minutes: T0 + timedelta(minutes=minutes)
)
delays = st.one_of(
    st.just(timedelta()),
    st.integers(0, 600).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(0, 30).map(lambda days: timedelta(days=days)),
)


def _maybe(strategy: st.SearchStrategy[datetime]) -> st.SearchStrategy[datetime | None]:
    return st.none() | strategy


@st.composite
def responses(draw: st.DrawFn) -> ResponseFact:
    at, delay = draw(moments), draw(delays)
    copied_at = draw(_maybe(st.just(at + delay + DAY)))
    return ResponseFact(
        key="r",
        kind=draw(st.sampled_from(ResponseKind)),
        occurred_at=at,
        entered_at=at + delay,
        submitted=draw(st.booleans()),
        narrative_length=draw(st.sampled_from([0, 326, 900])),
        copied_at=copied_at,
        copied_similarity=None if copied_at is None else draw(st.sampled_from([0.5, 0.95])),
        suspect_key=draw(st.sampled_from([None, "s1", "s2"])),
    )


@st.composite
def reviews(draw: st.DrawFn) -> ReviewFact:
    at = draw(moments)
    return ReviewFact(
        key="v",
        subject=draw(st.sampled_from(ReviewSubject)),
        response_key=None,
        decision=draw(st.sampled_from(ReviewDecision)),
        occurred_at=at,
        entered_at=at + draw(delays),
        reviewer_key=draw(st.sampled_from(["sergeant", "o1"])),
    )


@st.composite
def assignments(draw: st.DrawFn) -> AssignmentFact:
    at = draw(moments)
    return AssignmentFact(
        key="a",
        officer_key=draw(st.sampled_from(["o1", "o2"])),
        assigned_at=at,
        entered_at=at + draw(delays),
        acknowledged_at=draw(_maybe(st.just(at + DAY))),
        ended_at=draw(_maybe(delays.map(lambda delay: at + DAY + delay))),
        officer_active_from=draw(_maybe(moments)),
        officer_active_to=draw(_maybe(moments)),
        reassignment=draw(st.booleans()),
    )


@st.composite
def states(draw: st.DrawFn) -> StateFact:
    at = draw(moments)
    return StateFact(
        state=draw(st.sampled_from(CaseState)),
        disposition="",
        occurred_at=at,
        entered_at=at + draw(delays),
        officer_key=draw(st.sampled_from([None, "o1"])),
        signed_by_key=draw(st.sampled_from([None, "o1", "sergeant"])),
        imported=draw(st.booleans()),
    )


@st.composite
def referrals(draw: st.DrawFn) -> ReferralFact:
    at = draw(moments)
    answered = draw(_maybe(delays.map(lambda delay: at + delay)))
    return ReferralFact(
        key="f",
        received_at=at,
        entered_at=at + draw(delays),
        acknowledged_at=answered,
        acknowledgement_entered_at=answered and answered + draw(delays),
        priority=draw(st.sampled_from(Priority)),
    )


@st.composite
def holds(draw: st.DrawFn) -> HoldFact:
    starts_at = draw(moments)
    return HoldFact(
        clock_kind=draw(st.sampled_from(ClockKind)),
        clock_key="",
        starts_at=starts_at,
        ends_at=starts_at + draw(delays),
        entered_at=draw(moments),
    )


@st.composite
def walls(draw: st.DrawFn) -> WallFact:
    set_at = draw(moments)
    lifted_at = draw(_maybe(delays.map(lambda delay: set_at + delay)))
    return WallFact("w", draw(st.sampled_from(["o1", "o2"])), set_at, lifted_at)


suspects = st.builds(
    SuspectFact, st.sampled_from(["s1", "s2"]), st.booleans(), moments, st.booleans()
)
evidence = st.builds(EvidenceFact, st.sampled_from(["e1", "e2"]), moments, _maybe(moments))


_Keyed = TypeVar("_Keyed", ResponseFact, ReviewFact, AssignmentFact, ReferralFact, WallFact)


def _few(items: st.SearchStrategy[_T], most: int) -> st.SearchStrategy[tuple[_T, ...]]:
    return st.lists(items, max_size=most).map(tuple)


def _keyed(items: st.SearchStrategy[_Keyed], most: int) -> st.SearchStrategy[tuple[_Keyed, ...]]:
    """The same, each with a key of its own."""
    return _few(items, most).map(
        lambda found: tuple(
            replace(item, key=f"{item.key}{index}") for index, item in enumerate(found)
        )
    )


@st.composite
def histories(draw: st.DrawFn) -> CaseFacts:
    return CaseFacts(
        key="case",
        received_at=T0,
        entered_at=T0 + draw(delays),
        channel=draw(st.sampled_from(Channel)),
        offense_class=draw(st.sampled_from(OffenseClass)),
        priority=draw(st.sampled_from(Priority)),
        serious_injury=draw(st.booleans()),
        imported=draw(st.booleans()),
        carries=draw(st.sets(st.sampled_from(sorted(CARRIES))).map(frozenset)),
        responses=draw(_keyed(responses(), 8)),
        reviews=draw(_keyed(reviews(), 3)),
        assignments=draw(_keyed(assignments(), 3)),
        referrals=draw(_keyed(referrals(), 2)),
        suspects=draw(_few(suspects, 2)),
        evidence=draw(_few(evidence, 2)),
        states=draw(_few(states(), 4)),
        holds=draw(_few(holds(), 2)),
        walls=draw(_keyed(walls(), 2)),
    )
