"""Who else gets to see a case, and who is shut out?"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Permission as ModelPermission
from django.db import transaction

from audit.events import Event
from audit.recorder import Note, record, record_many
from cases import access
from cases.access import Viewer
from cases.enums import Permission
from cases.models import (
    GRANTABLE,
    UNCHOSEN_PURPOSES,
    Account,
    Case,
    CaseUserObjectPermission,
    GrantPurpose,
    Squad,
    SquadGrant,
    Wall,
)
from cases.row_security import Span, reading_as
from cases.rules.holding import JUST_BEFORE
from cases.rules.redaction import Redactor
from cases.selectors.policy import current_policy
from cases.services.clocks import refresh_cases
from cases.services.flagging import clear_desk
from cases.services.locking import lock_case
from cases.services.narratives import redactor


class BadGrant(ValueError):
    """A grant needs a reason, an end that lies ahead, and a known permission."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What access is given for, to do what, why and until when."""

    permission: str
    purpose: str
    reason: str
    expires_at: datetime


@transaction.atomic
def give_grant(
    *, viewer: Viewer, now: datetime, case_id: UUID, account_id: UUID, terms: Terms
) -> CaseUserObjectPermission:
    """Let somebody see (`view_case`) or work (`work_case`) one case until a moment.

    A partner has it as what they are now, their discipline. Raises Hidden, NotPermitted, BadGrant.
    """
    case = _case_to_guard(viewer, case_id, now)
    _check_terms(terms, now)
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    if account is None:
        raise BadGrant("Choose somebody whose account is open.")
    if not access.viewer_for(account).can(Permission.VIEW_CASES):
        raise BadGrant("Choose somebody else: their role sees no cases, so sharing opens nothing.")
    if access.is_walled(case, account_id):
        raise BadGrant("A wall stands between them and this case. Lift it first, with a reason.")
    words = redactor(case)(terms.reason.strip())
    return save_grant(viewer, case, account, replace(terms, reason=words), now)


def save_grant(
    viewer: Viewer, case: Case, account: Account, terms: Terms, now: datetime
) -> CaseUserObjectPermission:
    """The grant itself, inside the caller's transaction and after its checks.

    The reason is kept as it stands.
    """
    grant: CaseUserObjectPermission
    grant, _ = CaseUserObjectPermission.objects.update_or_create(
        permission=ModelPermission.objects.get(
            codename=terms.permission, content_type__app_label="cases", content_type__model="case"
        ),
        user=account,
        content_object=case,
        defaults={**_kept(viewer, terms, now), "discipline": account.discipline},
    )
    _record_given(case, terms, now, account=str(account.pk))
    return grant


@transaction.atomic
def share_with_squad(
    *, viewer: Viewer, now: datetime, case_id: UUID, squad_id: UUID, terms: Terms
) -> SquadGrant:
    """Let whoever is in a squad see or work one case until a moment; walls still stand.

    What the squad had before on this case is replaced. It ends before a review of access would be
    due, so that sharing anew is its review. Raises Hidden, NotPermitted, BadGrant.
    """
    case = _case_to_guard(viewer, case_id, now)
    _check_terms(terms, now)
    if not Squad.objects.filter(pk=squad_id).exists():
        raise BadGrant("Choose a squad from the list.")
    longest = current_policy().access_reviews.every
    if terms.expires_at > now + longest.span:
        raise BadGrant(f"A squad has a case for {longest} at most. Then it is shared anew.")
    words = redactor(case)(terms.reason.strip())
    kept = _kept(viewer, replace(terms, reason=words), now)
    grant, _ = SquadGrant.objects.update_or_create(
        case=case, squad_id=squad_id, ended_at=None, defaults={**kept, "may": terms.permission}
    )
    _record_given(case, replace(terms, reason=words), now, squad=str(squad_id))
    return grant


def _kept(viewer: Viewer, terms: Terms, now: datetime) -> dict[str, object]:
    return {
        "purpose": terms.purpose,
        "reason": terms.reason,
        "granted_by_id": viewer.account_id,
        "granted_at": now,
        "expires_at": terms.expires_at,
        "ended_at": None,
    }


