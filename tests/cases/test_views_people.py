"""Can somebody be added and corrected on a page that shows nothing sealed? All names invented."""

from typing import Any

import pytest
from django.urls import reverse

from cases.enums import PersonRole
from cases.models import Case, InvolvedPerson, Response, Victim
from cases.models.sealing import open_identity_of
from tests.cases.pages import MAX_QUERIES, Desk, words
from tests.factories import InvolvedPersonFactory, ResponseFactory, VictimFactory
from tests.leaks import Watch, assert_nothing_leaks

pytestmark = pytest.mark.django_db

ZEPHYRINE = {"first_name": "Zephyrine", "last_name": "Quillfeather"}


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case()


def adding(case: Case) -> str:
    return reverse("person-add", args=[case.pk])


def correcting(case: Case, person: Victim | InvolvedPerson) -> str:
    return reverse("person-correct", args=[case.pk, person.pk])


def test_the_case_page_leads_there(desk: Desk, case: Case) -> None:
    page = desk.as_detective.get(reverse("case-detail", args=[case.pk]))

    assert adding(case) in page.content.decode()


def test_somebody_is_added_and_named_nowhere(desk: Desk, case: Case, watch: Watch) -> None:
    ResponseFactory.create(case=case, narrative="Quillfeather was not home.", officer=None)

    answer = desk.as_detective.post(adding(case), {"role": "suspect", **ZEPHYRINE}, follow=True)

    person = InvolvedPerson.objects.get(case=case)
    assert person.role == PersonRole.SUSPECT
    assert person.named
    assert "is on the case, sealed" in words(answer)
    assert Response.objects.get(case=case).narrative == f"{person.pseudonym} was not home."
    assert_nothing_leaks(answer, [ZEPHYRINE])
    watch.nothing_leaked([ZEPHYRINE])


def test_a_child_is_added(desk: Desk, case: Case) -> None:
    given = {"role": "victim", "sex": "F", "birth_date": "2019-02-03", "first_name": "Zephyrine"}

    desk.as_detective.post(adding(case), given)

    victim = Victim.objects.get(case=case, sex="F")
    assert open_identity_of(victim) == {"first_name": "Zephyrine", "birth_date": "2019-02-03"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Say who they are"),
        ({"role": "witness"}, "Say who it is"),
        ({"role": "captain", "first_name": "Zephyrine"}, "Select a valid choice"),
        ({"role": "victim", "birth_date": "2999-01-01"}, "has not come yet"),
        ({"role": "victim", "email": "none"}, "not an address"),
        ({"role": "victim", "phone": "55-0101"}, "Telephone: give seven digits or more"),
        ({"role": "victim", "ssn": "900-00-123"}, "Social security number: give all nine digits"),
    ],
)
def test_what_is_missing_is_said(desk: Desk, case: Case, given: dict[str, str], said: str) -> None:
    answer = desk.as_detective.post(adding(case), given or {"role": ""})

    assert answer.status_code == 422
    assert said in words(answer)


def test_a_correction_shows_nothing_sealed(
    desk: Desk, case: Case, django_assert_max_num_queries: Any
) -> None:
    victim = VictimFactory.create(case=case, identity={**ZEPHYRINE, "phone": "816-555-0101"})

    with django_assert_max_num_queries(MAX_QUERIES):
        page = desk.as_detective.get(correcting(case, victim))

    assert victim.pseudonym in words(page)
    assert "no-store" in page.headers["Cache-Control"]
    assert_nothing_leaks(page, [{**ZEPHYRINE, "phone": "816-555-0101"}])


def test_empty_fields_stay_as_they_are(desk: Desk, case: Case) -> None:
    person = InvolvedPersonFactory.create(case=case, identity=ZEPHYRINE, relation="Uncle")

    desk.as_detective.post(
        correcting(case, person), {"first_name": "Seraphine", "last_name": "", "relation": ""}
    )

    person.refresh_from_db()
    assert open_identity_of(person)["first_name"] == "Seraphine"
    assert open_identity_of(person)["last_name"] == "Quillfeather"
    assert person.relation == "Uncle"


def test_nothing_filled_in_is_said(desk: Desk, case: Case) -> None:
    victim = VictimFactory.create(case=case)

    answer = desk.as_detective.post(correcting(case, victim), {})

    assert answer.status_code == 422
    assert "Fill in what is to be corrected" in words(answer)


def test_somebody_of_another_case_is_not_there(desk: Desk, case: Case) -> None:
    assert desk.as_detective.get(correcting(case, VictimFactory.create())).status_code == 404
