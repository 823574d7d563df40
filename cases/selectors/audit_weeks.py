"""Which weeks of the audit log has nobody signed, and what stood out in one of them?"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from django.conf import settings

from audit.models import Entry
from cases.access import Viewer
from cases.models import AuditReview
from cases.rules.audit_weeks import WEEK, Week, week_of, weeks_over
from cases.selectors.audit_questions import questions, standing_out
from cases.selectors.audit_walls import beyond_walls, unseen_by
from cases.selectors.policy import unit_calendar

SIGNED_SHOWN = 26
UNSIGNED_SHOWN = 12


class NoSuchWeek(ValueError):
    """The log has no such week, or it is not over."""


@dataclass(frozen=True, slots=True)
class WeekCard:
    """`last_on` is its Sunday. `late`: nobody signed it and its time is past."""

    on: date
    last_on: date
    due_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class SignedCard:
    on: date
    last_on: date
    by: str
    at: datetime
    comment: str
    was_late: bool
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One saved question's count in the week, and where its entries are listed."""

    code: str
    title: str
    says: str
    count: int


@dataclass(frozen=True, slots=True)
class WeekPage:
    week: WeekCard
    found: tuple[Found, ...]
    entries: int
    signed: SignedCard | None


@dataclass(frozen=True, slots=True)
class Reminder:
    """Weeks that wait for a signature, oldest first; no more than `UNSIGNED_SHOWN` of them."""

    weeks: tuple[WeekCard, ...]
    more: bool

    @property
    def late(self) -> tuple[WeekCard, ...]:
        return tuple(week for week in self.weeks if week.late)


def reminder(now: datetime) -> Reminder:
    """Every week since the first entry that is over and unsigned; two queries."""
    waiting = tuple(islice(_unsigned(now), UNSIGNED_SHOWN + 1))
    cards = tuple(_card(week, now) for week in waiting[:UNSIGNED_SHOWN])
    return Reminder(cards, len(waiting) > UNSIGNED_SHOWN)


def _unsigned(now: datetime) -> list[Week]:
    first = Entry.objects.order_by("at", "id").values_list("at", flat=True).first()
    if first is None:
        return []
    signed = set(AuditReview.objects.order_by().values_list("week_on", flat=True))
    over = weeks_over(first, now, unit_calendar(), settings.AUDIT_REVIEW_DAYS)
    return [week for week in over if week.on not in signed]


def signed_weeks() -> tuple[SignedCard, ...]:
    """The weeks signed last, newest first."""
    reviews = AuditReview.objects.select_related("signed_by")[:SIGNED_SHOWN]
    return tuple(_signed(review) for review in reviews)


def week_page(viewer: Viewer, day: date, now: datetime) -> WeekPage:
    """The week that a day lies in: what stands out in it, who signed it. Raises NoSuchWeek."""
    week = finished_week(day, now)
    review = AuditReview.objects.select_related("signed_by").filter(week_on=week.on).first()
    counts = standing_out(viewer, week.starts_at, week.ends_at)
    found = tuple(
        Found(code, question.title, question.says, counts[code])
        for code, question in questions().items()
    )
    signed = _signed(review) if review else None
    return WeekPage(_card(week, now), found, entries_within(viewer, week), signed)


def finished_week(day: date, now: datetime) -> Week:
    """The week of the log that a day lies in, once it is over. Raises NoSuchWeek."""
    week = week_of(day, unit_calendar(), settings.AUDIT_REVIEW_DAYS)
    if week.ends_at > now:
        raise NoSuchWeek("This week is not over. It can be signed from Monday on.")
    if not Entry.objects.filter(at__lt=week.ends_at).exists():
        raise NoSuchWeek("The log begins after this week.")
    return week


def entries_within(viewer: Viewer, week: Week) -> int:
    """How many entries the week has for this reader."""
    entries = Entry.objects.filter(at__gte=week.starts_at, at__lt=week.ends_at)
    return beyond_walls(entries, unseen_by(viewer)).order_by().count()


def _card(week: Week, now: datetime) -> WeekCard:
    return WeekCard(week.on, _last(week.on), week.due_at, late=now > week.due_at)


def _signed(review: AuditReview) -> SignedCard:
    week = week_of(review.week_on, unit_calendar(), settings.AUDIT_REVIEW_DAYS)
    titles = {code: question.title for code, question in questions().items()}
    return SignedCard(
        on=review.week_on,
        last_on=_last(review.week_on),
        by=review.signed_by.display_name,
        at=review.signed_at,
        comment=review.comment,
        was_late=review.signed_at > week.due_at,
        found=tuple(
            f"{titles.get(code, code)}: {count}" for code, count in review.found.items() if count
        ),
    )


def _last(monday: date) -> date:
    return monday + WEEK - WEEK / 7
