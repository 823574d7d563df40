"""How does somebody get an account of their own, and back into it without their password?

By a link that an administrator hands them, good once and for 72 hours. The link is signed and
nothing of it is stored: it names the account and the password that the account had when the link
was made, so a password that was set, or a newer link, voids it.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission, RoleCode
from cases.models import Account, Role
from cases.rules.reasons import says_enough, visible
from cases.services.lockout import NoReason
from cases.services.sessions import end_sessions_of

SALT = "caseunit.invitation"
GOOD_FOR = timedelta(hours=72)


class Taken(ValueError):
    """Somebody has this username, or the officer an account."""


class BadDiscipline(ValueError):
    """A partner without a discipline, or somebody of the unit with one."""


class Void(ValueError):
    """The link was used, is too old, was replaced by another, or was never made here."""


class NotOpen(ValueError):
    """There is no such account, or it is closed."""


@transaction.atomic
def invite(
    *,
    viewer: Viewer,
    now: datetime,
    username: str,
    display_name: str,
    role_code: str,
    officer_id: UUID | None = None,
    organization: str = "",
    discipline: str = "",
) -> str:
    """Make an account that no password opens; the token of its invitation.

    A partner's has a discipline, which decides what they read, and nobody else's has one. Raises
    NotPermitted, Taken, BadDiscipline.
    """
    _demand(viewer)
    if (role_code == RoleCode.PARTNER) != bool(discipline):
        raise BadDiscipline("Discipline: choose one for a partner, and none for anybody else.")
    if Account.objects.filter(username=username).exists():
        raise Taken("Somebody has this username.")
    if officer_id is not None and Account.objects.filter(officer_id=officer_id).exists():
        raise Taken("That officer has an account.")
    account = Account.objects.create_user(
        username,
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
        details={"role": role_code} | ({"discipline": discipline} if discipline else {}),
    )
    return _invited(account, now, "")


@transaction.atomic
def invite_again(*, viewer: Viewer, now: datetime, account_id: UUID, reason: str) -> str:
    """A new link for who lost theirs, or their password: the old ones open nothing any more.

    Raises NotPermitted, NoReason, NotOpen.
    """
    _demand(viewer, account_id)
    if not says_enough(reason):
        raise NoReason("Why: say how you know who asked, in a sentence.")
    found = Account.objects.select_for_update(of=("self",)).filter(pk=account_id, is_active=True)
    account = found.first()
    if account is None:
        raise NotOpen("There is no such account, or it is closed.")
    account.set_unusable_password()
    account.save(update_fields=["password"])
    end_sessions_of(account_id, now)
    return _invited(account, now, visible(reason))


@transaction.atomic
def accept_invitation(*, viewer: Viewer, now: datetime, token: str, password: str) -> None:
    """Set the password of the invited `viewer`. Raises Void.

    The caller has held the password to the rules.
    """
    row = Account.objects.select_for_update(of=("self",)).filter(pk=viewer.account_key).first()
    account = invited(token, now)
    if row is None or account.pk != row.pk or not hmac.compare_digest(_mark(row), _mark(account)):
        raise Void("This link opens nothing any more. Ask your administrator for a new one.")
    row.set_password(password)
    row.save(update_fields=["password"])
    record(
        Event.PASSWORD_CHANGED,
        at=now,
        actor=row,
        subject_type="account",
        subject_id=row.pk,
        details={"by": "invitation"},
    )


def invited(token: str, now: datetime) -> Account:
    """Whom the link invites. Raises Void."""
    void = Void("This link opens nothing any more. Ask your administrator for a new one.")
    try:
        said = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise void from None
    account = Account.objects.filter(pk=said["account"], is_active=True).first()
    if account is None or not hmac.compare_digest(said["mark"], _mark(account)):
        raise void
    if now.timestamp() >= said["until"]:
        raise void
    return account


def _demand(viewer: Viewer, account_id: UUID | None = None) -> None:
    if not viewer.can(Permission.MANAGE_ACCOUNTS):
        raise NotPermitted("Your role does not allow you to manage accounts.")
    if account_id is not None and viewer.account_id == account_id:
        raise NotPermitted("Somebody else has to do this to your account.")


def _invited(account: Account, now: datetime, reason: str) -> str:
    record(
        Event.ACCOUNT_INVITED,
        at=now,
        subject_type="account",
        subject_id=account.pk,
        reason=reason,
    )
    said = {
        "account": str(account.pk),
        "mark": _mark(account),
        "until": (now + GOOD_FOR).timestamp(),
    }
    return signing.dumps(said, salt=SALT)


def _mark(account: Account) -> str:
    """Stands for the stored password, and gives nothing of it away."""
    message = f"{SALT}:{account.pk}:{account.password}".encode()
    return hmac.new(settings.DIGEST_KEY, message, hashlib.sha256).hexdigest()
