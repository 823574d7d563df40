"""What does the text of one cell mean: an instant, a date, an age, a name, a yes or no?"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.enums import AgeBand
from cases.services.importing.errors import RowRefused
from cases.services.narratives import band_of_years

EARLIEST = 1900
OLDEST = 120
MOST_SECONDS_OF_DAY = 24 * 3600
YES = frozenset({"1", "y", "yes", "t", "true", "x"})
NO = frozenset({"", "0", "n", "no", "f", "false"})
CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))(?:[:.](?P<second>\d{2})(?:\.\d+)?)?\s*"
    r"(?P<half>[ap])?\.?m?\.?",
    re.IGNORECASE,
)
MONTHS = re.compile(
    r"(?P<count>\d+)\s*(?:m|mo|mos|mth|months?|w|wks?|weeks?|d|days?)\.?", re.IGNORECASE
)
YEARS = re.compile(r"(?P<count>-?\d+)(?:\.0+)?\s*(?:y|yr|yrs|yo|y/o|years?)?\.?", re.IGNORECASE)
NAME_ENDINGS = frozenset({"jr", "sr", "ii", "iii", "iv", "v"})


def iso_instant(text: str, column: str) -> datetime:
    """An ISO 8601 instant with its offset, in UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise RowRefused(
            f"{column} is not an ISO 8601 time. Write it as 2026-03-02T09:00-06:00."
        ) from None
    if instant.tzinfo is None:
        raise RowRefused(f"{column} has no offset from UTC. Write it as 2026-03-02T09:00-06:00.")
    return _plausible(_in_utc(instant, column), column)


def iso_day(text: str, column: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RowRefused(f"{column} is not an ISO 8601 date. Write it as 2026-03-02.") from None
    if day.year < EARLIEST:
        raise RowRefused(f"{column} lies before {EARLIEST}. Check the year.")
    return day


def local_instant(text: str, formats: Sequence[str], zone: ZoneInfo, column: str) -> datetime:
    """An instant written in one of `formats` (strptime's, or "iso"), in UTC."""
    for pattern in formats:
        found = _parsed(text, pattern)
        if found is not None:
            return _plausible(_in_utc(_placed(found, zone), column), column)
    raise RowRefused(f"{column} does not read as any of the date formats given: {_shown(formats)}.")


def _parsed(text: str, pattern: str) -> datetime | None:
    try:
        if pattern == "iso":
            return datetime.fromisoformat(text)
        return datetime.strptime(text, pattern)  # noqa: DTZ007
    except (ValueError, OverflowError):
        return None


def _placed(found: datetime, zone: ZoneInfo) -> datetime:
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _in_utc(instant: datetime, column: str) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise RowRefused(f"{column} lies outside the calendar. Check the year.") from None


def _plausible(instant: datetime, column: str) -> datetime:
    if instant.year < EARLIEST:
        raise RowRefused(f"{column} lies before {EARLIEST}. Check the year.")
    return instant


def _shown(formats: Sequence[str]) -> str:
    return ", ".join(formats)


def at_clock(day: datetime, text: str, zone: ZoneInfo, column: str) -> datetime:
    """`day` at the time of day in `text`: 1545, 830, 5, 15:45, 3:45 PM; 2400 is the day's end."""
    elapsed = timedelta(seconds=_seconds_of_day(text, column))
    midnight = datetime.combine(day.astimezone(zone).date(), time.min)
    return (midnight + elapsed).replace(tzinfo=zone).astimezone(UTC)


def _seconds_of_day(text: str, column: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len("HHMM"):
        hour, minute, second = int(text) // 100, int(text) % 100, 0
    else:
        hour, minute, second = _spelled(text, column)
    seconds = hour * 3600 + minute * 60 + second
    if max(minute, second) > 59 or seconds > MOST_SECONDS_OF_DAY:  # noqa: PLR2004
        raise RowRefused(f"{column} is not a time of day. Write 0 to 2359, or 15:45.")
    return seconds


def _spelled(text: str, column: str) -> tuple[int, int, int]:
    match = CLOCK.fullmatch(text)
    if match is None:
        raise RowRefused(f"{column} is not a time of day. Write 0 to 2359, or 15:45.")
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:  # noqa: PLR2004
            raise RowRefused(f"{column} is not a time of day. Write 0 to 2359, or 15:45.")
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return hour, minute, second


def birth_day(text: str, formats: Sequence[str], received_on: date, column: str) -> date:
    """A birth date; with a two-digit year that lies after the report, of the century before."""
    for pattern in formats:
        found = _parsed(text, pattern)
        if found is not None:
            return plausible_birth(
                _century(found.date(), pattern, received_on), received_on, column
            )
    raise RowRefused(f"{column} does not read as any of the date formats given: {_shown(formats)}.")


def _century(day: date, pattern: str, received_on: date) -> date:
    if "%y" not in pattern or day <= received_on:
        return day
    leaps = day.month == 2 and day.day == 29 and (day.year - 100) % 400  # noqa: PLR2004
    return day.replace(year=day.year - 100, day=28 if leaps else day.day)


def plausible_birth(day: date, received_on: date, column: str) -> date:
    if day > received_on or received_on.year - day.year > OLDEST:
        raise RowRefused(
            f"{column} is no birth date of somebody alive when the report came in. Check both."
        )
    return day


def band_of_age(text: str, column: str) -> AgeBand:
    """The band of an age in full years ("7", "7 yrs"), or in months, weeks or days ("8 mo")."""
    if MONTHS.fullmatch(text):
        return AgeBand.UNDER_3
    match = YEARS.fullmatch(text)
    if match is None or len(match["count"]) > 4 or int(match["count"]) > OLDEST:  # noqa: PLR2004
        raise RowRefused(f"{column} is not an age in years. Correct it or leave it empty.")
    return band_of_years(int(match["count"]))


def yes(text: str, column: str) -> bool:
    said = text.casefold()
    if said in YES or said in NO:
        return said in YES
    raise RowRefused(f"{column} is neither yes nor no.")


def identity_of_name(text: str) -> dict[str, str]:
    """A name in one cell as `first_name` and `last_name`: "First Last" or "Last, First"."""
    last, comma, first = (part.strip() for part in text.partition(","))
    if comma and last and first.rstrip(".").casefold() not in NAME_ENDINGS:
        return {"first_name": first, "last_name": last}
    words = text.replace(",", " ").split()
    ending = len(words) > 2 and words[-1].rstrip(".").casefold() in NAME_ENDINGS  # noqa: PLR2004
    at = len(words) - (2 if ending else 1)
    parts = {"first_name": " ".join(words[:at]), "last_name": " ".join(words[at:])}
    return {field: part for field, part in parts.items() if part}
