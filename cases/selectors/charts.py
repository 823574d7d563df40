"""What do a supervisor's open cases look like as a whole, and are flags acted on in time?"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils.timezone import localdate, make_aware

from cases.access import Viewer, beyond_walls, supervised_cases, supervises_all
from cases.enums import FlagKind, FlagStatus, Step
from cases.models import Flag
from cases.models.case import OPEN
from cases.rules.flags import Reason
from cases.rules.policy import Policy
from cases.rules.words import sentence
from cases.selectors.policy import current_policy
from cases.selectors.ranked import Filters, narrowed

WEEKS = 12
FLAGS_SHOWN = 200

# (from, to) days since the report came in; the last has no end.
AGES: tuple[tuple[int, int | None], ...] = (
    (0, 30),
    (31, 60),
    (61, 90),
    (91, 180),
    (181, 365),
    (366, None),
)
# (from, to) percent of what the report must say; (None, None): imported, no answers to count.
SHARES: tuple[tuple[int, int], ...] = ((0, 24), (25, 49), (50, 74), (75, 99), (100, 100))


@dataclass(frozen=True, slots=True)
class Tally:
    """So many open cases, `past_due` of them with a clock past due. `key` finds them again."""

    key: str
    label: str
    count: int
    past_due: int = 0


@dataclass(frozen=True, slots=True)
class OpenCases:
    """The open cases, counted four ways. `load_limit`: over it a detective is overloaded."""

    total: int
    ages: tuple[Tally, ...]
    shares: tuple[Tally, ...]
    detectives: tuple[Tally, ...]
    divisions: tuple[Tally, ...]
    load_limit: int


@dataclass(frozen=True, slots=True)
class Week:
    """Flags raised in the week that starts on a Monday, by what became of them."""

    starts_on: date
    raised: int
    stalled: int
    in_time: int
    late: int
    waiting: int


@dataclass(frozen=True, slots=True)
class FlagRow:
    """One flag behind a mark, and what became of it."""

    case_id: UUID | None
    number: str
    label: str
    status: str
    words: str
    raised_at: datetime
    acknowledge_by: datetime
    acted_at: datetime | None
    acted_by: str


@dataclass(frozen=True, slots=True)
class Charts:
    """Everything that the page draws, as it stood at `as_of`."""

    as_of: datetime
    open_cases: OpenCases
    weeks: tuple[Week, ...]


def charts(
    viewer: Viewer, now: datetime, filters: Filters | None = None, policy: Policy | None = None
) -> Charts:
    """The numbers behind the figures, by the policy in force, which the caller may have read."""
    filters = filters or Filters()
    cases = open_cases(viewer, now, filters, policy)
    return Charts(now, cases, weekly_flags(viewer, now, filters))


def open_cases(
    viewer: Viewer, now: datetime, filters: Filters | None = None, policy: Policy | None = None
) -> OpenCases:
    """Open cases that the viewer supervises, in one pass."""
    cells = list(_cells(viewer, now, filters or Filters()))
    detectives = _sum_by(cells, "detective_id", _detective_label)
    divisions = _sum_by(cells, "division", lambda cell: cell["division"] or "No division")
    return OpenCases(
        total=sum(cell["count"] for cell in cells),
        ages=_banded(cells, "age", AGES),
        shares=(*_banded(cells, "share", SHARES), _uncounted(cells)),
        detectives=tuple(sorted(detectives, key=lambda tally: (-tally.count, tally.label))),
        divisions=tuple(sorted(divisions, key=lambda tally: (-tally.count, tally.label))),
        load_limit=(policy or current_policy()).overloaded.open_cases,
    )


def _cells(viewer: Viewer, now: datetime, filters: Filters) -> Iterable[Mapping[str, Any]]:
    """One row per detective and division, with the counts of each band."""
    bands = {
        **_counts("age", [_received_between(now, band) for band in AGES]),
        **_counts("share", [_share_between(band) for band in SHARES]),
        "uncounted": Count("pk", filter=Q(required__isnull=True)),
    }
    past_due = Count("pk", filter=Q(next_due_at__lt=now))
    cases = narrowed(supervised_cases(viewer, now), filters).filter(OPEN).order_by()
    return (
        cases.alias(percent=F("settled") * 100)
        .values("detective_id", "detective__name", "division")
        .annotate(count=Count("pk"), past_due=past_due, **bands)
    )


def _counts(name: str, bands: Sequence[Q]) -> dict[str, Count]:
    return {f"{name}_{index}": Count("pk", filter=band) for index, band in enumerate(bands)}


def _received_between(now: datetime, band: tuple[int, int | None]) -> Q:
    first, last = band
    received = Q(received_at__lte=now - timedelta(days=first)) if first else Q()
    if last is None:
        return received
    return received & Q(received_at__gt=now - timedelta(days=last + 1))


def _share_between(band: tuple[int, int]) -> Q:
    """Whole percent, rounded down, so that 100 means complete."""
    first, last = band
    return Q(percent__gte=F("required") * first) & Q(percent__lt=F("required") * (last + 1))


def _banded(
    cells: Sequence[Mapping[str, Any]], name: str, bands: Sequence[tuple[int, int | None]]
) -> tuple[Tally, ...]:
    return tuple(
        Tally(
            key=f"{first}-{'' if last is None else last}",
            label=_band_label(first, last),
            count=sum(cell[f"{name}_{index}"] for cell in cells),
        )
        for index, (first, last) in enumerate(bands)
    )


def _band_label(first: int, last: int | None) -> str:
    if last is None:
        return f"over {first - 1}"
    return str(first) if first == last else f"{first} to {last}"


def _uncounted(cells: Sequence[Mapping[str, Any]]) -> Tally:
    return Tally("none", "Not counted", sum(cell["uncounted"] for cell in cells))


def _sum_by(
    cells: Iterable[Mapping[str, Any]], key: str, label: Callable[[Mapping[str, Any]], str]
) -> Iterable[Tally]:
    groups: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for cell in cells:
        groups[cell[key]].append(cell)
    for value, members in groups.items():
        yield Tally(
            key=str(value or ""),
            label=label(members[0]),
            count=sum(cell["count"] for cell in members),
            past_due=sum(cell["past_due"] for cell in members),
        )


def _detective_label(cell: Mapping[str, Any]) -> str:
    return cell["detective__name"] or "Nobody"


# -- flags over time ----------------------------------------------------------------------------

IN_TIME = "in-time"
LATE = "late"
WAITING = "waiting"

# Acknowledged, waived or put right before its time, on the first desk: acted on in time.
_ACTED_IN_TIME = Q(step=Step.SERGEANT) & (
    Q(acknowledged_at__lte=F("acknowledge_by"))
    | Q(acknowledged_at__isnull=True, resolved_at__lte=F("acknowledge_by"))
    | Q(status=FlagStatus.WAIVED)
)


def _has_time(now: datetime) -> Q:
    return Q(step=Step.SERGEANT, status=FlagStatus.OPEN, acknowledge_by__gte=now)


def weekly_flags(viewer: Viewer, now: datetime, filters: Filters | None = None) -> tuple[Week, ...]:
    """Flags raised on supervised cases in the last twelve weeks, oldest week first."""
    first = monday_of(localdate(now)) - timedelta(weeks=WEEKS - 1)
    rows = (
        _flags_between(viewer, now, filters or Filters(), first, WEEKS)
        .annotate(week=TruncWeek("raised_at"))
        .values("week")
        .annotate(
            raised=Count("pk"),
            stalled=Count("pk", filter=Q(kind=FlagKind.STALLED)),
            in_time=Count("pk", filter=_ACTED_IN_TIME),
            waiting=Count("pk", filter=_has_time(now)),
        )
        .order_by()
    )
    by_week: dict[date, Mapping[str, Any]] = {localdate(row["week"]): row for row in rows}
    weeks = (first + timedelta(weeks=index) for index in range(WEEKS))
    return tuple(_week(week, by_week.get(week, {})) for week in weeks)


def _week(starts_on: date, row: Mapping[str, Any]) -> Week:
    raised, in_time, waiting = (row.get(name, 0) for name in ("raised", "in_time", "waiting"))
    return Week(
        starts_on=starts_on,
        raised=raised,
        stalled=row.get("stalled", 0),
        in_time=in_time,
        late=raised - in_time - waiting,
        waiting=waiting,
    )


def flags_of_week(
    viewer: Viewer, now: datetime, filters: Filters, starts_on: date, answer: str = ""
) -> tuple[FlagRow, ...]:
    """The flags behind one mark of the weekly chart, the oldest first."""
    flags = _flags_between(viewer, now, filters, starts_on, 1)
    if answer == IN_TIME:
        flags = flags.filter(_ACTED_IN_TIME)
    elif answer == WAITING:
        flags = flags.filter(_has_time(now))
    elif answer == LATE:
        in_time = flags.filter(_ACTED_IN_TIME | _has_time(now)).values("pk")
        flags = flags.exclude(pk__in=in_time)
    shown = flags.select_related("case", "acknowledged_by").order_by("raised_at", "id")
    return tuple(_flag_row(flag, now) for flag in shown[:FLAGS_SHOWN])


def _flag_row(flag: Flag, now: datetime) -> FlagRow:
    reasons = (Reason(item["code"], item.get("params", {})) for item in flag.reasons)
    by = flag.acknowledged_by
    return FlagRow(
        case_id=flag.case_id,
        number=flag.case.number if flag.case else "",
        label=str(FlagKind(flag.kind).label),
        status=str(FlagStatus(flag.status).label),
        words="; ".join(sentence(reason, flag.resolved_at or now) for reason in reasons),
        raised_at=flag.raised_at,
        acknowledge_by=flag.acknowledge_by,
        acted_at=flag.acknowledged_at or flag.resolved_at,
        acted_by=by.display_name if by else "",
    )


def _flags_between(
    viewer: Viewer, now: datetime, filters: Filters, first: date, weeks: int
) -> QuerySet[Flag]:
    starts_at = make_aware(datetime.combine(first, time.min))
    ends_at = make_aware(datetime.combine(first + timedelta(weeks=weeks), time.min))
    flags = Flag.objects.filter(raised_at__gte=starts_at, raised_at__lt=ends_at, case__isnull=False)
    if supervises_all(viewer) and not filters.narrows:
        return beyond_walls(flags, viewer, case="case_id")
    cases = narrowed(supervised_cases(viewer, now), filters).order_by().values("pk")
    return flags.filter(case_id__in=cases)


def monday_of(day: date) -> date:
    """The Monday on or before a day."""
    return day - timedelta(days=day.weekday())
