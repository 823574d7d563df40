"""Does a case close only with everything a closure needs?"""

from dataclasses import replace

import pytest

from cases.enums import CaseState, Disposition
from cases.rules.closing import allowed_dispositions, closing_obstacles
from cases.rules.facts import CaseFacts, EvidenceFact, SuspectFact
from tests.rules.building import (
    DAY,
    HOUR,
    POLICY,
    SECOND,
    T0,
    case,
    closed,
    complete_answers,
    report,
    response,
    signature_of,
    state,
    table,
)

Row = dict[str, str]
NOW = T0 + 30 * DAY
BY_NUMBER = {element.number: element.code for element in POLICY.elements if element.number}


def describe(row: Row) -> str:
    return " ".join(value for value in row.values() if value)


def ready(row: Row) -> CaseFacts:
    facts = case()
    left_out = {BY_NUMBER[int(number)] for number in row["not settled"].split()}
    answers = {
        code: answer for code, answer in complete_answers(facts).items() if code not in left_out
    }
    kinds = row["entries"].split()
    if row["interviewed"] == "yes":
        kinds.append("suspect_interview")
    return replace(
        facts,
        responses=(report(T0, answers=answers), *(response(kind, T0 + HOUR) for kind in kinds)),
        suspects=(SuspectFact("s", row["named suspect"] == "yes", T0),),
        evidence=tuple(EvidenceFact(f"e{n}", T0) for n in range(int(row["evidence left"]))),
    )


@pytest.mark.parametrize("row", table("closing.csv"), ids=describe)
def test_what_stands_in_the_way_of_closing(row: Row) -> None:
    found = closing_obstacles(
        ready(row),
        Disposition(row["disposition"]),
        "detective",
        POLICY,
        now=NOW,
        signed_by_key=row["signed by"] or None,
    )

    assert [obstacle.code for obstacle in found] == row["obstacles"].split()


def obstacles(facts: CaseFacts, signed_by_key: str | None = "sergeant") -> list[str]:
    found = closing_obstacles(
        facts, Disposition.INACTIVE, "detective", POLICY, now=NOW, signed_by_key=signed_by_key
    )
    return [obstacle.code for obstacle in found]


def reported() -> CaseFacts:
    facts = case()
    return replace(facts, responses=(report(T0, answers=complete_answers(facts)),))


def test_a_case_without_a_report_does_not_close() -> None:
    assert obstacles(case()) == ["no_report"]


def test_an_import_that_carries_no_reports_needs_none_to_close() -> None:
    assert obstacles(case(imported=True, carries=frozenset())) == []


def test_an_imported_report_has_no_answers_to_judge() -> None:
    assert obstacles(case(imported=True, responses=(report(T0, answers=None),))) == []


@pytest.mark.parametrize("ended", [CaseState.CLOSED, CaseState.INACTIVE])
def test_a_case_that_has_ended_does_not_end_again(ended: CaseState) -> None:
    facts = replace(reported(), states=(state(ended, T0 + DAY),))

    assert obstacles(facts) == ["already_closed"]


def test_a_reopened_case_may_close_again() -> None:
    facts = replace(reported(), states=(closed(T0 + DAY), state(CaseState.REOPENED, T0 + 2 * DAY)))

    assert obstacles(facts) == []


@pytest.mark.parametrize(
    ("approved_at", "found"),
    [(NOW - DAY - SECOND, ["unsigned"]), (NOW - DAY, []), (NOW, [])],
)
def test_a_fresh_approval_is_a_signature(approved_at: object, found: list[str]) -> None:
    facts = replace(reported(), reviews=(signature_of(approved_at),))  # type: ignore[arg-type]

    assert obstacles(facts, signed_by_key=None) == found


def test_the_facts_decide_which_dispositions_can_be_chosen() -> None:
    nothing_known = allowed_dispositions(reported(), POLICY)
    named = replace(reported(), suspects=(SuspectFact("s", True, T0),))

    assert nothing_known == (Disposition.INACTIVE,)
    assert Disposition.CLEARED_ARREST in allowed_dispositions(named, POLICY)
    assert Disposition.CLEARED_EXCEPTIONAL_B not in allowed_dispositions(named, POLICY)


def test_obstacles_read_as_sentences() -> None:
    found = closing_obstacles(case(), Disposition.CLEARED_ARREST, "detective", POLICY, now=NOW)

    assert [obstacle.sentence for obstacle in found] == [
        "“Cleared by arrest” needs a named suspect.",
        "No initial report was submitted.",
        "A sergeant who is not the closing detective must sign the closure.",
    ]
