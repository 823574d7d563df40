"""What is wrong with a case or an officer's load, since when, and in which words?

A finding's reasons hold codes and plain values (JSON-safe), never words: `sentence` puts them into
words at the moment somebody reads, so that "41 days since" is true then.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from types import MappingProxyType

from cases.enums import (
    ENDED_STATES,
    ClockKind,
    FlagKind,
    ResponseKind,
    ReviewDecision,
    ReviewSubject,
    Step,
)
from cases.rules.calendar import Calendar
from cases.rules.clocks import Clock, clocks, current_state, overdue, submitted_reports
from cases.rules.documentation import completeness, narrative_is_thin
from cases.rules.facts import CaseFacts, OfficerFacts, ResponseFact, StateFact
from cases.rules.holding import holdings
from cases.rules.policy import Policy
from cases.rules.reveals import excesses

Param = str | int | float

_OWN_FLAG = {
    ClockKind.ASSIGNMENT: FlagKind.ORPHANED,
    ClockKind.REFERRAL_ACKNOWLEDGED: FlagKind.REFERRAL_UNANSWERED,
}

# What a clock past due raises. `flag_acknowledged` raises nothing: its flag climbs a step.
CLOCK_FLAGS: Mapping[ClockKind, FlagKind] = MappingProxyType(
    {
        kind: _OWN_FLAG.get(kind, FlagKind.STALLED)
        for kind in ClockKind
        if kind != ClockKind.FLAG_ACKNOWLEDGED
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a flag stands: a code that `sentence` knows, and the values it puts into words."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a supervisor must see. Flag kind, clock kind and key name it within its case."""

    kind: FlagKind
    clock_kind: str
    clock_key: str
    since: datetime
    severity: int
    reasons: tuple[Reason, ...]

    @property
    def name(self) -> tuple[FlagKind, str, str]:
        """What tells it apart from the case's other findings: one open flag for each."""
        return (self.kind, self.clock_kind, self.clock_key)


def findings(
    facts: CaseFacts, policy: Policy, calendar: Calendar, now: datetime
) -> tuple[Finding, ...]:
    """Everything wrong with the case at `now`, by what had been entered by then."""
    if now < facts.entered_at:
        return ()
    known = facts.known_at(now)
    late = (clock for clock in clocks(known, policy, calendar) if overdue(clock, now))
    by_clock = (clock_finding(clock, known, policy) for clock in late)
    return (*by_clock, *fact_findings(known, policy))


def clock_finding(clock: Clock, facts: CaseFacts, policy: Policy) -> Finding:
    """The finding that the clock stands for once it is overdue."""
    return Finding(
        CLOCK_FLAGS[clock.kind],
        clock.kind.value,
        clock.key,
        clock.breach_at,
        policy.clocks[clock.kind].severity,
        clock_reasons(clock, facts),
    )


def clock_reasons(clock: Clock, facts: CaseFacts) -> tuple[Reason, ...]:
    """Why the clock is overdue; for a case at rest also that nobody has been interviewed."""
    if clock.kind == ClockKind.ASSIGNMENT and (why := _shut_out(clock, facts)):
        return (Reason(why, {"since": clock.starts_at.isoformat()}),)
    late = overdue_reason(clock.kind, clock.starts_at, clock.due_at)
    if clock.kind != ClockKind.NEXT_SUPPLEMENT or _anybody_interviewed(facts):
        return (late,)
    return (late, Reason("no_interview"))


def _shut_out(clock: Clock, facts: CaseFacts) -> str:
    """Why whoever has the case can't come to it, if it runs because of that."""
    return next((part.shut_out for part in holdings(facts) if part.key == clock.key), "")


def overdue_reason(kind: ClockKind, starts_at: datetime, due_at: datetime) -> Reason:
    """The reason that a clock row alone gives."""
    params: dict[str, Param] = {
        "clock": kind.value,
        "starts_at": starts_at.isoformat(),
        "due_at": due_at.isoformat(),
    }
    return Reason("overdue", params)


def _anybody_interviewed(facts: CaseFacts) -> bool:
    interviews = (ResponseKind.SUSPECT_INTERVIEW, ResponseKind.FORENSIC_INTERVIEW_HELD)
    return any(item.kind in interviews and item.submitted for item in facts.responses)


