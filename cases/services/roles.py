"""How does a role come to allow something else? By a reason, on the version that was looked at.

What could expose a child or hide a case, a dangerous permission or a wider reach, waits until a
second person has looked at it too. A file of roles and a return to an older version go through the
same door.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases.access import PARTNERS_MAY, WIDTH, Hidden, NotPermitted, Viewer
from cases.enums import Permission, RoleChangeState, RoleCode, Scope
from cases.models import Account, Role, RoleChange, RolePermission
from cases.rules.reasons import says_enough, visible
from cases.selectors.role_changes import may_approve
from cases.selectors.staff_names import clear_of_names


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


class NotForPartners(ValueError):
    """What takes the whole case is not for whoever reads parts of it."""


class Undecided(ValueError):
    """A change of this role waits for a second person already."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a role is to be, from the version that was looked at."""

    code: str
    version: int
    scope: Scope
    permissions: frozenset[Permission]


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
) -> RoleChange:
    """Set what a role reaches and allows; a dangerous change waits for a second person.

    Whoever has the role is affected with their next request. Raises Hidden, NotPermitted, NoReason,
    ChangedMeanwhile, NothingChanged, RaisesSelf, NotForPartners, LastManager, Undecided.
    """
    if not viewer.can(Permission.MANAGE_ROLES):
        raise NotPermitted("Your role does not allow you to change roles.")
    if not reason.strip():
        raise NoReason("Say why this role changes.")
    role = _locked(code)
    _refuse_other_version(role, version)
    change = _change(viewer, role, scope, frozenset(permissions), reason, now)
    if (change.before, change.scope_before) == (change.after, change.scope_after):
        raise NothingChanged("Nothing is changed: the role is so already.")
    _refuse_unsafe(viewer, role, change)
    if RoleChange.objects.filter(role=role, state=RoleChangeState.WAITING).exists():
        raise Undecided("A change of this role waits for a second person. Decide on it first.")
    change.save()
    if change.needs_second:
        _note(Event.ROLE_CHANGE_PROPOSED, change, now, change.reason)
    else:
        _apply(change, now, change.reason)
    return change


@transaction.atomic
def change_roles(
    *, viewer: Viewer, now: datetime, wanted: Sequence[Wanted], reason: str
) -> tuple[RoleChange, ...]:
    """Several roles, as a file says: all of them or none. Raises as `change_role`."""
    return tuple(
        change_role(
            viewer=viewer,
            now=now,
            code=one.code,
            version=one.version,
            scope=one.scope,
            permissions=one.permissions,
            reason=reason,
        )
        for one in wanted
    )


@transaction.atomic
def approve_role_change(
    *, viewer: Viewer, now: datetime, change_id: UUID, reason: str
) -> RoleChange:
    """Let a dangerous change hold, as the second person.

    Raises Hidden, NotPermitted, NoReason, ChangedMeanwhile, RaisesSelf, LastManager.
    """
    change = _waiting(viewer, change_id, reason)
    if change.proposed_by_id is None or viewer.account_id in (None, change.proposed_by_id):
        raise NotPermitted("You proposed this. Somebody else has to look at it.")
    role = _locked(change.role.code)
    _refuse_other_version(role, change.base_version)
    _refuse_unsafe(viewer, role, change)
    change.role, change.decided_by_id = role, viewer.account_id
    _apply(change, now, f"{change.reason} {visible(reason)}")
    return change


@transaction.atomic
def refuse_role_change(*, viewer: Viewer, now: datetime, change_id: UUID, reason: str) -> None:
    """Say no to it, or withdraw one's own. Raises Hidden, NotPermitted, NoReason."""
    change = _waiting(viewer, change_id, reason)
    own = change.proposed_by_id == viewer.account_id
    change.state = RoleChangeState.WITHDRAWN if own else RoleChangeState.REFUSED
    change.decided_by_id, change.decided_at = viewer.account_id, now
    change.save(update_fields=["state", "decided_by", "decided_at"])
    _note(Event.ROLE_CHANGE_REFUSED, change, now, visible(reason))


