"""Can anybody work out a hidden count from all that is published, laid side by side?

The attacker here solves linear programs over everything published: sums, and that counts are not
negative. A hidden count must neither be pinned to one value nor proven to be under five.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog  # type: ignore[import-untyped]

from cases.rules.suppression import LEAST, OneWay, TwoWay, one_way, two_way

SLACK = 1e-6
few = settings(max_examples=60, deadline=None)
small_counts = st.one_of(st.integers(0, 8), st.integers(0, 40))
Record = tuple[str, ...]


def labels(prefix: str, size: int) -> list[str]:
    return [f"{prefix}{index}" for index in range(size)]


@st.composite
def units(draw: st.DrawFn) -> Counter[Record]:
    """A small unit's year: cases by class, channel and month."""
    sizes = [draw(st.integers(1, 4)) for _ in range(3)]
    axes = [labels(prefix, size) for prefix, size in zip("abc", sizes, strict=True)]
    counts = draw(st.lists(small_counts, min_size=prod(sizes), max_size=prod(sizes)))
    return Counter(dict(zip(product(*axes), counts, strict=True)))


def margin(cases: Mapping[Record, int], *axes: int) -> dict[Record, int]:
    """Zero cells included: that a thing did not happen is a count too."""
    sums = {tuple(record[axis] for axis in axes): 0 for record in cases}
    for record, count in cases.items():
        sums[tuple(record[axis] for axis in axes)] += count
    return sums


def sides(cases: Mapping[Record, int]) -> list[OneWay | None]:
    return [
        one_way({label: count for (label,), count in margin(cases, axis).items()})
        for axis in range(3)
    ]


def crossed(cases: Mapping[Record, int], first: OneWay, second: OneWay, axis: int) -> TwoWay | None:
    cells = {(pair[0], pair[1]): count for pair, count in margin(cases, 0, axis).items()}
    return two_way(cells, first, second)


