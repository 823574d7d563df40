"""While one supervisor hands over, another gives cases away: does any fall between the two?

Each is a thread with a connection of its own; locks decide who waits, never the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.utils.timezone import localdate

from cases.access import Viewer, viewer_for
from cases.enums import Channel, FlagKind, HandOverState, OffenseClass, Rank, RoleCode
from cases.models import Assignment, Case, Flag, HandOver, Officer, Squad
from cases.selectors.hand_overs import hand_over_sheet
from cases.services.assignments import OfficerGone, assign_case
from cases.services.cases import Intake, create_case
from cases.services.closing import reopen_case
from cases.services.hand_overs import NotOffered, Stale, complete_hand_over
from cases.services.officers import NothingWaits, deactivate_officer
from tests.cases.services.at_once import Worker, wait_until_blocked, workers
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    OfficerFactory,
    SquadFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = localdate(NOW)
WHY = "Their last day was told by the captain."


@dataclass(frozen=True)
class Unit:
    """One squad: its sergeant, a detective who leaves, one who stays; and two captains."""

    squad: Squad
    sergeant: Any
    leaver: Officer
    stays: Officer
    captain: Viewer
    other_captain: Viewer

    def held_by(self, officer: Officer | None, **fields: Any) -> Case:
        case = CaseFactory.create(
            squad=self.squad,
            supervisor=self.sergeant.officer,
            open_and_held=True,
            detective=officer,
            **fields,
        )
        AssignmentFactory.create(case=case, officer=officer)
        return case


@pytest.fixture
def unit() -> Unit:
    squad = SquadFactory.create()
    sergeant = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)
    squad.refresh_from_db()
    captains = AccountFactory.create_batch(2, role=RoleCode.CAPTAIN)
    one, other = (viewer_for(account) for account in captains)
    leaver, stays = OfficerFactory.create_batch(2, squad=squad)
    return Unit(squad, sergeant, leaver, stays, one, other)


def send_away(officer: Officer, on: date = TODAY) -> None:
    administrator = viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    deactivate_officer(viewer=administrator, now=NOW, officer_id=officer.pk, on=on, reason=WHY)


def handing_over(viewer: Viewer, officer: Officer) -> Callable[[], object]:
    """What the page of this moment suggests, to be confirmed later."""
    sheet = hand_over_sheet(viewer, NOW, officer.pk)
    choices = {line.name: line.suggested for line in sheet.lines}
    return lambda: complete_hand_over(
        viewer=viewer, now=NOW, officer_id=officer.pk, choices=choices
    )


def assigning(viewer: Viewer, case: Case, officer: Officer) -> Callable[[], object]:
    return lambda: assign_case(viewer=viewer, now=NOW, case_id=case.pk, officer_id=officer.pk)


def one_after_the_other(
    first: Callable[[], object], second: Callable[[], object]
) -> tuple[object, object]:
    """`first` has acted and not committed when `second` comes to where it must wait for it.

    What each came to: its result, or what it raised.
    """
    with workers(first) as (ahead,):
        ahead.wait_until_acted()
        with workers(second) as (behind,):
            wait_until_blocked(behind)
            return outcome_of(ahead), outcome_of(behind)


def outcome_of(worker: Worker) -> object:
    try:
        return worker.commit()
    except (Stale, NotOffered, NothingWaits, OfficerGone) as refused:
        return refused


def left_with(officer: Officer) -> set[Case]:
    """Open cases that are still theirs to work or to supervise."""
    ended = ("closed", "inactive")
    held = Case.objects.filter(detective=officer).exclude(state__in=ended)
    return set(held) | set(Case.objects.filter(supervisor=officer).exclude(state__in=ended))


def test_a_case_given_to_who_leaves_first_stops_the_hand_over(unit: Unit) -> None:
    held, late = unit.held_by(unit.leaver), unit.held_by(unit.stays)
    send_away(unit.leaver, TODAY + DAY)
    confirm = handing_over(unit.captain, unit.leaver)

    _, refused = one_after_the_other(assigning(unit.captain, late, unit.leaver), confirm)

    assert isinstance(refused, Stale)
    assert left_with(unit.leaver) == {held, late}
    assert HandOver.objects.get().state == HandOverState.WAITING
    handing_over(unit.captain, unit.leaver)()
    assert left_with(unit.leaver) == set()


def test_a_case_given_to_who_leaves_afterwards_is_refused(unit: Unit) -> None:
    unit.held_by(unit.leaver)
    late = unit.held_by(unit.stays)
    send_away(unit.leaver, TODAY + DAY)
    confirm = handing_over(unit.captain, unit.leaver)

    _, refused = one_after_the_other(confirm, assigning(unit.captain, late, unit.leaver))

    assert isinstance(refused, OfficerGone)
    assert "has left or is about to" in str(refused)
    assert left_with(unit.leaver) == set()
    assert HandOver.objects.get().state == HandOverState.DONE


def test_of_two_who_confirm_at_once_one_hands_over(unit: Unit) -> None:
    held = unit.held_by(unit.leaver)
    send_away(unit.leaver)
    one, other = (
        handing_over(viewer, unit.leaver) for viewer in (unit.captain, unit.other_captain)
    )

    _, refused = one_after_the_other(one, other)

    assert isinstance(refused, NothingWaits)
    assert Assignment.objects.filter(case=held, ended_at=None).count() == 1
    assert HandOver.objects.get().settled_by_id == unit.captain.account_id


def test_nobody_is_given_a_case_by_who_sends_them_away_meanwhile(unit: Unit) -> None:
    """Handing over from one to another who is sent away at that moment: either order is sound."""
    held = unit.held_by(unit.leaver)
    send_away(unit.leaver)
    confirm = handing_over(unit.captain, unit.leaver)

    _, refused = one_after_the_other(lambda: send_away(unit.stays), confirm)

    assert isinstance(refused, NotOffered)
    assert left_with(unit.leaver) == {held}
    assert left_with(unit.stays) == set()


def test_what_was_given_to_who_is_sent_away_next_is_orphaned_at_once(unit: Unit) -> None:
    held = unit.held_by(unit.leaver)
    send_away(unit.leaver)
    confirm = handing_over(unit.captain, unit.leaver)

    one_after_the_other(confirm, lambda: send_away(unit.stays))

    assert left_with(unit.stays) == {held}
    flag = Flag.objects.get(case=held, kind=FlagKind.ORPHANED, resolved_at=None)
    assert flag.supervisor == unit.sergeant.officer
    handing_over(unit.captain, unit.stays)()
    assert left_with(unit.stays) == set()


def new_case(unit: Unit) -> Callable[[], object]:
    intake = Intake(
        channel=Channel.WALK_IN,
        received_at=NOW,
        offense_class=OffenseClass.ABUSE,
        squad_id=unit.squad.pk,
    )
    return lambda: create_case(viewer=unit.captain, now=NOW, intake=intake)


def elsewhere(unit: Unit) -> Case:
    """A case of another squad, to be given to a detective of this one."""
    return CaseFactory.create(squad=SquadFactory.create(led=True), received_at=NOW)


def reopened(unit: Unit) -> Callable[[], object]:
    case = unit.held_by(unit.stays)
    Case.objects.filter(pk=case.pk).update(state="closed", disposition="unfounded", closed_at=NOW)
    why = "A witness came forward."
    return lambda: reopen_case(viewer=unit.captain, now=NOW, case_id=case.pk, reason=why)


def given_to_the_squad(unit: Unit) -> Callable[[], object]:
    return assigning(unit.captain, elsewhere(unit), unit.stays)


COMING = [new_case, given_to_the_squad, reopened]


@pytest.mark.parametrize("coming", COMING)
def test_what_comes_to_a_squad_before_its_sergeant_is_handed_over_stops_it(
    unit: Unit, coming: Callable[[Unit], Callable[[], object]]
) -> None:
    OfficerFactory.create(rank=Rank.SERGEANT, squad=unit.squad)
    send_away(unit.sergeant.officer, TODAY + DAY)
    act = coming(unit)
    confirm = handing_over(unit.captain, unit.sergeant.officer)

    _, refused = one_after_the_other(act, confirm)

    assert isinstance(refused, Stale)
    assert len(left_with(unit.sergeant.officer)) == 1
    handing_over(unit.captain, unit.sergeant.officer)()
    assert left_with(unit.sergeant.officer) == set()


@pytest.mark.parametrize("coming", COMING)
def test_what_comes_to_a_squad_afterwards_has_its_new_sergeant(
    unit: Unit, coming: Callable[[Unit], Callable[[], object]]
) -> None:
    successor = OfficerFactory.create(rank=Rank.SERGEANT, squad=unit.squad)
    send_away(unit.sergeant.officer)
    act = coming(unit)
    confirm = handing_over(unit.captain, unit.sergeant.officer)

    one_after_the_other(confirm, act)

    assert left_with(unit.sergeant.officer) == set()
    assert Case.objects.filter(squad=unit.squad, supervisor=successor).count() == 1
