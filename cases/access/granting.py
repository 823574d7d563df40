"""Which grants are alive, on which case, and what does each open?

A grant is to one person or to a squad. It lives until its end and not at it, whether or not anybody
has cleaned up; a partner's, only while they are what they were when it was given.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet
from django.utils.timezone import localtime

from cases.enums import Permission
from cases.models import GRANTABLE, Case, CaseUserObjectPermission, SquadGrant
from cases.viewers import Viewer

GRANT_VIEW, GRANT_WORK = GRANTABLE

# What a grant to work opens. Seeing and releasing any grant opens; the rest needs the role's reach.
WORK_PERMISSIONS = frozenset(
    {Permission.VIEW_CASES, Permission.LOG_RESPONSE, Permission.REVEAL_IDENTITY}
)
# What a grant lets somebody do, and until when.
Given = tuple[str, datetime]
AnyGrant = CaseUserObjectPermission | SquadGrant
STANDING = Q(ended_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Grants:
    """The live grants of one account on one case, the last to end first."""

    own: tuple[Given, ...] = ()
    squads: tuple[Given, ...] = ()


def grants_standing(
    at: OuterRef, case: OuterRef, account: OuterRef
) -> QuerySet[CaseUserObjectPermission]:
    """Whether a grant let an account in at a past moment, as far as grants are on file: columns of
    an outer query."""
    return CaseUserObjectPermission.objects.filter(
        STANDING | Q(ended_at__gt=at),
        content_object_id=case,
        user_id=account,
        granted_at__lte=at,
        expires_at__gt=at,
    )


def squad_grants_standing(at: OuterRef, case: OuterRef, account: OuterRef) -> QuerySet[SquadGrant]:
    """The same for the squad that the account's officer is in today."""
    return SquadGrant.objects.filter(
        STANDING | Q(ended_at__gt=at),
        case_id=case,
        squad__officers__account=account,
        granted_at__lte=at,
        expires_at__gt=at,
    )


def granted_cases(viewer: Viewer, now: datetime) -> Iterator[QuerySet[Any, Any]]:
    """Ids of the cases that were granted to the viewer, and to their squad: one query each."""
    yield live_grants(now).filter(user_id=viewer.account_id).values_list("content_object_id")
    if viewer.member_of is not None:
        yield live_squad_grants(now).filter(squad_id=viewer.member_of).values_list("case_id")


def live_grants(now: datetime) -> QuerySet[CaseUserObjectPermission]:
    return CaseUserObjectPermission.objects.filter(
        STANDING,
        expires_at__gt=now,
        user__is_active=True,
        discipline=F("user__discipline"),
    )


def live_squad_grants(now: datetime) -> QuerySet[SquadGrant]:
    return SquadGrant.objects.filter(STANDING, expires_at__gt=now)


def live_grants_on(case: Case, now: datetime) -> QuerySet[CaseUserObjectPermission]:
    """The grants that open the case at `now`, the first to end first. For whoever may give them."""
    grants = live_grants(now).filter(content_object=case)
    return grants.select_related("user", "granted_by", "permission").order_by("expires_at", "pk")


def live_squad_grants_on(case: Case, now: datetime) -> QuerySet[SquadGrant]:
    """The same for those to squads."""
    grants = live_squad_grants(now).filter(case=case)
    return grants.select_related("squad", "granted_by").order_by("expires_at", "pk")


def grants_by_holder(case: Case, now: datetime) -> Mapping[UUID, tuple[Given, ...]]:
    """Every live grant on the case by the account or squad that has it, the last to end first."""
    own = live_grants(now).filter(content_object=case)
    squads = live_squad_grants(now).filter(case=case)
    rows = own.values_list("user_id", "permission__codename", "expires_at").union(
        squads.values_list("squad_id", "may", "expires_at"), all=True
    )
    grants: dict[UUID, tuple[Given, ...]] = defaultdict(tuple)
    for key, may, expires_at in sorted(rows, key=lambda row: row[2], reverse=True):
        grants[key] = (*grants[key], (may, expires_at))
    return grants


def grants_on(viewer: Viewer, case: Case, now: datetime) -> Grants:
    """What each live grant to the viewer or their squad opens, and until when; in one query."""
    if viewer.account_id is None:
        return Grants()
    own = live_grants(now).filter(user_id=viewer.account_id, content_object=case)
    if viewer.member_of is None:
        given = own.order_by("-expires_at").values_list("permission__codename", "expires_at")
        return Grants(tuple(given))
    squads = live_squad_grants(now).filter(squad_id=viewer.member_of, case=case)
    rows = own.values_list("permission__codename", "expires_at", "content_object_id").union(
        squads.values_list("may", "expires_at", "squad_id"), all=True
    )
    found = sorted(rows, key=lambda row: row[1], reverse=True)
    return Grants(
        tuple((may, until) for may, until, to in found if to == case.pk),
        tuple((may, until) for may, until, to in found if to != case.pk),
    )


def until_words(end: datetime) -> str:
    """The end of a grant as who gave it said it, by the unit's clock: the first moment after a day
    is that day's end."""
    local = localtime(end)
    if (local.hour, local.minute) == (0, 0):
        return f"until the end of {local - timedelta(days=1):%-d %b %Y}"
    return f"until {local:%-d %b %Y %H:%M}"


def grants_opening(permission: Permission) -> tuple[str, ...]:
    if permission in (Permission.VIEW_CASES, Permission.PREPARE_RELEASE):
        return (GRANT_VIEW, GRANT_WORK)
    return (GRANT_WORK,) if permission in WORK_PERMISSIONS else ()
