"""How does a person read the results? N beside N/10, with ratios and growth."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from cases.management.bench.measures import Result
from cases.management.bench.pages import PageResult

One = TypeVar("One", Result, PageResult)
Results = Sequence[Result | PageResult]

_HEAD = ("rows", "SQL ms", "best ms", "ratio", "call ms", "growth")
_PAGE_HEAD = ("queries", "SQL ms", "page ms", "growth")


def report(few: Results, many: Results) -> Iterator[str]:
    """`growth`: how many times longer the same takes with ten times the cases."""
    yield from _table(
        f"{many[0].cases:,} cases, medians; growth from {few[0].cases:,}",
        _HEAD,
        [_cells(small, large) for small, large in _pairs(few, many, Result)],
    )
    paged = [_page_cells(small, large) for small, large in _pairs(few, many, PageResult)]
    if paged:
        yield ""
        yield from _table("Whole pages", _PAGE_HEAD, paged)


def people_report(found: Sequence[Result]) -> Iterator[str]:
    """Finding somebody, beside as many probes of a plain index."""
    head = ("rows", "SQL ms", "plain ms", "ratio", "call ms")
    rows = [_cells(one, one)[:-1] for one in found]
    yield from _table(f"{found[0].cases:,} people, medians", head, rows)


def guarded_report(found: Sequence[Result]) -> Iterator[str]:
    """Lists with row-level security, beside the same statements without."""
    rows = [
        (one.name, f"{one.rows:,}", f"{one.median_ms:.2f}", f"{one.best_sql_ms:.2f}",
         f"{one.ratio:.2f}")
        for one in found
    ]  # fmt: skip
    head = ("rows", "with ms", "without", "ratio")
    yield from _table(f"{found[0].cases:,} cases, medians", head, rows)


def _pairs(few: Results, many: Results, kind: type[One]) -> Iterator[tuple[One, One]]:
    small, large = ([one for one in results if isinstance(one, kind)] for results in (few, many))
    return zip(small, large, strict=True)


def _cells(small: Result, large: Result) -> tuple[str, ...]:
    return (
        large.name,
        f"{large.rows:,}",
        f"{large.median_ms:.2f}",
        f"{large.best_sql_ms:.2f}",
        f"{large.ratio:.2f}",
        f"{large.wall_ms:.2f}",
        f"{large.median_ms / small.median_ms:.1f}",
    )


def _page_cells(small: PageResult, large: PageResult) -> tuple[str, ...]:
    return (
        large.name.removeprefix("page: "),
        f"{large.queries}",
        f"{large.sql_ms:.1f}",
        f"{large.wall_ms:.1f}",
        f"{large.wall_ms / small.wall_ms:.1f}",
    )


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    width = max(len(title), *(len(row[0]) for row in rows))
    yield f"{title:<{width}}" + "".join(f"{name:>10}" for name in head)
    for row in rows:
        yield f"{row[0]:<{width}}" + "".join(f"{cell:>10}" for cell in row[1:])
