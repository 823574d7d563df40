"""Who can see a case, and by which steps?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from cases.access.deciding import Decision, decision_of, wall_said
from cases.access.granting import (
    Grants,
    grants_by_holder,
    live_grants,
    live_squad_grants,
)
from cases.enums import Permission, Rank, Scope
from cases.models import Account, Case, Wall
from cases.viewers import Viewer, viewer_of_row, viewer_rows, viewers_for


@dataclass(frozen=True, slots=True)
class CanSee:
    """One account that can see a case, and the steps that say why."""

    account_id: UUID
    label: str
    role: str
    decision: Decision


def who_can_see(case: Case, now: datetime) -> tuple[CanSee, ...]:
    """Everybody who can see the case at `now`, by the rules that enforce, in three queries."""
    accounts = _worth_asking(Account.objects.filter(is_active=True), case, now)
    walled = set(
        Wall.objects.filter(case=case, lifted_at__isnull=True).values_list("account_id", flat=True)
    )
    grants = grants_by_holder(case, now)
    seeing = []
    for row in viewer_rows(accounts):
        viewer = viewer_of_row(row)
        wall = wall_said(walled=viewer.account_id in walled)
        given = Grants(grants[row["pk"]], grants[viewer.member_of] if viewer.member_of else ())
        decision = decision_of(viewer, case, Permission.VIEW_CASES, wall, given)
        if decision.allowed and viewer.is_there(localdate(now)):
            seeing.append(CanSee(row["pk"], viewer.label, row["role__label"], decision))
    return tuple(seeing)


def answering_below(
    cases: Iterable[Case], permission: Permission, now: datetime
) -> Mapping[UUID, frozenset[UUID]]:
    """Case → the accounts that may do this on it without reaching all cases: its sergeants'.

    Only of who is there, so that what waits for a sergeant waits for one who can come to it; in one
    query, whatever the number of cases.
    """
    accounts = Account.objects.filter(is_active=True, role__scope=Scope.SQUAD)
    here = [one for one in viewers_for(accounts) if one.is_there(localdate(now))]
    return {
        case.pk: frozenset(
            viewer.account_key for viewer in here if _may_by_role(viewer, case, permission)
        )
        for case in cases
    }


def _may_by_role(viewer: Viewer, case: Case, permission: Permission) -> bool:
    wall = wall_said(walled=case.pk in viewer.walled)
    return decision_of(viewer, case, permission, wall, Grants()).allowed


def _worth_asking(accounts: QuerySet[Account], case: Case, now: datetime) -> QuerySet[Account]:
    """Narrow to accounts that could pass; `decide` still has the word."""
    granted = live_grants(now).filter(content_object=case).values("user_id")
    shared = live_squad_grants(now).filter(case=case).values("squad_id")
    return accounts.filter(
        Q(role__scope=Scope.ALL)
        | Q(officer_id=case.detective_id, officer__isnull=False)
        | Q(officer_id=case.supervisor_id, officer__isnull=False)
        | Q(officer__squads_led=case.squad_id, officer__isnull=False)
        | Q(officer__squad_id=case.squad_id, officer__rank=Rank.SERGEANT)
        | Q(pk__in=granted)
        | Q(officer__squad_id__in=shared),
        role__permissions__permission=Permission.VIEW_CASES,
    ).distinct()
