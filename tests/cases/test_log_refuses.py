"""If the entry can't be written, does the act not happen? The database refuses each entry here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import Channel, OffenseClass, PersonRole, RoleCode
from cases.models import Case, Flag, Reveal
from cases.services.cases import Intake, create_case
from cases.services.importing.runs import ImportBroke
from cases.services.victims import PersonInput
from cases.tasks import sweep
from tests.cases.importing_files import bundle, imported
from tests.cases.pages import Desk, signed_in
from tests.factories import NOW, AccountFactory, ClockFactory, VictimFactory
from tests.leaks import Identity

pytestmark = pytest.mark.django_db

REFUSE = """
CREATE FUNCTION refuse_entry() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the log is full'; END $$;
CREATE TRIGGER refuse_entry BEFORE INSERT ON audit_entry
FOR EACH ROW WHEN (%s IN ('', NEW.event)) EXECUTE FUNCTION refuse_entry();
"""


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def refuse_entries(event: str = "") -> None:
    """All, or those of one event, from here on, until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(REFUSE, [event])


def quiet(client: Client) -> Client:
    """Answers 500 as the server would, instead of raising into the test."""
    client.raise_request_exception = False
    return client


def test_a_case_is_not_shown(desk: Desk) -> None:
    case = desk.held_case()
    url = reverse("case-detail", args=[case.pk])
    assert case.number in desk.as_detective.get(url).content.decode()

    refuse_entries()
    answer = quiet(desk.as_detective).get(url)

    assert answer.status_code == 500
    assert case.number not in answer.content.decode()


def test_a_response_is_not_logged(desk: Desk) -> None:
    case = desk.held_case()
    url = reverse("case-acknowledge", args=[case.pk])
    refuse_entries()

    answer = quiet(desk.as_detective).post(url)

    assert answer.status_code == 500
    assert not case.responses.exists()
    assert not case.assignments.filter(acknowledged_at=NOW).exists()


def test_a_flag_is_not_raised() -> None:
    ClockFactory.create(overdue=True)
    refuse_entries()

    with pytest.raises(DatabaseError):
        sweep()

    assert not Flag.objects.exists()


def test_an_identity_is_not_revealed(desk: Desk, child: Identity) -> None:
    victim = VictimFactory.create(case=desk.held_case(), identity=dict(child))
    page = desk.as_detective.get(reverse("person", args=[victim.pk]))
    asked = {
        "reason_code": "interview",
        "reason": "Arranging the forensic interview for tomorrow.",
        "token": page.context["form"]["token"].value(),
    }
    refuse_entries()

    answer = quiet(desk.as_detective).post(reverse("person-reveal", args=[victim.pk]), asked)

    assert answer.status_code == 500
    assert child["last_name"] not in answer.content.decode()
    assert not Reveal.objects.exists()


@pytest.mark.parametrize("event", ["victim_added", "person_added"])
def test_no_case_is_opened_whose_people_are_not_told_of(desk: Desk, event: str) -> None:
    somebody = PersonInput(identity={"last_name": "Quillfeather"}, role=PersonRole.SUSPECT)
    intake = Intake(
        channel=Channel.WALK_IN,
        received_at=NOW,
        offense_class=OffenseClass.ABUSE,
        victims=(somebody,),
        people=(somebody,),
    )
    refuse_entries(event)

    with pytest.raises(DatabaseError), transaction.atomic():
        create_case(viewer=viewer_for(desk.sergeant), now=NOW, intake=intake)

    assert not Case.objects.exists()


def test_nothing_is_imported(tmp_path: Path) -> None:
    refuse_entries("person_added")

    with pytest.raises(ImportBroke), transaction.atomic():
        imported(bundle(tmp_path))

    assert not Case.objects.exists()


def test_no_file_of_the_log_is_handed_out() -> None:
    client = quiet(signed_in(AccountFactory.create(role=RoleCode.AUDITOR)))
    client.get(reverse("audit"))
    refuse_entries(Event.EXPORTED)

    answer = client.post(reverse("audit-export"), {"form": "csv"})

    assert answer.status_code == 500
    assert "Content-Disposition" not in answer.headers


def test_nobody_signs_in(client: Client) -> None:
    account = AccountFactory.create()
    account.set_password("an invented pass phrase")
    account.save()
    given = {"username": account.username, "password": "an invented pass phrase"}
    client.post(reverse("sign-in"), {"acknowledge": "yes"})
    refuse_entries()

    answer = quiet(client).post(reverse("sign-in"), given)

    assert answer.status_code == 500
    assert "_auth_user_id" not in client.session


def test_a_refused_attempt_is_refused_all_the_same(desk: Desk) -> None:
    case = desk.held_case()
    stranger = Client()
    stranger.force_login(AccountFactory.create(role="partner"))
    refuse_entries()

    answer = quiet(stranger).get(reverse("case-detail", args=[case.pk]))

    assert answer.status_code >= 400
    assert case.number not in answer.content.decode()
    assert not Entry.objects.exists()
