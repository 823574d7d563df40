"""Who may see or do what? This module alone decides, and every decision explains itself.

The order: a wall denies before anything else is asked; then the role's permission; then reach by
assignment, squad, role scope or an explicit grant. Lists use the same reach as a queryset. Nothing
here asks whether somebody is a superuser. What one may not see does not exist: `Hidden` is a 404.

Grants are django-guardian's direct-foreign-key rows; guardian's own checks and lists are not used
(they bypass walls and expiry; see the decision record on access).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import Http404

from cases.enums import Permission, Rank, Scope
from cases.models import Account, Case, CaseUserObjectPermission, Wall
from cases.viewers import (
    Viewer,
    system_viewer,
    viewer_for,
    viewer_of_row,
    viewer_rows,
    viewers_for,
)

__all__ = ["Viewer", "system_viewer", "viewer_for", "viewers_for"]

GRANT_VIEW = "view_case"
GRANT_WORK = "work_case"

# What a grant to work opens. Seeing and releasing any grant opens; the rest needs the role's reach.
WORK_PERMISSIONS = frozenset(
    {Permission.VIEW_CASES, Permission.LOG_RESPONSE, Permission.REVEAL_IDENTITY}
)

# The rules that let somebody reach a case; what else is asked only keeps people out.
HOLDS = "holds the case"
SUPERVISES = "supervises the case"
LEADS = "leads its squad"
REACHES_ALL = "role reaches all cases"
GRANTED = "has a grant"
WAYS = frozenset({HOLDS, SUPERVISES, LEADS, REACHES_ALL, GRANTED})
Row = TypeVar("Row", bound=Model)
Grants = tuple[tuple[str, datetime], ...]
# Where a case stands in every list: its last substantive entry, and its id among equals.
Key = tuple[datetime, UUID]


class Hidden(Http404):
    """The viewer may not know that this exists. The same page as for what does not exist."""


class NotPermitted(PermissionDenied):
    """The viewer sees the case but may not do this to it. The message says what; it becomes 403."""


@dataclass(frozen=True, slots=True)
class AccessStep:
    """One rule that was asked. `outcome` is granted, denied, not granted or not applicable."""

    rule: str
    outcome: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    steps: tuple[AccessStep, ...]


def visible_cases(viewer: Viewer, now: datetime) -> QuerySet[Case]:
    """Every case this viewer may see at `now`, unordered; walls always subtracted."""
    if not viewer.can(Permission.VIEW_CASES):
        return Case.objects.none()
    if viewer.scope == Scope.ALL:
        return beyond_walls(Case.objects.all(), viewer)
    within = _granted(viewer, now).values_list("content_object_id")
    if reach := _reach(viewer):
        within = within.union(Case.objects.filter(reach).order_by().values_list("pk"))
    return beyond_walls(Case.objects.filter(pk__in=within), viewer)


def supervised_cases(viewer: Viewer, now: datetime) -> QuerySet[Case]:
    """What this viewer supervises by the role's own reach: all cases, or those of their squads and
    those that name them as supervisor.

    A grant lets somebody see a case, it makes nobody its supervisor; so a list of what needs a
    supervisor reads two indexes and no grants.
    """
    if not viewer.can(Permission.VIEW_CASES) or viewer.scope not in (Scope.ALL, Scope.SQUAD):
        return Case.objects.none()
    within = Q() if viewer.scope == Scope.ALL else _supervision(viewer)
    return beyond_walls(Case.objects.filter(within), viewer)


def _supervision(viewer: Viewer) -> Q:
    led = Q(squad_id__in=sorted(viewer.squad_ids))
    return led | Q(supervisor_id=viewer.officer_id) if viewer.officer_id else led


def supervises_all(viewer: Viewer) -> bool:
    """Whether this viewer supervises every case but those behind a wall."""
    return viewer.scope == Scope.ALL and viewer.can(Permission.VIEW_CASES)


def visible_page(
    viewer: Viewer,
    now: datetime,
    *,
    size: int,
    before: Key | None = None,
    matching: Q | None = None,
    upwards: bool = False,
) -> QuerySet[Case]:
    """The newest `size` visible cases by last substantive entry, strictly before the given key.

    Of those that match, where something is to match; `upwards` the nearest after the key instead.
    Each way of reaching a case is walked along its own ordered index and gives at most `size`
    rows; only those few are merged, so the cost doesn't follow the number of old cases.
    """
    if not viewer.can(Permission.VIEW_CASES):
        return Case.objects.none()
    walk = _Walk(viewer, size, before, matching or Q(), upwards)
    legs = [walk.along(reach) for reach in _reaches(viewer)]
    if viewer.scope != Scope.ALL:
        legs.append(walk.along(Q(pk__in=_granted(viewer, now).values("content_object_id"))))
    if len(legs) == 1:
        return legs[0]
    within = [leg.values("pk") for leg in legs]
    merged = within[0].union(*within[1:])
    return Case.objects.filter(pk__in=merged).order_by(*walk.order)[:size]


@dataclass(frozen=True, slots=True)
class _Walk:
    """From where, in which direction and how far cases are walked along an index."""

    viewer: Viewer
    size: int
    edge: Key | None
    matching: Q
    upwards: bool

    @property
    def order(self) -> tuple[str, str]:
        return ("last_entry_at", "id") if self.upwards else ("-last_entry_at", "-id")

    def along(self, reach: Q) -> QuerySet[Case]:
        cases = Case.objects.filter(reach, self.matching, self._beyond_edge())
        return beyond_walls(cases, self.viewer).order_by(*self.order)[: self.size]

    def _beyond_edge(self) -> Q:
        if self.edge is None:
            return Q()
        entry, key = self.edge
        if self.upwards:
            newer = Q(last_entry_at__gt=entry) | Q(last_entry_at=entry, id__gt=key)
            return Q(last_entry_at__gte=entry) & newer
        older = Q(last_entry_at__lt=entry) | Q(last_entry_at=entry, id__lt=key)
        return Q(last_entry_at__lte=entry) & older


def _reaches(viewer: Viewer) -> list[Q]:
    """The ways a role itself reaches cases, one per ordered index."""
    if viewer.scope == Scope.ALL:
        return [Q()]
    reaches = []
    if viewer.scope == Scope.SQUAD:
        reaches += [Q(squad_id=squad) for squad in sorted(viewer.squad_ids)]
        if viewer.officer_id:
            reaches.append(Q(supervisor_id=viewer.officer_id))
    if viewer.scope in (Scope.SQUAD, Scope.OWN) and viewer.officer_id:
        reaches.append(Q(detective_id=viewer.officer_id))
    return reaches


def _reach(viewer: Viewer) -> Q:
    combined = Q()
    for reach in _reaches(viewer):
        combined |= reach
    return combined


def _granted(viewer: Viewer, now: datetime) -> QuerySet[CaseUserObjectPermission]:
    return _live_grants(now).filter(user_id=viewer.account_id)


def grants_standing(
    at: OuterRef, case: OuterRef, account: OuterRef
) -> QuerySet[CaseUserObjectPermission]:
    """Whether a grant let an account in at a past moment, as far as grants are on file: columns of
    an outer query."""
    return CaseUserObjectPermission.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=at),
        content_object_id=case,
        user_id=account,
        granted_at__lte=at,
        expires_at__gt=at,
    )


def _live_grants(now: datetime) -> QuerySet[CaseUserObjectPermission]:
    return CaseUserObjectPermission.objects.filter(
        expires_at__gt=now, ended_at__isnull=True, user__is_active=True
    )


def beyond_walls(rows: QuerySet[Row], viewer: Viewer, *, case: str = "pk") -> QuerySet[Row]:
    """The rows but those whose case, in the column `case`, a wall hides from the viewer."""
    if viewer.account_id is None:
        return rows
    walls = Wall.objects.filter(
        case=OuterRef(case), account_id=viewer.account_id, lifted_at__isnull=True
    )
    return rows.filter(~Exists(walls))


def walled_from(viewer: Viewer, case_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these cases a wall hides from the viewer, so that not even a hint of them shows."""
    walls = Wall.objects.filter(
        case_id__in=list(case_ids), account_id=viewer.account_key, lifted_at__isnull=True
    )
    return set(walls.values_list("case_id", flat=True))


