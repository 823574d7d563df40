"""Which promises run on a case, when is each due, and what has met or stopped it?

`clocks` looks only at the facts it is given and at no present moment, so that its result can be
stored and changes only when a fact does; `overdue` compares one clock with `now`.

What meets a clock may have happened before the clock started (a child seen before the report was
received). Closing stops what is unmet at the closing's time, and reopening revives two clocks only:
`next_supplement` starts anew, and so does `assignment` when nobody active holds the case. A
referral that arrives on a closed case runs all the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import chain, repeat, zip_longest
from operator import attrgetter

from cases.enums import ENDED_STATES, CaseState, ClockKind, Priority, ResponseKind, ReviewSubject
from cases.rules.calendar import Calendar, Limit
from cases.rules.facts import (
    AssignmentFact,
    CaseFacts,
    ReferralFact,
    ResponseFact,
    ReviewFact,
    StateFact,
)
from cases.rules.holding import ended_at, holdings, in_order, is_active
from cases.rules.policy import Circumstances, ClockRule, Policy

_FROM_RECEIVED = (
    ClockKind.INITIAL_REPORT,
    ClockKind.VICTIM_SEEN,
    ClockKind.AGENCY_NOTIFIED,
    ClockKind.CAREGIVER_CONTACT,
    ClockKind.FORENSIC_INTERVIEW_REQUESTED,
    ClockKind.FORENSIC_INTERVIEW_HELD,
)


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise. `key` tells clocks of a kind apart; it is "" where a case has only one."""

    kind: ClockKind
    key: str
    starts_at: datetime
    due_at: datetime
    met_at: datetime | None = None
    stopped_at: datetime | None = None
    held_until: datetime | None = None

    @property
    def breach_at(self) -> datetime:
        """The last moment at which it is not overdue: the due time, or the end of a later hold."""
        if self.held_until is None:
            return self.due_at
        return max(self.due_at, self.held_until)

    @property
    def is_running(self) -> bool:
        return self.met_at is None and self.stopped_at is None


@dataclass(frozen=True, slots=True)
class Ending:
    """A stretch of time in which the case was closed or inactive."""

    ended_at: datetime
    reopened_at: datetime | None = None


def overdue(clock: Clock, now: datetime) -> bool:
    """Whether the clock is past due at `now`, unmet, and neither stopped nor on hold."""
    return clock.is_running and now > clock.breach_at


def _state_order(fact: StateFact) -> tuple[datetime, datetime, int]:
    """In time; of changes in the same moment an ending is the last, unless it was undone."""
    rank = 2 if fact.state is CaseState.REOPENED else int(fact.state in ENDED_STATES)
    return (fact.happened_at, fact.entered_at, rank)


def current_state(facts: CaseFacts) -> StateFact | None:
    """The last change of state, None before there was any."""
    return max(facts.states, key=_state_order, default=None)


def endings(facts: CaseFacts) -> tuple[Ending, ...]:
    """When the case was closed or inactive, in order; the last may still last."""
    found: list[Ending] = []
    for state in sorted(facts.states, key=_state_order):
        lasts = bool(found) and found[-1].reopened_at is None
        if state.state in ENDED_STATES:
            if not lasts:
                found.append(Ending(state.happened_at))
        elif lasts:
            found[-1] = replace(found[-1], reopened_at=state.happened_at)
    return tuple(found)


def circumstances(facts: CaseFacts) -> Circumstances:
    """What about the case decides which rules apply to it."""
    return Circumstances(
        facts.channel, facts.offense_class, facts.serious_injury, facts.child_witness
    )


def clocks(facts: CaseFacts, policy: Policy, calendar: Calendar) -> tuple[Clock, ...]:
    """Every clock of the case that runs, was met or was stopped, by the facts as they are known.

    Pass `facts.known_at(now)`: what was entered later is not there for a supervisor.
    """
    case = _Case(facts, policy, calendar)
    found = chain(
        _from_received(case),
        _paired(case, ClockKind.KIT_COLLECTED),
        _paired(case, ClockKind.KIT_TO_LAB),
        _prosecutor_decisions(case),
        _sergeant_reviews(case),
        _reassignments(case),
    )
    stopped = (_stopped(clock, case.endings) for clock in found)
    free = chain(_referrals(case), _assignments(case), _next_supplement(case))
    return tuple(case.held(chain(stopped, free)))


