"""What may the public know of a year? A fixed set of tables that fit together, small counts hidden.

One edition a calendar year, once it is over: editions that overlap in time could be subtracted from
each other. Every case of the unit counts, whoever asks.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min
from django.db.models.functions import ExtractMonth, ExtractYear
from django.utils.timezone import localtime

from audit.events import Event
from audit.recorder import record
from cases.access import Hidden, Viewer
from cases.enums import Channel, Disposition, OffenseClass, Permission
from cases.models import Case
from cases.row_security import Span, reading_as
from cases.rules.suppression import Group, OneWay, TwoWay, one_way, two_way

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
OPEN = "Open"
EXCEPTIONAL = "Cleared exceptionally"
OUTCOMES = {
    "": OPEN,
    Disposition.CLEARED_ARREST.value: "Cleared by arrest",
    Disposition.UNFOUNDED.value: "Unfounded",
    Disposition.INACTIVE.value: "Inactive, not cleared",
}
NO_DIVISION = "No division recorded"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing that cases are counted by.

    `labels`: all there are, occurring this year or not: a label that is missing when its count is
    nought would say of the others that theirs is not.
    """

    key: str
    label: str
    of: Callable[[Row], str]
    labels: tuple[str, ...] = ()


DIMENSIONS = (
    Dimension(
        "class",
        "Offense class",
        lambda row: OffenseClass(row["offense_class"]).label,
        tuple(OffenseClass.labels),
    ),
    Dimension(
        "channel", "Channel", lambda row: Channel(row["channel"]).label, tuple(Channel.labels)
    ),
    Dimension("division", "Patrol division", lambda row: row["division"] or NO_DIVISION),
    Dimension("month", "Month received", lambda row: MONTHS[row["month"] - 1], MONTHS),
    Dimension(
        "outcome",
        "Outcome",
        lambda row: OUTCOMES.get(row["disposition"], EXCEPTIONAL),
        (OPEN, "Cleared by arrest", EXCEPTIONAL, "Unfounded", "Inactive, not cleared"),
    ),
)


@dataclass(frozen=True, slots=True)
class Simple:
    """Cases by one thing."""

    dimension: Dimension
    table: OneWay


@dataclass(frozen=True, slots=True)
class Crossed:
    """Cases by offense class and one other thing; None if nothing may be said."""

    first: Dimension
    second: Dimension
    table: TwoWay | None


@dataclass(frozen=True, slots=True)
class Edition:
    """All that is published of one year. No table at all: fewer than five cases."""

    year: int
    years: tuple[int, ...]
    simple: tuple[Simple, ...]
    crossed: tuple[Crossed, ...]
    counted_at: datetime

    @property
    def total(self) -> int | None:
        return self.simple[0].table.total if self.simple else None


@reading_as(Span.STATISTICS)
def edition(
    *, viewer: Viewer, now: datetime, year: int | None = None, event: Event = Event.FIGURES_VIEWED
) -> Edition | None:
    """The year's tables, by default the last complete year's; None while no year is complete.

    Raises Hidden without the permission, and for a year that is not complete or has no case.
    """
    if not viewer.can(Permission.SEE_FIGURES):
        raise Hidden
    years = complete_years(now)
    if year is not None and year not in years:
        raise Hidden
    record(event, at=now, details={"statistics": year or (years[0] if years else None)})
    if not years:
        return None
    chosen = year or years[0]
    simple, crossed = _tables(_counted(chosen), _dimensions())
    return Edition(chosen, years, simple, crossed, now)


@reading_as(Span.STATISTICS)
def complete_years(now: datetime) -> tuple[int, ...]:
    """Calendar years of the unit's time zone that are over, the last first."""
    ends = Case.objects.aggregate(first=Min("received_at"), last=Max("received_at"))
    if ends["first"] is None:
        return ()
    last = min(localtime(ends["last"]).year, localtime(now).year - 1)
    return tuple(range(last, localtime(ends["first"]).year - 1, -1))


def _counted(year: int) -> list[dict[str, Any]]:
    cases = Case.objects.annotate(
        year=ExtractYear("received_at"), month=ExtractMonth("received_at")
    ).filter(year=year)
    columns = ("offense_class", "channel", "division", "month", "disposition")
    return list(cases.order_by().values(*columns).annotate(cases=Count("pk")))


def _dimensions() -> tuple[Dimension, ...]:
    """With every division that ever had a case."""
    divisions = Case.objects.order_by("division").values_list("division", flat=True).distinct()
    names = tuple(name or NO_DIVISION for name in divisions)
    return tuple(
        replace(dimension, labels=names) if dimension.key == "division" else dimension
        for dimension in DIMENSIONS
    )


def _tables(
    rows: list[dict[str, Any]], dimensions: Iterable[Dimension]
) -> tuple[tuple[Simple, ...], tuple[Crossed, ...]]:
    ways = [(dimension, one_way(_by_one(rows, dimension))) for dimension in dimensions]
    simple = tuple(Simple(dimension, table) for dimension, table in ways if table is not None)
    if not simple:
        return (), ()
    first = simple[0]
    crossed = tuple(
        Crossed(
            first.dimension,
            other.dimension,
            two_way(_by_two(rows, first.dimension, other.dimension), first.table, other.table),
        )
        for other in simple[1:]
    )
    return simple, crossed


def _by_one(rows: Iterable[Row], dimension: Dimension) -> dict[str, int]:
    counts = Counter(dict.fromkeys(dimension.labels, 0))
    for row in rows:
        counts[dimension.of(row)] += row["cases"]
    return dict(counts)


def _by_two(rows: Iterable[Row], first: Dimension, second: Dimension) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counts[first.of(row), second.of(row)] += row["cases"]
    return counts


def spoken(group: Group) -> str:
    """A group as a reader sees it."""
    return " + ".join(group)
