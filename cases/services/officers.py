"""How do officers come and go without a case falling between?"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission
from cases.models import Case, Officer
from cases.models.case import OPEN
from cases.services.assignments import hand_over
from cases.services.clocks import refresh_cases


@transaction.atomic
def deactivate_officer(
    *,
    viewer: Viewer,
    now: datetime,
    officer_id: UUID,
    on: date,
    handovers: Mapping[UUID, UUID],
) -> tuple[UUID, ...]:
    """Set an officer's first day gone, handing over the cases named (case → new officer).

    Returns the open cases nobody was named for: they raise `orphaned` at once when the day has
    come, and on the day otherwise. Raises NotPermitted.
    """
    if not viewer.can(Permission.MANAGE_ACCOUNTS):
        raise NotPermitted("Your role does not allow you to manage officers.")
    officer = Officer.objects.select_for_update(of=("self",)).get(pk=officer_id)
    before, officer.active_to = officer.active_to, on
    officer.save(update_fields=["active_to"])
    record(
        Event.OFFICER_DEACTIVATED,
        at=now,
        subject_type="officer",
        subject_id=officer.pk,
        changes={"active_to": [before.isoformat() if before else "", on.isoformat()]},
    )
    left = _hand_over_all(viewer, officer, handovers, now)
    refresh_cases(case_ids=left, now=now)
    return left


def _hand_over_all(
    viewer: Viewer, officer: Officer, handovers: Mapping[UUID, UUID], now: datetime
) -> tuple[UUID, ...]:
    successors = Officer.objects.select_related("squad__sergeant").in_bulk(list(handovers.values()))
    left = []
    for case in Case.objects.select_for_update(of=("self",)).filter(OPEN, detective=officer):
        successor = successors.get(handovers.get(case.pk))
        if successor is None:
            left.append(case.pk)
        else:
            hand_over(viewer, case, successor, now, "The detective leaves.")
    return tuple(left)
