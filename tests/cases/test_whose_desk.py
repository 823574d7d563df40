"""When a supervisor goes, who has what waited for them? Somebody who is there, and at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate

from audit.events import Event
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import FlagStatus, RoleCode
from cases.models import AccessRequest, Account, Case, Flag, Officer
from cases.selectors.hand_overs import hand_over_sheet
from cases.services.break_glass import acknowledge_glass
from cases.services.closing import reopen_case
from cases.services.hand_overs import complete_hand_over
from cases.services.officers import deactivate_officer, move_officer
from cases.services.sweep import run_sweep
from tests.cases.pages import Desk, signed_in
from tests.factories import (
    DAY,
    NOW,
    AccessRequestFactory,
    AccountFactory,
    BrokenGlassFactory,
    FlagFactory,
    HandOverFactory,
    ResponseFactory,
    RoleChangeFactory,
    SquadFactory,
    WallFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

TODAY = localdate(NOW)
WHY = "Their last day was told by the captain."


@dataclass(frozen=True)
class Posts:
    """Who could have it: the case's sergeant, who goes; who succeeds them; a captain."""

    case: Case
    sergeant: Account
    successor: Account
    captain: Account
    administrator: Account

    def with_whom(self, lies: Callable[[Client], bool]) -> set[str]:
        names = ("sergeant", "successor", "captain")
        open_ones = [name for name in names if self._account(name).is_active]
        return {name for name in open_ones if lies(signed_in(self._account(name)))}

    def _account(self, name: str) -> Account:
        account: Account = getattr(self, name)
        account.refresh_from_db()
        return account

    def goes(self, *, on: Any = TODAY) -> None:
        deactivate_officer(
            viewer=viewer_for(self.administrator),
            now=NOW,
            officer_id=self._officer.pk,
            on=on,
            reason=WHY,
        )

    def moves(self) -> None:
        move_officer(
            viewer=viewer_for(self.captain),
            now=NOW,
            officer_id=self._officer.pk,
            squad_id=SquadFactory.create().pk,
            reason=WHY,
        )

    def is_handed_over(self) -> None:
        viewer = viewer_for(self.captain)
        sheet = hand_over_sheet(viewer, NOW, self._officer.pk)
        choices = {line.name: line.suggested for line in sheet.lines}
        complete_hand_over(viewer=viewer, now=NOW, officer_id=self._officer.pk, choices=choices)

    @property
    def _officer(self) -> Officer:
        assert self.sergeant.officer is not None
        return self.sergeant.officer


@pytest.fixture
def posts(desk: Desk) -> Posts:
    elsewhere = SquadFactory.create()
    return Posts(
        case=desk.held_case(),
        sergeant=desk.sergeant,
        successor=AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=elsewhere),
        captain=AccountFactory.create(role=RoleCode.CAPTAIN),
        administrator=AccountFactory.create(role=RoleCode.ADMINISTRATOR),
    )


def request_waits(posts: Posts) -> Callable[[Client], bool]:
    AccessRequestFactory.create(number=posts.case.number, asked_at=NOW)
    return lambda client: bool(client.get(reverse("access-requests")).context["page"].waiting)


def hand_over_waits(posts: Posts) -> Callable[[Client], bool]:
    waiting = HandOverFactory.create(officer=posts.case.detective)

    def lies(client: Client) -> bool:
        there = client.get(reverse("dashboard")).context["desk"].hand_overs
        return waiting.officer_id in {one.officer_id for one in there}

    return lies


def report_waits(posts: Posts) -> Callable[[Client], bool]:
    report = ResponseFactory.create(case=posts.case, kind="initial_report")
    url = reverse("review", args=[report.pk])
    return lambda client: client.get(url).status_code == 200


def flag_waits(posts: Posts) -> Callable[[Client], bool]:
    flag = FlagFactory.create(case=posts.case, supervisor=posts.sergeant.officer)

    def lies(client: Client) -> bool:
        holder = Flag.objects.get(pk=flag.pk).supervisor
        asked = client.get(reverse("dashboard"))
        return holder == asked.wsgi_request.user.officer  # type: ignore[union-attr]

    return lies


SERGEANT, SUCCESSOR, CAPTAIN = "sergeant", "successor", "captain"
# What waits; who has it before; when the sergeant is gone; when all is handed over.
WAITS: list[tuple[Callable[[Posts], Callable[[Client], bool]], set[str], set[str], set[str]]] = [
    (request_waits, {SERGEANT}, {CAPTAIN}, {SUCCESSOR}),
    (flag_waits, {SERGEANT}, {CAPTAIN}, {CAPTAIN}),
    (report_waits, {SERGEANT, CAPTAIN}, {CAPTAIN}, {SUCCESSOR, CAPTAIN}),
    (hand_over_waits, {SERGEANT, CAPTAIN}, {CAPTAIN}, {SUCCESSOR, CAPTAIN}),
]


