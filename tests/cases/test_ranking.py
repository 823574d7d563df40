"""In which order do cases stand, and does the sentence count them right?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.enums import OFFICER_FLAGS, ClockKind, FlagKind
from cases.rules.ranking import (
    CHILD_NOT_SEEN,
    CLOCK_CONCERNS,
    CONCERNS,
    Standing,
    concern_of,
    counted,
    headline,
    rank_key,
    times_over,
)

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def standing(**fields: object) -> Standing:
    given: dict[str, object] = {
        "unseen": False,
        "severity": 3,
        "times_over": 2.0,
        "completeness": 0.5,
        "number": "26-000001",
    }
    return Standing(**(given | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"unseen": True, "severity": 1}, {"severity": 5, "times_over": 99.0}),
        ({"severity": 4, "times_over": 1.1}, {"severity": 3, "times_over": 99.0}),
        ({"times_over": 2.1, "completeness": 1.0}, {"completeness": 0.0}),
        ({"completeness": 0.0}, {"completeness": 0.1}),
        ({"completeness": 1.0}, {"completeness": None}),
        ({}, {"number": "26-000002"}),
    ],
)
def test_each_part_of_the_rank_beats_all_that_follow(
    first: dict[str, object], second: dict[str, object]
) -> None:
    assert rank_key(standing(**first)) < rank_key(standing(**second))


@given(st.integers(min_value=2, max_value=10**8))
def test_a_clock_is_over_its_limit_only_after_the_due_moment(seconds: int) -> None:
    limit = timedelta(seconds=seconds)

    assert times_over(NOW - limit, NOW, NOW - SECOND) == 0.0
    assert times_over(NOW - limit, NOW, NOW) == 0.0
    assert times_over(NOW - limit, NOW, NOW + SECOND) > 1.0


def test_times_over_counts_from_the_start() -> None:
    assert times_over(NOW - 4 * DAY, NOW - 3 * DAY, NOW) == 4.0


def test_a_limit_of_nothing_is_no_division_by_zero() -> None:
    assert times_over(NOW - DAY, NOW - DAY, NOW) == 24 * 60 * 60


def test_a_child_who_was_not_seen_is_a_concern_of_its_own() -> None:
    assert concern_of(FlagKind.STALLED, ClockKind.VICTIM_SEEN) == CHILD_NOT_SEEN
    assert concern_of(FlagKind.STALLED, ClockKind.NEXT_SUPPLEMENT) == "stalled"
    assert CLOCK_CONCERNS[ClockKind.ASSIGNMENT] == "orphaned"
    assert ClockKind.FLAG_ACKNOWLEDGED not in CLOCK_CONCERNS


def test_every_flag_on_a_case_has_words() -> None:
    kinds = {kind.value for kind in set(FlagKind) - OFFICER_FLAGS}

    assert set(CONCERNS) == kinds | {CHILD_NOT_SEEN}


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (0, "No case needs you right now."),
        (1, "1 case needs you"),
        (14, "14 cases need you"),
        (1204, "1,204 cases need you"),
    ],
)
def test_the_headline_says_how_many(total: int, words: str) -> None:
    assert headline(total) == words


def test_one_child_is_no_children() -> None:
    assert counted(CHILD_NOT_SEEN, 1) == "1 child not yet seen"
    assert counted(CHILD_NOT_SEEN, 3) == "3 children not yet seen"
