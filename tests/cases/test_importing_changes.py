"""What may a later file change of what has landed, and what is listed instead?"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.events import Event
from audit.models import Entry
from cases.models import (
    Assignment,
    Case,
    CaseStateChange,
    Flag,
    Officer,
)
from tests.cases.importing_files import (
    CASE,
    CLOSED,
    CLOSED_CASE,
    NOW,
    OFFICER,
    REPORTED,
    REVIEWED,
    SEEN,
    SERGEANT,
    SIGNED,
    bundle,
    everything,
    imported,
    numbers,
    rejected,
)

pytestmark = pytest.mark.django_db
WHOLE = (SEEN, REPORTED, REVIEWED, SIGNED, CLOSED)


def test_a_departure_orphans_the_cases_left_behind(tmp_path: Path) -> None:
    imported(bundle(tmp_path))
    assert not Flag.objects.filter(kind="orphaned").exists()

    run = imported(bundle(tmp_path, officers=(SERGEANT, {**OFFICER, "active_to": "2026-03-02"})))

    assert numbers(run) == (0, 1, 2, 0, 0)
    assert Flag.objects.filter(kind="orphaned", case=Case.objects.get()).exists()
    changed = Entry.objects.get(event=Event.OFFICER_CHANGED)
    assert changed.changes["active_to"] == ["", "2026-03-02"]


def test_the_first_day_gone_is_not_a_day_on_duty(tmp_path: Path) -> None:
    imported(bundle(tmp_path, officers=(SERGEANT, {**OFFICER, "active_to": "2026-03-03"})))

    assert not Flag.objects.filter(kind="orphaned").exists()


def test_a_departure_set_here_is_not_taken_back(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    imported(folder)
    Officer.objects.filter(badge="3001").update(active_to="2026-03-01")

    run = imported(folder)

    assert numbers(run)[1] == 0
    assert str(Officer.objects.get(badge="3001").active_to) == "2026-03-01"


def test_a_case_given_to_somebody_else_is_reassigned(tmp_path: Path) -> None:
    other = {**OFFICER, "badge": "3002", "name": "Otis Invented"}
    imported(bundle(tmp_path))
    row = {**CASE, "assigned_badge": "3002", "assigned_at": "2026-02-20T09:00-06:00"}

    run = imported(bundle(tmp_path, officers=(SERGEANT, OFFICER, other), cases=(row,)))

    assert numbers(run) == (1, 1, 2, 0, 0)
    case = Case.objects.get()
    assert case.detective == Officer.objects.get(badge="3002")
    first, second = Assignment.objects.order_by("assigned_at")
    assert first.ended_at == second.assigned_at == datetime(2026, 2, 20, 15, tzinfo=UTC)
    assert second.reassignment
    assert not Flag.objects.filter(clock_kind="reassignment_acknowledged").exists()


def test_a_hand_over_here_is_not_undone_by_an_older_one(tmp_path: Path) -> None:
    other = {**OFFICER, "badge": "3002", "name": "Otis Invented"}
    officers = (SERGEANT, OFFICER, other)
    imported(bundle(tmp_path, officers=officers))
    case, here = Case.objects.get(), Officer.objects.get(badge="2001")
    Assignment.objects.update(ended_at=NOW)
    Assignment.objects.create(case=case, officer=here, assigned_at=NOW, entered_at=NOW)
    Case.objects.update(detective=here)
    row = {**CASE, "assigned_badge": "3002", "assigned_at": "2026-02-20T09:00-06:00"}

    run = imported(bundle(tmp_path, officers=officers, cases=(row,)))

    assert [line for _, line, _ in rejected(run)] == [2]
    assert "given to somebody else here" in rejected(run)[0][2]
    assert Case.objects.get().detective == here


def test_an_open_case_is_closed_by_a_later_bundle(tmp_path: Path) -> None:
    imported(bundle(tmp_path, events=(SEEN, REPORTED, REVIEWED)))

    run = imported(bundle(tmp_path, cases=(CLOSED_CASE,), events=WHOLE))

    assert numbers(run) == (2, 1, 5, 0, 0)
    case = Case.objects.get()
    assert (case.state, case.disposition) == ("closed", "unfounded")
    assert CaseStateChange.objects.get(state="closed").signed_by is not None
    assert Entry.objects.filter(event=Event.CASE_CLOSED, subject_id=str(case.pk)).count() == 1
    assert numbers(imported(bundle(tmp_path, cases=(CLOSED_CASE,), events=WHOLE))) == (
        0,
        0,
        8,
        0,
        0,
    )


CHANGES = [
    ({"offense_class": "rape"}, "the offense class"),
    ({"received_at": "2026-02-02T10:00-06:00"}, "when it was received"),
    ({"channel": "scene", "patrol_division": "North"}, "the channel, the division"),
    ({"victim_first_name": "Marigold"}, "who the child is"),
    ({"victim_sex": "M"}, "who the child is"),
    ({"caregiver_name": "Marigold Elsewhere"}, "the caregiver"),
    ({"suspect_name": "Marigold Elsewhere"}, "the suspect"),
]


@pytest.mark.parametrize(("change", "named"), CHANGES)
def test_what_may_not_change_is_listed_by_name_and_not_by_value(
    tmp_path: Path, change: dict[str, str], named: str
) -> None:
    imported(bundle(tmp_path))
    before = everything()

    run = imported(bundle(tmp_path, cases=({**CASE, **change},)))

    [(file, line, reason)] = rejected(run)
    assert (file, line) == ("cases.csv", 2)
    assert f"in {named}." in reason
    assert not any(value in reason for value in change.values())
    assert everything() == before


def test_a_case_opened_here_is_not_overwritten(tmp_path: Path) -> None:
    imported(bundle(tmp_path))
    Case.objects.update(import_run=None)

    run = imported(bundle(tmp_path, cases=({**CASE, "offense_class": "rape"},)))

    assert "was opened here and not imported" in rejected(run)[0][2]
