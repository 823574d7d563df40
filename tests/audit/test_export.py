"""Does a stranger on another machine accept what the log gives out, and refuse it once touched?"""

import subprocess
import sys
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import audit.verifier
from audit.checkpoints import log_signer
from audit.events import Event
from audit.exporting import NotAsSealed, export
from audit.models import Checkpoint, Entry
from audit.sealing import seal
from audit.verification import Scope
from audit.verifier import verdict
from tests.audit.sealing_log import as_owner, entries, run, sealed_log

pytestmark = pytest.mark.django_db(transaction=True)

SOURCE = Path(audit.verifier.__file__)


def stranger(folder: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Elsewhere and isolated: no checkout, no Django, no environment."""
    alone = folder / "elsewhere" / "verifier.py"
    alone.parent.mkdir(exist_ok=True)
    alone.write_bytes(SOURCE.read_bytes())
    command = [sys.executable, "-I", str(alone), *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, env={}, cwd=alone.parent, check=False
    )


def test_a_stranger_checks_a_bundle_with_the_one_file(now: datetime, tmp_path: Path) -> None:
    written = sealed_log(10, now)
    notes, bundle, out = tmp_path / "witness.txt", tmp_path / "bundle.jsonl", StringIO()
    notes.write_text("\n".join(row.note for row in Checkpoint.objects.filter(size__in=(3, 6))))
    call_command(
        "export_audit", str(bundle), f"--from={written[2].pk}", f"--witness={notes}", stdout=out
    )
    key = log_signer().key.text

    told = stranger(tmp_path, bundle, "--key", key, "--witness", notes)

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("VALID: 8 entries of caseunit/audit, in the log of 10 entries.")
    assert "They stand at 2 to 9" in told.stdout
    assert "2 checkpoints of the witness agree." in told.stdout
    assert key in out.getvalue()
    assert bundle.stat().st_mode & 0o777 == 0o600

    bundle.write_bytes(bundle.read_bytes().replace(b"Look 4", b"Look 5"))
    told = stranger(tmp_path, bundle, "--key", key)
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout == "NOT VALID: the bundle is not as it was sealed.\n"


def test_a_stranger_is_told_what_is_missing(tmp_path: Path) -> None:
    told = stranger(tmp_path, tmp_path / "nowhere", "--key", "k")
    assert (told.returncode, told.stderr) == (2, "A file can't be read: FileNotFoundError.\n")

    assert stranger(tmp_path, tmp_path / "nowhere").returncode == 2


def test_giving_out_entries_is_on_record_first(now: datetime, tmp_path: Path) -> None:
    written = sealed_log(3, now)
    call_command("export_audit", str(tmp_path / "b"), f"--to={written[1].pk}", stdout=StringIO())

    exported = Entry.objects.get(event=Event.EXPORTED)
    assert exported.actor_id == "system:export_audit"
    assert exported.details == {"from_entry": None, "to_entry": written[1].pk}


def test_all_of_a_longer_log_over_stored_subtrees(now: datetime) -> None:
    sealed_log(530, now, batch=100)
    out = BytesIO()

    exported = export(out, scope=Scope(), notes=Checkpoint.objects.get(size=300).note)

    assert (exported.entries, exported.size) == (530, 530)
    valid, words = verdict(
        out.getvalue(), log_signer().key.text, Checkpoint.objects.get(size=300).note
    )
    assert valid, words


def test_what_is_not_as_sealed_is_not_given_out(now: datetime, tmp_path: Path) -> None:
    written = sealed_log(3, now)
    with as_owner():
        run(f"UPDATE audit_entry SET reason = '' WHERE id = {written[1].pk}")

    with pytest.raises(NotAsSealed, match=f"Entry {written[1].pk} is not what was sealed"):
        export(BytesIO(), scope=Scope())
    with pytest.raises(CommandError, match="run verify_audit"):
        call_command("export_audit", str(tmp_path / "b"))
    assert not (tmp_path / "b").exists()


def test_nothing_sealed_and_files_in_the_way_are_said(now: datetime, tmp_path: Path) -> None:
    entries(1, now)
    with pytest.raises(CommandError, match="Nothing has been sealed yet"):
        call_command("export_audit", str(tmp_path / "b"))
    seal(now=now)

    (tmp_path / "b").write_text("kept")
    with pytest.raises(CommandError, match="FileExistsError"):
        call_command("export_audit", str(tmp_path / "b"))
    assert (tmp_path / "b").read_text() == "kept"
