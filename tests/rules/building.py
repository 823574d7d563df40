"""How do the tests of the rules say what happened on an invented case, in few words?"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cases.enums import (
    AnswerStatus,
    CaseState,
    Channel,
    ClockKind,
    OffenseClass,
    ResponseKind,
    ReviewDecision,
    ReviewSubject,
)
from cases.policy_default import default_policy
from cases.rules.calendar import Calendar
from cases.rules.clocks import Clock, clocks, overdue
from cases.rules.facts import (
    AnswerFact,
    AssignmentFact,
    CaseFacts,
    ResponseFact,
    ReviewFact,
    StateFact,
)
from cases.rules.flags import Finding, findings
from cases.rules.policy import Circumstances

TABLES = Path(__file__).parent / "tables"
POLICY = default_policy()
CHICAGO = ZoneInfo("America/Chicago")
NEW_YEAR = date(2026, 1, 1)
CALENDAR = Calendar(CHICAGO, frozenset({NEW_YEAR}))

# A Monday, 09:00 in Chicago.
T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_AGO = T0 - 400 * DAY

LONG_ENOUGH = 400


def table(name: str) -> list[dict[str, str]]:
    with (TABLES / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def span(text: str) -> timedelta:
    """ "3 h", "10 d" or "" as a length of time."""
    if not text:
        return timedelta()
    amount, unit = text.split()
    return int(amount) * {"min": timedelta(minutes=1), "h": HOUR, "d": DAY}[unit]


def case(**changes: Any) -> CaseFacts:
    """A molestation reported by a parent at a station desk at T0."""
    facts = CaseFacts(
        key="case",
        received_at=T0,
        entered_at=T0,
        channel=Channel.WALK_IN,
        offense_class=OffenseClass.MOLESTATION,
    )
    return replace(facts, **changes)


def response(
    kind: ResponseKind | str, at: datetime, *, entered_at: datetime | None = None, **changes: Any
) -> ResponseFact:
    """Written down as it happened, unless it says otherwise."""
    entered_at = entered_at or at
    key = changes.pop("key", f"{kind}@{at.isoformat()}")
    changes.setdefault("narrative_length", LONG_ENOUGH)
    return ResponseFact(key, ResponseKind(kind), at, entered_at, **changes)


def report(at: datetime, **changes: Any) -> ResponseFact:
    return response(ResponseKind.INITIAL_REPORT, at, **changes)


def supplement(at: datetime, **changes: Any) -> ResponseFact:
    return response(ResponseKind.SUPPLEMENT, at, **changes)


def review(at: datetime, response_key: str | None = None, **changes: Any) -> ReviewFact:
    fact = ReviewFact(
        f"review@{at.isoformat()}",
        ReviewSubject.REPORT,
        response_key,
        ReviewDecision.APPROVED,
        at,
        at,
        "sergeant",
    )
    return replace(fact, **changes)


def signature_of(at: datetime, **changes: Any) -> ReviewFact:
    return review(at, subject=ReviewSubject.CLOSURE, **changes)


def assignment(at: datetime, officer: str = "detective", **changes: Any) -> AssignmentFact:
    changes.setdefault("entered_at", at)
    key = changes.pop("key", f"to {officer}")
    return AssignmentFact(key=key, officer_key=officer, assigned_at=at, **changes)


def state(kind: CaseState, at: datetime, **changes: Any) -> StateFact:
    changes.setdefault("entered_at", at)
    disposition = changes.pop("disposition", "unfounded" if kind == CaseState.CLOSED else "")
    changes.setdefault("officer_key", "detective")
    return StateFact(kind, disposition, at, **changes)


def closed(at: datetime, **changes: Any) -> StateFact:
    return state(CaseState.CLOSED, at, **changes)


def reopened(at: datetime) -> StateFact:
    return state(CaseState.REOPENED, at)


def running(facts: CaseFacts, now: datetime) -> tuple[Clock, ...]:
    return clocks(facts.known_at(now), POLICY, CALENDAR)


def clock_of(
    facts: CaseFacts, kind: ClockKind, key: str = "", now: datetime | None = None
) -> Clock:
    """The one clock of that kind and key; fails when there is none."""
    found = [
        clock
        for clock in running(facts, now or T0 + 3650 * DAY)
        if (clock.kind, clock.key) == (kind, key)
    ]
    assert len(found) == 1, f"{len(found)} clocks {kind} {key!r}"
    return found[0]


def kinds_of(found: Iterable[Clock]) -> set[ClockKind]:
    return {clock.kind for clock in found}


def late(facts: CaseFacts, now: datetime) -> set[tuple[str, str]]:
    """Kind and key of every overdue clock."""
    return {(clock.kind.value, clock.key) for clock in running(facts, now) if overdue(clock, now)}


def names(found: Sequence[Finding]) -> set[tuple[str, str, str]]:
    return {(item.kind.value, item.clock_kind, item.clock_key) for item in found}


def found_at(facts: CaseFacts, now: datetime) -> set[tuple[str, str, str]]:
    return names(findings(facts, POLICY, CALENDAR, now))


def flag_kinds(facts: CaseFacts, now: datetime) -> set[str]:
    return {kind for kind, _, _ in found_at(facts, now)}


def complete_answers(facts: CaseFacts) -> dict[str, AnswerFact]:
    """An answer to everything that a report on such a case must say."""
    circumstances = Circumstances(
        facts.channel, facts.offense_class, facts.serious_injury, facts.child_witness
    )
    answered = AnswerFact(AnswerStatus.ANSWERED, has_content=True)
    return {element.code: answered for element in POLICY.elements_for(circumstances)}
