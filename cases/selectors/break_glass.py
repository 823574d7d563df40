"""Who opened a case in an emergency, and which of those have I not yet seen?"""

from collections.abc import Iterable, Mapping, Sequence
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
    listed = unseen(viewer, now).select_related("case", "account").order_by("broken_at", "id")
    return _cards(list(listed[:SHOWN]), now)


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
    glass = BrokenGlass.objects.filter(case=case).select_related("case", "account")
    return _cards(list(glass[:SHOWN]), now)


def needs_sergeant(glasses: Iterable[BrokenGlass], now: datetime) -> Mapping[BrokenGlass, bool]:
    """Whether there is a sergeant of the case to say that they saw it: not who opened it."""
    glasses = list(glasses)
    if not glasses:
        return {}
    cases = [one.case for one in glasses]
    below = access.answering_below(cases, Permission.ACKNOWLEDGE_FLAG, now)
    return {one: bool(below[one.case_id] - {one.account_id}) for one in glasses}


def _cards(glasses: Sequence[BrokenGlass], now: datetime) -> tuple[GlassCard, ...]:
    needs = needs_sergeant(glasses, now)
    return tuple(_card(one, now, needs_sergeant=needs[one]) for one in glasses)


def _card(glass: BrokenGlass, now: datetime, *, needs_sergeant: bool) -> GlassCard:
    return GlassCard(
        glass_id=glass.pk,
        case_id=glass.case_id,
        number=glass.case.number,
        who=glass.account.display_name,
        reason=glass.reason,
        broken_at=glass.broken_at,
        ends_at=glass.ends_at,
        is_over=glass.ends_at <= now,
        waits_for=_waits_for(glass, needs_sergeant=needs_sergeant),
    )


def _waits_for(glass: BrokenGlass, *, needs_sergeant: bool) -> str:
    missing = {
        "the case's supervisor": glass.supervisor_seen_at is None and needs_sergeant,
        "the captain": glass.captain_seen_at is None,
    }
    return " and ".join(words for words, is_missing in missing.items() if is_missing)
