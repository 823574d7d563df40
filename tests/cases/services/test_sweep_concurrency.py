"""What do two workers at once, or one that is killed, leave behind? One flag for each finding.

Each worker is a thread with a connection of its own; events decide who is where, never the time.
"""

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection, transaction

from audit.events import Event
from audit.models import Entry
from cases.models import Case, Clock, Flag, SweepRun
from cases.services.clocks import refresh_cases
from cases.services.sweep import run_sweep
from tests.cases.services.at_once import wait_until_blocked, workers
from tests.factories import DAY, NOW, CaseFactory, ResponseFactory, SquadFactory

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + 20 * DAY


def due_cases(count: int) -> list[Case]:
    squad = SquadFactory.create(led=True)
    cases = CaseFactory.create_batch(count, squad=squad, received_at=NOW, entered_at=NOW)
    with transaction.atomic():
        refresh_cases(case_ids=[case.pk for case in cases], now=NOW)
    return cases


def standing_by_name() -> Counter[tuple[object, ...]]:
    flags = Flag.objects.exclude(status="resolved")
    return Counter(flags.values_list("case", "kind", "clock_kind", "clock_key"))


def overdue_names() -> set[tuple[object, ...]]:
    due = Clock.objects.filter(met_at=None, stopped_at=None, due_at__lt=LATER)
    return {
        (case, "orphaned" if kind == "assignment" else "stalled", kind, key)
        for case, kind, key in due.values_list("case", "kind", "key")
    }


def test_two_sweeps_at_once_leave_one_flag_for_each_finding() -> None:
    due_cases(3)

    with workers(lambda: run_sweep(now=LATER), lambda: run_sweep(now=LATER)) as (one, other):
        one.wait_until_acted()
        other.wait_until_acted()
        one.commit()
        other.commit()

    assert set(standing_by_name()) == overdue_names()
    assert set(standing_by_name().values()) == {1}
    raised = sorted(run.counts["raised"] for run in SweepRun.objects.all())
    assert raised == [0, sum(standing_by_name().values())]
    assert Entry.objects.filter(event=Event.FLAG_RAISED).count() == sum(raised)


def test_a_sweep_killed_half_way_leaves_nothing_and_the_next_one_everything() -> None:
    due_cases(2)

    with workers(lambda: run_sweep(now=LATER)) as (killed,):
        killed.wait_until_acted()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [killed.backend])
            assert cursor.fetchone() == (True,)
        with pytest.raises(OperationalError):
            killed.commit()

    assert not Flag.objects.exists()
    assert not Entry.objects.filter(event__in=[Event.FLAG_RAISED, Event.SWEEP_RAN]).exists()
    assert not SweepRun.objects.exists()
    assert not Clock.objects.filter(flagged_at__isnull=False).exists()

    run_sweep(now=LATER)

    assert standing_by_name() == Counter(overdue_names())


def test_a_sweep_passes_over_a_case_that_somebody_is_writing_on() -> None:
    worked, other = due_cases(2)

    def write() -> None:
        Case.objects.select_for_update().get(pk=worked.pk)
        ResponseFactory.create(case=worked, kind="victim_seen", occurred_at=NOW, entered_at=LATER)
        refresh_cases(case_ids=[worked.pk], now=LATER)

    with workers(write) as (writer,):
        writer.wait_until_acted()
        run_sweep(now=LATER)
        assert {case for case, *_ in standing_by_name()} == {other.pk}
        writer.commit()
    run_sweep(now=LATER)

    assert standing_by_name() == Counter(overdue_names())
    assert not Flag.objects.filter(case=worked, clock_kind="victim_seen").exists()


def test_two_writers_on_one_case_see_each_other() -> None:
    (case,) = due_cases(1)

    def writes(kind: str) -> Callable[[], object]:
        def act() -> object:
            ResponseFactory.create(case=case, kind=kind, occurred_at=NOW, entered_at=NOW)
            return refresh_cases(case_ids=[case.pk], now=NOW)

        return act

    with workers(writes("victim_seen")) as (first,):
        first.wait_until_acted()
        with workers(writes("caregiver_contact")) as (second,):
            wait_until_blocked(second)
            first.commit()
            second.commit()

    met = Clock.objects.filter(case=case, met_at__isnull=False).values_list("kind", flat=True)
    assert set(met) == {"victim_seen", "caregiver_contact"}
    with transaction.atomic():
        again = refresh_cases(case_ids=[case.pk], now=NOW)
    assert (again.clocks, again.columns) == ((), ())


def test_a_refresh_and_a_sweep_at_once_leave_one_flag() -> None:
    (case,) = due_cases(1)

    with workers(lambda: run_sweep(now=LATER)) as (sweeper,):
        sweeper.wait_until_acted()
        with workers(lambda: refresh_cases(case_ids=[case.pk], now=LATER)) as (writer,):
            wait_until_blocked(writer)
            sweeper.commit()
            writer.commit()

    assert standing_by_name() == Counter(overdue_names())
