"""What stands around the cases: who was granted or walled off, and what nobody answered?"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import Permission as ModelPermission

from cases.access import GRANT_VIEW
from cases.enums import Channel, ClockKind, FlagKind, RoleCode, Step
from cases.management.bench.lives import DAY
from cases.management.bench.unit import Unit
from cases.models import Case, CaseUserObjectPermission, Clock, Flag, Referral, Wall
from cases.rules.flags import overdue_reason
from cases.services.importing.copying import copy_rows

# Far enough off that nothing climbs in a sweep: what is timed there is clocks falling due.
NEVER_CLIMBS = timedelta(days=60)
GRANTS_EACH = 5
PARTNER_GRANTS = 50
WALLED = 10

Row = tuple[Any, ...]


def overdue(kind: ClockKind, starts_at: datetime, due_at: datetime) -> list[dict[str, Any]]:
    reason = overdue_reason(kind, starts_at, due_at)
    return [{"code": reason.code, "params": dict(reason.params)}]


def leave_unanswered(unit: Unit, now: datetime) -> None:
    """For each squad a detective with too many cases, and a referral that nobody answered."""
    sent = [(uuid4(), f"R{place:05}", now - 3 * DAY) for place in range(len(unit.teams))]
    copy_rows(
        Referral,
        ("id", "reference", "received_at", "channel", "organization", "entered_at"),
        [(*row, Channel.HOSPITAL, "Invented Hospital", row[2]) for row in sent],
    )
    kind = ClockKind.REFERRAL_ACKNOWLEDGED
    copy_rows(
        Clock,
        ("referral_id", "kind", "starts_at", "due_at", "flagged_at", "severity", "reasons"),
        [
            (key, kind, at, at + DAY, now - DAY, 4, json.dumps(overdue(kind, at, at + DAY)))
            for key, _, at in sent
        ],
    )
    laden = [(team.detective_ids[1], None, FlagKind.OVERLOADED, "") for team in unit.teams]
    waits = [(None, key, FlagKind.REFERRAL_UNANSWERED, kind) for key, _, _ in sent]
    copy_rows(Flag, _LOOSE_FLAG, [_loose_flag(unit, row, now) for row in (*laden, *waits)])


_LOOSE_FLAG = (
    "id", "officer_id", "referral_id", "kind", "clock_kind", "severity", "reasons", "since",
    "raised_at", "step", "supervisor_id", "acknowledge_by",
)  # fmt: skip


def _loose_flag(unit: Unit, about: Row, now: datetime) -> Row:
    reasons = json.dumps([{"code": "open_cases", "params": {"count": 81, "limit": 20}}])
    at = now - 2 * DAY
    return (
        uuid4(), *about, 3, reasons, at, at, Step.CAPTAIN, unit.captain_id, now + NEVER_CLIMBS,
    )  # fmt: skip


def give_access(unit: Unit, now: datetime) -> None:
    """Each account is granted some cases of others; one in ten is walled off from a case."""
    permission_id = ModelPermission.objects.get(codename=GRANT_VIEW).pk
    ids = list(Case.objects.order_by("number").values_list("pk", flat=True))
    accounts = list(unit.account_ids.values())
    partner = unit.account_ids[RoleCode.PARTNER]
    by = unit.account_ids[unit.captain_id]
    grants = [
        (account, case_id, permission_id, "Joint work.", now - DAY, now + 30 * DAY, by)
        for place, account in enumerate(accounts)
        for case_id in _dealt(ids, place, PARTNER_GRANTS if account == partner else GRANTS_EACH)
    ]
    walls = [
        (uuid4(), case_id, account, "Related to a party.", by, now - DAY)
        for place, account in enumerate(accounts)
        if place % WALLED == 0
        for case_id in _dealt(ids, place + 1, 1)
    ]
    copy_rows(CaseUserObjectPermission, _GRANT, grants)
    copy_rows(Wall, ("id", "case_id", "account_id", "reason", "set_by_id", "set_at"), walls)


_GRANT = (
    "user_id", "content_object_id", "permission_id", "reason", "granted_at", "expires_at",
    "granted_by_id",
)  # fmt: skip


def _dealt(ids: Sequence[UUID], place: int, count: int) -> Iterator[UUID]:
    """`count` cases from all over the caseload, others for each place."""
    for number in range(min(count, len(ids))):
        yield ids[(place * 37 + number * (len(ids) // count or 1)) % len(ids)]