class _Case:
    """The facts of one case, sorted as clocks need them."""

    def __init__(self, facts: CaseFacts, policy: Policy, calendar: Calendar) -> None:
        self.facts = facts
        self.policy = policy
        self.calendar = calendar
        self.endings = endings(facts)

    @cached_property
    def by_kind(self) -> dict[ResponseKind, list[ResponseFact]]:
        groups: dict[ResponseKind, list[ResponseFact]] = defaultdict(list)
        for response in self.facts.responses:
            if response.submitted:
                groups[response.kind].append(response)
        return groups

    @cached_property
    def circumstances(self) -> Circumstances:
        return circumstances(self.facts)

    def of_kinds(self, kinds: Iterable[ResponseKind]) -> list[ResponseFact]:
        return sorted(self._of(kinds), key=attrgetter("happened_at", "key"))

    def first_at(self, kinds: Iterable[ResponseKind]) -> datetime | None:
        return min(map(_happened_at, self._of(kinds)), default=None)

    def _of(self, kinds: Iterable[ResponseKind]) -> list[ResponseFact]:
        return [response for kind in kinds for response in self.by_kind.get(kind, ())]

    def due(self, kind: ClockKind, start: datetime) -> datetime:
        return self.policy.clocks[kind].limit.after(start, self.calendar)

    def is_judged(self, what: str, start: datetime) -> bool:
        """Whether a clock that started then can be judged by what is on record.

        An import that does not carry `what` says nothing about the time before it.
        """
        facts = self.facts
        return not facts.imported or what in facts.carries or start > facts.entered_at

    def held(self, found: Iterable[Clock]) -> Iterator[Clock]:
        if not self.facts.holds:
            return iter(found)
        ends: dict[tuple[str, str], datetime] = {}
        for hold in self.facts.holds:
            key = (hold.clock_kind, hold.clock_key)
            ends[key] = max(hold.ends_at, ends.get(key, hold.ends_at))
        return (replace(clock, held_until=ends.get((clock.kind, clock.key))) for clock in found)


_happened_at: Callable[[ResponseFact], datetime] = attrgetter("happened_at")


def _stopped(clock: Clock, periods: Sequence[Ending]) -> Clock:
    """The clock, stopped if the case was ended while it was unmet."""
    for period in periods:
        if period.reopened_at is not None and period.reopened_at <= clock.starts_at:
            continue
        at = max(clock.starts_at, period.ended_at)
        if clock.met_at is None or clock.met_at > at:
            return replace(clock, stopped_at=_earlier(clock.stopped_at, at))
    return clock


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _from_received(case: _Case) -> Iterator[Clock]:
    """The clocks that start when the report is received and are met by a response."""
    start = case.facts.received_at
    if not case.is_judged("responses", start):
        return
    for kind in _FROM_RECEIVED:
        rule = case.policy.clocks[kind]
        if rule.applies(case.circumstances):
            due = _limit_by_priority(case, rule).after(start, case.calendar)
            yield Clock(kind, "", start, due, _met_at(case, kind, rule))


def _met_at(case: _Case, kind: ClockKind, rule: ClockRule) -> datetime | None:
    if kind == ClockKind.INITIAL_REPORT:
        submitted = (report.entered_at for report in case.of_kinds(rule.met_by))
        return min(submitted, default=None)
    return case.first_at(rule.met_by)


def _limit_by_priority(case: _Case, rule: ClockRule) -> Limit:
    """The limit for the case's priority, or of the referral that made it, the most urgent first."""
    if not rule.by_priority:
        return rule.limit
    facts = case.facts
    levels = [facts.priority] if facts.priority else _referred_priorities(facts)
    limits = [rule.by_priority[level] for level in levels if level in rule.by_priority]
    return min(limits, key=lambda limit: limit.span, default=rule.limit)