def _waiting(viewer: Viewer, change_id: UUID, reason: str) -> RoleChange:
    if not may_approve(viewer):
        raise Hidden
    rows = RoleChange.objects.select_for_update(of=("self",)).select_related("role")
    change = rows.filter(pk=change_id, state=RoleChangeState.WAITING).first()
    if change is None:
        raise Hidden
    if not says_enough(reason):
        raise NoReason("Why: say in a sentence what you looked at.")
    return change


def _locked(code: str) -> Role:
    """The role, with every role locked: two changes at once can't each leave the other the last."""
    rows = Role.objects.select_for_update().prefetch_related("permissions").order_by("pk")
    roles = {role.code: role for role in rows}
    if code not in roles:
        raise Hidden
    return roles[code]


def _refuse_other_version(role: Role, version: int) -> None:
    if role.version != version:
        raise ChangedMeanwhile(
            "Somebody else changed this role since you opened it. Look at it again first."
        )


def _change(
    viewer: Viewer,
    role: Role,
    scope: Scope,
    after: frozenset[Permission],
    reason: str,
    now: datetime,
) -> RoleChange:
    before = frozenset(Permission(cell.permission) for cell in role.permissions.all())
    return RoleChange(
        role=role,
        state=RoleChangeState.WAITING,
        base_version=role.version,
        scope_before=Scope(role.scope),
        scope_after=scope,
        permissions_before=sorted(before),
        permissions_after=sorted(after),
        needs_second=needs_second(before, after, Scope(role.scope), scope),
        reason=clear_of_names(reason.strip()),
        proposed_by_id=viewer.account_id,
        proposed_at=now,
    )


def needs_second(
    before: frozenset[Permission], after: frozenset[Permission], scope_before: Scope, scope: Scope
) -> bool:
    """Whether more could be exposed or hidden than before."""
    return bool((after - before) & Permission.dangerous()) or _wider(scope, scope_before)


def _wider(scope: str, before: str) -> bool:
    return WIDTH.index(Scope(scope)) > WIDTH.index(Scope(before))


def _refuse_unsafe(viewer: Viewer, role: Role, change: RoleChange) -> None:
    more = change.after - change.before or _wider(change.scope_after, change.scope_before)
    if role.code == viewer.role_code and more:
        raise RaisesSelf(
            "This is your own role: take from it, but let somebody with another role add to it."
        )
    _refuse_beyond_parts(role, change.after - change.before)
    _refuse_losing_last_manager(role, change.before - change.after)


def _refuse_beyond_parts(role: Role, added: frozenset[Permission]) -> None:
    beyond = added - PARTNERS_MAY if role.code == RoleCode.PARTNER else ()
    if beyond:
        first = next(one for one in Permission if one in beyond)
        raise NotForPartners(
            f"A partner reads parts of a case, and never more: not for them: {first.label.lower()}."
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


def _apply(change: RoleChange, now: datetime, reason: str) -> None:
    role, before, after = change.role, change.before, change.after
    role.permissions.filter(permission__in=before - after).delete()
    RolePermission.objects.bulk_create(
        RolePermission(role=role, permission=permission) for permission in sorted(after - before)
    )
    role.scope, role.version = change.scope_after, role.version + 1
    role.save(update_fields=["scope", "version"])
    change.state, change.decided_at = RoleChangeState.APPLIED, now
    change.save(update_fields=["state", "decided_by", "decided_at"])
    _note(Event.ROLE_PERMISSIONS_CHANGED, change, now, reason)


def _note(event: Event, change: RoleChange, now: datetime, reason: str) -> None:
    before, after = change.before, change.after
    record(
        event,
        at=now,
        subject_type="role",
        subject_id=change.role.code,
        reason=reason,
        changes={
            "permissions": [sorted(before), sorted(after)],
            "scope": [str(change.scope_before), str(change.scope_after)],
            "version": [change.base_version, change.role.version],
        },
        details={"added": sorted(after - before), "removed": sorted(before - after)},
    )
