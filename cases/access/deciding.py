"""May this viewer do this on this case? One function decides, and says every rule it asked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from cases.access.granting import Given, Grants, grants_on, grants_opening, until_words
from cases.enums import Permission, Scope
from cases.models import Case, Wall
from cases.viewers import Viewer

# The rules that let somebody reach a case; what else is asked only keeps people out.
HOLDS = "holds the case"
SUPERVISES = "supervises the case"
LEADS = "leads its squad"
REACHES_ALL = "role reaches all cases"
GRANTED = "shared with them"
SHARED = "shared with their squad"
WAYS = frozenset({HOLDS, SUPERVISES, LEADS, REACHES_ALL, GRANTED, SHARED})


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
    wall, grants = _wall_step(viewer, case), grants_on(viewer, case, now)
    return frozenset(
        permission
        for permission in viewer.permissions
        if decision_of(viewer, case, permission, wall, grants).allowed
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
    wall, grants = _wall_step(viewer, case), grants_on(viewer, case, now)
    return decision_of(viewer, case, permission, wall, grants)


def decision_of(
    viewer: Viewer, case: Case, permission: Permission, wall: AccessStep, grants: Grants
) -> Decision:
    steps = [_active_step(viewer), wall]
    if any(step.outcome == "denied" for step in steps):
        return Decision(allowed=False, steps=tuple(steps))
    holds = viewer.can(permission)
    steps.append(
        AccessStep(f"role may {permission.label.lower()}", _outcome(holds), viewer.role_code)
    )
    ways = [*_role_steps(viewer, case), *_grant_steps(viewer, permission, grants)]
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
    return wall_said(walled=viewer.account_id is not None and walls.exists())


def wall_said(*, walled: bool) -> AccessStep:
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


def _grant_steps(viewer: Viewer, permission: Permission, grants: Grants) -> list[AccessStep]:
    opening = grants_opening(permission)
    return [
        _given_step(GRANTED, grants.own, opening, applies=viewer.account_id is not None),
        _given_step(SHARED, grants.squads, opening, applies=viewer.member_of is not None),
    ]


def _given_step(
    rule: str, given: tuple[Given, ...], opening: tuple[str, ...], *, applies: bool
) -> AccessStep:
    until = next((expires_at for may, expires_at in given if may in opening), None)
    if until is None:
        return AccessStep(rule, _outcome(granted=False, applies=applies))
    return AccessStep(rule, "granted", until_words(until))
