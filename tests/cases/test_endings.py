"""Access that ends while somebody works with it: does the next thing they send find it ended?

Each begins with a page that is open and whole; what is sent from it comes too late.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from cases.access import viewer_for, visible_cases
from cases.enums import Discipline, Permission, RoleCode
from cases.models import (
    AccessRequest,
    Account,
    Case,
    CaseUserObjectPermission,
    Draft,
    Officer,
    RequestState,
    Response,
    Reveal,
    SquadGrant,
    Wall,
)
from cases.selectors.hand_overs import hand_over_sheet
from cases.services.hand_overs import complete_hand_over
from cases.services.officers import deactivate_officer, move_officer
from tests.cases.pages import Desk, sign_in, signed_in
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccessRequestFactory,
    AccountFactory,
    GrantFactory,
    SquadFactory,
    SquadGrantFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity, Leaked, assert_nothing_leaks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

SECOND = timedelta(seconds=1)
WHY = "Their last day was told by the captain."
YES = {"yes-may": "view_case", "yes-purpose": "joint_work", "yes-until": "2026-03-20"}


def entry_form(case: Case) -> tuple[str, dict[str, str]]:
    """A supplement, as the log's form sends it."""
    return reverse("response-log", args=[case.pk]), {
        "kind": "supplement",
        "occurred_at": f"{localtime(NOW - HOUR):%Y-%m-%dT%H:%M}",
        "version": "0",
        "step": "log",
        "narrative": "The school was called and sends its record of absences on Monday.",
    }


def written(case: Case) -> int:
    return Response.objects.filter(case=case).count() + Draft.objects.filter(case=case).count()


def handed_over(officer: Officer, captain: Account) -> None:
    viewer = viewer_for(captain)
    sheet = hand_over_sheet(viewer, NOW, officer.pk)
    choices = {line.name: line.suggested for line in sheet.lines}
    complete_hand_over(viewer=viewer, now=NOW, officer_id=officer.pk, choices=choices)


@pytest.fixture
def captain() -> Account:
    account: Account = AccountFactory.create(role=RoleCode.CAPTAIN)
    return account


# -- a form that is open when it ends -----------------------------------------------------------


def by_name(case: Case, account: Account) -> None:
    GrantFactory.create(user=account, content_object=case, works=True)


def by_squad(case: Case, account: Account) -> None:
    assert account.officer is not None
    SquadGrantFactory.create(case=case, squad=account.officer.squad, works=True)


def ended_by_name(case: Case, account: Account) -> None:
    CaseUserObjectPermission.objects.update(ended_at=NOW)


def ended_by_squad(case: Case, account: Account) -> None:
    SquadGrant.objects.update(ended_at=NOW)


def changed_squad(case: Case, account: Account) -> None:
    Officer.objects.filter(account=account).update(squad=SquadFactory.create())


def walled(case: Case, account: Account) -> None:
    WallFactory.create(case=case, account=account)


def role_taken(case: Case, account: Account) -> None:
    account.role.permissions.filter(permission=Permission.VIEW_CASES).delete()


def gone_today(case: Case, account: Account) -> None:
    Officer.objects.filter(account=account).update(active_to=localdate(NOW))


ENDINGS = [
    (by_name, ended_by_name, 404),
    (by_squad, ended_by_squad, 404),
    (by_squad, changed_squad, 404),
    (by_name, walled, 404),
    (by_name, role_taken, 404),
    (by_name, gone_today, 302),
]


@pytest.mark.parametrize(("given", "ends", "status"), ENDINGS)
@pytest.mark.parametrize("page", ["response-log", "draft-save", "person-add"])
def test_what_is_sent_from_a_page_that_was_open_comes_too_late(
    desk: Desk,
    page: str,
    given: Callable[[Case, Account], None],
    ends: Callable[[Case, Account], None],
    status: int,
) -> None:
    case, colleague = desk.held_case(), AccountFactory.create(officer__squad=SquadFactory.create())
    client = signed_in(colleague)
    given(case, colleague)
    address, form = entry_form(case)
    assert client.get(address).status_code == 200

    ends(case, colleague)

    answer = client.post(reverse(page, args=[case.pk]), form)
    assert answer.status_code == status
    assert written(case) == 0
    assert not case.people.exists()
    assert client.get(address).status_code == status


