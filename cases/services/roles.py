"""How does a role come to allow something else? By a reason, on the version that was looked at."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases.access import Hidden, NotPermitted, Viewer
from cases.enums import Permission, Scope
from cases.models import Account, Role, RolePermission

# From the least to the widest reach.
WIDTH = (Scope.NONE, Scope.GRANTED, Scope.OWN, Scope.SQUAD, Scope.ALL)


class NoReason(ValueError):
    """A change of what people may do needs a reason."""


class NothingChanged(ValueError):
    """The role is so already."""


class ChangedMeanwhile(ValueError):
    """Somebody else changed the role since it was looked at."""


class LastManager(ValueError):
    """Somebody must be left who can change roles."""


class RaisesSelf(ValueError):
    """Nobody widens the role that they have themselves."""


@transaction.atomic
def change_role(
    *,
    viewer: Viewer,
    now: datetime,
    code: str,
    version: int,
    scope: Scope,
    permissions: Iterable[Permission],
    reason: str,
) -> Role:
    """Set what a role reaches and allows. Whoever has it is affected with their next request.

    Raises Hidden, NotPermitted, NoReason, ChangedMeanwhile, NothingChanged, RaisesSelf,
    LastManager.
    """
    if not viewer.can(Permission.MANAGE_ROLES):
        raise NotPermitted("Your role does not allow you to change roles.")
    if not reason.strip():
        raise NoReason("Say why this role changes.")
    role = _locked(code)
    if role.version != version:
        raise ChangedMeanwhile(
            "Somebody else changed this role since you opened it. Look at it again first."
        )
    before = frozenset(Permission(cell.permission) for cell in role.permissions.all())
    after = frozenset(permissions)
    scope_before = Scope(role.scope)
    if (before, scope_before) == (after, scope):
        raise NothingChanged("Nothing is changed: the role is so already.")
    _refuse_raising_self(viewer, role, added=after - before, widened=_wider(scope, scope_before))
    _refuse_losing_last_manager(role, before - after)
    _save(role, scope, before, after)
    record(
        Event.ROLE_PERMISSIONS_CHANGED,
        at=now,
        subject_type="role",
        subject_id=role.code,
        reason=reason.strip(),
        changes={
            "permissions": [sorted(before), sorted(after)],
            "scope": [scope_before.value, scope.value],
            "version": [version, role.version],
        },
        details={"added": sorted(after - before), "removed": sorted(before - after)},
    )
    return role


def _locked(code: str) -> Role:
    """The role, with every role locked: two changes at once can't each leave the other the last."""
    roles = {role.code: role for role in Role.objects.select_for_update().order_by("pk")}
    if code not in roles:
        raise Hidden
    return roles[code]


def _wider(scope: Scope, before: Scope) -> bool:
    return WIDTH.index(scope) > WIDTH.index(before)


def _refuse_raising_self(
    viewer: Viewer, role: Role, *, added: frozenset[Permission], widened: bool
) -> None:
    if role.code == viewer.role_code and (added or widened):
        raise RaisesSelf(
            "This is your own role: take from it, but let somebody with another role add to it."
        )


def _refuse_losing_last_manager(role: Role, removed: frozenset[Permission]) -> None:
    if Permission.MANAGE_ROLES not in removed:
        return
    others = Account.objects.filter(
        is_active=True, role__permissions__permission=Permission.MANAGE_ROLES
    ).exclude(role=role)
    if not others.exists():
        raise LastManager(
            "Nobody else could change roles then. Let another role manage permissions first."
        )


def _save(
    role: Role, scope: Scope, before: frozenset[Permission], after: frozenset[Permission]
) -> None:
    role.permissions.filter(permission__in=before - after).delete()
    RolePermission.objects.bulk_create(
        RolePermission(role=role, permission=permission) for permission in sorted(after - before)
    )
    role.scope, role.version = scope, role.version + 1
    role.save(update_fields=["scope", "version"])
