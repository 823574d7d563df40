"""When does a slot of time begin and end, and is every limit one that a person can work under?"""

from datetime import UTC, datetime, timedelta

import pytest

from cases.rules.limits import EVERY, HOUR, Limit, Without

LIMIT = Limit("tried", 3, HOUR, Without.ALONE)
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "same", "left"),
    [
        (NINE - timedelta(seconds=1), False, 1),
        (NINE, True, 3600),
        (NINE + timedelta(milliseconds=1), True, 3600),
        (NINE + HOUR - timedelta(seconds=1), True, 1),
        (NINE + HOUR - timedelta(milliseconds=1), True, 1),
        (NINE + HOUR, False, 3600),
    ],
)
def test_a_slot_ends_where_the_next_begins(moment: datetime, same: bool, left: int) -> None:
    assert (LIMIT.slot(moment) == LIMIT.slot(NINE)) is same
    assert LIMIT.seconds_left(moment) == left


def test_names_are_used_once() -> None:
    names = [limit.name for limit in EVERY]

    assert len(set(names)) == len(names)
