"""Does a session end when it should, and does a dangerous act ask who sits there?"""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from audit.context import acting_as_system
from audit.events import Event
from audit.models import Entry
from cases import tasks
from cases.access import system_viewer
from cases.enums import Permission, RoleCode
from cases.models import Account, Role
from cases.rules.sessions import FRESH, IDLE, UNUSED, WHOLE, device_name
from cases.selectors.lockout import MOST_FAILURES, is_lock, last_turn
from cases.services.sessions import disable_unused_accounts
from tests.cases.pages import words
from tests.everywhere import every_address
from tests.factories import DAY, NOW, PASSWORD, AccountFactory, ImportRunFactory

pytestmark = pytest.mark.django_db

URL = "/sign-in/"
SECOND = timedelta(seconds=1)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def account() -> Account:
    return AccountFactory.create(role=RoleCode.ADMINISTRATOR, last_login=NOW)


def sign_in(account: Account, at: datetime = NOW, client: Client | None = None) -> Client:
    client = client or Client(headers={"user-agent": FIREFOX})
    with time_machine.travel(at, tick=False):
        client.post(URL, {"acknowledge": "yes"})
        client.post(URL, {"username": account.username, "password": PASSWORD})
        assert "_auth_user_id" in client.session
    return client


def look(client: Client, at: datetime, name: str = "roles") -> Any:
    with time_machine.travel(at, tick=False):
        return client.get(reverse(name))


def act(client: Client, at: datetime, name: str, given: dict[str, str]) -> Any:
    with time_machine.travel(at, tick=False):
        return client.post(reverse(name), given)


# Their end


def test_half_an_hour_without_a_step_ends_it(account: Account) -> None:
    stays, goes = sign_in(account), sign_in(account)

    assert look(stays, NOW + IDLE - SECOND).status_code == 200
    over = look(goes, NOW + IDLE)

    assert over.headers["Location"] == f"{URL}?next={reverse('roles')}"
    entry = Entry.objects.get(event=Event.SESSION_ENDED)
    assert (entry.actor_id, entry.details) == (str(account.pk), {"why": "idle"})


def test_each_step_gives_another_half_hour(account: Account) -> None:
    client = sign_in(account)
    step = timedelta(minutes=29)

    answers = [look(client, NOW + step * number) for number in range(1, 5)]

    assert {answer.status_code for answer in answers} == {200}


def test_after_twelve_hours_it_ends_whatever_was_done(account: Account) -> None:
    client, at = sign_in(account), NOW
    while at + IDLE - SECOND < NOW + WHOLE:
        at += IDLE - SECOND
        assert look(client, at).status_code == 200

    assert look(client, NOW + WHOLE).status_code == 302
    assert look(client, NOW + WHOLE, "session-state").json()["signed_in"] is False
    assert Entry.objects.get(event=Event.SESSION_ENDED).details == {"why": "whole"}


def test_a_page_that_asks_is_told_and_keeps_nothing_alive(account: Account) -> None:
    client = sign_in(account)

    told = [
        look(client, NOW + timedelta(minutes=10) * number, "session-state").json()["signed_in"]
        for number in range(1, 5)
    ]

    assert told == [True, True, False, False]


def test_what_was_posted_after_the_end_is_not_done(account: Account) -> None:
    client = sign_in(account)

    answer = act(client, NOW + IDLE, "keys", {"keys": "off"})

    assert answer.headers["Location"] == f"{URL}?next=/"
    assert "keys" not in client.session


# Where somebody is signed in


def test_the_sessions_are_listed_and_one_can_be_ended(account: Account) -> None:
    here, there = sign_in(account), sign_in(account)
    page = look(here, NOW, "factors")
    assert words(page).count("Firefox on Linux") == 4
    other = next(one for one in page.context["sessions"] if not one.is_this)
    assert there.session.session_key not in page.content.decode()

    act(here, NOW, "session-end", {"session": other.id})

    assert look(here, NOW).status_code == 200
    assert look(there, NOW).status_code == 302
    entry = Entry.objects.get(event=Event.SESSION_ENDED)
    assert entry.details == {"session": other.id, "why": "by hand"}


