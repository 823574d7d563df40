"""Are the steps on a case asked for, refused in words, and taken once?"""

from typing import Any

import pytest
from django.urls import reverse

from cases.enums import CaseState, Disposition
from cases.models import Case, Referral
from tests.cases.pages import MAX_QUERIES, Desk, words
from tests.factories import (
    CaseFactory,
    OfficerFactory,
    ReferralFactory,
    ResponseFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case()


def step(name: str, case: Case) -> str:
    return reverse(f"case-{name}", args=[case.pk])


@pytest.mark.parametrize("name", ["assign", "close"])
def test_a_step_asks_within_its_queries(
    desk: Desk, case: Case, name: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(MAX_QUERIES):
        response = desk.as_sergeant.get(step(name, case))

    assert case.number in words(response)


def test_a_case_is_handed_to_an_active_detective(desk: Desk, case: Case) -> None:
    other = OfficerFactory.create(squad=desk.squad)
    gone = OfficerFactory.create(squad=desk.squad, departed=True)
    offered = desk.as_sergeant.get(step("assign", case)).context["page"].officers

    answer = desk.as_sergeant.post(step("assign", case), {"officer": other.pk, "reason": ""})

    assert {str(other.pk)} <= {key for key, _ in offered}
    assert str(gone.pk) not in {key for key, _ in offered}
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.detective == other


def test_handing_a_case_to_its_holder_says_so(desk: Desk, case: Case) -> None:
    answer = desk.as_sergeant.post(step("assign", case), {"officer": desk.detective.officer_id})

    assert answer.status_code == 422
    assert "has this case already" in words(answer)


def test_closing_names_everything_that_has_to_be_done_first(desk: Desk, case: Case) -> None:
    asked = {
        "disposition": Disposition.CLEARED_ARREST,
        "closing_officer": desk.detective.officer_id,
        "reason": "Done.",
    }

    answer = desk.as_sergeant.post(step("close", case), asked)

    assert answer.status_code == 422
    assert "needs a named suspect" in words(answer)
    assert "No initial report was submitted." in words(answer)
    case.refresh_from_db()
    assert case.state == CaseState.ACTIVE


def test_a_closure_needs_a_reason(desk: Desk, case: Case) -> None:
    asked = {
        "disposition": Disposition.INACTIVE,
        "closing_officer": desk.detective.officer_id,
        "reason": " ",
    }

    assert desk.as_sergeant.post(step("close", case), asked).status_code == 422


def test_a_case_is_closed_and_opened_again(desk: Desk, case: Case) -> None:
    ResponseFactory.create(case=case, initial_report=True)
    asked = {
        "disposition": Disposition.INACTIVE,
        "closing_officer": desk.detective.officer_id,
        "reason": "No leads are left.",
    }

    closed = desk.as_sergeant.post(step("close", case), asked, follow=True)
    assert "The case is closed." in words(closed)

    opened = desk.as_sergeant.post(step("reopen", case), {"reason": "A new lead."}, follow=True)
    assert "The case is open again." in words(opened)
    case.refresh_from_db()
    assert case.state == CaseState.REOPENED


def test_an_open_case_is_not_reopened(desk: Desk, case: Case) -> None:
    answer = desk.as_sergeant.post(step("reopen", case), {"reason": "Why not."})

    assert answer.status_code == 422
    assert "This case has not ended." in words(answer)


def test_a_sender_is_answered_in_words(desk: Desk, case: Case) -> None:
    referral = ReferralFactory.create(case=case)
    url = reverse("referral-acknowledge", args=[referral.pk])
    assert referral.organization in words(desk.as_detective.get(url))
    assert desk.as_detective.post(url, {"how": " "}).status_code == 422

    desk.as_detective.post(url, {"how": "By telephone, to the nurse on duty."})

    assert Referral.objects.get().acknowledged_how == "By telephone, to the nurse on duty."


def test_a_referral_without_a_case_is_not_here(desk: Desk) -> None:
    url = reverse("referral-acknowledge", args=[ReferralFactory.create(case=None).pk])

    assert desk.as_detective.get(url).status_code == 404


@pytest.mark.parametrize("name", ["assign", "close", "reopen"])
def test_supervising_is_not_a_detectives_step(desk: Desk, case: Case, name: str) -> None:
    assert desk.as_detective.get(step(name, case)).status_code == 404


def test_only_the_assignee_acknowledges(desk: Desk, case: Case) -> None:
    elsewhere = CaseFactory.create()

    assert desk.as_sergeant.post(step("acknowledge", case)).status_code == 403
    assert desk.as_detective.post(step("acknowledge", elsewhere)).status_code == 404
    assert desk.as_detective.get(step("acknowledge", case)).status_code == 405
