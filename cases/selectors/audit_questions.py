"""Which entries of the audit log does somebody who goes through it want to see first?

Each question is an ordinary filter, with what it computes and what it can't said in plain words.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Count, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import (
    Cast,
    Coalesce,
    ExtractIsoWeekDay,
    TruncDate,
    TruncTime,
)

from audit.context import SYSTEM_PREFIX
from audit.events import Event, Outcome
from audit.models import Entry
from cases import access
from cases.access import Viewer
from cases.models import Assignment, Case
from cases.row_security import Span, reading_as
from cases.selectors.audit_walls import beyond_walls, unseen_by
from cases.selectors.policy import unit_calendar

Entries = QuerySet[Entry]
SATURDAY = 6
# A day on which clocks go back has 25 hours.
A_LONG_DAY = timedelta(hours=25)
UUID_LIKE = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
OPENED = (
    Event.CASE_VIEWED,
    Event.REPORT_VIEWED,
    Event.PERSON_VIEWED,
    Event.RESPONSE_STARTED,
    Event.ATTACHMENT_VIEWED,
    Event.IDENTITY_REVEALED,
    Event.NARRATIVE_REVEALED,
)
REVEALED = (Event.IDENTITY_REVEALED, Event.NARRATIVE_REVEALED)
TAKEN_OUT = (Event.EXPORTED, Event.RELEASE_DOWNLOADED)


@dataclass(frozen=True, slots=True)
class Question:
    """`says` is exactly what is computed, for whoever relies on it."""

    code: str
    title: str
    says: str
    narrow: Callable[[Entries], Entries]


def others_cases(entries: Entries) -> Entries:
    """Somebody opened a case that was neither theirs nor their squad's at that moment."""
    asked = entries.filter(event__in=OPENED, outcome=Outcome.ALLOWED).annotate(
        account_key=_uuid(F("actor_id")), case_key=_uuid(_case_text())
    )
    return asked.filter(
        ~Exists(_held_by()), ~Exists(_led_by()), account_key__isnull=False, case_key__isnull=False
    )


def _case_text() -> Coalesce:
    on_case = models.Case(models.When(subject_type="case", then=F("subject_id")), default=Value(""))
    return Coalesce(KeyTextTransform("case", "details"), on_case)


def _uuid(text: F | Coalesce) -> models.Case:
    """Ids are kept as text: only what is one becomes one."""
    looks = Func(text, Value(UUID_LIKE), template="%(expressions)s", arg_joiner=" ~ ")
    looks.output_field = models.BooleanField()
    return models.Case(
        models.When(looks, then=Cast(text, models.UUIDField())),
        default=Value(None),
        output_field=models.UUIDField(),
    )


def _holding() -> QuerySet[Assignment]:
    """Who had the entry's case when it was written."""
    return Assignment.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=OuterRef("at")),
        case_id=OuterRef("case_key"),
        assigned_at__lte=OuterRef("at"),
    )


def _held_by() -> QuerySet[Assignment]:
    return _holding().filter(officer__account=OuterRef("account_key"))


def _led_by() -> QuerySet[Case]:
    """The case's supervisor or its squad's sergeant, as it stands today."""
    account = OuterRef("account_key")
    leads = Q(supervisor__account=account) | Q(squad__sergeant__account=account)
    return Case.objects.filter(leads, pk=OuterRef("case_key"))


def by_grant(entries: Entries) -> Entries:
    """Of those, what a grant of that time does not account for either."""
    moment = OuterRef("at"), OuterRef("case_key"), OuterRef("account_key")
    own, squads = access.grants_standing(*moment), access.squad_grants_standing(*moment)
    return others_cases(entries).filter(~Exists(own), ~Exists(squads))


def reveals(entries: Entries) -> Entries:
    return entries.filter(event__in=REVEALED)


def outside_hours(entries: Entries) -> Entries:
    """Reveals before, after or on a day without working hours, by the unit's clock and calendar."""
    zone, (opens, closes) = unit_calendar().time_zone, working_hours()
    asked = reveals(entries).filter(outcome=Outcome.ALLOWED)
    asked = asked.annotate(
        local_on=TruncDate("at", tzinfo=zone),
        local_time=TruncTime("at", tzinfo=zone),
        local_weekday=ExtractIsoWeekDay("at", tzinfo=zone),
    )
    closed = Q(local_weekday__gte=SATURDAY) | Q(local_on__in=_holidays())
    return asked.filter(closed | Q(local_time__lt=opens) | Q(local_time__gte=closes))


