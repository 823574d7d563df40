"""Can an administrator say why somebody was refused, and learn nothing about a case by it?"""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.enums import RoleCode
from cases.models import Account
from tests.cases.pages import Desk, signed_in, words
from tests.factories import (
    AccountFactory,
    ResponseFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NO_RECORD = "For this person there is no such record."


@pytest.fixture
def administrator() -> Account:
    account: Account = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    return account


@pytest.fixture
def stranger() -> Account:
    account: Account = AccountFactory.create(officer__squad=SquadFactory.create())
    return account


def why(client: Client) -> Any:
    """The explanation of the newest refusal, as the list leads to it."""
    newest = client.get(reverse("refusals")).context["refusals"][0]
    return client.get(reverse("refusal", args=[newest.number]))


def test_a_refused_page_is_explained_rule_by_rule_without_the_case(
    desk: Desk, administrator: Account, stranger: Account, child: Identity
) -> None:
    case, client = desk.held_case(), signed_in(administrator)
    victim = VictimFactory.create(case=case, identity=child)
    report = ResponseFactory.create(case=case, initial_report=True)
    for name, key in (("case-detail", case), ("person", victim), ("original", report)):
        assert signed_in(stranger).get(reverse(name, args=[key.pk])).status_code == 404

        said = words(why(client))

        assert f"Why {stranger.display_name} was refused" in said
        assert "See cases within reach granted" in said
        assert "no wall on this case granted" in said
        assert "holds the case not granted" in said
        for secret in (case.number, str(case.pk), victim.pseudonym, str(victim.pk)):
            assert secret not in said


def test_what_the_role_lacks_is_said(desk: Desk, administrator: Account) -> None:
    desk.as_detective.get(reverse("dashboard"))

    said = words(why(signed_in(administrator)))

    assert "See the supervisor's dashboard not granted" in said
    assert "What the record asks" not in said


def test_a_step_that_the_case_refuses_is_explained_as_well(
    desk: Desk, administrator: Account
) -> None:
    case = desk.held_case()
    assert desk.as_detective.get(reverse("case-close", args=[case.pk])).status_code == 404

    said = words(why(signed_in(administrator)))

    assert "Sign closures not granted" in said
    assert "holds the case granted" in said


def test_a_wall_reads_like_no_record_at_all(
    desk: Desk, administrator: Account, stranger: Account
) -> None:
    case, client = desk.held_case(), signed_in(administrator)
    WallFactory.create(case=case, account=stranger)
    told = []
    for key in (case.pk, uuid4()):
        signed_in(stranger).get(reverse("case-detail", args=[key]))
        told.append(words(why(client)))

    assert told[0] == told[1]
    assert NO_RECORD in told[0]


def test_of_a_case_that_is_walled_from_the_administrator_nobody_was_refused(
    desk: Desk, administrator: Account, stranger: Account
) -> None:
    case, client = desk.held_case(), signed_in(administrator)
    WallFactory.create(case=case, account=administrator)
    signed_in(stranger).get(reverse("case-detail", args=[case.pk]))
    refused = Entry.objects.get(event=Event.ACCESS_DENIED)

    assert client.get(reverse("refusals")).context["refusals"] == ()
    assert client.get(reverse("refusal", args=[refused.pk])).status_code == 404


def test_nobody_reads_why_they_were_refused_themselves(desk: Desk, administrator: Account) -> None:
    client = signed_in(administrator)
    client.get(reverse("case-detail", args=[desk.held_case().pk]))
    own = Entry.objects.get(event=Event.ACCESS_DENIED)

    assert client.get(reverse("refusals")).context["refusals"] == ()
    assert client.get(reverse("refusal", args=[own.pk])).status_code == 404


def test_only_who_manages_roles_reads_it(desk: Desk, stranger: Account) -> None:
    signed_in(stranger).get(reverse("case-detail", args=[desk.held_case().pk]))
    refused = Entry.objects.get(event=Event.ACCESS_DENIED)

    for client in (desk.as_sergeant, desk.as_detective):
        assert client.get(reverse("refusals")).status_code == 404
        assert client.get(reverse("refusal", args=[refused.pk])).status_code == 404


def test_every_way_in_leads_to_what_takes_it_away(desk: Desk) -> None:
    case = desk.held_case()
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    url = reverse("why", args=[case.pk])

    for account, link in (
        (desk.detective, reverse("case-assign", args=[case.pk])),
        (captain, f"{reverse('wall-set', args=[case.pk])}?account={captain.pk}"),
    ):
        page = desk.as_sergeant.get(url, {"account": str(account.pk)}).content.decode()
        assert f'href="{link}"' in page
        assert "what takes it away" not in words(
            desk.as_detective.get(url, {"account": str(account.pk)})
        )
    chosen = desk.as_sergeant.get(f"{reverse('wall-set', args=[case.pk])}?account={captain.pk}")
    assert f'value="{captain.pk}" selected' in chosen.content.decode()
