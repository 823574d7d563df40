"""Who is asking? An account with its role, permissions and squads, read once for each request."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, QuerySet

from cases.enums import Permission, Rank, RoleCode, Scope
from cases.models import Account, RolePermission, Squad, Wall

COLUMNS = (
    "pk",
    "role__code",
    "role__label",
    "role__scope",
    "officer_id",
    "officer__rank",
    "officer__squad_id",
    "officer__active_to",
    "discipline",
    "display_name",
    "is_active",
    "may",
    "leads",
    "behind",
)

# All that a role can allow a partner: everything else takes the whole case.
PARTNERS_MAY = frozenset({Permission.VIEW_CASES, Permission.REVEAL_IDENTITY})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking. Built once per request; every selector and service takes one.

    `squad_ids` are the squads they lead, `member_of` the one that they are in; `walled` the cases
    that were behind a wall for them when they asked. Never to be shown, and no rule relies on it.
    `gone_on`: the first day an officer is no longer with the unit.
    """

    account_id: UUID | None
    label: str
    role_code: str
    scope: Scope
    permissions: frozenset[Permission]
    officer_id: UUID | None = None
    squad_ids: frozenset[UUID] = frozenset()
    member_of: UUID | None = None
    discipline: str = ""
    is_active: bool = True
    gone_on: date | None = None
    walled: frozenset[UUID] = frozenset()

    @property
    def account_key(self) -> UUID:
        """The account's id for look-ups; the system has none, and nil matches nothing."""
        return self.account_id or UUID(int=0)

    @property
    def is_partner(self) -> bool:
        """Of another agency; one without a discipline reads the least."""
        return bool(self.discipline) or self.role_code == RoleCode.PARTNER

    def is_there(self, on: date) -> bool:
        """Whether they are with the unit on that day still; whoever is no officer always is."""
        return self.gone_on is None or self.gone_on > on

    def can(self, permission: Permission) -> bool:
        """Whether the role holds the permission at all; on a case, ask `decide`."""
        return self.is_active and permission in self.permissions


def viewer_for(account: Account) -> Viewer:
    """The account as a viewer: role, permissions and squads, in one query.

    Every request asks it, so it is put into words once: that took eight times as long as asking.
    Raises Account.DoesNotExist.
    """
    with connection.cursor() as cursor:
        cursor.execute(_query_of_one(), [account.pk])
        row = cursor.fetchone()
    if row is None:
        raise Account.DoesNotExist
    return viewer_of_row(dict(zip(COLUMNS, row, strict=True)))


@cache
def _query_of_one() -> str:
    """SQL with one parameter, an account's key."""
    rows = viewer_rows(Account.objects.filter(pk=UUID(int=0)))
    sql, (_key,) = rows.query.sql_with_params()
    return str(sql)


def viewers_for(accounts: QuerySet[Account]) -> tuple[Viewer, ...]:
    """Many accounts as viewers, in one query however many they are."""
    return tuple(viewer_of_row(row) for row in viewer_rows(accounts))


def viewer_rows(accounts: QuerySet[Account]) -> QuerySet[Any, Any]:
    asked = accounts.annotate(
        may=ArraySubquery(
            RolePermission.objects.filter(role=OuterRef("role")).values("permission")
        ),
        leads=ArraySubquery(
            Squad.objects.filter(sergeant=OuterRef("officer")).order_by().values("pk")
        ),
    )
    rows: QuerySet[Any, Any] = asked.annotate(behind=ArraySubquery(_standing_walls()))
    return rows.values(*COLUMNS)


def _standing_walls() -> QuerySet[Any, Any]:
    walls = Wall.objects.filter(account=OuterRef("pk"), lifted_at__isnull=True)
    return walls.order_by().values("case_id")


def viewer_of_row(row: Mapping[str, Any]) -> Viewer:
    viewer = Viewer(
        account_id=row["pk"],
        label=row["display_name"],
        role_code=row["role__code"],
        scope=Scope(row["role__scope"]),
        permissions=frozenset(Permission(name) for name in row["may"]),
        officer_id=row["officer_id"],
        squad_ids=_squads(row["leads"], row["officer__rank"], row["officer__squad_id"]),
        member_of=row["officer__squad_id"],
        discipline=row["discipline"],
        is_active=row["is_active"],
        gone_on=row["officer__active_to"],
        walled=frozenset(row["behind"]),
    )
    if not viewer.is_partner:
        return viewer
    return replace(viewer, permissions=viewer.permissions & PARTNERS_MAY)


def _squads(leads: list[UUID], rank: str | None, squad_id: UUID | None) -> frozenset[UUID]:
    """The squads an officer leads; a sergeant's own squad is theirs too."""
    own = {squad_id} if rank == Rank.SERGEANT and squad_id else set()
    return frozenset(leads) | own


def system_viewer(task: str) -> Viewer:
    """The system at work: a named task, every permission, every case; audited under its name."""
    return Viewer(None, f"system:{task}", "system", Scope.ALL, frozenset(Permission))
