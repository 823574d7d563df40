"""Is a policy that can't be used refused in a sentence that names the key?"""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from cases.enums import ClockKind, Disposition, Priority
from cases.policy_default import DEFAULT_POLICY, default_policy
from cases.rules.policy import Policy, PolicyError

Change = Callable[[dict[str, Any]], None]


def put(value: Any, *path: str) -> Change:
    def change(data: dict[str, Any]) -> None:
        *tables, last = path
        for name in tables:
            data = data[name]
        data[last] = value

    return change


def drop(*path: str) -> Change:
    def change(data: dict[str, Any]) -> None:
        *tables, last = path
        for name in tables:
            data = data[name]
        del data[last]

    return change


def test_the_default_policy_has_a_rule_for_every_clock_and_chosen_disposition() -> None:
    policy = default_policy()

    assert set(policy.clocks) == set(ClockKind)
    assert set(Disposition) - set(policy.dispositions) == {Disposition.CLEARED_EXCEPTIONAL}
    assert [element.number for element in policy.elements if element.number] == list(range(1, 18))


def test_every_element_says_why_it_matters() -> None:
    for element in default_policy().elements:
        assert element.label.strip()
        assert element.why.endswith(".")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (drop("clocks"), "policy.clocks is missing."),
        (drop("clocks", "victim_seen"), "policy.clocks.victim_seen is missing."),
        (drop("clocks", "victim_seen", "limit"), "policy.clocks.victim_seen.limit is missing."),
        (
            put({"hours": 0}, "clocks", "victim_seen", "limit"),
            "policy.clocks.victim_seen.limit.hours must be a whole number of 1 or more.",
        ),
        (
            put({"hours": 1.5}, "clocks", "victim_seen", "limit"),
            "policy.clocks.victim_seen.limit.hours must be a whole number of 1 or more.",
        ),
        (
            put({"hours": True}, "clocks", "victim_seen", "limit"),
            "policy.clocks.victim_seen.limit.hours must be a whole number of 1 or more.",
        ),
        (
            put({"weeks": 2}, "clocks", "victim_seen", "limit"),
            "victim_seen.limit must name one of hours, days, business_days, not weeks.",
        ),
        (
            put({"hours": 2, "days": 1}, "clocks", "victim_seen", "limit"),
            "policy.clocks.victim_seen.limit must name exactly one of hours, days, business_days.",
        ),
        (drop("finding"), "policy.finding is missing."),
        (
            put(0, "finding", "searches_in_an_hour"),
            "policy.finding.searches_in_an_hour must be a whole number of 1 or more.",
        ),
        (
            put(1, "finding", "common_in_cases"),
            "policy.finding.common_in_cases must be a whole number from 2 to 50.",
        ),
        (
            put(51, "finding", "common_in_cases"),
            "policy.finding.common_in_cases must be a whole number from 2 to 50.",
        ),
        (put(1, "finding", "other"), "policy.finding"),
        (drop("expunging"), "policy.expunging is missing."),
        (
            put({"business_days": 3}, "expunging", "request_stands"),
            "policy.expunging.request_stands must be in hours or days.",
        ),
        (
            put({"9": {"hours": 2}}, "clocks", "victim_seen", "by_priority"),
            "policy.clocks.victim_seen.by_priority: '9' is not one of 1, 2, 3.",
        ),
        (
            put({"hours": 2}, "clocks", "coffee_break"),
            "policy.clocks.coffee_break is not a key of the policy.",
        ),
        (put(6, "clocks", "victim_seen", "severity"), "must be a whole number from 1 to 5."),
        (put("soon", "clocks", "victim_seen"), "policy.clocks.victim_seen must be a table"),
        (
            put(["victim_phoned"], "clocks", "victim_seen", "met_by"),
            "policy.clocks.victim_seen.met_by[0]: 'victim_phoned' is not one of initial_report,",
        ),
        (
            put(1.2, "flags", "copied_narrative", "similarity"),
            "policy.flags.copied_narrative.similarity must be a number above 0 and at most 1.",
        ),
        (
            put({"business_days": 1}, "flags", "backfilled", "late_by"),
            "policy.flags.backfilled.late_by must be in hours or days.",
        ),
        (drop("flags", "overloaded"), "policy.flags.overloaded is missing."),
        (put({}, "flags", "sleepy"), "policy.flags.sleepy is not a key of the policy."),
        (put([], "escalation"), "policy.escalation must name at least one step, and none twice."),
        (
            put(["sergeant", "sergeant"], "escalation"),
            "policy.escalation must name at least one step, and none twice.",
        ),
        (put("captain", "escalation"), "policy.escalation must be a list."),
        (
            put([], "dispositions", "forgotten"),
            "policy.dispositions: 'forgotten' is not one of cleared_arrest,",
        ),
        (
            put(["a_hunch"], "dispositions", "unfounded"),
            "policy.dispositions.unfounded[0]: 'a_hunch' is not one of",
        ),
        (drop("parts"), "policy.parts is missing."),
        (drop("parts", "read_by", "therapist"), "policy.parts.read_by.therapist is missing."),
        (
            put(["everything"], "parts", "read_by", "therapist"),
            "policy.parts.read_by.therapist[0]: 'everything' is not one of report, people,",
        ),
        (
            put(["report"], "parts", "read_by", "neighbor"),
            "policy.parts.read_by.neighbor is not a key of the policy.",
        ),
        (
            drop("parts", "of_responses", "kit_to_lab"),
            "policy.parts.of_responses.kit_to_lab is missing.",
        ),
        (put(2, "schema"), "policy.schema must be 1"),
        (put(1, "surprise"), "policy.surprise is not a key of the policy."),
    ],
)
def test_what_is_wrong_is_named(change: Change, sentence: str) -> None:
    data = deepcopy(DEFAULT_POLICY)
    change(data)

    with pytest.raises(PolicyError) as refused:
        Policy.from_dict(data)

    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (put(" ", "why"), "policy.elements[0].why must be a text that is not empty."),
        (put("yes", "critical"), "policy.elements[0].critical must be true or false."),
        (put([{}], "when"), "policy.elements[0].when[0] must name at least one condition."),
        (
            put([{"classes": ["theft"]}], "when"),
            "policy.elements[0].when[0].classes[0]: 'theft' is not one of rape,",
        ),
        (put("other", "part"), "policy.elements[0].part: 'other' is not one of report, people,"),
        (put("suspect", "code"), "policy.elements: the code suspect stands there twice."),
    ],
)
def test_what_is_wrong_with_an_element_is_named(change: Change, sentence: str) -> None:
    data = deepcopy(DEFAULT_POLICY)
    change(data["elements"][0])

    with pytest.raises(PolicyError) as refused:
        Policy.from_dict(data)

    assert sentence in str(refused.value)


def test_an_edit_takes_effect() -> None:
    data = deepcopy(DEFAULT_POLICY)
    data["clocks"]["victim_seen"]["by_priority"]["1"] = {"hours": 2}

    limits = Policy.from_dict(data).clocks[ClockKind.VICTIM_SEEN].by_priority

    assert limits is not None
    assert limits[Priority.ONE].span == timedelta(hours=2)


def test_a_policy_that_is_no_table_is_refused() -> None:
    with pytest.raises(PolicyError, match="policy must be a table of keys and values"):
        Policy.from_dict([])  # type: ignore[arg-type]
