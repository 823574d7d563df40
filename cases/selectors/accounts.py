"""Who has an account, and does it open?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from audit.events import Event
from audit.recorder import record
from cases.access import Viewer
from cases.models import Account, Officer, ProviderLink, Role
from cases.selectors.factors import FACTORS
from cases.selectors.lockout import lock_of_each


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account as whoever manages accounts sees it. `standing`: open, by provider,
    no password, locked or closed."""

    id: UUID
    username: str
    display_name: str
    role: str
    standing: str
    has_factor: bool
    used_at: datetime | None


def account_lines(*, viewer: Viewer, now: datetime) -> tuple[AccountLine, ...]:
    """Every account, by username; leaves an entry."""
    linked = ProviderLink.objects.filter(account=OuterRef("pk"))
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    rows = Account.objects.select_related("role").annotate(
        second=Exists(factors), linked=Exists(linked)
    )
    locks = lock_of_each()
    lines = tuple(
        AccountLine(
            row.pk,
            row.username,
            row.display_name,
            row.role.label,
            _standing(row, is_linked=row.linked, is_locked=str(row.pk) in locks),
            row.second,
            row.last_login,
        )
        for row in rows.order_by("username")
    )
    record(Event.ACCOUNTS_VIEWED, at=now, details={"role": viewer.role_code, "all": len(lines)})
    return lines


def _standing(account: Account, *, is_linked: bool, is_locked: bool) -> str:
    if not account.is_active:
        return "closed"
    if is_locked:
        return "locked"
    if account.has_usable_password():
        return "open"
    return "by provider" if is_linked else "no password"


def officer_choices() -> list[tuple[str, str]]:
    """Officers of the unit that have no account yet."""
    rows = Officer.objects.filter(account__isnull=True, active_to__isnull=True)
    return [(str(row.pk), f"{row.name} ({row.badge})") for row in rows.order_by("name", "badge")]


def role_choices() -> list[tuple[str, str]]:
    return [(role.code, role.label) for role in Role.objects.order_by("label")]
