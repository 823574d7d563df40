"""Do all data keys get under the new key while the unit works, even when the run is killed?"""

import base64
import os
import secrets
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from audit.events import Event, Outcome
from audit.models import Entry
from cases import seal
from cases.access import NotPermitted, system_viewer, viewer_for
from cases.models import Case, Draft, ImportRun, InvolvedPerson, Victim
from cases.models.sealed import sealed_models
from cases.models.sealing import case_key, key_of, open_identity_of
from cases.services import rotation
from tests import factories
from tests.factories.base import NOW

CHECKOUT = Path(__file__).resolve().parents[2]
CASES = 12
Keys = list[tuple[str, bytes]]


@pytest.fixture
def old() -> tuple[str, bytes]:
    return ("old", secrets.token_bytes(32))


@pytest.fixture
def new() -> tuple[str, bytes]:
    return ("new", secrets.token_bytes(32))


@pytest.fixture
def sealed_before(settings: Settings, old: tuple[str, bytes]) -> None:
    settings.SEAL_KEYS = [old]


def a_caseload() -> dict[str, dict[str, str]]:
    """Invented people on some cases; who they are, by pseudonym."""
    people: dict[str, dict[str, str]] = {}
    for _ in range(CASES):
        case = factories.CaseFactory.create()
        added: list[Any] = [
            factories.VictimFactory.create(case=case),
            factories.InvolvedPersonFactory.create(case=case),
        ]
        for person in added:
            people[person.pseudonym] = open_identity_of(person)
    return people


def opened() -> dict[str, dict[str, str]]:
    people: list[Victim | InvolvedPerson]
    people = [*Victim.objects.all(), *InvolvedPerson.objects.all()]
    return {person.pseudonym: open_identity_of(person) for person in people}


def rotate(**options: Any) -> rotation.Rotation:
    return rotation.rotate_keys(viewer=system_viewer("test"), clock=lambda: NOW, **options)


@pytest.mark.django_db
@pytest.mark.usefixtures("sealed_before")
def test_every_sealed_table_is_walked() -> None:
    assert {Victim, InvolvedPerson, Case, Draft, ImportRun} <= set(sealed_models())


@pytest.mark.django_db
@pytest.mark.usefixtures("sealed_before")
@pytest.mark.parametrize("batch", [1, 5, 1000])
def test_the_old_key_may_go_afterwards(
    batch: int, settings: Settings, old: tuple[str, bytes], new: tuple[str, bytes]
) -> None:
    people = a_caseload()
    settings.SEAL_KEYS = [new, old]

    result = rotate(batch=batch)

    assert result == rotation.Rotation(3 * CASES, 0, ())
    settings.SEAL_KEYS = [new]
    assert opened() == people
    assert all(len(case_key(case)) == 32 for case in Case.objects.all())
    assert rotate(batch=batch).rewrapped == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("sealed_before")
def test_without_it_the_old_key_is_still_needed(settings: Settings, new: tuple[str, bytes]) -> None:
    a_caseload()
    settings.SEAL_KEYS = [new]

    with pytest.raises(seal.UnknownKey):
        opened()


@pytest.mark.django_db
@pytest.mark.usefixtures("sealed_before")
def test_keys_from_before_there_were_shred_keys_get_one(
    settings: Settings, old: tuple[str, bytes]
) -> None:
    victim = factories.VictimFactory.create()
    identity = open_identity_of(victim)
    plain = seal.encrypt(old[1], key_of(victim), "wrap:old")
    Victim.objects.filter(pk=victim.pk).update(wrapped_key=plain)
    assert open_identity_of(Victim.objects.get(pk=victim.pk)) == identity

    result = rotate()

    assert result == rotation.Rotation(1, 0, ())
    victim.refresh_from_db()
    assert len(bytes(victim.wrapped_key)) == seal.PLAIN_WRAPPED_BYTES + 2
    assert open_identity_of(victim) == identity


