"""Does an emergency open a case for an hour, in everybody's sight and never over a wall?"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import decide, viewer_for
from cases.enums import Permission, RoleCode
from cases.models import Account, BrokenGlass, CaseUserObjectPermission
from cases.services.break_glass import acknowledge_glass
from tests.cases.pages import Desk, signed_in, words
from tests.cases.test_access import assert_all_agree
from tests.factories import (
    HOUR,
    NOW,
    AccountFactory,
    BrokenGlassFactory,
    CaseFactory,
    GrantFactory,
    SquadFactory,
    WallFactory,
)
from tests.leaks import exact_sets

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

PAGE = reverse("break-glass")
REASON = "The child is to be handed over tonight; his sergeant doesn't answer."
SECOND = timedelta(seconds=1)


@pytest.fixture
def rescuer() -> Account:
    account: Account = AccountFactory.create(
        role=RoleCode.SERGEANT, officer__squad=SquadFactory.create()
    )
    return account


def smash(client: Client, number: str, reason: str = REASON) -> Any:
    return client.post(PAGE, {"number": number, "reason": reason}, follow=True)


def test_it_opens_at_once_for_an_hour_and_ends_on_the_second(desk: Desk, rescuer: Account) -> None:
    case, client = desk.held_case(), signed_in(rescuer)
    url = reverse("case-detail", args=[case.pk])
    assert client.get(url).status_code == 404

    assert smash(client, case.number.lower()).redirect_chain[-1] == (url, 302)

    exact_sets(assert_all_agree(rescuer), {case.pk})
    viewer = viewer_for(rescuer)
    for moment, allowed in ((-SECOND, True), (timedelta(0), False), (SECOND, False)):
        at = NOW + HOUR + moment
        assert decide(viewer, case, Permission.LOG_RESPONSE, at).allowed is allowed
        with time_machine.travel(at, tick=False):
            client.force_login(rescuer)
            assert (client.get(url).status_code == 200) is allowed
            assert (case.number in words(client.get(reverse("case-list")))) is allowed
    entry = Entry.objects.get(event=Event.GLASS_BROKEN)
    assert (entry.subject_id, entry.details["until"]) == (str(case.pk), (NOW + HOUR).isoformat())
    assert "handed over tonight" in entry.reason


def test_a_wall_holds_and_looks_like_no_case_at_all(desk: Desk, rescuer: Account) -> None:
    case, client = desk.held_case(), signed_in(rescuer)
    WallFactory.create(case=case, account=rescuer)

    walled, missing = (
        words(smash(client, number)).replace(number, "") for number in (case.number, "T26-999999")
    )

    assert walled == missing
    assert "There is no case of this number" in walled
    exact_sets(assert_all_agree(rescuer), set())
    assert not BrokenGlass.objects.exists()
    left = Entry.objects.filter(event=Event.GLASS_BROKEN).values_list(
        "outcome", "subject_type", "subject_id", "reason", "details"
    )
    assert len(left) == 2
    assert left[0] == left[1]
    assert left[0][0] == Outcome.DENIED


def test_a_wall_set_within_the_hour_ends_it(desk: Desk, rescuer: Account) -> None:
    case = desk.held_case()
    smash(signed_in(rescuer), case.number)
    WallFactory.create(case=case, account=rescuer)

    exact_sets(assert_all_agree(rescuer), set())


def test_what_one_sees_is_not_broken_into(desk: Desk) -> None:
    answer = smash(desk.as_sergeant, desk.held_case().number)

    assert "You see this case already" in words(answer)
    assert not CaseUserObjectPermission.objects.exists()


@pytest.mark.parametrize("reason", ["", "Urgent.", "\u200b" * 40, "aaaa aaaa aaaa aaaa"])
def test_a_reason_says_something(desk: Desk, rescuer: Account, reason: str) -> None:
    answer = smash(signed_in(rescuer), desk.held_case().number, reason)

    assert answer.status_code == 422
    assert "Why: " in words(answer)
    assert not BrokenGlass.objects.exists()


@pytest.mark.parametrize("role", set(RoleCode.values) - {RoleCode.SERGEANT})
def test_it_is_the_sergeants_alone(role: str) -> None:
    client = signed_in(AccountFactory.create(role=role))

    assert client.get(PAGE).status_code == 404
    assert smash(client, CaseFactory.create().number).status_code == 404


def notices(client: Client) -> list[str]:
    return [one.number for one in client.get(reverse("dashboard")).context["desk"].glass]


def test_it_stays_on_both_desks_until_each_has_seen_it(desk: Desk, rescuer: Account) -> None:
    case = desk.held_case()
    captain = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))
    smash(signed_in(rescuer), case.number)
    glass = BrokenGlass.objects.get()
    seen = reverse("glass-seen", args=[glass.pk])
    for client in (desk.as_sergeant, captain):
        assert notices(client) == [case.number]
        assert REASON in words(client.get(reverse("dashboard")))
    assert notices(signed_in(rescuer)) == []

    desk.as_sergeant.post(seen)

    assert (notices(desk.as_sergeant), notices(captain)) == ([], [case.number])
    url = reverse("case-detail", args=[case.pk])
    assert "Not yet seen by the captain." in words(desk.as_detective.get(url))
    captain.post(seen)
    assert notices(captain) == []
    assert "Not yet seen" not in words(desk.as_detective.get(url))
    assert REASON in words(desk.as_detective.get(url))
    assert Entry.objects.filter(event=Event.GLASS_ACKNOWLEDGED).count() == 2
    desk.as_sergeant.post(seen)
    assert Entry.objects.filter(event=Event.GLASS_ACKNOWLEDGED).count() == 2


def test_it_is_loud_long_after_the_hour_is_over(desk: Desk) -> None:
    glass = BrokenGlassFactory.create(
        case=desk.held_case(), broken_at=NOW - 900 * HOUR, ends_at=NOW - 899 * HOUR
    )

    assert notices(desk.as_sergeant) == [glass.case.number]


def test_a_captain_alone_answers_for_a_case_without_a_sergeant() -> None:
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    glass = BrokenGlassFactory.create(case=CaseFactory.create())

    acknowledge_glass(viewer=viewer_for(captain), now=NOW, glass_id=glass.pk)

    glass.refresh_from_db()
    assert glass.supervisor_seen_by == glass.captain_seen_by == captain


def test_only_the_cases_own_supervisors_say_so(desk: Desk, rescuer: Account) -> None:
    case = desk.held_case()
    glass = BrokenGlassFactory.create(case=case, account=rescuer)
    own = BrokenGlassFactory.create(case=case, account=desk.sergeant)
    GrantFactory.create(user=rescuer, content_object=case, works=True)
    walled = AccountFactory.create(role=RoleCode.CAPTAIN)
    WallFactory.create(case=case, account=walled)

    for client, which, status in (
        (signed_in(rescuer), glass, 403),
        (desk.as_detective, glass, 404),
        (signed_in(walled), glass, 404),
        (desk.as_sergeant, own, 403),
    ):
        assert client.post(reverse("glass-seen", args=[which.pk])).status_code == status
    assert not BrokenGlass.objects.exclude(supervisor_seen_at=None).exists()
    assert notices(signed_in(walled)) == []


def test_partners_read_nothing_of_it(desk: Desk) -> None:
    case = desk.held_case()
    BrokenGlassFactory.create(case=case, reason=REASON)
    partner = AccountFactory.create(partner=True)
    GrantFactory.create(user=partner, content_object=case)

    said = words(signed_in(partner).get(reverse("case-detail", args=[case.pk])))

    assert REASON not in said
    assert "emergency" not in said
