"""Does a password alone open nothing, and does a second factor open once, for its owner only?"""

import json
import re
from datetime import datetime, timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import NotPermitted, viewer_for
from cases.enums import RoleCode
from cases.models import Account
from cases.selectors.factors import codes_left, factors_of, has_factor
from cases.selectors.lockout import MOST_FAILURES, is_lock, last_turn
from cases.services.factors import (
    MOST_RUN_OUT,
    NoFactor,
    NotProved,
    enrol_app,
    make_recovery_codes,
    prove_second,
    reset_factors,
)
from cases.services.lockout import NoReason
from tests.cases.pages import MAX_QUERIES, signed_in, words
from tests.cases.passkeys import HOST, Passkey
from tests.factories import NOW, PASSWORD, AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

URL = "/sign-in/"
SECOND_URL = "/sign-in/second/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = timedelta(seconds=30)
REASON = "Rang back on the desk's own number."


def code_at(at: datetime, secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30))


@pytest.fixture
def account() -> Account:
    return AccountFactory.create(role=RoleCode.DETECTIVE)


@pytest.fixture
def with_app(account: Account) -> Account:
    """Somebody whose authenticator app was added half a minute ago."""
    before = NOW - STEP
    enrol_app(viewer=viewer_for(account), now=before, secret=SECRET, code=code_at(before))
    return account


@pytest.fixture
def required(settings: Settings) -> None:
    settings.REQUIRE_MFA = True


@pytest.fixture
def stranger() -> Client:
    client = Client(headers={"host": HOST}, SERVER_NAME=HOST)
    client.post(URL, {"acknowledge": "yes"})
    return client


def give_password(client: Client, account: Account, target: str = "/cases/") -> Any:
    given = {"username": account.username, "password": PASSWORD}
    return client.post(f"{URL}?next={target}", given)


