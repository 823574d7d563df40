"""Which role may do what, who has it, and what would a change open or shut?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from cases.access import Hidden, Viewer, difference, reach_of
from cases.enums import Permission, Scope
from cases.models import Account, Role
from cases.row_security import Span, reading_as

GROUPS: tuple[tuple[str, tuple[Permission, ...]], ...] = (
    (
        "Working cases",
        (
            Permission.VIEW_CASES,
            Permission.CREATE_CASE,
            Permission.LOG_RESPONSE,
            Permission.SEARCH_PEOPLE,
            Permission.REVEAL_IDENTITY,
            Permission.PREPARE_RELEASE,
        ),
    ),
    (
        "Supervising",
        (
            Permission.SEE_DASHBOARD,
            Permission.ASSIGN_CASE,
            Permission.REVIEW_REPORT,
            Permission.ACKNOWLEDGE_FLAG,
            Permission.WAIVE_FLAG,
            Permission.CLOSE_CASE,
            Permission.REOPEN_CASE,
            Permission.GRANT_ACCESS,
            Permission.BREAK_GLASS,
            Permission.EXPUNGE_IDENTITY,
            Permission.SEE_FIGURES,
        ),
    ),
    (
        "Running the system",
        (
            Permission.IMPORT_CASELOAD,
            Permission.MANAGE_ACCOUNTS,
            Permission.MANAGE_ROLES,
            Permission.EDIT_POLICY,
            Permission.SEE_AUDIT,
            Permission.SEE_SEALS,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class RoleCard:
    """One column of the matrix. `people`: active accounts that have the role."""

    code: str
    label: str
    scope: Scope
    version: int
    people: int
    permissions: frozenset[Permission]
    own: bool

    @property
    def scope_label(self) -> str:
        return str(self.scope.label)


@dataclass(frozen=True, slots=True)
class Cell:
    role: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    permission: str
    label: str
    dangerous: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The role matrix: a column for each role, the rows in groups."""

    roles: tuple[RoleCard, ...]
    groups: tuple[tuple[str, tuple[MatrixRow, ...]], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants a role to be."""

    scope: Scope
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would do: permissions that come and go, people who see more or fewer cases."""

    added: tuple[Permission, ...]
    removed: tuple[Permission, ...]
    scope_before: Scope
    scope_after: Scope
    people: int
    gaining: int
    gained: int
    losing: int
    lost: int

    @property
    def changes_nothing(self) -> bool:
        return not self.added and not self.removed and self.scope_before == self.scope_after


def matrix(viewer: Viewer) -> Matrix:
    """Every role with what it may do."""
    roles = all_roles(viewer)
    groups = tuple(
        (name, tuple(_row(permission, roles) for permission in permissions))
        for name, permissions in GROUPS
    )
    return Matrix(roles, groups)


def role_card(viewer: Viewer, code: str) -> RoleCard:
    """One role. Raises Hidden for a code that is none."""
    found = [role for role in all_roles(viewer) if role.code == code]
    if not found:
        raise Hidden
    return found[0]


def all_roles(viewer: Viewer) -> tuple[RoleCard, ...]:
    """Every role as it stands."""
    people = Count("accounts", filter=Q(accounts__is_active=True), distinct=True)
    roles = Role.objects.annotate(people=people).prefetch_related("permissions")
    cards = (
        RoleCard(
            code=role.code,
            label=role.label,
            scope=Scope(role.scope),
            version=role.version,
            people=role.people,
            permissions=frozenset(Permission(cell.permission) for cell in role.permissions.all()),
            own=role.code == viewer.role_code,
        )
        for role in roles
    )
    return tuple(sorted(cards, key=lambda card: (_REACH.index(card.scope), card.label)))


_REACH = (Scope.OWN, Scope.SQUAD, Scope.ALL, Scope.GRANTED, Scope.NONE)


def _row(permission: Permission, roles: Iterable[RoleCard]) -> MatrixRow:
    return MatrixRow(
        permission=permission.value,
        label=str(permission.label),
        dangerous=permission in Permission.dangerous(),
        cells=tuple(Cell(role.label, permission in role.permissions) for role in roles),
    )


# -- what a change would do ---------------------------------------------------------------------


@reading_as(Span.EXPLAINING)
def effect_of(viewer: Viewer, now: datetime, code: str, change: Change) -> Effect:
    """The people who would see more or fewer cases: all of them, and exactly, but for cases that a
    wall hides from whoever asks.

    Raises Hidden for a code that is no role.
    """
    role = role_card(viewer, code)
    people = Account.objects.filter(role__code=code, is_active=True)
    before = reach_of(role.scope, role.permissions)
    after = reach_of(change.scope, change.permissions)
    gain = difference(people, before, after, now, asker=viewer)
    loss = difference(people, after, before, now, asker=viewer)
    return Effect(
        added=_in_order(change.permissions - role.permissions),
        removed=_in_order(role.permissions - change.permissions),
        scope_before=role.scope,
        scope_after=change.scope,
        people=role.people,
        gaining=gain.people,
        gained=gain.cases,
        losing=loss.people,
        lost=loss.cases,
    )


def _in_order(permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    wanted = frozenset(permissions)
    return tuple(permission for permission in Permission if permission in wanted)
