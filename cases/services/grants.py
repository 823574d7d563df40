"""Who else gets to see a case, and who is shut out?"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Permission as ModelPermission
from django.db import transaction

from audit.events import Event
from audit.recorder import Note, record, record_many
from cases import access
from cases.access import Viewer
from cases.enums import Permission
from cases.models import Account, Case, CaseUserObjectPermission, Wall
from cases.rules.redaction import Redactor
from cases.services.narratives import redactor

GRANTABLE = (access.GRANT_VIEW, access.GRANT_WORK)


class BadGrant(ValueError):
    """A grant needs a reason, an end that lies ahead, and a known permission."""


@transaction.atomic
def give_grant(
    *,
    viewer: Viewer,
    now: datetime,
    case_id: UUID,
    account_id: UUID,
    permission: str,
    reason: str,
    expires_at: datetime,
) -> CaseUserObjectPermission:
    """Let somebody see (`view_case`) or work (`work_case`) one case until a moment.

    Raises Hidden, NotPermitted, BadGrant.
    """
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.GRANT_ACCESS, now)
    _check_grant(permission, reason, expires_at, now)
    words = redactor(case)(reason.strip())
    return save_grant(viewer, case, account_id, permission, words, now, expires_at)


def save_grant(
    viewer: Viewer,
    case: Case,
    account_id: UUID,
    permission: str,
    reason: str,
    now: datetime,
    expires_at: datetime,
) -> CaseUserObjectPermission:
    """The grant itself, inside the caller's transaction and after its checks.

    `reason` is kept as it stands.
    """
    grant: CaseUserObjectPermission
    grant, _ = CaseUserObjectPermission.objects.update_or_create(
        permission=ModelPermission.objects.get(
            codename=permission, content_type__app_label="cases", content_type__model="case"
        ),
        user=Account.objects.get(pk=account_id, is_active=True),
        content_object=case,
        defaults={
            "reason": reason,
            "granted_by_id": viewer.account_id,
            "granted_at": now,
            "expires_at": expires_at,
            "ended_at": None,
        },
    )
    record(
        Event.GRANT_GIVEN,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        reason=reason,
        details={
            "account": str(account_id),
            "permission": permission,
            "until": expires_at.isoformat(),
        },
    )
    return grant


def _check_grant(permission: str, reason: str, expires_at: datetime, now: datetime) -> None:
    if permission not in GRANTABLE:
        raise BadGrant("Choose whether they may see the case or work on it.")
    if not reason.strip():
        raise BadGrant("Say why they need this case.")
    if expires_at <= now:
        raise BadGrant("The end of a grant lies ahead of now.")


@transaction.atomic
def end_grant(*, viewer: Viewer, now: datetime, grant_id: int, reason: str = "") -> None:
    """End a grant before its time. Raises Hidden, NotPermitted."""
    grant = (
        CaseUserObjectPermission.objects.select_related("content_object")
        .filter(pk=grant_id)
        .first()
    )
    if grant is None:
        raise access.Hidden
    access.require(viewer, grant.content_object, Permission.GRANT_ACCESS, now)
    grant.ended_at = now
    grant.save(update_fields=["ended_at"])
    record(
        Event.GRANT_ENDED,
        at=now,
        subject_type="case",
        subject_id=grant.content_object_id,
        reason=redactor(grant.content_object)(reason),
        details={"account": str(grant.user_id)},
    )


@transaction.atomic
def set_wall(
    *, viewer: Viewer, now: datetime, case_id: UUID, account_id: UUID, reason: str
) -> Wall:
    """Shut an account out of a case, whatever else lets it in.

    Raises Hidden, NotPermitted, BadGrant.
    """
    case = _case_to_guard(viewer, case_id, now)
    if not reason.strip():
        raise BadGrant("Say why this wall is set.")
    if account_id == viewer.account_id:
        raise BadGrant("Ask another supervisor to set a wall between you and a case.")
    words = redactor(case)(reason.strip())
    wall, made = Wall.objects.get_or_create(
        case=case,
        account_id=account_id,
        lifted_at=None,
        defaults={"reason": words, "set_by_id": viewer.account_key, "set_at": now},
    )
    if made:
        record(
            Event.WALL_SET,
            at=now,
            subject_type="case",
            subject_id=case.pk,
            reason=words,
            details={"account": str(account_id)},
        )
    return wall


@transaction.atomic
def lift_wall(*, viewer: Viewer, now: datetime, wall_id: UUID, reason: str) -> None:
    """Raises Hidden, NotPermitted, BadGrant."""
    wall = Wall.objects.select_related("case").filter(pk=wall_id, lifted_at__isnull=True).first()
    if wall is None:
        raise access.Hidden
    _case_to_guard(viewer, wall.case_id, now)
    if not reason.strip():
        raise BadGrant("Say why this wall is lifted.")
    wall.lifted_at = now
    wall.save(update_fields=["lifted_at"])
    record(
        Event.WALL_LIFTED,
        at=now,
        subject_type="case",
        subject_id=wall.case_id,
        reason=redactor(wall.case)(reason),
        details={"account": str(wall.account_id)},
    )


def _case_to_guard(viewer: Viewer, case_id: UUID, now: datetime) -> Case:
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.GRANT_ACCESS, now)
    return case


def redact_grants_again(case: Case, redacted: Redactor) -> int:
    """Bring the reasons of a case's grants up to who is known now; how many changed."""
    changed = []
    for grant in CaseUserObjectPermission.objects.filter(content_object=case):
        words = redacted(grant.reason)
        if words != grant.reason:
            grant.reason = words
            changed.append(grant)
    CaseUserObjectPermission.objects.bulk_update(changed, ["reason"])
    return len(changed)


def end_grants_of(account_id: UUID, now: datetime, reason: str) -> int:
    """A step: end every grant to one account, whose officer left or moved; how many."""
    live = CaseUserObjectPermission.objects.select_for_update(of=("self",)).filter(
        user=account_id, ended_at__isnull=True, expires_at__gt=now
    )
    rows = list(live.values_list("pk", "content_object_id"))
    CaseUserObjectPermission.objects.filter(pk__in=[key for key, _ in rows]).update(ended_at=now)
    details = {"account": str(account_id)}
    notes = (Note("case", case_id, reason=reason, details=details) for _, case_id in rows)
    record_many(Event.GRANT_ENDED, notes, at=now)
    return len(rows)