def _record_given(case: Case, terms: Terms, now: datetime, **to: str) -> None:
    record(
        Event.GRANT_GIVEN,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        reason=terms.reason,
        details={
            **to,
            "permission": terms.permission,
            "purpose": terms.purpose,
            "until": terms.expires_at.isoformat(),
        },
    )


def _check_terms(terms: Terms, now: datetime) -> None:
    if terms.permission not in GRANTABLE:
        raise BadGrant("Choose whether they may see the case or work on it.")
    if terms.purpose not in GrantPurpose or terms.purpose in UNCHOSEN_PURPOSES:
        raise BadGrant("Choose what they need this case for.")
    if not terms.reason.strip():
        raise BadGrant("Say why they need this case.")
    if terms.expires_at <= now:
        raise BadGrant("The end of a grant lies ahead of now.")


@transaction.atomic
def end_grant(*, viewer: Viewer, now: datetime, grant_id: int, reason: str = "") -> None:
    """End a grant before its time, once. Raises Hidden, NotPermitted."""
    grants = CaseUserObjectPermission.objects.select_related("content_object")
    grant = grants.filter(pk=grant_id, ended_at__isnull=True).first()
    if grant is None:
        raise access.Hidden
    access.require(viewer, grant.content_object, Permission.GRANT_ACCESS, now)
    _end(grant, grant.content_object, reason, now, account=str(grant.user_id))


@transaction.atomic
def end_squad_grant(*, viewer: Viewer, now: datetime, grant_id: UUID, reason: str) -> None:
    """End a squad's access before its time, once. Raises Hidden, NotPermitted."""
    shares = SquadGrant.objects.select_related("case")
    grant = shares.filter(pk=grant_id, ended_at__isnull=True).first()
    if grant is None:
        raise access.Hidden
    access.require(viewer, grant.case, Permission.GRANT_ACCESS, now)
    _end(grant, grant.case, reason, now, squad=str(grant.squad_id))


def _end(
    grant: CaseUserObjectPermission | SquadGrant,
    case: Case,
    reason: str,
    now: datetime,
    **whose: str,
) -> None:
    grant.ended_at = now
    grant.save(update_fields=["ended_at"])
    record(
        Event.GRANT_ENDED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        reason=redactor(case)(reason),
        details=whose,
    )


@transaction.atomic
def set_wall(
    *, viewer: Viewer, now: datetime, case_id: UUID, account_id: UUID, reason: str
) -> Wall:
    """Shut an account out of a case, whatever else lets it in.

    What they had of it is not left with them: where nobody else has the case it is orphaned at
    once, and its flags go to a desk that can open it. Raises Hidden, NotPermitted, BadGrant.
    """
    case = lock_case(_case_to_guard(viewer, case_id, now).pk)
    if not reason.strip():
        raise BadGrant("Say why this wall is set.")
    if account_id == viewer.account_id:
        raise BadGrant("Ask another supervisor to set a wall between you and a case.")
    words = redactor(case)(reason.strip())
    wall, made = Wall.objects.get_or_create(
        case=case,
        account_id=account_id,
        lifted_at=None,
        defaults={"reason": words, "set_by_id": viewer.account_key, "set_at": now - JUST_BEFORE},
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
        _leave_to_others(case, account_id, now)
    return wall


@reading_as(Span.HANDING_ON)
def _leave_to_others(case: Case, account_id: UUID, now: datetime) -> None:
    """A step: whoever is shut out of the case is asked for nothing on it any more."""
    refresh_cases(case_ids=[case.pk], now=now)
    for officer_id in Account.objects.filter(pk=account_id).values_list("officer", flat=True):
        if officer_id is not None:
            clear_desk(officer_id, now, case_id=case.pk)


@transaction.atomic
def lift_wall(*, viewer: Viewer, now: datetime, wall_id: UUID, reason: str) -> None:
    """Raises Hidden, NotPermitted, BadGrant."""
    wall = Wall.objects.select_related("case").filter(pk=wall_id, lifted_at__isnull=True).first()
    if wall is None:
        raise access.Hidden
    lock_case(_case_to_guard(viewer, wall.case_id, now).pk)
    wall.refresh_from_db(fields=["lifted_at"])
    if wall.lifted_at is not None:
        raise access.Hidden
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
    refresh_cases(case_ids=[wall.case_id], now=now)


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
