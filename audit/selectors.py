"""What does the log hold about a person, a subject or a kind of act? Newest first, page by page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet

from audit.events import Event, Outcome
from audit.models import Checkpoint, Entry, Witnessing
from audit.witness import EVERY, configured

PAGE_SIZE = 50
# Longer than this, and an entry waits too long for its seal.
LATE_AFTER = timedelta(seconds=60)
WAITING_COUNTED = 10_000
TWO_MINUTES = 120

# The planner can't tell how rare a case is inside `details` and would walk the whole log in the
# order of its index (1.7 s over 500,000 entries; 6 ms so). Sorting by this leaves it the index
# that finds the case.
_SORTED_AT = ExpressionWrapper(F("at") + timedelta(0), output_field=DateTimeField())


class BadCursor(ValueError):
    """The page marker was not made by `Cursor.token`."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last entry of the page before."""

    at: datetime
    id: int

    @property
    def token(self) -> str:
        """The cursor as a URL carries it."""
        return f"{self.at.isoformat()}_{self.id}"

    @classmethod
    def parse(cls, token: str) -> "Cursor":
        """Raises BadCursor."""
        at, _, number = token.rpartition("_")
        try:
            cursor = cls(datetime.fromisoformat(at), int(number))
        except ValueError as error:
            raise BadCursor(
                "This page marker is damaged; start again from the first page."
            ) from error
        if cursor.at.tzinfo is None:
            raise BadCursor("This page marker has no time zone; start again from the first page.")
        return cursor


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look for; everything given must hold. `case` finds whatever touched that case, and
    what was refused there; `person` (an id) and `alias` (its pseudonym) whatever names the person.
    """

    actor_id: str = ""
    subject_type: str = ""
    subject_id: str = ""
    case: str = ""
    person: str = ""
    alias: str = ""
    event: Event | str = ""
    outcome: Outcome | str = ""
    from_at: datetime | None = None
    before_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first, and where the next page begins (None: this is the last)."""

    entries: list[Entry]
    next: Cursor | None


def entries(
    *, filters: Filters | None = None, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> Page:
    """One page of the log. The cost follows the page, not the log."""
    return page_of(matching(filters=filters or Filters()), after=after, limit=limit)


def page_of(query: QuerySet[Entry], *, after: Cursor | None = None, limit: int = PAGE_SIZE) -> Page:
    """One page of what `matching` found, however it was narrowed since."""
    found = list(_after(query, after)[: limit + 1])
    page = found[:limit]
    more = len(found) > limit
    return Page(page, Cursor(page[-1].at, page[-1].pk) if more else None)


def matching(*, filters: Filters) -> QuerySet[Entry]:
    """Every entry that the filters let through, newest first."""
    query = Entry.objects.filter(_equal(filters)).order_by("-at", "-id")
    if filters.case:
        query = query.filter(touching(filters.case)).order_by(_SORTED_AT.desc(), "-id")
    if filters.person:
        named = _naming(filters.person, filters.alias)
        query = query.filter(named).order_by(_SORTED_AT.desc(), "-id")
    if filters.from_at:
        query = query.filter(at__gte=filters.from_at)
    if filters.before_at:
        query = query.filter(at__lt=filters.before_at)
    return query


def _equal(filters: Filters) -> Q:
    names = ("actor_id", "subject_type", "subject_id", "event", "outcome")
    return Q(**{name: getattr(filters, name) for name in names if getattr(filters, name)})


def touching(case: str, *, listed: bool = True) -> Q:
    """Entries about a case; with `listed`, also those of lists that showed it among others."""
    about = (
        Q(subject_type="case", subject_id=case)
        | Q(details__contains={"case": case})
        | Q(details__contains={"route_arguments": {"case_id": case}})
    )
    return about | Q(details__contains={"cases": [case]}) if listed else about


def _naming(person: str, alias: str) -> Q:
    named = Q(subject_type__in=("victim", "person"), subject_id=person)
    named |= Q(details__contains={"route_arguments": {"person_id": person}})
    for key in ("victim", "person"):
        named |= Q(details__contains={key: person})
        named |= Q(details__contains={key: alias}) if alias else Q()
    return named


def _after(query: QuerySet[Entry], cursor: Cursor | None) -> QuerySet[Entry]:
    if cursor is None:
        return query
    return query.filter(at__lte=cursor.at).exclude(at=cursor.at, id__gte=cursor.id)


@dataclass(frozen=True, slots=True)
class SealingStatus:
    """How far the log is sealed. `waiting` counts no further than `WAITING_COUNTED`.

    `silent`: witnesses that did not take what they were last offered, or have not been offered
    anything for twice their time; `witnesses`: all that the settings name.
    """

    sealed_at: datetime | None
    sealed: int
    waiting: int
    lag: timedelta
    witnesses: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def is_late(self) -> bool:
        return self.lag > LATE_AFTER

    @property
    def waited(self) -> str:
        """The lag in words, whole minutes from two on."""
        seconds = int(self.lag.total_seconds())
        return f"{seconds} seconds" if seconds < TWO_MINUTES else f"{seconds // 60} minutes"

    @property
    def more_wait(self) -> bool:
        return self.waiting >= WAITING_COUNTED


def sealing_status(*, now: datetime) -> SealingStatus:
    """How many entries wait for their seal, and for how long the oldest of them."""
    newest = Checkpoint.objects.order_by("-size").values_list("sealed_at", "size").first()
    waiting, oldest = _waiting()
    sealed_at, sealed = newest or (None, 0)
    witnesses = tuple(configured())
    silent = tuple(name for name in witnesses if _is_silent(name, sealed, now))
    lag = max(now - oldest, timedelta(0)) if oldest else timedelta(0)
    return SealingStatus(sealed_at, sealed, waiting, lag, witnesses, silent)


def _waiting() -> tuple[int, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH last AS (
                SELECT xid, entry_id FROM audit_checkpoint
                WHERE cluster = audit_cluster() ORDER BY size DESC LIMIT 1
            )
            SELECT count(*), min(at) FROM (
                SELECT at FROM audit_entry
                WHERE cluster = audit_cluster() AND (xid, id) > (
                    COALESCE((SELECT xid FROM last), '0'::xid8),
                    COALESCE((SELECT entry_id FROM last), 0))
                ORDER BY xid, id LIMIT %s
            ) AS waiting
            """,
            [WAITING_COUNTED],
        )
        count, oldest = cursor.fetchone()
        return int(count), oldest


def _is_silent(name: str, sealed: int, now: datetime) -> bool:
    last = Witnessing.objects.filter(witness=name).order_by("-at").first()
    if last is None or last.problem:
        return bool(sealed)
    return last.size < sealed and now - last.at > 2 * EVERY[name]