def _referred_priorities(facts: CaseFacts) -> list[Priority]:
    return [
        referral.priority
        for referral in facts.referrals
        if referral.priority and referral.received_at <= facts.received_at
    ]


def referral_clock(referral: ReferralFact, policy: Policy, calendar: Calendar) -> Clock:
    """The clock of one referral, also of one that has not become or joined a case yet."""
    kind, start = ClockKind.REFERRAL_ACKNOWLEDGED, referral.received_at
    due = policy.clocks[kind].limit.after(start, calendar)
    return Clock(kind, referral.key, start, due, referral.acknowledged_at)


def _referrals(case: _Case) -> Iterator[Clock]:
    for referral in case.facts.referrals:
        start = referral.received_at
        if not case.is_judged("referrals", start):
            continue
        clock = referral_clock(referral, case.policy, case.calendar)
        yield _stopped(clock, [period for period in case.endings if period.ended_at >= start])


def _paired(case: _Case, kind: ClockKind) -> Iterator[Clock]:
    """One clock for each response that starts one; the first is met by the first that meets it."""
    rule = case.policy.clocks[kind]
    if not rule.applies(case.circumstances):
        return
    met = chain(map(_happened_at, case.of_kinds(rule.met_by)), repeat(None))
    for started_by, met_at in zip(case.of_kinds(rule.started_by), met, strict=False):
        start = started_by.happened_at
        if case.is_judged("responses", start):
            yield Clock(kind, started_by.key, start, case.due(kind, start), met_at)


def _prosecutor_decisions(case: _Case) -> Iterator[Clock]:
    """Each submission is met by the first decision that follows it."""
    kind = ClockKind.PROSECUTOR_DECISION
    rule = case.policy.clocks[kind]
    decided = [decision.happened_at for decision in case.of_kinds(rule.met_by)]
    for submission in case.of_kinds(rule.started_by):
        start = submission.happened_at
        if case.is_judged("responses", start):
            met_at = next((at for at in decided if at >= start), None)
            yield Clock(kind, submission.key, start, case.due(kind, start), met_at)


def submitted_reports(responses: Iterable[ResponseFact]) -> list[ResponseFact]:
    """The initial report's versions in the order they were submitted; the last one stands."""
    reports = [
        response
        for response in responses
        if response.kind is ResponseKind.INITIAL_REPORT and response.submitted
    ]
    reports.sort(key=attrgetter("entered_at", "occurred_at", "key"))
    return reports


def _sergeant_reviews(case: _Case) -> Iterator[Clock]:
    """A review for each submitted report; one that is submitted again supersedes the unmet one."""
    kind = ClockKind.SERGEANT_REVIEW
    reports = submitted_reports(case.by_kind.get(ResponseKind.INITIAL_REPORT, ()))
    reviewed = _reviewed_at(case.facts, reports) if reports else {}
    for report, successor in zip_longest(reports, reports[1:]):
        start = report.entered_at
        if not case.is_judged("reviews", start):
            continue
        clock = Clock(kind, report.key, start, case.due(kind, start), reviewed.get(report.key))
        if successor is not None and clock.met_at is None:
            clock = replace(clock, stopped_at=successor.entered_at)
        yield clock


