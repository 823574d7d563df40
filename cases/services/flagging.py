"""How does what the rules found become a flag, and when does it stop being one?

One statement for each step, whatever the number of flags, and one audit entry for each flag. The
partial unique constraints on flags decide which of two workers raised one; the other did nothing.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from audit.context import SYSTEM_PREFIX, Actor
from audit.events import Event
from audit.recorder import Note, record_many
from cases.rules.flags import CLOCK_FLAGS, Finding, flag_acknowledged_due
from cases.selectors.policy import current_policy, unit_calendar
from cases.services.desks import (
    ACTIVE,
    ACTIVE_OTHERS,
    DESK,
    ENTRUST,
    HIGHER,
    PLACED,
    unit_day,
)

# Flags are raised by the unit's rules, whoever's entry or which sweep set them off.
RULES = Actor(f"{SYSTEM_PREFIX}rules", f"{SYSTEM_PREFIX}rules")


class Touched(NamedTuple):
    """A flag that was raised, resolved, returned or moved, and what its audit entry says of it."""

    id: UUID
    case_id: UUID | None
    officer_id: UUID | None
    referral_id: UUID | None
    kind: str
    clock_kind: str
    clock_key: str
    step: str
    supervisor_id: UUID | None


@dataclass(frozen=True, slots=True)
class Subjects:
    """What flags may be about."""

    cases: Collection[UUID] = ()
    officers: Collection[UUID] = ()
    referrals: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A finding and its subject: exactly one of case, officer and referral."""

    finding: Finding
    case_id: UUID | None = None
    officer_id: UUID | None = None
    referral_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FlagChanges:
    """What had to be done so that the standing flags are what the rules find."""

    raised: tuple[Touched, ...] = ()
    resolved: tuple[Touched, ...] = ()
    reworded: tuple[Touched, ...] = ()


TOUCHED = """
RETURNING flag.id, flag.case_id, flag.officer_id, flag.referral_id, flag.kind, flag.clock_kind,
    flag.clock_key, flag.step, flag.supervisor_id"""

_FOUND = """
WITH found AS MATERIALIZED (
    SELECT coalesce(case_id, officer_id, referral_id) AS about, item.*
    FROM jsonb_to_recordset(%(found)s::jsonb) AS item (
        case_id uuid, officer_id uuid, referral_id uuid, kind text, clock_kind text,
        clock_key text, severity int, reasons jsonb, since timestamptz
    )
)"""

_IN_SCOPE = """
    flag.status <> 'resolved'
    AND (
        flag.case_id = ANY (%(cases)s::uuid[])
        OR flag.officer_id = ANY (%(officers)s::uuid[])
        OR flag.referral_id = ANY (%(referrals)s::uuid[])
    )"""

_SAME = """
    found.about = coalesce(flag.case_id, flag.officer_id, flag.referral_id)
    AND found.kind = flag.kind
    AND found.clock_kind = flag.clock_kind
    AND found.clock_key = flag.clock_key"""

_RESOLVE = "\n".join(
    (
        _FOUND,
        "UPDATE cases_flag AS flag SET status = 'resolved', resolved_at = %(now)s WHERE",
        _IN_SCOPE,
        "AND NOT EXISTS (SELECT FROM found WHERE",
        _SAME,
        ")",
        TOUCHED,
    )
)

# An officer's load is counted anew each time; the flag stands since it was first too much.
_REWORD = "\n".join(
    (
        _FOUND,
        """
        UPDATE cases_flag AS flag
        SET severity = found.severity,
            reasons = found.reasons,
            since = CASE WHEN flag.officer_id IS NULL THEN found.since ELSE flag.since END
        FROM found
        WHERE""",
        _SAME,
        "AND",
        _IN_SCOPE,
        """
        AND (
            (flag.severity, flag.reasons) IS DISTINCT FROM (found.severity, found.reasons)
            OR (flag.officer_id IS NULL AND flag.since <> found.since)
        )""",
        TOUCHED,
    )
)

