"""How does a synthetic caseload get into the database? By COPY, one table after the other."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import transaction
from django.db.models import Model

from audit.events import Event
from audit.models import Entry
from audit.months import make_due
from cases.enums import (
    AgeBand,
    AnswerStatus,
    CaseState,
    ClockKind,
    Disposition,
    FlagKind,
    FlagStatus,
    PersonRole,
    Priority,
    ResponseKind,
    ReviewDecision,
    ReviewSubject,
    Sex,
    Step,
)
from cases.management.bench.around import NEVER_CLIMBS, give_access, leave_unanswered, overdue
from cases.management.bench.lives import DAY, LIMIT, Life, lives
from cases.management.bench.unit import Unit, make_unit
from cases.models import (
    Assignment,
    Case,
    CaseStateChange,
    Clock,
    ElementAnswer,
    Flag,
    ImportRun,
    InvolvedPerson,
    Response,
    Review,
    Victim,
)
from cases.rules.facts import CARRIES
from cases.selectors.policy import current_policy
from cases.services.importing.copying import copy_rows

BATCH = 2_000
RESPONSES = (
    ResponseKind.INITIAL_REPORT,
    ResponseKind.VICTIM_SEEN,
    ResponseKind.CAREGIVER_CONTACT,
    ResponseKind.SUPPLEMENT,
    ResponseKind.SUPPLEMENT,
)
WORDS = "Synthetic entry; nobody in it is real. What was alleged, seen and done is set down here. "
NARRATIVE = WORDS * 5
THIN_NARRATIVE = WORDS
ANSWERED, MISSING = 15, 2
SEALED = b"\x00" * 480

Row = tuple[Any, ...]
Maker = Callable[[Life, datetime], Iterator[Row]]


class Table(NamedTuple):
    """Which rows a case has in a table, as values in the order of `columns`."""

    model: type[Model]
    columns: tuple[str, ...]
    rows: Maker


def build(cases: int, now: datetime) -> Unit:
    """Write a unit with so many cases as of `now`, batch by batch."""
    with transaction.atomic():
        unit = make_unit(cases, now)
        run_id = uuid4()
        copy_rows(ImportRun, ("id", "source", "digest", "created_at"), [_run(run_id, now)])
    tables = _tables(unit, str(run_id))
    coming = lives(unit, cases, now)
    while batch := list(islice(coming, BATCH)):
        with transaction.atomic():
            for table in tables:
                rows = (row for life in batch for row in table.rows(life, now))
                copy_rows(table.model, table.columns, rows)
    with transaction.atomic():
        give_access(unit, now)
        leave_unanswered(unit, now)
    # A unit's log has a month for each entry of those years, and none among the strays.
    make_due(now=now)
    return unit


def _run(run_id: object, now: datetime) -> Row:
    return run_id, "bundle", b"\x00" * 32, now


# -- the case itself ----------------------------------------------------------------------------

_CASE = (
    "id", "number", "received_at", "entered_at", "channel", "priority", "offense_class",
    "division", "state", "disposition", "closed_at", "detective_id", "supervisor_id", "squad_id",
    "import_run_id", "carries", "key_id", "wrapped_key", "last_entry_at", "next_clock",
    "next_starts_at", "next_due_at", "settled", "required", "missing",
    "reported", "child_seen", "concerns",
)  # fmt: skip


def _case_maker(run_id: str) -> Maker:
    carries = "{" + ",".join(sorted(CARRIES - {"answers"})) + "}"
    missing = [element.code for element in current_policy().elements][ANSWERED:][:MISSING]

    def rows(life: Life, now: datetime) -> Iterator[Row]:
        ended = None if life.is_open else life.last_entry_at
        running = _running(life)
        clock, starts_at, due_at = min(running, key=lambda row: row[2], default=("", None, None))
        native = life.written_here
        yield (
            life.id, life.number, life.received_at, life.received_at, life.channel,
            Priority.TWO, life.offense_class, f"Division {life.number[-1]}",
            CaseState.ACTIVE if life.is_open else CaseState.CLOSED,
            "" if life.is_open else Disposition.CLEARED_ARREST, ended, life.detective_id,
            life.team.sergeant_id, life.team.squad_id, None if native else run_id,
            "{}" if native else carries, "bench", SEALED[:60], life.last_entry_at, clock,
            starts_at, due_at, ANSWERED if native else None, ANSWERED + MISSING if native else None,
            "{" + ",".join(missing if native else ()) + "}", True, not life.unseen, "{}",
        )  # fmt: skip

    return rows


# -- what was done ------------------------------------------------------------------------------

_PERSON = ("id", "case_id", "pseudonym", "entered_at")
_RESPONSE = (
    "id", "case_id", "kind", "occurred_at", "entered_at", "officer_id", "narrative",
    "sealed_narrative", "narrative_length", "has_answers",
)  # fmt: skip


def _responses(life: Life, now: datetime) -> Iterator[Row]:
    text = THIN_NARRATIVE if life.thin else NARRATIVE
    span = (life.last_entry_at - life.received_at) / (len(RESPONSES) - 1)
    for number, kind in enumerate(RESPONSES):
        at = life.received_at + number * span
        report = number == 0
        yield (
            life.report_id if report else uuid4(), life.id, kind, at, at, life.detective_id,
            text, SEALED, len(text), report and life.written_here,
        )  # fmt: skip


def _answer_maker() -> Maker:
    codes = [element.code for element in current_policy().elements][:ANSWERED]

    def rows(life: Life, now: datetime) -> Iterator[Row]:
        if life.written_here:
            for code in codes:
                yield life.report_id, code, AnswerStatus.ANSWERED, "Set down; invented."

    return rows


_REVIEW = (
    "id", "case_id", "subject", "response_id", "decision", "reviewer_id", "occurred_at",
    "entered_at",
)  # fmt: skip
_ASSIGNMENT = ("id", "case_id", "officer_id", "assigned_at", "entered_at", "acknowledged_at")
_STATE = ("id", "case_id", "state", "disposition", "occurred_at", "entered_at")


def _reviews(life: Life, now: datetime) -> Iterator[Row]:
    at = life.received_at + DAY
    decision = ReviewDecision.APPROVED
    yield (
        uuid4(), life.id, ReviewSubject.REPORT, life.report_id, decision, life.team.sergeant_id,
        at, at,
    )  # fmt: skip


def _assignments(life: Life, now: datetime) -> Iterator[Row]:
    at = life.received_at
    yield uuid4(), life.id, life.detective_id, at, at, at


def _states(life: Life, now: datetime) -> Iterator[Row]:
    yield uuid4(), life.id, CaseState.ACTIVE, "", life.received_at, life.received_at
    if not life.is_open:
        at = life.last_entry_at
        yield uuid4(), life.id, CaseState.CLOSED, Disposition.CLEARED_ARREST, at, at


def _victims(life: Life, now: datetime) -> Iterator[Row]:
    yield (
        uuid4(), life.id, f"V-{life.number}", life.received_at, AgeBand.FROM_6, Sex.FEMALE,
        "bench", SEALED[:60], SEALED[:160],
    )  # fmt: skip


def _people(life: Life, now: datetime) -> Iterator[Row]:
    yield (
        uuid4(), life.id, f"P-{life.number}", life.received_at, PersonRole.SUSPECT,
        "bench", SEALED[:60], SEALED[:160],
    )  # fmt: skip


# -- promises and what came of them -------------------------------------------------------------

_CLOCK = (
    "case_id", "kind", "starts_at", "due_at", "met_at", "stopped_at", "flagged_at", "severity",
    "reasons",
)  # fmt: skip


def _running(life: Life) -> list[tuple[ClockKind, datetime, datetime]]:
    """(kind, start, due) of the clocks that still run."""
    if not life.is_open:
        return []
    last = life.last_entry_at
    found = [
        (ClockKind.NEXT_SUPPLEMENT, last, last + LIMIT),
        (ClockKind.FORENSIC_INTERVIEW_HELD, last, last + (LIMIT if life.late else LIMIT + DAY)),
    ]
    if life.unseen:
        found.append((ClockKind.VICTIM_SEEN, life.received_at, life.received_at + DAY))
    return found


def _clocks(life: Life, now: datetime) -> Iterator[Row]:
    began = life.received_at
    for kind, starts_at, due_at in _running(life):
        flagged_at = due_at if due_at < now else None
        reasons = json.dumps(overdue(kind, starts_at, due_at))
        yield life.id, kind, starts_at, due_at, None, None, flagged_at, 4, reasons
    for kind in (ClockKind.INITIAL_REPORT, ClockKind.SERGEANT_REVIEW, ClockKind.AGENCY_NOTIFIED):
        yield life.id, kind, began, began + DAY, began + DAY / 2, None, None, 3, "[]"


_FLAG = (
    "id", "case_id", "kind", "clock_kind", "status", "severity", "reasons", "since", "raised_at",
    "step", "supervisor_id", "acknowledge_by", "acknowledged_by_id", "acknowledged_at",
    "resolved_at", "waived_until", "comment",
)  # fmt: skip


def _flag_maker(unit: Unit) -> Maker:
    def rows(life: Life, now: datetime) -> Iterator[Row]:
        for kind, clock, since, reasons in _findings(life, now):
            yield _flag(unit, life, kind, clock, since, json.dumps(reasons), now)
        if not life.is_open:
            at = life.received_at + 15 * DAY
            yield (
                uuid4(), life.id, FlagKind.STALLED, ClockKind.NEXT_SUPPLEMENT,
                FlagStatus.RESOLVED, 3, "[]", at, at, Step.SERGEANT, life.team.sergeant_id,
                at + DAY, None, None, at + 2 * DAY, None, "",
            )  # fmt: skip

    return rows


def _flag(
    unit: Unit, life: Life, kind: str, clock: str, since: datetime, reasons: str, now: datetime
) -> Row:
    """Open while it is new, then acknowledged; a thin report of long ago is waived for a while."""
    old = since < now - 30 * DAY
    waived = old and kind == FlagKind.UNDER_DOCUMENTED
    seen = FlagStatus.WAIVED if waived else FlagStatus.ACKNOWLEDGED
    return (
        uuid4(), life.id, kind, clock, seen if old else FlagStatus.OPEN, 4, reasons, since, since,
        Step.SERGEANT, life.team.sergeant_id, now + NEVER_CLIMBS,
        unit.account_ids[life.team.sergeant_id] if old else None, since + DAY if old else None,
        None, now + NEVER_CLIMBS if waived else None, "Invented." if waived else "",
    )  # fmt: skip


def _findings(life: Life, now: datetime) -> Iterator[tuple[str, str, datetime, list[Any]]]:
    for kind, starts_at, due_at in _running(life):
        if due_at < now:
            yield FlagKind.STALLED, kind, due_at, overdue(kind, starts_at, due_at)
    if life.thin:
        params = {"length": len(THIN_NARRATIVE), "least": 400}
        since = life.last_entry_at
        yield FlagKind.UNDER_DOCUMENTED, "", since, [{"code": "thin", "params": params}]


# -- who looked ---------------------------------------------------------------------------------

_ENTRY = (
    "at", "event", "actor_id", "actor_label", "subject_type", "subject_id", "changes", "details",
)  # fmt: skip


def _entry_maker(unit: Unit) -> Maker:
    def rows(life: Life, now: datetime) -> Iterator[Row]:
        by = str(unit.account_ids[life.detective_id])
        event = Event.RESPONSE_LOGGED
        yield life.last_entry_at, event, by, "bench", "case", str(life.id), "{}", "{}"

    return rows


def _tables(unit: Unit, run_id: str) -> tuple[Table, ...]:
    sealed = ("key_id", "wrapped_key", "sealed")
    return (
        Table(Case, _CASE, _case_maker(run_id)),
        Table(Response, _RESPONSE, _responses),
        Table(ElementAnswer, ("response_id", "element", "status", "text"), _answer_maker()),
        Table(Review, _REVIEW, _reviews),
        Table(Assignment, _ASSIGNMENT, _assignments),
        Table(CaseStateChange, _STATE, _states),
        Table(Victim, (*_PERSON, "age_band", "sex", *sealed), _victims),
        Table(InvolvedPerson, (*_PERSON, "role", *sealed), _people),
        Table(Clock, _CLOCK, _clocks),
        Table(Flag, _FLAG, _flag_maker(unit)),
        Table(Entry, _ENTRY, _entry_maker(unit)),
    )