class Attack:
    """Everything published, as equations over the finest counts that anybody could think of."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records
        self.known: list[list[float]] = []
        self.values: list[float] = []

    def cell(self, **fixed: tuple[str, ...]) -> list[float]:
        """Which of the finest counts a published one adds up; `a0`: axis 0 is one of these."""
        return [
            float(all(record[int(axis[1])] in names for axis, names in fixed.items()))
            for record in self.records
        ]

    def learn(self, cell: list[float], value: float) -> None:
        self.known.append(cell)
        self.values.append(value)

    def bounds(self, cell: list[float]) -> tuple[float, float]:
        found = []
        for sign in (1, -1):
            solved = linprog(
                np.array(cell) * sign,
                A_eq=np.array(self.known),
                b_eq=np.array(self.values),
                bounds=(0, None),
                method="highs",
            )
            assert solved.status in {0, 3}, solved.message
            found.append(np.inf if solved.status == 3 else solved.fun)
        return found[0], -found[1]


Hidden = Iterator[tuple[list[float], int]]


def published(attack: Attack, cases: Mapping[Record, int]) -> Hidden:
    """Tell the attacker all that is published; what is hidden comes out, with its true count."""
    first, *others = sides(cases)
    if first is None:
        return
    for axis, way in enumerate((first, *others)):
        assert way is not None
        attack.learn([1.0] * len(attack.records), way.total)
        for label, count in way.counts:
            yield from tell(attack, cases, attack.cell(**{f"a{axis}": (label,)}), count)
        table = crossed(cases, first, way, axis) if axis else None
        for row, line in zip(table.rows, table.counts, strict=True) if table else ():
            for column, count in zip(table.columns, line, strict=True) if table else ():
                cell = attack.cell(a0=row, **{f"a{axis}": column})
                yield from tell(attack, cases, cell, count)


def tell(
    attack: Attack, cases: Mapping[Record, int], cell: list[float], count: int | None
) -> Hidden:
    parts = zip(attack.records, cell, strict=True)
    true = sum(cases[record] for record, part in parts if part)
    if count is None:
        yield cell, true
    else:
        assert count == true
        attack.learn(cell, count)


@few
@given(units())
def test_no_hidden_count_comes_back_from_all_tables_together(cases: Counter[Record]) -> None:
    attack = Attack(list(cases))

    for cell, true in list(published(attack, cases)):
        low, high = attack.bounds(cell)
        assert high - low > SLACK, "a hidden count is known exactly"
        assert high >= LEAST - SLACK, "a hidden count is known to be under five"
        assert low - SLACK <= true <= high + SLACK


@few
@given(units())
def test_no_small_count_is_published(cases: Counter[Record]) -> None:
    ways = sides(cases)
    shown = [count for way in ways if way for _, count in way.counts if count is not None]
    if ways[0] is not None:
        for axis in (1, 2):
            assert ways[axis] is not None
            table = crossed(cases, ways[0], ways[axis], axis)  # type: ignore[arg-type]
            for line in table.counts if table else ():
                shown += [count for count in line if count is not None]

    assert all(count >= LEAST for count in shown)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=2, max_size=4))
def test_one_way_against_every_table_that_would_look_the_same(counts: list[int]) -> None:
    """Brute force: all the ways to fill what is hidden that add up to the published total."""
    table = one_way(dict(zip(labels("a", len(counts)), counts, strict=True)))
    if table is None:
        assert sum(counts) < LEAST
        return
    rest = table.total - sum(count or 0 for _, count in table.counts)
    fillings = [
        filling
        for filling in product(range(rest + 1), repeat=len(table.hidden))
        if sum(filling) == rest
    ]
    for position in range(len(table.hidden)):
        values = {filling[position] for filling in fillings}
        assert len(values) > 1
        assert max(values) >= LEAST


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_two_way_against_whole_numbers_only(counts: list[int]) -> None:
    """Linear programs may use halves; cases are whole: for each hidden count, a whole table."""
    cells = dict(zip(product(labels("a", 2), labels("b", 3)), counts, strict=True))
    rows = one_way(
        {row: sum(cells[row, column] for column in labels("b", 3)) for row in labels("a", 2)}
    )
    columns = one_way(
        {column: sum(cells[row, column] for row in labels("a", 2)) for column in labels("b", 3)}
    )
    table = two_way(cells, rows, columns) if rows and columns else None
    if table is None:
        return
    grid = [
        [sum(cells[pair] for pair in product(row, column)) for column in table.columns]
        for row in table.rows
    ]
    seen: dict[tuple[int, int], set[int]] = {}
    for filling in same_sums(grid, table.counts):
        for row, line in enumerate(table.counts):
            for column, count in enumerate(line):
                if count is None:
                    seen.setdefault((row, column), set()).add(filling[row][column])
    for values in seen.values():
        assert len(values) > 1
        assert max(values) >= LEAST


def same_sums(
    grid: list[list[int]], shown: tuple[tuple[int | None, ...], ...]
) -> Iterator[list[list[int]]]:
    """Every table of two rows with the same margins and the same published counts."""
    if len(grid) != 2:
        return
    sums = [sum(column) for column in zip(*grid, strict=True)]
    for first in product(*(range(total + 1) for total in sums)):
        filling = [list(first), [total - count for total, count in zip(sums, first, strict=True)]]
        fits = all(
            count is None or count == filling[row][column]
            for row, line in enumerate(shown)
            for column, count in enumerate(line)
        )
        if sum(first) == sum(grid[0]) and fits:
            yield filling


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"a": 5, "b": 5}, ()),
        ({"a": 4, "b": 5, "c": 9}, ("a", "b")),
        ({"a": 4, "b": 1, "c": 9}, ("a", "b")),
        ({"a": 3, "b": 1, "c": 9}, ("a", "b", "c")),
        ({"a": 0, "b": 20, "c": 6}, ("a", "c")),
        ({"a": 5}, ()),
    ],
)
def test_what_is_hidden_with_a_small_count(counts: dict[str, int], hidden: tuple[str, ...]) -> None:
    table = one_way(counts)

    assert table is not None
    assert table.hidden == hidden
    assert table.total == sum(counts.values())


@pytest.mark.parametrize("counts", [{}, {"a": 4}, {"a": 2, "b": 2}])
def test_under_five_in_all_says_nothing(counts: dict[str, int]) -> None:
    assert one_way(counts) is None


def test_without_complements_the_attack_succeeds() -> None:
    """The attack is one: hiding a small count alone gives it back."""
    attack = Attack([("a0",), ("a1",), ("a2",)])
    attack.learn([1.0, 1.0, 1.0], 20)
    attack.learn([0.0, 1.0, 0.0], 9)
    attack.learn([0.0, 0.0, 1.0], 8)

    assert attack.bounds([1.0, 0.0, 0.0]) == pytest.approx((3, 3))