_INSERT = """
INSERT INTO cases_flag AS flag (
    id, case_id, officer_id, referral_id, kind, clock_kind, clock_key, status, severity, reasons,
    since, raised_at, step, supervisor_id, acknowledge_by, comment
)
SELECT
    gen_random_uuid(), case_id, officer_id, referral_id, kind, clock_kind, clock_key, 'open',
    severity, reasons, since, %(now)s, step, supervisor_id, %(acknowledge_by)s, ''
FROM desk
ORDER BY since
ON CONFLICT DO NOTHING"""

_RAISE_FOUND = "\n".join(
    (
        _FOUND,
        ", subject AS (SELECT * FROM found),",
        f"{ACTIVE},",
        f"{PLACED},",
        DESK,
        _INSERT,
        TOUCHED,
    )
)

# Everything a flag says was written on its clock by the rules when the clock was.
_RAISE_DUE = "\n".join(
    (
        """
        WITH subject AS (
            SELECT
                case_id,
                NULL::uuid AS officer_id,
                CASE WHEN case_id IS NULL THEN referral_id END AS referral_id,
                %(flag_kinds)s::jsonb ->> kind AS kind,
                kind AS clock_kind,
                key AS clock_key,
                severity,
                reasons,
                due_at AS since
            FROM cases_clock
            WHERE id = ANY (%(clocks)s)
        ),""",
        f"{ACTIVE},",
        f"{PLACED},",
        DESK,
        _INSERT,
        TOUCHED,
    )
)

_RESOLVE_SETTLED = "\n".join(
    (
        """
        UPDATE cases_flag AS flag SET status = 'resolved', resolved_at = %(now)s
        FROM cases_clock AS clock
        WHERE clock.id = ANY (%(clocks)s)
          AND flag.status <> 'resolved'
          AND flag.clock_kind = clock.kind
          AND flag.clock_key = clock.key
          AND (
              flag.case_id = clock.case_id
              OR (clock.case_id IS NULL AND flag.referral_id = clock.referral_id)
          )""",
        TOUCHED,
    )
)

# What lies on a desk goes on as if its holder were not there: from a sergeant's to whoever is asked
# first, from a captain's to another captain. Its time to act goes on.
_ON_THEIR_DESK = """
WITH subject AS (
    SELECT id AS flag_id, case_id, officer_id, referral_id, step AS held_step,
        supervisor_id AS holder_id
    FROM cases_flag
    WHERE supervisor_id = %(leaver)s AND status <> 'resolved'
        AND (%(case)s::uuid IS NULL OR case_id = %(case)s)
    ORDER BY id
    FOR UPDATE"""
_CLEAR = "\n".join(
    (
        "),",
        f"{ACTIVE_OTHERS},",
        f"{PLACED},",
        f"{DESK},",
        HIGHER,
        """
        UPDATE cases_flag AS flag
        SET supervisor_id = CASE WHEN desk.held_step = 'sergeant' THEN desk.supervisor_id
                                 ELSE higher.supervisor_id END
        FROM desk JOIN higher ON higher.flag_id = desk.flag_id
        WHERE flag.id = desk.flag_id""",
        TOUCHED,
    )
)


def clear_desk(
    officer_id: UUID, now: datetime, *, but_locked: bool = False, case_id: UUID | None = None
) -> tuple[Touched, ...]:
    """Lay every flag on this officer's desk on somebody else's; the caller holds the officer.

    `but_locked`: without those that somebody works on at this moment, instead of waiting for them.
    `case_id`: those on this case alone; the caller holds the case.
    """
    values = {"leaver": officer_id, "today": unit_day(now), "case": case_id}
    sql = " ".join((_ON_THEIR_DESK, "SKIP LOCKED" if but_locked else "", _CLEAR))
    return lay(Event.FLAG_REROUTED, touch(sql, values), now)


