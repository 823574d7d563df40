"""Who has gone through a week of the audit log? One signature per week, for good."""

from datetime import date, datetime

from django.db import connection, transaction

from audit.events import Event
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission
from cases.models import AuditReview
from cases.rules.reasons import says_enough, visible
from cases.selectors.audit_questions import standing_out
from cases.selectors.audit_weeks import entries_within, finished_week
from cases.selectors.staff_names import clear_of_names

SIGNING_LOCK = 4_204


class NothingSaid(ValueError):
    """A signature without a sentence says nothing about what was looked at."""


class SignedAlready(ValueError):
    """Somebody has signed this week."""


@transaction.atomic
def sign_week(*, viewer: Viewer, now: datetime, day: date, comment: str) -> AuditReview:
    """Sign the week that `day` lies in, with what stands out in it at this moment.

    Raises NotPermitted, NoSuchWeek, NothingSaid, SignedAlready.
    """
    if not viewer.can(Permission.SEE_AUDIT) or viewer.account_id is None:
        raise NotPermitted("Your role does not allow you to sign for the audit log.")
    week = finished_week(day, now)
    if not says_enough(comment):
        raise NothingSaid("Say what you looked at and what you found, in a sentence.")
    _take_turn()
    if AuditReview.objects.filter(week_on=week.on).exists():
        raise SignedAlready("Somebody has signed this week already.")
    review = AuditReview.objects.create(
        week_on=week.on,
        signed_by_id=viewer.account_id,
        signed_at=now,
        comment=clear_of_names(visible(comment)),
        found=standing_out(viewer, week.starts_at, week.ends_at),
        entries=entries_within(viewer, week),
    )
    record(
        Event.AUDIT_REVIEWED,
        at=now,
        subject_type="audit_week",
        subject_id=week.on,
        reason=review.comment,
        details={"entries": review.entries, "found": review.found},
    )
    return review


def _take_turn() -> None:
    """One signature at a time, held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SIGNING_LOCK])
