"""Does the log survive a dump and a restore by PostgreSQL itself, and show what was lost?"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import Error, connection, transaction

from audit.faults import Fault
from audit.models import Checkpoint, Entry, Epoch
from audit.sealing import seal
from audit.verification import verify
from caseunit.embedded.postgres import _wheel_binaries
from tests.audit.sealing_log import entries, run, sealed_log

pytestmark = pytest.mark.django_db(transaction=True)

# What a database of another cluster answers; its transactions are still numbered by this one.
ELSEWHERE = """
CREATE OR REPLACE FUNCTION audit_cluster() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 42::bigint'
"""

# Extensions that only a superuser makes come with the new database; their comments are his, too.
RESTORING = ("--no-owner", "--no-comments", "--exit-on-error")


def program(name: str, *arguments: str) -> None:
    path = Path(os.environ.get("CASEUNIT_POSTGRES_BIN") or _wheel_binaries()) / name
    done = subprocess.run([path, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def url(name: str = "") -> str:
    base = urlsplit(os.environ["CASEUNIT_OWNER_DATABASE_URL"])
    return base._replace(path=f"/{name or connection.settings_dict['NAME']}").geturl()


def dump(place: Path) -> Path:
    program("pg_dump", "--format=custom", f"--file={place}", f"--dbname={url()}")
    return place


@contextmanager
def inside_the_restored(backup: Path) -> Iterator[None]:
    """Everything asked within is asked of a new database that holds the whole backup."""
    ours = connection.settings_dict["NAME"]
    name = f"{ours}_again"
    run(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    try:
        program("pg_restore", *RESTORING, f"--dbname={url(name)}", str(backup))
        connection.close()
        connection.settings_dict["NAME"] = name
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours
        run(f"DROP DATABASE IF EXISTS {name}")


def test_a_restored_log_is_sound_and_as_long(now: datetime, tmp_path: Path) -> None:
    written = sealed_log(7, now)
    note = Checkpoint.objects.latest("size").note

    with inside_the_restored(dump(tmp_path / "backup")):
        report = verify(notes=note)
        found = list(Entry.objects.order_by("pk").values_list("pk", flat=True))

    assert (report.findings, report.leaves, report.entries, report.checkpoints) == ([], 7, 7, 3)
    assert found == [entry.pk for entry in written]


def test_a_restored_log_still_refuses_every_change(now: datetime, tmp_path: Path) -> None:
    sealed_log(2, now)

    with inside_the_restored(dump(tmp_path / "backup")):
        for statement in ("UPDATE audit_entry SET reason = ''", "TRUNCATE audit_entry"):
            with pytest.raises(Error, match="append-only"), transaction.atomic():
                run(statement)


def test_a_restored_log_goes_on_in_another_cluster_under_a_new_epoch(
    now: datetime, tmp_path: Path
) -> None:
    """What was dumped unsealed is sealed first, as the old cluster's."""
    sealed_log(4, now)
    here = Epoch.objects.get().cluster
    entries(2, now, first=4)

    with inside_the_restored(dump(tmp_path / "backup")):
        run(ELSEWHERE)
        entries(3, now, first=6)
        assert seal(now=now) == 5
        report = verify()
        epochs = list(Epoch.objects.order_by("pk").values_list("cluster", "first_leaf"))

    assert (report.findings, report.leaves) == ([], 9)
    assert epochs == [(here, 0), (42, 6)]


def test_an_older_backup_restored_over_a_witnessed_log_is_found(
    now: datetime, tmp_path: Path
) -> None:
    sealed_log(4, now)
    backup = dump(tmp_path / "backup")
    entries(3, now, first=4)
    seal(now=now)
    notes = Checkpoint.objects.latest("size").note

    with inside_the_restored(backup):
        assert verify().is_sound
        cut = verify(notes=notes).findings[0]
        entries(3, now, first=40)
        seal(now=now)
        rewritten = verify(notes=notes).findings[0]

    assert (cut.fault, cut.words) == (
        Fault.TRUNCATED,
        "the witness saw 7 entries, the log holds 4",
    )
    assert rewritten.fault == Fault.REWRITTEN
