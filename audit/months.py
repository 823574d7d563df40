"""Which months has the log, and are those to come made? Each month's entries lie in a table.

Months begin and end by UTC. What no month takes lies among the strays, from where it is moved when
its month is made; nothing fails for want of a month (migration 0005).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Q

from audit.events import Event
from audit.models import Entry
from audit.recorder import record

PART = "audit_entry"
# Whole months after the current one: what the daily task sees to, and below what it is said aloud.
AHEAD = 3
LEAST_AHEAD = 2
# Entries of a time outside these stay among the strays: a clock was wrong.
EARLIEST = date(2000, 1, 1)
LATEST = timedelta(days=365)
LONGER_THAN_A_MONTH = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class LogMonths:
    """`ahead`: how many months after the current one are made without a gap."""

    ahead: int
    has_strays: bool

    @property
    def is_short(self) -> bool:
        return self.has_strays or self.ahead < LEAST_AHEAD


def month_of(at: datetime) -> date:
    """The first day of the month, by UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def following(month: date) -> date:
    return (month + LONGER_THAN_A_MONTH).replace(day=1)


def begins_at(month: date) -> datetime:
    return datetime.combine(month, time(), UTC)


def table_of(month: date) -> str:
    return f"{PART}_{month:%Y_%m}"


def made_months() -> list[date]:
    """The months that the log has a table for, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_date(right(relname, 7), 'YYYY_MM') FROM pg_inherits "
            "JOIN pg_class ON pg_class.oid = inhrelid "
            r"WHERE inhparent = 'audit_entry'::regclass AND relname ~ '_\d{4}_\d{2}$' ORDER BY 1"
        )
        return [month for (month,) in cursor.fetchall()]


def log_months(*, now: datetime) -> LogMonths:
    """Whether every entry has its month, and will have it."""
    made = made_months()
    have, month, ahead = set(made), month_of(now), -1
    while month in have:
        month, ahead = following(month), ahead + 1
    return LogMonths(max(ahead, 0), bool(_strays(made)))


def make_due(*, now: datetime) -> list[str]:
    """Make the months that are due, and those of strays; which were made, as in 2026-03.

    An entry tells of them, in the name of whoever is bound.
    """
    made = made_months()
    due = {*_next(now), *(one for one in _strays(made) if EARLIEST <= one <= (now + LATEST).date())}
    return make(due - set(made), now=now)


@transaction.atomic
def make(months: set[date], *, now: datetime) -> list[str]:
    """Make these months unless they are there. Waits three seconds for the log, no longer."""
    if not months:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_months(%s)", [sorted(months)])
        (made,) = cursor.fetchone()
    if made:
        record(Event.AUDIT_MONTHS_MADE, at=now, subject_type="audit_log", details={"months": made})
    return list(made)


def _next(now: datetime) -> Iterator[date]:
    month = month_of(now)
    for _ in range(AHEAD + 1):
        yield month
        month = following(month)


def _strays(made: list[date]) -> list[date]:
    """Months of entries that lie in none of the log's. Asked by time: no month is looked into."""
    outside, end = Q(), None
    for month in made:
        if month != end:
            outside |= (
                Q(at__gte=begins_at(end), at__lt=begins_at(month))
                if end
                else Q(at__lt=begins_at(month))
            )
        end = following(month)
    if end:
        outside |= Q(at__gte=begins_at(end))
    strays = Entry.objects.filter(outside).order_by()
    return [month_of(at) for at in strays.datetimes("at", "month", tzinfo=UTC)]
