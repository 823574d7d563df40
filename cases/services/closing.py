"""When may a case end, and how does it begin again?"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import NotPermitted, Viewer
from cases.enums import (
    ENDED_STATES,
    CaseState,
    Disposition,
    Permission,
    ReviewDecision,
    ReviewSubject,
)
from cases.models import Case, CaseStateChange, Review
from cases.rules.closing import Obstacle, closing_obstacles
from cases.selectors.facts import case_facts
from cases.selectors.hand_overs import desks_for
from cases.selectors.policy import current_policy
from cases.selectors.staff import stays
from cases.selectors.versions import changes_since, values_of
from cases.services.clocks import refresh_cases, refresh_officers
from cases.services.locking import lock_case, lock_officers
from cases.services.narratives import redactor


class ClosingRefused(ValueError):
    """The facts do not allow this closure; `obstacles` says what stands in the way."""

    def __init__(self, obstacles: tuple[Obstacle, ...]) -> None:
        super().__init__("This case can't be closed yet.")
        self.obstacles = obstacles


class NotEnded(ValueError):
    """Only a case that has ended can be reopened."""


class NoReason(ValueError):
    """This needs a reason."""


@transaction.atomic
def close_case(
    *,
    viewer: Viewer,
    now: datetime,
    case_id: UUID,
    disposition: Disposition,
    closing_officer_id: UUID,
    reason: str = "",
) -> None:
    """End a case with the signature of a supervisor who is not the closing detective.

    Raises Hidden, NotPermitted, ClosingRefused.
    """
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.CLOSE_CASE, now)
    if viewer.officer_id is None or viewer.officer_id == closing_officer_id:
        raise NotPermitted("A closure is signed by a supervisor who is not the closing detective.")
    case = lock_case(case.pk)
    if case.state in ENDED_STATES:
        raise NotPermitted("This case has ended already.")
    obstacles = obstacles_to(viewer, case, disposition, closing_officer_id, now)
    if obstacles:
        raise ClosingRefused(obstacles)
    _sign(viewer, case, now)
    words = redactor(case)(reason)
    _end(viewer, case, disposition, closing_officer_id, now, words)


def obstacles_to(
    viewer: Viewer,
    case: Case,
    disposition: Disposition,
    closing_officer_id: UUID,
    now: datetime,
) -> tuple[Obstacle, ...]:
    """What stands in the way of `viewer` signing this end of the case; empty when nothing does."""
    return closing_obstacles(
        case_facts([case.pk])[case.pk],
        disposition,
        str(closing_officer_id),
        current_policy(),
        now=now,
        signed_by_key=str(viewer.officer_id),
    )


def _sign(viewer: Viewer, case: Case, now: datetime) -> None:
    review = Review.objects.create(
        case=case,
        subject=ReviewSubject.CLOSURE,
        decision=ReviewDecision.APPROVED,
        reviewer_id=viewer.officer_id,
        occurred_at=now,
        entered_at=now,
    )
    record(
        Event.CLOSURE_REVIEWED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        changes={"decision": ["", ReviewDecision.APPROVED]},
        details={"review": str(review.pk)},
    )


def _end(
    viewer: Viewer,
    case: Case,
    disposition: Disposition,
    closing_officer_id: UUID,
    now: datetime,
    reason: str,
) -> None:
    ended = CaseState.INACTIVE if disposition == Disposition.INACTIVE else CaseState.CLOSED
    before = values_of(case)
    case.state, case.disposition, case.closed_at = ended, disposition, now
    case.save(update_fields=["state", "disposition", "closed_at"])
    CaseStateChange.objects.create(
        case=case,
        state=ended,
        disposition=disposition,
        occurred_at=now,
        entered_at=now,
        officer_id=closing_officer_id,
        signed_by_id=viewer.officer_id,
        reason=reason,
    )
    record(
        Event.CASE_CLOSED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        reason=reason,
        changes=changes_since(before, case),
    )
    refresh_cases(case_ids=[case.pk], now=now)
    if case.detective_id:
        refresh_officers(officer_ids={case.detective_id}, now=now)


@transaction.atomic
def reopen_case(*, viewer: Viewer, now: datetime, case_id: UUID, reason: str) -> None:
    """Take an ended case up again; its next entry falls due anew.

    Who supervised it may have gone since: then it lies with who would have it now.

    Raises Hidden, NotPermitted, NotEnded, NoReason.
    """
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.REOPEN_CASE, now)
    if not reason.strip():
        raise NoReason("Say why the case is reopened.")
    case = lock_case(case.pk)
    if case.state not in ENDED_STATES:
        raise NotEnded("This case has not ended.")
    lock_officers({case.detective_id, case.supervisor_id})
    words = redactor(case)(reason)
    before = values_of(case)
    case.state, case.disposition, case.closed_at = CaseState.REOPENED, "", None
    if case.supervisor_id and not stays(case.supervisor_id, now):
        case.supervisor_id = desks_for([case], now, without=case.supervisor_id)[case.pk]
    case.save(update_fields=["state", "disposition", "closed_at", "supervisor"])
    CaseStateChange.objects.create(
        case=case,
        state=CaseState.REOPENED,
        occurred_at=now,
        entered_at=now,
        officer_id=viewer.officer_id,
        reason=words,
    )
    record(
        Event.CASE_REOPENED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        reason=words,
        changes=changes_since(before, case),
    )
    refresh_cases(case_ids=[case.pk], now=now)
    if case.detective_id:
        refresh_officers(officer_ids={case.detective_id}, now=now)
