"""When is something due: so many real hours, or so many of the unit's business days later?

Hours and days are real time, also across a clock change: 12 hours are 12 hours, a day is 24 of
them. Business days follow the unit's wall clock: due at the same time of day, on the nth business
day after the one it started on. What starts on a weekend or holiday counts as starting at the first
moment of the next business day. Every instant returned is in UTC.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_SATURDAY = 5


class Unit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The unit's time zone and the days on which it is closed besides weekends."""

    time_zone: ZoneInfo
    holidays: frozenset[date] = field(default_factory=frozenset)

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.holidays

    def add_business_days(self, start: datetime, count: int) -> datetime:
        """The same wall-clock time on the `count`th business day after `start`."""
        local = start.astimezone(self.time_zone)
        day, wall = local.date(), local.time()
        if not self.is_business_day(day):
            day, wall = self._next_business_day(day), time.min
        for _ in range(count):
            day = self._next_business_day(day)
        return datetime.combine(day, wall, self.time_zone).astimezone(UTC)

    def _next_business_day(self, day: date) -> date:
        day += timedelta(days=1)
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take."""

    amount: int
    unit: Unit
    # The real time it takes; of business days, the least they can take.
    span: timedelta = field(init=False, compare=False)

    def __post_init__(self) -> None:
        hours = self.amount if self.unit is Unit.HOURS else 24 * self.amount
        object.__setattr__(self, "span", timedelta(hours=hours))

    def after(self, start: datetime, calendar: Calendar) -> datetime:
        """The instant at which it is due, in UTC."""
        if self.unit is Unit.BUSINESS_DAYS:
            return calendar.add_business_days(start, self.amount)
        return start.astimezone(UTC) + self.span

    def __str__(self) -> str:
        unit = self.unit.replace("_", " ")
        return f"{self.amount} {unit if self.amount != 1 else unit.removesuffix('s')}"
