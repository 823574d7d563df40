"""Do clocks, flags and derived columns follow from the facts at every write?"""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from audit.events import Event
from audit.models import Entry
from cases.enums import CaseState, ClockKind, FlagKind, FlagStatus, Step
from cases.models import Assignment, Case, Clock, Flag, Policy
from cases.selectors.policy import current_policy
from cases.services.clocks import refresh_cases, refresh_officers, refresh_referrals
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    CaseStateChangeFactory,
    ClockHoldFactory,
    FlagFactory,
    OfficerFactory,
    PolicyFactory,
    ReferralFactory,
    ResponseFactory,
    SquadFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def clock(case: Case, kind: ClockKind) -> Clock:
    return Clock.objects.get(case=case, kind=kind)


def standing(case: Case) -> set[tuple[str, str]]:
    flags = Flag.objects.filter(case=case).exclude(status=FlagStatus.RESOLVED)
    return set(flags.values_list("kind", "clock_kind"))


def test_a_new_case_has_its_clocks_running_before_anybody_is_assigned() -> None:
    case = CaseFactory.create(received_at=NOW)

    refresh_cases(case_ids=[case.pk], now=NOW)

    running = Clock.objects.filter(case=case, met_at__isnull=True, stopped_at__isnull=True)
    assert set(running.values_list("kind", flat=True)) == {
        "agency_notified",
        "assignment",
        "caregiver_contact",
        "initial_report",
        "next_supplement",
        "victim_seen",
    }


@pytest.mark.parametrize(
    ("late", "flagged"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)]
)
def test_a_clock_is_flagged_only_after_its_due_moment(late: timedelta, flagged: bool) -> None:
    case = CaseFactory.create(received_at=NOW, entered_at=NOW)

    refresh_cases(case_ids=[case.pk], now=NOW + 4 * HOUR + late)

    due = clock(case, ClockKind.AGENCY_NOTIFIED)
    assert due.due_at == NOW + 4 * HOUR
    assert (due.flagged_at is not None) is flagged
    assert ((FlagKind.STALLED, ClockKind.AGENCY_NOTIFIED) in standing(case)) is flagged


def test_what_is_written_meets_its_clock_and_resolves_its_flag_at_once() -> None:
    case = CaseFactory.create(received_at=NOW - 5 * HOUR)
    refresh_cases(case_ids=[case.pk], now=NOW)
    assert (FlagKind.STALLED, ClockKind.AGENCY_NOTIFIED) in standing(case)

    ResponseFactory.create(case=case, kind="agency_notified", occurred_at=NOW, entered_at=NOW)
    refresh_cases(case_ids=[case.pk], now=NOW)

    met = clock(case, ClockKind.AGENCY_NOTIFIED)
    assert (met.met_at, met.flagged_at) == (NOW, None)
    assert (FlagKind.STALLED, ClockKind.AGENCY_NOTIFIED) not in standing(case)
    resolved = Flag.objects.get(case=case, clock_kind=ClockKind.AGENCY_NOTIFIED)
    assert (resolved.status, resolved.resolved_at) == (FlagStatus.RESOLVED, NOW)


def test_the_rolling_clock_moves_and_its_flag_goes() -> None:
    case = CaseFactory.create(received_at=NOW - 20 * DAY)
    refresh_cases(case_ids=[case.pk], now=NOW)
    assert (FlagKind.STALLED, ClockKind.NEXT_SUPPLEMENT) in standing(case)

    ResponseFactory.create(case=case, occurred_at=NOW - HOUR, entered_at=NOW)
    refresh_cases(case_ids=[case.pk], now=NOW)

    moved = clock(case, ClockKind.NEXT_SUPPLEMENT)
    assert (moved.due_at, moved.flagged_at) == (NOW - HOUR + 14 * DAY, None)
    assert (FlagKind.STALLED, ClockKind.NEXT_SUPPLEMENT) not in standing(case)


