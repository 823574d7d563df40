"""Does the sweep find what has fallen due, once, and at a cost that follows only that?"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.events import Event
from audit.models import Entry
from cases.enums import CaseState, ClockKind, FlagKind, FlagStatus, Step
from cases.models import Case, Clock, Flag, Officer, Policy, SweepRun
from cases.services import sweep
from cases.services.clocks import Changes, refresh_cases, refresh_officers, refresh_referrals
from cases.services.sweep import run_sweep
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    ClockFactory,
    ClockHoldFactory,
    FlagFactory,
    OfficerFactory,
    PolicyFactory,
    ReferralFactory,
    SquadFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
EDGES = pytest.mark.parametrize(
    ("late", "found"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)]
)
FROM_THE_MOMENT = pytest.mark.parametrize(
    ("late", "found"), [(-SECOND, False), (0 * SECOND, True), (SECOND, True)]
)


def fresh_case(**fields: object) -> Case:
    """Received and entered at `NOW`, its clocks running."""
    case: Case = CaseFactory.create(received_at=NOW, entered_at=NOW, **fields)
    refresh_cases(case_ids=[case.pk], now=NOW)
    return case


# -- raising ------------------------------------------------------------------------------------


@EDGES
def test_a_clock_past_due_raises_its_flag(late: timedelta, found: bool) -> None:
    squad = SquadFactory.create(led=True)
    case = fresh_case(squad=squad)
    moment = NOW + 4 * HOUR + late

    run = run_sweep(now=moment)

    flags = list(Flag.objects.filter(case=case))
    assert [flag.clock_kind for flag in flags] == [ClockKind.AGENCY_NOTIFIED] * found
    assert [flag.supervisor_id for flag in flags] == [squad.sergeant_id] * found
    assert run.counts["raised"] == found
    clock = Clock.objects.get(case=case, kind=ClockKind.AGENCY_NOTIFIED)
    assert clock.flagged_at == (moment if found else None)


def test_the_flag_is_the_one_that_a_refresh_would_raise() -> None:
    swept, refreshed = fresh_case(), fresh_case()
    moment = NOW + 20 * DAY

    refresh_cases(case_ids=[refreshed.pk], now=moment)
    run_sweep(now=moment)

    def said(case: Case) -> list[tuple[object, ...]]:
        columns = ("kind", "clock_kind", "severity", "reasons", "since", "step", "acknowledge_by")
        return sorted(Flag.objects.filter(case=case).values_list(*columns), key=str)

    assert said(swept) == said(refreshed)
    assert {row[1] for row in said(swept)} >= {"next_supplement", "victim_seen", "assignment"}


def test_sweeping_again_does_nothing_but_leave_a_heartbeat() -> None:
    fresh_case()
    run_sweep(now=NOW + DAY)
    flags, entries = Flag.objects.count(), Entry.objects.exclude(event=Event.SWEEP_RAN).count()

    again = run_sweep(now=NOW + DAY)

    assert set(again.counts.values()) == {0}
    assert (Flag.objects.count(), Entry.objects.exclude(event=Event.SWEEP_RAN).count()) == (
        flags,
        entries,
    )
    assert SweepRun.objects.count() == 2
    assert Entry.objects.filter(event=Event.SWEEP_RAN).count() == 2


def test_a_sweep_leaves_its_heartbeat_even_when_nothing_is_due() -> None:
    run = run_sweep(now=NOW + HOUR, as_of=NOW)

    run.refresh_from_db()
    assert (run.kind, run.as_of, run.started_at) == ("sweep", NOW, NOW + HOUR)
    entry = Entry.objects.get(event=Event.SWEEP_RAN)
    assert (entry.actor_label, entry.at) == ("system:sweep", NOW + HOUR)


def test_each_flag_raised_leaves_one_entry() -> None:
    case = fresh_case()

    run_sweep(now=NOW + DAY + SECOND)

    flags = {str(key) for key in Flag.objects.values_list("pk", flat=True)}
    entries = Entry.objects.filter(event=Event.FLAG_RAISED)
    assert sorted(entry.subject_id for entry in entries) == sorted(flags)
    assert {entry.details["case"] for entry in entries} == {str(case.pk)}


def test_assignment_past_due_raises_orphaned() -> None:
    case = fresh_case()

    run_sweep(now=NOW + 3 * DAY)

    kinds = dict(Flag.objects.filter(case=case).values_list("clock_kind", "kind"))
    assert (kinds["assignment"], kinds["victim_seen"]) == (FlagKind.ORPHANED, FlagKind.STALLED)


@EDGES
def test_a_referral_without_a_case_is_flagged_on_itself(late: timedelta, found: bool) -> None:
    captain = OfficerFactory.create(captain=True)
    referral = ReferralFactory.create(received_at=NOW)
    refresh_referrals(referral_ids=[referral.pk], now=NOW)

    run_sweep(now=NOW + DAY + late)

    flags = list(Flag.objects.filter(referral=referral))
    assert [flag.kind for flag in flags] == [FlagKind.REFERRAL_UNANSWERED] * found
    assert [flag.supervisor for flag in flags] == [captain] * found


def test_a_standing_flag_is_not_raised_twice() -> None:
    case = CaseFactory.create()
    clock = ClockFactory.create(case=case, overdue=True)
    FlagFactory.create(case=case)

    run = run_sweep(now=NOW)

    clock.refresh_from_db()
    assert (run.counts["raised"], clock.flagged_at) == (0, NOW)
    assert Flag.objects.count() == 1


def test_whoever_is_walled_off_gets_no_flag_from_the_sweep() -> None:
    squad = SquadFactory.create(led=True)
    case = fresh_case(squad=squad)
    captain = OfficerFactory.create(captain=True)
    WallFactory.create(
        case=case, account=AccountFactory.create(role="sergeant", officer=squad.sergeant)
    )

    run_sweep(now=NOW + DAY)

    assert set(Flag.objects.values_list("supervisor", flat=True)) == {captain.pk}


# -- what time alone changes --------------------------------------------------------------------


@EDGES
def test_a_departure_raises_orphaned_with_nobody_writing(late: timedelta, found: bool) -> None:
    leaving = OfficerFactory.create(active_to=date(2026, 3, 13))
    case = CaseFactory.create(detective=leaving)
    AssignmentFactory.create(case=case, officer=leaving)
    refresh_cases(case_ids=[case.pk], now=NOW)
    midnight = NOW.replace(day=13, hour=5)

    run_sweep(now=midnight + late)

    orphaned = Flag.objects.filter(case=case, kind=FlagKind.ORPHANED)
    assert orphaned.exists() is found


@FROM_THE_MOMENT
def test_an_assignee_who_starts_later_has_the_case_from_that_day(
    late: timedelta, found: bool
) -> None:
    starting = OfficerFactory.create(active_from=date(2026, 3, 13))
    case = CaseFactory.create(detective=starting)
    AssignmentFactory.create(case=case, officer=starting)
    refresh_cases(case_ids=[case.pk], now=NOW)
    assert Flag.objects.filter(case=case, kind=FlagKind.ORPHANED, resolved_at=None).exists()

    run_sweep(now=NOW.replace(day=13, hour=5) + late)

    resolved = Flag.objects.filter(case=case, kind=FlagKind.ORPHANED, status=FlagStatus.RESOLVED)
    assert resolved.exists() is found


def test_a_hold_that_begins_later_is_in_force_from_then() -> None:
    case = CaseFactory.create(received_at=NOW, entered_at=NOW)
    ClockHoldFactory.create(case=case, starts_at=NOW + HOUR, entered_at=NOW, ends_at=NOW + 9 * DAY)
    refresh_cases(case_ids=[case.pk], now=NOW)
    assert Clock.objects.get(case=case, kind=ClockKind.VICTIM_SEEN).due_at == NOW + DAY

    run_sweep(now=NOW + HOUR)

    assert Clock.objects.get(case=case, kind=ClockKind.VICTIM_SEEN).due_at == NOW + 9 * DAY


def test_many_that_wake_at_once_are_taken_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "WOKEN_TOGETHER", 2)
    cases = [fresh_case() for _ in range(5)]
    Case.objects.update(wake_at=NOW + HOUR, missing=["intake"])
    together: list[int] = []

    def refresh(*, case_ids: Sequence[UUID], now: datetime) -> Changes:
        together.append(len(case_ids))
        return refresh_cases(case_ids=case_ids, now=now)

    monkeypatch.setattr(sweep, "refresh_cases", refresh)

    run = run_sweep(now=NOW + HOUR)

    assert (together, run.counts["refreshed"]) == ([2, 2, 1], len(cases))
    assert not Case.objects.exclude(missing=[], wake_at=None).exists()


@FROM_THE_MOMENT
def test_cases_handed_over_long_ago_count_no_more(late: timedelta, found: bool) -> None:
    laden = OfficerFactory.create()
    for case in CaseFactory.create_batch(21, closed=True):
        AssignmentFactory.create(case=case, officer=laden, assigned_at=NOW)
    refresh_officers(officer_ids=[laden.pk], now=NOW)
    assert Flag.objects.get(officer=laden).status == FlagStatus.OPEN

    run_sweep(now=NOW + 30 * DAY + late)

    assert (Flag.objects.get(officer=laden).status == FlagStatus.RESOLVED) is found


# -- settling, returning, climbing --------------------------------------------------------------


def test_a_flag_whose_clock_was_met_behind_its_back_resolves() -> None:
    case = CaseFactory.create()
    clock = ClockFactory.create(case=case, met=True, flagged_at=NOW - HOUR)
    flag = FlagFactory.create(case=case)
    untouched = FlagFactory.create()

    run = run_sweep(now=NOW)

    for row in (clock, flag, untouched):
        row.refresh_from_db()
    assert (flag.status, flag.resolved_at, clock.flagged_at) == (FlagStatus.RESOLVED, NOW, None)
    assert untouched.status == FlagStatus.OPEN
    assert run.counts["resolved"] == 1
    assert Entry.objects.get(event=Event.FLAG_RESOLVED).subject_id == str(flag.pk)


@FROM_THE_MOMENT
def test_a_waived_flag_returns_when_its_waiver_ends(late: timedelta, found: bool) -> None:
    squad = SquadFactory.create(led=True)
    flag = FlagFactory.create(case=CaseFactory.create(squad=squad), waived=True, waived_until=NOW)

    run = run_sweep(now=NOW + late)

    flag.refresh_from_db()
    assert (flag.status == FlagStatus.OPEN) is found
    assert run.counts["returned"] == found
    assert Entry.objects.filter(event=Event.FLAG_RETURNED).exists() is found
    if found:
        assert (flag.supervisor, flag.waived_until) == (squad.sergeant, None)
        assert flag.acknowledge_by == NOW + late + DAY


@EDGES
def test_what_nobody_acknowledges_climbs(late: timedelta, found: bool) -> None:
    sergeant, captain = OfficerFactory.create(sergeant=True), OfficerFactory.create(captain=True)
    flag = FlagFactory.create(supervisor=sergeant, acknowledge_by=NOW)

    run = run_sweep(now=NOW + late)

    flag.refresh_from_db()
    expected = (Step.CAPTAIN, captain) if found else (Step.SERGEANT, sergeant)
    assert (flag.step, flag.supervisor) == expected
    assert run.counts["escalated"] == found
    entries = Entry.objects.filter(event=Event.FLAG_ESCALATED)
    assert [entry.details["supervisor"] for entry in entries] == [str(captain.pk)] * found


def test_it_climbs_a_step_a_day_to_another_captain_and_stays_at_the_top() -> None:
    first, second = (OfficerFactory.create(captain=True, badge=f"C{n}") for n in (1, 2))
    flag = FlagFactory.create(acknowledge_by=NOW)
    seen = []

    for day in range(1, 5):
        run_sweep(now=NOW + day * (DAY + SECOND))
        flag.refresh_from_db()
        seen.append((flag.step, flag.supervisor))

    assert seen == [
        (Step.CAPTAIN, first),
        (Step.COMMANDER, second),
        (Step.COMMANDER, second),
        (Step.COMMANDER, second),
    ]


def test_without_captains_it_stays_with_whoever_has_it() -> None:
    holder = OfficerFactory.create(sergeant=True, badge="Z")
    OfficerFactory.create(sergeant=True, badge="A")
    flag = FlagFactory.create(supervisor=holder, acknowledge_by=NOW - DAY)

    run_sweep(now=NOW)

    flag.refresh_from_db()
    assert (flag.step, flag.supervisor) == (Step.CAPTAIN, holder)


def test_and_goes_to_somebody_else_when_the_holder_has_left() -> None:
    other = OfficerFactory.create(sergeant=True)
    flag = FlagFactory.create(
        supervisor=OfficerFactory.create(sergeant=True, departed=True), acknowledge_by=NOW - DAY
    )

    run_sweep(now=NOW)

    flag.refresh_from_db()
    assert flag.supervisor == other


@pytest.mark.parametrize("trait", ["acknowledged", "waived", "resolved"])
def test_only_open_flags_climb(trait: str) -> None:
    flag = FlagFactory.create(**{trait: True}, acknowledge_by=NOW - DAY)

    run_sweep(now=NOW)

    flag.refresh_from_db()
    assert flag.step == Step.SERGEANT


def test_the_ladder_is_the_units_own() -> None:
    body = Policy.objects.get(version=1).body
    PolicyFactory.create(body=body | {"escalation": ["sergeant", "captain"]})
    OfficerFactory.create(captain=True)
    flag = FlagFactory.create(step=Step.CAPTAIN, acknowledge_by=NOW - DAY)

    run = run_sweep(now=NOW)

    flag.refresh_from_db()
    assert (flag.step, run.counts["escalated"]) == (Step.CAPTAIN, 0)


def test_flags_on_officers_and_referrals_climb_too() -> None:
    captain = OfficerFactory.create(captain=True)
    on_officer = FlagFactory.create(on_officer=True, acknowledge_by=NOW - DAY)
    on_referral = FlagFactory.create(on_referral=True, acknowledge_by=NOW - DAY)

    run_sweep(now=NOW)

    for flag in (on_officer, on_referral):
        flag.refresh_from_db()
        assert (flag.step, flag.supervisor) == (Step.CAPTAIN, captain)


# -- cost ---------------------------------------------------------------------------------------

PARTIAL_INDEXES = (
    "case_wakes",
    "clock_unflagged_due",
    "clock_flagged_settled",
    "flag_returns",
    "flag_climbs",
    "flag_stands_once_per_officer",
)


def caseload_with_nothing_to_do(cases: int) -> None:
    """Enough rows that reading a whole table would cost more than an index that is empty."""
    case = CaseFactory.create()
    fields = [
        field.attname
        for field in Case._meta.concrete_fields
        if field.attname not in {"id", "number"}
    ]
    columns = ", ".join(fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO cases_case (id, number, {columns}) "
            f"SELECT gen_random_uuid(), 'B' || n, {columns} FROM cases_case, "
            "generate_series(1, %s) AS n WHERE id = %s",
            [cases, case.pk],
        )
        cursor.execute(
            "INSERT INTO cases_clock (case_id, kind, key, starts_at, due_at, met_at, flagged_at) "
            "SELECT id, kind, '', received_at, %s + n * interval '1 day', "
            "CASE WHEN n > 0 THEN received_at END, CASE WHEN n < 0 THEN received_at END "
            "FROM cases_case, (VALUES ('victim_seen', 3), ('assignment', 3), ('kit_to_lab', -1), "
            "('next_supplement', 0)) AS made (kind, n)",
            [NOW + DAY],
        )
        cursor.execute(
            "INSERT INTO cases_flag (id, case_id, kind, clock_kind, clock_key, status, severity, "
            "reasons, since, raised_at, step, acknowledge_by, comment) "
            "SELECT gen_random_uuid(), id, 'stalled', 'kit_to_lab', '', 'open', 3, '[]', "
            "received_at, received_at, 'commander', received_at, '' FROM cases_case"
        )
        cursor.execute("ANALYZE cases_case, cases_clock, cases_flag")


@pytest.fixture
def plans() -> Iterator[list[str]]:
    """The plan of every SELECT, made with the settings under which it ran."""
    seen: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith("SELECT") and not many:
            execute(f"EXPLAIN {sql}", params, many, context)
            seen.append("\n".join(line for (line,) in context["cursor"].fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield seen


def test_what_is_to_be_done_is_answered_from_partial_indexes_alone(plans: list[str]) -> None:
    caseload_with_nothing_to_do(600)

    run_sweep(now=NOW)

    (plan,) = plans
    assert "Seq Scan" not in plan
    assert [index for index in PARTIAL_INDEXES if index not in plan] == []


def test_what_is_due_is_found_through_its_partial_index_too(plans: list[str]) -> None:
    caseload_with_nothing_to_do(600)
    fresh_case()
    plans.clear()

    run_sweep(now=NOW + 5 * HOUR)

    of_cases, of_referrals = (plan for plan in plans if "LockRows" in plan)
    assert "clock_unflagged_due" in of_cases
    assert "Seq Scan" not in of_cases + of_referrals


def test_nothing_due_is_one_question() -> None:
    case = fresh_case()

    with CaptureQueriesContext(connection) as captured:
        run_sweep(now=NOW)

    reads = [query for query in captured if query["sql"].lstrip().startswith("SELECT")]
    assert len(reads) == 1
    assert not Flag.objects.filter(case=case).exists()


def test_as_many_queries_for_thirty_due_cases_as_for_one() -> None:
    def queries(count: int, moment: datetime) -> int:
        for _ in range(count):
            CaseFactory.create(received_at=moment, entered_at=moment)
        keys: list[UUID] = list(
            Case.objects.filter(received_at=moment).values_list("pk", flat=True)
        )
        refresh_cases(case_ids=keys, now=moment)
        with CaptureQueriesContext(connection) as captured:
            run_sweep(now=moment + 4 * HOUR + SECOND)
        assert Flag.objects.filter(case__in=keys).count() == count
        return len(captured)

    assert queries(1, NOW) == queries(30, NOW + HOUR)


def test_states_and_officers_are_read_and_never_written() -> None:
    case = fresh_case(state=CaseState.ACTIVE)
    officer = OfficerFactory.create(captain=True)

    run_sweep(now=NOW + 5 * DAY)

    assert Case.objects.get(pk=case.pk).state == CaseState.ACTIVE
    assert Officer.objects.get(pk=officer.pk).active_to is None
