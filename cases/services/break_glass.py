"""How does a sergeant open a case outside their squad when a child can't wait for an answer?

At once, for an hour, and in everybody's sight: it stands on the desks of the case's supervisor and
of the captain until each has said that they saw it. Never over a wall.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record, record_denied
from cases import access
from cases.access import Hidden, NotPermitted, Viewer
from cases.enums import Permission
from cases.models import Account, BrokenGlass, Case, GrantPurpose
from cases.row_security import Span, reading_as
from cases.rules.reasons import says_enough, visible
from cases.selectors.break_glass import needs_sergeant
from cases.selectors.policy import current_policy
from cases.services.grants import Terms, save_grant
from cases.services.narratives import redactor

NO_SUCH = "There is no case of this number that can be opened this way."
SEEN_ALREADY = "You see this case already; there is no need to break any glass."


class GlassHolds(ValueError):
    """It was not opened, and the sentence says why."""


@reading_as(Span.GLASS)
@transaction.atomic
def break_glass(*, viewer: Viewer, now: datetime, number: str, reason: str) -> BrokenGlass:
    """Let the viewer work a case for an hour from now. Raises Hidden, GlassHolds."""
    if not viewer.can(Permission.BREAK_GLASS):
        raise Hidden
    rule = current_policy().sharing
    if not says_enough(reason, rule.reason_characters):
        least = rule.reason_characters
        raise GlassHolds(f"Why: say it in at least {least} letters that can be read.")
    case, seen = access.case_behind_glass(viewer, number.strip(), now)
    if case is None or seen:
        record_denied(Event.GLASS_BROKEN, at=now, reason=SEEN_ALREADY if seen else NO_SUCH)
        raise GlassHolds(SEEN_ALREADY if seen else NO_SUCH)
    return _open(viewer, case, redactor(case)(visible(reason)), now)


def _open(viewer: Viewer, case: Case, reason: str, now: datetime) -> BrokenGlass:
    ends_at = now + current_policy().sharing.emergency.span
    account = Account.objects.get(pk=viewer.account_key)
    terms = Terms(access.GRANT_WORK, GrantPurpose.EMERGENCY, reason, ends_at)
    save_grant(viewer, case, account, terms, now)
    glass = BrokenGlass.objects.create(
        case=case, account=account, reason=reason, broken_at=now, ends_at=ends_at
    )
    record(
        Event.GLASS_BROKEN,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        reason=reason,
        details={"until": ends_at.isoformat()},
    )
    return glass


@transaction.atomic
def acknowledge_glass(*, viewer: Viewer, now: datetime, glass_id: UUID) -> BrokenGlass:
    """Say, as the case's supervisor or as captain, that one has seen it; for good.

    A captain's word is enough where no sergeant of the case is there. Raises Hidden, NotPermitted.
    """
    glass = (
        BrokenGlass.objects.select_for_update(of=("self",))
        .select_related("case")
        .filter(pk=glass_id)
        .first()
    )
    if glass is None:
        raise Hidden
    access.require(viewer, glass.case, Permission.ACKNOWLEDGE_FLAG, now)
    if glass.account_id == viewer.account_id:
        raise NotPermitted("Somebody else says that they saw what you opened.")
    if _acknowledge(glass, viewer, now):
        glass.save()
        record(
            Event.GLASS_ACKNOWLEDGED,
            at=now,
            subject_type="case",
            subject_id=glass.case_id,
            details={"account": str(glass.account_id)},
        )
    return glass


def _acknowledge(glass: BrokenGlass, viewer: Viewer, now: datetime) -> bool:
    """Whether this says anything new."""
    captain = access.supervises_all(viewer)
    new = False
    if captain and glass.captain_seen_at is None:
        glass.captain_seen_at, glass.captain_seen_by_id = now, viewer.account_id
        new = True
    alone = captain and not needs_sergeant([glass], now)[glass]
    if (not captain or alone) and glass.supervisor_seen_at is None:
        glass.supervisor_seen_at, glass.supervisor_seen_by_id = now, viewer.account_id
        new = True
    return new