def settle_flags(*, subjects: Subjects, found: Iterable[Found], now: datetime) -> FlagChanges:
    """Make the standing flags of these subjects what the rules found about them, at once.

    A standing flag that was not found resolves, whether open, acknowledged or waived; what was
    found and does not stand is raised. The caller holds a lock on each subject.
    """
    rows = [_row(item) for item in found]
    values = {
        "found": json.dumps(rows),
        "cases": list(subjects.cases),
        "officers": list(subjects.officers),
        "referrals": list(subjects.referrals),
        "now": now,
    }
    resolved = note_all(Event.FLAG_RESOLVED, touch(_RESOLVE, values), now)
    if not rows:
        return FlagChanges(resolved=resolved)
    reworded = touch(_REWORD, values)
    raised = lay(Event.FLAG_RAISED, touch(_RAISE_FOUND, values | on_desk(now)), now)
    return FlagChanges(raised, resolved, reworded)


def raise_due(clock_ids: Collection[int], now: datetime) -> tuple[Touched, ...]:
    """Raise what these clocks past due stand for; the caller holds a lock on each."""
    kinds = json.dumps({clock.value: flag.value for clock, flag in CLOCK_FLAGS.items()})
    values = {"clocks": list(clock_ids), "flag_kinds": kinds, "now": now, **on_desk(now)}
    return lay(Event.FLAG_RAISED, touch(_RAISE_DUE, values), now)


def resolve_settled(clock_ids: Collection[int], now: datetime) -> tuple[Touched, ...]:
    """Resolve the flags of clocks that were met or stopped; the caller holds a lock on each."""
    values = {"clocks": list(clock_ids), "now": now}
    return note_all(Event.FLAG_RESOLVED, touch(_RESOLVE_SETTLED, values), now)


def on_desk(now: datetime) -> dict[str, Any]:
    """The values that ACTIVE and _INSERT ask for."""
    due = flag_acknowledged_due(now, current_policy(), unit_calendar())
    return {"today": unit_day(now), "acknowledge_by": due}


def touch(sql: str, values: Mapping[str, Any]) -> tuple[Touched, ...]:
    return tuple(Touched(*row) for row in fetch(sql, values))


def fetch(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def lay(event: Event, flags: tuple[Touched, ...], now: datetime) -> tuple[Touched, ...]:
    """Note flags that came to a desk, and entrust it with cases it could not open; the flags."""
    note_all(event, flags, now)
    entrusted = fetch(ENTRUST, {"flags": [flag.id for flag in flags]}) if flags else []
    record_many(Event.CASE_CHANGED, (_entrusted(*row) for row in entrusted), at=now, actor=RULES)
    return flags


def _entrusted(case_id: UUID, before: UUID | None, after: UUID) -> Note:
    return Note("case", case_id, changes={"supervisor": [str(before or ""), str(after)]})


def note_all(event: Event, flags: tuple[Touched, ...], now: datetime) -> tuple[Touched, ...]:
    """Leave an entry for each flag; the flags again."""
    if flags:
        record_many(event, (_note(flag) for flag in flags), at=now, actor=RULES)
    return flags


def _note(flag: Touched) -> Note:
    return Note("flag", flag.id, details=dict(_details(flag)))


def _details(flag: Touched) -> Iterator[tuple[str, str]]:
    """What is known about the flag, by the names that entries are searched by."""
    names = {"case_id": "case", "officer_id": "officer", "referral_id": "referral"}
    names |= {"supervisor_id": "supervisor", "clock_kind": "clock"}
    for name in ("case_id", "officer_id", "referral_id", "kind", "clock_kind", "step"):
        value = getattr(flag, name)
        if value:
            yield names.get(name, name), str(value)
    if flag.supervisor_id:
        yield "supervisor", str(flag.supervisor_id)


def _row(item: Found) -> dict[str, Any]:
    finding = item.finding
    return {
        "case_id": _text(item.case_id),
        "officer_id": _text(item.officer_id),
        "referral_id": _text(item.referral_id),
        "kind": finding.kind.value,
        "clock_kind": finding.clock_kind,
        "clock_key": finding.clock_key,
        "severity": finding.severity,
        "reasons": reasons_of(finding),
        "since": finding.since.isoformat(),
    }


def reasons_of(finding: Finding) -> list[dict[str, Any]]:
    """The finding's reasons as flags and clocks keep them."""
    return [{"code": reason.code, "params": dict(reason.params)} for reason in finding.reasons]


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
