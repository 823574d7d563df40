"""Does an account begin with an invitation only, and does its link open once, for one person?"""

import html
import re
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import quote, unquote

import pytest
import time_machine
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import NotPermitted, viewer_for
from cases.enums import RoleCode
from cases.models import Account, Role
from cases.services.accounts import LastManager, change_password, create_account, set_active
from cases.services.invitations import GOOD_FOR, SALT, Void, accept_invitation, invite_again
from cases.services.lockout import NoReason
from tests.cases.pages import MAX_QUERIES, signed_in, words
from tests.factories import NOW, PASSWORD, AccountFactory, OfficerFactory, RoleFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

URL = "/sign-in/"
REASON = "Rang back on the desk's own number."
NEW = "lantern gravel otter piano"
SECOND = timedelta(seconds=1)


@pytest.fixture
def administrator() -> Account:
    return AccountFactory.create(role=RoleCode.ADMINISTRATOR)


@pytest.fixture
def detective() -> Account:
    return AccountFactory.create(role=RoleCode.DETECTIVE)


def given(username: str = "r.invented", **more: str) -> dict[str, str]:
    return {"username": username, "display_name": "R. Invented", "role": "detective", **more}


def link_on(page: Any) -> str:
    found = re.search(r"https?://testserver(/invitation/[^<\s]+)", page.content.decode())
    assert found is not None
    return html.unescape(found[1])


def invite_somebody(administrator: Account) -> str:
    RoleFactory.create(code=RoleCode.DETECTIVE)
    return link_on(signed_in(administrator).post(reverse("account-invite"), given()))


def follow(link: str, at: datetime = NOW) -> tuple[Client, Any]:
    client = Client()
    with time_machine.travel(at, tick=False):
        client.get(link)
        return client, client.get(reverse("invitation"))


def set_password(client: Client, password: str = NEW, again: str | None = None) -> Any:
    asked = {"password": password, "again": password if again is None else again}
    return client.post(reverse("invitation"), asked)


def opens(username: str, password: str) -> bool:
    client = Client()
    client.post(URL, {"acknowledge": "yes"})
    client.post(URL, {"username": username, "password": password})
    return "_auth_user_id" in client.session


# Invitations


def test_who_is_invited_sets_a_password_and_signs_in(administrator: Account) -> None:
    client, page = follow(invite_somebody(administrator))
    assert "r.invented" in words(page)

    assert set_password(client).headers["Location"] == reverse("sign-in")

    assert opens("r.invented", NEW)
    events = list(Entry.objects.order_by("id").values_list("event", flat=True))
    assert events == [
        Event.ACCOUNT_CREATED,
        Event.ACCOUNT_INVITED,
        Event.PASSWORD_CHANGED,
        Event.SIGNED_IN,
    ]
    assert NEW not in str(list(Entry.objects.values()))


def test_the_links_token_stays_in_no_address_and_in_no_table(administrator: Account) -> None:
    link = invite_somebody(administrator)
    token = unquote(link.partition("t=")[2])

    answer = Client().get(link)

    assert answer.headers["Location"] == reverse("invitation")
    assert token not in str(list(Entry.objects.values()) + list(Account.objects.values()))


def test_a_link_opens_once(administrator: Account) -> None:
    link = invite_somebody(administrator)
    late, _ = follow(link)
    client, _ = follow(link)
    set_password(client)

    assert follow(link)[1].status_code == 410
    assert set_password(late, "gravel piano otter lantern").status_code == 410
    assert not opens("r.invented", "gravel piano otter lantern")


@pytest.mark.parametrize(("after", "status"), [(GOOD_FOR - SECOND, 200), (GOOD_FOR, 410)])
def test_a_link_is_good_for_72_hours(administrator: Account, after: timedelta, status: int) -> None:
    assert follow(invite_somebody(administrator), NOW + after)[1].status_code == status


def test_a_newer_link_voids_the_older(administrator: Account) -> None:
    old = invite_somebody(administrator)
    account = Account.objects.get(username="r.invented")
    invite_again(viewer=viewer_for(administrator), now=NOW, account_id=account.pk, reason=REASON)

    assert follow(old)[1].status_code == 410


def test_a_closed_accounts_link_opens_nothing(administrator: Account) -> None:
    link = invite_somebody(administrator)
    Account.objects.filter(username="r.invented").update(is_active=False)

    assert follow(link)[1].status_code == 410


