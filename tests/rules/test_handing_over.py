"""Does a hand-over suggest whoever has least, nobody who is walled, and nobody over the limit?"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cases.policy_default import default_policy
from cases.rules.handing_over import Candidate, suggest

RULE = default_policy().overloaded
LIMIT = RULE.open_cases


def _people(*open_cases: int) -> list[Candidate]:
    return [Candidate(chr(97 + number), held) for number, held in enumerate(open_cases)]


def test_each_case_goes_to_whoever_has_least_by_then() -> None:
    given = suggest("123456", _people(3, 1, 2), {}, RULE)

    assert list(given.values()) == ["b", "b", "c", "a", "b", "c"]


def test_of_equals_the_first_takes_it_every_time() -> None:
    assert suggest("1", _people(2, 2), {}, RULE) == {"1": "a"}
    assert suggest("1", list(reversed(_people(2, 2))), {}, RULE) == {"1": "b"}


def test_a_wall_is_never_offered_its_case() -> None:
    walled = {"1": frozenset("a"), "2": frozenset("ab")}

    assert suggest("12", _people(0, 9), walled, RULE) == {"1": "b", "2": None}


def test_nobody_goes_over_the_limit_while_another_is_free() -> None:
    just_below, at_the_limit = _people(LIMIT - 1, LIMIT)
    handed_much = Candidate("c", 0, handed_over=RULE.handed_over)

    given = suggest("123", [at_the_limit, just_below, handed_much], {}, RULE)

    assert given == {"1": "a", "2": "c", "3": "c"}


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.lists(st.sets(st.integers(0, 5)), max_size=40),
)
def test_every_case_is_answered_and_none_goes_behind_a_wall(
    held: list[int], shut: list[set[int]]
) -> None:
    people = _people(*held)
    walled = {
        str(number): frozenset(chr(97 + one) for one in who) for number, who in enumerate(shut)
    }

    given_out = suggest(walled, people, walled, RULE)

    assert given_out.keys() == walled.keys()
    for case, taker in given_out.items():
        free = {one.key for one in people} - walled[case]
        assert taker in free if free else taker is None
    loads = {one.key: one.open_cases for one in people}
    for case, taker in given_out.items():
        if taker is not None:
            free = {one.key for one in people} - walled[case]
            if loads[taker] >= LIMIT:
                assert all(loads[key] >= LIMIT or _handed(given_out, case, key) for key in free)
            loads[taker] += 1


def _handed(given_out: dict[str, str | None], until: str, key: str) -> bool:
    """Whether so many went to them before this case that the other limit holds."""
    before = list(given_out.values())[: list(given_out).index(until)]
    return before.count(key) >= RULE.handed_over


def test_the_unit_may_set_another_limit() -> None:
    assert suggest("1", _people(1, 2), {}, replace(RULE, open_cases=1)) == {"1": "a"}
