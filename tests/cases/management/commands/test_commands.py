"""Do sweep, reconcile and replay bind who acts, and say in a sentence what is wrong?"""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from audit.context import acting_as_system
from audit.events import Event
from audit.models import Entry
from cases.models import Case, Clock, Flag, SweepRun
from cases.services.clocks import refresh_cases
from tests.factories import HOUR, NOW, CaseFactory, ResponseFactory

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def case() -> Case:
    """Received at `NOW`, nothing done yet; the agency is to be notified within four hours."""
    with acting_as_system("test"), transaction.atomic():
        made: Case = CaseFactory.create(number="T-1", received_at=NOW, entered_at=NOW)
        refresh_cases(case_ids=[made.pk], now=NOW)
    return made


# -- sweep --------------------------------------------------------------------------------------


def test_sweep_as_of_a_moment(case: Case) -> None:
    assert "0 raised" in run("sweep", "--as-of", NOW.isoformat())
    assert "1 raised" in run("sweep", "--as-of", (NOW + 5 * HOUR).isoformat())

    assert Flag.objects.get(case=case).raised_at == NOW + 5 * HOUR
    assert set(Entry.objects.values_list("event", "actor_label")) == {
        (Event.SWEEP_RAN, "system:sweep"),
        (Event.FLAG_RAISED, "system:rules"),
    }


def test_sweep_reads_a_moment_without_offset_in_the_units_time(case: Case) -> None:
    run("sweep", "--as-of", "2026-03-11T10:00")

    assert SweepRun.objects.get().as_of == NOW


def test_sweep_refuses_what_is_no_moment() -> None:
    with pytest.raises(CommandError, match="write it as 2026-03-02T09:00"):
        run("sweep", "--as-of", "yesterday")


# -- reconcile ----------------------------------------------------------------------------------


def test_reconcile_names_and_repairs(case: Case) -> None:
    run("reconcile")
    Clock.objects.filter(case=case, kind="victim_seen").delete()

    dry = run("reconcile", "--dry-run")
    wet = run("reconcile")

    assert "case T-1: clock missing: victim_seen" in dry
    assert "not repaired (dry run)" in dry
    assert "1 cases recomputed; 1 had drifted, repaired." in wet
    assert "0 had drifted." in run("reconcile")


# -- replay -------------------------------------------------------------------------------------


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    file = tmp_path / "expected.csv"
    file.write_text(
        "case_number,outcome,failure_modes\nT-1,failed,no_report\nT-2,worked,\n", encoding="utf-8"
    )
    return file


@pytest.fixture
def history(case: Case) -> None:
    """T-1 never had a report; T-2 was only just received when the record ends."""
    late = NOW + 13 * HOUR
    ResponseFactory.create(case=case, kind="agency_notified", occurred_at=NOW, entered_at=late)
    CaseFactory.create(number="T-2", received_at=late, entered_at=late)


@pytest.mark.usefixtures("history")
def test_replay_tells_each_flag_and_keeps_the_score(expected: Path) -> None:
    told = run("replay", "--expected", str(expected))

    assert (
        "  2026-03-11 22:05  stalled: initial_report  (5 minutes after the breach; stands)" in told
    )
    assert "1 of 2 cases flagged." in told
    assert "Failed cases flagged with the right kind: 1 of 1" in told
    assert "Worked cases flagged wrongly: 0 of 1" in told
    assert "no_report    1 of   1  100%" in told
    assert "Breach to flag: median 0:05:00, worst 0:05:00" in told
    assert Entry.objects.get(event=Event.REPLAY_RAN).actor_label == "system:replay"


@pytest.mark.usefixtures("history")
def test_replay_as_one_document(expected: Path) -> None:
    document = json.loads(run("replay", "--json", "--expected", str(expected)))

    assert (document["cases"], document["flagged"]) == (2, 1)
    assert document["expected"]["by_failure_mode"] == {"no_report": {"cases": 1, "flagged": 1}}
    assert document["expected"]["median_breach_to_flag_s"] == 300
    assert {flag["case_number"] for flag in document["flags"]} == {"T-1"}


@pytest.mark.usefixtures("history")
def test_replay_without_what_is_expected() -> None:
    assert json.loads(run("replay", "--json"))["expected"] is None


@pytest.mark.usefixtures("history")
def test_replay_within_days() -> None:
    assert "0 of 2 cases flagged." in run("replay", "--from", "2026-03-12")
    assert "0 of 0 cases flagged." in run("replay", "--to", "2026-03-10")
    assert "1 of 2 cases flagged." in run("replay", "--to", "2026-03-11")


@pytest.mark.usefixtures("history")
def test_replay_draws(tmp_path: Path) -> None:
    file = tmp_path / "flagged.svg"

    run("replay", "--picture", str(file))

    assert "1 of 2 cases flagged" in file.read_text(encoding="utf-8")


def test_replay_of_nothing() -> None:
    with pytest.raises(CommandError, match="Import a caseload first"):
        run("replay")


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("case_number,outcome\nT-1,worked\n", "lacks the column failure_modes"),
        ("case_number,outcome,failure_modes\nT-1,failed,asleep\n", r":2: 'asleep' is not one of"),
        ("case_number,outcome,failure_modes\nT-1,failed,\n", ":2: a failed case names"),
        ("case_number,outcome,failure_modes\nT-1,worked,idle\n", ":2: a failed case names"),
    ],
)
def test_replay_says_what_is_wrong_with_what_is_expected(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(CommandError, match=sentence):
        run("replay", "--expected", str(file))


@pytest.mark.usefixtures("history")
def test_replay_says_that_a_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        run("replay", "--expected", str(tmp_path / "none.csv"))
    with pytest.raises(CommandError, match="can't be written"):
        run("replay", "--picture", str(tmp_path / "none" / "flagged.svg"))


def test_replay_refuses_what_is_no_day() -> None:
    with pytest.raises(CommandError, match="write it as 2019-02-07"):
        run("replay", "--from", "spring")
