"""How is a count drawn? As SVG whose marks are words and links, with a table of the same behind it.

Widths are percentages and heights pixels: a figure fits any screen and its text never shrinks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from cases.forms.dashboard import query_of
from cases.selectors.cases import NO_DIVISION
from cases.selectors.charts import IN_TIME, LATE, WAITING, OpenCases, Tally, Week
from cases.selectors.ranked import NOBODY, Filters

ROW = 42
TOP = 22
SHOWN = 12
PLOT = 160
LEAST_HEIGHT = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a mark. Lying: `start` and `size` in percent of the width; standing: in pixels."""

    tone: str
    start: float
    size: float
    url: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar or a column, with the words beside it and the list behind it."""

    label: str
    words: str
    url: str
    parts: tuple[Part, ...]
    at: float
    label_shown: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: what it shows in a sentence, its marks, and the table with the same numbers."""

    id: str
    title: str
    summary: str
    template: str
    height: int
    marks: tuple[Mark, ...]
    table: Table
    legend: tuple[tuple[str, str], ...] = ()
    limit: float | None = None
    limit_words: str = ""
    width: float = 0
    top_words: str = ""
    wide: bool = False


def figures(open_cases: OpenCases, weeks: Sequence[Week], filters: Filters) -> tuple[Figure, ...]:
    """Every chart of the supervisor's page."""
    return (
        age_figure(open_cases, filters),
        load_figure(open_cases, filters),
        weekly_figure(weeks, filters),
        share_figure(open_cases, filters),
        division_figure(open_cases, filters),
    )


def age_figure(cases: OpenCases, filters: Filters) -> Figure:
    old = sum(tally.count for tally in cases.ages[-2:])
    return _lying(
        "ages",
        "Age of open cases",
        f"{_cases(cases.total, 'open case')}; {old:,} received more than 180 days ago.",
        "Days since received",
        cases.ages,
        lambda tally: _list_url(filters, age=tally.key),
        label=lambda tally: f"{tally.label} days",
        tone=lambda tally: "watch" if tally in cases.ages[-2:] else "plain",
    )


def load_figure(cases: OpenCases, filters: Filters) -> Figure:
    limit = cases.load_limit
    over = sum(tally.count > limit for tally in cases.detectives if tally.key)
    nobody = sum(tally.count for tally in cases.detectives if not tally.key)
    return _lying(
        "load",
        "Load per detective",
        f"{over} over the limit of {limit} open cases; {_cases(nobody, 'open case')} with nobody.",
        "Detective",
        cases.detectives,
        lambda tally: _list_url(filters, detective=tally.key or NOBODY),
        tone=lambda tally: "alert" if tally.count > limit or not tally.key else "plain",
        limit=limit,
    )


def division_figure(cases: OpenCases, filters: Filters) -> Figure:
    worst = max(cases.divisions, key=lambda tally: tally.past_due, default=Tally("", "", 0))
    summary = (
        f"Most past due: {worst.label}, {worst.past_due:,} of {worst.count:,}."
        if worst.past_due
        else "No open case is past due."
    )
    return _lying(
        "divisions",
        "Open cases by division",
        summary,
        "Division",
        cases.divisions,
        lambda tally: _list_url(filters, division=tally.key or NO_DIVISION),
        past_due=True,
    )


def share_figure(cases: OpenCases, filters: Filters) -> Figure:
    thin = sum(tally.count for tally in cases.shares[:2])
    imported = cases.shares[-1].count
    more = f" {_cases(imported, 'imported report')} can't be counted." if imported else ""
    return _lying(
        "shares",
        "Completeness of reports",
        f"{_cases(thin, 'open case')} with less than half of what the report must say.{more}",
        "Share settled",
        cases.shares,
        lambda tally: _list_url(filters, complete=tally.key),
        label=lambda tally: tally.label if tally.key == "none" else f"{tally.label} %",
        tone=lambda tally: "watch" if tally in cases.shares[:2] else "plain",
    )


def _lying(
    name: str,
    title: str,
    summary: str,
    heading: str,
    tallies: Sequence[Tally],
    url: Callable[[Tally], str],
    *,
    label: Callable[[Tally], str] = lambda tally: tally.label,
    tone: Callable[[Tally], str] = lambda _tally: "plain",
    past_due: bool = False,
    limit: int | None = None,
) -> Figure:
    shown = tallies[:SHOWN]
    longest = max([tally.count for tally in shown] + [limit or 0, 1])
    marks = tuple(
        Mark(
            label=label(tally),
            words=_words(tally) if past_due else f"{tally.count:,}",
            url=url(tally),
            parts=_parts(tally, longest, tone(tally), past_due=past_due),
            at=index * ROW,
        )
        for index, tally in enumerate(shown)
    )
    left = len(tallies) - len(shown)
    return Figure(
        id=name,
        title=title,
        summary=summary + (f" {left} more in the table." if left else ""),
        template="charts/_lying.html",
        height=ROW * len(shown),
        marks=marks,
        table=_tally_table(name, title, heading, tallies, label),
        legend=(("alert", "past due"), ("plain", "in time")) if past_due else (),
        limit=round(100 * limit / longest, 2) if limit else None,
        limit_words=f"limit {limit}" if limit else "",
    )


