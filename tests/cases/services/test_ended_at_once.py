"""Somebody pulls the plug, or two act at once: is what was theirs to do ever nobody's?

Each is a thread with a connection of its own; a killed one is ended by the database, as when its
process is killed.
"""

from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from audit.events import Event
from audit.models import Entry
from cases.access import Hidden, viewer_for
from cases.enums import FlagKind, FlagStatus, HandOverState, Rank
from cases.models import (
    AccessRequest,
    Account,
    Assignment,
    Case,
    CaseUserObjectPermission,
    Flag,
    HandOver,
    Officer,
    RequestState,
    Wall,
)
from cases.services.access_requests import approve_request
from cases.services.assignments import OfficerWalled
from cases.services.grants import Terms, set_wall
from cases.services.sweep import run_sweep
from tests.cases.services.at_once import Worker, wait_until_blocked, workers
from tests.cases.services.test_hand_overs_at_once import (
    TODAY,
    Unit,
    assigning,
    handing_over,
    left_with,
    send_away,
    unit,
)
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccessRequestFactory,
    AccountFactory,
    FlagFactory,
)

__all__ = ["unit"]

pytestmark = pytest.mark.django_db(transaction=True)


def killed(act: Callable[[], object]) -> None:
    """It has acted and not committed when its connection is cut."""
    with workers(act) as (worker,):
        worker.wait_until_acted()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [worker.backend])
            assert cursor.fetchone() == (True,)
        with pytest.raises(OperationalError):
            worker.commit()


def everything() -> list[object]:
    """Who has what, by every row that says so."""
    return [
        sorted(Case.objects.values_list("pk", "detective", "supervisor", "squad"), key=str),
        sorted(Assignment.objects.values_list("pk", "officer", "ended_at", "left_open"), key=str),
        sorted(Flag.objects.values_list("pk", "supervisor", "status", "step"), key=str),
        sorted(HandOver.objects.values_list("pk", "state", "settled_at"), key=str),
        sorted(Officer.objects.values_list("pk", "squad", "active_to"), key=str),
        sorted(Entry.objects.exclude(event=Event.TASK_FAILED).values_list("event", flat=True)),
    ]


def test_a_hand_over_killed_before_its_end_has_given_nothing_away(unit: Unit) -> None:
    for _ in range(3):
        unit.held_by(unit.leaver)
    send_away(unit.leaver)
    confirm, before = handing_over(unit.captain, unit.leaver), everything()

    killed(confirm)

    assert everything() == before
    assert HandOver.objects.get().state == HandOverState.WAITING
    assert Flag.objects.filter(kind=FlagKind.ORPHANED, status=FlagStatus.OPEN).count() == 3
    confirm()
    assert left_with(unit.leaver) == set()
    assert HandOver.objects.get().state == HandOverState.DONE


def test_a_sweep_killed_while_it_clears_a_desk_leaves_all_of_it_to_the_next(unit: Unit) -> None:
    sergeant = unit.sergeant.officer
    flags = [
        FlagFactory.create(
            case=unit.held_by(unit.stays),
            supervisor=sergeant,
            acknowledge_by=NOW + 9 * DAY,
            raised_at=NOW,
        )
        for _ in range(3)
    ]
    Officer.objects.filter(pk=sergeant.pk).update(active_to=TODAY)

    killed(lambda: run_sweep(now=NOW))

    on_desk = Flag.objects.filter(pk__in=[flag.pk for flag in flags])
    assert set(on_desk.values_list("supervisor", flat=True)) == {sergeant.pk}
    assert not Entry.objects.filter(event__in=[Event.FLAG_REROUTED, Event.SWEEP_RAN]).exists()
    run_sweep(now=NOW)
    holders = {flag.supervisor for flag in on_desk.select_related("supervisor")}
    assert {holder.rank for holder in holders if holder} == {Rank.CAPTAIN}
    assert Entry.objects.filter(event=Event.FLAG_REROUTED).count() == 3


def test_a_wall_killed_before_its_end_is_none_and_orphans_nothing(unit: Unit) -> None:
    holder = AccountFactory.create(officer__squad=unit.squad)
    case = unit.held_by(holder.officer)

    def wall() -> object:
        return set_wall(
            viewer=unit.captain, now=NOW, case_id=case.pk, account_id=holder.pk, reason="A cousin."
        )

    killed(wall)

    assert not Wall.objects.exists()
    assert not Flag.objects.filter(case=case).exists()
    wall()
    assert Flag.objects.filter(case=case, kind=FlagKind.ORPHANED).exists()


def test_a_case_given_while_a_wall_is_set_before_the_taker_is_refused(unit: Unit) -> None:
    case, taker = unit.held_by(unit.stays), AccountFactory.create(officer__squad=unit.squad)
    assert taker.officer is not None

    def wall() -> object:
        return set_wall(
            viewer=unit.captain, now=NOW, case_id=case.pk, account_id=taker.pk, reason="A cousin."
        )

    _, refused = one_after_the_other(wall, assigning(unit.other_captain, case, taker.officer))

    assert isinstance(refused, OfficerWalled)
    case.refresh_from_db()
    assert case.detective == unit.stays


def test_a_wall_set_while_the_case_is_given_orphans_it(unit: Unit) -> None:
    case, taker = unit.held_by(unit.stays), AccountFactory.create(officer__squad=unit.squad)
    assert taker.officer is not None

    def wall() -> object:
        return set_wall(
            viewer=unit.captain,
            now=NOW + HOUR,
            case_id=case.pk,
            account_id=taker.pk,
            reason="A cousin.",
        )

    one_after_the_other(assigning(unit.other_captain, case, taker.officer), wall)

    case.refresh_from_db()
    assert case.detective == taker.officer
    assert Flag.objects.filter(case=case, kind=FlagKind.ORPHANED, status=FlagStatus.OPEN).exists()


def test_two_who_approve_one_request_at_once_give_one_access(unit: Unit) -> None:
    case = unit.held_by(unit.stays)
    request = AccessRequestFactory.create(
        number=case.number, account=AccountFactory.create(), asked_at=NOW, climbs_at=NOW
    )
    terms = Terms("view_case", "joint_work", "As asked.", NOW + DAY)

    def approving(account: Account) -> Callable[[], object]:
        return lambda: approve_request(
            viewer=viewer_for(account), now=NOW, request_id=request.pk, terms=terms
        )

    other = AccountFactory.create(role="captain")
    _, refused = one_after_the_other(approving(unit.sergeant), approving(other))

    assert isinstance(refused, Hidden)
    assert CaseUserObjectPermission.objects.count() == 1
    decided = AccessRequest.objects.get()
    assert (decided.state, decided.decided_by) == (RequestState.APPROVED, unit.sergeant)


def one_after_the_other(
    first: Callable[[], object], second: Callable[[], object]
) -> tuple[object, object]:
    """`first` has acted and not committed when `second` comes to where it must wait for it."""
    with workers(first) as (ahead,):
        ahead.wait_until_acted()
        with workers(second) as (behind,):
            wait_until_blocked(behind)
            return outcome_of(ahead), outcome_of(behind)


def outcome_of(worker: Worker) -> object:
    try:
        return worker.commit()
    except (Hidden, OfficerWalled) as refused:
        return refused