def _holidays() -> list[date]:
    return sorted(unit_calendar().holidays)


def working_hours() -> tuple[time, time]:
    """From when until when the unit works, by the setting WORKING_HOURS, as in 07:00-19:00."""
    try:
        opens, closes = (time.fromisoformat(part) for part in settings.WORKING_HOURS.split("-"))
    except ValueError as error:
        message = "CASEUNIT_WORKING_HOURS: give two times, as in 07:00-19:00."
        raise ImproperlyConfigured(message) from error
    return opens, closes


def many_denials(entries: Entries) -> Entries:
    """Refusals of an account that had so many of them on one day, by the unit's clock."""
    day = TruncDate("at", tzinfo=unit_calendar().time_zone)
    that_day = (
        Entry.objects.filter(
            outcome=Outcome.DENIED,
            actor_id=OuterRef("actor_id"),
            at__gt=OuterRef("at") - A_LONG_DAY,
            at__lt=OuterRef("at") + A_LONG_DAY,
        )
        .annotate(day=day)
        .filter(day=OuterRef("local_on"))
        .order_by()
        .values("actor_id")
        .annotate(refused=Count("pk"))
        .values("refused")
    )
    asked = entries.filter(outcome=Outcome.DENIED).annotate(local_on=day)
    return asked.annotate(refused=Subquery(that_day)).filter(
        refused__gte=settings.AUDIT_MANY_DENIALS
    )


def by_system(entries: Entries) -> Entries:
    return entries.filter(actor_id__startswith=SYSTEM_PREFIX)


def large(entries: Entries) -> Entries:
    """Whatever was handed out as a file, and lists that named many cases."""
    is_list = Func(F("details__cases"), function="jsonb_typeof", output_field=models.TextField())
    length = models.Case(
        models.When(
            kind_of_cases="array",
            then=Func(
                F("details__cases"),
                function="jsonb_array_length",
                output_field=models.IntegerField(),
            ),
        ),
        default=Value(0),
    )
    asked = entries.annotate(kind_of_cases=is_list).annotate(cases_named=length)
    return asked.filter(Q(event__in=TAKEN_OUT) | Q(cases_named__gte=settings.AUDIT_LARGE_LIST))


LISTED = (
    Question(
        "others",
        "Opened cases that are not theirs",
        "A case, report, person or identity was opened by an account whose officer did not have "
        "the case at that moment, is not its supervisor and does not lead its squad. Who had it "
        "is known for that moment; supervisor and squad are those of today. Captains and people "
        "with a grant are listed too.",
        others_cases,
    ),
    Question(
        "ungranted",
        "The same, and no grant explains it",
        "As above, without what a grant of that moment explains, as far as it is on file: a grant "
        "given anew replaces the one before. What is left is a role that reaches all cases, or "
        "something to ask about.",
        by_grant,
    ),
    Question(
        "reveals",
        "Every reveal",
        "Each identity and each original text that was shown, and each attempt that was refused.",
        reveals,
    ),
    Question(
        "hours",
        "Reveals outside working hours",
        "Shown before {opens:%H:%M}, from {closes:%H:%M} on, on a weekend or on a holiday of the "
        "unit, by the unit's clock.",
        outside_hours,
    ),
    Question(
        "denials",
        "Many denials",
        "Refusals of an account that was refused {denials} times or more on that day.",
        many_denials,
    ),
    Question(
        "system",
        "Made by the system",
        "What tasks and commands did, under their own names.",
        by_system,
    ),
    Question(
        "large",
        "Large lists and exports",
        "Every export and every release handed out, and each list that named {cases} cases or "
        "more.",
        large,
    ),
)
CODES = tuple((question.code, question.title) for question in LISTED)


def questions() -> dict[str, Question]:
    """The saved questions by their codes, in the order in which pages show them."""
    opens, closes = working_hours()
    numbers = {"denials": settings.AUDIT_MANY_DENIALS, "cases": settings.AUDIT_LARGE_LIST}
    return {
        question.code: replace(
            question, says=question.says.format(opens=opens, closes=closes, **numbers)
        )
        for question in LISTED
    }


@reading_as(Span.AUDIT)
def standing_out(viewer: Viewer, from_at: datetime, before_at: datetime) -> dict[str, int]:
    """How many entries of a span each question has for this reader; counted in the database."""
    span = Entry.objects.filter(at__gte=from_at, at__lt=before_at)
    span = beyond_walls(span, unseen_by(viewer))
    return {
        code: question.narrow(span).order_by().count() for code, question in questions().items()
    }