def fact_findings(facts: CaseFacts, policy: Policy) -> tuple[Finding, ...]:
    """What is wrong with the case by its facts alone, whatever the time."""
    report = next(reversed(submitted_reports(facts.responses)), None)
    return tuple(
        chain(
            _under_documented(report, facts, policy),
            _copied_narrative(report, facts, policy),
            _closed_incomplete(facts, policy),
            _backfilled(facts, policy),
        )
    )


def _finding(
    kind: FlagKind, since: datetime, severity: int, reasons: tuple[Reason, ...]
) -> Finding:
    return Finding(kind, "", "", since, severity, reasons)


def _under_documented(
    report: ResponseFact | None, facts: CaseFacts, policy: Policy
) -> Iterator[Finding]:
    """Judges the version of the initial report that stands."""
    if report is None:
        return
    reasons = (*_thin(report, policy), *_left_out(report, facts, policy))
    if reasons:
        severity = policy.under_documented.severity
        yield _finding(FlagKind.UNDER_DOCUMENTED, report.entered_at, severity, reasons)


def _thin(report: ResponseFact, policy: Policy) -> Iterator[Reason]:
    if narrative_is_thin(report.narrative_length, policy):
        least = policy.under_documented.narrative_characters
        yield Reason("thin", {"length": report.narrative_length, "least": least})


def _left_out(report: ResponseFact, facts: CaseFacts, policy: Policy) -> Iterator[Reason]:
    """Missing elements, unless the report was imported and has no answers to judge."""
    if report.answers is None:
        return
    result = completeness(
        facts.channel,
        facts.offense_class,
        facts.serious_injury,
        facts.child_witness,
        report.answers,
        policy,
    )
    rule = policy.under_documented
    critical = rule.any_critical_element and result.critical_missing
    if critical or len(result.missing) >= rule.missing_elements:
        labels = "; ".join(item.label for item in (result.critical_missing or result.missing)[:3])
        params: dict[str, Param] = {
            "missing": len(result.missing),
            "required": result.required,
            "labels": labels,
        }
        yield Reason("left_out", params)


def _copied_narrative(
    report: ResponseFact | None, facts: CaseFacts, policy: Policy
) -> Iterator[Finding]:
    """Judges submitted entries, of the initial report only the version that stands."""
    copies = [
        item
        for item in facts.responses
        if item.copied_at is not None
        and (item is report or item.kind is not ResponseKind.INITIAL_REPORT)
        and _is_copy(item, policy)
    ]
    if not copies:
        return
    closest = max(copies, key=lambda item: item.copied_similarity or 0)
    since = min(item.copied_at for item in copies if item.copied_at is not None)
    percent = int(100 * (closest.copied_similarity or 0))
    severity = policy.copied_narrative.severity
    yield _finding(
        FlagKind.COPIED_NARRATIVE, since, severity, (Reason("copied", {"percent": percent}),)
    )


def _is_copy(item: ResponseFact, policy: Policy) -> bool:
    rule = policy.copied_narrative
    return (
        item.submitted
        and item.kind in rule.kinds
        and item.narrative_length >= rule.narrative_characters
        and (item.copied_similarity or 0) >= rule.similarity
    )


def _closed_incomplete(facts: CaseFacts, policy: Policy) -> Iterator[Finding]:
    closing = current_closing(facts)
    if closing is None:
        return
    reasons = tuple(
        chain(
            _suspects_open(facts, closing),
            _evidence_open(facts, closing),
            _unsigned(facts, closing, policy),
        )
    )
    if reasons:
        severity = policy.closed_incomplete.severity
        yield _finding(FlagKind.CLOSED_INCOMPLETE, closing.entered_at, severity, reasons)


def current_closing(facts: CaseFacts) -> StateFact | None:
    """The closing that holds now, None for a case that is open."""
    last = current_state(facts)
    return last if last is not None and last.state in ENDED_STATES else None


def _is_judged(what: str, facts: CaseFacts, closing: StateFact) -> bool:
    """An imported closing is judged only on what the import carries."""
    return not closing.imported or what in facts.carries


def _suspects_open(facts: CaseFacts, closing: StateFact) -> Iterator[Reason]:
    if _is_judged("suspects", facts, closing) and _is_judged("responses", facts, closing):
        count = len(suspects_not_interviewed(facts))
        if count:
            yield Reason("suspect_not_interviewed", {"count": count})


