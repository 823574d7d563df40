"""How do clocks, flags and the columns that lists are ordered by follow from a case's facts?

Every write that touches a case's facts ends in `refresh_cases`, inside its own transaction. The
facts are read, judged by the rules, and the rows made to agree, in one statement for each table
whatever the number of cases. Lock order everywhere: the case's row first, in the order of ids.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cases.enums import ClockKind, ResponseKind
from cases.models import Case, Officer, Referral
from cases.row_security import Span, reading_as
from cases.rules.calendar import Calendar
from cases.rules.clocks import Clock, clocks, overdue, referral_clock, submitted_reports
from cases.rules.documentation import completeness
from cases.rules.facts import CaseFacts
from cases.rules.flags import Finding, clock_finding, fact_findings, officer_findings
from cases.rules.policy import Policy
from cases.selectors.facts import case_facts, loose_referral_facts
from cases.selectors.loads import officer_facts
from cases.selectors.policy import current_policy, unit_calendar
from cases.services.copies import detect_copies
from cases.services.flagging import (
    FlagChanges,
    Found,
    Subjects,
    fetch,
    reasons_of,
    settle_flags,
)

__all__ = ["Changes", "detect_copies", "refresh_cases", "refresh_officers", "refresh_referrals"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What had to be changed so that rows agree with facts.

    `clocks`: (case or referral, what was wrong); `columns`: cases whose derived columns differed.
    """

    clocks: tuple[tuple[UUID, str], ...] = ()
    columns: tuple[UUID, ...] = ()
    flags: FlagChanges = field(default_factory=FlagChanges)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rules say about one case at one moment."""

    clocks: tuple[Clock, ...]
    findings: tuple[Finding, ...]
    columns: Mapping[str, Any]
    known: CaseFacts


@reading_as(Span.FACTS)
def refresh_cases(*, case_ids: Collection[UUID], now: datetime) -> Changes:
    """Make clocks, flags and derived columns of these cases agree with their facts at `now`.

    Runs inside the caller's transaction and locks the cases until it ends. Clocks are started, met,
    moved and stopped; flags raised and resolved at once, those of clocks past due included.
    """
    held = Case.objects.select_for_update(no_key=True).filter(pk__in=set(case_ids)).order_by("pk")
    ids = list(held.values_list("pk", flat=True))
    if not ids:
        return Changes()
    policy, calendar = current_policy(), unit_calendar()
    facts = case_facts(ids)
    assessed = {key: assess(facts[key], policy, calendar, now) for key in ids}
    return Changes(
        clocks=_sync_clocks(assessed, policy, now),
        columns=_sync_columns(assessed),
        flags=_sync_flags(assessed, now),
    )


def assess(facts: CaseFacts, policy: Policy, calendar: Calendar, now: datetime) -> Assessment:
    """The rules' word on a case at `now`. Findings are those of `rules.flags.findings`."""
    known = facts.known_at(now)
    found = clocks(known, policy, calendar)
    return Assessment(
        clocks=found,
        findings=tuple(_findings(known, found, policy, now)),
        columns=_columns(facts, known, found, policy, now),
        known=known,
    )


def _findings(
    known: CaseFacts, found: Iterable[Clock], policy: Policy, now: datetime
) -> Iterator[Finding]:
    if now < known.entered_at:
        return
    for clock in found:
        if overdue(clock, now):
            yield clock_finding(clock, known, policy)
    yield from fact_findings(known, policy)


def _columns(
    facts: CaseFacts, known: CaseFacts, found: Iterable[Clock], policy: Policy, now: datetime
) -> dict[str, Any]:
    running = min(
        (clock for clock in found if clock.is_running),
        key=lambda clock: (clock.breach_at, clock.kind),
        default=None,
    )
    return {
        "last_entry_at": _last_entry_at(known, policy),
        "next_clock": running.kind.value if running else "",
        "next_starts_at": running.starts_at if running else None,
        "next_due_at": running.breach_at if running else None,
        "wake_at": min((at for at in facts.instants() if at > now), default=None),
        "child_seen": any(item.kind == ResponseKind.VICTIM_SEEN for item in known.responses),
        **_completeness(known, policy),
    }


def _last_entry_at(known: CaseFacts, policy: Policy) -> datetime:
    """When something last moved the case, or it came in."""
    substantive = policy.clocks[ClockKind.NEXT_SUPPLEMENT].started_by
    moved = (item.happened_at for item in known.responses if item.kind in substantive)
    return max(moved, default=known.received_at)