def test_nobody_ends_another_persons_session(account: Account) -> None:
    theirs = sign_in(AccountFactory.create(role=RoleCode.AUDITOR))
    page = look(theirs, NOW, "factors")
    mine = sign_in(account)

    for given in (page.context["sessions"][0].id, theirs.session.session_key or "", "", "x" * 500):
        act(mine, NOW, "session-end", {"session": given})

    assert look(theirs, NOW, "audit").status_code == 200
    assert not Entry.objects.filter(event=Event.SESSION_ENDED).exists()
    assert look(mine, NOW, "session-end").status_code == 405


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone) AppleWebKit Version/18 Safari/604", "Safari on iOS"),
        ("<script>", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_a_device_has_a_name_that_a_person_knows(header: str, name: str) -> None:
    assert device_name(header) == name


# New devices


def test_the_first_sign_in_of_all_tells_of_no_new_device(account: Account) -> None:
    assert "first time" not in words(look(sign_in(account), NOW))


def test_a_new_browser_is_told_there_and_where_one_was_before(account: Account) -> None:
    known = sign_in(account)
    new = sign_in(account, NOW + timedelta(hours=1))
    assert "first time you sign in from this browser" in words(look(new, NOW + timedelta(hours=1)))

    later = NOW + timedelta(hours=2)
    back = sign_in(account, later, known)
    assert "Somebody signed in as you from a new browser on 11 Mar 2026 11:00" in words(
        look(back, later)
    )
    again = sign_in(account, later + SECOND, known)
    assert "new browser" not in words(look(again, later + SECOND))
    told = Entry.objects.filter(event=Event.SIGNED_IN).order_by("id")
    assert [entry.details["new_device"] for entry in told] == [True, True, False, False]


def test_a_cookie_that_was_made_up_is_a_new_device(account: Account) -> None:
    known = sign_in(account)
    forged = Client(headers={"user-agent": FIREFOX})
    forged.cookies["caseunit-device"] = known.cookies["caseunit-device"].value.split(":")[0]
    sign_in(account, client=forged)

    assert [
        entry.details["new_device"] for entry in Entry.objects.filter(event=Event.SIGNED_IN)
    ] == [True, True]
    cookie = known.cookies["caseunit-device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_a_session_that_idled_out_is_listed_no_more(account: Account) -> None:
    """Its window was closed and nobody signed out: there is nothing that one could still end."""
    here, _ = sign_in(account), sign_in(account)
    soon = NOW + IDLE - SECOND
    assert len(look(here, soon, "factors").context["sessions"]) == 2

    assert [one.is_this for one in look(here, NOW + IDLE, "factors").context["sessions"]] == [True]


def test_it_was_not_me_ends_every_session_and_locks(account: Account) -> None:
    mine, theirs = sign_in(account), sign_in(account, NOW + SECOND)
    later = NOW + timedelta(minutes=1)
    act(mine, later, "session-disown", {})
    assert look(mine, later).status_code == 200
    listed = look(mine, later, "factors").context["sessions"]
    assert [one.is_new for one in listed] == [False, True]

    answer = act(mine, later, "session-disown", {"sure": "yes"})

    assert answer.headers["Location"] == URL
    assert look(mine, later).status_code == look(theirs, later).status_code == 302
    assert is_lock(last_turn(account.pk))
    assert not Account.objects.get(pk=account.pk).has_usable_password()
    entry = Entry.objects.get(event=Event.SIGN_INS_DISOWNED)
    assert (entry.actor_id, entry.details) == (str(account.pk), {"sessions": 2})


# What a page asks by itself

POLLS = {"HX-Request": "true", "X-Asks-By-Itself": "yes"}


def test_a_page_that_asks_by_itself_keeps_no_session_alive(account: Account) -> None:
    client, run = sign_in(account), ImportRunFactory.create()
    url = reverse("import-detail", args=[run.pk])

    def ask(minutes: int) -> Any:
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            return client.get(url, headers=POLLS)

    assert [ask(minutes).status_code for minutes in (10, 20, 29)] == [200, 200, 200]
    over = ask(30)

    assert over.headers["HX-Redirect"] == f"{URL}?next={url}"
    assert over.content == b""
    assert Entry.objects.get(event=Event.SESSION_ENDED).details == {"why": "idle"}


def test_every_page_that_asks_by_itself_says_so() -> None:
    asking = [
        line
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for line in path.read_text(encoding="utf-8").splitlines()
        if 'hx-trigger="every' in line
    ]

    assert len(asking) >= 3
    assert [line for line in asking if "X-Asks-By-Itself" not in line] == []


# A password given again


@pytest.fixture
def detective() -> Role:
    AccountFactory.create(role=RoleCode.DETECTIVE)
    return Role.objects.get(code=RoleCode.DETECTIVE)


def preview(client: Client, at: datetime, **more: str) -> Any:
    given = {"step": "preview", "scope": "own", "permissions": "view_cases", "version": "1", **more}
    with time_machine.travel(at, tick=False):
        return client.post(reverse("role-edit", args=["detective"]), given)


def test_within_ten_minutes_nothing_is_asked(account: Account, detective: Role) -> None:
    assert "password again" not in words(preview(sign_in(account), NOW + FRESH - SECOND))


def test_later_the_password_is_asked_and_what_was_filled_in_is_kept(
    account: Account, detective: Role
) -> None:
    client, later = sign_in(account), NOW + FRESH
    asked = preview(client, later)
    assert "Your password again" in words(asked)
    assert 'name="permissions" value="view_cases"' in asked.content.decode()

    wrong = preview(client, later, _password_again="wrong")
    right = preview(client, later, _password_again=PASSWORD)

    assert wrong.status_code == 422
    assert "Your password again" not in words(right)
    assert "Your password again" not in words(preview(client, later + FRESH - SECOND))
    events = list(Entry.objects.order_by("id").values_list("event", flat=True))
    assert [event for event in events if event != Event.ROLES_VIEWED] == [
        Event.SIGNED_IN,
        Event.PASSWORD_ASKED,
        Event.SIGN_IN_FAILED,
        Event.SIGNED_IN,
    ]
    assert PASSWORD not in str(list(Entry.objects.values()))


def test_guesses_at_an_open_desk_lock_the_account(account: Account, detective: Role) -> None:
    client = sign_in(account)
    for _ in range(MOST_FAILURES):
        preview(client, NOW + FRESH, _password_again="guess")

    assert is_lock(last_turn(account.pk))
    assert preview(client, NOW + FRESH, _password_again=PASSWORD).status_code == 422


def test_somebody_elses_password_proves_nothing(account: Account, detective: Role) -> None:
    client = sign_in(account)
    AccountFactory.create(username="other", password="Another-Long-Secret-1")

    answer = preview(client, NOW + FRESH, _password_again="Another-Long-Secret-1")

    assert answer.status_code == 422


DANGEROUS = {
    "access-decide", "access-review-role", "account-invite", "accounts", "accounts-locked",
    "break-glass", "expunge-request", "factor-app", "factor-codes", "factor-passkey",
    "factor-remove", "grant-end", "grant-give", "officer-send", "provider-link", "provider-unlink",
    "role-change", "role-edit", "roles-import", "service-key-new", "service-keys", "session-end",
    "share-end", "wall-lift", "wall-set",
}  # fmt: skip


def test_dangerous_acts_ask() -> None:
    """Of every page those of the list, and no other."""
    asking = set()
    for role in (RoleCode.ADMINISTRATOR, RoleCode.CAPTAIN):
        Role.objects.get(code=role).permissions.get_or_create(permission=Permission.BREAK_GLASS)
        client = sign_in(AccountFactory.create(role=role))
        with time_machine.travel(NOW + FRESH, tick=False):
            for name, address in every_address():
                if name not in {"sign-out", "session-disown"}:
                    answer = client.post(address, {})
                    asking |= {name} if b"_password_again" in answer.content else set()

    assert asking == DANGEROUS


# Accounts that nobody uses


def test_an_account_that_nobody_used_for_ninety_days_is_closed(account: Account) -> None:
    unused = AccountFactory.create(last_login=NOW - UNUSED)
    used = AccountFactory.create(last_login=NOW - UNUSED + SECOND)
    young = AccountFactory.create(created_at=NOW - DAY)
    never = AccountFactory.create()
    let_in = AccountFactory.create()
    Entry(
        event=Event.ACCOUNT_CHANGED, at=NOW - DAY, subject_type="account",
        subject_id=str(let_in.pk), actor_id="1", actor_label="somebody",
    ).save(force_insert=True)  # fmt: skip

    assert disable_unused_accounts(viewer=system_viewer("test"), now=NOW) == 2

    closed = set(Account.objects.filter(is_active=False))
    assert closed == {unused, never}
    assert {used, young, let_in, account}.isdisjoint(closed)
    told = Entry.objects.filter(event=Event.ACCOUNT_CHANGED, reason="Not used for 90 days.")
    assert {entry.subject_id for entry in told} == {str(unused.pk), str(never.pk)}
    assert disable_unused_accounts(viewer=system_viewer("test"), now=NOW) == 0


def test_one_who_manages_accounts_stays() -> None:
    older = AccountFactory.create(role=RoleCode.ADMINISTRATOR, last_login=NOW - 2 * UNUSED)
    newer = AccountFactory.create(role=RoleCode.ADMINISTRATOR, last_login=NOW - UNUSED)

    disable_unused_accounts(viewer=system_viewer("test"), now=NOW)

    assert list(Account.objects.filter(is_active=True)) == [newer]
    assert not Account.objects.get(pk=older.pk).is_active


@pytest.mark.unbound
def test_the_daily_task_acts_in_its_own_name() -> None:
    with acting_as_system("test"):
        AccountFactory.create(created_at=NOW - 400 * DAY)
        AccountFactory.create(role=RoleCode.ADMINISTRATOR)

    tasks.disable_unused_accounts.delay()

    assert Entry.objects.get().actor_label == "system:accounts"
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "cases.tasks.disable_unused_accounts" in scheduled