def _parts(tally: Tally, longest: int, tone: str, *, past_due: bool) -> tuple[Part, ...]:
    whole = round(100 * tally.count / longest, 2)
    if not past_due:
        return (Part(tone, 0, whole),)
    late = round(100 * tally.past_due / longest, 2)
    return (Part("alert", 0, late), Part("plain", late, round(whole - late, 2)))


def _words(tally: Tally) -> str:
    return f"{tally.count:,}, {tally.past_due:,} past due"


def _tally_table(
    name: str,
    title: str,
    heading: str,
    tallies: Sequence[Tally],
    label: Callable[[Tally], str],
) -> Table:
    late = any(tally.past_due for tally in tallies)
    columns = [Column(heading), Column("Open cases", numeric=True)]
    if late:
        columns.append(Column("Past due", numeric=True))
    rows = tuple(
        (label(tally), f"{tally.count:,}", *([f"{tally.past_due:,}"] if late else []))
        for tally in tallies
    )
    return Table(f"{name}-table", title, tuple(columns), rows)


# -- flags over time ----------------------------------------------------------------------------

ANSWERS = (
    (LATE, "alert", "late"),
    (WAITING, "quiet", "still within time"),
    (IN_TIME, "ok", "in time"),
)


def weekly_figure(weeks: Sequence[Week], filters: Filters) -> Figure:
    raised, in_time = sum(week.raised for week in weeks), sum(week.in_time for week in weeks)
    late = sum(week.late for week in weeks)
    stalled = sum(week.stalled for week in weeks)
    top = max([week.raised for week in weeks] + [1])
    return Figure(
        id="weeks",
        title="Flags raised per week, and acted on in time",
        summary=f"{raised:,} in {len(weeks)} weeks, {stalled:,} of them stalled: {in_time:,} acted "
        f"on in time, {late:,} late.",
        template="charts/_standing.html",
        height=PLOT + TOP * 2,
        marks=tuple(_column(week, index, top, filters) for index, week in enumerate(weeks)),
        table=_weekly_table(weeks),
        legend=tuple((tone, words) for _, tone, words in reversed(ANSWERS)),
        width=round(100 / max(len(weeks), 1), 3),
        top_words=f"{top:,}",
        wide=True,
    )


def _column(week: Week, index: int, top: int, filters: Filters) -> Mark:
    counts = {LATE: week.late, WAITING: week.waiting, IN_TIME: week.in_time}
    parts: list[Part] = []
    floor = float(TOP + PLOT)
    for answer, tone, words in ANSWERS:
        if counts[answer]:
            size = max(LEAST_HEIGHT, round(PLOT * counts[answer] / top, 1))
            floor = round(floor - size, 1)
            said = f"Week of {_day(week.starts_on)}: {counts[answer]:,} {words}"
            url = _flags_url(filters, week.starts_on, answer)
            parts.append(Part(tone, floor, size, url, said))
    return Mark(
        label=_day(week.starts_on),
        words=f"{week.raised:,}",
        url="",
        parts=tuple(parts),
        at=round(index * 100 / 12, 3),
        label_shown=index % 3 == 0,
    )


def _weekly_table(weeks: Sequence[Week]) -> Table:
    names = ("Raised", "Stalled", "In time", "Late", "Within time")
    rows = tuple(
        (
            _day(week.starts_on),
            *(
                f"{count:,}"
                for count in (week.raised, week.stalled, week.in_time, week.late, week.waiting)
            ),
        )
        for week in weeks
    )
    columns = (Column("Week of"), *(Column(name, numeric=True) for name in names))
    return Table("weeks-table", "Flags raised per week", columns, rows)


def _day(day: date) -> str:
    return f"{day:%-d %b}"


def _cases(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _list_url(filters: Filters, **narrower: str) -> str:
    """The case list narrowed as this page is, and to the mark."""
    detective = "" if filters.detective is None else str(filters.detective)
    given = {
        "state": "open",
        "squad": str(filters.squad or ""),
        "detective": detective,
        "division": filters.division,
        **narrower,
    }
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{reverse('case-list')}?{query}"


def _flags_url(filters: Filters, week: date, answer: str) -> str:
    query = query_of(filters, week=week.isoformat(), answer=answer, kind="", show="")
    return f"{reverse('flag-list')}?{query}"
