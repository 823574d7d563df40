"""Who has the case? Handing it over, and saying that one has it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import NotPermitted, Viewer
from cases.enums import CaseState, Permission
from cases.models import Assignment, Case, Officer
from cases.row_security import Span, reading_as
from cases.selectors.staff import stays
from cases.selectors.versions import changes_since, values_of
from cases.services.clocks import refresh_cases, refresh_officers
from cases.services.locking import led_squad, lock_case, lock_officers
from cases.services.narratives import redactor
from cases.services.responses import change_state


class OfficerGone(ValueError):
    """A case can't be given to somebody who is not there."""


class OfficerWalled(OfficerGone):
    """For this officer the case does not exist."""


class AlreadyTheirs(ValueError):
    """The officer has this case."""


@transaction.atomic
def assign_case(
    *, viewer: Viewer, now: datetime, case_id: UUID, officer_id: UUID, reason: str = ""
) -> Assignment:
    """Give the case to an active officer; its clocks go on, only the acknowledgement starts anew.

    Raises Hidden, NotPermitted, OfficerGone, AlreadyTheirs.
    """
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.ASSIGN_CASE, now)
    case = lock_case(case.pk)
    lock_officers({officer_id, case.detective_id})
    words = redactor(case)(reason) if reason else ""
    return hand_over(viewer, case, _active_officer(officer_id, now), now, words)


@reading_as(Span.HANDING_ON)
def hand_over(
    viewer: Viewer, case: Case, officer: Officer, now: datetime, reason: str
) -> Assignment:
    """The hand-over itself, inside the caller's transaction and after its access check.

    `reason` is kept as it stands.
    """
    if case.detective_id == officer.pk:
        raise AlreadyTheirs(f"{officer} has this case already.")
    if access.is_officer_walled(case, officer):
        raise OfficerWalled(f"A wall stands between {officer} and this case.")
    previous = case.detective_id
    assignment = give_case(viewer, case, officer, now, reason)
    refresh_cases(case_ids=[case.pk], now=now)
    refresh_officers(officer_ids={officer.pk} | ({previous} if previous else set()), now=now)
    return assignment


@reading_as(Span.HANDING_ON)
def give_case(
    viewer: Viewer, case: Case, officer: Officer, now: datetime, reason: str
) -> Assignment:
    """The same for one of many cases, before the caller refreshes them and their officers."""
    before = values_of(case)
    case.assignments.filter(ended_at__isnull=True).update(ended_at=now)
    assignment = Assignment.objects.create(
        case=case,
        officer=officer,
        assigned_by_id=viewer.account_id,
        assigned_at=now,
        entered_at=now,
        reassignment=case.assignments.exists(),
    )
    _point_case_at(case, officer)
    changes = changes_since(before, case)
    if case.state in (CaseState.RECEIVED, CaseState.UNDER_REVIEW):
        change_state(viewer, case, CaseState.ASSIGNED, now)
    record(
        Event.CASE_ASSIGNED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        reason=reason,
        changes=changes,
    )
    return assignment


def _point_case_at(case: Case, officer: Officer) -> None:
    case.detective = officer
    if officer.squad is not None:
        case.squad, case.supervisor = officer.squad, officer.squad.sergeant
    case.save(update_fields=["detective", "squad", "supervisor"])


def _active_officer(officer_id: UUID, now: datetime) -> Officer:
    officer = Officer.objects.get(pk=officer_id)
    if not stays(officer_id, now):
        raise OfficerGone(f"{officer} has left or is about to. Choose somebody who stays.")
    if officer.squad_id:
        officer.squad = led_squad(officer.squad_id)
    return officer


@transaction.atomic
def acknowledge_assignment(*, viewer: Viewer, now: datetime, case_id: UUID) -> None:
    """The assignee says that they have it. Saying so twice changes nothing.

    Raises Hidden; NotPermitted for anybody but the assignee.
    """
    case = access.find_case(viewer, case_id, now)
    if viewer.officer_id is None or case.detective_id != viewer.officer_id:
        raise NotPermitted("Only whoever has the case can acknowledge it.")
    lock_case(case.pk)
    changed = case.assignments.filter(
        officer_id=viewer.officer_id, ended_at__isnull=True, acknowledged_at__isnull=True
    ).update(acknowledged_at=now)
    if not changed:
        return
    record(
        Event.ASSIGNMENT_ACKNOWLEDGED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        changes={"acknowledged_at": ["", now.isoformat()]},
    )
    refresh_cases(case_ids=[case.pk], now=now)