def test_the_form_serves_as_long_as_the_access_does(desk: Desk) -> None:
    """What the test above sends is a form that works."""
    case, colleague = desk.held_case(), AccountFactory.create(officer__squad=SquadFactory.create())
    by_name(case, colleague)
    address, form = entry_form(case)

    assert signed_in(colleague).post(address, form).status_code == 302
    assert written(case) == 1


def test_a_partner_who_became_something_else_meanwhile_sees_the_case_no_more(desk: Desk) -> None:
    case, partner = desk.held_case(), AccountFactory.create(partner=True)
    client = signed_in(partner)
    by_name(case, partner)
    address = reverse("case-detail", args=[case.pk])
    assert client.get(address).status_code == 200

    others = [one for one in Discipline.values if one not in ("", partner.discipline)]
    Account.objects.filter(pk=partner.pk).update(discipline=others[0])

    assert client.get(address).status_code == 404
    assert case.number not in client.get(reverse("case-list")).content.decode()


# -- an emergency over its hour -----------------------------------------------------------------


@pytest.mark.parametrize(("moment", "status", "entries"), [(-SECOND, 302, 1), (0 * SECOND, 404, 0)])
def test_an_emergency_over_its_hour_in_the_middle_of_a_form(
    desk: Desk, moment: timedelta, status: int, entries: int
) -> None:
    case, rescuer = desk.held_case(), sergeant_elsewhere()
    client = signed_in(rescuer)
    broken(client, case)
    address, form = entry_form(case)
    assert client.get(address).status_code == 200

    with at(NOW + HOUR + moment, client, rescuer):
        assert client.post(address, form).status_code == status

    assert written(case) == entries


def test_what_was_revealed_in_its_last_minute_is_masked_with_its_hour(
    desk: Desk, child: Identity
) -> None:
    """A window lasts minutes; the reason for it ended before."""
    case, rescuer = desk.held_case(), sergeant_elsewhere()
    victim = VictimFactory.create(case=case, identity=child)
    client = signed_in(rescuer)
    broken(client, case)
    address = reverse("person", args=[victim.pk])

    with at(NOW + HOUR - 30 * SECOND, client, rescuer):
        asked = client.get(address).context["form"]
        given = {
            "reason_code": "interview",
            "reason": "The child has to be found and spoken to tonight.",
            "token": asked.initial["token"],
        }
        client.post(reverse("person-reveal", args=[victim.pk]), given)
        with pytest.raises(Leaked):
            assert_nothing_leaks(client.get(address).content, [child])

    with time_machine.travel(NOW + HOUR, tick=False):
        assert Reveal.objects.get().masked_at > NOW + HOUR
        answer = client.get(address)

    assert answer.status_code == 404
    assert_nothing_leaks(answer.content, [child])


def sergeant_elsewhere() -> Account:
    account: Account = AccountFactory.create(
        role=RoleCode.SERGEANT, officer__squad=SquadFactory.create()
    )
    return account


def broken(client: Client, case: Case) -> None:
    reason = "The child is to be handed over tonight; his sergeant doesn't answer."
    client.post(reverse("break-glass"), {"number": case.number, "reason": reason})


def at(moment: datetime, client: Client, account: Account) -> Any:
    """Then, and not idle since: the session is as fresh as that of somebody who works."""

    class Then:
        def __enter__(self) -> None:
            self.travel = time_machine.travel(moment, tick=False)
            self.travel.start()
            sign_in(client, account)

        def __exit__(self, *_: object) -> None:
            self.travel.stop()

    return Then()


# -- officers who move or go --------------------------------------------------------------------


