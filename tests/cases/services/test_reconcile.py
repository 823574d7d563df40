"""Does recomputing find exactly what has drifted, and repair it?"""

from collections.abc import Callable

import pytest
from django.db import connection

from audit.events import Event
from audit.models import Entry
from cases.enums import CaseState, ClockKind, FlagKind, FlagStatus
from cases.models import Case, Clock, Flag, Response, SweepRun
from cases.services.clocks import refresh_cases, refresh_officers, refresh_referrals
from cases.services.reconcile import Drift, reconcile
from cases.services.sweep import run_sweep
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    CaseFactory,
    FlagFactory,
    OfficerFactory,
    ReferralFactory,
    ResponseFactory,
)

pytestmark = pytest.mark.django_db


def kept(**fields: object) -> Case:
    """A case three days old whose rows agree with its facts."""
    case: Case = CaseFactory.create(**fields)
    refresh_cases(case_ids=[case.pk], now=NOW)
    return case


def test_what_agrees_is_left_alone() -> None:
    kept()
    entries = Entry.objects.count()

    result = reconcile(now=NOW)

    assert result.drift == ()
    assert result.run.counts == {"cases": 1, "drifted": 0, "repaired": True}
    assert Entry.objects.count() == entries + 1


def test_it_leaves_a_heartbeat_and_an_entry() -> None:
    case = kept()
    Clock.objects.filter(case=case, kind=ClockKind.VICTIM_SEEN).delete()

    run = reconcile(now=NOW).run

    assert SweepRun.objects.get(kind="reconcile") == run
    assert (run.started_at, run.finished_at) == (NOW, NOW)
    entry = Entry.objects.get(event=Event.RECONCILE_RAN)
    assert entry.actor_label == "system:reconcile"
    assert entry.details["subjects"] == [str(case.pk)]
    assert entry.details["clock missing"] == 1


def lose_a_clock(case: Case) -> None:
    Clock.objects.filter(case=case, kind=ClockKind.VICTIM_SEEN).delete()


def invent_a_clock(case: Case) -> None:
    Clock.objects.create(case=case, kind="kit_to_lab", key="x", starts_at=NOW, due_at=NOW + DAY)


def move_a_clock(case: Case) -> None:
    Clock.objects.filter(case=case, kind=ClockKind.VICTIM_SEEN).update(due_at=NOW + DAY)


def lose_a_flag(case: Case) -> None:
    Flag.objects.filter(case=case, clock_kind=ClockKind.VICTIM_SEEN).delete()


def invent_a_flag(case: Case) -> None:
    FlagFactory.create(case=case, kind=FlagKind.BACKFILLED)


def reword_a_flag(case: Case) -> None:
    Flag.objects.filter(case=case, clock_kind=ClockKind.VICTIM_SEEN).update(reasons=[])


def spoil_a_column(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(child_seen=True)


def spoil_the_summary(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(concerns=[])


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lose_a_clock, "clock missing: victim_seen"),
        (invent_a_clock, "clock extra: kit_to_lab"),
        (move_a_clock, "clock different: victim_seen"),
        (lose_a_flag, "flag missing: stalled"),
        (invent_a_flag, "flag extra: backfilled"),
        (reword_a_flag, "flag different: stalled"),
        (spoil_a_column, "columns different"),
        (spoil_the_summary, "flag summary different"),
    ],
)
def test_drift_is_named_and_repaired(spoil: Callable[[Case], None], what: str) -> None:
    case = kept()
    kept()
    spoil(case)

    assert reconcile(now=NOW).drift == (Drift("case", case.pk, what),)
    assert reconcile(now=NOW).drift == ()


def test_a_dry_run_repairs_nothing() -> None:
    case = kept()
    lose_a_clock(case)

    first = reconcile(now=NOW, fix=False)

    assert len(first.drift) == 1
    assert first.run.counts["repaired"] is False
    assert reconcile(now=NOW, fix=False).drift == first.drift


def test_what_has_merely_fallen_due_is_no_drift() -> None:
    case = kept(received_at=NOW, entered_at=NOW)

    result = reconcile(now=NOW + 5 * HOUR)

    assert result.drift == ()
    assert Flag.objects.get(case=case).clock_kind == ClockKind.AGENCY_NOTIFIED


def test_an_ended_case_with_a_flag_is_recomputed_too() -> None:
    flag = FlagFactory.create(case=CaseFactory.create(closed=True))
    reconcile(now=NOW)

    flag.refresh_from_db()
    assert flag.status == FlagStatus.RESOLVED


def test_an_ended_case_without_anything_is_not() -> None:
    CaseFactory.create(closed=True)

    assert reconcile(now=NOW).run.counts["cases"] == 0


def test_referrals_without_a_case_and_officers_are_recomputed() -> None:
    referral = ReferralFactory.create(received_at=NOW)
    refresh_referrals(referral_ids=[referral.pk], now=NOW)
    Clock.objects.filter(referral=referral).update(due_at=NOW + 9 * DAY)
    laden = OfficerFactory.create()
    cases = CaseFactory.create_batch(21, detective=laden, state=CaseState.ACTIVE)
    refresh_cases(case_ids=[case.pk for case in cases], now=NOW)
    refresh_officers(officer_ids=[laden.pk], now=NOW)
    Flag.objects.filter(officer=laden).delete()

    assert set(reconcile(now=NOW).drift) == {
        Drift("referral", referral.pk, "clock different: referral_acknowledged"),
        Drift("officer", laden.pk, "flag missing: overloaded"),
    }


def test_copies_that_did_not_see_each_other_are_found() -> None:
    pair = [
        ResponseFactory.create(case=CaseFactory.create(), initial_report=True) for _ in range(2)
    ]
    refresh_cases(case_ids=[one.case_id for one in pair], now=NOW)

    drift = reconcile(now=NOW).drift

    assert {item.subject_id for item in drift} == {one.case_id for one in pair}
    assert Flag.objects.filter(kind=FlagKind.COPIED_NARRATIVE).count() == 2
    assert not Response.objects.filter(copied_at__isnull=True).exists()


def test_many_cases_are_taken_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.services.reconcile.BATCH", 2)
    for case in [kept() for _ in range(5)]:
        lose_a_clock(case)

    assert len(reconcile(now=NOW).drift) == 5


def test_the_summary_is_kept_by_the_database() -> None:
    """The function that reconcile calls is the one that the triggers call."""
    case = kept()
    run_sweep(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT concerns FROM cases_case WHERE id = %s", [case.pk])
        (concerns,) = cursor.fetchone()

    assert sorted(concerns) == ["child_not_seen", "orphaned", "stalled"]
