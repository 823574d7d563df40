"""Does signing in ask for the banner first, say one thing to every stranger, and leave an entry?"""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from audit.events import Event, Outcome
from audit.models import Entry
from cases.enums import RoleCode
from cases.rules.sessions import IDLE
from tests.cases.pages import Desk, signed_in, words
from tests.everywhere import every_address
from tests.factories import NOW, PASSWORD, AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

URL = "/sign-in/"


@pytest.fixture
def stranger(client: Client) -> Client:
    """Somebody who has acknowledged the banner."""
    client.post(URL, {"acknowledge": "yes"})
    return client


def test_the_banner_comes_first(client: Client) -> None:
    account = AccountFactory.create()

    response = client.post(URL, {"username": account.username, "password": PASSWORD})

    assert "I understand and agree" in words(response)
    assert "_auth_user_id" not in client.session


def test_the_right_password_opens_the_asked_page(stranger: Client) -> None:
    account = AccountFactory.create()

    response = stranger.post(
        f"{URL}?next=/cases/", {"username": account.username, "password": PASSWORD}
    )

    assert (response.status_code, response.headers["Location"]) == (302, "/cases/")
    entry = Entry.objects.get(event=Event.SIGNED_IN)
    assert (entry.actor_id, entry.subject_id) == (str(account.pk), str(account.pk))


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "ftp:x"])
def test_signing_in_leads_nowhere_else(stranger: Client, target: str) -> None:
    account = AccountFactory.create()

    response = stranger.post(
        f"{URL}?next={target}", {"username": account.username, "password": PASSWORD}
    )

    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("target", ["nowhere", "%25s{0}"])
def test_a_target_that_is_no_address_of_ours_breaks_nothing(stranger: Client, target: str) -> None:
    """What has no slash was taken for the name of a page, which there is or is not."""
    account = AccountFactory.create()
    given = {"username": account.username, "password": PASSWORD}

    assert stranger.post(f"/sign-in/?next={target}", given).status_code == 302
    assert stranger.get(f"/sign-in/?next={target}").status_code == 302
    assert stranger.post("/keys/", {"keys": "on", "next": target}).status_code == 302


def test_every_refusal_reads_the_same(stranger: Client) -> None:
    account = AccountFactory.create()
    gone = AccountFactory.create(is_active=False)
    attempts = [
        {"username": account.username, "password": "wrong"},
        {"username": "nobody-here", "password": "wrong"},
        {"username": gone.username, "password": PASSWORD},
    ]

    answers = [stranger.post(URL, attempt) for attempt in attempts]

    assert {answer.status_code for answer in answers} == {422}
    assert all("don't match an account" in words(answer) for answer in answers)
    assert "_auth_user_id" not in stranger.session


def test_a_failure_is_on_record_without_what_was_typed(stranger: Client) -> None:
    account = AccountFactory.create()

    stranger.post(URL, {"username": account.username, "password": "a-wrong-secret"})
    stranger.post(URL, {"username": "perhaps-a-password", "password": "x"})

    entries = Entry.objects.filter(event=Event.SIGN_IN_FAILED).order_by("id")
    assert [entry.subject_id for entry in entries] == [str(account.pk), ""]
    assert {entry.outcome for entry in entries} == {Outcome.FAILED}
    assert "perhaps" not in str(list(Entry.objects.values()))


def test_signing_out_takes_a_post_and_ends_the_session(desk: Desk) -> None:
    assert desk.as_detective.get(reverse("sign-out")).status_code == 405

    desk.as_detective.post(reverse("sign-out"))

    assert "_auth_user_id" not in desk.as_detective.session
    assert Entry.objects.filter(event=Event.SIGNED_OUT).count() == 1


@pytest.mark.parametrize("role", [RoleCode.CAPTAIN, RoleCode.ADMINISTRATOR])
def test_every_page_offers_to_sign_out(role: str) -> None:
    client, offer = signed_in(AccountFactory.create(role=role)), f'action="{reverse("sign-out")}"'
    answers = {name: client.get(address) for name, address in every_address()}
    pages = {
        name: answer.content.decode()
        for name, answer in answers.items()
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    }

    assert pages
    assert {name for name, page in pages.items() if offer not in page} == set()


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (RoleCode.DETECTIVE, "my-work"),
        (RoleCode.SERGEANT, "dashboard"),
        (RoleCode.CAPTAIN, "dashboard"),
        (RoleCode.RECORDS, "case-list"),
        (RoleCode.PARTNER, "case-list"),
        (RoleCode.ADMINISTRATOR, "roles"),
        (RoleCode.AUDITOR, "audit"),
    ],
)
def test_each_role_begins_on_its_own_page(role: str, name: str) -> None:
    client = signed_in(AccountFactory.create(role=role))

    assert client.get("/").headers["Location"] == reverse(name)


@pytest.mark.parametrize(
    ("query", "leads"),
    [("?next=/cases/", "/cases/"), ("?next=https://elsewhere.example/", "/"), ("", "/")],
)
def test_whoever_signed_in_in_another_tab_is_not_asked_again(
    desk: Desk, query: str, leads: str
) -> None:
    """Their code has been used: the next one would be half a minute away."""
    assert desk.as_detective.get(f"/sign-in/{query}").headers["Location"] == leads


def test_whose_session_is_over_is_asked(desk: Desk) -> None:
    with time_machine.travel(NOW + IDLE, tick=False):
        assert "Before you sign in" in words(desk.as_detective.get("/sign-in/?next=/cases/"))


def test_a_page_can_ask_whether_its_session_lasts(desk: Desk, client: Client) -> None:
    lasting, ended = desk.as_detective.get("/session/"), client.get("/session/")

    assert (lasting.json()["signed_in"], ended.json()["signed_in"]) == (True, False)
    assert lasting.json()["token"]


def test_keyboard_shortcuts_can_be_switched_off_and_on(desk: Desk) -> None:
    page = reverse("my-work")
    assert 'data-keys="on"' in desk.as_detective.get(page).content.decode()

    desk.as_detective.post(reverse("keys"), {"keys": "off", "next": page})
    assert 'data-keys="off"' in desk.as_detective.get(page).content.decode()

    desk.as_detective.post(reverse("keys"), {"keys": "on", "next": "//elsewhere.example"})
    assert 'data-keys="on"' in desk.as_detective.get(page).content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_session_of_an_account_made_inactive_ends_with_an_entry(
    client: Client, method: str
) -> None:
    account = AccountFactory.create(role=RoleCode.CAPTAIN)
    client.force_login(account)
    account.is_active = False
    account.save(update_fields=["is_active"])

    for _ in range(2):
        response = getattr(client, method)(reverse("dashboard"))
        assert response.status_code == 302
        assert response.headers["Location"].startswith(URL)

    entry = Entry.objects.get()
    assert (entry.event, entry.outcome) == (Event.ACCESS_DENIED, Outcome.DENIED)
    assert (entry.actor_id, entry.subject_id) == (str(account.pk), "dashboard")
    assert entry.reason == "The account may not sign in any more."
    assert "_auth_user_id" not in client.session