def _completeness(known: CaseFacts, policy: Policy) -> dict[str, Any]:
    """Elements of the report that stands, the critical missing ones first; none of one without
    answers.
    """
    reports = submitted_reports(known.responses)
    if not reports or reports[-1].answers is None:
        return {"reported": bool(reports), "settled": None, "required": None, "missing": []}
    result = completeness(
        known.channel,
        known.offense_class,
        known.serious_injury,
        known.child_witness,
        reports[-1].answers,
        policy,
    )
    missing = sorted(result.missing, key=lambda item: not item.critical)
    return {
        "reported": True,
        "settled": result.settled,
        "required": result.required,
        "missing": [item.element for item in missing],
    }


# -- clocks -------------------------------------------------------------------------------------

_FOUND_CLOCKS = """
WITH found AS MATERIALIZED (
    SELECT item.*,
        item.met_at IS NULL AND item.stopped_at IS NULL AND item.due_at < %(now)s AS overdue
    FROM jsonb_to_recordset(%(clocks)s::jsonb) AS item (
        case_id uuid, referral_id uuid, kind text, key text, starts_at timestamptz,
        due_at timestamptz, met_at timestamptz, stopped_at timestamptz, severity int, reasons jsonb
    )
)"""

_INSERT_CLOCKS = """
INSERT INTO cases_clock AS clock (
    case_id, referral_id, kind, key, starts_at, due_at, met_at, stopped_at, flagged_at, severity,
    reasons
)
SELECT case_id, referral_id, kind, key, starts_at, due_at, met_at, stopped_at,
    CASE WHEN overdue THEN %(now)s::timestamptz END, severity, reasons
FROM found"""

_UPDATE_CLOCKS = """
DO UPDATE SET
    starts_at = excluded.starts_at,
    due_at = excluded.due_at,
    met_at = excluded.met_at,
    stopped_at = excluded.stopped_at,
    severity = excluded.severity,
    reasons = excluded.reasons,
    flagged_at = CASE WHEN excluded.flagged_at IS NULL THEN NULL
                      ELSE coalesce(clock.flagged_at, excluded.flagged_at) END
WHERE (clock.starts_at, clock.due_at, clock.met_at, clock.stopped_at, clock.severity,
       clock.reasons, clock.flagged_at IS NULL)
   IS DISTINCT FROM
      (excluded.starts_at, excluded.due_at, excluded.met_at, excluded.stopped_at,
       excluded.severity, excluded.reasons, excluded.flagged_at IS NULL)"""

_WHAT_WAS_WRONG = """
SELECT about, 'clock extra: ' || kind FROM gone
UNION ALL
SELECT about, CASE WHEN added THEN 'clock missing: ' ELSE 'clock different: ' END || kind FROM kept
"""

_SYNC_CASE_CLOCKS = "\n".join(
    (
        _FOUND_CLOCKS,
        """,
        gone AS (
            DELETE FROM cases_clock AS clock
            WHERE clock.case_id = ANY (%(ids)s)
              AND NOT EXISTS (
                  SELECT FROM found
                  WHERE found.case_id = clock.case_id
                    AND found.kind = clock.kind
                    AND found.key = clock.key
              )
            RETURNING clock.case_id AS about, clock.kind
        ),
        kept AS (""",
        _INSERT_CLOCKS,
        "ON CONFLICT (case_id, kind, key)",
        _UPDATE_CLOCKS,
        "RETURNING clock.case_id AS about, clock.kind, xmax = 0 AS added)",
        _WHAT_WAS_WRONG,
    )
)


def _sync_clocks(
    assessed: Mapping[UUID, Assessment], policy: Policy, now: datetime
) -> tuple[tuple[UUID, str], ...]:
    """Make the clock rows the rules' clocks. A clock that the rules no longer know is deleted."""
    rows = [
        _clock_row(clock, result.known, policy) | {"case_id": str(key)}
        for key, result in assessed.items()
        for clock in result.clocks
    ]
    values = {"clocks": json.dumps(rows), "ids": list(assessed), "now": now}
    return tuple(fetch(_SYNC_CASE_CLOCKS, values))


