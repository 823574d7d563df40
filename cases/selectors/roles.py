"""Which role may do what, who has it, and what would a change open or shut?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Q, QuerySet

from cases.access import Hidden, Viewer, viewers_for, visible_cases
from cases.enums import Permission, Scope
from cases.models import Account, Case, Role

# The effect of a change is worked out person by person; of a bigger role, for its first so many.
PEOPLE_COMPARED = 200

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
    people_compared: int
    gaining: int
    gained: int
    losing: int
    lost: int

    @property
    def changes_nothing(self) -> bool:
        return not self.added and not self.removed and self.scope_before == self.scope_after


def matrix(viewer: Viewer) -> Matrix:
    """Every role with what it may do."""
    roles = _roles(viewer)
    groups = tuple(
        (name, tuple(_row(permission, roles) for permission in permissions))
        for name, permissions in GROUPS
    )
    return Matrix(roles, groups)


def role_card(viewer: Viewer, code: str) -> RoleCard:
    """One role. Raises Hidden for a code that is none."""
    found = [role for role in _roles(viewer) if role.code == code]
    if not found:
        raise Hidden
    return found[0]


def _roles(viewer: Viewer) -> tuple[RoleCard, ...]:
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


def effect_of(viewer: Viewer, now: datetime, code: str, change: Change) -> Effect:
    """The people who would see more or fewer cases, by the very lists that they see.

    Raises Hidden for a code that is no role.
    """
    role = role_card(viewer, code)
    accounts = Account.objects.filter(role__code=code, is_active=True).order_by("username")
    before = viewers_for(accounts[:PEOPLE_COMPARED])
    after = [replace(one, permissions=change.permissions, scope=change.scope) for one in before]
    gaining, gained = _seen_by_first_only(after, before, now)
    losing, lost = _seen_by_first_only(before, after, now)
    return Effect(
        added=_in_order(change.permissions - role.permissions),
        removed=_in_order(role.permissions - change.permissions),
        scope_before=role.scope,
        scope_after=change.scope,
        people=role.people,
        people_compared=len(before),
        gaining=gaining,
        gained=gained,
        losing=losing,
        lost=lost,
    )


def _in_order(permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    wanted = frozenset(permissions)
    return tuple(permission for permission in Permission if permission in wanted)


def _seen_by_first_only(
    first: Sequence[Viewer], second: Sequence[Viewer], now: datetime
) -> tuple[int, int]:
    """How many people see cases as `first` that they don't as `second`, and how many cases."""
    pairs = [
        (one, other)
        for one, other in zip(first, second, strict=True)
        if _reach(one) != _reach(other)
    ]
    legs = [
        leg for number, (one, other) in enumerate(pairs) for leg in _leg(number, one, other, now)
    ]
    if not legs:
        return 0, 0
    sql = " UNION ALL ".join(sql for sql, _ in legs)
    params: list[Any] = [value for _, values in legs for value in values]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(DISTINCT person), count(DISTINCT id) FROM ({sql}) AS seen",  # noqa: S608
            params,
        )
        people, cases = cursor.fetchone()
    return people, cases


def _reach(viewer: Viewer) -> tuple[Scope, bool]:
    return viewer.scope, viewer.can(Permission.VIEW_CASES)


def _leg(
    number: int, one: Viewer, other: Viewer, now: datetime
) -> Iterable[tuple[str, tuple[object, ...]]]:
    """The cases that one person would see only as `one`, marked with the person's number."""
    seen: QuerySet[Case, Case] = visible_cases(one, now).order_by()
    only = seen.exclude(pk__in=visible_cases(other, now).order_by().values("id")).values("id")
    try:
        sql, params = only.query.sql_with_params()
    except EmptyResultSet:
        return
    yield f"SELECT {number} AS person, id FROM ({sql}) AS leg", params  # noqa: S608