def test_a_link_that_was_made_up_opens_nothing(administrator: Account, detective: Account) -> None:
    token = unquote(invite_somebody(administrator).partition("t=")[2])
    said = signing.loads(token, salt=SALT)
    forged = signing.dumps({**said, "account": str(detective.pk)}, salt=SALT)
    elsewhere = signing.dumps(said, salt="elsewhere")
    for made_up in ("", "x", token[:-1], token + "x", forged, elsewhere):
        assert follow(f"/invitation/?t={quote(made_up)}")[1].status_code == 410
    assert Client().get(reverse("invitation")).status_code == 410

    with pytest.raises(Void):
        accept_invitation(viewer=viewer_for(detective), now=NOW, token=token, password=NEW)
    assert opens(detective.username, PASSWORD)


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [
        ("short-one", "short-one", "at least 14 characters"),
        ("Password2026!Spring", "Password2026!Spring", "Too easy to guess"),
        ("R-Invented-R-Invented", "R-Invented-R-Invented", "Too easy to guess"),
        (NEW, "lantern gravel otter violin", "the two differ"),
        ("", "", "type one"),
    ],
)
def test_a_password_is_held_to_the_rules(
    administrator: Account, password: str, again: str, sentence: str
) -> None:
    client, _ = follow(invite_somebody(administrator))

    answer = set_password(client, password, again)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not opens("r.invented", password)


def test_who_follows_a_link_is_signed_out_first(administrator: Account, detective: Account) -> None:
    desk = signed_in(detective)

    desk.get(invite_somebody(administrator))

    assert "_auth_user_id" not in desk.session


@pytest.mark.parametrize(
    "more", [{"username": "Has Blanks"}, {"role": "nobody"}, {"display_name": ""}, {"officer": "x"}]
)
def test_a_damaged_invitation_makes_nothing(administrator: Account, more: dict[str, str]) -> None:
    RoleFactory.create(code=RoleCode.DETECTIVE)
    count = Account.objects.count()

    answer = signed_in(administrator).post(reverse("account-invite"), {**given(), **more})

    assert answer.status_code == 422
    assert Account.objects.count() == count


@pytest.mark.parametrize(
    ("role", "discipline", "status"),
    [("partner", "", 422), ("partner", "medical", 200), ("detective", "medical", 422)],
    ids=("a partner without", "a partner with", "of the unit with"),
)
def test_a_partner_is_invited_with_a_discipline_and_nobody_else(
    administrator: Account, role: str, discipline: str, status: int
) -> None:
    RoleFactory.create(code=RoleCode.DETECTIVE)
    asked = {**given(role=role), "discipline": discipline, "organization": "Invented Clinic"}

    answer = signed_in(administrator).post(reverse("account-invite"), asked)

    assert answer.status_code == status
    kept = Account.objects.filter(username="r.invented").values_list("discipline", "organization")
    assert list(kept) == ([(discipline, "Invented Clinic")] if status == 200 else [])


def test_an_officer_is_invited_once(administrator: Account) -> None:
    RoleFactory.create(code=RoleCode.DETECTIVE)
    officer = OfficerFactory.create()
    desk = signed_in(administrator)

    first = desk.post(reverse("account-invite"), given(officer=str(officer.pk)))
    again = desk.post(reverse("account-invite"), given("other", officer=str(officer.pk)))
    taken = desk.post(reverse("account-invite"), given())

    assert [first.status_code, again.status_code, taken.status_code] == [200, 422, 422]
    assert Account.objects.get(username="r.invented").officer == officer


# Helping and closing


def act(who: Account, account: Account, what: str, reason: str = REASON) -> Any:
    return signed_in(who).post(
        reverse("accounts"), {"account": str(account.pk), "act": what, "reason": reason}
    )


def test_closing_ends_the_sessions_and_opening_lets_in_again(
    administrator: Account, detective: Account
) -> None:
    desk = signed_in(detective)
    assert desk.get(reverse("my-work")).status_code == 200

    act(administrator, detective, "close")
    assert desk.get(reverse("my-work")).status_code == 302
    assert not opens(detective.username, PASSWORD)
    assert act(administrator, detective, "close").status_code == 422

    act(administrator, detective, "open")
    assert opens(detective.username, PASSWORD)
    told = Entry.objects.filter(event=Event.ACCOUNT_CHANGED).order_by("id")
    assert [entry.changes for entry in told] == [
        {"is_active": [True, False]},
        {"is_active": [False, True]},
    ]


def test_a_new_link_voids_the_password_and_ends_the_sessions(
    administrator: Account, detective: Account
) -> None:
    desk = signed_in(detective)

    link = link_on(act(administrator, detective, "link"))

    assert desk.get(reverse("my-work")).status_code == 302
    assert not opens(detective.username, PASSWORD)
    client, _ = follow(link)
    set_password(client)
    assert opens(detective.username, NEW)


@pytest.mark.parametrize("what", ["link", "factors", "close", "open", "x", ""])
@pytest.mark.parametrize("reason", ["", "ok", "\u200b" * 40])
def test_without_a_reason_nothing_is_done(
    administrator: Account, detective: Account, what: str, reason: str
) -> None:
    assert act(administrator, detective, what, reason).status_code == 422
    assert opens(detective.username, PASSWORD)


@pytest.mark.parametrize("what", ["link", "factors", "close"])
def test_nobody_does_it_to_themself(administrator: Account, what: str) -> None:
    assert act(administrator, administrator, what).status_code == 403
    assert opens(administrator.username, PASSWORD)


