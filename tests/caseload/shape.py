"""Where and when does a made caseload play, and what is its calendar?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import holidays

SATURDAY = 5
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Shape:
    """`holidays` as in the setting HOLIDAYS; `ends_at` is the last moment of the caseload."""

    time_zone: str
    holidays: str
    starts_at: datetime
    ends_at: datetime
    squads: int = 3
    detectives: int = 9

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def _days_off(self) -> frozenset[date]:
        country, _, part = self.holidays.partition("-")
        years = range(self.starts_at.year - 1, self.ends_at.year + 2)
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=years))

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self._days_off

    def next_business_day(self, at: datetime) -> datetime:
        """The same time of day on the next business day; a day off counts from its end."""
        local = at.astimezone(self.zone)
        day, wall = local.date(), local.time()
        if not self.is_business_day(day):
            day, wall = self._following(day), time.min
        return datetime.combine(self._following(day), wall, self.zone).astimezone(UTC)

    def _following(self, day: date) -> date:
        day += DAY
        while not self.is_business_day(day):
            day += DAY
        return day

    def written(self, at: datetime) -> str:
        """ISO 8601 with the offset that holds in the zone at that time, to the minute."""
        return at.astimezone(self.zone).isoformat(timespec="minutes")


def _years(zone: str, first: int, last: int) -> tuple[datetime, datetime]:
    """In UTC, where adding hours adds real hours."""
    begin = datetime(first, 2, 3, 9, tzinfo=ZoneInfo(zone))
    end = datetime(last, 11, 18, 17, 30, tzinfo=ZoneInfo(zone))
    return begin.astimezone(UTC), end.astimezone(UTC)


VANCOUVER = Shape("America/Vancouver", "CA-BC", *_years("America/Vancouver", 2021, 2023))
SYDNEY = Shape("Australia/Sydney", "AU-NSW", *_years("Australia/Sydney", 2022, 2023), squads=2)
