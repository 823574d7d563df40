"""Can a sergeant read a report with what it lacks, and decide on it once, field by field?"""

from typing import Any

import pytest
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.enums import ReviewDecision
from cases.models import Case, Response, Review
from cases.rules.clocks import submitted_reports
from cases.selectors.cards import latest_report
from cases.selectors.facts import case_facts
from tests.cases.pages import MAX_QUERIES, Desk, words
from tests.factories import HOUR, NOW, ResponseFactory, ReviewFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case()


@pytest.fixture
def report(desk: Desk, case: Case) -> Response:
    return ResponseFactory.create(
        case=case,
        initial_report=True,
        officer=desk.detective.officer,
        answers={"intake": "By a call."},
        incomplete_reason="End of shift.",
    )


def url(report: Response) -> str:
    return reverse("review", args=[report.pk])


def test_the_report_is_shown_with_what_is_missing_and_why(desk: Desk, report: Response) -> None:
    text = words(desk.as_sergeant.get(url(report)))

    assert "By a call." in text
    assert "1 of 20 settled, 19 missing" in text
    assert "missing, critical Tells whether the child is in danger tonight." in text
    assert "Incomplete because: End of shift." in text


def test_reading_leaves_an_entry_and_few_queries(
    desk: Desk, report: Response, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(MAX_QUERIES):
        desk.as_sergeant.get(url(report))

    entry = Entry.objects.get(event=Event.REPORT_VIEWED)
    assert entry.details == {"response": str(report.pk)}


def test_a_report_is_returned_with_comments_to_the_field(desk: Desk, report: Response) -> None:
    comments = {"comment": "Too short.", "comment-suspect": "Describe them."}

    answer = desk.as_sergeant.post(url(report), {"decision": "returned", **comments})

    assert answer.status_code == 302
    review = Review.objects.get()
    assert review.decision == ReviewDecision.RETURNED
    assert review.comments == {"": "Too short.", "suspect": "Describe them."}
    assert review.reviewer == desk.sergeant.officer


def test_returning_without_a_word_is_refused(desk: Desk, report: Response) -> None:
    answer = desk.as_sergeant.post(url(report), {"decision": "returned", "comment": " "})

    assert answer.status_code == 422
    assert "Say what is missing before you return a report." in words(answer)
    assert not Review.objects.exists()


def test_approving_needs_no_comment_and_happens_once(desk: Desk, report: Response) -> None:
    first = desk.as_sergeant.post(url(report), {"decision": "approved"})
    second = desk.as_sergeant.post(url(report), {"decision": "returned", "comment": "Again."})

    assert (first.status_code, second.status_code) == (302, 422)
    assert Review.objects.get().decision == ReviewDecision.APPROVED
    assert 'value="approved"' not in desk.as_sergeant.get(url(report)).content.decode()


def test_an_unheard_of_decision_is_refused(desk: Desk, report: Response) -> None:
    assert desk.as_sergeant.post(url(report), {"decision": "burnt"}).status_code == 422
    assert not Review.objects.exists()


def test_a_detective_does_not_review(desk: Desk, report: Response) -> None:
    assert desk.as_detective.get(url(report)).status_code == 404
    assert desk.as_detective.post(url(report), {"decision": "approved"}).status_code == 404


def test_ones_own_report_is_left_to_another(desk: Desk, case: Case) -> None:
    own = ResponseFactory.create(case=case, initial_report=True, officer=desk.sergeant.officer)

    assert "Another sergeant reviews it." in words(desk.as_sergeant.get(url(own)))
    assert desk.as_sergeant.post(url(own), {"decision": "approved"}).status_code == 403


def test_earlier_versions_stand_below_with_what_was_said(
    desk: Desk, case: Case, report: Response
) -> None:
    ReviewFactory.create(response=report, returned=True)
    newer = ResponseFactory.create(
        case=case, initial_report=True, occurred_at=NOW - 3 * HOUR, narrative="Second attempt."
    )

    text = words(desk.as_sergeant.get(url(newer)))

    assert "The version of" in text
    assert "Say who, or describe them." in text
    assert "By a call." in text
    assert "A later version replaced this report." in words(desk.as_sergeant.get(url(report)))


def test_of_versions_of_one_moment_the_page_shows_the_one_that_the_clocks_judge(
    desk: Desk, case: Case
) -> None:
    versions = ResponseFactory.create_batch(6, case=case, initial_report=True)
    judged = submitted_reports(case_facts([case.pk])[case.pk].responses)[-1].key
    listed = Case.objects.annotate(reports=latest_report()).get(pk=case.pk).reports

    replaced = "A later version replaced this report."
    shown = [
        str(version.pk)
        for version in versions
        if replaced not in words(desk.as_sergeant.get(url(version)))
    ]

    assert (shown, listed[0]["id"]) == ([judged], judged)


def test_an_imported_report_is_judged_by_its_narrative_alone(desk: Desk) -> None:
    old = ResponseFactory.create(case=desk.held_case(imported=True), initial_report=True)

    text = words(desk.as_sergeant.get(url(old)))

    assert "judged by its narrative alone" in text
    assert "Still missing" not in text
    assert "missing, critical" not in text


def test_only_reports_are_reviewed(desk: Desk, case: Case) -> None:
    supplement = ResponseFactory.create(case=case)

    assert desk.as_sergeant.get(url(supplement)).status_code == 404
