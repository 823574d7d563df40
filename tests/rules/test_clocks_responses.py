"""Does each report, kit, submission and entry start what must follow it?"""

import pytest

from cases.enums import (
    CaseState,
    ClockKind,
    OffenseClass,
    ResponseKind,
    ReviewDecision,
)
from tests.rules.building import (
    DAY,
    HOUR,
    SECOND,
    T0,
    case,
    clock_of,
    late,
    report,
    response,
    review,
    running,
    span,
    state,
    supplement,
    table,
)

Row = dict[str, str]


def describe(row: Row) -> str:
    return " ".join(value for value in row.values() if value)


def test_a_submitted_report_is_reviewed_within_a_day() -> None:
    submitted = report(T0, key="first", entered_at=T0 + HOUR)
    facts = case(responses=(submitted,))
    due = T0 + 25 * HOUR

    assert ("sergeant_review", "first") not in late(facts, due)
    assert ("sergeant_review", "first") in late(facts, due + SECOND)


def test_a_report_that_is_not_submitted_awaits_no_review() -> None:
    facts = case(responses=(report(T0, submitted=False),))

    assert ClockKind.SERGEANT_REVIEW not in {clock.kind for clock in running(facts, T0 + DAY)}


@pytest.mark.parametrize("decision", list(ReviewDecision))
def test_approving_and_returning_both_meet_the_review(decision: ReviewDecision) -> None:
    facts = case(
        responses=(report(T0, key="first"),),
        reviews=(review(T0 + HOUR, "first", decision=decision),),
    )

    assert clock_of(facts, ClockKind.SERGEANT_REVIEW, "first").met_at == T0 + HOUR


def test_a_returned_report_is_reviewed_again_once_submitted_again() -> None:
    facts = case(
        responses=(report(T0, key="first"), report(T0 + 2 * DAY, key="second")),
        reviews=(review(T0 + HOUR, "first", decision=ReviewDecision.RETURNED),),
    )

    assert ("sergeant_review", "second") not in late(facts, T0 + 3 * DAY)
    assert ("sergeant_review", "second") in late(facts, T0 + 3 * DAY + SECOND)
    assert ("sergeant_review", "first") not in late(facts, T0 + 9 * DAY)


def test_a_new_version_supersedes_the_unmet_review_of_the_old_one() -> None:
    facts = case(responses=(report(T0, key="first"), report(T0 + 2 * DAY, key="second")))

    assert ("sergeant_review", "first") in late(facts, T0 + 2 * DAY - SECOND)
    assert ("sergeant_review", "first") not in late(facts, T0 + 2 * DAY)
    assert clock_of(facts, ClockKind.SERGEANT_REVIEW, "first").stopped_at == T0 + 2 * DAY


def test_a_review_that_names_no_report_is_of_the_latest_one() -> None:
    facts = case(
        responses=(report(T0, key="first"), report(T0 + DAY, key="second")),
        reviews=(review(T0 + DAY + HOUR),),
    )

    assert clock_of(facts, ClockKind.SERGEANT_REVIEW, "second").met_at == T0 + DAY + HOUR
    assert clock_of(facts, ClockKind.SERGEANT_REVIEW, "first").met_at is None


def test_each_exam_needs_a_kit_and_each_kit_the_lab() -> None:
    facts = case(
        offense_class=OffenseClass.RAPE,
        responses=(
            response(ResponseKind.MEDICAL_EXAM, T0, key="exam 1"),
            response(ResponseKind.MEDICAL_EXAM, T0 + DAY, key="exam 2"),
            response(ResponseKind.KIT_COLLECTED, T0 + 2 * DAY, key="kit 1"),
        ),
    )

    assert clock_of(facts, ClockKind.KIT_COLLECTED, "exam 1").met_at == T0 + 2 * DAY
    assert late(facts, T0 + 20 * DAY) >= {("kit_collected", "exam 2"), ("kit_to_lab", "kit 1")}
    assert ("kit_collected", "exam 1") not in late(facts, T0 + 20 * DAY)


def test_a_kit_collected_before_the_exam_was_logged_counts() -> None:
    facts = case(
        offense_class=OffenseClass.RAPE,
        responses=(
            response(ResponseKind.KIT_COLLECTED, T0, key="kit"),
            response(ResponseKind.MEDICAL_EXAM, T0 + HOUR, key="exam"),
        ),
    )

    assert clock_of(facts, ClockKind.KIT_COLLECTED, "exam").met_at == T0


def test_a_decision_does_not_answer_a_later_submission() -> None:
    facts = case(
        responses=(
            response(ResponseKind.PROSECUTOR_SUBMISSION, T0, key="first"),
            response(ResponseKind.PROSECUTOR_DECISION, T0 + DAY),
            response(ResponseKind.PROSECUTOR_SUBMISSION, T0 + 2 * DAY, key="second"),
        ),
    )

    assert clock_of(facts, ClockKind.PROSECUTOR_DECISION, "first").met_at == T0 + DAY
    assert clock_of(facts, ClockKind.PROSECUTOR_DECISION, "second").met_at is None


def test_a_decision_in_the_moment_of_the_submission_answers_it() -> None:
    facts = case(
        responses=(
            response(ResponseKind.PROSECUTOR_SUBMISSION, T0, key="only"),
            response(ResponseKind.PROSECUTOR_DECISION, T0),
        ),
    )

    assert clock_of(facts, ClockKind.PROSECUTOR_DECISION, "only").met_at == T0


@pytest.mark.parametrize("row", table("next_supplement.csv"), ids=describe)
def test_the_next_entry_is_due_after_the_last(row: Row) -> None:
    kinds = [kind for kind in row["last entries"].split(" + ") if kind]
    entries = tuple(response(kind, T0 + index * HOUR) for index, kind in enumerate(kinds))
    states = (state(CaseState(row["state"]), T0),) if row["state"] else ()
    facts = case(responses=entries, states=states)
    due = T0 + max(len(kinds) - 1, 0) * HOUR + span(row["limit"])

    assert ("next_supplement", "") not in late(facts, due - SECOND)
    assert ("next_supplement", "") not in late(facts, due)
    assert ("next_supplement", "") in late(facts, due + SECOND)


def test_telling_the_agency_does_not_move_the_case() -> None:
    facts = case(responses=(response(ResponseKind.AGENCY_NOTIFIED, T0 + 9 * DAY),))

    assert clock_of(facts, ClockKind.NEXT_SUPPLEMENT).starts_at == T0


def test_an_entry_dated_ahead_buys_no_time() -> None:
    ahead = supplement(T0 + 90 * DAY, entered_at=T0 + DAY)

    assert clock_of(case(responses=(ahead,)), ClockKind.NEXT_SUPPLEMENT).starts_at == T0 + DAY


def test_an_old_entry_written_down_late_does_not_set_the_clock_back() -> None:
    entries = (supplement(T0 + 5 * DAY), supplement(T0 + DAY, entered_at=T0 + 6 * DAY))

    assert clock_of(case(responses=entries), ClockKind.NEXT_SUPPLEMENT).starts_at == T0 + 5 * DAY


def test_leaving_the_lab_queue_brings_back_the_shorter_limit() -> None:
    facts = case(
        responses=(supplement(T0),),
        states=(
            state(CaseState.AWAITING_LAB, T0 + DAY),
            state(CaseState.ACTIVE, T0 + 20 * DAY),
        ),
    )

    assert ("next_supplement", "") not in late(facts, T0 + 20 * DAY - SECOND)
    assert ("next_supplement", "") in late(facts, T0 + 20 * DAY)
