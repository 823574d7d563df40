"""Can an identity leave whose entry was never committed? On a real database that refuses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.models import Account, Reveal, Victim
from cases.rules.leaks import Identity
from tests.cases.pages import signed_in
from tests.factories import AccountFactory, CaseFactory, VictimFactory
from tests.leaks import assert_nothing_leaks

pytestmark = pytest.mark.django_db(transaction=True)

CHILD: Identity = {"first_name": "Zephyrine", "last_name": "Quillfeather"}
WHY = "Arranging the forensic interview for tomorrow."
AT_ONCE = "TRIGGER refuse BEFORE INSERT ON audit_entry"
KEYS_ALONE = "when (NEW.event = 'keys_used')"
AT_COMMIT = "CONSTRAINT TRIGGER refuse AFTER INSERT ON audit_entry DEFERRABLE INITIALLY DEFERRED"


@contextmanager
def log_refusing(trigger: str, when: str = "") -> Iterator[None]:
    """Every row that comes to the audit table is refused: when it is written, or at commit.

    `when` leaves it at some of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_entry() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no room left'; END $$"
        )
        cursor.execute(f"CREATE {trigger} FOR EACH ROW {when} EXECUTE FUNCTION refuse_entry()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse ON audit_entry")
            cursor.execute("DROP FUNCTION refuse_entry()")


@pytest.fixture
def client(at_now: None) -> Client:
    """A detective's; a fault answers 500, as in production."""
    made = signed_in(AccountFactory.create())
    made.raise_request_exception = False
    return made


@pytest.fixture
def victim(client: Client) -> Victim:
    account = Account.objects.get()
    case = CaseFactory.create(open_and_held=True, detective=account.officer)
    made: Victim = VictimFactory.create(case=case, identity=dict(CHILD))
    return made


def page(client: Client, victim: Victim) -> Any:
    return client.get(reverse("person", args=[victim.pk]))


def ask(client: Client, victim: Victim, token: str) -> Any:
    asked = {"reason_code": "interview", "reason": WHY, "token": token}
    return client.post(reverse("person-reveal", args=[victim.pk]), asked)


def token(client: Client, victim: Victim) -> str:
    return str(page(client, victim).context["form"]["token"].value())


@pytest.mark.parametrize(
    ("trigger", "when"), [(AT_ONCE, ""), (AT_COMMIT, ""), (AT_ONCE, KEYS_ALONE)]
)
def test_no_window_opens_whose_entry_is_refused(
    client: Client, victim: Victim, trigger: str, when: str
) -> None:
    fresh = token(client, victim)

    with log_refusing(trigger, when):
        answer = ask(client, victim, fresh)

    assert answer.status_code == 500
    assert_nothing_leaks(answer.content, [CHILD])
    assert not Reveal.objects.exists()
    assert not Entry.objects.filter(event=Event.IDENTITY_REVEALED).exists()
    assert_nothing_leaks(page(client, victim).content, [CHILD])


@pytest.mark.parametrize(
    ("trigger", "when"), [(AT_ONCE, ""), (AT_COMMIT, ""), (AT_ONCE, KEYS_ALONE)]
)
def test_an_open_window_shows_nothing_while_looks_are_refused(
    client: Client, victim: Victim, trigger: str, when: str
) -> None:
    ask(client, victim, token(client, victim))

    with log_refusing(trigger, when):
        answer = page(client, victim)

    assert answer.status_code == 500
    assert_nothing_leaks(answer.content, [CHILD])
    assert b"Zephyrine" in page(client, victim).content


def test_the_answer_to_the_form_itself_never_shows_it(client: Client, victim: Victim) -> None:
    answer = ask(client, victim, token(client, victim))

    assert answer.status_code == 302
    assert_nothing_leaks(answer, [CHILD])


def test_two_submissions_of_one_form_open_one_window(client: Client, victim: Victim) -> None:
    fresh = token(client, victim)

    statuses = [ask(client, victim, fresh).status_code for _ in range(2)]

    assert statuses == [302, 422]
    assert Reveal.objects.count() == 1
