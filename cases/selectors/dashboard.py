"""Which cases need this supervisor, and why? The page around the ranked list (`ranked`)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import Combinable
from django.utils.timezone import localdate

from cases.access import Viewer
from cases.enums import CaseState, Channel, ClockKind, FlagStatus, OffenseClass, Rank, Scope
from cases.models import Clock, Flag, Referral, Squad, SweepRun
from cases.models.clock import RUNNING
from cases.rules.flags import Reason, overdue_reason
from cases.rules.ranking import (
    CHILD_NOT_SEEN,
    CLOCK_CONCERNS,
    CONCERNS,
    LABELS,
    concern_of,
)
from cases.rules.words import sentence
from cases.selectors.ranked import PAGE_SIZE, Filters, ranked
from cases.selectors.staff import takes_nothing

SWEEP_INTERVAL = timedelta(minutes=5)
LAST_PAGE = 40
REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the ranked table, without anything that identifies a person."""

    case_id: UUID
    number: str
    state: str
    offense: str
    squad: str
    detective: str
    concerns: tuple[str, ...]
    child_not_seen: bool
    acknowledged: bool
    severity: int
    reasons: tuple[str, ...]
    more_reasons: int
    settled: int | None
    required: int | None
    age: timedelta


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases a concern holds."""

    concern: str
    count: int


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """A detective with more cases than one person can work."""

    flag_id: UUID
    officer_id: UUID
    name: str
    squad: str
    reasons: tuple[str, ...]
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """What a hospital or the hotline sent, past its clock, and no case holds it."""

    referral_id: UUID
    flag_id: UUID | None
    organization: str
    channel: str
    reasons: tuple[str, ...]
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """When the last sweep ran and what it saw. `late`: longer ago than two intervals, or never."""

    finished_at: datetime | None = None
    age: timedelta | None = None
    late: bool = True
    raised: int = 0
    resolved: int = 0
    returned: int = 0
    escalated: int = 0


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything a supervisor's page shows about cases; the charts are `selectors.charts`'s."""

    total: int
    acknowledged: int
    counts: tuple[Count, ...]
    listed: int
    rows: tuple[Row, ...]
    officers: tuple[OfficerRow, ...]
    referrals: tuple[ReferralRow, ...]
    sweep: Sweep
    page: int
    has_more: bool


@dataclass(slots=True)
class _Finding:
    """One thing wrong with a case, before it is put into words."""

    severity: int
    unseen: bool
    since: datetime
    reasons: list[Reason]

    @property
    def order(self) -> tuple[bool, int, datetime]:
        return (not self.unseen, -self.severity, self.since)


def dashboard(viewer: Viewer, now: datetime, filters: Filters | None = None) -> Dashboard:
    """The page for what this viewer supervises: a sergeant's squads, all of a captain's."""
    filters = filters or Filters()
    ranking = ranked(viewer, now, filters)
    flags = _standing_flags(viewer, ranking.case_ids)
    clocks = _due_clocks(now, ranking.case_ids)
    found = _findings(clocks, flags, now)
    return Dashboard(
        total=ranking.needing,
        acknowledged=ranking.acknowledged,
        counts=_counts(ranking.concerns),
        listed=ranking.listed,
        rows=tuple(_row(card, found.get(UUID(card["id"]), []), now) for card in ranking.cards),
        officers=tuple(_officer_rows(flags, now)),
        referrals=tuple(_referral_rows(clocks, flags, now)),
        sweep=last_sweep(now),
        page=filters.page,
        has_more=ranking.listed > filters.page * PAGE_SIZE and filters.page < LAST_PAGE,
    )


# -- the reasons --------------------------------------------------------------------------------


def _standing_flags(viewer: Viewer, case_ids: Sequence[UUID]) -> list[Flag]:
    """Flags of the page's cases, of the viewer's detectives, and of referrals without a case."""
    officers = Q(officer__isnull=False)
    if viewer.scope != Scope.ALL:
        officers &= Q(officer__squad_id__in=sorted(viewer.squad_ids))
    flags = Flag.objects.filter(
        Q(case_id__in=case_ids) | officers | Q(referral__isnull=False),
        ~Q(status=FlagStatus.RESOLVED),
    )
    return list(flags.select_related("officer__squad", "referral").order_by("raised_at", "pk"))


