"""Whoever is shut out of a case that was theirs to do: who has it then, and who is told?"""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.context import acting_as_system
from audit.events import Event
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import FlagKind, FlagStatus, RoleCode, Step
from cases.models import Account, Case, Flag, Wall
from cases.services.assignments import OfficerWalled, assign_case
from cases.services.grants import set_wall
from cases.services.reconcile import reconcile
from cases.services.sweep import run_sweep
from tests.cases.pages import Desk, signed_in, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    FlagFactory,
    ResponseFactory,
    WallFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

WHY = "A cousin of the suspect."
SAID = "since a wall shut out whoever has it, and nobody else has the case"


@pytest.fixture
def captain() -> Account:
    account: Account = AccountFactory.create(role=RoleCode.CAPTAIN)
    return account


def walled_by(by: Client, case: Case, account: Account) -> Any:
    given = {"account": str(account.pk), "reason": WHY}
    return by.post(reverse("wall-set", args=[case.pk]), given, follow=True)


def orphaned(case: Case) -> Flag | None:
    return Flag.objects.filter(case=case, kind=FlagKind.ORPHANED).first()


def on_desk_of(client: Client, case: Case) -> bool:
    rows = client.get(reverse("dashboard")).context["page"].rows
    return case.pk in {row.case_id for row in rows}


def test_a_wall_before_the_detective_puts_the_case_on_its_sergeants_desk_at_once(
    desk: Desk,
) -> None:
    case = desk.held_case()
    ResponseFactory.create(case=case, initial_report=True)
    captain = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))

    walled_by(captain, case, desk.detective)

    flag = orphaned(case)
    assert flag is not None
    assert (flag.status, flag.supervisor) == (FlagStatus.OPEN, desk.sergeant.officer)
    raised = Entry.objects.get(event=Event.FLAG_RAISED, subject_id=str(flag.pk))
    assert raised.details["supervisor"] == str(desk.sergeant.officer_id)
    assert on_desk_of(desk.as_sergeant, case)
    assert SAID in words(desk.as_sergeant.get(reverse("dashboard")))


def test_the_walled_detective_is_told_nothing_of_it(desk: Desk) -> None:
    case = desk.held_case()
    pages = ("my-work", "case-list")
    before = {name: desk.as_detective.get(reverse(name)).status_code for name in pages}

    walled_by(desk.as_sergeant, case, desk.detective)

    for name in pages:
        answer = desk.as_detective.get(reverse(name))
        assert answer.status_code == before[name]
        assert case.number not in words(answer)
        assert "wall" not in words(answer).lower()


def test_a_wall_before_the_supervisor_too_takes_it_to_who_is_above(
    desk: Desk, captain: Account
) -> None:
    case = desk.held_case()
    as_captain = signed_in(captain)

    walled_by(as_captain, case, desk.sergeant)
    walled_by(as_captain, case, desk.detective)

    flag = orphaned(case)
    assert flag is not None
    assert (flag.supervisor, flag.step) == (captain.officer, Step.CAPTAIN)
    assert on_desk_of(as_captain, case)
    assert not on_desk_of(desk.as_sergeant, case)


@pytest.mark.parametrize("status", [FlagStatus.OPEN, FlagStatus.ACKNOWLEDGED])
def test_what_lay_on_the_supervisors_desk_lies_with_who_may_see_it(
    desk: Desk, captain: Account, status: str
) -> None:
    case, other = desk.held_case(), desk.held_case()
    known = {"acknowledged_by": desk.sergeant, "acknowledged_at": NOW}
    flag, elsewhere = (
        FlagFactory.create(
            case=one,
            kind=FlagKind.BACKFILLED,
            supervisor=desk.sergeant.officer,
            status=status,
            acknowledge_by=NOW + 9 * DAY,
            **(known if status == FlagStatus.ACKNOWLEDGED else {}),
        )
        for one in (case, other)
    )
    # The facts behind it: what the rules don't find would resolve.
    entered = NOW - HOUR
    for one in (case, other):
        for _ in range(4):
            ResponseFactory.create(
                case=one, kind="supplement", occurred_at=entered - 9 * DAY, entered_at=entered
            )

    walled_by(signed_in(captain), case, desk.sergeant)

    flag.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (flag.supervisor, flag.status) == (captain.officer, status)
    assert elsewhere.supervisor == desk.sergeant.officer
    moved = Entry.objects.get(event=Event.FLAG_REROUTED)
    assert (moved.subject_id, moved.actor_label) == (str(flag.pk), "system:rules")


