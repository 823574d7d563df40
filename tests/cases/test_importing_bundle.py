"""Does a bundle land whole and sealed, and does landing it again change nothing?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.events import Event
from audit.models import Entry
from cases.enums import CaseState, ReviewSubject
from cases.models import (
    BlindToken,
    Case,
    CaseStateChange,
    Flag,
    InvolvedPerson,
    Officer,
    Referral,
    Response,
    Review,
    Squad,
    SweepRun,
    Victim,
)
from cases.models.response import NARRATIVE_FIELD
from cases.models.sealing import case_key, open_identity_of, open_text
from cases.rules.finding import forms
from cases.services.correcting import Correction, correct_person
from tests.cases.importing_files import (
    CAREGIVER,
    CASE,
    CHILD,
    CLOSED,
    CLOSED_CASE,
    IMPORTER,
    NOW,
    PEOPLE,
    REFERRAL,
    REPORT,
    REPORTED,
    REVIEWED,
    SEEN,
    SIGNED,
    SUSPECT,
    bundle,
    event,
    everything,
    imported,
    numbers,
    zipped,
)
from tests.leaks import Watch, assert_database_is_clean, assert_nothing_leaks

pytestmark = pytest.mark.django_db
WHOLE = (SEEN, REPORTED, REVIEWED, SIGNED, CLOSED)


def test_a_bundle_lands_with_everything_it_says(tmp_path: Path) -> None:
    run = imported(bundle(tmp_path, events=(SEEN, REPORTED), referrals=(REFERRAL,)))

    assert numbers(run) == (6, 0, 0, 0, 0)
    case = Case.objects.get(number="26-0001")
    assert (case.state, case.channel, case.offense_class) == ("active", "hospital", "molestation")
    assert (case.nibrs, case.statute, case.division) == ("11D", "566.067", "Central")
    assert case.received_at == case.entered_at == datetime(2026, 2, 2, 15, tzinfo=UTC)
    assert (case.detective, case.supervisor) == (
        Officer.objects.get(badge="3001"),
        Officer.objects.get(badge="2001"),
    )
    assert case.squad == Squad.objects.get(name="Squad 1")
    assert case.squad is not None
    assert case.squad.sergeant == case.supervisor
    assert case.import_run_id == run.pk
    assert set(case.carries) == {"assignments", "referrals", "responses", "reviews", "suspects"}
    assert Referral.objects.get().case == case
    assert list(case.responses.values_list("kind", flat=True)) == ["victim_seen", "initial_report"]
    assert case.child_seen


def test_people_are_sealed_under_pseudonyms(tmp_path: Path) -> None:
    imported(bundle(tmp_path))

    victim = Victim.objects.get()
    assert open_identity_of(victim) == CHILD
    assert (victim.age_band, victim.sex) == ("6-9", "F")
    assert victim.pseudonym.startswith("V-")
    people = {person.role: open_identity_of(person) for person in InvolvedPerson.objects.all()}
    assert people == {"non_offending_caregiver": CAREGIVER, "suspect": SUSPECT}
    assert set(BlindToken.objects.filter(victim=victim).values_list("kind", flat=True)) == {
        form.value for form, _ in forms(CHILD)
    }


@pytest.mark.parametrize(
    ("received", "band"),
    [
        ("2021-02-09T00:30-06:00", "3-5"),
        ("2021-02-08T23:30-06:00", "0-2"),
        ("2024-02-08T23:59-06:00", "3-5"),
        ("2024-02-09T00:00-06:00", "6-9"),
    ],
)
def test_the_age_is_that_of_the_day_the_report_came_in(
    tmp_path: Path, received: str, band: str
) -> None:
    imported(bundle(tmp_path, cases=({**CASE, "received_at": received},)))

    assert Victim.objects.get().age_band == band


def test_a_narrative_is_kept_sealed_and_redacted(tmp_path: Path) -> None:
    imported(bundle(tmp_path, events=(REPORTED,)))

    response = Response.objects.get()
    child = Victim.objects.get().pseudonym
    assert response.narrative_length == len(REPORT)
    assert child in response.narrative
    for name in ("Zephyrine", "Quillfeather", "Brackwater", "Mirecroft", "Odalys", "Thaddeus"):
        assert name not in response.narrative
    key = case_key(Case.objects.get())
    sealed = response.sealed_narrative
    assert sealed is not None
    assert open_text(key, response.pk, NARRATIVE_FIELD, bytes(sealed)) == REPORT


def test_who_was_corrected_here_is_known_by_both_names(tmp_path: Path) -> None:
    """The source goes on to use the wrong name: its rows land, and nothing shows either."""
    imported(bundle(tmp_path, events=(SEEN,)))
    victim = Victim.objects.get()
    right = Correction(identity={"first_name": "Seraphine", "birth_date": "2012-02-09"})
    correct_person(
        viewer=IMPORTER, now=NOW, case_id=victim.case_id, person_id=victim.pk, correction=right
    )

    run = imported(bundle(tmp_path, cases=(CLOSED_CASE,), events=(SEEN, REPORTED)))

    assert run.rejected == 0
    narrative = Response.objects.get(kind="initial_report").narrative
    assert victim.pseudonym in narrative
    assert_nothing_leaks(narrative, PEOPLE)


def test_a_file_never_brings_back_who_was_expunged(tmp_path: Path) -> None:
    imported(bundle(tmp_path, events=(SEEN,)))
    Victim.objects.update(key_id="", wrapped_key=None, sealed=None)

    run = imported(bundle(tmp_path, cases=(CLOSED_CASE,), events=(SEEN, REPORTED)))

    assert (run.landed, run.changed, run.rejected) == (0, 0, 2)
    assert "expunged" in run.rejections.all()[0].reason
    assert not Response.objects.filter(kind="initial_report").exists()
    assert_nothing_leaks(list(Response.objects.values()), [CHILD])


def test_no_identity_stands_in_any_table_or_leaves_the_process(
    tmp_path: Path, watch: Watch
) -> None:
    imported(bundle(tmp_path, events=WHOLE, cases=(CLOSED_CASE,), referrals=(REFERRAL,)))
    imported(bundle(tmp_path, events=WHOLE, cases=({**CLOSED_CASE, "victim_first_name": "Zeph"},)))

    assert_database_is_clean(PEOPLE)
    watch.nothing_leaked(PEOPLE)


def test_everybody_on_a_case_leaves_the_entry_of_somebody_added(tmp_path: Path) -> None:
    run = imported(bundle(tmp_path))

    case = Case.objects.get()
    children, others = (
        Entry.objects.filter(event=event, subject_id=str(case.pk))
        for event in (Event.VICTIM_ADDED, Event.PERSON_ADDED)
    )
    assert [one.details for one in children] == [
        {"victim": case.victims.get().pseudonym, "import": str(run.pk)}
    ]
    assert {one.details["person"]: one.changes["role"][1] for one in others} == dict(
        case.people.values_list("pseudonym", "role")
    )


def test_every_case_referral_and_officer_leaves_an_entry(tmp_path: Path) -> None:
    run = imported(bundle(tmp_path, events=(REPORTED,), referrals=(REFERRAL,)))

    case = Case.objects.get()
    created = Entry.objects.get(event=Event.CASE_CREATED)
    assert (created.subject_id, created.details["import"]) == (str(case.pk), str(run.pk))
    assert created.details["responses"] == 1
    assert Entry.objects.get(event=Event.REFERRAL_RECEIVED).details["case"] == str(case.pk)
    assert Entry.objects.filter(event=Event.OFFICER_CREATED).count() == 2
    assert Entry.objects.filter(event=Event.SQUAD_CREATED).count() == 1
    assert Entry.objects.filter(event=Event.IMPORT_COMMITTED, subject_id=str(run.pk)).count() == 2


def test_flags_stand_when_the_import_is_done(tmp_path: Path) -> None:
    imported(bundle(tmp_path, cases=({**CASE, "assigned_badge": "", "assigned_at": ""},)))

    kinds = set(Flag.objects.values_list("kind", "clock_kind"))
    assert ("orphaned", "assignment") in kinds
    assert ("stalled", "victim_seen") in kinds
    assert SweepRun.objects.get().as_of == NOW


def test_the_same_bundle_again_changes_nothing(tmp_path: Path) -> None:
    folder = bundle(tmp_path, cases=(CLOSED_CASE,), events=WHOLE, referrals=(REFERRAL,))
    imported(folder)
    before = everything()

    again = imported(folder, at=NOW + timedelta(hours=1))

    assert numbers(again) == (0, 0, 9, 0, 0)
    assert everything() == before


def test_a_zip_of_a_landed_folder_changes_nothing(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "bundle", events=(REPORTED,))
    imported(folder)
    packed = tmp_path / "bundle.zip"
    packed.write_bytes(zipped(folder, inside="caseload/"))

    assert numbers(imported(packed)) == (0, 0, 4, 0, 0)


def test_a_second_bundle_brings_what_is_new(tmp_path: Path) -> None:
    imported(bundle(tmp_path, events=(REPORTED,)))
    more = event("supplement", "2026-02-10T09:00-06:00", "Zephyrine was seen at school.")

    run = imported(bundle(tmp_path, events=(REPORTED, more)))

    assert numbers(run) == (1, 0, 4, 0, 0)
    assert "Zephyrine" not in Response.objects.get(kind="supplement").narrative
    assert Entry.objects.get(event=Event.CASE_CHANGED).details["responses"] == 1


def test_duplicate_and_blank_rows_are_counted(tmp_path: Path) -> None:
    folder = bundle(tmp_path, cases=(CASE, CASE), events=(REPORTED, REPORTED))
    with (folder / "events.csv").open("a") as stream:
        stream.write("\n,,,,,\n")

    assert numbers(imported(folder)) == (4, 0, 2, 2, 0)
    assert Response.objects.count() == 1


def test_two_children_of_one_case_come_on_two_rows(tmp_path: Path) -> None:
    sibling = {**CASE, "victim_first_name": "Marigold", "victim_dob": "2020-05-05"}
    folder = bundle(tmp_path, cases=(CASE, sibling))

    run = imported(folder)

    assert numbers(run) == (4, 0, 0, 0, 0)
    assert Victim.objects.count() == 2
    assert InvolvedPerson.objects.count() == 2
    assert numbers(imported(folder)) == (0, 0, 4, 0, 0)


def test_a_referral_without_a_case_waits_for_one(tmp_path: Path) -> None:
    loose = {**REFERRAL, "case_number": "", "acknowledged_at": ""}
    imported(bundle(tmp_path, cases=(), referrals=(loose,)))
    referral = Referral.objects.get()
    assert Flag.objects.filter(referral=referral, kind="referral_unanswered").exists()

    run = imported(bundle(tmp_path, referrals=(REFERRAL,)))

    referral.refresh_from_db()
    assert numbers(run) == (1, 1, 2, 0, 0)
    assert referral.case == Case.objects.get()
    assert referral.acknowledged_at is not None


# -- reviews and closings -----------------------------------------------------------------------


def test_the_first_review_after_the_report_is_the_reports(tmp_path: Path) -> None:
    imported(bundle(tmp_path, events=(REVIEWED, REPORTED)))

    review = Review.objects.get()
    assert (review.subject, review.response) == (ReviewSubject.REPORT, Response.objects.get())
    assert review.reviewer == Officer.objects.get(badge="2001")


def test_a_review_before_the_closing_signs_it(tmp_path: Path) -> None:
    imported(bundle(tmp_path, cases=(CLOSED_CASE,), events=WHOLE))

    sergeant = Officer.objects.get(badge="2001")
    closing = CaseStateChange.objects.get(state=CaseState.CLOSED)
    assert closing.signed_by == sergeant
    assert closing.officer == Officer.objects.get(badge="3001")
    assert closing.imported
    assert sorted(Review.objects.values_list("subject", flat=True)) == ["closure", "report"]
    case = Case.objects.get()
    assert (case.state, case.disposition) == ("closed", "unfounded")
    assert case.closed_at == datetime(2026, 2, 20, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reviewed_at", "signs"),
    [
        ("2026-02-19T14:59:59-06:00", False),
        ("2026-02-19T15:00:00-06:00", True),
        ("2026-02-20T15:00:00-06:00", True),
        ("2026-02-20T15:00:01-06:00", False),
    ],
)
def test_a_signature_is_at_most_a_day_old(tmp_path: Path, reviewed_at: str, signs: bool) -> None:
    review = event("sergeant_review", reviewed_at)
    imported(bundle(tmp_path, cases=(CLOSED_CASE,), events=(REPORTED, REVIEWED, review, CLOSED)))

    assert (CaseStateChange.objects.get(state="closed").signed_by is not None) is signs


def test_nobody_signs_their_own_closing(tmp_path: Path) -> None:
    own = {**CLOSED, "badge": "2001"}

    imported(bundle(tmp_path, cases=(CLOSED_CASE,), events=(REPORTED, REVIEWED, SIGNED, own)))

    assert CaseStateChange.objects.get(state="closed").signed_by is None
    assert Flag.objects.filter(kind="closed_incomplete").exists()


def test_one_review_may_be_the_reports_and_sign_the_closing(tmp_path: Path) -> None:
    closed = event("closed", "2026-02-03T09:00-06:00", "unfounded")
    row = {**CLOSED_CASE, "closed_at": "2026-02-03T09:00-06:00"}

    imported(bundle(tmp_path, cases=(row,), events=(REPORTED, REVIEWED, closed)))

    assert sorted(Review.objects.values_list("subject", flat=True)) == ["closure", "report"]
    assert CaseStateChange.objects.get(state="closed").signed_by is not None


def test_a_case_closed_by_its_row_alone(tmp_path: Path) -> None:
    imported(bundle(tmp_path, cases=(CLOSED_CASE,)))

    closing = CaseStateChange.objects.get(state="closed")
    assert closing.occurred_at == closing.entered_at == datetime(2026, 2, 20, 21, tzinfo=UTC)


def test_a_closing_date_is_never_invented(tmp_path: Path) -> None:
    imported(bundle(tmp_path, cases=({**CLOSED_CASE, "closed_at": ""},)))

    closing = CaseStateChange.objects.get(state="closed")
    assert Case.objects.get().closed_at is None
    assert closing.entered_at == NOW
    assert "does not say when" in closing.reason


def test_an_inactive_case_is_no_clearance(tmp_path: Path) -> None:
    row = {**CLOSED_CASE, "disposition": "inactive"}
    imported(bundle(tmp_path, cases=(row,), events=({**CLOSED, "text": "inactive"},)))

    assert Case.objects.get().state == CaseState.INACTIVE
