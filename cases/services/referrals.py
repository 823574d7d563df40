"""Has whoever sent a report been answered?"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.enums import Permission
from cases.models import Referral
from cases.services.clocks import refresh_cases
from cases.services.locking import lock_case
from cases.services.narratives import redactor

HOW_LENGTH = 200


class NotSaidHow(ValueError):
    """An acknowledgement says how the sender was answered."""


@transaction.atomic
def acknowledge_referral(*, viewer: Viewer, now: datetime, referral_id: UUID, how: str) -> None:
    """Answer a hospital or the hotline. Answering twice changes nothing.

    Raises Hidden, NotPermitted, NotSaidHow.
    """
    referral = (
        Referral.objects.select_related("case").filter(pk=referral_id, case__isnull=False).first()
    )
    if referral is None or referral.case is None:
        raise access.Hidden
    access.require(viewer, referral.case, Permission.LOG_RESPONSE, now)
    lock_case(referral.case.pk)
    referral.refresh_from_db()
    if referral.acknowledged_at is not None:
        return
    if not how.strip():
        raise NotSaidHow("Say how the sender was answered: by phone, in writing, to whom.")
    referral.acknowledged_at = now
    referral.acknowledged_how = redactor(referral.case)(how.strip())[:HOW_LENGTH]
    referral.acknowledged_by_id = viewer.account_id
    referral.save(update_fields=["acknowledged_at", "acknowledged_how", "acknowledged_by"])
    record(
        Event.REFERRAL_ACKNOWLEDGED,
        at=now,
        subject_type="referral",
        subject_id=referral.pk,
        changes={"acknowledged_at": ["", now.isoformat()]},
        details={"case": str(referral.case_id)},
    )
    refresh_cases(case_ids=[referral.case.pk], now=now)