def _due_clocks(now: datetime, case_ids: Sequence[UUID]) -> list[Clock]:
    """Running clocks past due, of the page's cases and of referrals without a case."""
    clocks = Clock.objects.filter(
        Q(case_id__in=case_ids) | Q(case__isnull=True), RUNNING, due_at__lt=now
    )
    return list(clocks.select_related("referral").order_by("due_at", "pk"))


def _findings(
    clocks: Iterable[Clock], flags: Iterable[Flag], now: datetime
) -> dict[UUID, list[_Finding]]:
    """Case → what is wrong with it, worst first: clocks past due, and flags that have no clock."""
    by_clock = {(flag.case_id, flag.clock_kind, flag.clock_key): flag for flag in flags}
    found: dict[UUID, list[_Finding]] = defaultdict(list)
    for clock in clocks:
        if clock.case_id is not None:
            flag = by_clock.pop((clock.case_id, clock.kind, clock.key), None)
            if flag is None or not _is_waived(flag, now):
                found[clock.case_id].append(_of_clock(clock))
    for flag in by_clock.values():
        if flag.case_id is not None and not _is_waived(flag, now):
            found[flag.case_id].append(_of_flag(flag))
    for items in found.values():
        items.sort(key=lambda item: item.order)
    return found


def _is_waived(flag: Flag, now: datetime) -> bool:
    """A waiver that has ended is none, whether or not a sweep has noticed."""
    ends_at = flag.waived_until
    return flag.status == FlagStatus.WAIVED and ends_at is not None and ends_at > now


def _of_clock(clock: Clock) -> _Finding:
    """The clock's own row says what its flag says or would say, and how late it is."""
    kind = ClockKind(clock.kind)
    reasons = list(_reasons(clock.reasons))
    return _Finding(
        severity=clock.severity,
        unseen=CLOCK_CONCERNS.get(kind) == CHILD_NOT_SEEN,
        since=clock.due_at,
        reasons=reasons or [overdue_reason(kind, clock.starts_at, clock.due_at)],
    )


def _of_flag(flag: Flag) -> _Finding:
    unseen = concern_of(flag.kind, flag.clock_kind) == CHILD_NOT_SEEN
    return _Finding(flag.severity, unseen, flag.since, list(_reasons(flag.reasons)))


def _reasons(stored: Iterable[Mapping[str, Any]]) -> Iterable[Reason]:
    return (Reason(item["code"], item.get("params", {})) for item in stored)


def _words(reasons: Iterable[Reason], now: datetime) -> str:
    line = "; ".join(sentence(reason, now) for reason in reasons)
    return line[:1].upper() + line[1:]


# -- cards --------------------------------------------------------------------------------------


def _row(card: Mapping[str, Any], findings: Sequence[_Finding], now: datetime) -> Row:
    concerns = [concern for concern in CONCERNS if concern in card["known"]]
    return Row(
        case_id=UUID(card["id"]),
        number=card["number"],
        state=str(CaseState(card["state"]).label),
        offense=str(OffenseClass(card["offense_class"]).label),
        squad=card["squad"] or "",
        detective=card["detective"] or "",
        concerns=tuple(LABELS[concern] for concern in concerns),
        child_not_seen=card["unseen"],
        acknowledged=not card["needs"],
        severity=card["severity"],
        reasons=tuple(_words(item.reasons, now) for item in findings[:REASONS_SHOWN]),
        more_reasons=max(0, len(findings) - REASONS_SHOWN),
        settled=card["settled"],
        required=card["required"],
        age=now - datetime.fromisoformat(card["received_at"]),
    )


def _officer_rows(flags: Iterable[Flag], now: datetime) -> Iterable[OfficerRow]:
    for flag in flags:
        if flag.officer is not None and not _is_waived(flag, now):
            squad = flag.officer.squad
            yield OfficerRow(
                flag_id=flag.pk,
                officer_id=flag.officer.pk,
                name=flag.officer.name,
                squad=squad.name if squad else "",
                reasons=(_words(_reasons(flag.reasons), now),),
                acknowledged=flag.status == FlagStatus.ACKNOWLEDGED,
            )