def _reviewed_at(facts: CaseFacts, reports: Sequence[ResponseFact]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for review in facts.reviews:
        if review.subject != ReviewSubject.REPORT:
            continue
        key = review.response_key or _latest_report(review, reports)
        at = min(review.occurred_at, review.entered_at)
        if key is not None:
            found[key] = min(at, found.get(key, at))
    return found


def _latest_report(review: ReviewFact, reports: Sequence[ResponseFact]) -> str | None:
    submitted = [report.key for report in reports if report.entered_at <= review.entered_at]
    return submitted[-1] if submitted else None


def _reassignments(case: _Case) -> Iterator[Clock]:
    kind = ClockKind.REASSIGNMENT_ACKNOWLEDGED
    if not any(fact.reassignment for fact in case.facts.assignments):
        return
    held = in_order(case.facts.assignments)
    for fact, successor in zip_longest(held, held[1:]):
        if not fact.reassignment:
            continue
        start = fact.effective_at
        met_at = start if fact.imported else fact.acknowledged_at
        clock = Clock(kind, fact.key, start, case.due(kind, start), met_at)
        left_at = ended_at(fact, successor)
        if met_at is None and left_at is not None and left_at != fact.officer_active_to:
            clock = replace(clock, stopped_at=left_at)
        yield clock


def _assignments(case: _Case) -> Iterator[Clock]:
    """One clock until somebody active has the case, and one for each time nobody has it again.

    The latter carries the key of the assignment that came to nothing. It is due at once when its
    officer left the unit, left it open or was shut out by a wall, or when the case was handed to
    somebody who is gone.
    """
    held = holdings(case.facts)
    taken = [fact.effective_at for fact in held if is_active(fact)]
    start = case.facts.received_at
    first = Clock(ClockKind.ASSIGNMENT, "", start, start, taken[0] if taken else None)
    yield from _revived(case, first, at_once=False)
    for fact, successor in zip_longest(held, held[1:]):
        left_at = ended_at(fact, successor)
        if left_at is None or not is_active(fact):
            continue
        after = _taken_after(held, fact)
        if after is not None and after <= left_at:
            continue
        at_once = _is_due_at_once(fact, successor, left_at)
        clock = Clock(ClockKind.ASSIGNMENT, fact.key, left_at, left_at, after)
        yield from _revived(case, clock, at_once=at_once)


def _is_due_at_once(
    fact: AssignmentFact, successor: AssignmentFact | None, left_at: datetime
) -> bool:
    if left_at == fact.officer_active_to or (fact.left_open and left_at == fact.ended_at):
        return True
    return successor is not None and left_at == successor.effective_at


def _taken_after(held: Sequence[AssignmentFact], fact: AssignmentFact) -> datetime | None:
    later = held[held.index(fact) + 1 :]
    return next((other.effective_at for other in later if is_active(other)), None)


def _revived(case: _Case, clock: Clock, *, at_once: bool) -> Iterator[Clock]:
    """The clock with its due time, started anew by each reopening that finds it unmet."""
    start = clock.starts_at
    for period in case.endings:
        met = clock.met_at is not None and clock.met_at <= (period.reopened_at or period.ended_at)
        if met or (period.reopened_at is not None and period.reopened_at <= start):
            continue
        if period.reopened_at is None:
            clock = replace(clock, stopped_at=max(start, period.ended_at))
        else:
            start = period.reopened_at
    due = start if at_once else case.due(clock.kind, start)
    yield replace(clock, starts_at=start, due_at=due)


def _next_supplement(case: _Case) -> Iterator[Clock]:
    """The one rolling clock: it starts at the last substantive entry; the next one moves it on."""
    rule = case.policy.clocks[ClockKind.NEXT_SUPPLEMENT]
    begun = _begun_at(case)
    start, beyond = begun, False
    for kind, responses in case.by_kind.items():
        if kind not in rule.started_by:
            continue
        last = max(map(_happened_at, responses))
        start = max(start, last)
        beyond = beyond or (last >= begun and kind not in rule.first_response)
    due = _supplement_limit(case, rule, beyond=beyond).after(start, case.calendar)
    period = case.endings[-1] if case.endings else None
    stopped_at = period.ended_at if period and period.reopened_at is None else None
    yield Clock(ClockKind.NEXT_SUPPLEMENT, "", start, due, stopped_at=stopped_at)


def _begun_at(case: _Case) -> datetime:
    """When the work that entries are counted for began: received, imported blind, or reopened."""
    facts = case.facts
    begun = facts.received_at
    if not case.is_judged("responses", begun):
        begun = max(begun, facts.entered_at)
    reopened = [period.reopened_at for period in case.endings if period.reopened_at is not None]
    return max([begun, *reopened])


def _supplement_limit(case: _Case, rule: ClockRule, *, beyond: bool) -> Limit:
    last = current_state(case.facts)
    if rule.by_state and last is not None and last.state in rule.by_state:
        return rule.by_state[last.state]
    if beyond or rule.first_limit is None:
        return rule.limit
    return rule.first_limit
