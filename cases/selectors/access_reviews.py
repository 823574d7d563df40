"""Which access is to be looked at again: every role, every grant in force, every wall?

Each has a due time of its own, from when it was given or last kept, so that none can be left out.
Whoever manages roles sees roles, and of the rest how many are overdue; a supervisor sees the grants
and walls of the cases in their reach.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from audit.events import Event
from audit.recorder import record
from cases.access import (
    Hidden,
    Viewer,
    beyond_walls,
    demand,
    live_grants,
    open_case,
    supervised_cases,
    until_words,
)
from cases.enums import AccessDecision, Permission, Scope
from cases.models import AccessReview, Policy, Role, Wall
from cases.rules.access_reviews import Standing, review_due, standing
from cases.rules.policy_people import AccessReviewRule
from cases.selectors.grants import GRANT_WORDS
from cases.selectors.policy import current_policy

ROLE, GRANT, WALL = "role", "grant", "wall"
_KEPT = Max("reviews__decided_at", filter=Q(reviews__decision=AccessDecision.KEEP))


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be reviewed. `key`: a role's code, a grant's number, a wall's id."""

    kind: str
    key: str
    title: str
    about: str
    reason: str
    case_id: UUID | None
    number: str
    since: datetime
    due_at: datetime
    standing: Standing
    own: bool


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many reviews are overdue, of what the viewer answers for."""

    roles: int = 0
    grants: int = 0
    walls: int = 0

    @property
    def total(self) -> int:
        return self.roles + self.grants + self.walls


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What is due or shows ahead; everything, if asked. `years`: how often, in words."""

    items: tuple[Item, ...]
    everything: bool
    overdue: Overdue
    years: str


def may_review_roles(viewer: Viewer) -> bool:
    """Whoever manages roles, and whoever answers for all cases."""
    return viewer.can(Permission.MANAGE_ROLES) or _answers_for_all(viewer)


def may_review_grants(viewer: Viewer) -> bool:
    return viewer.can(Permission.GRANT_ACCESS) and viewer.scope in (Scope.ALL, Scope.SQUAD)


def review_page(*, viewer: Viewer, now: datetime, everything: bool = False) -> ReviewPage:
    """What this viewer is to review, the first due first, and an entry. Raises Hidden."""
    if not (may_review_roles(viewer) or may_review_grants(viewer)):
        raise Hidden
    rule = current_policy().access_reviews
    items = sorted(_items(viewer, now, rule), key=lambda one: (one.due_at, one.key))
    shown = tuple(one for one in items if everything or one.standing != Standing.LATER)
    details = {"cases": sorted({str(one.case_id) for one in shown if one.case_id})}
    record(Event.ACCESS_REVIEW_VIEWED, at=now, details=details)
    return ReviewPage(shown, everything, overdue_reviews(viewer, now), str(rule.every))


def review_item(*, viewer: Viewer, now: datetime, kind: str, key: str) -> Item:
    """One thing to be reviewed, and an entry. Raises Hidden, NotPermitted."""
    rule = current_policy().access_reviews
    found = _ONE[kind](viewer, now, rule, key)
    details = {"cases": [str(found.case_id)]} if found.case_id else {"role": key}
    record(Event.ACCESS_REVIEW_VIEWED, at=now, details=details)
    return found


def overdue_reviews(viewer: Viewer, now: datetime) -> Overdue:
    """How many there are of what the viewer answers for."""
    late = late_reviews(viewer, now, current_policy().access_reviews)
    return Overdue(*(rows.count() for rows in late))


def late_reviews(
    viewer: Viewer, now: datetime, rule: AccessReviewRule
) -> tuple[QuerySet[Role], QuerySet[Any], QuerySet[Wall]]:
    """Overdue roles, grants and walls: of all that the viewer reaches; of everything but what a
    wall hides from them, for who manages roles."""
    cutoff = now - rule.every.span
    roles = Role.objects.filter(Exists(Policy.objects.filter(created_at__lt=cutoff)))
    grants = beyond_walls(live_grants(now), viewer, case="content_object_id")
    walls = beyond_walls(Wall.objects.filter(lifted_at__isnull=True), viewer, case="case_id")
    if not viewer.can(Permission.MANAGE_ROLES):
        seen = supervised_cases(viewer, now).values("pk")
        grants, walls = grants.filter(content_object__in=seen), walls.filter(case__in=seen)
    if not may_review_roles(viewer):
        roles = roles.none()
        if not may_review_grants(viewer):
            grants, walls = grants.none(), walls.none()
    return (
        _not_kept(roles, "role", cutoff),
        _not_kept(grants.filter(granted_at__lt=cutoff), "grant", cutoff),
        _not_kept(walls.filter(set_at__lt=cutoff), "wall", cutoff),
    )


