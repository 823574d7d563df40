"""Do the rows of a case become the facts that the rules read, none left out and none made up?"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.enums import AnswerStatus, ClockKind, OffenseClass, ReviewDecision, ReviewSubject
from cases.models import ElementAnswer
from cases.rules.facts import CARRIES, WallFact
from cases.selectors.facts import case_facts, loose_referral_facts, midnight
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    CaseStateChangeFactory,
    ClockHoldFactory,
    EvidenceFactory,
    InvolvedPersonFactory,
    OfficerFactory,
    ReferralFactory,
    ResponseFactory,
    ReviewFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db


def full_case() -> dict[str, Any]:
    """A case with one row of everything."""
    case = CaseFactory.create(serious_injury=True, priority="1")
    officer = OfficerFactory.create(active_to=date(2026, 7, 1))
    suspect = InvolvedPersonFactory.create(case=case)
    InvolvedPersonFactory.create(case=case, caregiver=True)
    report = ResponseFactory.create(
        case=case, initial_report=True, answers={"intake": "By a call."}, suspect=suspect
    )
    return {
        "case": case,
        "officer": officer,
        "suspect": suspect,
        "report": report,
        "review": ReviewFactory.create(case=case, response=report),
        "assignment": AssignmentFactory.create(
            case=case, officer=officer, assigned_by=AccountFactory.create()
        ),
        "referral": ReferralFactory.create(case=case, acknowledged=True, priority="2"),
        "evidence": EvidenceFactory.create(case=case, dispositioned=True),
        "state": CaseStateChangeFactory.create(case=case, officer=officer),
        "hold": ClockHoldFactory.create(case=case),
        "wall": WallFactory.create(
            case=case, account=AccountFactory.create(officer=officer), lifted_at=NOW
        ),
        "wall of nobody": WallFactory.create(
            case=case, account=AccountFactory.create(partner=True)
        ),
    }


def test_everything_on_record_is_there() -> None:
    made = full_case()

    facts = case_facts([made["case"].pk])[made["case"].pk]

    assert (facts.key, facts.received_at, facts.priority) == (
        str(made["case"].pk),
        made["case"].received_at,
        "1",
    )
    assert (facts.serious_injury, facts.imported, facts.carries) == (True, False, CARRIES)
    (report,) = facts.responses
    assert (report.key, report.suspect_key) == (str(made["report"].pk), str(made["suspect"].pk))
    assert report.answers is not None
    assert report.answers["intake"].status == AnswerStatus.ANSWERED
    (review,) = facts.reviews
    assert (review.subject, review.decision, review.response_key, review.reviewer_key) == (
        ReviewSubject.REPORT,
        ReviewDecision.APPROVED,
        report.key,
        str(made["review"].reviewer_id),
    )
    (assignment,) = facts.assignments
    assert assignment.officer_active_from == datetime(2020, 1, 6, 6, tzinfo=UTC)
    assert assignment.officer_active_to == datetime(2026, 7, 1, 5, tzinfo=UTC)
    (referral,) = facts.referrals
    assert (referral.priority, referral.acknowledged_at) == ("2", NOW - 2 * DAY + HOUR)
    assert [suspect.key for suspect in facts.suspects] == [str(made["suspect"].pk)]
    assert [item.dispositioned_at for item in facts.evidence] == [NOW - DAY]
    assert [state.officer_key for state in facts.states] == [str(made["officer"].pk)]
    assert [hold.clock_kind for hold in facts.holds] == [ClockKind.VICTIM_SEEN]
    assert facts.walls == (
        WallFact(str(made["wall"].pk), str(made["officer"].pk), made["wall"].set_at, NOW),
    )


def test_as_many_queries_for_thirty_cases_as_for_one() -> None:
    one = full_case()["case"]
    with CaptureQueriesContext(connection) as first:
        case_facts([one.pk])
    many = [full_case()["case"].pk for _ in range(30)]

    with CaptureQueriesContext(connection) as second:
        facts = case_facts(many)

    assert len(first) == len(second) == 11
    assert set(facts) == set(many)
    assert all(len(known.responses) == 1 for known in facts.values())


def test_what_does_not_exist_is_left_out() -> None:
    assert case_facts([uuid4()]) == {}


def test_an_imported_report_has_no_answers_and_an_empty_one_here_has_none_settled() -> None:
    case = CaseFactory.create()
    ResponseFactory.create(case=case, initial_report=True, occurred_at=NOW - DAY)
    ResponseFactory.create(case=case, initial_report=True, has_answers=True, occurred_at=NOW)

    reports = sorted(case_facts([case.pk])[case.pk].responses, key=lambda one: one.entered_at)

    assert [report.answers for report in reports] == [None, {}]


@pytest.mark.parametrize(("text", "has_content"), [("By a call.", True), (" \n\t", False)])
def test_an_answer_of_blanks_says_nothing(text: str, has_content: bool) -> None:
    report = ResponseFactory.create(initial_report=True, answers={"intake": "x"})
    ElementAnswer.objects.filter(response=report).update(text=text)

    (fact,) = case_facts([report.case_id])[report.case_id].responses

    assert fact.answers is not None
    assert fact.answers["intake"].has_content is has_content


def test_an_imported_case_carries_what_its_import_did() -> None:
    case = CaseFactory.create(imported=True)

    facts = case_facts([case.pk])[case.pk]

    assert facts.imported
    assert facts.carries == {"responses", "reviews", "referrals", "suspects"}


def test_what_a_person_assigns_on_an_imported_case_is_not_imported() -> None:
    case = CaseFactory.create(imported=True)
    AssignmentFactory.create(case=case, ended_at=NOW)
    AssignmentFactory.create(case=case, assigned_at=NOW, assigned_by=AccountFactory.create())

    held = sorted(case_facts([case.pk])[case.pk].assignments, key=lambda one: one.assigned_at)

    assert [fact.imported for fact in held] == [True, False]


@pytest.mark.parametrize(
    ("day", "hour"), [(date(2026, 3, 8), 6), (date(2026, 3, 9), 5), (date(2026, 11, 2), 6)]
)
def test_midnight_is_the_units(day: date, hour: int) -> None:
    """Daylight saving begins on 8 March and ends on 1 November 2026."""
    expected = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)

    assert midnight(day, ZoneInfo("America/Chicago")) == expected


def test_a_loose_referral_is_a_case_of_which_nothing_else_is_known() -> None:
    referral = ReferralFactory.create()
    joined = ReferralFactory.create(case=CaseFactory.create())

    facts = loose_referral_facts([referral.pk, joined.pk])

    assert set(facts) == {referral.pk}
    assert facts[referral.pk].offense_class == OffenseClass.UNCLASSIFIED
    assert [one.key for one in facts[referral.pk].referrals] == [str(referral.pk)]
