"""When would each flag have been raised, had the sweep been running all along?

Walks the history of the cases on file with the rules' own timeline. Only the command line asks;
what comes back are case numbers, flags and times.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import Max, QuerySet

from cases.enums import ClockKind, FlagKind
from cases.models import Assignment, Case, CaseStateChange, Referral, Response, Review
from cases.rules.timeline import Raised, timeline
from cases.selectors.facts import case_facts
from cases.selectors.policy import current_policy, unit_calendar

SWEEP_EVERY = timedelta(minutes=5)
BATCH = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FlagName = tuple[str, str]

# Which flag must appear for each way in which a case can fail.
MUST_APPEAR: Mapping[str, FlagName] = {
    "thin_report": (FlagKind.UNDER_DOCUMENTED, ""),
    "no_report": (FlagKind.STALLED, ClockKind.INITIAL_REPORT),
    "idle": (FlagKind.STALLED, ClockKind.NEXT_SUPPLEMENT),
    "unassigned": (FlagKind.ORPHANED, ClockKind.ASSIGNMENT),
    "departed_officer": (FlagKind.ORPHANED, ClockKind.ASSIGNMENT),
    "closed_without_suspect_interview": (FlagKind.CLOSED_INCOMPLETE, ""),
    "referral_unanswered": (FlagKind.REFERRAL_UNANSWERED, ClockKind.REFERRAL_ACKNOWLEDGED),
    "no_forensic_interview": (FlagKind.STALLED, ClockKind.FORENSIC_INTERVIEW_REQUESTED),
    "kit_not_submitted": (FlagKind.STALLED, ClockKind.KIT_TO_LAB),
    "copied_narrative": (FlagKind.COPIED_NARRATIVE, ""),
    "no_supervisor_review": (FlagKind.STALLED, ClockKind.SERGEANT_REVIEW),
    "backfilled": (FlagKind.BACKFILLED, ""),
}


@dataclass(frozen=True, slots=True)
class RaisedFlag:
    """A flag as a sweep every five minutes would have raised it. `since`: when it became true."""

    kind: str
    clock_kind: str
    since: datetime
    raised_at: datetime
    resolved_at: datetime | None

    @property
    def name(self) -> FlagName:
        return (self.kind, self.clock_kind)

    @property
    def label(self) -> str:
        """As in `stalled: next_supplement`."""
        return f"{self.kind}: {self.clock_kind}" if self.kind == FlagKind.STALLED else self.kind

    @property
    def wait(self) -> timedelta:
        """From the breach to the flag."""
        return self.raised_at - self.since


@dataclass(frozen=True, slots=True)
class CaseReplay:
    """One case's flags in the order in which they were raised."""

    number: str
    flags: tuple[RaisedFlag, ...]

    def first(self, name: FlagName) -> RaisedFlag | None:
        return next((flag for flag in self.flags if flag.name == name), None)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What became of a case: the ways in which it failed, none if it was worked."""

    number: str
    modes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModeScore:
    """How many cases failed in this way, and how many had the flag that must appear for it."""

    mode: str
    cases: int
    flagged: int


@dataclass(frozen=True)
class Score:
    """The replay held against what is known."""

    failed: int
    flagged: tuple[str, ...]
    missed: tuple[tuple[str, str], ...]
    worked: int
    wrongly_flagged: tuple[str, ...]
    modes: tuple[ModeScore, ...]
    waits: tuple[timedelta, ...]
    not_on_file: tuple[str, ...]

    @cached_property
    def median_wait(self) -> timedelta | None:
        if not self.waits:
            return None
        return timedelta(seconds=statistics.median(wait.total_seconds() for wait in self.waits))

    @cached_property
    def worst_wait(self) -> timedelta | None:
        return max(self.waits, default=None)


def end_of_record() -> datetime | None:
    """The last moment at which anything was written down; None when nothing is on file."""
    latest = (
        rows.aggregate(at=Max(column))["at"]
        for rows, column in (
            (Case.objects, "entered_at"),
            (Response.objects, "entered_at"),
            (Review.objects, "entered_at"),
            (CaseStateChange.objects, "entered_at"),
            (Assignment.objects, "entered_at"),
            (Referral.objects, "acknowledged_at"),
        )
    )
    return max((at for at in latest if at is not None), default=None)


def replay(*, start: datetime | None, until: datetime) -> Iterator[CaseReplay]:
    """Every case on file that had come in by `until`, in the order of numbers.

    Flags raised before `start` or after `until` are left out.
    """
    policy, calendar = current_policy(), unit_calendar()
    cases = Case.objects.filter(received_at__lte=until).order_by("number")
    for keys in _batches(cases):
        facts = case_facts(keys)
        for key, number in keys.items():
            raised = timeline(facts[key], policy, calendar, until)
            seen = (flag for flag in map(_as_swept, raised) if flag is not None)
            within = (flag for flag in seen if _is_within(flag, start, until))
            yield CaseReplay(number, tuple(sorted(within, key=lambda flag: flag.raised_at)))


def _batches(cases: QuerySet[Case]) -> Iterator[dict[UUID, str]]:
    rows = list(cases.values_list("pk", "number"))
    for at in range(0, len(rows), BATCH):
        yield dict(rows[at : at + BATCH])


def _as_swept(raised: Raised) -> RaisedFlag | None:
    """The flag from the first sweep that saw it; None if it had gone by then."""
    seen_at = next_sweep(raised.raised_at)
    if not raised.stands_at(seen_at):
        return None
    finding = raised.finding
    resolved_at = None if raised.resolved_at is None else next_sweep(raised.resolved_at)
    return RaisedFlag(finding.kind.value, finding.clock_kind, finding.since, seen_at, resolved_at)


def next_sweep(at: datetime) -> datetime:
    """The first sweep at or after `at`; one runs every five minutes from midnight UTC."""
    return at + (_EPOCH - at) % SWEEP_EVERY


def _is_within(flag: RaisedFlag, start: datetime | None, until: datetime) -> bool:
    return flag.raised_at <= until and (start is None or flag.raised_at >= start)


def score(replays: Iterable[CaseReplay], expected: Sequence[Expectation]) -> Score:
    """Whether every failed case had the right flags, and no worked case had any."""
    found = {case.number: case for case in replays}
    known = [item for item in expected if item.number in found]
    failed = [item for item in known if item.modes]
    worked = [item for item in known if not item.modes]
    hits: dict[str, list[RaisedFlag | None]] = defaultdict(list)
    missed = []
    for item in failed:
        for mode in item.modes:
            flag = found[item.number].first(MUST_APPEAR[mode])
            hits[mode].append(flag)
            if flag is None:
                missed.append((item.number, mode))
    short = {number for number, _ in missed}
    return Score(
        failed=len(failed),
        flagged=tuple(item.number for item in failed if item.number not in short),
        missed=tuple(missed),
        worked=len(worked),
        wrongly_flagged=tuple(item.number for item in worked if found[item.number].flags),
        modes=tuple(_mode_score(mode, hits[mode]) for mode in MUST_APPEAR if hits[mode]),
        waits=tuple(flag.wait for flags in hits.values() for flag in flags if flag is not None),
        not_on_file=tuple(item.number for item in expected if item.number not in found),
    )


def _mode_score(mode: str, flags: Sequence[RaisedFlag | None]) -> ModeScore:
    return ModeScore(mode, len(flags), sum(flag is not None for flag in flags))