@pytest.mark.django_db
@pytest.mark.usefixtures("sealed_before")
def test_a_wrapped_key_that_does_not_open_is_reported_and_the_rest_goes_on(
    settings: Settings, old: tuple[str, bytes], new: tuple[str, bytes]
) -> None:
    people = a_caseload()
    victim = Victim.objects.order_by("pk").first()
    assert victim is not None
    wrapped = bytes(victim.wrapped_key or b"")
    Victim.objects.filter(pk=victim.pk).update(wrapped_key=wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
    settings.SEAL_KEYS = [new, old]

    result = rotate(batch=5)

    assert result == rotation.Rotation(3 * CASES - 1, 1, (f"cases_victim {victim.pk}",))
    entry = Entry.objects.get(event=Event.SEAL_BROKEN)
    assert (entry.outcome, entry.subject_id) == (Outcome.FAILED, str(victim.pk))
    Victim.objects.filter(pk=victim.pk).delete()
    del people[victim.pseudonym]
    assert opened() == people


@pytest.mark.django_db
@pytest.mark.usefixtures("sealed_before")
def test_each_batch_is_on_record_with_its_size(
    settings: Settings, old: tuple[str, bytes], new: tuple[str, bytes]
) -> None:
    a_caseload()
    settings.SEAL_KEYS = [new, old]

    rotate(batch=8)

    entries = Entry.objects.filter(event=Event.KEYS_ROTATED, subject_id="cases_victim")
    assert [entry.details for entry in entries.order_by("pk")] == [
        {"rows": 8, "key": "new"},
        {"rows": 4, "key": "new"},
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("sealed_before")
def test_check_says_what_remains_and_changes_nothing(
    settings: Settings, old: tuple[str, bytes], new: tuple[str, bytes]
) -> None:
    a_caseload()
    settings.SEAL_KEYS = [new, old]
    said = StringIO()

    with pytest.raises(CommandError, match=f"{3 * CASES} data keys are not under new yet"):
        call_command("rotate_keys", "--check", stdout=said)

    assert f"cases_victim under old: {CASES}\n" in said.getvalue()
    assert rotation.remaining() == 3 * CASES
    assert not Entry.objects.filter(event=Event.KEYS_ROTATED).exists()


@pytest.mark.django_db
def test_nobody_who_signs_in_rotates_keys() -> None:
    viewer = viewer_for(factories.AccountFactory.create(role="administrator"))

    with pytest.raises(NotPermitted):
        rotation.rotate_keys(viewer=viewer, clock=lambda: NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sealed_before")
def test_a_row_that_somebody_holds_is_left_for_the_next_run(
    settings: Settings, old: tuple[str, bytes], new: tuple[str, bytes]
) -> None:
    """Nobody waits: what the other writes is kept, and its key is re-wrapped afterwards."""
    victim = factories.VictimFactory.create()
    settings.SEAL_KEYS = [new, old]

    with transaction.atomic():
        Victim.objects.filter(pk=victim.pk).update(sex="X")
        process = start(settings, [new, old])
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1, said
    assert "1 data keys are not under new yet" in said
    assert rotate() == rotation.Rotation(1, 0, ())
    victim.refresh_from_db()
    assert victim.sex == "X"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sealed_before")
def test_killed_half_way_it_is_finished_by_the_next_run(
    settings: Settings, old: tuple[str, bytes], new: tuple[str, bytes]
) -> None:
    people = a_caseload()
    settings.SEAL_KEYS = [new, old]

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE cases_victim IN SHARE ROW EXCLUSIVE MODE")
        process = start(settings, [new, old], "--batch", "5")
        assert process.stderr is not None
        wanted = f"cases_involvedperson: {CASES} of {CASES}"
        assert any(wanted in line for line in process.stderr)
        process.kill()
        process.communicate(timeout=60)

    assert process.returncode == -9
    assert not rotation.pending(InvolvedPerson).exists()
    assert rotation.pending(Victim).count() == CASES
    assert opened() == people

    again = start(settings, [new, old], "--batch", "5")
    assert "Every data key is under new" in again.communicate(timeout=60)[0]

    settings.SEAL_KEYS = [new]
    assert rotation.remaining() == 0
    assert opened() == people


def start(settings: Settings, keys: Keys, *arguments: str) -> "subprocess.Popen[str]":
    """A real process on the test's own database, with keys of its own."""
    name = connection.settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    listed = ",".join(f"{key_id}:{base64.b64encode(key).decode()}" for key_id, key in keys)
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "CASEUNIT_SEAL_KEYS": listed,
        "CASEUNIT_SHRED_STORE": str(settings.SHRED_STORE),
        "DJANGO_SETTINGS_MODULE": "caseunit.settings.dev",
    }
    return subprocess.Popen(
        [sys.executable, str(CHECKOUT / "manage.py"), "rotate_keys", *arguments],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