def test_a_session_of_a_sergeant_who_moved_reaches_the_new_squad_alone(
    desk: Desk, captain: Account
) -> None:
    case, elsewhere = desk.held_case(), SquadFactory.create()
    successor = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=SquadFactory.create())
    assert desk.as_sergeant.get(reverse("case-assign", args=[case.pk])).status_code == 200
    officer = desk.sergeant.officer
    assert officer is not None
    viewer = viewer_for(captain)
    move_officer(viewer=viewer, now=NOW, officer_id=officer.pk, squad_id=elsewhere.pk, reason=WHY)
    sheet = hand_over_sheet(viewer, NOW, officer.pk)
    choices = {line.name: str(successor.officer_id) for line in sheet.lines}
    complete_hand_over(viewer=viewer, now=NOW, officer_id=officer.pk, choices=choices)

    given = {"officer": str(desk.detective.officer_id), "reason": "As before."}
    assert desk.as_sergeant.post(reverse("case-assign", args=[case.pk]), given).status_code == 404
    assert case.number not in desk.as_sergeant.get(reverse("case-list")).content.decode()
    case.refresh_from_db()
    assert case.supervisor == successor.officer


def test_a_form_of_somebody_who_is_sent_away_meanwhile_is_not_taken(desk: Desk) -> None:
    case, administrator = desk.held_case(), AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    address, form = entry_form(case)
    assert desk.as_detective.get(address).status_code == 200
    officer = desk.detective.officer
    assert officer is not None

    deactivate_officer(
        viewer=viewer_for(administrator),
        now=NOW,
        officer_id=officer.pk,
        on=localdate(NOW),
        reason=WHY,
    )

    answer = desk.as_detective.post(address, form)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")
    assert written(case) == 0


# -- requests for access ------------------------------------------------------------------------


@pytest.fixture
def asked(desk: Desk) -> AccessRequest:
    request: AccessRequest = AccessRequestFactory.create(
        number=desk.held_case().number, account=AccountFactory.create(), asked_at=NOW
    )
    return request


def approved(client: Client, request: AccessRequest) -> int:
    return int(client.post(reverse("access-decide", args=[request.pk]), YES).status_code)


def test_a_request_is_approved_once(desk: Desk, asked: AccessRequest) -> None:
    assert approved(desk.as_sergeant, asked) == 302
    CaseUserObjectPermission.objects.update(ended_at=NOW)

    assert approved(desk.as_sergeant, asked) == 404
    assert not visible_cases(viewer_for(asked.account), NOW).exists()


def test_who_handed_all_over_answers_until_their_last_day_and_not_on_it(
    desk: Desk, asked: AccessRequest, captain: Account
) -> None:
    """Until then a sergeant is one, beside whoever leads the squad by now."""
    AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=SquadFactory.create())
    administrator = viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    officer, last_day = desk.sergeant.officer, NOW + 2 * DAY
    assert officer is not None
    deactivate_officer(
        viewer=administrator,
        now=NOW,
        officer_id=officer.pk,
        on=localdate(last_day),
        reason=WHY,
    )
    handed_over(officer, captain)
    page = reverse("access-decide", args=[asked.pk])
    assert desk.as_sergeant.get(page).status_code == 200

    with at(last_day, desk.as_sergeant, desk.sergeant):
        answer = desk.as_sergeant.post(page, YES)

    assert answer.headers["Location"].startswith("/sign-in/")
    asked.refresh_from_db()
    assert asked.state == RequestState.WAITING
    assert not CaseUserObjectPermission.objects.exists()


@pytest.mark.parametrize("who", ["asker", "approver"])
def test_a_wall_set_meanwhile_holds(desk: Desk, asked: AccessRequest, who: str) -> None:
    assert desk.as_sergeant.get(reverse("access-decide", args=[asked.pk])).status_code == 200
    account = asked.account if who == "asker" else desk.sergeant
    WallFactory.create(case=Case.objects.get(), account=account)

    assert approved(desk.as_sergeant, asked) == 404
    assert not CaseUserObjectPermission.objects.exists()


def test_an_approval_does_not_outlive_a_wall(desk: Desk, asked: AccessRequest) -> None:
    assert approved(desk.as_sergeant, asked) == 302
    assert visible_cases(viewer_for(asked.account), NOW).exists()

    WallFactory.create(case=Case.objects.get(), account=asked.account)
    assert not visible_cases(viewer_for(asked.account), NOW).exists()
    # Lifted, what was given holds again until its end: nobody took it away.
    Wall.objects.update(lifted_at=NOW)
    assert visible_cases(viewer_for(asked.account), NOW).exists()