def find_case(viewer: Viewer, case_id: UUID, now: datetime) -> Case:
    """The case, or `Hidden` for what does not exist and for what this viewer may not see alike."""
    return open_case(viewer, case_id, now)[0]


def open_case(viewer: Viewer, case_id: UUID, now: datetime) -> tuple[Case, frozenset[Permission]]:
    """The case with all that `decide` allows this viewer on it, in three queries, or `Hidden`."""
    case = (
        Case.objects.select_related("detective", "supervisor", "squad").filter(pk=case_id).first()
    )
    if case is None:
        raise Hidden
    allowed = permissions_on(viewer, case, now)
    if Permission.VIEW_CASES not in allowed:
        raise Hidden
    return case, allowed


def permissions_on(viewer: Viewer, case: Case, now: datetime) -> frozenset[Permission]:
    """Every permission that `decide` allows on the case, its wall and its grants read once."""
    wall, grants = _wall_step(viewer, case), _grants_on(viewer, case, now)
    return frozenset(
        permission
        for permission in viewer.permissions
        if _decision(viewer, case, permission, wall, grants).allowed
    )


def require(viewer: Viewer, case: Case, permission: Permission, now: datetime) -> None:
    """Raises `Hidden` if the case may not be seen, `NotPermitted` if only the act is refused."""
    allowed = permissions_on(viewer, case, now)
    if Permission.VIEW_CASES not in allowed and permission not in allowed:
        raise Hidden
    demand(permission, allowed)


