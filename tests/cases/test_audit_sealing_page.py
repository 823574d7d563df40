"""Does the audit page say how far the log is sealed, and raise an alarm when it falls behind?"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from audit.events import Event
from audit.sealing import seal
from audit.selectors import LATE_AFTER
from audit.witness import publish
from cases.enums import RoleCode
from tests.cases.pages import signed_in, words
from tests.factories import NOW, AccountFactory, EntryFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]

SECOND = timedelta(seconds=1)


@pytest.fixture
def client() -> Client:
    return signed_in(AccountFactory.create(role=RoleCode.AUDITOR))


def shown(client: Client) -> str:
    return words(client.get(reverse("audit")))


def entry(waited: timedelta) -> None:
    EntryFactory.create(at=NOW - waited, event=Event.CASE_VIEWED)


def test_how_far_it_is_sealed_and_how_many_wait(client: Client) -> None:
    assert "Nothing is sealed yet" in shown(client)
    seal(now=NOW)
    entry(SECOND)

    said = shown(client)
    assert "Sealed up to 11 Mar 2026 10:00" in said
    assert "No witness outside of the database keeps the checkpoints." in said


@pytest.mark.parametrize(("waited", "alarmed"), [(LATE_AFTER, False), (LATE_AFTER + SECOND, True)])
def test_past_a_minute_it_is_an_alarm(client: Client, waited: timedelta, *, alarmed: bool) -> None:
    seal(now=NOW)
    entry(waited)

    assert ("Entries have waited 61 seconds for their seal" in shown(client)) is alarmed


def test_a_silent_witness_is_an_alarm(client: Client, tmp_path: Path, settings: Settings) -> None:
    settings.AUDIT_WITNESS_FILE = str(tmp_path / "not there" / "witness.txt")
    entry(SECOND)
    seal(now=NOW)
    publish(now=NOW)

    said = shown(client)
    assert "A witness does not take the checkpoints (file)" in said
    assert "Checkpoints also go to: file." in said
