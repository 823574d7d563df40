"""What has one account done, in numbers that lead to the entries behind them?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Max, Min, Q, QuerySet, Value
from django.db.models.functions import NullIf
from django.utils.timezone import localdate, localtime

from audit.events import Event
from audit.models import Entry
from audit.selectors import Filters, matching
from cases.access import Viewer
from cases.models import Account
from cases.row_security import Span, reading_as
from cases.selectors.audit_log import UNKNOWN, Asked, account_id
from cases.selectors.audit_questions import questions
from cases.selectors.audit_walls import beyond_walls, unseen_by

LOOKED_BACK = timedelta(days=30)
# The end of a span is not in it; what happens at this moment is.
JUST_NOW = timedelta(microseconds=1)
# A sign-in's own entry names the session before it, which ends with it.
INSIDE = ~Q(event__in=(Event.SIGNED_IN, Event.SIGN_IN_FAILED))
# What is asked about one person; the others are about machinery.
ASKED = ("others", "ungranted", "hours", "denials", "large")


@dataclass(frozen=True, slots=True)
class Done:
    """One kind of act and how it ended; `event` and `outcome` are what the log is filtered by."""

    event: str
    words: str
    outcome: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    code: str
    title: str
    says: str
    count: int


@dataclass(frozen=True, slots=True)
class Activity:
    """`sessions` and `addresses` say how many different ones there were."""

    name: str
    who: str
    role: str
    is_active: bool
    from_at: datetime
    before_at: datetime
    sessions: int
    addresses: int
    done: tuple[Done, ...]
    answers: tuple[Answer, ...]

    @property
    def days(self) -> str:
        """The same span as the log's filter takes it; both days are in it."""
        last = localdate(self.before_at - JUST_NOW)
        return urlencode({"since": localdate(self.from_at), "until": last})

    @property
    def total(self) -> int:
        return sum(one.count for one in self.done)


@reading_as(Span.AUDIT)
def activity(viewer: Viewer, asked: Asked, now: datetime) -> Activity | None:
    """One account's acts in a span, the last thirty days unless asked; None if it is unknown."""
    key = account_id(asked.actor)
    if key in ("", UNKNOWN):
        return None
    before_at = asked.before_at or now + JUST_NOW
    from_at = asked.from_at or _midnight(before_at - LOOKED_BACK)
    found = matching(filters=Filters(actor_id=key, from_at=from_at, before_at=before_at))
    entries = beyond_walls(found, unseen_by(viewer))
    who = _account(key)
    sources = entries.order_by().aggregate(
        sessions=Count(NullIf("session", Value("")), distinct=True, filter=INSIDE),
        addresses=Count("source_address", distinct=True),
    )
    return Activity(
        name=who.username if who else asked.actor,
        who=who.display_name if who else "The system",
        role=who.role.label if who else "",
        is_active=who.is_active if who else True,
        from_at=from_at,
        before_at=before_at,
        done=tuple(_done(entries)),
        answers=tuple(_answers(entries)) if who else (),
        **sources,
    )


def _midnight(at: datetime) -> datetime:
    """When its day began, by the unit's clock: what the log's filter can ask for."""
    return localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def _account(key: str) -> Account | None:
    if key.startswith("system:"):
        return None
    return Account.objects.select_related("role").get(pk=key)


def _done(entries: QuerySet[Entry]) -> Iterator[Done]:
    rows = (
        entries.order_by()
        .values_list("event", "outcome")
        .annotate(count=Count("pk"), first_at=Min("at"), last_at=Max("at"))
        .order_by("-count", "event", "outcome")
    )
    for event, outcome, *numbers in rows:
        yield Done(event, str(Event(event).label), outcome, *numbers)


def _answers(entries: QuerySet[Entry]) -> Iterator[Answer]:
    known = questions()
    for code in ASKED:
        question = known[code]
        count = question.narrow(entries).order_by().count()
        yield Answer(code, question.title, question.says, count)