def test_closing_stops_clocks_and_resolves_their_flags() -> None:
    case = CaseFactory.create(received_at=NOW - 20 * DAY)
    refresh_cases(case_ids=[case.pk], now=NOW)

    CaseStateChangeFactory.create(
        case=case,
        state=CaseState.INACTIVE,
        disposition="inactive",
        occurred_at=NOW,
        officer=OfficerFactory.create(),
        signed_by=OfficerFactory.create(sergeant=True),
    )
    refresh_cases(case_ids=[case.pk], now=NOW)

    assert standing(case) == set()
    running = Clock.objects.filter(case=case, met_at__isnull=True, stopped_at__isnull=True)
    assert list(running) == []
    case.refresh_from_db()
    assert (case.next_clock, case.next_due_at, case.next_starts_at) == ("", None, None)


def test_a_clock_that_the_rules_no_longer_know_is_gone() -> None:
    case = CaseFactory.create(offense_class="rape")
    refresh_cases(case_ids=[case.pk], now=NOW)
    assert Clock.objects.filter(case=case, kind=ClockKind.FORENSIC_INTERVIEW_REQUESTED).exists()

    Case.objects.filter(pk=case.pk).update(offense_class="neglect")
    refresh_cases(case_ids=[case.pk], now=NOW)

    assert not Clock.objects.filter(case=case, kind=ClockKind.FORENSIC_INTERVIEW_REQUESTED).exists()
    assert not Flag.objects.filter(
        case=case, clock_kind=ClockKind.FORENSIC_INTERVIEW_REQUESTED
    ).exclude(status=FlagStatus.RESOLVED)


def test_a_hold_counts_into_the_due_time() -> None:
    case = CaseFactory.create(received_at=NOW - 2 * DAY)
    ClockHoldFactory.create(case=case, starts_at=NOW - DAY, ends_at=NOW + 3 * DAY)

    refresh_cases(case_ids=[case.pk], now=NOW)

    assert clock(case, ClockKind.VICTIM_SEEN).due_at == NOW + 3 * DAY
    assert (FlagKind.STALLED, ClockKind.VICTIM_SEEN) not in standing(case)


def test_refreshing_again_changes_nothing_and_leaves_no_entry() -> None:
    case = CaseFactory.create(received_at=NOW - 20 * DAY)
    refresh_cases(case_ids=[case.pk], now=NOW)
    entries = Entry.objects.count()

    again = refresh_cases(case_ids=[case.pk], now=NOW)

    assert (again.clocks, again.columns) == ((), ())
    assert (again.flags.raised, again.flags.resolved, again.flags.reworded) == ((), (), ())
    assert Entry.objects.count() == entries


def test_each_flag_leaves_one_entry_in_the_name_of_the_rules() -> None:
    case = CaseFactory.create(received_at=NOW - 20 * DAY)

    raised = refresh_cases(case_ids=[case.pk], now=NOW).flags.raised

    entries = Entry.objects.filter(event=Event.FLAG_RAISED)
    assert {entry.subject_id for entry in entries} == {str(flag.id) for flag in raised}
    assert {entry.actor_label for entry in entries} == {"system:rules"}
    assert {entry.details["case"] for entry in entries} == {str(case.pk)}


def test_a_thin_report_is_flagged_and_a_full_one_in_its_place_resolves_it() -> None:
    case = CaseFactory.create()
    ResponseFactory.create(case=case, initial_report=True, thin=True)
    refresh_cases(case_ids=[case.pk], now=NOW)
    assert (FlagKind.UNDER_DOCUMENTED, "") in standing(case)

    ResponseFactory.create(case=case, initial_report=True, entered_at=NOW)
    refresh_cases(case_ids=[case.pk], now=NOW)

    assert (FlagKind.UNDER_DOCUMENTED, "") not in standing(case)


def test_a_standing_flag_says_what_is_true_now() -> None:
    case = CaseFactory.create()
    ResponseFactory.create(case=case, initial_report=True, narrative="x" * 30)
    refresh_cases(case_ids=[case.pk], now=NOW)
    ResponseFactory.create(case=case, initial_report=True, narrative="x" * 40, entered_at=NOW)

    changes = refresh_cases(case_ids=[case.pk], now=NOW)

    flag = Flag.objects.get(case=case, kind=FlagKind.UNDER_DOCUMENTED)
    assert [reworded.id for reworded in changes.flags.reworded] == [flag.pk]
    assert (flag.reasons[0]["params"]["length"], flag.since) == (40, NOW)


