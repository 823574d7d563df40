"""Does a report have to say what its channel and class need, and is a thin one noticed?"""

import pytest

from cases.enums import AnswerStatus, Channel, FlagKind, OffenseClass
from cases.rules.documentation import completeness, is_settled, narrative_is_thin
from cases.rules.facts import AnswerFact, CaseFacts
from cases.rules.flags import findings
from cases.rules.policy import Circumstances
from tests.rules.building import (
    CALENDAR,
    DAY,
    HOUR,
    POLICY,
    T0,
    case,
    complete_answers,
    flag_kinds,
    report,
    table,
)

Row = dict[str, str]
ELEMENTS = {element.code: element for element in POLICY.elements}
BY_NUMBER = {element.number: element for element in POLICY.elements if element.number}


def describe(row: Row) -> str:
    return " ".join(value for value in row.values() if value)


def numbers(text: str) -> set[int]:
    """ "1-4 6" as the numbers it names."""
    found: set[int] = set()
    for part in text.split():
        if part[0].isdigit():
            first, _, last = part.partition("-")
            found.update(range(int(first), int(last or first) + 1))
    return found


def codes(text: str) -> set[str]:
    """ "1-4 6 scene" as element codes: by number, and all of a channel's or class's own."""
    groups = [part for part in text.split() if not part[0].isdigit()]
    own = {code for code, element in ELEMENTS.items() if not element.number}
    grouped = {code for code in own for group in groups if code.startswith(f"{group}_")}
    return grouped | {BY_NUMBER[number].code for number in numbers(text)}


@pytest.mark.parametrize("row", table("elements.csv"), ids=describe)
def test_a_report_must_say_what_its_channel_and_class_need(row: Row) -> None:
    result = completeness(
        Channel(row["channel"]),
        OffenseClass(row["class"]),
        row["serious injury"] == "yes",
        row["child witness"] == "yes",
        {},
        POLICY,
    )

    assert {item.element for item in result.missing} == codes(row["required"])
    assert {item.element for item in result.critical_missing} == codes(row["critical"])
    assert (result.settled, result.required) == (0, len(codes(row["required"])))


def test_each_channel_and_class_asks_for_its_own() -> None:
    own = [element.code for element in POLICY.elements if not element.number]
    groups = ("scene", "walk_in", "hotline", "hospital", "abuse", "neglect")

    counts = {group: sum(code.startswith(f"{group}_") for code in own) for group in groups}

    assert counts == {
        "scene": 2,
        "walk_in": 2,
        "hotline": 3,
        "hospital": 6,
        "abuse": 3,
        "neglect": 4,
    }


@pytest.mark.parametrize("status", list(AnswerStatus))
def test_an_answer_or_a_reason_settles_an_element(status: AnswerStatus) -> None:
    assert is_settled(AnswerFact(status, has_content=True))
    assert not is_settled(AnswerFact(status, has_content=False))
    assert not is_settled(None)


def test_completeness_names_what_is_missing_and_why() -> None:
    facts = case()
    answers = complete_answers(facts)
    del answers["suspect_access"]

    result = completeness(facts.channel, facts.offense_class, False, False, answers, POLICY)

    (missing,) = result.missing
    assert (missing.element, missing.critical) == ("suspect_access", True)
    assert missing.why == "Tells whether the child is in danger tonight."
    assert result.share == result.settled / result.required < 1


def test_an_answer_to_what_is_not_asked_counts_for_nothing() -> None:
    answer = {"neglect_food": AnswerFact(AnswerStatus.ANSWERED, has_content=True)}

    result = completeness(Channel.SCENE, OffenseClass.RAPE, False, False, answer, POLICY)

    assert result.settled == 0


@pytest.mark.parametrize(("length", "thin"), [(0, True), (399, True), (400, False)])
def test_a_narrative_under_400_characters_is_thin(length: int, *, thin: bool) -> None:
    assert narrative_is_thin(length, POLICY) is thin


def documented(row: Row) -> CaseFacts:
    facts = case(channel=Channel.SCENE, offense_class=OffenseClass(row["class"]))
    left_out = codes(row["not settled"])
    answers = {
        code: answer for code, answer in complete_answers(facts).items() if code not in left_out
    }
    submitted = report(
        T0 + HOUR,
        narrative_length=int(row["characters"]),
        answers=answers if row["answers recorded"] == "yes" else None,
    )
    return case(channel=Channel.SCENE, offense_class=facts.offense_class, responses=(submitted,))


@pytest.mark.parametrize("row", table("under_documented.csv"), ids=describe)
def test_a_near_empty_report_is_flagged(row: Row) -> None:
    facts = documented(row)
    flagged = row["flagged"] == "yes"

    assert (FlagKind.UNDER_DOCUMENTED in flag_kinds(facts, T0 + HOUR)) is flagged


def test_a_report_that_is_not_submitted_is_not_judged() -> None:
    facts = case(responses=(report(T0, narrative_length=0, submitted=False),))

    assert FlagKind.UNDER_DOCUMENTED not in flag_kinds(facts, T0 + DAY)


def test_the_version_submitted_last_is_judged() -> None:
    thin, whole = report(T0, narrative_length=10), report(T0 + DAY)
    facts = case(responses=(whole, thin))

    assert FlagKind.UNDER_DOCUMENTED in flag_kinds(facts, T0 + HOUR)
    assert FlagKind.UNDER_DOCUMENTED not in flag_kinds(facts, T0 + DAY)


def test_a_reason_names_the_critical_elements_first() -> None:
    facts = case()
    answers = complete_answers(facts)
    for code in ("intake", "when_where", "next_action"):
        del answers[code]
    facts = case(responses=(report(T0, answers=answers),))

    (finding,) = (
        item
        for item in findings(facts, POLICY, CALENDAR, T0)
        if item.kind == FlagKind.UNDER_DOCUMENTED
    )

    assert finding.reasons[0].params["labels"] == ELEMENTS["next_action"].label
    assert finding.reasons[0].params["missing"] == 3


def test_circumstances_decide_what_is_asked() -> None:
    seen = Circumstances(Channel.SCENE, OffenseClass.NEGLECT, child_witness=True)

    asked = {element.code for element in POLICY.elements_for(seen)}

    assert "forensic_interview" in asked
    assert "medical" not in asked
