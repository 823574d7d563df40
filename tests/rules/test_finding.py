"""By which forms do two descriptions of a person meet, and how sure is it then?"""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.finding import MOST_PROBES, Form, Sure, Why, forms, probes, sure, told

FIRST = ["Zephyrine", "Ombert", "Thessaly", "Corvane", "Ilmatar", "Brisco", "Wendeline", "Quade"]
LAST = ["Quillfeather", "Vantrell", "Ashgrove", "Morrowind", "Peltridge", "Sandhollow", "Durnley"]
NAMES = st.text("abcdefghijklmnopqrstuvwxyzáéñü", min_size=2, max_size=12)
BIRTHS = st.dates().map(lambda day: day.isoformat())


def meet(kept: dict[str, str], asked: dict[str, str]) -> set[Why]:
    """In what a search for `asked` finds somebody who is kept as `kept`."""
    known = forms(kept)
    return {probe.why for probe in probes(asked) if (probe.form, probe.value) in known}


def person(first: str, last: str, birth: str = "", **more: str) -> dict[str, str]:
    return {"first_name": first, "last_name": last, "birth_date": birth, **more}


@given(NAMES, NAMES, BIRTHS)
def test_everybody_is_found_by_what_they_are_kept_under(first: str, last: str, birth: str) -> None:
    who = person(first, last, birth)

    assert meet(who, who) or not forms(who)
    assert sure(meet(who, who)) in {Sure.VERY_LIKELY, Sure.LIKELY}


@given(NAMES, NAMES)
def test_order_case_and_hyphens_make_no_difference(first: str, last: str) -> None:
    turned = person(last.upper(), f" {first}- ")

    assert Why.SAME_NAME in meet(person(first, last), turned)


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("William", "Bill"),
        ("Margaret", "Peggy"),
        ("José", "Pepe"),
        ("Francisco", "Paco"),
        ("Elizabeth", "Beth"),
        ("Guadalupe", "Lupita"),
    ],
)
def test_a_short_form_meets_as_possible_and_never_as_very_likely(full: str, short: str) -> None:
    for kept, asked in itertools.permutations((full, short)):
        alone = meet(person(kept, "Ashgrove"), person(asked, "Ashgrove"))
        born = meet(person(kept, "Ashgrove", "2015-03-04"), person(asked, "Ashgrove", "2015-03-04"))

        assert alone == {Why.NICKNAME}
        assert sure(alone) == Sure.POSSIBLE
        assert sure(born) == Sure.LIKELY


def test_one_of_two_last_names_is_enough_to_be_possible() -> None:
    kept = person("Ana María", "García López", "2015-03-04")

    assert sure(meet(kept, person("Ana", "Garcia"))) == Sure.POSSIBLE
    assert sure(meet(kept, person("Ana", "Lopez", "2015-03-04"))) == Sure.LIKELY


@pytest.mark.parametrize(
    "slip", ["2015-04-03", "2014-03-04", "2016-03-04"], ids=["swapped", "earlier", "later"]
)
def test_a_slip_in_the_birth_date_still_finds_the_last_name(slip: str) -> None:
    kept = person("Zephyrine", "Ashgrove", "2015-03-04")

    assert meet(kept, person("Thessaly", "Ashgrove", slip)) == {Why.LAST_NAME_SLIP}


def test_a_birth_date_is_asked_for_by_itself_only() -> None:
    alone = {probe.form for probe in probes({"birth_date": "2015-03-04"})}
    named = {probe.form for probe in probes(person("Zephyrine", "Ashgrove", "2015-03-04"))}

    assert alone == {Form.BIRTH_DATE}
    assert Form.BIRTH_DATE not in named


@pytest.mark.parametrize(
    "nobody",
    [
        {},
        person("Zephyrine", ""),
        person("", "Ashgrove"),
        person("\u200b\u2060", "\ufeff", "not a day"),
        {"address": "Main Street", "phone": "911"},
    ],
)
def test_no_first_or_last_name_is_kept_or_asked_for_by_itself(nobody: dict[str, str]) -> None:
    assert forms(nobody) == set()
    assert probes(nobody) == ()


def test_different_people_mostly_do_not_meet() -> None:
    chance = random.Random(7)
    people = [
        person(first, last, f"20{chance.randint(10, 24)}-0{chance.randint(1, 9)}-{day:02}")
        for day, (first, last) in enumerate(itertools.product(FIRST, LAST), start=1)
        if day <= 28
    ]

    pairs = list(itertools.permutations(people, 2))
    met = [pair for pair in pairs if meet(*pair)]

    assert len(met) < len(pairs) / 100


def test_a_hostile_identity_asks_for_no_more_than_the_most() -> None:
    many = " ".join(f"{name} x{name}" for name in ("alex", "bill", "peg", "sandy") * 50)

    assert len(probes(person(many, many, "2015-03-04"))) <= MOST_PROBES


def test_reasons_are_told_the_strongest_first_and_once() -> None:
    who = person("Zephyrine", "Ashgrove", "2015-03-04", phone="816-555-0143")

    assert told(meet(who, who)) == (Why.SAME_NAME, Why.SAME_PHONE, Why.SAME_BIRTH)
    assert sure({Why.LAST_NAME_BIRTH}) == Sure.LIKELY
    assert sure({Why.SAME_BIRTH}) == Sure.POSSIBLE
    assert sure({Why.SAME_ADDRESS}) == Sure.POSSIBLE


def test_a_probe_shows_nobody_in_its_text() -> None:
    probe = probes(person("Zephyrine", "Ashgrove"))[0]

    assert "zephyrine" not in repr(probe)
