"""Does an import tell whoever asks for it of a case that a wall hides from them, or change one?"""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.enums import ImportState, RoleCode
from cases.models import Account, Case, ImportRejection, ImportRun, Referral, Response
from cases.services.importing.deciding import OPENED_HERE as TAKEN
from cases.services.importing.referrals import ELSEWHERE
from tests.cases.importing_files import (
    CASE,
    CLOSED_CASE,
    OFFICER,
    REFERRAL,
    REPORTED,
    SERGEANT,
    bundle,
    event,
    imported,
    rejected,
    zipped,
)
from tests.cases.pages import signed_in
from tests.cases.test_importing_pages import NAMED, mapped, upload
from tests.factories import AccountFactory, CaseFactory, WallFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LATER = event("supplement", "2026-02-10T12:00-06:00", "The school was asked for its records.")
UNANSWERED = {**REFERRAL, "acknowledged_at": ""}
CASES = {**CASE, "case_number": "26-0001"}


@pytest.fixture(params=[RoleCode.CAPTAIN, RoleCode.ADMINISTRATOR])
def importer(request: pytest.FixtureRequest) -> Account:
    account: Account = AccountFactory.create(role=request.param)
    return account


def brought(client: Client, data: bytes, on_commit: Any) -> ImportRun:
    """Uploaded, previewed and committed from the pages, as the application does each."""
    with on_commit(execute=True):
        run_id = upload(client, data, name="caseload.zip")["Location"].split("/")[2]
    with on_commit(execute=True):
        client.post(reverse("import-commit", args=[run_id]), {"squad": ""})
    run = ImportRun.objects.get(pk=run_id)
    assert run.state == ImportState.DONE
    return run


def told(run: ImportRun) -> tuple[int, int, int, list[tuple[str, int, str]]]:
    return run.landed, run.changed, run.unchanged, rejected(run)


def test_a_small_file_is_previewed_against_all_that_is_on_record(importer: Account) -> None:
    """In the request, as somebody who sees no case: an empty look would call every row new."""
    CaseFactory.create(number="26-1")

    card = mapped(signed_in(importer), NAMED.encode()).context["card"]

    assert card.landed == 1
    assert (1, TAKEN) in {(row.line - 1, row.reason) for row in reasons(card.id)}


def reasons(run_id: Any) -> list[ImportRejection]:
    return list(ImportRejection.objects.filter(run=run_id))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    imported(bundle(tmp_path / "before", officers=[OFFICER, SERGEANT], cases=[CASES],
                    events=[REPORTED], referrals=[UNANSWERED]))  # fmt: skip
    return Case.objects.get()


def test_what_is_behind_a_wall_is_neither_compared_nor_changed(
    case: Case, importer: Account, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """A file of guesses says for each column whether it was right; one of events adds to it."""
    WallFactory.create(case=case, account=importer)
    before, entries = Case.objects.values().get(), Response.objects.count()
    guesses = [CASES, {**CASES, "suspect_name": "Somebody Else"}, {**CLOSED_CASE}]
    files = [
        bundle(tmp_path / str(at), officers=[OFFICER, SERGEANT], cases=[row])
        for at, row in enumerate(guesses)
    ]

    runs = [brought(signed_in(importer), zipped(one), django_capture_on_commit_callbacks)
            for one in files]  # fmt: skip

    assert [told(run) for run in runs] == [(0, 0, 2, [("cases.csv", 2, TAKEN)])] * 3
    assert (Case.objects.values().get(), Response.objects.count()) == (before, entries)


def test_an_event_and_a_referral_alone_meet_no_case_there(
    case: Case, importer: Account, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    WallFactory.create(case=case, account=importer)
    rows = [("26-0001", "H-77"), ("26-0009", "H-99")]
    answers = []
    for at, (number, _) in enumerate(rows):
        file = bundle(
            tmp_path / str(at),
            officers=[OFFICER, SERGEANT],
            cases=[],
            events=[{**LATER, "case_number": number}],
            referrals=[{**UNANSWERED, "reference": f"N-{at}", "case_number": number}],
        )
        run = brought(signed_in(importer), zipped(file), django_capture_on_commit_callbacks)
        answers.append(told(run))

    assert answers[0] == answers[1]
    assert Response.objects.filter(case=case).count() == 1


def test_what_a_hospital_sent_about_it_is_not_answered_by_a_file(
    case: Case, importer: Account, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    WallFactory.create(case=case, account=importer)
    answered = {**REFERRAL, "case_number": ""}
    file = bundle(tmp_path / "again", officers=[OFFICER, SERGEANT], cases=[], referrals=[answered])

    run = brought(signed_in(importer), zipped(file), django_capture_on_commit_callbacks)

    assert Referral.objects.get().acknowledged_at is None
    assert [reason for *_, reason in rejected(run)] == [ELSEWHERE]


def test_who_is_walled_from_nothing_brings_it_all(
    case: Case, importer: Account, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    answered = {**REFERRAL, "case_number": ""}
    file = bundle(
        tmp_path / "again",
        officers=[OFFICER, SERGEANT],
        cases=[CLOSED_CASE],
        referrals=[answered],
    )

    brought(signed_in(importer), zipped(file), django_capture_on_commit_callbacks)

    assert Case.objects.get().state == "closed"
    assert Referral.objects.get().acknowledged_at is not None
