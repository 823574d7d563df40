"""How does a session end before its time, and an account that nobody uses?"""

from datetime import datetime
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Greatest

from audit.events import Event
from audit.middleware import session_digest
from audit.models import Entry
from audit.recorder import record
from cases.access import Viewer
from cases.enums import Permission
from cases.models import Account
from cases.rules.sessions import UNUSED
from cases.selectors.sessions import session_rows
from cases.services.absence import close, lock_held_by


class NoSession(ValueError):
    """There is no such session, or not any more."""


@transaction.atomic
def end_session(*, viewer: Viewer, now: datetime, session_id: str) -> None:
    """End one of one's own sessions; `session_id` as `OpenSession.id`. Raises NoSession."""
    keys = [key for key, _ in session_rows(viewer.account_key, now)]
    mine = [key for key in keys if session_digest(key) == session_id]
    if not mine:
        raise NoSession("That session has ended already.")
    Session.objects.filter(pk__in=mine).delete()
    record(
        Event.SESSION_ENDED,
        at=now,
        subject_type="account",
        subject_id=viewer.account_key,
        details={"session": session_id, "why": "by hand"},
    )


@transaction.atomic
def end_own_session(*, viewer: Viewer, now: datetime, why: str) -> None:
    """Put on record that the viewer's own session has run out: `idle` or `whole`."""
    record(
        Event.SESSION_ENDED,
        at=now,
        subject_type="account",
        subject_id=viewer.account_key,
        details={"why": why},
    )


def end_sessions_of(account_id: UUID, now: datetime) -> int:
    """A step: every session of an account that was reset or closed; how many."""
    keys = [key for key, _ in session_rows(account_id, now)]
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)


@transaction.atomic
def disable_unused_accounts(*, viewer: Viewer, now: datetime) -> int:
    """Close the accounts that nobody has used for 90 days (AC-2); how many.

    Used: signed in, made, or changed by an administrator. One account that manages accounts always
    stays open, or nobody could open the others again.
    """
    since = now - UNUSED
    changed = Entry.objects.filter(
        subject_type="account", event=Event.ACCOUNT_CHANGED, at__gt=since
    ).values_list("subject_id", flat=True)
    used = Greatest("created_at", Coalesce("last_login", "created_at"))
    open_accounts = Account.objects.filter(is_active=True).annotate(used=used)
    unused = open_accounts.select_for_update(of=("self",)).filter(used__lte=since)
    keeper = (
        open_accounts.filter(role__permissions__permission=Permission.MANAGE_ACCOUNTS)
        .order_by("-used", "pk")
        .first()
    )
    spared = Q(pk__in=set(changed)) | Q(pk=keeper.pk if keeper else None)
    lock_held_by(open_accounts.filter(used__lte=since).values_list("officer", flat=True))
    closed = list(unused.exclude(spared))
    for account in closed:
        close(account, now)
        _record_closed(account, now)
    return len(closed)


def _record_closed(account: Account, now: datetime) -> None:
    record(
        Event.ACCOUNT_CHANGED,
        at=now,
        subject_type="account",
        subject_id=account.pk,
        reason=f"Not used for {UNUSED.days} days.",
        changes={"is_active": [True, False]},
    )
