"""Who opened a case in an emergency, and which of those have I not yet seen?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from cases import access
from cases.access import Viewer
from cases.enums import Permission
from cases.models import BrokenGlass, Case

SHOWN = 20


@dataclass(frozen=True, slots=True)
class GlassCard:
    """`is_over`: the hour has passed. `waits_for` names whose word is still missing."""

    glass_id: UUID
    case_id: UUID
    number: str
    who: str
    reason: str
    broken_at: datetime
    ends_at: datetime
    is_over: bool
    waits_for: str


def unseen_glass(viewer: Viewer, now: datetime) -> tuple[GlassCard, ...]:
    """What lies on this viewer's desk until they acknowledge it, the oldest first."""
    if not viewer.can(Permission.ACKNOWLEDGE_FLAG):
        return ()
    listed = unseen(viewer, now).select_related("case__squad", "account")
    return tuple(_card(one, now) for one in listed.order_by("broken_at", "id")[:SHOWN])


def unseen(viewer: Viewer, now: datetime) -> QuerySet[BrokenGlass]:
    """What others opened of the cases that the viewer supervises, and the viewer has not seen."""
    missing = "captain_seen_at" if access.supervises_all(viewer) else "supervisor_seen_at"
    glass = BrokenGlass.objects.filter(
        **{f"{missing}__isnull": True}, case__in=access.supervised_cases(viewer, now)
    )
    return glass.exclude(account_id=viewer.account_key)


def glass_on_case(viewer: Viewer, now: datetime, case: Case) -> tuple[GlassCard, ...]:
    """Everybody of the last times who opened a case that the viewer was let in to already."""
    if not access.may_know_who_revealed(viewer):
        return ()
    glass = BrokenGlass.objects.filter(case=case).select_related("case__squad", "account")
    return tuple(_card(one, now) for one in glass[:SHOWN])


def has_sergeant(case: Case) -> bool:
    """Whether somebody below the captain supervises the case."""
    return case.supervisor_id is not None or bool(case.squad and case.squad.sergeant_id)


def _card(glass: BrokenGlass, now: datetime) -> GlassCard:
    return GlassCard(
        glass_id=glass.pk,
        case_id=glass.case_id,
        number=glass.case.number,
        who=glass.account.display_name,
        reason=glass.reason,
        broken_at=glass.broken_at,
        ends_at=glass.ends_at,
        is_over=glass.ends_at <= now,
        waits_for=_waits_for(glass),
    )


def _waits_for(glass: BrokenGlass) -> str:
    missing = {
        "the case's supervisor": glass.supervisor_seen_at is None and has_sergeant(glass.case),
        "the captain": glass.captain_seen_at is None,
    }
    return " and ".join(words for words, is_missing in missing.items() if is_missing)
