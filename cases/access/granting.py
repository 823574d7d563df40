"""Which grants are alive, on which case, and what does each open?"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet

from cases.enums import Permission
from cases.models import Case, CaseUserObjectPermission
from cases.viewers import Viewer

GRANT_VIEW = "view_case"
GRANT_WORK = "work_case"

# What a grant to work opens. Seeing and releasing any grant opens; the rest needs the role's reach.
WORK_PERMISSIONS = frozenset(
    {Permission.VIEW_CASES, Permission.LOG_RESPONSE, Permission.REVEAL_IDENTITY}
)
Grants = tuple[tuple[str, datetime], ...]


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


def granted_to(viewer: Viewer, now: datetime) -> QuerySet[CaseUserObjectPermission]:
    return live_grants(now).filter(user_id=viewer.account_id)


def live_grants(now: datetime) -> QuerySet[CaseUserObjectPermission]:
    return CaseUserObjectPermission.objects.filter(
        expires_at__gt=now, ended_at__isnull=True, user__is_active=True
    )


def live_grants_on(case: Case, now: datetime) -> QuerySet[CaseUserObjectPermission]:
    """The grants that open the case at `now`, the first to end first. For whoever may give them."""
    grants = live_grants(now).filter(content_object=case)
    return grants.select_related("user", "granted_by", "permission").order_by("expires_at")


def grants_by_account(case: Case, now: datetime) -> Mapping[UUID, list[tuple[str, datetime]]]:
    """Every live grant on the case by who has it, the last to end first."""
    grants: dict[UUID, list[tuple[str, datetime]]] = defaultdict(list)
    rows = live_grants(now).filter(content_object=case).order_by("-expires_at")
    for account_id, codename, expires_at in rows.values_list(
        "user_id", "permission__codename", "expires_at"
    ):
        grants[account_id].append((codename, expires_at))
    return grants


def grants_on(viewer: Viewer, case: Case, now: datetime) -> Grants:
    """What each live grant to the viewer opens, and until when; the last to end first."""
    if viewer.account_id is None:
        return ()
    grants = granted_to(viewer, now).filter(content_object=case).order_by("-expires_at")
    return tuple(grants.values_list("permission__codename", "expires_at"))


def grants_opening(permission: Permission) -> tuple[str, ...]:
    if permission in (Permission.VIEW_CASES, Permission.PREPARE_RELEASE):
        return (GRANT_VIEW, GRANT_WORK)
    return (GRANT_WORK,) if permission in WORK_PERMISSIONS else ()