def test_lifting_the_wall_settles_it(desk: Desk) -> None:
    case = desk.held_case()
    walled_by(desk.as_sergeant, case, desk.detective)
    assert orphaned(case)

    wall = Wall.objects.get()
    url = reverse("wall-lift", args=[case.pk, wall.pk])
    desk.as_sergeant.post(url, {"reason": "A mistake of names."}, follow=True)

    flag = orphaned(case)
    assert flag is not None
    assert flag.status == FlagStatus.RESOLVED


def test_giving_it_to_somebody_else_settles_it(desk: Desk) -> None:
    case, colleague = desk.held_case(), AccountFactory.create(officer__squad=desk.squad)
    walled_by(desk.as_sergeant, case, desk.detective)

    given = {"officer": str(colleague.officer_id), "reason": "Next in line."}
    desk.as_sergeant.post(reverse("case-assign", args=[case.pk]), given)

    flag = orphaned(case)
    assert flag is not None
    assert flag.status == FlagStatus.RESOLVED


def test_unanswered_it_climbs_past_whoever_is_walled(desk: Desk, captain: Account) -> None:
    case = desk.held_case()
    walled_by(desk.as_sergeant, case, desk.detective)
    walled_captain = AccountFactory.create(role=RoleCode.CAPTAIN, officer__badge="A0000")
    WallFactory.create(case=case, account=walled_captain)

    run_sweep(now=NOW + 2 * DAY)

    flag = orphaned(case)
    assert flag is not None
    assert (flag.supervisor, flag.step) == (captain.officer, Step.CAPTAIN)


@pytest.mark.parametrize("looks", ["sweep", "reconcile"])
def test_a_wall_of_before_comes_up_by_the_machinery_alone(desk: Desk, looks: str) -> None:
    """As on the day of an upgrade: the migration wakes such cases."""
    case = desk.held_case()
    WallFactory.create(case=case, account=desk.detective)
    Case.objects.filter(pk=case.pk).update(wake_at=timezone.now())
    assert orphaned(case) is None

    with acting_as_system(looks):
        run_sweep(now=NOW) if looks == "sweep" else reconcile(now=NOW)

    flag = orphaned(case)
    assert flag is not None
    assert flag.supervisor == desk.sergeant.officer


def test_a_flag_that_lay_behind_a_wall_before_is_moved_at_night(
    desk: Desk, captain: Account
) -> None:
    """What its holder had acknowledged would never climb."""
    case = desk.held_case()
    ResponseFactory.create(case=case, initial_report=True)
    WallFactory.create(case=case, account=desk.detective)
    with acting_as_system("sweep"):
        Case.objects.filter(pk=case.pk).update(wake_at=NOW)
        run_sweep(now=NOW)
    Flag.objects.filter(case=case).update(
        status=FlagStatus.ACKNOWLEDGED, acknowledged_by=desk.sergeant, acknowledged_at=NOW
    )
    WallFactory.create(case=case, account=desk.sergeant)

    with acting_as_system("reconcile"):
        found = reconcile(now=NOW)

    flag = orphaned(case)
    assert flag is not None
    assert (flag.supervisor, flag.status) == (captain.officer, FlagStatus.ACKNOWLEDGED)
    assert {one.what for one in found.drift} == {"flag behind a wall"}
    with acting_as_system("reconcile"):
        assert not reconcile(now=NOW).drift


def test_a_sergeant_who_sees_it_by_name_alone_may_set_it_all_the_same(desk: Desk) -> None:
    """Whose flag goes to a captain, and who no longer supervises what they write."""
    case = desk.held_case()
    Case.objects.filter(pk=case.pk).update(squad=None)

    said = words(walled_by(desk.as_sergeant, case, desk.detective))

    assert "The wall is set." in said
    assert orphaned(case)


def test_a_wall_set_twice_is_one(desk: Desk) -> None:
    case, viewer = desk.held_case(), viewer_for(desk.sergeant)
    given: dict[str, Any] = {"viewer": viewer, "now": NOW, "case_id": case.pk}

    first = set_wall(**given, account_id=desk.detective.pk, reason=WHY)
    second = set_wall(**given, account_id=desk.detective.pk, reason=WHY)

    assert first == second
    assert Flag.objects.filter(case=case, kind=FlagKind.ORPHANED).count() == 1


def test_nobody_gives_the_case_while_a_wall_is_being_set(desk: Desk) -> None:
    """Both hold the case's row: whoever comes second sees what the first did."""
    case = desk.held_case()
    colleague = AccountFactory.create(officer__squad=desk.squad)
    assert colleague.officer_id is not None

    set_wall(
        viewer=viewer_for(desk.sergeant),
        now=NOW,
        case_id=case.pk,
        account_id=colleague.pk,
        reason=WHY,
    )

    with transaction.atomic(), pytest.raises(OfficerWalled):
        assign_case(
            viewer=viewer_for(desk.sergeant),
            now=NOW,
            case_id=case.pk,
            officer_id=colleague.officer_id,
        )