def _referral_rows(
    clocks: Iterable[Clock], flags: Iterable[Flag], now: datetime
) -> Iterable[ReferralRow]:
    """From clocks, so that an unanswered referral shows although no sweep has run."""
    standing = {flag.referral_id: flag for flag in flags if flag.referral_id}
    for clock in clocks:
        if clock.case_id is None and clock.referral is not None:
            flag = standing.get(clock.referral.pk)
            if flag is None or not _is_waived(flag, now):
                yield _referral_row(clock, clock.referral, flag, now)


def _referral_row(
    clock: Clock, referral: Referral, flag: Flag | None, now: datetime
) -> ReferralRow:
    reason = overdue_reason(ClockKind(clock.kind), clock.starts_at, clock.due_at)
    return ReferralRow(
        referral_id=referral.pk,
        flag_id=flag.pk if flag else None,
        organization=referral.organization,
        channel=str(Channel(referral.channel).label),
        reasons=(_words([reason], now),),
        acknowledged=flag is not None and flag.status == FlagStatus.ACKNOWLEDGED,
    )


def _counts(concerns: Mapping[str, int]) -> tuple[Count, ...]:
    """What is there, in the order in which it is said."""
    return tuple(Count(name, concerns[name]) for name in CONCERNS if concerns.get(name))


# -- what there is to choose from ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choices:
    """Squads that the viewer supervises and the active detectives in them, as (id, name); `takers`
    are those of them to whom something can still be given.

    `asked`: what else was asked beside them, once; None where there is no squad.
    """

    squads: tuple[tuple[str, str], ...] = ()
    detectives: tuple[tuple[str, str], ...] = ()
    takers: tuple[tuple[str, str], ...] = ()
    asked: tuple[bool, ...] | None = None


def choices(viewer: Viewer, now: datetime, asking: Sequence[Combinable] = ()) -> Choices:
    """What the lists of the filter and of the assignment offer, in one query.

    With it goes what doesn't hang on a row, `asking`.
    """
    squads = Squad.objects.order_by("name", "officers__name")
    if viewer.scope != Scope.ALL:
        squads = squads.filter(pk__in=sorted(viewer.squad_ids))
    officer: list[str | Combinable] = [f"officers__{name}" for name in _OFFICER]
    officer.append(Exists(takes_nothing().filter(pk=OuterRef("officers__pk"))))
    width = 2 + len(officer)
    rows = squads.values_list("pk", "name", *officer, *asking)
    today = localdate(now)
    named = {str(row[0]): row[1] for row in rows}
    several = len(named) > 1
    detectives, takers = {}, {}
    for _, squad, pk, name, rank, starts_on, ends_on, gave_away in (row[:width] for row in rows):
        if rank == Rank.DETECTIVE and starts_on <= today and (ends_on is None or ends_on > today):
            detectives[str(pk)] = f"{name}, {squad}" if several else name
            if not gave_away:
                takers[str(pk)] = detectives[str(pk)]
    asked = next((tuple(row[width:]) for row in rows), None)
    return Choices(tuple(named.items()), tuple(detectives.items()), tuple(takers.items()), asked)


_OFFICER = ("pk", "name", "rank", "active_from", "active_to")


# -- the sweep ----------------------------------------------------------------------------------


def last_sweep(now: datetime) -> Sweep:
    """The newest sweep that finished, and whether it is later than two intervals."""
    run = (
        SweepRun.objects.filter(kind="sweep", finished_at__isnull=False)
        .order_by("-started_at")
        .first()
    )
    if run is None or run.finished_at is None:
        return Sweep()
    age = now - run.finished_at
    return Sweep(
        finished_at=run.finished_at,
        age=age,
        late=age > 2 * SWEEP_INTERVAL,
        raised=run.counts.get("raised", 0),
        resolved=run.counts.get("resolved", 0),
        returned=run.counts.get("returned", 0),
        escalated=run.counts.get("escalated", 0),
    )
