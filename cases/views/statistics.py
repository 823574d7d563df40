"""What the public may know of a year, as figures, as tables and as a file."""

import csv
import io
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.events import Event
from cases.access import Hidden
from cases.enums import Permission
from cases.figures.drawing import ROW, Column, Figure, Mark, Part, Table
from cases.rules.cells import harmless
from cases.rules.limits import EXPORTS
from cases.rules.suppression import LEAST, OneWay
from cases.selectors.statistics import Crossed, Edition, Simple, edition, spoken
from cases.views.gate import requires, viewer_of
from cases.views.limited import limited

HIDDEN = "hidden"
COLUMNS = ("year", "table", "row", "column", "cases")


@requires(Permission.SEE_FIGURES)
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """One year's edition: a figure for each count, and the crossed tables."""
    found = edition(viewer=viewer_of(request), now=timezone.now(), year=_year(request))
    context = {
        "edition": found,
        "figures": [_figure(simple) for simple in found.simple] if found else [],
        "tables": [_table(crossed) for crossed in found.crossed if crossed.table] if found else [],
        "left_out": [c.second.label.lower() for c in found.crossed if not c.table] if found else [],
        "least": LEAST,
    }
    return render(request, "statistics/show.html", context)


@requires(Permission.SEE_FIGURES)
@limited(EXPORTS)
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The same edition as CSV, for publishing."""
    found = edition(
        viewer=viewer_of(request), now=timezone.now(), year=_year(request), event=Event.EXPORTED
    )
    if found is None:
        raise Hidden
    text = io.StringIO()
    csv.writer(text).writerows(
        [COLUMNS, *([harmless(cell) for cell in row] for row in _rows(found))]
    )
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="statistics-{found.year}.csv"'
    return response


def _year(request: HttpRequest) -> int | None:
    given = request.GET.get("year", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) == 4):  # noqa: PLR2004 - a year
        raise Hidden
    return int(given)


def _rows(found: Edition) -> Iterator[tuple[str, ...]]:
    year = str(found.year)
    for simple in found.simple:
        name = simple.dimension.label
        for label, count in simple.table.counts:
            yield year, name, label, "", _said(count)
        yield year, name, "Total", "", str(simple.table.total)
    for crossed in found.crossed:
        if crossed.table is None:
            continue
        name = _title(crossed)
        for row, line in zip(crossed.table.rows, crossed.table.counts, strict=True):
            for column, count in zip(crossed.table.columns, line, strict=True):
                yield year, name, spoken(row), spoken(column), _said(count)


def _said(count: int | None) -> str:
    return HIDDEN if count is None else str(count)


def _title(crossed: Crossed) -> str:
    return f"{crossed.first.label} by {crossed.second.label.lower()}"


def _figure(simple: Simple) -> Figure:
    key, table = simple.dimension.key, simple.table
    longest = max((count for _, count in table.counts if count), default=1)
    marks = tuple(
        Mark(
            label=label,
            words=HIDDEN if count is None else f"{count:,}",
            url=f"#{key}-table-caption",
            parts=(Part("plain", 0, 100 * (count or 0) / longest),),
            at=index * ROW,
        )
        for index, (label, count) in enumerate(table.counts)
    )
    return Figure(
        id=key,
        title=f"Cases by {simple.dimension.label.lower()}",
        summary=_summary(table),
        template="charts/_lying.html",
        height=len(marks) * ROW,
        marks=marks,
        table=_simple_table(simple),
    )


def _summary(table: OneWay) -> str:
    shown = [(count, label) for label, count in table.counts if count is not None]
    if not shown:
        return f"{table.total:,} in all; each part is hidden."
    count, label = max(shown)
    hidden = f" {len(table.hidden)} counts are hidden." if table.hidden else ""
    return f"Most: {label}, {count:,} of {table.total:,}.{hidden}"


def _simple_table(simple: Simple) -> Table:
    label = simple.dimension.label
    rows = tuple((name, _said(count)) for name, count in simple.table.counts)
    return Table(
        id=f"{simple.dimension.key}-table",
        caption=f"Cases by {label.lower()}",
        columns=(Column(label), Column("Cases", numeric=True)),
        rows=(*rows, ("Total", str(simple.table.total))),
    )


def _table(crossed: Crossed) -> Table:
    table = crossed.table
    if table is None:
        raise ValueError("Nothing of this table may be said.")
    rows = tuple(
        (spoken(row), *(_said(count) for count in line))
        for row, line in zip(table.rows, table.counts, strict=True)
    )
    return Table(
        id=f"class-{crossed.second.key}",
        caption=_title(crossed),
        columns=(
            Column(crossed.first.label),
            *(Column(spoken(column), numeric=True) for column in table.columns),
        ),
        rows=rows,
    )