@pytest.mark.parametrize(("waits", "before", "gone", "after"), WAITS)
def test_what_waits_for_a_sergeant_who_goes_waits_for_somebody_who_is_there(
    posts: Posts,
    waits: Callable[[Posts], Callable[[Client], bool]],
    before: set[str],
    gone: set[str],
    after: set[str],
) -> None:
    lies = waits(posts)
    assert posts.with_whom(lies) == before

    posts.goes()
    assert posts.with_whom(lies) == gone

    posts.is_handed_over()
    assert posts.with_whom(lies) == after


def test_what_waits_for_a_sergeant_who_moves_stays_until_all_is_handed_over(posts: Posts) -> None:
    lies = request_waits(posts)

    posts.moves()
    assert posts.with_whom(lies) == {SERGEANT}

    posts.is_handed_over()
    assert posts.with_whom(lies) == {SUCCESSOR}


@pytest.mark.parametrize("why", ["walled", "account closed", "asks"])
def test_a_request_that_its_sergeant_can_not_answer_is_the_captains_at_once(
    posts: Posts, why: str
) -> None:
    lies = request_waits(posts)
    if why == "walled":
        WallFactory.create(case=posts.case, account=posts.sergeant)
    elif why == "asks":
        AccessRequest.objects.update(account=posts.sergeant)
    else:
        Account.objects.filter(pk=posts.sergeant.pk).update(is_active=False)

    assert posts.with_whom(lies) == {CAPTAIN}


def test_a_captains_word_is_enough_when_the_sergeant_is_gone(posts: Posts) -> None:
    glass = BrokenGlassFactory.create(case=posts.case, account=posts.successor)
    posts.goes()

    acknowledge_glass(viewer=viewer_for(posts.captain), now=NOW, glass_id=glass.pk)

    glass.refresh_from_db()
    assert glass.supervisor_seen_by == glass.captain_seen_by == posts.captain


def test_who_opened_a_case_that_became_theirs_is_not_waited_for(posts: Posts) -> None:
    glass = BrokenGlassFactory.create(case=posts.case, account=posts.sergeant)

    acknowledge_glass(viewer=viewer_for(posts.captain), now=NOW, glass_id=glass.pk)

    glass.refresh_from_db()
    assert glass.supervisor_seen_by == posts.captain


@pytest.mark.parametrize("status", [FlagStatus.OPEN, FlagStatus.ACKNOWLEDGED])
def test_on_the_day_that_somebody_is_gone_a_sweep_clears_their_desk(
    posts: Posts, status: str
) -> None:
    known = {"acknowledged_by": posts.sergeant, "acknowledged_at": NOW}
    flag = FlagFactory.create(
        case=posts.case,
        supervisor=posts.sergeant.officer,
        status=status,
        acknowledge_by=NOW + 9 * DAY,
        **(known if status == FlagStatus.ACKNOWLEDGED else {}),
    )
    posts.goes(on=TODAY + DAY)

    run_sweep(now=NOW)
    flag.refresh_from_db()
    assert flag.supervisor == posts.sergeant.officer

    run = run_sweep(now=NOW + DAY)
    flag.refresh_from_db()
    assert (flag.supervisor, flag.status) == (posts.captain.officer, status)
    assert run.counts["rerouted"] >= 1
    moved = Entry.objects.filter(event=Event.FLAG_REROUTED, subject_id=str(flag.pk))
    assert moved.get().details["supervisor"] == str(posts.captain.officer_id)
    assert "rerouted" not in run_sweep(now=NOW + DAY).counts


def test_a_case_reopened_after_its_sergeant_left_has_a_supervisor_who_is_there(
    posts: Posts,
) -> None:
    posts.goes()
    posts.is_handed_over()
    Case.objects.filter(pk=posts.case.pk).update(
        state="closed",
        disposition="unfounded",
        closed_at=NOW,
        supervisor=posts.sergeant.officer,
    )

    reopen_case(
        viewer=viewer_for(posts.captain),
        now=NOW,
        case_id=posts.case.pk,
        reason="A witness came forward.",
    )

    posts.case.refresh_from_db()
    assert posts.case.supervisor == posts.successor.officer


def test_a_change_of_a_role_waits_for_whoever_is_there(posts: Posts) -> None:
    """A permission is asked for, not a name: who leaves is replaced by whoever has it."""
    second = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    change = RoleChangeFactory.create(proposed_by=posts.administrator)
    Account.objects.exclude(pk=second.pk).update(is_active=False)

    page = signed_in(second).get(reverse("role-change", args=[change.pk]))

    assert page.status_code == 200