def demand(permission: Permission, allowed: frozenset[Permission]) -> None:
    """Raises `NotPermitted` for an act that is not among those allowed on a visible case."""
    if permission not in allowed:
        raise NotPermitted(f"Your role does not allow you to: {permission.label.lower()}.")


def decide(viewer: Viewer, case: Case, permission: Permission, now: datetime) -> Decision:
    """Whether `viewer` may use `permission` on `case` at `now`, and every rule that was asked."""
    wall, grants = _wall_step(viewer, case), _grants_on(viewer, case, now)
    return _decision(viewer, case, permission, wall, grants)


def _decision(
    viewer: Viewer, case: Case, permission: Permission, wall: AccessStep, grants: Grants
) -> Decision:
    steps = [_active_step(viewer), wall]
    if any(step.outcome == "denied" for step in steps):
        return Decision(allowed=False, steps=tuple(steps))
    holds = viewer.can(permission)
    steps.append(
        AccessStep(f"role may {permission.label.lower()}", _outcome(holds), viewer.role_code)
    )
    ways = [*_role_steps(viewer, case), _grant_step(viewer, permission, grants)]
    allowed = holds and any(step.outcome == "granted" for step in ways)
    return Decision(allowed, (*steps, *ways))


def _outcome(granted: bool, *, applies: bool = True) -> str:  # noqa: FBT001
    if not applies:
        return "not applicable"
    return "granted" if granted else "not granted"


def _active_step(viewer: Viewer) -> AccessStep:
    return AccessStep("account is active", "granted" if viewer.is_active else "denied")


def _wall_step(viewer: Viewer, case: Case) -> AccessStep:
    walls = Wall.objects.filter(case=case, account_id=viewer.account_key, lifted_at__isnull=True)
    return _wall_said(walled=viewer.account_id is not None and walls.exists())


def _wall_said(*, walled: bool) -> AccessStep:
    return AccessStep("no wall on this case", "denied" if walled else "granted")


