"""Is everything due at the hour the unit would say?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from cases.rules.calendar import Calendar, Limit, Unit
from tests.rules.building import CALENDAR, CHICAGO


def chicago(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHICAGO)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        # Monday to Tuesday, Friday to Monday: the same time of day.
        (chicago(2026, 3, 2, 9, 30), 1, chicago(2026, 3, 3, 9, 30)),
        (chicago(2026, 3, 6, 16, 45), 1, chicago(2026, 3, 9, 16, 45)),
        (chicago(2026, 3, 5, 8, 0), 3, chicago(2026, 3, 10, 8, 0)),
        # The last second of a Friday and the first of a Saturday.
        (chicago(2026, 3, 6, 23, 59, 59), 1, chicago(2026, 3, 9, 23, 59, 59)),
        (chicago(2026, 3, 7, 0, 0), 1, chicago(2026, 3, 10, 0, 0)),
        # A weekend counts as the first moment of Monday.
        (chicago(2026, 3, 7, 15, 0), 1, chicago(2026, 3, 10, 0, 0)),
        (chicago(2026, 3, 8, 23, 59), 3, chicago(2026, 3, 12, 0, 0)),
        # New Year's Day 2026 is a Thursday: skipped, and no day to start on.
        (chicago(2025, 12, 31, 10, 0), 1, chicago(2026, 1, 2, 10, 0)),
        (chicago(2026, 1, 1, 10, 0), 1, chicago(2026, 1, 5, 0, 0)),
    ],
)
def test_business_days_follow_the_units_calendar(
    start: datetime, count: int, due: datetime
) -> None:
    assert CALENDAR.add_business_days(start, count) == due


def test_a_business_day_keeps_the_wall_clock_across_a_clock_change() -> None:
    # Clocks go forward on Sunday 2026-03-08: Friday 09:00 to Monday 09:00 is 71 real hours.
    start = chicago(2026, 3, 6, 9, 0)

    due = CALENDAR.add_business_days(start, 1)

    assert due == chicago(2026, 3, 9, 9, 0)
    assert due - start.astimezone(UTC) == timedelta(hours=71)


def test_the_business_day_is_the_units_and_not_utc() -> None:
    # Friday 20:00 in Chicago is Saturday already in UTC.
    start = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)

    assert CALENDAR.add_business_days(start, 1) == chicago(2026, 3, 9, 20, 0)


@pytest.mark.parametrize(
    ("limit", "start", "due"),
    [
        # Forward: 02:00 does not exist on 2026-03-08.
        (Limit(4, Unit.HOURS), chicago(2026, 3, 8, 0, 30), chicago(2026, 3, 8, 5, 30)),
        # Backward: 01:00 to 02:00 comes twice on 2026-11-01.
        (Limit(4, Unit.HOURS), chicago(2026, 11, 1, 0, 30), chicago(2026, 11, 1, 3, 30)),
        # A day is 24 real hours.
        (Limit(10, Unit.DAYS), chicago(2026, 3, 2, 9, 0), chicago(2026, 3, 12, 10, 0)),
        (Limit(10, Unit.DAYS), chicago(2026, 4, 2, 9, 0), chicago(2026, 4, 12, 9, 0)),
    ],
)
def test_hours_and_days_are_real_time_across_a_clock_change(
    limit: Limit, start: datetime, due: datetime
) -> None:
    found = limit.after(start, CALENDAR)

    assert found == due
    assert found - start.astimezone(UTC) == limit.span


def test_what_is_due_is_given_in_utc() -> None:
    start = chicago(2026, 3, 2, 9, 0)

    assert Limit(1, Unit.HOURS).after(start, CALENDAR).tzinfo is UTC
    assert Limit(1, Unit.BUSINESS_DAYS).after(start, CALENDAR).tzinfo is UTC


def test_a_unit_without_holidays_works_on_new_years_day() -> None:
    assert Calendar(CHICAGO).is_business_day(date(2026, 1, 1))
    assert not CALENDAR.is_business_day(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (Limit(1, Unit.BUSINESS_DAYS), "1 business day"),
        (Limit(3, Unit.BUSINESS_DAYS), "3 business days"),
        (Limit(12, Unit.HOURS), "12 hours"),
        (Limit(1, Unit.DAYS), "1 day"),
    ],
)
def test_a_limit_reads_as_one_says_it(limit: Limit, words: str) -> None:
    assert str(limit) == words