def test_columns_of_the_case_are_kept() -> None:
    case = CaseFactory.create(received_at=NOW - 2 * DAY)
    ResponseFactory.create(
        case=case,
        initial_report=True,
        occurred_at=NOW - 40 * HOUR,
        answers={"intake": "By a call.", "people": "All named."},
    )
    ResponseFactory.create(case=case, kind="victim_seen", occurred_at=NOW - 39 * HOUR)

    refresh_cases(case_ids=[case.pk], now=NOW)

    case.refresh_from_db()
    assert case.last_entry_at == NOW - 39 * HOUR
    assert (case.next_clock, case.next_due_at) == ("agency_notified", case.received_at + 4 * HOUR)
    assert case.next_starts_at == case.received_at
    assert (case.settled, case.child_seen, case.wake_at) == (2, True, None)
    assert case.reported
    assert case.required == 2 + len(case.missing) > 10
    assert case.missing[:2] == ["suspect", "suspect_access"]
    assert {"intake", "people"}.isdisjoint(case.missing)


def test_a_case_without_a_report_says_so() -> None:
    case = CaseFactory.create()

    refresh_cases(case_ids=[case.pk], now=NOW)

    case.refresh_from_db()
    assert (case.reported, case.settled, case.missing) == (False, None, [])


def test_an_imported_report_has_no_completeness() -> None:
    case = CaseFactory.create(imported=True)
    ResponseFactory.create(case=case, initial_report=True)

    refresh_cases(case_ids=[case.pk], now=NOW)

    case.refresh_from_db()
    assert (case.reported, case.settled, case.required) == (True, None, None)


def test_rules_do_not_see_what_is_not_entered_yet() -> None:
    case = CaseFactory.create(received_at=NOW - HOUR)
    ResponseFactory.create(case=case, kind="victim_seen", occurred_at=NOW, entered_at=NOW + SECOND)

    refresh_cases(case_ids=[case.pk], now=NOW)

    case.refresh_from_db()
    assert clock(case, ClockKind.VICTIM_SEEN).met_at is None
    assert (case.child_seen, case.wake_at) == (False, NOW + SECOND)


# -- an officer who leaves ----------------------------------------------------------------------


def test_a_departure_ahead_is_a_clock_due_at_its_midnight() -> None:
    leaving = OfficerFactory.create(active_to=date(2026, 3, 13))
    case = CaseFactory.create(detective=leaving)
    assignment: Assignment = AssignmentFactory.create(case=case, officer=leaving)

    refresh_cases(case_ids=[case.pk], now=NOW)

    ahead = Clock.objects.get(case=case, kind=ClockKind.ASSIGNMENT, key=str(assignment.pk))
    assert ahead.due_at.isoformat() == "2026-03-13T05:00:00+00:00"
    assert (FlagKind.ORPHANED, ClockKind.ASSIGNMENT) not in standing(case)


def test_a_departure_past_raises_orphaned_at_once() -> None:
    gone = OfficerFactory.create(active_to=date(2026, 3, 11))
    case = CaseFactory.create(detective=gone)
    AssignmentFactory.create(case=case, officer=gone)

    refresh_cases(case_ids=[case.pk], now=NOW)

    assert (FlagKind.ORPHANED, ClockKind.ASSIGNMENT) in standing(case)


# -- on whose desk ------------------------------------------------------------------------------


def desk_of(case: Case) -> tuple[UUID | None, str]:
    refresh_cases(case_ids=[case.pk], now=NOW)
    flag = Flag.objects.get(case=case, clock_kind=ClockKind.VICTIM_SEEN)
    return flag.supervisor_id, flag.step


def test_a_flag_lies_with_the_supervisor_of_the_case() -> None:
    own = OfficerFactory.create(sergeant=True)
    case = CaseFactory.create(squad=SquadFactory.create(led=True), supervisor=own)

    assert desk_of(case) == (own.pk, Step.SERGEANT)


