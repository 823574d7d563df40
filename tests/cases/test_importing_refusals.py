"""Is every row that can't land listed with file, line and what to do, and nothing half done?"""

import zipfile
from pathlib import Path

import pytest

from audit.events import Event
from audit.models import Entry
from cases.enums import ImportState
from cases.models import Case, ImportRejection, ImportRun, Officer, Referral, Response, Review
from cases.services.importing.errors import ImportRefused
from cases.services.importing.runs import NoSuchMapping, NoSuchSquad
from tests.cases.importing_files import (
    CASE,
    CLOSED,
    CLOSED_CASE,
    LAPD,
    OFFICER,
    PEOPLE,
    REFERRAL,
    REPORTED,
    REVIEWED,
    SERGEANT,
    bundle,
    event,
    imported,
    rejected,
    zipped,
)
from tests.leaks import assert_nothing_leaks

pytestmark = pytest.mark.django_db

BAD_CASES = [
    ({"case_number": ""}, "case_number is empty"),
    ({"case_number": "x" * 41}, "case_number is longer than 40 characters"),
    ({"received_at": "02/02/2026"}, "received_at is not an ISO 8601 time"),
    ({"received_at": "2026-02-02T09:00"}, "received_at has no offset"),
    ({"received_at": "2026-03-02T09:00:01-06:00"}, "received_at lies in the future"),
    ({"channel": "fax"}, "channel is none of: hospital, hotline, scene, walk_in"),
    ({"offense_class": "Zephyrine"}, "offense_class is none of"),
    ({"victim_dob": "2026-02-03"}, "victim_dob is no birth date of somebody alive"),
    ({"victim_dob": "9 Feb 2018"}, "victim_dob is not an ISO 8601 date"),
    ({"victim_sex": "girl"}, "victim_sex is none of"),
    ({"suspect_name": ""}, "suspect_status is named, and suspect_name is empty"),
    ({"suspect_status": "unidentified"}, "suspect_status is unidentified, and a name is given"),
    ({"assigned_badge": "9999"}, "assigned_badge is neither in officers.csv nor on record"),
    ({"assigned_at": ""}, "assigned_at is empty"),
    ({"assigned_badge": ""}, "assigned_badge is empty"),
    ({"supervisor_badge": "9999"}, "supervisor_badge is neither in officers.csv nor on record"),
    ({"status": "done"}, "status is none of: closed, open"),
    ({"disposition": "unfounded"}, "status is open, and closed_at or disposition is given"),
    ({"status": "closed"}, "status is closed, and disposition is empty"),
    ({**CLOSED_CASE, "closed_at": "2026-02-01T09:00-06:00"}, "closed_at lies before received_at"),
    ({**CLOSED_CASE, "disposition": "solved"}, "disposition is none of"),
    ({"victim_first_name": "x" * 201}, "victim_first_name is longer than 200 characters"),
    ({"victim_first_name": "Zephy\0rine"}, "Column 8 holds a NUL character"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_CASES)
def test_a_case_that_cant_land(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    good = {**CASE, "case_number": "26-0002"}

    run = imported(bundle(tmp_path, cases=({**CASE, **change}, good), events=(REPORTED,)))

    listed = rejected(run)
    assert [(file, line) for file, line, _ in listed] == [("cases.csv", 2), ("events.csv", 2)]
    assert sentence in listed[0][2]
    assert "neither on record nor among the rows of cases.csv" in listed[1][2]
    assert [case.number for case in Case.objects.all()] == ["26-0002"]
    assert not Response.objects.exists()
    assert_nothing_leaks([reason for _, _, reason in listed], PEOPLE)


BAD_EVENTS = [
    (event("initial_report", "2026-02-02T12:00-06:00", case_number="26-0009"), "neither on record"),
    (event("note", "2026-02-02T12:00-06:00"), "kind is none of"),
    (
        event("supplement", "2026-02-02T12:00-06:00", badge="9999"),
        "badge is neither in officers.csv",
    ),
    (event("supplement", "2026-03-02T15:01+00:00"), "occurred_at lies in the future"),
    (event("supplement", "2026-02-30T12:00-06:00"), "occurred_at is not an ISO 8601 time"),
    (event("supplement", "2026-02-02T12:00-06:00", entered_at=""), "entered_at is empty"),
    (event("supplement", "2026-02-02T12:00-06:00", text="a\0b"), "Column 6 holds a NUL"),
    (event("sergeant_review", "2026-02-02T12:00-06:00", badge="3001"), "badge is not a sergeant's"),
    (event("sergeant_review", "2026-02-02T12:00-06:00", badge=""), "badge is empty"),
    (event("sergeant_review", "2026-02-02T12:00-06:00"), "no initial report before this review"),
    (
        event("closed", "2026-02-20T12:00-06:00", "unfounded"),
        "cases.csv says that this case is open",
    ),
    (event("closed", "2026-02-20T12:00-06:00", "solved"), "text is none of"),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD_EVENTS)
def test_an_event_that_cant_land(tmp_path: Path, bad: dict[str, str], sentence: str) -> None:
    good = event("victim_seen", "2026-02-02T11:00-06:00")

    run = imported(bundle(tmp_path, events=(good, bad)))

    [(file, line, reason)] = rejected(run)
    assert (file, line) == ("events.csv", 3)
    assert sentence in reason
    assert Response.objects.count() == 1
    assert not Review.objects.exists()


def test_a_closing_before_the_case_came_in(tmp_path: Path) -> None:
    early = {**CLOSED, "occurred_at": "2026-02-02T08:59-06:00"}

    run = imported(bundle(tmp_path, cases=(CLOSED_CASE,), events=(early,)))

    assert "lies before the case was received" in rejected(run)[0][2]


BAD_OFFICERS = [
    ({"badge": ""}, "badge is empty"),
    ({"rank": "chief"}, "rank is none of"),
    ({"active_to": "2019-01-01"}, "active_to lies before active_from"),
    ({"active_from": "soon"}, "active_from is not an ISO 8601 date"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_OFFICERS)
def test_an_officer_who_cant_land(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    extra = {**OFFICER, "badge": "3009", "name": "Uma Invented"}

    run = imported(bundle(tmp_path, officers=(SERGEANT, OFFICER, {**extra, **change})))

    assert [(file, line) for file, line, _ in rejected(run)] == [("officers.csv", 4)]
    assert sentence in rejected(run)[0][2]
    assert Officer.objects.count() == 2


def test_a_badge_of_somebody_else(tmp_path: Path) -> None:
    imported(bundle(tmp_path))

    run = imported(bundle(tmp_path, officers=(SERGEANT, {**OFFICER, "name": "Uma Invented"})))

    assert "belongs on record to an officer with another name" in rejected(run)[0][2]
    assert Officer.objects.get(badge="3001").name == "Ines Invented"


def test_a_badge_twice_in_one_file(tmp_path: Path) -> None:
    twin = {**OFFICER, "name": "Uma Invented"}

    run = imported(bundle(tmp_path, officers=(SERGEANT, OFFICER, twin)))

    assert "stands on an earlier line" in rejected(run)[0][2]


BAD_REFERRALS = [
    ({"reference": ""}, "reference is empty"),
    ({"organization": "x" * 161}, "organization is longer than 160"),
    ({"case_number": "26-0009"}, "neither on record"),
    ({"acknowledged_at": "2026-02-02T08:59-06:00"}, "acknowledged_at lies before received_at"),
    ({"priority_level": "9"}, "priority_level is none of: 1, 2, 3"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_REFERRALS)
def test_a_referral_that_cant_land(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    run = imported(bundle(tmp_path, referrals=({**REFERRAL, **change},)))

    assert [(file, line) for file, line, _ in rejected(run)] == [("referrals.csv", 2)]
    assert sentence in rejected(run)[0][2]
    assert not Referral.objects.exists()


def test_a_reference_twice_with_other_words(tmp_path: Path) -> None:
    other = {**REFERRAL, "priority_level": "1"}

    run = imported(bundle(tmp_path, referrals=(REFERRAL, REFERRAL, other)))

    assert (run.unchanged, [line for _, line, _ in rejected(run)]) == (1, [4])


def test_two_rows_that_contradict_each_other(tmp_path: Path) -> None:
    other = {**CASE, "offense_class": "rape"}

    run = imported(bundle(tmp_path, cases=(CASE, other)))

    assert "something else about the same case than line 2" in rejected(run)[0][2]
    assert Case.objects.get().offense_class == "molestation"


def test_lines_are_counted_through_quoted_newlines(tmp_path: Path) -> None:
    long = event("supplement", "2026-02-03T12:00-06:00", "one\ntwo\nthree")
    bad = event("note", "2026-02-04T12:00-06:00")

    run = imported(bundle(tmp_path, events=(long, bad)))

    assert rejected(run)[0][1] == 5


# -- whole files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("events.csv", b"", r"events\.csv holds no rows, not even a header"),
        ("events.csv", b"case_number,kind\n", r"events\.csv lacks the columns occurred_at"),
        (
            "cases.csv",
            "case_number\né\n".encode("latin-1"),
            r"cases\.csv, line 2: this is not UTF-8",
        ),
        ("officers.csv", b"badge,badge\n", r"officers\.csv: columns 1 and 2 have the same name"),
        ("referrals.csv", b"x" * 1_000_001, r"referrals\.csv, line 1 is longer than"),
    ],
)
def test_a_file_that_cant_be_read_leaves_nothing_behind(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    folder = bundle(tmp_path, events=(REPORTED, REVIEWED))
    (folder / name).write_bytes(content)

    with pytest.raises(ImportRefused, match=sentence):
        imported(folder)

    assert not Case.objects.exists()
    assert not Officer.objects.exists()
    run = ImportRun.objects.get()
    assert (run.state, bool(run.error)) == (ImportState.FAILED, True)
    assert Entry.objects.filter(event=Event.IMPORT_FAILED).count() == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (bundle(tmp_path) / "events.csv").unlink()

    with pytest.raises(ImportRefused, match=r"The bundle lacks events\.csv"):
        imported(tmp_path)


def test_a_zip_that_reaches_outside_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "it.zip"
    packed.write_bytes(zipped(bundle(tmp_path / "bundle")))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("../cases.csv", "x")

    with pytest.raises(ImportRefused, match="leads out of it"):
        imported(packed)

    assert not ImportRun.objects.exists()


def test_one_file_needs_a_mapping_and_a_bundle_needs_none(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="Import it with a mapping"):
        imported(LAPD)
    with pytest.raises(ImportRefused, match="a bundle needs no mapping"):
        imported(bundle(tmp_path), mapping="lapd")


def test_a_name_that_nobody_knows_lists_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(NoSuchMapping, match="Mappings: lapd"):
        imported(LAPD, mapping="lapp")
    with pytest.raises(NoSuchSquad, match="Squads: none yet"):
        imported(bundle(tmp_path), squad_name="Squad 9")


def test_rejections_of_an_earlier_run_are_not_touched(tmp_path: Path) -> None:
    bad = imported(bundle(tmp_path, cases=({**CASE, "channel": "fax"},)))

    imported(bundle(tmp_path))

    assert ImportRejection.objects.filter(run=bad).count() == 1
