"""How did a role come to be so, what waits for a second person, and what would a file change?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from audit.events import Event
from audit.recorder import record
from cases.access import AccessStep, Hidden, Viewer, beyond_walls, decide, viewers_for
from cases.enums import Permission, RoleChangeState, Scope
from cases.models import Account, Case, RoleChange
from cases.row_security import Span, reading_as
from cases.rules.role_file import BadRoleFile, RoleOnFile, read_roles, write_roles
from cases.selectors.roles import Change, Effect, RoleCard, all_roles, effect_of, role_card

HISTORY_SHOWN = 100


@dataclass(frozen=True, slots=True)
class PastChange:
    """One line of a role's history. `version`: the one that it made, or would make."""

    change_id: UUID
    version: int
    state: str
    in_force: bool
    by: str
    at: datetime
    second: str
    reason: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    scopes: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """A change that waits for a second person, with what it would do now."""

    change_id: UUID
    code: str
    label: str
    by: str
    at: datetime
    own: bool
    reason: str
    stale: bool
    effect: Effect


@dataclass(frozen=True, slots=True)
class RoleDiff:
    """What a file would make of one role."""

    role: RoleCard
    change: Change
    effect: Effect


@dataclass(frozen=True, slots=True)
class Trial:
    """What one person may do on one case, as the role is and as it would be."""

    who: str
    number: str
    before: bool
    after: bool
    steps: tuple[AccessStep, ...]


def history(*, viewer: Viewer, now: datetime, code: str) -> tuple[RoleCard, tuple[PastChange, ...]]:
    """The role, and its changes, the last first; an entry. Raises Hidden."""
    role = role_card(viewer, code)
    rows = RoleChange.objects.filter(role__code=code).select_related("proposed_by", "decided_by")
    record(
        Event.ROLES_VIEWED, at=now, subject_type="role", subject_id=code, details={"history": True}
    )
    return role, tuple(_past(row) for row in rows[:HISTORY_SHOWN])


def before_change(viewer: Viewer, code: str, change_id: UUID) -> Change:
    """What the role was before one of its changes, to go back to. Raises Hidden."""
    rows = RoleChange.objects.filter(role__code=code, state=RoleChangeState.APPLIED)
    row = rows.filter(pk=change_id).first() if viewer.can(Permission.MANAGE_ROLES) else None
    if row is None:
        raise Hidden
    return Change(Scope(row.scope_before), row.before)


def may_approve(viewer: Viewer) -> bool:
    """Whether the viewer can be the second person: manages roles too, or answers for all cases."""
    answers_for_all = viewer.can(Permission.GRANT_ACCESS) and viewer.scope == Scope.ALL
    return viewer.can(Permission.MANAGE_ROLES) or answers_for_all


def changes_waiting() -> QuerySet[RoleChange]:
    return RoleChange.objects.filter(state=RoleChangeState.WAITING).order_by("proposed_at")


def waiting_changes() -> tuple[tuple[UUID, str], ...]:
    """The changes that wait, each with its role's name."""
    return tuple(changes_waiting().values_list("pk", "role__label"))


def waiting_change(*, viewer: Viewer, now: datetime, change_id: UUID) -> WaitingChange:
    """One of them with its effect as of now, and an entry. Raises Hidden."""
    rows = RoleChange.objects.select_related("role", "proposed_by")
    row = rows.filter(pk=change_id, state=RoleChangeState.WAITING).first()
    if row is None:
        raise Hidden
    wanted = Change(Scope(row.scope_after), row.after)
    record(Event.ROLES_VIEWED, at=now, subject_type="role", subject_id=row.role.code)
    return WaitingChange(
        change_id=row.pk,
        code=row.role.code,
        label=row.role.label,
        by=row.proposed_by.display_name if row.proposed_by else "",
        at=row.proposed_at,
        own=row.proposed_by_id == viewer.account_id,
        reason=row.reason,
        stale=row.role.version != row.base_version,
        effect=effect_of(viewer, now, row.role.code, wanted),
    )


def roles_file(*, viewer: Viewer, now: datetime) -> str:
    """Every role as a file, and an entry."""
    roles = all_roles(viewer)
    record(Event.ROLES_EXPORTED, at=now, details={"roles": len(roles)})
    return write_roles(
        RoleOnFile(role.code, role.label, role.scope, role.version, role.permissions)
        for role in roles
    )


def file_preview(*, viewer: Viewer, now: datetime, text: str) -> tuple[RoleDiff, ...]:
    """What a file would change of each role, exactly, and an entry. Raises BadRoleFile."""
    known = {role.code: role for role in all_roles(viewer)}
    wanted = read_roles(text)
    strangers = sorted(role.code for role in wanted if role.code not in known)
    if strangers:
        raise BadRoleFile(
            f"There is no role {strangers[0]} here. A file changes roles, it makes none."
        )
    diffs = tuple(_differing(viewer, now, known, wanted))
    codes = [diff.role.code for diff in diffs]
    record(Event.ROLES_IMPORT_PREVIEWED, at=now, details={"roles": codes})
    return diffs


def _differing(
    viewer: Viewer, now: datetime, known: dict[str, RoleCard], wanted: Iterable[RoleOnFile]
) -> Iterable[RoleDiff]:
    for one in wanted:
        change = Change(one.scope, one.permissions)
        effect = effect_of(viewer, now, one.code, change)
        if not effect.changes_nothing:
            yield RoleDiff(known[one.code], change, effect)


def people_of(code: str) -> tuple[tuple[str, str], ...]:
    """The active people of a role, as choices."""
    people = Account.objects.filter(role__code=code, is_active=True).order_by("display_name", "pk")
    return tuple((str(pk), name) for pk, name in people.values_list("pk", "display_name"))


@reading_as(Span.EXPLAINING)
def trial(
    *, viewer: Viewer, now: datetime, code: str, change: Change, account_id: UUID, number: str
) -> Trial | None:
    """Whether one person of the role sees one case, before and after, by the rule that enforces.

    None for a number that is no case's, or one's behind a wall of the viewer's. Leaves an entry.
    """
    account = Account.objects.filter(pk=account_id, role__code=code, is_active=True)
    case = beyond_walls(Case.objects.filter(number=number.strip()), viewer).first()
    record(
        Event.ACCESS_EXPLAINED,
        at=now,
        subject_type="case" if case else "role",
        subject_id=case.pk if case else code,
        details={"account": str(account_id), "role": code},
    )
    people = viewers_for(account)
    if case is None or not people:
        return None
    person = people[0]
    as_it_would_be = replace(person, permissions=change.permissions, scope=change.scope)
    after = decide(as_it_would_be, case, Permission.VIEW_CASES, now)
    before = decide(person, case, Permission.VIEW_CASES, now)
    return Trial(person.label, case.number, before.allowed, after.allowed, after.steps)


def _past(row: RoleChange) -> PastChange:
    scopes = (str(Scope(row.scope_before).label), str(Scope(row.scope_after).label))
    return PastChange(
        change_id=row.pk,
        version=row.base_version + 1,
        state=str(row.get_state_display()),
        in_force=row.state == RoleChangeState.APPLIED,
        by=row.proposed_by.display_name if row.proposed_by else "",
        at=row.decided_at or row.proposed_at,
        second=row.decided_by.display_name if row.decided_by else "",
        reason=row.reason,
        added=_labels(row.after - row.before),
        removed=_labels(row.before - row.after),
        scopes=scopes if row.scope_before != row.scope_after else None,
    )


def _labels(permissions: frozenset[Permission]) -> tuple[str, ...]:
    return tuple(str(one.label) for one in Permission if one in permissions)
