"""How does somebody get a login?"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission
from cases.models import Account, Role


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
    validate_password(password)
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
