"""How does somebody get a login, change its password, and lose it?"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import QuerySet

from audit.events import Event
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission
from cases.models import Account, Role
from cases.rules.reasons import says_enough, visible
from cases.services.absence import close, lock_held_by, reopen
from cases.services.lockout import NoReason
from cases.services.sessions import end_sessions_of


class NothingChanged(ValueError):
    """The account is so already, or there is none."""


class LastManager(ValueError):
    """Nobody could open accounts then."""


@transaction.atomic
def create_account(
    *,
    viewer: Viewer,
    now: datetime,
    username: str,
    display_name: str,
    role_code: str,
    password: str,
    officer_id: UUID | None = None,
    organization: str = "",
    discipline: str = "",
) -> Account:
    """Raises NotPermitted; django's ValidationError when the password is too weak."""
    if not viewer.can(Permission.MANAGE_ACCOUNTS):
        raise NotPermitted("Your role does not allow you to manage accounts.")
    validate_password(password, Account(username=username, display_name=display_name))
    account = Account.objects.create_user(
        username,
        password,
        display_name=display_name,
        role=Role.objects.get(code=role_code),
        officer_id=officer_id,
        organization=organization,
        discipline=discipline,
        created_at=now,
    )
    record(
        Event.ACCOUNT_CREATED,
        at=now,
        subject_type="account",
        subject_id=account.pk,
        details={"role": role_code},
    )
    return account


@transaction.atomic
def set_active(
    *, viewer: Viewer, now: datetime, account_id: UUID, active: bool, reason: str
) -> int:
    """Close an account and end its sessions, or open it again; how many open cases have nobody now.

    Raises NotPermitted, NoReason, NothingChanged, LastManager.
    """
    if not viewer.can(Permission.MANAGE_ACCOUNTS):
        raise NotPermitted("Your role does not allow you to manage accounts.")
    if viewer.account_id == account_id:
        raise NotPermitted("Somebody else has to do this to your account.")
    if not says_enough(reason):
        raise NoReason("Why: say how you know who asked, in a sentence.")
    lock_held_by(Account.objects.filter(pk=account_id).values_list("officer", flat=True))
    list(_managers().select_for_update(of=("self",)))
    account = Account.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
    if account is None or account.is_active is active:
        raise NothingChanged("The account is so already.")
    if not active and not _managers().exclude(pk=account_id).exists():
        raise LastManager("Nobody could open accounts then. Let somebody else manage them first.")
    alone = 0
    if active:
        reopen(account, now)
    else:
        alone = close(account, now)
        end_sessions_of(account_id, now)
    record(
        Event.ACCOUNT_CHANGED,
        at=now,
        subject_type="account",
        subject_id=account_id,
        reason=visible(reason),
        changes={"is_active": [not active, active]},
    )
    return alone


@transaction.atomic
def change_password(*, viewer: Viewer, now: datetime, password: str) -> Account:
    """Set one's own; every other session of the account ends by it. Raises ValidationError."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=viewer.account_key)
    validate_password(password, account)
    account.set_password(password)
    account.save(update_fields=["password"])
    record(
        Event.PASSWORD_CHANGED,
        at=now,
        subject_type="account",
        subject_id=account.pk,
        details={"by": "own"},
    )
    return account


def _managers() -> QuerySet[Account]:
    return Account.objects.filter(
        is_active=True, role__permissions__permission=Permission.MANAGE_ACCOUNTS
    )
