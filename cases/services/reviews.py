"""What does a sergeant say about a report? Approved, or returned with what is missing."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import NotPermitted, Viewer
from cases.enums import Permission, ResponseKind, ReviewDecision, ReviewSubject
from cases.models import Response, Review
from cases.services.clocks import refresh_cases
from cases.services.locking import lock_case
from cases.services.narratives import redactor

GENERAL = ""


class ReturnedWithoutComment(ValueError):
    """A report goes back with words, or the detective can't mend it."""


class AlreadyReviewed(ValueError):
    """Somebody has decided on this report."""


@transaction.atomic
def review_report(
    *,
    viewer: Viewer,
    now: datetime,
    response_id: UUID,
    decision: ReviewDecision,
    comments: Mapping[str, str],
) -> Review:
    """Decide on a report. `comments` maps element codes ("" for the whole) to words.

    Raises Hidden, NotPermitted (also for one's own report), ReturnedWithoutComment,
    AlreadyReviewed.
    """
    report = _report(viewer, response_id, now)
    redacted = redactor(report.case)
    given = {code: redacted(text.strip()) for code, text in comments.items() if text.strip()}
    if decision == ReviewDecision.RETURNED and not given:
        raise ReturnedWithoutComment("Say what is missing before you return a report.")
    review = Review.objects.create(
        case=report.case,
        subject=ReviewSubject.REPORT,
        response=report,
        decision=decision,
        comments=given,
        reviewer_id=viewer.officer_id,
        occurred_at=now,
        entered_at=now,
    )
    record(
        Event.REPORT_REVIEWED,
        at=now,
        subject_type="case",
        subject_id=report.case_id,
        details={"response": str(report.pk), "decision": decision},
    )
    refresh_cases(case_ids=[report.case_id], now=now)
    return review


def _report(viewer: Viewer, response_id: UUID, now: datetime) -> Response:
    report = (
        Response.objects.select_related("case")
        .filter(pk=response_id, kind=ResponseKind.INITIAL_REPORT)
        .first()
    )
    if report is None:
        raise access.Hidden
    access.require(viewer, report.case, Permission.REVIEW_REPORT, now)
    if report.officer_id and report.officer_id == viewer.officer_id:
        raise NotPermitted("Nobody reviews their own report.")
    lock_case(report.case_id)
    if report.reviews.exists():
        raise AlreadyReviewed("This report has been reviewed already.")
    return report
