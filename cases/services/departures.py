"""What ends with an officer who is gone? The account, its sessions, and what was granted to it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate

from audit.events import Event
from audit.recorder import record
from cases.access import Viewer
from cases.enums import Permission
from cases.models import Account
from cases.services.absence import close
from cases.services.accounts import LastManager
from cases.services.grants import end_grants_of
from cases.services.sessions import end_sessions_of

GONE = "The officer is no longer with the unit."
MOVED = "The officer works in another squad now."


def refuse_losing_last_manager(officer_id: UUID) -> None:
    """A step. Raises LastManager if nobody could open accounts without this officer's."""
    others = Account.objects.filter(
        is_active=True, role__permissions__permission=Permission.MANAGE_ACCOUNTS
    )
    alone = not others.exclude(officer=officer_id).exists()
    if alone and others.filter(officer=officer_id).exists():
        raise LastManager("Nobody could open accounts then. Let somebody else manage them.")


def close_account_of(officer_id: UUID, now: datetime) -> None:
    """A step: close the officer's account, if there is one, and end what it opened."""
    account = Account.objects.select_for_update(of=("self",)).filter(officer=officer_id).first()
    if account is None:
        return
    end_grants_of(account.pk, now, GONE)
    end_sessions_of(account.pk, now)
    if not account.is_active:
        return
    close(account, now)
    record(
        Event.ACCOUNT_CHANGED,
        at=now,
        subject_type="account",
        subject_id=account.pk,
        reason=GONE,
        changes={"is_active": [True, False]},
    )


@transaction.atomic
def close_departed_accounts(*, viewer: Viewer, now: datetime) -> int:
    """Close the accounts of officers whose first day gone has come; how many.

    No page opens to them from that day on anyway (`views.gate`). The last account that manages
    accounts stays, or nobody could open another.
    """
    del viewer
    gone = Account.objects.filter(is_active=True, officer__active_to__lte=localdate(now))
    closed = 0
    for officer_id in list(gone.order_by("pk").values_list("officer_id", flat=True)):
        if officer_id is None or _is_last_manager(officer_id):
            continue
        close_account_of(officer_id, now)
        closed += 1
    return closed


def _is_last_manager(officer_id: UUID) -> bool:
    try:
        refuse_losing_last_manager(officer_id)
    except LastManager:
        return True
    return False
