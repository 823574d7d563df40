"""Does the task seal, tell the witnesses, and say loudly when the log falls behind?"""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from audit import verification
from audit.checkpoints import Signer, log_signer
from audit.context import acting_as_system
from audit.management.commands import verify_audit
from audit.models import Checkpoint, Entry
from audit.sealing import seal as seal_now
from audit.selectors import LATE_AFTER, sealing_status
from audit.tasks import seal
from audit.verifier import notes_in
from audit.witness import publish
from tests.audit.sealing_log import as_owner, entries, run

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def somebody_writes() -> None:
    with acting_as_system("test"):
        entries(5, timezone.now())


def test_beat_hands_it_out_every_few_seconds() -> None:
    planned = configured.CELERY_BEAT_SCHEDULE["seal"]

    assert planned["task"] == seal.name
    assert 0 < float(str(planned["schedule"])) <= 5


def test_it_seals_and_tells_the_witness(tmp_path: Path, settings: Settings) -> None:
    settings.AUDIT_WITNESS_FILE = str(tmp_path / "witness.txt")

    seal()

    assert Checkpoint.objects.get().size == Entry.objects.count() == 5
    assert notes_in((tmp_path / "witness.txt").read_text()) == [Checkpoint.objects.get().note]


def test_it_leaves_no_entry_of_its_own() -> None:
    """It would never come to an end."""
    seal()
    seal()

    assert Entry.objects.count() == 5


def test_falling_behind_is_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody else's transaction, still open, is older than what waits."""
    long_ago = timezone.now() - LATE_AFTER - SECOND
    with acting_as_system("test"), transaction.atomic():
        entries(1, long_ago)
        seal()

    assert "Audit entries wait too long for their seal: 1 entries" in caplog.text


def test_the_lag_is_that_of_the_oldest_that_waits() -> None:
    now = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    seal_now(now=now)
    assert sealing_status(now=now).lag == timedelta(0)
    with acting_as_system("test"):
        entries(2, now)

    on_time = sealing_status(now=now + LATE_AFTER)
    late = sealing_status(now=now + LATE_AFTER + SECOND)

    assert (on_time.waiting, on_time.is_late, late.is_late) == (2, False, True)
    assert (late.sealed, late.sealed_at) == (5, now)


def test_verify_says_what_it_checked_and_the_key() -> None:
    seal()
    out = StringIO()

    call_command("verify_audit", stdout=out)

    assert "5 of 5 leaves, 5 entries, 1 checkpoints, no witness." in out.getvalue()
    assert log_signer().key.text in out.getvalue()


def test_verify_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seal()
    monkeypatch.setattr(verify_audit, "TELL_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(verification, "CHUNK", 2)
    told = StringIO()

    call_command("verify_audit", stdout=StringIO(), stderr=told)

    assert told.getvalue() == "2 of 5\n4 of 5\n"


def test_verify_names_the_first_bad_entry() -> None:
    seal()
    pk = Entry.objects.order_by("pk")[2].pk
    with as_owner():
        run(f"UPDATE audit_entry SET reason = '' WHERE id = {pk}")

    with pytest.raises(CommandError, match=f"changed: entry {pk} is not what was sealed"):
        call_command("verify_audit", stdout=StringIO())


def test_a_range_hashes_its_entries_anew_and_still_the_whole_tree() -> None:
    seal()
    ids = list(Entry.objects.order_by("pk").values_list("pk", flat=True))
    out = StringIO()
    with as_owner():
        run(f"UPDATE audit_entry SET reason = '' WHERE id = {ids[0]}")

    call_command("verify_audit", f"--from={ids[1]}", f"--to={ids[3]}", stdout=out)
    assert "5 of 5 leaves, 3 entries" in out.getvalue()

    with pytest.raises(CommandError, match=f"changed: entry {ids[0]}"):
        call_command("verify_audit", f"--to={ids[0]}", stdout=StringIO())


def test_since_the_witness_hashes_what_came_after(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(CommandError, match="no witness to begin at"):
        call_command("verify_audit", "--since-witness")
    settings.AUDIT_WITNESS_FILE = str(tmp_path / "witness.txt")
    seal()
    with acting_as_system("test"):
        entries(2, timezone.now())
    seal_now(now=timezone.now())
    out = StringIO()

    call_command("verify_audit", "--since-witness", stdout=out)

    assert "7 of 7 leaves, 2 entries, 2 checkpoints, 1 checkpoints of the witness" in out.getvalue()


def test_a_witness_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read: FileNotFoundError"):
        call_command("verify_audit", f"--witness={tmp_path / 'nowhere'}")


def test_after_the_key_was_changed_the_former_one_still_counts(settings: Settings) -> None:
    seal()
    former = log_signer().key.text
    settings.AUDIT_KEY = bytes(range(32))
    with acting_as_system("test"):
        entries(2, timezone.now())
    with pytest.raises(CommandError, match="checkpoint forged"):
        call_command("verify_audit", stdout=StringIO())

    settings.AUDIT_FORMER_KEYS = [former]
    seal_now(now=timezone.now())
    call_command("verify_audit", stdout=StringIO())

    pk = Entry.objects.order_by("pk")[1].pk
    with as_owner():
        run(rf"UPDATE audit_leaf SET hash = '\x00' WHERE entry_id = {pk}")
    with pytest.raises(CommandError, match=f"entry {pk}"):
        call_command("verify_audit", stdout=StringIO())


def test_the_log_remembers_what_it_gave_a_witness(tmp_path: Path, settings: Settings) -> None:
    settings.AUDIT_WITNESS_FILE = str(tmp_path / "witness.txt")
    seal_now(now=timezone.now(), batch=2)
    publish(now=timezone.now())
    with as_owner():
        run(
            "DELETE FROM audit_checkpoint WHERE size > 4",
            "DELETE FROM audit_leaf WHERE index >= 4",
            "DELETE FROM audit_entry WHERE id = (SELECT max(id) FROM audit_entry)",
        )
    settings.AUDIT_WITNESS_FILE = ""

    with pytest.raises(CommandError, match="given a checkpoint of 5 entries, the log has 4"):
        call_command("verify_audit", stdout=StringIO())


def test_a_witness_note_of_another_key_is_said(tmp_path: Path) -> None:
    seal()
    notes = tmp_path / "notes"
    notes.write_text(Signer("caseunit/audit", bytes(32)).checkpoint(5, bytes(32)))

    with pytest.raises(CommandError, match=r"the witness holds one .* not the log's"):
        call_command("verify_audit", f"--witness={notes}", stdout=StringIO())
