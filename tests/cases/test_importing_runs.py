"""Does an import survive being killed, started twice, and a server that has others to serve?"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cases.access import Viewer, viewer_for
from cases.enums import ImportState, RoleCode
from cases.models import Case, ImportChunk, ImportRun, Response
from cases.services.importing import engine, runs, staging
from tests.cases.importing_files import (
    CASE,
    IMPORTER,
    LAPD,
    NOW,
    PEOPLE,
    bundle,
    imported,
    numbers,
    zipped,
)
from tests.cases.importing_uploads import carried_out, caseload, committed, uploaded_file
from tests.factories import AccountFactory
from tests.leaks import Watch

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Stands for the end of the process: nothing of the product catches it."""


@pytest.fixture
def administrator() -> Viewer:
    return viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "BATCH_CASES", 2)


@pytest.fixture
def killed_after(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Kills the next import after so many batches have landed."""
    plain = engine.Job._land_batch

    def arm(batches: int) -> None:
        landed = 0

        def land(self: engine.Job, *args: Any) -> None:
            nonlocal landed
            if landed == batches:
                raise Killed
            plain(self, *args)
            landed += 1

        monkeypatch.setattr(engine.Job, "_land_batch", land)

    yield arm
    monkeypatch.setattr(engine.Job, "_land_batch", plain)


def test_many_batches_land_like_one(tmp_path: Path, small_batches: None) -> None:
    cases, events = caseload(5)

    run = imported(bundle(tmp_path, cases=cases, events=events))

    assert numbers(run) == (17, 0, 0, 0, 0)
    assert (run.rows_total, run.rows_done) == (17, 17)
    assert Response.objects.count() == 10


def test_a_case_of_more_rows_than_a_batch_still_lands_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH_ROWS", 3)
    cases, events = caseload(3)

    assert numbers(imported(bundle(tmp_path, cases=cases, events=events))) == (11, 0, 0, 0, 0)


def test_a_killed_command_is_run_again_and_goes_on(
    tmp_path: Path, small_batches: None, killed_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, events = caseload(5)
    folder = bundle(tmp_path, cases=cases, events=events)
    killed_after(2)
    with pytest.raises(Killed):
        imported(folder)
    assert Case.objects.count() == 4
    assert Response.objects.count() == 8
    monkeypatch.undo()

    run = imported(folder)

    assert numbers(run) == (3, 0, 14, 0, 0)
    assert Case.objects.count() == 5


def test_a_killed_worker_is_followed_by_another(
    tmp_path: Path,
    small_batches: None,
    killed_after: Any,
    administrator: Viewer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases, events = caseload(5)
    run = committed(administrator, zipped(bundle(tmp_path, cases=cases, events=events)))
    killed_after(1)
    with pytest.raises(Killed):
        carried_out(run)
    run.refresh_from_db()
    assert (run.state, Case.objects.count()) == (ImportState.RUNNING, 2)
    monkeypatch.undo()

    later = NOW + timedelta(minutes=1)
    runs.resume_imports(viewer=IMPORTER, now=later, clock=lambda: later)

    run.refresh_from_db()
    assert run.state == ImportState.DONE
    assert numbers(run) == (17, 0, 0, 0, 0)
    assert not ImportChunk.objects.exists()


def test_the_kill_came_within_a_batch(
    tmp_path: Path, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        raise Killed

    monkeypatch.setattr("cases.services.importing.landing.refresh_cases", die)
    cases, events = caseload(2)
    with pytest.raises(Killed):
        imported(bundle(tmp_path, cases=cases, events=events))

    assert not Case.objects.exists()
    assert not Response.objects.exists()


def test_a_fault_loses_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watch: Watch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise ValueError("Zephyrine Quillfeather")

    monkeypatch.setattr("cases.services.importing.landing.refresh_cases", fault)
    with pytest.raises(runs.ImportBroke, match=r"^ValueError in test_importing_runs\.py:\d+$"):
        imported(bundle(tmp_path))

    run = ImportRun.objects.get()
    assert (run.state, run.error) == (ImportState.FAILED, runs.STOPPED)
    watch.nothing_leaked(PEOPLE)


def test_an_import_that_is_over_is_not_run_again(administrator: Viewer) -> None:
    run = carried_out(committed(administrator, LAPD.read_bytes()))
    finished_at = run.finished_at

    assert carried_out(run, NOW + timedelta(hours=1)).finished_at == finished_at
    assert numbers(run) == (168, 0, 0, 0, 0)


def test_while_one_import_lands_another_waits(administrator: Viewer, tmp_path: Path) -> None:
    run = committed(administrator, LAPD.read_bytes())
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    other = psycopg2.connect(**parameters)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (runs.LOCK,))
        assert carried_out(run).state == ImportState.QUEUED
        with pytest.raises(runs.ImportBusy, match="Another import is landing"):
            imported(bundle(tmp_path))
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", (runs.LOCK,))
    finally:
        other.close()

    assert carried_out(run).state == ImportState.DONE


def test_what_waits_is_taken_up_oldest_first(administrator: Viewer) -> None:
    first = committed(administrator, LAPD.read_bytes())
    ImportRun.objects.filter(pk=first.pk).update(created_at=NOW - timedelta(minutes=5))
    second = committed(administrator, LAPD.read_bytes())

    runs.resume_imports(viewer=IMPORTER, now=NOW, clock=lambda: NOW)

    first.refresh_from_db()
    second.refresh_from_db()
    assert numbers(first) == (168, 0, 0, 0, 0)
    assert numbers(second) == (0, 0, 168, 0, 0)


@pytest.mark.parametrize(("attempts", "state"), [(4, ImportState.DONE), (5, ImportState.FAILED)])
def test_what_stops_again_and_again_is_given_up(
    administrator: Viewer, attempts: int, state: str
) -> None:
    run = committed(administrator, LAPD.read_bytes())
    ImportRun.objects.filter(pk=run.pk).update(counts={"attempts": attempts})

    runs.resume_imports(viewer=IMPORTER, now=NOW, clock=lambda: NOW)

    run.refresh_from_db()
    assert run.state == state
    assert not ImportChunk.objects.exists()


def test_a_command_that_was_killed_is_marked_and_not_repeated(administrator: Viewer) -> None:
    run = committed(administrator, LAPD.read_bytes())
    ImportRun.objects.filter(pk=run.pk).update(state=ImportState.RUNNING)
    ImportChunk.objects.all().delete()

    runs.resume_imports(viewer=IMPORTER, now=NOW, clock=lambda: NOW)

    run.refresh_from_db()
    assert run.state == ImportState.FAILED
    assert "import the same file again" in run.error


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(days=1), ImportState.PREVIEWED),
        (timedelta(days=1, seconds=1), ImportState.FAILED),
    ],
)
def test_an_upload_nobody_commits_is_forgotten_after_a_day(
    administrator: Viewer, age: timedelta, state: str
) -> None:
    run = uploaded_file(administrator, LAPD.read_bytes(), at=NOW - age)

    runs.resume_imports(viewer=IMPORTER, now=NOW, clock=lambda: NOW)

    run.refresh_from_db()
    assert run.state == state
    assert ImportChunk.objects.exists() is (state == ImportState.PREVIEWED)


# -- commands -----------------------------------------------------------------------------------


def test_the_command_says_how_it_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = {**CASE, "case_number": "26-0002", "channel": "fax"}
    folder = bundle(tmp_path, cases=(CASE, bad))

    call_command("import_caseload", str(folder))

    told = capsys.readouterr()
    assert "4 rows: 3 landed, 0 changed, 0 unchanged, 0 blank, 1 did not land." in told.out
    assert "cases.csv, line 3: channel is none of" in told.out
    assert "Landed 4 of 4 rows" in told.err


def test_the_command_fails_where_it_is_told_to_be_strict(tmp_path: Path) -> None:
    folder = bundle(tmp_path, cases=({**CASE, "channel": "fax"},))

    call_command("import_caseload", str(folder))
    with pytest.raises(CommandError, match="Not every row landed"):
        call_command("import_caseload", str(folder), "--strict")


def test_the_command_for_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_csv", str(LAPD), "--mapping", "lapd", "--json")

    assert '"landed": 168' in capsys.readouterr().out


def test_a_command_that_can_read_nothing_says_why(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="The bundle lacks"):
        call_command("import_caseload", str(tmp_path))
