"""Does what takes longest stand at the head of each worker's share, and is no test lost?"""

import pytest

from tests.order import long_first

SHORT = [f"short {number}" for number in range(8)]
PAGES, DEMO, RELEASE = ["pages 0", "pages 1"], ["demo 0"], ["release 0"]
ITEMS = [*SHORT[:3], *PAGES, *SHORT[3:5], *DEMO, *SHORT[5:], *RELEASE]


@pytest.mark.parametrize(
    ("workers", "heads"),
    [
        (1, ["pages 0"]),
        (2, ["pages 0", "demo 0"]),
        (3, ["pages 0", "demo 0", "release 0"]),
    ],
)
def test_every_share_begins_with_what_takes_longest(workers: int, heads: list[str]) -> None:
    ordered = long_first(ITEMS, [PAGES, DEMO, RELEASE], workers)

    assert [ordered[len(ITEMS) * worker // workers] for worker in range(workers)] == heads
    assert sorted(ordered) == sorted(ITEMS)
    assert [item for item in ordered if item in SHORT] == SHORT


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_more_that_takes_long_than_fits_a_share_is_all_there(workers: int) -> None:
    assert sorted(long_first(ITEMS, [ITEMS[:9], ITEMS[9:]], workers)) == sorted(ITEMS)
