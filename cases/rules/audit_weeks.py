"""Which weeks of the audit log are over, and by when does somebody have to have signed each?

A week runs from Monday to Monday, midnight by the unit's clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cases.rules.calendar import Calendar, Limit, Unit

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """`ends_at` is the first instant that no longer belongs to it; both in UTC."""

    on: date
    starts_at: datetime
    ends_at: datetime
    due_at: datetime


def week_of(day: date, calendar: Calendar, days: int) -> Week:
    """The week that a day lies in; signed within so many business days after it ends."""
    monday = day - timedelta(days=day.weekday())
    ends_at = _midnight(monday + WEEK, calendar)
    due_at = Limit(days, Unit.BUSINESS_DAYS).after(ends_at, calendar)
    return Week(monday, _midnight(monday, calendar), ends_at, due_at)


def weeks_over(since: datetime, now: datetime, calendar: Calendar, days: int) -> Iterator[Week]:
    """Every week that has ended by `now`, from the one that `since` lies in; oldest first."""
    week = week_of(since.astimezone(calendar.time_zone).date(), calendar, days)
    while week.ends_at <= now:
        yield week
        week = week_of(week.on + WEEK, calendar, days)


def _midnight(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day, time.min, calendar.time_zone).astimezone(UTC)