@pytest.mark.parametrize("role", sorted(set(RoleCode) - {RoleCode.ADMINISTRATOR}))
def test_no_other_role_manages_accounts(role: str, detective: Account) -> None:
    who = AccountFactory.create(role=role)
    viewer, desk = viewer_for(who), signed_in(who)

    answers = [
        desk.get(reverse("accounts")),
        act(who, detective, "close"),
        desk.get(reverse("account-invite")),
        desk.post(reverse("account-invite"), given()),
    ]

    assert {answer.status_code for answer in answers} == {404}
    denied = Entry.objects.filter(event=Event.ACCESS_DENIED, outcome=Outcome.DENIED)
    assert denied.filter(actor_id=str(who.pk)).count() == 4
    with pytest.raises(NotPermitted):
        invite_again(viewer=viewer, now=NOW, account_id=detective.pk, reason=REASON)
    with pytest.raises(NotPermitted):
        set_active(viewer=viewer, now=NOW, account_id=detective.pk, active=False, reason=REASON)


def test_the_last_who_manages_accounts_stays(administrator: Account) -> None:
    other = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    viewer = viewer_for(other)
    Account.objects.filter(pk=other.pk).update(is_active=False)

    with pytest.raises(LastManager):
        set_active(viewer=viewer, now=NOW, account_id=administrator.pk, active=False, reason=REASON)
    with pytest.raises(NoReason):
        set_active(viewer=viewer, now=NOW, account_id=administrator.pk, active=False, reason="")


def test_the_list_asks_few_questions(
    administrator: Account, django_assert_max_num_queries: Any
) -> None:
    for _ in range(10):
        AccountFactory.create()
    desk = signed_in(administrator)

    with django_assert_max_num_queries(MAX_QUERIES):
        page = desk.get(reverse("accounts"))

    assert words(page).count("Invented Account") >= 10


# One's own password


def test_a_changed_password_ends_the_other_sessions(detective: Account) -> None:
    here, there = signed_in(detective), signed_in(detective)

    answer = here.post(reverse("password"), {"current": PASSWORD, "password": NEW, "again": NEW})

    assert answer.headers["Location"] == reverse("factors")
    assert here.get(reverse("my-work")).status_code == 200
    assert there.get(reverse("my-work")).status_code == 302
    assert opens(detective.username, NEW)
    assert Entry.objects.get(event=Event.PASSWORD_CHANGED).actor_id == str(detective.pk)


@pytest.mark.parametrize("given", ["", "Not-What-It-Is-1", f"{NEW}s"])
def test_a_password_is_changed_by_whoever_knows_it(detective: Account, given: str) -> None:
    """Also right after signing in, when nothing else asks for it again."""
    client = signed_in(detective)

    answer = client.post(reverse("password"), {"current": given, "password": NEW, "again": NEW})

    assert answer.status_code == 422
    assert "Your password now: " in words(answer)
    failed = Entry.objects.filter(event=Event.SIGN_IN_FAILED, subject_id=str(detective.pk))
    assert failed.count() == (1 if given else 0)
    assert not opens(detective.username, NEW)


def test_the_services_hold_passwords_to_the_rules_too(
    administrator: Account, detective: Account
) -> None:
    with pytest.raises(ValidationError):
        change_password(viewer=viewer_for(detective), now=NOW, password="Password2026!Spring")
    with pytest.raises(ValidationError):
        create_account(
            viewer=viewer_for(administrator),
            now=NOW,
            username="r.quillfeather",
            display_name="Roberta Quillfeather",
            role_code=Role.objects.get(code=RoleCode.DETECTIVE).code,
            password="Roberta.Quillfeather",
        )


def test_the_banner_is_the_units_own(settings: Settings) -> None:
    settings.SYSTEM_USE_BANNER = "For the county's work only.\n\n<b>All is recorded.</b>"

    page = Client().get(URL).content.decode()

    assert "<p>For the county&#x27;s work only.</p>" in page
    assert "&lt;b&gt;All is recorded.&lt;/b&gt;" in page


def test_the_server_invites_the_first_administrator(settings: Settings) -> None:
    RoleFactory.create(code=RoleCode.ADMINISTRATOR)
    settings.ALLOWED_HOSTS = ["testserver"]
    said = StringIO()

    call_command("invite_account", "first", "First Invented", stdout=said)

    client, page = follow(said.getvalue().strip().removeprefix("https://testserver"))
    assert "first" in words(page)
    set_password(client)
    assert opens("first", NEW)
    made = Entry.objects.get(event=Event.ACCOUNT_INVITED)
    assert made.actor_id == "system:invite account"
    with pytest.raises(CommandError, match="Somebody has"):
        call_command("invite_account", "first", "Another")


def test_the_server_invites_the_last_administrator_anew(administrator: Account) -> None:
    name, said = administrator.username, StringIO()

    call_command("invite_account", name, again=REASON, stdout=said)

    token = unquote(said.getvalue().strip().rpartition("t=")[2])
    assert not opens(name, PASSWORD)
    accept_invitation(viewer=viewer_for(administrator), now=NOW, token=token, password=NEW)
    assert opens(name, NEW)
    for username, reason in (("nobody", REASON), (name, "x")):
        with pytest.raises(CommandError):
            call_command("invite_account", username, again=reason)