def suspects_not_interviewed(facts: CaseFacts) -> tuple[str, ...]:
    """Keys of the named suspects who were never interviewed and for whom no reason stands.

    An interview that does not say with whom counts for a case's only named suspect, and on an
    imported case, whose source did not say, for any.
    """
    named = [suspect for suspect in facts.suspects if suspect.named]
    if not named:
        return ()
    interviewed = {
        item.suspect_key
        for item in facts.responses
        if item.kind == ResponseKind.SUSPECT_INTERVIEW and item.submitted
    }
    if None in interviewed and (facts.imported or len(named) == 1):
        return ()
    return tuple(
        suspect.key
        for suspect in named
        if suspect.key not in interviewed and not suspect.not_interviewed_reason
    )


def _evidence_open(facts: CaseFacts, closing: StateFact) -> Iterator[Reason]:
    if _is_judged("evidence", facts, closing):
        count = sum(item.dispositioned_at is None for item in facts.evidence)
        if count:
            yield Reason("evidence_open", {"count": count})


def _unsigned(facts: CaseFacts, closing: StateFact, policy: Policy) -> Iterator[Reason]:
    if closing.signed_by_key is not None and closing.signed_by_key != closing.officer_key:
        return
    if _is_judged("reviews", facts, closing) and not signed_by_review(
        facts, closing.officer_key, closing.occurred_at, policy
    ):
        yield Reason("unsigned")


def signed_by_review(
    facts: CaseFacts, officer_key: str | None, closing_at: datetime, policy: Policy
) -> bool:
    """Whether somebody other than the closing officer approved the closure shortly before it."""
    within = policy.closed_incomplete.signature_within.span
    return any(
        review.subject == ReviewSubject.CLOSURE
        and review.decision == ReviewDecision.APPROVED
        and review.reviewer_key != officer_key
        and closing_at - within <= review.occurred_at <= closing_at
        for review in facts.reviews
    )


def _backfilled(facts: CaseFacts, policy: Policy) -> Iterator[Finding]:
    """The longest run of late entries, each window opened by one of them."""
    rule = policy.backfilled
    late_by, within = rule.late_by.span, rule.entered_within.span
    late = sorted(
        item.entered_at
        for item in facts.responses
        if item.submitted and item.entered_at - item.occurred_at > late_by
    )
    runs = [[at for at in late[index:] if at - first <= within] for index, first in enumerate(late)]
    runs = [run for run in runs if len(run) >= rule.entries]
    if runs:
        params = {"entries": max(map(len, runs)), "days": rule.late_by.span.days}
        since = runs[0][rule.entries - 1]
        yield _finding(FlagKind.BACKFILLED, since, rule.severity, (Reason("backfilled", params),))


def officer_findings(officer: OfficerFacts, policy: Policy, now: datetime) -> tuple[Finding, ...]:
    """Whether a detective has more cases than one person can work, or revealed unusually much."""
    return (*_overloaded(officer, policy, now), *_unusual_reveals(officer, policy, now))


def _unusual_reveals(officer: OfficerFacts, policy: Policy, now: datetime) -> Iterator[Finding]:
    rule = policy.unusual_reveals
    found = excesses(officer.reveals, rule, now)
    if found:
        reasons = tuple(Reason(one.what, {"count": one.count, "limit": one.limit}) for one in found)
        yield _finding(FlagKind.UNUSUAL_REVEALS, now, rule.severity, reasons)


def _overloaded(officer: OfficerFacts, policy: Policy, now: datetime) -> Iterator[Finding]:
    rule = policy.overloaded
    since = now - rule.handed_over_within.span
    handed_over = [at for at in officer.handed_over_at if since < at <= now]
    reasons: list[Reason] = []
    if officer.open_cases > rule.open_cases:
        reasons.append(
            Reason("open_cases", {"count": officer.open_cases, "limit": rule.open_cases})
        )
    if len(handed_over) > rule.handed_over:
        days = rule.handed_over_within.span.days
        params = {"count": len(handed_over), "limit": rule.handed_over, "days": days}
        reasons.append(Reason("handed_over", params))
    if reasons:
        yield _finding(FlagKind.OVERLOADED, now, rule.severity, tuple(reasons))


def flag_acknowledged_due(raised_at: datetime, policy: Policy, calendar: Calendar) -> datetime:
    """By when somebody on the flag's present step must act, else it climbs."""
    return policy.clocks[ClockKind.FLAG_ACKNOWLEDGED].limit.after(raised_at, calendar)


def next_step(step: Step, policy: Policy) -> Step | None:
    """Whose desk the flag climbs to; None from the last one."""
    steps = policy.escalation
    at = steps.index(step) + 1 if step in steps else 0
    return steps[at] if at < len(steps) else None
