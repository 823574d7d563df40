"""Which unit do the tests of law 2 stand on? For every role an account, and one case of each kind.

The kinds, seen from the account: `own` (the detective's, or the sergeant's as supervisor), `squad`
(a colleague's in the account's squad), `other` (another squad's), `walled` (in reach, but walled),
`granted_view`, `granted_work`, `expired` (a grant ends now) and `ended` (a grant was taken back).
Every case has a child with an invented identity.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cases.enums import Permission, RoleCode
from cases.models import Account, Case, Squad
from tests.factories import (
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    GrantFactory,
    OfficerFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity

TABLE = Path(__file__).with_name("role_by_record.csv")
KINDS = ("own", "squad", "other", "walled", "granted_view", "granted_work", "expired", "ended")
NEEDS_OFFICER = frozenset({"own", "squad"})
SWORN = frozenset({RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.CAPTAIN})
# One row of the table stands for all that a supervisor does to a case.
SUPERVISING = (
    Permission.ACKNOWLEDGE_FLAG,
    Permission.ASSIGN_CASE,
    Permission.CLOSE_CASE,
    Permission.GRANT_ACCESS,
    Permission.REOPEN_CASE,
    Permission.REVIEW_REPORT,
    Permission.WAIVE_FLAG,
)
CHILD: Identity = {
    "first_name": "Zephyrine",
    "last_name": "Quillfeather",
    "birth_date": "2018-02-09",
    "phone": "816-555-0143",
    "address": "4117 Invented Hollow Lane",
}


@dataclass(frozen=True)
class Cell:
    """What the table expects: `yes`, `refused` (seen, but not this) or `hidden` (as if absent)."""

    action: str
    role: str
    kind: str
    outcome: str

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """The permissions that this row of the table stands for."""
        return SUPERVISING if self.action == "supervise" else (Permission(self.action),)

    def __str__(self) -> str:
        return f"{self.role} {self.action} {self.kind} {self.outcome}"


@cache
def table() -> tuple[Cell, ...]:
    """Every cell that can exist."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Cell(row["action"], row["role"], kind, row[kind])
            for row in csv.DictReader(file)
            for kind in KINDS
            if row[kind] != "-"
        )


def cells(action: str) -> Iterator[Cell]:
    """The cells of one action."""
    return (cell for cell in table() if cell.action == action)


@dataclass(frozen=True)
class Unit:
    """The accounts by role, and each one's cases by kind."""

    accounts: dict[str, Account]
    cases: dict[tuple[str, str], Case]

    def expected(self) -> set[str]:
        """Who sees what, by the table, in words: `partner sees detective's own case`."""
        may = {(cell.role, cell.kind) for cell in cells("view_cases") if cell.outcome == "yes"}
        return {
            _sees(role, owner, kind)
            for role in self.accounts
            for owner, kind in self.cases
            # Another account's case is nothing but another squad's.
            if (role, kind if role == owner else "other") in may
        }

    def seen(self, role: str, found: Iterable[Case]) -> list[str]:
        """What a role was shown, in the same words."""
        names = {case.pk: _sees(role, *place) for place, case in self.cases.items()}
        return [names[case.pk] for case in found]


def _sees(role: str, owner: str, kind: str) -> str:
    return f"{role} sees {owner}'s {kind} case"


def make_unit() -> Unit:
    """A unit in which every cell of the table can be tried at `NOW`."""
    accounts = {role: _account(role) for role in RoleCode.values}
    cases = {
        (role, kind): _case(account, kind)
        for role, account in accounts.items()
        for kind in KINDS
        if account.officer or kind not in NEEDS_OFFICER
    }
    return Unit(accounts, cases)


def _account(role: str) -> Account:
    if role in SWORN:
        return AccountFactory.create(role=role, officer__squad=SquadFactory.create())
    partner = role == RoleCode.PARTNER
    return AccountFactory.create(partner=partner) if partner else AccountFactory.create(role=role)


def _case(account: Account, kind: str) -> Case:
    case = _held(account, own=kind in {"own", "walled"}, squad=_squad(account, kind))
    VictimFactory.create(case=case, identity=dict(CHILD))
    if kind == "walled":
        WallFactory.create(case=case, account=account)
    _grant(account, case, kind)
    return case


def _squad(account: Account, kind: str) -> Squad:
    if account.officer and account.officer.squad and kind in {"own", "squad", "walled"}:
        return account.officer.squad
    return SquadFactory.create(led=True)


def _held(account: Account, *, own: bool, squad: Squad) -> Case:
    holds = own and account.officer and account.role.code == RoleCode.DETECTIVE
    detective = account.officer if holds else OfficerFactory.create(squad=squad)
    case = CaseFactory.create(squad=squad, open_and_held=True, detective=detective)
    AssignmentFactory.create(case=case, officer=detective)
    return case


def _grant(account: Account, case: Case, kind: str) -> None:
    """A walled case is granted as well: the wall must beat the grant."""
    grants: dict[str, dict[str, Any]] = {
        "granted_view": {},
        "granted_work": {"works": True},
        "walled": {"works": True},
        "expired": {"works": True, "expired": True},
        "ended": {"works": True, "ended_at": NOW - timedelta(microseconds=1)},
    }
    if kind in grants:
        GrantFactory.create(user=account, content_object=case, **grants[kind])