def give_code(client: Client, code: str) -> Any:
    return client.post(SECOND_URL, {"code": code})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def options_on(response: Any) -> dict[str, Any]:
    """The question to a passkey that a page carries."""
    found = re.search(r'data-options="([^"]*)"', response.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


# The second step


def test_the_password_alone_opens_nothing(stranger: Client, with_app: Account) -> None:
    answer = give_password(stranger, with_app)

    assert answer.headers["Location"] == SECOND_URL
    assert not is_in(stranger)
    assert stranger.get("/cases/").status_code == 302
    assert not Entry.objects.filter(event=Event.SIGNED_IN).exists()


def test_the_code_opens_the_asked_page_and_is_on_record(
    stranger: Client, with_app: Account
) -> None:
    give_password(stranger, with_app)

    answer = give_code(stranger, code_at(NOW))

    assert answer.headers["Location"] == "/cases/"
    assert is_in(stranger)
    entry = Entry.objects.get(event=Event.SIGNED_IN)
    assert (entry.actor_id, entry.details["second"]) == (str(with_app.pk), "totp")


@pytest.fixture
def long_with_app(account: Account) -> Account:
    early = NOW - 10 * STEP
    enrol_app(viewer=viewer_for(account), now=early, secret=SECRET, code=code_at(early))
    return account


@pytest.mark.parametrize("away", [-2, -1, 1, 2])
def test_codes_of_other_half_minutes_open_nothing(
    stranger: Client, long_with_app: Account, away: int
) -> None:
    give_password(stranger, long_with_app)

    assert give_code(stranger, code_at(NOW + away * STEP)).status_code == 422
    assert not is_in(stranger)


@pytest.mark.parametrize(
    ("after", "opens"), [(0, True), (29.999, True), (30, False), (59.999, False)]
)
def test_a_code_lives_for_its_half_minute(
    stranger: Client, long_with_app: Account, after: float, opens: bool
) -> None:
    begins = NOW - timedelta(seconds=NOW.timestamp() % 30)
    with time_machine.travel(begins, tick=False):
        give_password(stranger, long_with_app)

    with time_machine.travel(begins + timedelta(seconds=after), tick=False):
        give_code(stranger, code_at(begins))

    assert is_in(stranger) is opens


def test_a_code_that_has_just_run_out_is_said_so_and_counts_for_nothing(
    stranger: Client, long_with_app: Account
) -> None:
    give_password(stranger, long_with_app)
    for _ in range(MOST_FAILURES - 1):
        give_code(stranger, "000000")

    answer = give_code(stranger, code_at(NOW - STEP))

    assert answer.status_code == 422
    assert "That code has just run out. Type the one your app shows now." in words(answer)
    assert Entry.objects.get(event=Event.CODE_RUN_OUT).subject_id == str(long_with_app.pk)
    assert give_code(stranger, code_at(NOW)).status_code == 302


@pytest.mark.parametrize("away", [-3, -2, 1])
def test_no_other_code_is_told_from_a_wrong_one(
    stranger: Client, long_with_app: Account, away: int
) -> None:
    give_password(stranger, long_with_app)

    wrong = words(give_code(stranger, "000000"))

    assert words(give_code(stranger, code_at(NOW + away * STEP))) == wrong


def test_the_next_code_is_typed_into_an_empty_field(
    stranger: Client, long_with_app: Account
) -> None:
    give_password(stranger, long_with_app)

    assert "000000" not in give_code(stranger, "000000").content.decode()


def test_each_code_is_told_to_have_run_out_once(stranger: Client, long_with_app: Account) -> None:
    give_password(stranger, long_with_app)
    give_code(stranger, code_at(NOW - STEP))
    assert not Entry.objects.filter(event=Event.SIGN_IN_FAILED).exists()

    for _ in range(MOST_FAILURES):
        assert "just run out" not in words(give_code(stranger, code_at(NOW - STEP)))

    assert is_lock(last_turn(long_with_app.pk))


def test_whoever_is_always_late_is_locked_like_whoever_guesses(
    stranger: Client, long_with_app: Account
) -> None:
    """Else somebody who reads codes over a shoulder could ask as often as they like."""
    for late in range(MOST_RUN_OUT + MOST_FAILURES):
        assert not is_lock(last_turn(long_with_app.pk))
        with time_machine.travel(NOW + late * STEP, tick=False):
            give_password(stranger, long_with_app)
            answer = words(give_code(stranger, code_at(NOW + (late - 1) * STEP)))
        assert ("just run out" in answer) is (late < MOST_RUN_OUT)

    assert is_lock(last_turn(long_with_app.pk))


def test_a_code_that_was_used_is_not_said_to_have_run_out(
    stranger: Client, long_with_app: Account
) -> None:
    give_password(stranger, long_with_app)
    give_code(stranger, code_at(NOW))
    other = Client()
    other.post(URL, {"acknowledge": "yes"})

    with time_machine.travel(NOW + STEP, tick=False):
        give_password(other, long_with_app)
        answer = words(give_code(other, code_at(NOW)))

    assert "just run out" not in answer
    assert Entry.objects.filter(event=Event.SIGN_IN_FAILED).count() == 1


def test_an_app_is_added_by_a_code_of_the_half_minute_that_runs(account: Account) -> None:
    with pytest.raises(NotProved, match="just run out"):
        enrol_app(viewer=viewer_for(account), now=NOW, secret=SECRET, code=code_at(NOW - STEP))

    assert not Authenticator.objects.exists()


def test_no_code_opens_twice(stranger: Client, with_app: Account) -> None:
    give_password(stranger, with_app)
    give_code(stranger, code_at(NOW))
    other = Client()
    other.post(URL, {"acknowledge": "yes"})
    give_password(other, with_app)

    assert give_code(other, code_at(NOW)).status_code == 422
    assert give_code(other, code_at(NOW - STEP)).status_code == 422
    assert not is_in(other)


def test_nobody_begins_with_the_second_step(stranger: Client, with_app: Account) -> None:
    assert stranger.get(SECOND_URL).headers["Location"] == URL
    assert give_code(stranger, code_at(NOW)).headers["Location"] == URL
    assert not is_in(stranger)


def test_the_second_step_waits_five_minutes(stranger: Client, with_app: Account) -> None:
    give_password(stranger, with_app)

    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        answer = give_code(stranger, code_at(NOW + timedelta(minutes=5)))

    assert answer.headers["Location"] == URL
    assert not is_in(stranger)


def test_an_account_made_inactive_between_the_steps_stays_out(
    stranger: Client, with_app: Account
) -> None:
    give_password(stranger, with_app)
    Account.objects.filter(pk=with_app.pk).update(is_active=False)

    give_code(stranger, code_at(NOW))

    assert not is_in(stranger)


def test_somebody_elses_code_opens_nothing(stranger: Client, with_app: Account) -> None:
    other = AccountFactory.create()
    secret = SECRET[::-1].replace("8", "A")
    early = NOW - STEP
    enrol_app(viewer=viewer_for(other), now=early, secret=secret, code=code_at(early, secret))
    give_password(stranger, with_app)

    assert give_code(stranger, code_at(NOW, secret)).status_code == 422


def test_five_wrong_codes_lock_the_account(stranger: Client, with_app: Account) -> None:
    give_password(stranger, with_app)
    answers = [give_code(stranger, "000000") for _ in range(MOST_FAILURES)]

    assert {answer.status_code for answer in answers} == {422}
    assert is_lock(last_turn(with_app.pk))
    assert give_code(stranger, code_at(NOW)).status_code == 422
    assert not is_in(stranger)
    failed = Entry.objects.filter(event=Event.SIGN_IN_FAILED, subject_id=str(with_app.pk))
    assert failed.count() == MOST_FAILURES + 1
    assert "000000" not in str(list(Entry.objects.values()))


def test_wrong_passwords_and_wrong_codes_count_together(
    stranger: Client, with_app: Account
) -> None:
    for _ in range(2):
        stranger.post(URL, {"username": with_app.username, "password": "wrong"})
    give_password(stranger, with_app)
    for _ in range(3):
        give_code(stranger, "000000")

    assert is_lock(last_turn(with_app.pk))


def test_a_locked_account_with_a_factor_reads_like_a_wrong_password(
    stranger: Client, with_app: Account
) -> None:
    for _ in range(MOST_FAILURES):
        stranger.post(URL, {"username": with_app.username, "password": "wrong"})

    assert give_password(stranger, with_app).status_code == 422


@pytest.mark.parametrize(
    "given",
    [{"code": " "}, {"code": ""}, {"credential": "[]"}, {"credential": "{"}, {"credential": "{}"}],
)
def test_a_damaged_second_step_opens_nothing(
    stranger: Client, with_app: Account, given: dict[str, str]
) -> None:
    give_password(stranger, with_app)

    assert stranger.post(SECOND_URL, given).status_code == 422
    assert not is_in(stranger)


# Recovery codes


def test_a_recovery_code_opens_once_and_is_on_record(stranger: Client, with_app: Account) -> None:
    code = make_recovery_codes(viewer=viewer_for(with_app), now=NOW)[3]
    give_password(stranger, with_app)
    assert give_code(stranger, code).status_code == 302
    assert codes_left(with_app.pk) == 9
    entry = Entry.objects.get(event=Event.RECOVERY_CODE_USED)
    assert (entry.actor_id, entry.subject_id) == (str(with_app.pk), str(with_app.pk))

    other = Client()
    other.post(URL, {"acknowledge": "yes"})
    give_password(other, with_app)
    assert give_code(other, code).status_code == 422


def test_recovery_codes_are_kept_as_salted_hashes_only(with_app: Account) -> None:
    codes = make_recovery_codes(viewer=viewer_for(with_app), now=NOW)

    kept = Authenticator.objects.get(user=with_app, type="recovery_codes").data
    assert list(kept) == ["hashed"]
    assert len({one.split("$")[2] for one in kept["hashed"]}) == len(codes) == 10
    assert all(one.startswith("pbkdf2_sha256$") for one in kept["hashed"])
    assert not [code for code in codes if code in str(kept)]


def test_codes_of_an_older_version_are_void_and_break_no_page(with_app: Account) -> None:
    Authenticator.objects.create(
        user=with_app, type="recovery_codes", data={"seed": "sealed", "used_mask": 0}
    )

    assert codes_left(with_app.pk) == 0
    assert prove_second(viewer=viewer_for(with_app), now=NOW, code="30481729365") == ""
    assert signed_in(with_app).get(reverse("factors")).status_code == 200


@pytest.mark.parametrize("typed", ["", "3", "99999999999", "03a4", "3 0481 7", "٣" * 11])
def test_what_is_no_recovery_code_opens_nothing(with_app: Account, typed: str) -> None:
    viewer = viewer_for(with_app)
    make_recovery_codes(viewer=viewer, now=NOW)

    assert prove_second(viewer=viewer, now=NOW, code=typed) == ""


def test_a_locked_account_uses_up_no_recovery_code(stranger: Client, with_app: Account) -> None:
    code = make_recovery_codes(viewer=viewer_for(with_app), now=NOW)[0]
    give_password(stranger, with_app)
    for _ in range(MOST_FAILURES):
        give_code(stranger, "000000")

    give_code(stranger, code)

    assert codes_left(with_app.pk) == 10


def test_new_codes_void_the_old(with_app: Account) -> None:
    viewer = viewer_for(with_app)
    old = make_recovery_codes(viewer=viewer, now=NOW)
    new = make_recovery_codes(viewer=viewer, now=NOW)

    assert prove_second(viewer=viewer, now=NOW, code=old[0]) == ""
    assert prove_second(viewer=viewer, now=NOW, code=new[0]) == "recovery_codes"


def test_codes_without_a_factor_are_not_made(account: Account) -> None:
    assert signed_in(account).post(reverse("factor-codes")).status_code == 302
    assert not Authenticator.objects.exists()


# Passkeys


@pytest.fixture
def passkey(account: Account) -> Passkey:
    """A passkey that its owner added through the page."""
    return enrolled(account, Passkey())


def enrolled(account: Account, made: Passkey) -> Passkey:
    desk = at_host(account)
    options = options_on(desk.get(reverse("factor-passkey")))
    given = {"name": "On my ring", "credential": json.dumps(made.create(options))}
    answer = desk.post(reverse("factor-passkey"), given)
    assert "Recovery codes" in words(answer)
    return made


def at_host(account: Account) -> Client:
    client = Client(SERVER_NAME=HOST)
    client.force_login(account)
    return client


def test_a_passkey_opens_for_its_owner(
    stranger: Client, account: Account, passkey: Passkey
) -> None:
    give_password(stranger, account)
    options = options_on(stranger.get(SECOND_URL))

    answer = stranger.post(SECOND_URL, {"credential": json.dumps(passkey.get(options))})

    assert answer.headers["Location"] == "/cases/"
    assert Entry.objects.get(event=Event.SIGNED_IN).details["second"] == "webauthn"
    assert factors_of(account.pk)[0].used_at == NOW


def test_an_app_that_came_after_a_passkey_and_codes_opens_as_well(
    account: Account, passkey: Passkey
) -> None:
    viewer, before = viewer_for(account), NOW - STEP
    spare = make_recovery_codes(viewer=viewer, now=before)
    enrol_app(viewer=viewer, now=before, secret=SECRET, code=code_at(before))

    assert prove_second(viewer=viewer, now=NOW, code=code_at(NOW)) == "totp"
    assert prove_second(viewer=viewer, now=NOW, code=spare[0]) == "recovery_codes"


def test_a_passkeys_answer_opens_once(stranger: Client, account: Account, passkey: Passkey) -> None:
    give_password(stranger, account)
    answered = passkey.get(options_on(stranger.get(SECOND_URL)))
    stranger.post(SECOND_URL, {"credential": json.dumps(answered)})
    stranger.post(reverse("sign-out"))
    stranger.post(URL, {"acknowledge": "yes"})
    give_password(stranger, account)
    stranger.get(SECOND_URL)

    again = stranger.post(SECOND_URL, {"credential": json.dumps(answered)})

    assert again.status_code == 422
    assert not is_in(stranger)


def test_another_passkey_opens_nothing(
    stranger: Client, account: Account, passkey: Passkey
) -> None:
    give_password(stranger, account)
    options = options_on(stranger.get(SECOND_URL))
    forged = Passkey(id=passkey.id).get(options)
    unknown = Passkey().get(options)
    elsewhere = Passkey(origin="https://elsewhere.example", key=passkey.key, id=passkey.id)

    for answered in (forged, unknown, elsewhere.get(options)):
        answer = stranger.post(SECOND_URL, {"credential": json.dumps(answered)})
        assert answer.status_code == 422
    assert not is_in(stranger)
    assert Entry.objects.filter(event=Event.SIGN_IN_FAILED).count() == 3


@pytest.mark.parametrize(("said", "opens"), [(1, False), (2, False), (3, True)])
def test_a_passkey_whose_count_goes_back_stands_in_two_places(
    stranger: Client, account: Account, passkey: Passkey, said: int, opens: bool
) -> None:
    give_with(stranger, account, passkey)
    assert passkey.count == 2
    assert is_in(stranger)
    stranger.post("/sign-out/")
    stranger.post(URL, {"acknowledge": "yes"})
    passkey.count = said - 1

    give_with(stranger, account, passkey)

    assert is_in(stranger) is opens
    behind = Entry.objects.filter(event=Event.PASSKEY_BEHIND, outcome=Outcome.DENIED)
    assert behind.exists() is not opens
    failed = Entry.objects.filter(event=Event.SIGN_IN_FAILED, subject_id=str(account.pk))
    assert failed.exists() is not opens


def test_a_passkey_kept_by_several_devices_never_counts(stranger: Client, account: Account) -> None:
    passkey = enrolled(account, Passkey(count=0, counts=False))

    for _ in range(2):
        stranger.post(URL, {"acknowledge": "yes"})
        give_with(stranger, account, passkey)
        assert is_in(stranger)
        stranger.post("/sign-out/")


def give_with(client: Client, account: Account, passkey: Passkey) -> Any:
    give_password(client, account)
    options = options_on(client.get(SECOND_URL))
    return client.post(SECOND_URL, {"credential": json.dumps(passkey.get(options))})


def test_a_passkey_that_answers_another_question_is_not_kept(account: Account) -> None:
    desk, made = at_host(account), Passkey()
    options = options_on(desk.get(reverse("factor-passkey")))
    desk.get(reverse("factor-passkey"))

    given = {"name": "Late", "credential": json.dumps(made.create(options))}
    answer = desk.post(reverse("factor-passkey"), given)

    assert answer.status_code == 422
    assert not has_factor(account.pk)


# Enrolment


def test_nothing_opens_before_a_required_factor_is_there(
    required: None, stranger: Client, account: Account
) -> None:
    assert give_password(stranger, account).headers["Location"] == "/cases/"

    for method in ("get", "post"):
        for name in ("home", "my-work", "case-list", "keys"):
            answer = getattr(stranger, method)(reverse(name))
            assert answer.headers["Location"] == reverse("factors")

    assert "Before anything else opens" in words(stranger.get(reverse("factors")))
    assert "switched off" not in words(Client().get(URL))


def test_enrolling_opens_the_pages_and_shows_recovery_codes_once(
    required: None, stranger: Client, account: Account
) -> None:
    give_password(stranger, account)
    page = words(stranger.get(reverse("factor-app")))
    found = re.search(r"Key: ([A-Z2-7 ]+?) Code", page)
    assert found is not None
    secret = found[1].replace(" ", "")

    wrong = stranger.post(reverse("factor-app"), {"code": "000000"})
    right = stranger.post(reverse("factor-app"), {"code": code_at(NOW, secret)})

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert len(re.findall(r"<li><code", right.content.decode())) == 10
    assert stranger.get(reverse("case-list")).status_code == 200
    events = set(Entry.objects.values_list("event", flat=True))
    assert {Event.FACTOR_ENROLLED, Event.RECOVERY_CODES_MADE} <= events
    assert secret not in str(list(Authenticator.objects.values()))
    assert secret not in str(list(Entry.objects.values()))


def test_an_app_on_a_new_phone_takes_the_place_of_the_old(with_app: Account) -> None:
    """Else nobody whose app is their only second factor could move to another phone."""
    desk = signed_in(with_app)
    before = Authenticator.objects.get(type="totp")
    assert "Move to another authenticator app" in words(desk.get(reverse("factors")))
    page = words(desk.get(reverse("factor-app")))
    found = re.search(r"Key: ([A-Z2-7 ]+?) Code", page)
    assert found is not None

    secret = found[1].replace(" ", "")
    desk.post(reverse("factor-app"), {"code": code_at(NOW)})
    assert Authenticator.objects.get(type="totp") == before

    desk.post(reverse("factor-app"), {"code": code_at(NOW, secret)})

    viewer, later = viewer_for(with_app), NOW + STEP
    assert prove_second(viewer=viewer, now=later, code=code_at(later)) == ""
    assert prove_second(viewer=viewer, now=later, code=code_at(later, secret)) == "totp"
    assert Entry.objects.filter(event=Event.FACTOR_REMOVED).count() == 1


def test_a_factor_is_removed_by_its_owner_only(with_app: Account) -> None:
    factor = factors_of(with_app.pk)[0]
    signed_in(AccountFactory.create()).post(reverse("factor-remove"), {"factor": factor.id})
    assert has_factor(with_app.pk)

    signed_in(with_app).post(reverse("factor-remove"), {"factor": factor.id})

    assert not Authenticator.objects.exists()
    assert Entry.objects.get(event=Event.FACTOR_REMOVED).actor_id == str(with_app.pk)


def test_the_last_factor_stays_where_one_is_required(required: None, with_app: Account) -> None:
    desk = signed_in(with_app)
    session = desk.session
    session["second"] = "totp"
    session.save()

    desk.post(reverse("factor-remove"), {"factor": factors_of(with_app.pk)[0].id})

    assert has_factor(with_app.pk)


@pytest.mark.parametrize("name", ["factor-codes", "factor-remove"])
def test_acts_on_factors_take_a_post(with_app: Account, name: str) -> None:
    assert signed_in(with_app).get(reverse(name)).status_code == 405


def test_the_page_asks_few_questions(with_app: Account, django_assert_max_num_queries: Any) -> None:
    desk = signed_in(with_app)
    with django_assert_max_num_queries(MAX_QUERIES):
        page = desk.get(reverse("factors"))

    assert "Authenticator app" in words(page)
    assert "demonstration" in words(page)


# Resetting


@pytest.fixture
def administrator() -> Account:
    return AccountFactory.create(role=RoleCode.ADMINISTRATOR)


def test_an_administrator_resets_with_a_reason(with_app: Account, administrator: Account) -> None:
    viewer, desk = viewer_for(administrator), signed_in(with_app)
    for empty in ("", "ok", "\u200b" * 40):
        with pytest.raises(NoReason):
            reset_factors(viewer=viewer, now=NOW, account_id=with_app.pk, reason=empty)

    reset_factors(viewer=viewer, now=NOW, account_id=with_app.pk, reason=REASON)

    assert not Authenticator.objects.exists()
    assert desk.get(reverse("factors")).status_code == 302
    assert Entry.objects.get(event=Event.FACTORS_RESET).reason == REASON
    with pytest.raises(NoFactor):
        reset_factors(viewer=viewer, now=NOW, account_id=with_app.pk, reason=REASON)


def test_nobody_else_resets(with_app: Account, administrator: Account) -> None:
    gone = AccountFactory.create(role=RoleCode.ADMINISTRATOR, is_active=False)
    others = [AccountFactory.create(role=role) for role in set(RoleCode) - {RoleCode.ADMINISTRATOR}]
    for who in (*others, gone):
        with pytest.raises(NotPermitted):
            reset_factors(viewer=viewer_for(who), now=NOW, account_id=with_app.pk, reason=REASON)
    with pytest.raises(NotPermitted):
        reset_factors(
            viewer=viewer_for(administrator), now=NOW, account_id=administrator.pk, reason=REASON
        )


def test_the_server_resets_the_last_administrators(with_app: Account) -> None:
    said = StringIO()
    call_command("reset_factors", with_app.username, reason=REASON, stdout=said)

    assert said.getvalue() == "Reset.\n"
    assert Entry.objects.get(event=Event.FACTORS_RESET).actor_id == "system:reset factors"
    with pytest.raises(CommandError, match="no second factor"):
        call_command("reset_factors", with_app.username, reason=REASON)
    with pytest.raises(CommandError, match="No such"):
        call_command("reset_factors", "nobody", reason=REASON)