def _clock_row(clock: Clock, known: CaseFacts, policy: Policy) -> dict[str, Any]:
    """`reasons` and `severity` are what its flag will say, so that the sweep only copies them."""
    finding = clock_finding(clock, known, policy)
    return {
        "kind": clock.kind.value,
        "key": clock.key,
        "starts_at": clock.starts_at.isoformat(),
        "due_at": clock.breach_at.isoformat(),
        "met_at": _iso(clock.met_at),
        "stopped_at": _iso(clock.stopped_at),
        "severity": finding.severity,
        "reasons": reasons_of(finding) if clock.is_running else [],
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


# -- flags and columns --------------------------------------------------------------------------


def _sync_flags(assessed: Mapping[UUID, Assessment], now: datetime) -> FlagChanges:
    found = (
        Found(finding, case_id=key)
        for key, result in assessed.items()
        for finding in result.findings
    )
    return settle_flags(subjects=Subjects(cases=assessed), found=found, now=now)


_SYNC_COLUMNS = """
UPDATE cases_case AS held
SET last_entry_at = found.last_entry_at,
    next_clock = found.next_clock,
    next_starts_at = found.next_starts_at,
    next_due_at = found.next_due_at,
    wake_at = found.wake_at,
    settled = found.settled,
    required = found.required,
    missing = found.missing,
    reported = found.reported,
    child_seen = found.child_seen
FROM jsonb_to_recordset(%(columns)s::jsonb) AS found (
    id uuid, last_entry_at timestamptz, next_clock text, next_starts_at timestamptz,
    next_due_at timestamptz, wake_at timestamptz, settled int, required int, missing varchar[],
    reported boolean, child_seen boolean
)
WHERE held.id = found.id
  AND (held.last_entry_at, held.next_clock, held.next_starts_at, held.next_due_at, held.wake_at,
       held.settled, held.required, held.missing, held.reported, held.child_seen)
   IS DISTINCT FROM
      (found.last_entry_at, found.next_clock, found.next_starts_at, found.next_due_at,
       found.wake_at, found.settled, found.required, found.missing, found.reported,
       found.child_seen)
RETURNING held.id"""


def _sync_columns(assessed: Mapping[UUID, Assessment]) -> tuple[UUID, ...]:
    rows = [{"id": str(key)} | dict(result.columns) for key, result in assessed.items()]
    values = {"columns": json.dumps(rows, default=datetime.isoformat)}
    return tuple(key for (key,) in fetch(_SYNC_COLUMNS, values))


# -- referrals without a case -------------------------------------------------------------------

_SYNC_LOOSE_CLOCKS = "\n".join(
    (
        _FOUND_CLOCKS,
        """,
        gone AS (
            DELETE FROM cases_clock AS clock
            WHERE clock.referral_id = ANY (%(ids)s)
              AND clock.case_id IS NULL
              AND NOT EXISTS (SELECT FROM found WHERE found.referral_id = clock.referral_id)
            RETURNING clock.referral_id AS about, clock.kind
        ),
        kept AS (""",
        _INSERT_CLOCKS,
        "ON CONFLICT (referral_id, kind) WHERE case_id IS NULL",
        _UPDATE_CLOCKS,
        "RETURNING clock.referral_id AS about, clock.kind, xmax = 0 AS added)",
        _WHAT_WAS_WRONG,
    )
)


@reading_as(Span.FACTS)
def refresh_referrals(*, referral_ids: Collection[UUID], now: datetime) -> Changes:
    """Make the clock and the flag of referrals without a case agree with what is known at `now`.

    One that has become or joined a case since gives up its own; the case has them then. Runs inside
    the caller's transaction and locks the referrals until it ends.
    """
    chosen = Referral.objects.select_for_update(no_key=True, of=("self",))
    ids = list(chosen.filter(pk__in=set(referral_ids)).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return Changes()
    policy, calendar = current_policy(), unit_calendar()
    rows, found = [], []
    for key, facts in loose_referral_facts(ids).items():
        for referral in facts.known_at(now).referrals:
            clock = referral_clock(referral, policy, calendar)
            rows.append(_clock_row(clock, facts, policy) | {"referral_id": str(key), "key": ""})
            if overdue(clock, now):
                found.append(Found(_keyless(clock_finding(clock, facts, policy)), referral_id=key))
    values = {"clocks": json.dumps(rows), "ids": ids, "now": now}
    return Changes(
        clocks=tuple(fetch(_SYNC_LOOSE_CLOCKS, values)),
        flags=settle_flags(subjects=Subjects(referrals=ids), found=found, now=now),
    )


def _keyless(finding: Finding) -> Finding:
    """A referral has one clock; the key is the referral itself."""
    return replace(finding, clock_key="")


# -- officers -----------------------------------------------------------------------------------


@reading_as(Span.FACTS)
def refresh_officers(*, officer_ids: Collection[UUID], now: datetime) -> FlagChanges:
    """Raise or resolve `overloaded` on these officers, by what they hold and were handed by `now`,
    and `unusual_reveals`, by how many identities and texts they have revealed.

    Whoever has left the unit is overloaded no more. Runs inside the caller's transaction, after
    `refresh_cases`, and locks the officers until it ends, so that two hand-overs count each other.
    """
    chosen = Officer.objects.select_for_update(no_key=True, of=("self",))
    ids = list(chosen.filter(pk__in=set(officer_ids)).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return FlagChanges()
    policy = current_policy()
    loads = officer_facts(ids, policy, now)
    found = (
        Found(finding, officer_id=key)
        for key, load in loads.items()
        for finding in officer_findings(load, policy, now)
    )
    return settle_flags(subjects=Subjects(officers=ids), found=found, now=now)
