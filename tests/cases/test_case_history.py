"""Does the log tell how each field of a case came to be, whatever changed it? (decision 18)"""

from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.timezone import localtime

from audit.events import Event
from audit.models import Entry
from audit.recorder import MASK
from cases.access import Viewer, viewer_for
from cases.enums import Channel, Disposition, PersonRole, ResponseKind, RoleCode
from cases.models import Case
from cases.selectors.case_history import FieldHistory, HistoryPage, case_history
from cases.selectors.versions import FIELDS, values_of
from cases.services.assignments import acknowledge_assignment, assign_case
from cases.services.cases import ReferralInput
from cases.services.closing import close_case, reopen_case
from cases.services.correcting import Correction, correct_person
from cases.services.referrals import acknowledge_referral
from cases.services.victims import PersonInput, add_person, add_victim
from tests.cases.importing_files import CASE, CLOSED_CASE, OFFICER, SERGEANT, bundle, imported
from tests.cases.test_services import CHILD, SUSPECT, Unit, full_answers
from tests.factories import NOW, AccountFactory, EntryFactory, OfficerFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
# Fields of a case without versions: each says why.
WITHOUT = {
    "id": "never changes",
    "entered_at": "never changes",
    "submission_key": "never changes",
    "import_run": "every entry of an import names its run",
    "carries": "what the import could tell of; set once",
    "source_digest": "a keyed digest, to know the same row again",
    "key_id": "told by keys_rotated and identity_expunged",
    "wrapped_key": "told by keys_rotated and identity_expunged",
    "sealed": "empty on a case",
    **dict.fromkeys(
        (
            "last_entry_at", "next_clock", "next_starts_at", "next_due_at", "settled", "required",
            "missing", "reported",
            "child_seen", "wake_at", "concerns", "flag_severity", "flags_waived",
        ),
        "follows from facts by the rules: replay tells it for any moment",
    ),
}  # fmt: skip


def test_every_field_of_a_case_has_versions_or_says_why_not() -> None:
    every = {field.name for field in Case._meta.concrete_fields}

    assert set(FIELDS) | WITHOUT.keys() == every
    assert set(FIELDS) & WITHOUT.keys() == set()


@pytest.fixture
def unit() -> Unit:
    return Unit()


def told(case: Case, viewer: Viewer) -> HistoryPage:
    """The history, which accounts for everything that stands in the case now."""
    page = case_history(viewer=viewer, now=NOW + 100 * HOUR, case_id=case.pk)
    standing = values_of(Case.objects.get(pk=case.pk))
    assert [field.field for field in page.unexplained] == []
    untold = [
        name
        for name, field in zip(FIELDS, page.fields, strict=True)
        if standing[name] and not field.versions
    ]
    assert untold == []
    return page


def values(page: HistoryPage, label: str) -> list[str]:
    (field,) = (field for field in page.fields if field.field == label)
    return [version.value for version in field.versions]


def differences(page: HistoryPage, what: str) -> dict[str, tuple[str, str]]:
    (change,) = (change for change in page.changes if change.what == what)
    return {one.field: (one.before, one.after) for one in change.differences}


