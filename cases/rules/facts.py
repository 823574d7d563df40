"""What had been written down about a case by a given moment?

Rules read these facts and nothing else. Everything carries `entered_at`, because rules see only
what had been entered by the moment they look at. Loaders hand over instants in UTC; keys are opaque
strings, stable for a record, and never identify a person outside the unit.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Protocol, Self, TypeVar

from cases.enums import (
    AnswerStatus,
    CaseState,
    Channel,
    ClockKind,
    OffenseClass,
    Priority,
    ResponseKind,
    ReviewDecision,
    ReviewSubject,
)
from cases.rules.reveals import RevealFact

# What an import may carry. A case that was opened here carries all of it.
CARRIES = frozenset(
    {"responses", "reviews", "answers", "evidence", "suspects", "assignments", "referrals"}
)

# Why an officer can't come to a case that they have; the codes of the reasons that tell it.
SHUT_OUT, ACCOUNT_CLOSED = "shut_out", "account_closed"


class Fact(Protocol):
    """Anything that rules may not see before it was entered."""

    @property
    def visible_at(self) -> datetime:
        """The first moment at which rules see the fact."""

    def as_of(self, now: datetime) -> Self:
        """The fact without what became known about it after `now`."""

    def later_instants(self) -> tuple[datetime, ...]:
        """When more became known about the fact after it was entered."""


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """One element of a report. `has_content`: the answer, or the reason for none, is there."""

    status: AnswerStatus
    has_content: bool


@dataclass(frozen=True, slots=True)
class ResponseFact:
    """An entry in the response log. `answers` None: none were recorded (an imported report)."""

    key: str
    kind: ResponseKind
    occurred_at: datetime
    entered_at: datetime
    submitted: bool = True
    narrative_length: int = 0
    answers: Mapping[str, AnswerFact] | None = None
    copied_at: datetime | None = None
    copied_similarity: float | None = None
    incomplete_reason: str = ""
    suspect_key: str | None = None
    # `occurred_at`, but never later than it was entered: no future date buys a clock time.
    happened_at: datetime = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "happened_at", min(self.occurred_at, self.entered_at))

    @property
    def visible_at(self) -> datetime:
        return self.entered_at

    def as_of(self, now: datetime) -> Self:
        if self.copied_at is None or self.copied_at <= now:
            return self
        return replace(self, copied_at=None, copied_similarity=None)

    def later_instants(self) -> tuple[datetime, ...]:
        return () if self.copied_at is None else (self.copied_at,)


@dataclass(frozen=True, slots=True)
class ReviewFact:
    """A sergeant's decision. `response_key` None: the latest report submitted before it."""

    key: str
    subject: ReviewSubject
    response_key: str | None
    decision: ReviewDecision
    occurred_at: datetime
    entered_at: datetime
    reviewer_key: str

    @property
    def visible_at(self) -> datetime:
        return self.entered_at

    def as_of(self, now: datetime) -> Self:
        return self

    def later_instants(self) -> tuple[datetime, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class AssignmentFact:
    """Who has the case since when.

    `officer_active_to` is the start of the first day the officer is gone, in the unit's time zone.
    An assignment to somebody who has not started yet counts from the day they start. The end and
    the acknowledgement are known from the moment they happened. `left_open`: it ended in a
    hand-over that found nobody yet. `shut_out`: why a stretch ended (`rules.holding`).
    """

    key: str
    officer_key: str
    assigned_at: datetime
    entered_at: datetime
    acknowledged_at: datetime | None = None
    ended_at: datetime | None = None
    officer_active_from: datetime | None = None
    officer_active_to: datetime | None = None
    reassignment: bool = False
    imported: bool = False
    left_open: bool = False
    shut_out: str = ""

    @property
    def visible_at(self) -> datetime:
        if self.officer_active_from is None:
            return self.entered_at
        return max(self.entered_at, self.officer_active_from)

    @property
    def effective_at(self) -> datetime:
        """When the officer had the case: assigned, and on duty."""
        if self.officer_active_from is None:
            return self.assigned_at
        return max(self.assigned_at, self.officer_active_from)

    def as_of(self, now: datetime) -> Self:
        fact = self
        if fact.ended_at is not None and fact.ended_at > now:
            fact = replace(fact, ended_at=None)
        if fact.acknowledged_at is not None and fact.acknowledged_at > now:
            fact = replace(fact, acknowledged_at=None)
        return fact

    def later_instants(self) -> tuple[datetime, ...]:
        return tuple(at for at in (self.acknowledged_at, self.ended_at) if at is not None)


@dataclass(frozen=True, slots=True)
class ReferralFact:
    """What a hospital or the hotline sent, and when somebody answered it."""

    key: str
    received_at: datetime
    entered_at: datetime
    acknowledged_at: datetime | None = None
    acknowledgement_entered_at: datetime | None = None
    priority: Priority = Priority.NONE

    @property
    def visible_at(self) -> datetime:
        return self.entered_at

    @property
    def acknowledgement_visible_at(self) -> datetime | None:
        return self.acknowledgement_entered_at or self.acknowledged_at

    def as_of(self, now: datetime) -> Self:
        known_at = self.acknowledgement_visible_at
        if known_at is None or known_at <= now:
            return self
        return replace(self, acknowledged_at=None, acknowledgement_entered_at=None)

    def later_instants(self) -> tuple[datetime, ...]:
        known_at = self.acknowledgement_visible_at
        return () if known_at is None else (known_at,)


@dataclass(frozen=True, slots=True)
class SuspectFact:
    """An alleged perpetrator, and whether a reason stands for not interviewing them."""

    key: str
    named: bool
    entered_at: datetime
    not_interviewed_reason: bool = False

    @property
    def visible_at(self) -> datetime:
        return self.entered_at

    def as_of(self, now: datetime) -> Self:
        return self

    def later_instants(self) -> tuple[datetime, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """One item of evidence, and when it was decided what becomes of it."""

    key: str
    entered_at: datetime
    dispositioned_at: datetime | None = None

    @property
    def visible_at(self) -> datetime:
        return self.entered_at

    def as_of(self, now: datetime) -> Self:
        if self.dispositioned_at is None or self.dispositioned_at <= now:
            return self
        return replace(self, dispositioned_at=None)

    def later_instants(self) -> tuple[datetime, ...]:
        return () if self.dispositioned_at is None else (self.dispositioned_at,)


@dataclass(frozen=True, slots=True)
class StateFact:
    """A change of the case's state. `officer_key` made it; `signed_by_key` signed a closure."""

    state: CaseState
    disposition: str
    occurred_at: datetime
    entered_at: datetime
    officer_key: str | None = None
    signed_by_key: str | None = None
    imported: bool = False

    @property
    def visible_at(self) -> datetime:
        return self.entered_at

    @property
    def happened_at(self) -> datetime:
        """`occurred_at`, but never later than it was entered."""
        return min(self.occurred_at, self.entered_at)

    def as_of(self, now: datetime) -> Self:
        return self

    def later_instants(self) -> tuple[datetime, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class HoldFact:
    """A clock put on hold until a named end. It is in force from its start, not before."""

    clock_kind: ClockKind
    clock_key: str
    starts_at: datetime
    ends_at: datetime
    entered_at: datetime

    @property
    def visible_at(self) -> datetime:
        return max(self.entered_at, self.starts_at)

    def as_of(self, now: datetime) -> Self:
        return self

    def later_instants(self) -> tuple[datetime, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class WallFact:
    """An officer can't come to the case, from the moment of `set_at` until lifted.

    `reason` is the code that says why: a wall, or an account that is closed.
    """

    key: str
    officer_key: str
    set_at: datetime
    lifted_at: datetime | None = None
    reason: str = SHUT_OUT

    @property
    def visible_at(self) -> datetime:
        return self.set_at

    def as_of(self, now: datetime) -> Self:
        if self.lifted_at is None or self.lifted_at <= now:
            return self
        return replace(self, lifted_at=None)

    def later_instants(self) -> tuple[datetime, ...]:
        return () if self.lifted_at is None else (self.lifted_at,)


_F = TypeVar("_F", bound=Fact)


def _known(items: tuple[_F, ...], now: datetime) -> tuple[_F, ...]:
    return tuple([item.as_of(now) for item in items if item.visible_at <= now])


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """One case as the rules see it.

    `entered_at`: when the case itself was written down here; of an imported history that brings its
    own entry times, `received_at`; of an export without them, the moment of import.
    """

    key: str
    received_at: datetime
    entered_at: datetime
    channel: Channel
    offense_class: OffenseClass
    priority: Priority = Priority.NONE
    serious_injury: bool = False
    child_witness: bool = False
    imported: bool = False
    carries: frozenset[str] = CARRIES
    responses: tuple[ResponseFact, ...] = ()
    reviews: tuple[ReviewFact, ...] = ()
    assignments: tuple[AssignmentFact, ...] = ()
    referrals: tuple[ReferralFact, ...] = ()
    suspects: tuple[SuspectFact, ...] = ()
    evidence: tuple[EvidenceFact, ...] = ()
    states: tuple[StateFact, ...] = ()
    holds: tuple[HoldFact, ...] = ()
    walls: tuple[WallFact, ...] = ()

    def known_at(self, now: datetime) -> "CaseFacts":
        """The same case without anything that was entered after `now`."""
        return replace(
            self,
            responses=_known(self.responses, now),
            reviews=_known(self.reviews, now),
            assignments=_known(self.assignments, now),
            referrals=_known(self.referrals, now),
            suspects=_known(self.suspects, now),
            evidence=_known(self.evidence, now),
            states=_known(self.states, now),
            holds=_known(self.holds, now),
            walls=_known(self.walls, now),
        )

    def instants(self) -> tuple[datetime, ...]:
        """Every moment at which more became known, from the case's own entry on, in order."""
        later = {instant for instant in self._instants() if instant > self.entered_at}
        return (self.entered_at, *sorted(later))

    def all_facts(self) -> Iterable[Fact]:
        """Everything known about the case, in no particular order."""
        return chain(
            self.responses,
            self.reviews,
            self.assignments,
            self.referrals,
            self.suspects,
            self.evidence,
            self.states,
            self.holds,
            self.walls,
        )

    def _instants(self) -> Iterator[datetime]:
        for fact in self.all_facts():
            yield fact.visible_at
            yield from fact.later_instants()


@dataclass(frozen=True, slots=True)
class OfficerFacts:
    """A detective's load: open cases now, and when each case was handed to them; and what they
    revealed."""

    open_cases: int
    handed_over_at: tuple[datetime, ...] = ()
    reveals: tuple[RevealFact, ...] = ()
