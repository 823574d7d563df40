"""Which counts may be published so that nobody can work out a small one?

A count under five is hidden. Because totals are published too, hiding it alone gives it back by
subtraction, so others are hidden with it: in every table, what is hidden can be moved about so that
each hidden count could as well be five or more, without a published number changing (decision 9).
All tables of one edition share their margins: what one table hides on its side stands in the others
only as part of a group, so that laying them side by side gives nothing back either.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

LEAST = 5

Counts = Mapping[str, int]
Cells = Mapping[tuple[str, str], int]
Group = tuple[str, ...]
Grid = list[list[int]]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OneWay:
    """Counts by one thing, None where hidden, and their total."""

    counts: tuple[tuple[str, int | None], ...]
    total: int

    @property
    def hidden(self) -> Group:
        return tuple(label for label, count in self.counts if count is None)

    @property
    def groups(self) -> tuple[Group, ...]:
        """How a crossed table may name these: each shown one alone, the hidden ones together."""
        shown = tuple((label,) for label, count in self.counts if count is not None)
        return (*shown, self.hidden) if self.hidden else shown


@dataclass(frozen=True, slots=True)
class TwoWay:
    """Counts by two things, None where hidden. A group of several stands for all of them."""

    rows: tuple[Group, ...]
    columns: tuple[Group, ...]
    counts: tuple[tuple[int | None, ...], ...]


def one_way(counts: Counts) -> OneWay | None:
    """None if there is nothing that may be said: fewer than five in all."""
    total = sum(counts.values())
    if total < LEAST:
        return None
    hidden = {label for label, count in counts.items() if count < LEAST}
    larger = sorted((count, label) for label, count in counts.items() if label not in hidden)
    while hidden and larger and (len(hidden) == 1 or _sum(counts, hidden) < LEAST):
        hidden.add(larger.pop(0)[1])
    return OneWay(
        tuple((label, None if label in hidden else count) for label, count in counts.items()),
        total,
    )


def _sum(counts: Counts, labels: set[str]) -> int:
    return sum(counts[label] for label in labels)


def two_way(cells: Cells, rows: OneWay, columns: OneWay) -> TwoWay | None:
    """Two things crossed, within what is published of each; None if nothing would be left to say.

    Where a small count has nothing to hide behind, its row or column joins the next smallest.
    """
    sides = [list(rows.groups), list(columns.groups)]
    while min(len(side) for side in sides) > 1:
        grid = _grid(cells, sides[0], sides[1])
        hidden = _hide(grid)
        if not isinstance(hidden, tuple):
            return _published(grid, hidden, sides)
        _join(sides, grid, hidden)
    return None


def _grid(cells: Cells, rows: Sequence[Group], columns: Sequence[Group]) -> Grid:
    return [
        [sum(cells.get(pair, 0) for pair in product(row, column)) for column in columns]
        for row in rows
    ]


def _hide(grid: Grid) -> set[Place] | Place:
    """Everything that has to be hidden; or the first place that nothing here can protect."""
    small = [place for place in _places(grid) if _at(grid, place) < LEAST]
    hidden = set(small)
    for place in sorted(small, key=lambda place: (_at(grid, place), place)):
        corners = min(
            _rectangles(grid, place), key=lambda found: _cost(grid, found, hidden), default=None
        )
        if corners is None:
            return place
        hidden |= set(corners)
    return hidden


def _rectangles(grid: Grid, place: Place) -> Iterator[tuple[Place, Place, Place]]:
    """The other three corners wherever what lacks to five can go round without a sum changing.

    The place and the corner opposite gain what the two beside it lose: each could be so.
    """
    row, column = place
    lacks = LEAST - grid[row][column]
    for other_row in range(len(grid)):
        for other_column in range(len(grid[0])):
            if other_row == row or other_column == column:
                continue
            if grid[row][other_column] >= lacks and grid[other_row][column] >= lacks:
                yield (row, other_column), (other_row, column), (other_row, other_column)


def _cost(grid: Grid, corners: Sequence[Place], hidden: set[Place]) -> tuple[int, int]:
    """What more would be hidden, in cells and in cases."""
    more = [_at(grid, place) for place in corners if place not in hidden]
    return len(more), sum(more)


def _join(sides: list[list[Group]], grid: Grid, place: Place) -> None:
    """Put the smaller side of an unprotected place together with the smallest beside it."""
    margins = ([sum(line) for line in grid], [sum(line) for line in zip(*grid, strict=True)])
    smaller = min((0, 1), key=lambda side: (margins[side][place[side]], side))
    mine = place[smaller]
    others = [index for index in range(len(sides[smaller])) if index != mine]
    beside = min(others, key=lambda index: (margins[smaller][index], index))
    kept = [group for index, group in enumerate(sides[smaller]) if index not in (mine, beside)]
    sides[smaller] = [*kept, sides[smaller][mine] + sides[smaller][beside]]


def _published(grid: Grid, hidden: set[Place], sides: Sequence[Sequence[Group]]) -> TwoWay:
    counts = tuple(
        tuple(None if (row, column) in hidden else count for column, count in enumerate(line))
        for row, line in enumerate(grid)
    )
    return TwoWay(tuple(sides[0]), tuple(sides[1]), counts)


def _places(grid: Grid) -> list[Place]:
    return list(product(range(len(grid)), range(len(grid[0]))))


def _at(grid: Grid, place: Place) -> int:
    return grid[place[0]][place[1]]