def test_a_whole_life_is_accounted_for_after_every_step(unit: Unit) -> None:
    case = unit.open_case(
        channel=Channel.HOSPITAL,
        priority="1",
        nibrs="11A",
        statute="566.030",
        division="Invented East",
        serious_injury=True,
        child_witness=True,
        people=(PersonInput(identity=SUSPECT, role=PersonRole.SUSPECT),),
        referral=ReferralInput("Invented General", "IG-1", "1"),
    )
    page = told(case, unit.captain)
    assert values(page, "State") == ["Received", "Assigned"]
    assert differences(page, "Referral received")["Organization"] == ("not set", "Invented General")

    acknowledge_assignment(viewer=unit.detective, now=NOW, case_id=case.pk)
    referral = case.referrals.get()
    acknowledge_referral(
        viewer=unit.detective, now=NOW, referral_id=referral.pk, how="By telephone."
    )
    page = told(case, unit.captain)
    assert differences(page, "Assignment acknowledged")["Acknowledged at"][0] == "not set"
    assert differences(page, "Referral acknowledged")["Acknowledged at"][0] == "not set"

    unit.log(case, ResponseKind.INITIAL_REPORT, narrative="Seen. " * 90, answers=full_answers(case))
    unit.log(case, ResponseKind.SUSPECT_INTERVIEW, suspect_id=case.people.get().pk)
    assert values(told(case, unit.captain), "State")[-1] == "Active"

    close_case(
        viewer=unit.sergeant,
        now=NOW + HOUR,
        case_id=case.pk,
        disposition=Disposition.CLEARED_ARREST,
        closing_officer_id=unit.detective_id,
    )
    page = told(case, unit.captain)
    assert differences(page, "Closure reviewed") == {"Decision": ("not set", "Approved")}
    assert {"State", "Disposition", "Ended"} <= differences(page, "Case closed").keys()

    reopen_case(viewer=unit.sergeant, now=NOW + 2 * HOUR, case_id=case.pk, reason="New facts.")
    second = OfficerFactory.create(squad=unit.squad)
    assign_case(viewer=unit.sergeant, now=NOW + 3 * HOUR, case_id=case.pk, officer_id=second.pk)
    page = told(case, unit.captain)
    assert values(page, "State")[-2:] == ["Closed", "Reopened"]
    assert values(page, "Disposition")[-1] == values(page, "Ended")[-1] == "not set"
    assert values(page, "Detective")[-1] == second.name


def test_people_are_told_of_by_pseudonym_and_what_stands_in_clear(unit: Unit) -> None:
    case = unit.open_case(victims=())
    child = PersonInput(identity={"first_name": "Ottoline"}, sex="F")
    victim = add_victim(viewer=unit.detective, now=NOW, case_id=case.pk, person=child)
    suspect = PersonInput(identity={}, role=PersonRole.SUSPECT)
    person = add_person(viewer=unit.detective, now=NOW, case_id=case.pk, person=suspect)
    correct_person(
        viewer=unit.detective,
        now=NOW + HOUR,
        case_id=case.pk,
        person_id=victim.pk,
        correction=Correction(identity={"birth_date": "2018-02-09"}),
    )
    correct_person(
        viewer=unit.detective,
        now=NOW + HOUR,
        case_id=case.pk,
        person_id=person.pk,
        correction=Correction(identity=SUSPECT),
    )

    page = told(case, unit.captain)

    assert differences(page, "Victim added") == {
        "Age band": ("not set", "age unknown"),
        "Sex": ("not set", "female"),
    }
    assert differences(page, "Involved person added") == {"Role": ("not set", "Suspect")}
    corrected = [one for one in page.changes if one.what == "Identity corrected"]
    assert {one.differences[0].field: one.differences[0].after for one in corrected} == {
        "Age band": "6-9",
        "Identified": "yes",
    }
    kept = str(list(Entry.objects.values_list("changes", "details")))
    assert [name for name in ("Ottoline", "2018-02-09", *SUSPECT.values()) if name in kept] == []


def test_a_moment_is_the_same_in_whatever_zone_it_was_given(unit: Unit) -> None:
    case = unit.open_case(received_at=localtime(NOW - HOUR))

    told(case, unit.captain)

    kept = Entry.objects.get(event=Event.CASE_CREATED).changes["received_at"][1]
    assert kept == (NOW - HOUR).astimezone(UTC).isoformat()


def test_an_entry_of_before_that_kept_local_time_accounts_for_its_field(unit: Unit) -> None:
    case = unit.open_case()
    EntryFactory.create(
        at=NOW + HOUR,
        event=Event.CASE_CHANGED,
        subject_type="case",
        subject_id=str(case.pk),
        changes={"received_at": ["", localtime(NOW - HOUR).isoformat()]},
    )

    told(case, unit.captain)


