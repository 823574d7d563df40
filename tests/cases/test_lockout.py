"""Do five wrong passwords lock an account, for everybody alike, until somebody releases it?"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.context import acting_as_system
from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import NotPermitted, system_viewer, viewer_for
from cases.enums import RoleCode
from cases.models import Account
from cases.selectors.lockout import COUNTED_WITHIN, MOST_FAILURES, is_lock, last_turn
from cases.services.disowning import disown_sign_ins
from cases.services.lockout import NoReason, NotLocked, admit, release_account
from tests.cases.pages import signed_in, words
from tests.factories import NOW, PASSWORD, AccountFactory

URL = "/sign-in/"
REASON = "Rang back on the desk's own number."
SECOND = timedelta(seconds=1)


@pytest.fixture
def account(db: None) -> Account:
    return AccountFactory.create(role=RoleCode.DETECTIVE)


@pytest.fixture
def administrator(db: None) -> Account:
    return AccountFactory.create(role=RoleCode.ADMINISTRATOR)


@pytest.fixture
def stranger(client: Client, db: None) -> Client:
    client.post(URL, {"acknowledge": "yes"})
    return client


def fail(account: Account, at: datetime, times: int = 1) -> None:
    for _ in range(times):
        assert not admit(now=at, username=account.username, verified=None)


def opens(account: Account, at: datetime) -> bool:
    return admit(now=at, username=account.username, verified=account)


def lock(account: Account, at: datetime = NOW) -> None:
    fail(account, at, MOST_FAILURES)
    assert is_lock(last_turn(account.pk))


def test_four_failures_leave_it_open_and_the_fifth_locks(account: Account) -> None:
    fail(account, NOW, MOST_FAILURES - 1)
    assert opens(account, NOW)

    fail(account, NOW)

    assert not opens(account, NOW)
    entry = Entry.objects.get(event=Event.ACCOUNT_LOCKED)
    assert (entry.subject_id, entry.details) == (str(account.pk), {"failures": MOST_FAILURES})


@pytest.mark.parametrize(("after", "locked"), [(-SECOND, True), (0 * SECOND, False)])
def test_failures_count_for_fifteen_minutes(
    account: Account, after: timedelta, locked: bool
) -> None:
    fail(account, NOW)
    fail(account, NOW + COUNTED_WITHIN + after, MOST_FAILURES - 1)

    assert is_lock(last_turn(account.pk)) is locked


def test_no_time_that_passes_releases_it(account: Account) -> None:
    lock(account)

    assert not opens(account, NOW + timedelta(days=400))


def test_failures_at_one_account_lock_no_other(account: Account) -> None:
    other = AccountFactory.create()

    lock(account)

    assert opens(other, NOW)


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_at_once_all_count() -> None:
    account = AccountFactory.create()

    def guess(_: int) -> None:
        with acting_as_system("test"):
            fail(account, NOW)
        connection.close()

    with ThreadPoolExecutor(MOST_FAILURES) as pool:
        list(pool.map(guess, range(MOST_FAILURES)))

    assert Entry.objects.filter(event=Event.ACCOUNT_LOCKED).count() == 1


def test_the_right_password_of_a_locked_account_reads_like_a_wrong_one(
    stranger: Client, account: Account
) -> None:
    for _ in range(MOST_FAILURES):
        stranger.post(URL, {"username": account.username, "password": "wrong"})

    locked = stranger.post(URL, {"username": account.username, "password": PASSWORD})
    unknown = stranger.post(URL, {"username": "nobody-here", "password": PASSWORD})

    assert locked.status_code == unknown.status_code == 422
    assert words(locked).replace(account.username, "") == words(unknown).replace("nobody-here", "")
    assert "_auth_user_id" not in stranger.session
    failed = Entry.objects.filter(event=Event.SIGN_IN_FAILED, subject_id=str(account.pk))
    assert failed.count() == MOST_FAILURES + 1


def test_a_right_password_is_checked_as_slowly_when_locked(
    stranger: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(account)
    hashed: list[str] = []
    plain = Account.check_password

    def check(self: Account, raw: str) -> bool:
        hashed.append(raw)
        return plain(self, raw)

    monkeypatch.setattr(Account, "check_password", check)

    stranger.post(URL, {"username": account.username, "password": PASSWORD})

    assert hashed == [PASSWORD]


@pytest.mark.parametrize("locked_before", [False, True])
def test_an_administrator_sees_why_an_account_is_locked(
    account: Account, administrator: Account, locked_before: bool
) -> None:
    """Who only releases somebody that disowned a sign-in has looked into nothing."""
    other = AccountFactory.create(role=RoleCode.DETECTIVE)
    lock(other)
    if locked_before:
        lock(account)
    disown_sign_ins(viewer=viewer_for(account), now=NOW)

    with time_machine.travel(NOW + SECOND, tick=False):
        desk = signed_in(administrator)
        page, accounts = (desk.get(reverse(name)) for name in ("accounts-locked", "accounts"))

    shown = {one.account_id: one.is_disowned for one in page.context["locked"]}
    assert shown == {account.pk: True, other.pk: False}
    assert words(page).count("They said that somebody else signed in as them.") == 1
    assert words(page).count("Too many wrong passwords or codes.") == 1
    standing = {line.id: line.standing for line in accounts.context["lines"]}
    assert standing == {account.pk: "locked", other.pk: "locked", administrator.pk: "open"}


def test_an_administrator_releases_with_a_reason(account: Account, administrator: Account) -> None:
    lock(account)
    with time_machine.travel(NOW + SECOND, tick=False):
        desk = signed_in(administrator)
        assert "Locked accounts" in words(desk.get(reverse("roles")))
        page = desk.get(reverse("accounts-locked"))
        assert account.username in words(page)

        answer = desk.post(
            reverse("accounts-locked"), {"account": str(account.pk), "reason": REASON}
        )

    assert answer.headers["Location"] == reverse("accounts-locked")
    entry = Entry.objects.get(event=Event.ACCOUNT_RELEASED)
    assert (entry.actor_id, entry.reason) == (str(administrator.pk), REASON)
    assert opens(account, NOW + SECOND)


def test_after_a_release_failures_count_anew(account: Account, administrator: Account) -> None:
    lock(account)
    release_account(viewer=viewer_for(administrator), now=NOW, account_id=account.pk, reason=REASON)

    fail(account, NOW, MOST_FAILURES - 1)
    assert opens(account, NOW)
    fail(account, NOW)
    assert not opens(account, NOW)


@pytest.mark.parametrize("reason", ["", "ok", "\u200b" * 40, "aaaaaaaaaaaaaaaaaaaa"])
def test_a_reason_that_says_nothing_releases_nobody(
    account: Account, administrator: Account, reason: str
) -> None:
    lock(account)
    with pytest.raises(NoReason):
        release_account(
            viewer=viewer_for(administrator), now=NOW, account_id=account.pk, reason=reason
        )

    given = {"account": str(account.pk), "reason": reason}
    answer = signed_in(administrator).post(reverse("accounts-locked"), given)

    assert answer.status_code == 422
    assert is_lock(last_turn(account.pk))


@pytest.mark.parametrize("role", sorted(set(RoleCode) - {RoleCode.ADMINISTRATOR}))
def test_no_other_role_sees_or_releases(account: Account, role: str) -> None:
    lock(account)
    somebody = AccountFactory.create(role=role)
    desk = signed_in(somebody)
    given = {"account": str(account.pk), "reason": REASON}

    answers = [desk.get(reverse("accounts-locked")), desk.post(reverse("accounts-locked"), given)]

    assert [answer.status_code for answer in answers] == [404, 404]
    with pytest.raises(NotPermitted):
        release_account(viewer=viewer_for(somebody), now=NOW, account_id=account.pk, reason=REASON)
    denied = Entry.objects.filter(event=Event.ACCESS_DENIED, outcome=Outcome.DENIED)
    assert denied.filter(actor_id=str(somebody.pk)).count() == 2
    assert is_lock(last_turn(account.pk))


def test_nobody_releases_themself(administrator: Account) -> None:
    desk = signed_in(administrator)
    lock(administrator)

    given = {"account": str(administrator.pk), "reason": REASON}
    answer = desk.post(reverse("accounts-locked"), given)

    assert answer.status_code == 403
    assert is_lock(last_turn(administrator.pk))


def test_an_inactive_administrator_releases_nobody(account: Account) -> None:
    lock(account)
    gone = AccountFactory.create(role=RoleCode.ADMINISTRATOR, is_active=False)

    with pytest.raises(NotPermitted):
        release_account(viewer=viewer_for(gone), now=NOW, account_id=account.pk, reason=REASON)


def test_a_form_sent_twice_releases_once(account: Account, administrator: Account) -> None:
    lock(account)
    desk = signed_in(administrator)
    given = {"account": str(account.pk), "reason": REASON}
    desk.post(reverse("accounts-locked"), given)

    again = desk.post(reverse("accounts-locked"), given)

    assert again.status_code == 422
    assert Entry.objects.filter(event=Event.ACCOUNT_RELEASED).count() == 1
    with pytest.raises(NotLocked):
        release_account(viewer=system_viewer("test"), now=NOW, account_id=account.pk, reason=REASON)


def test_the_server_lets_the_last_administrator_in(administrator: Account) -> None:
    lock(administrator)
    said = StringIO()

    call_command("release_account", administrator.username, reason=REASON, stdout=said)

    assert said.getvalue() == "Released.\n"
    entry = Entry.objects.get(event=Event.ACCOUNT_RELEASED)
    assert (entry.actor_id, entry.reason) == ("system:release account", REASON)


@pytest.mark.parametrize(("username", "said"), [("nobody", "No such"), ("known", "not locked")])
def test_the_command_says_what_it_cannot_release(db: None, username: str, said: str) -> None:
    AccountFactory.create(username="known")

    with pytest.raises(CommandError, match=said):
        call_command("release_account", username, reason=REASON)