def test_or_with_the_sergeant_of_the_squad_when_that_one_has_left() -> None:
    squad = SquadFactory.create(led=True)
    case = CaseFactory.create(
        squad=squad, supervisor=OfficerFactory.create(sergeant=True, departed=True)
    )

    assert desk_of(case) == (squad.sergeant_id, Step.SERGEANT)


def test_or_with_a_captain_when_both_have_left() -> None:
    squad = SquadFactory.create(led=True, led__departed=True)
    OfficerFactory.create(sergeant=True)
    captain = OfficerFactory.create(captain=True)
    OfficerFactory.create(captain=True, departed=True, badge="A0000")

    assert desk_of(CaseFactory.create(squad=squad)) == (captain.pk, Step.CAPTAIN)


def test_or_with_any_sergeant_when_there_is_no_captain() -> None:
    other = OfficerFactory.create(sergeant=True)

    assert desk_of(CaseFactory.create()) == (other.pk, Step.SERGEANT)


def test_or_with_nobody_when_the_unit_has_no_supervisor() -> None:
    OfficerFactory.create()

    assert desk_of(CaseFactory.create()) == (None, Step.CAPTAIN)


def test_whoever_is_walled_off_is_passed_over() -> None:
    squad = SquadFactory.create(led=True)
    captain = OfficerFactory.create(captain=True)
    case = CaseFactory.create(squad=squad)
    walled = AccountFactory.create(role="sergeant", officer=squad.sergeant)
    WallFactory.create(case=case, account=walled)

    assert desk_of(case) == (captain.pk, Step.CAPTAIN)


def test_a_lifted_wall_passes_over_nobody() -> None:
    squad = SquadFactory.create(led=True)
    case = CaseFactory.create(squad=squad)
    WallFactory.create(
        case=case,
        account=AccountFactory.create(role="sergeant", officer=squad.sergeant),
        lifted_at=NOW - HOUR,
    )

    assert desk_of(case) == (squad.sergeant_id, Step.SERGEANT)


# -- referrals without a case -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "flagged"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)]
)
def test_a_loose_referral_is_flagged_after_a_day(late: timedelta, flagged: bool) -> None:
    captain = OfficerFactory.create(captain=True)
    referral = ReferralFactory.create(received_at=NOW)

    refresh_referrals(referral_ids=[referral.pk], now=NOW + DAY + late)

    flags = Flag.objects.filter(referral=referral)
    assert [flag.kind for flag in flags] == [FlagKind.REFERRAL_UNANSWERED] * flagged
    assert [flag.supervisor for flag in flags] == [captain] * flagged
    assert Clock.objects.get(referral=referral).due_at == NOW + DAY


def test_an_answer_resolves_it() -> None:
    referral = ReferralFactory.create(received_at=NOW - 3 * DAY)
    refresh_referrals(referral_ids=[referral.pk], now=NOW)

    referral.acknowledged_at = NOW
    referral.save()
    refresh_referrals(referral_ids=[referral.pk], now=NOW)

    assert Flag.objects.get(referral=referral).status == FlagStatus.RESOLVED
    assert Clock.objects.get(referral=referral).met_at == NOW


def test_a_referral_that_joined_a_case_hands_its_clock_over() -> None:
    referral = ReferralFactory.create(received_at=NOW - 3 * DAY)
    refresh_referrals(referral_ids=[referral.pk], now=NOW)

    referral.case = CaseFactory.create()
    referral.save()
    refresh_referrals(referral_ids=[referral.pk], now=NOW)
    refresh_cases(case_ids=[referral.case.pk], now=NOW)

    assert Flag.objects.get(referral=referral).status == FlagStatus.RESOLVED
    assert [item.case_id for item in Clock.objects.filter(kind="referral_acknowledged")] == [
        referral.case.pk
    ]
    assert (FlagKind.REFERRAL_UNANSWERED, "referral_acknowledged") in standing(referral.case)


