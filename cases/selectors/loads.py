"""What does an officer carry: open cases, cases handed over, and identities revealed?"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from cases.models import Assignment, Case, Officer, Reveal
from cases.models.case import OPEN
from cases.rules.facts import OfficerFacts
from cases.rules.policy import Policy
from cases.rules.reveals import DAY, RevealFact
from cases.selectors.policy import unit_calendar


def officer_facts(
    officer_ids: Collection[UUID], policy: Policy, now: datetime
) -> dict[UUID, OfficerFacts]:
    """The loads of those on duty, and what each of all these revealed, in four queries."""
    on_duty, handed = _on_duty(officer_ids, now), _handed_over(officer_ids, policy, now)
    open_cases, revealed = _open_cases(officer_ids), _revealed(officer_ids, policy, now)
    return {
        key: OfficerFacts(
            open_cases=open_cases.get(key, 0) if key in on_duty else 0,
            handed_over_at=tuple(handed[key]) if key in on_duty else (),
            reveals=tuple(revealed[key]),
        )
        for key in officer_ids
    }


def _on_duty(officer_ids: Collection[UUID], now: datetime) -> set[UUID]:
    today = now.astimezone(unit_calendar().time_zone).date()
    officers = Officer.objects.filter(
        Q(active_to__isnull=True) | Q(active_to__gt=today),
        pk__in=officer_ids,
        active_from__lte=today,
    )
    return set(officers.values_list("pk", flat=True))


def _open_cases(officer_ids: Collection[UUID]) -> dict[UUID | None, int]:
    held = Case.objects.filter(OPEN, detective__in=officer_ids).order_by()
    return dict(held.values_list("detective").annotate(count=Count("pk")))


def _handed_over(
    officer_ids: Collection[UUID], policy: Policy, now: datetime
) -> dict[UUID, list[datetime]]:
    since = now - policy.overloaded.handed_over_within.span
    handed: dict[UUID, list[datetime]] = defaultdict(list)
    assigned = Assignment.objects.filter(
        officer__in=officer_ids, assigned_at__gt=since, assigned_at__lte=now
    )
    for officer_id, at in assigned.order_by("assigned_at").values_list("officer_id", "assigned_at"):
        handed[officer_id].append(at)
    return handed


def _revealed(
    officer_ids: Collection[UUID], policy: Policy, now: datetime
) -> dict[UUID | None, list[RevealFact]]:
    since = now - policy.unusual_reveals.looked_back.span - DAY
    revealed: dict[UUID | None, list[RevealFact]] = defaultdict(list)
    rows = Reveal.objects.filter(
        account__officer__in=officer_ids, revealed_at__gt=since, revealed_at__lte=now
    ).order_by("revealed_at")
    for officer_id, at, elsewhere in rows.values_list(
        "account__officer_id", "revealed_at", "elsewhere"
    ):
        revealed[officer_id].append(RevealFact(at, elsewhere))
    return revealed