def _role_steps(viewer: Viewer, case: Case) -> list[AccessStep]:
    scope = viewer.scope
    holds = viewer.officer_id is not None and case.detective_id == viewer.officer_id
    supervises = viewer.officer_id is not None and case.supervisor_id == viewer.officer_id
    in_squad = case.squad_id in viewer.squad_ids
    return [
        AccessStep(HOLDS, _outcome(holds, applies=scope in (Scope.OWN, Scope.SQUAD))),
        AccessStep(SUPERVISES, _outcome(supervises, applies=scope == Scope.SQUAD)),
        AccessStep(LEADS, _outcome(in_squad, applies=scope == Scope.SQUAD)),
        AccessStep(REACHES_ALL, _outcome(scope == Scope.ALL, applies=scope == Scope.ALL)),
    ]


def _grants_on(viewer: Viewer, case: Case, now: datetime) -> Grants:
    """What each live grant to the viewer opens, and until when; the last to end first."""
    if viewer.account_id is None:
        return ()
    grants = _granted(viewer, now).filter(content_object=case).order_by("-expires_at")
    return tuple(grants.values_list("permission__codename", "expires_at"))


def _grant_step(viewer: Viewer, permission: Permission, grants: Grants) -> AccessStep:
    if viewer.account_id is None:
        return AccessStep(GRANTED, "not applicable")
    codenames = _grants_opening(permission)
    until = next((expires_at for codename, expires_at in grants if codename in codenames), None)
    if until is None:
        return AccessStep(GRANTED, "not granted")
    return AccessStep(GRANTED, "granted", f"until {until:%Y-%m-%d %H:%M} UTC")


def _grants_opening(permission: Permission) -> tuple[str, ...]:
    if permission in (Permission.VIEW_CASES, Permission.PREPARE_RELEASE):
        return (GRANT_VIEW, GRANT_WORK)
    return (GRANT_WORK,) if permission in WORK_PERMISSIONS else ()


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
    grants = _grants_by_account(case, now)
    seeing = []
    for row in viewer_rows(accounts):
        viewer = viewer_of_row(row)
        wall = _wall_said(walled=viewer.account_id in walled)
        given = tuple(grants[row["pk"]])
        decision = _decision(viewer, case, Permission.VIEW_CASES, wall, given)
        if decision.allowed:
            seeing.append(CanSee(row["pk"], viewer.label, row["role__label"], decision))
    return tuple(seeing)


def live_grants_on(case: Case, now: datetime) -> QuerySet[CaseUserObjectPermission]:
    """The grants that open the case at `now`, the first to end first. For whoever may give them."""
    grants = _live_grants(now).filter(content_object=case)
    return grants.select_related("user", "granted_by", "permission").order_by("expires_at")


def _grants_by_account(case: Case, now: datetime) -> Mapping[UUID, list[tuple[str, datetime]]]:
    """Every live grant on the case by who has it, the last to end first."""
    grants: dict[UUID, list[tuple[str, datetime]]] = defaultdict(list)
    rows = _live_grants(now).filter(content_object=case).order_by("-expires_at")
    for account_id, codename, expires_at in rows.values_list(
        "user_id", "permission__codename", "expires_at"
    ):
        grants[account_id].append((codename, expires_at))
    return grants


def _worth_asking(accounts: QuerySet[Account], case: Case, now: datetime) -> QuerySet[Account]:
    """Narrow to accounts that could pass; `decide` still has the word."""
    granted = _live_grants(now).filter(content_object=case).values("user_id")
    return accounts.filter(
        Q(role__scope=Scope.ALL)
        | Q(officer_id=case.detective_id, officer__isnull=False)
        | Q(officer_id=case.supervisor_id, officer__isnull=False)
        | Q(officer__squads_led=case.squad_id, officer__isnull=False)
        | Q(officer__squad_id=case.squad_id, officer__rank=Rank.SERGEANT)
        | Q(pk__in=granted),
        role__permissions__permission=Permission.VIEW_CASES,
    ).distinct()