# -- officers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("cases", "flagged"), [(20, False), (21, True)])
def test_more_than_twenty_open_cases_overload_a_detective(cases: int, flagged: bool) -> None:
    squad = SquadFactory.create(led=True)
    laden = OfficerFactory.create(squad=squad)
    CaseFactory.create_batch(cases, detective=laden, state=CaseState.ACTIVE)
    CaseFactory.create_batch(2, closed=True, detective=laden)

    refresh_officers(officer_ids=[laden.pk], now=NOW)

    flags = Flag.objects.filter(officer=laden)
    assert [flag.kind for flag in flags] == [FlagKind.OVERLOADED] * flagged
    assert [flag.supervisor for flag in flags] == [squad.sergeant] * flagged


def test_nobody_supervises_their_own_load() -> None:
    sergeant = SquadFactory.create(led=True).sergeant
    assert sergeant is not None
    captain = OfficerFactory.create(captain=True)
    CaseFactory.create_batch(21, detective=sergeant, state=CaseState.ACTIVE)

    refresh_officers(officer_ids=[sergeant.pk], now=NOW)

    assert Flag.objects.get(officer=sergeant).supervisor == captain


def test_overload_stands_since_it_began_and_ends_with_it() -> None:
    laden = OfficerFactory.create()
    cases = CaseFactory.create_batch(22, detective=laden, state=CaseState.ACTIVE)
    refresh_officers(officer_ids=[laden.pk], now=NOW)

    Case.objects.filter(pk=cases[0].pk).update(detective=None)
    refresh_officers(officer_ids=[laden.pk], now=NOW + DAY)
    flag = Flag.objects.get(officer=laden)
    assert (flag.since, flag.reasons[0]["params"]["count"]) == (NOW, 21)

    Case.objects.filter(pk=cases[1].pk).update(detective=None)
    refresh_officers(officer_ids=[laden.pk], now=NOW + 2 * DAY)
    flag.refresh_from_db()
    assert flag.status == FlagStatus.RESOLVED


def test_whoever_has_left_is_overloaded_no_more() -> None:
    laden = OfficerFactory.create()
    CaseFactory.create_batch(21, detective=laden, state=CaseState.ACTIVE)
    refresh_officers(officer_ids=[laden.pk], now=NOW)

    laden.active_to = NOW.date()
    laden.save()
    refresh_officers(officer_ids=[laden.pk], now=NOW)

    assert Flag.objects.get(officer=laden).status == FlagStatus.RESOLVED


# -- how ----------------------------------------------------------------------------------------


def test_as_many_queries_for_thirty_cases_as_for_one() -> None:
    def queries(count: int) -> int:
        cases = CaseFactory.create_batch(count, received_at=NOW - 20 * DAY)
        with CaptureQueriesContext(connection) as captured:
            refresh_cases(case_ids=[case.pk for case in cases], now=NOW)
        return len(captured)

    current_policy()  # read and parsed once for each process, by whichever test comes first
    assert queries(1) == queries(30) <= 20


def test_a_new_policy_counts_from_the_next_refresh() -> None:
    case = CaseFactory.create(received_at=NOW - 5 * HOUR)
    refresh_cases(case_ids=[case.pk], now=NOW)
    assert (FlagKind.STALLED, ClockKind.AGENCY_NOTIFIED) in standing(case)
    body = Policy.objects.get(version=1).body
    body["clocks"]["agency_notified"]["limit"] = {"hours": 6}
    PolicyFactory.create(body=body)

    refresh_cases(case_ids=[case.pk], now=NOW)

    assert (FlagKind.STALLED, ClockKind.AGENCY_NOTIFIED) not in standing(case)


def test_no_case_is_no_work(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        refresh_cases(case_ids=[], now=NOW)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_refuses() -> None:
    with pytest.raises(TransactionManagementError):
        refresh_cases(case_ids=[CaseFactory.create().pk], now=NOW)


def test_flags_of_other_cases_are_left_alone() -> None:
    other = FlagFactory.create()
    case = CaseFactory.create()

    with transaction.atomic():
        refresh_cases(case_ids=[case.pk], now=NOW)

    other.refresh_from_db()
    assert other.status == FlagStatus.OPEN