def _not_kept(rows: QuerySet[Any], what: str, cutoff: datetime) -> QuerySet[Any]:
    """Those that nobody has kept since."""
    kept = AccessReview.objects.filter(
        **{what: OuterRef("pk")}, decision=AccessDecision.KEEP, decided_at__gte=cutoff
    )
    return rows.filter(~Exists(kept))


def _answers_for_all(viewer: Viewer) -> bool:
    return viewer.can(Permission.GRANT_ACCESS) and viewer.scope == Scope.ALL


def _items(viewer: Viewer, now: datetime, rule: AccessReviewRule) -> Iterator[Item]:
    if may_review_roles(viewer):
        yield from _roles(viewer, now, rule)
    if may_review_grants(viewer):
        seen = supervised_cases(viewer, now).values("pk")
        yield from _grants(viewer, now, rule, live_grants(now).filter(content_object__in=seen))
        yield from _walls(now, rule, Wall.objects.filter(lifted_at__isnull=True, case__in=seen))


def _roles(viewer: Viewer, now: datetime, rule: AccessReviewRule) -> Iterable[Item]:
    """A role that nobody has reviewed counts from when the unit began."""
    first = Policy.objects.order_by("version").values_list("created_at", flat=True).first() or now
    for role in Role.objects.annotate(kept=_KEPT).order_by("label"):
        due_at = review_due(first, role.kept, rule)
        yield Item(
            ROLE,
            role.code,
            role.label,
            f"Reaches {role.get_scope_display().lower()}",
            "",
            None,
            "",
            role.kept or first,
            due_at,
            standing(due_at, now, rule),
            role.code == viewer.role_code,
        )


def _grants(
    viewer: Viewer, now: datetime, rule: AccessReviewRule, grants: QuerySet[Any]
) -> Iterator[Item]:
    rows = grants.annotate(kept=_KEPT, who=F("user__display_name")).values_list(
        "pk",
        "user_id",
        "who",
        "permission__codename",
        "reason",
        "content_object_id",
        "content_object__number",
        "granted_at",
        "expires_at",
        "kept",
    )
    for pk, user_id, who, may, reason, case_id, number, since, until, kept in rows:
        due_at = review_due(since, kept, rule)
        yield Item(
            GRANT,
            str(pk),
            who,
            f"May {GRANT_WORDS.get(may, may)} {until_words(until)}",
            reason,
            case_id,
            number,
            kept or since,
            due_at,
            standing(due_at, now, rule),
            user_id == viewer.account_id,
        )


def _walls(now: datetime, rule: AccessReviewRule, walls: QuerySet[Wall]) -> Iterator[Item]:
    for wall in walls.annotate(kept=_KEPT).select_related("account", "case"):
        due_at = review_due(wall.set_at, wall.kept, rule)
        yield Item(
            WALL,
            str(wall.pk),
            wall.account.display_name,
            "Is shut out",
            wall.reason,
            wall.case_id,
            wall.case.number,
            wall.kept or wall.set_at,
            due_at,
            standing(due_at, now, rule),
            own=False,
        )


def _one_role(viewer: Viewer, now: datetime, rule: AccessReviewRule, key: str) -> Item:
    found = [one for one in _roles(viewer, now, rule) if one.key == key]
    if not found or not may_review_roles(viewer):
        raise Hidden
    return found[0]


def _one_grant(viewer: Viewer, now: datetime, rule: AccessReviewRule, key: str) -> Item:
    return _on_case(viewer, now, _grants(viewer, now, rule, live_grants(now).filter(pk=key)))


def _one_wall(viewer: Viewer, now: datetime, rule: AccessReviewRule, key: str) -> Item:
    walls = Wall.objects.filter(lifted_at__isnull=True, pk=key)
    return _on_case(viewer, now, _walls(now, rule, walls))


def _on_case(viewer: Viewer, now: datetime, found: Iterable[Item]) -> Item:
    item = next(iter(found), None)
    if item is None or item.case_id is None:
        raise Hidden
    _, may = open_case(viewer, item.case_id, now)
    demand(Permission.GRANT_ACCESS, may)
    return item


_ONE = {ROLE: _one_role, GRANT: _one_grant, WALL: _one_wall}