def test_what_was_set_past_the_system_is_named_also_where_nothing_stood(unit: Unit) -> None:
    case = unit.open_case()
    told(case, unit.captain)
    Case.objects.filter(pk=case.pk).update(priority="3", child_witness=True)
    EntryFactory.create(
        at=NOW + HOUR,
        event=Event.DIRECT_CHANGE,
        actor_label="database:owner",
        subject_type="cases_case",
        subject_id=str(case.pk),
        changes={"priority": MASK, "child_witness": MASK},
        details={"case": str(case.pk), "table": "cases_case"},
    )

    page = case_history(viewer=unit.captain, now=NOW + 2 * HOUR, case_id=case.pk)

    assert [field.field for field in page.unexplained] == ["Priority", "Child witness"]
    newest = page.changes[0]
    assert (newest.who, newest.differences) == ("database:owner", ())
    assert set(newest.told[0].removeprefix("Written, values not kept: ").split(", ")) == {
        "Priority",
        "Child witness",
    }
    assert newest.told[1] == "Table: cases_case"


def told_of(case: Case) -> list[tuple[object, ...]]:
    """What the log says of each of a case's people, without their pseudonyms."""
    added = Entry.objects.filter(event__in=(Event.VICTIM_ADDED, Event.PERSON_ADDED))
    rows = added.filter(subject_type="case", subject_id=str(case.pk))
    return sorted(
        (row.event, row.actor_id, row.at, str(row.changes), str(sorted(row.details)))
        for row in rows
    )


def test_whoever_is_named_when_a_case_is_opened_is_told_of_as_if_added_later(unit: Unit) -> None:
    child = PersonInput(identity=CHILD, sex="F")
    people = [PersonInput(identity=SUSPECT, role=role) for role in PersonRole]
    at_once = unit.open_case(viewer=unit.detective, victims=(child, child), people=tuple(people))
    later = unit.open_case(viewer=unit.detective, victims=())
    add: dict[str, Any] = {"viewer": unit.detective, "now": NOW, "case_id": later.pk}
    for _ in range(2):
        add_victim(**add, person=child)
    for person in people:
        add_person(**add, person=person)

    assert told_of(at_once) == told_of(later)
    assert len(told_of(at_once)) == 2 + len(PersonRole)
    named = {change.told for change in told(at_once, unit.captain).changes}
    everybody = {(f"Victim: {one.pseudonym}",) for one in at_once.victims.all()}
    everybody |= {(f"Person: {one.pseudonym}",) for one in at_once.people.all()}
    assert everybody <= named


def test_a_corrected_value_in_the_log_never_says_whether_a_guess_was_right(unit: Unit) -> None:
    case = unit.open_case()
    victim = case.victims.get()
    for birth in ("2018-02-09", "2018-03-01"):
        correct_person(
            viewer=unit.detective,
            now=NOW,
            case_id=case.pk,
            person_id=victim.pk,
            correction=Correction(identity={"birth_date": birth}),
        )

    right, wrong = Entry.objects.filter(event=Event.IDENTITY_CHANGED).order_by("pk")
    assert (right.changes, right.details) == (wrong.changes, wrong.details)


def test_an_import_and_what_a_later_one_changes_are_accounted_for(tmp_path: Path) -> None:
    captain = viewer_for(AccountFactory.create(role=RoleCode.CAPTAIN))
    other = {**OFFICER, "badge": "3002", "name": "Otis Invented"}
    imported(bundle(tmp_path))
    case = Case.objects.get()
    first = told(case, captain)
    row = {**CASE, "assigned_badge": "3002", "assigned_at": "2026-02-20T09:00-06:00"}

    imported(bundle(tmp_path, officers=(SERGEANT, OFFICER, other), cases=(row,)))
    handed = told(case, captain)
    imported(bundle(tmp_path, officers=(SERGEANT, OFFICER, other), cases=(CLOSED_CASE,)))
    ended = told(case, captain)

    assert values(handed, "Detective") == [*values(first, "Detective"), "Otis Invented"]
    assert len(values(ended, "State")) > len(values(handed, "State"))


def test_a_referrals_fields_are_not_taken_for_the_cases(unit: Unit) -> None:
    case = unit.open_case(
        channel=Channel.HOSPITAL,
        priority="2",
        referral=ReferralInput("Invented General", "IG-2", "1"),
    )

    priority: FieldHistory = next(
        one for one in told(case, unit.captain).fields if one.field == "Priority"
    )

    assert len(priority.versions) == 1
