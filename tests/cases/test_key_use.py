"""Does every act that opens sealed data say with which key, once, and never what it saw?"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from pytest_django import Settings

from audit.context import acting_as, acting_as_system
from audit.events import Event
from audit.models import Entry
from cases.access import system_viewer, viewer_for
from cases.enums import ResponseKind
from cases.models import Account, BlindToken, Case, Draft, Victim
from cases.selectors.responses import response_page
from cases.services import rotation
from cases.services.assignments import acknowledge_assignment
from cases.services.correcting import Correction, correct_person
from cases.services.leak_scan import scan_for_leaks
from cases.services.responses import ResponseInput, log_response, save_draft
from cases.services.rewriting import redact_case_again
from cases.services.tokens import rebuild_tokens
from tests.cases.pages import Desk
from tests.factories import NOW, ResponseFactory, VictimFactory

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
CHILD = {"first_name": "Zephyrine", "last_name": "Quillfeather"}


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case()


@pytest.fixture
def victim(case: Case) -> Victim:
    made: Victim = VictimFactory.create(case=case, identity=CHILD)
    return made


@pytest.fixture
def detective(desk: Desk) -> Account:
    return desk.detective


@contextmanager
def acting(account: Account) -> Iterator[None]:
    with acting_as(str(account.pk), account.username):
        yield


def uses() -> list[Entry]:
    return list(Entry.objects.filter(event=Event.KEYS_USED).order_by("pk"))


def kinds() -> list[tuple[str, dict[str, int]]]:
    return [(one.details["act"], one.details["opened"]) for one in uses()]


def log(viewer_of: Account, case: Case) -> None:
    entry = ResponseInput(
        kind=ResponseKind.CAREGIVER_CONTACT,
        occurred_at=NOW,
        submission_key=uuid4(),
        narrative="Zephyrine was at home.",
    )
    log_response(viewer=viewer_for(viewer_of), now=NOW + MINUTE, case_id=case.pk, entry=entry)


def test_logging_opens_the_people_of_the_case_to_redact_and_says_so(
    detective: Account, case: Case, victim: Victim, settings: Settings
) -> None:
    with acting(detective):
        log(detective, case)

    (use,) = uses()
    act = Entry.objects.get(event=use.details["act"])
    assert use.details["opened"] == {"victim": 1}
    assert use.details["keys"] == {settings.SEAL_KEYS[0][0]: 1}
    assert use.details["case"] == str(case.pk)
    assert (use.subject_id, use.actor_id) == (str(act.pk), str(detective.pk))
    assert "Zephyrine" not in json.dumps([use.details, use.changes, use.reason])


def test_a_case_without_people_and_an_act_that_opens_nothing_tell_of_no_key(
    detective: Account, case: Case
) -> None:
    with acting(detective):
        log(detective, case)
        acknowledge_assignment(viewer=viewer_for(detective), now=NOW + MINUTE, case_id=case.pk)

    assert uses() == []


def test_a_draft_is_sealed_untold_and_opened_on_record(detective: Account, case: Case) -> None:
    viewer = viewer_for(detective)
    with acting(detective):
        save_draft(
            viewer=viewer,
            now=NOW,
            case_id=case.pk,
            version=0,
            kind=ResponseKind.VICTIM_SEEN,
            payload={"narrative": "Half a sentence"},
        )
        assert Draft.objects.exists()
        assert uses() == []

        response_page(viewer=viewer, now=NOW, case_id=case.pk)

    assert kinds() == [("response_started", {"draft": 1})]


def test_a_correction_opens_the_person_and_every_original(
    detective: Account, case: Case, victim: Victim
) -> None:
    ResponseFactory.create(case=case, narrative="Zephyrine was at home.")
    correction = Correction(identity={"first_name": "Seraphine"})

    with acting(detective):
        correct_person(
            viewer=viewer_for(detective),
            now=NOW,
            case_id=case.pk,
            person_id=victim.pk,
            correction=correction,
        )

    opened = [counted for _, counted in kinds()]
    assert sum(one.get("case", 0) for one in opened) == 1
    assert sum(one.get("victim", 0) for one in opened) >= 2


@pytest.mark.usefixtures("victim")
def test_the_machinery_tells_of_what_it_opens(case: Case) -> None:
    ResponseFactory.create(case=case, narrative="Zephyrine was at home.")
    BlindToken.objects.all().delete()
    machine = system_viewer("redact again")

    with acting_as_system("redact again"):
        rebuild_tokens(viewer=machine, now=NOW, owner="victim_id", after=None)
        redact_case_again(viewer=machine, now=NOW, case_id=case.pk)
        scan_for_leaks(viewer=machine, now=NOW, limit=5)

    (index, *redacted, scan) = kinds()
    assert index == ("blind_index_rebuilt", {"victim": 1})
    assert [opened for _, opened in redacted] == [{"case": 1, "victim": 1}]
    assert scan == ("leaks_looked_for", {"victim": 1})
    assert {one.actor_id for one in uses()} == {"system:redact again"}


@pytest.mark.usefixtures("victim")
def test_a_rotation_is_told_once_by_its_own_entry(case: Case, settings: Settings) -> None:
    settings.SEAL_KEYS = [("new", secrets.token_bytes(32)), *settings.SEAL_KEYS]

    with acting_as_system("rotate_keys"):
        done = rotation.rotate_keys(viewer=system_viewer("rotate_keys"), clock=lambda: NOW)

    told = {one.subject_id: one.details for one in Entry.objects.filter(event=Event.KEYS_ROTATED)}
    assert done.rewrapped >= 2
    assert told["cases_victim"] == {"rows": 1, "key": "new"}
    assert uses() == []
