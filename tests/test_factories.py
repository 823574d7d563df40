"""Does every factory, with every trait, make a row that the database accepts?"""

from collections.abc import Iterator

import pytest
from factory.django import DjangoModelFactory

from cases.models.sealing import open_identity_of
from tests import factories
from tests.factories import (
    AccountFactory,
    CaseFactory,
    ClockFactory,
    ResponseFactory,
    SquadFactory,
    VictimFactory,
)

pytestmark = pytest.mark.django_db


def _every_trait() -> Iterator[tuple[str, str]]:
    for name in factories.__all__:
        factory = getattr(factories, name)
        if isinstance(factory, type) and issubclass(factory, DjangoModelFactory):
            yield name, ""
            traits = (key for key, value in factory._meta.parameters.items() if _is_trait(value))
            yield from ((name, trait) for trait in traits)


def _is_trait(parameter: object) -> bool:
    return type(parameter).__name__ == "Trait"


@pytest.mark.parametrize(("name", "trait"), list(_every_trait()))
def test_makes_a_row(name: str, trait: str) -> None:
    factory = getattr(factories, name)

    made = factory.create(**({trait: True} if trait else {}))

    assert type(made).objects.filter(pk=made.pk).count() == 1


def test_identity_is_sealed_and_opens() -> None:
    victim = VictimFactory.create(identity={"first_name": "Zelphira", "birth_date": "2018-02-28"})

    assert b"Zelphira" not in bytes(victim.sealed)
    assert open_identity_of(victim) == {"first_name": "Zelphira", "birth_date": "2018-02-28"}


def test_a_sergeants_account_leads_the_squad_it_is_given() -> None:
    squad = SquadFactory.create()

    sergeant = AccountFactory.create(role="sergeant", officer__squad=squad)

    squad.refresh_from_db()
    assert squad.sergeant == sergeant.officer
    assert sergeant.role.code == "sergeant"


def test_a_case_is_supervised_by_its_squads_sergeant() -> None:
    squad = SquadFactory.create(led=True)

    case = CaseFactory.create(squad=squad)

    assert squad.sergeant is not None
    assert case.supervisor == squad.sergeant


def test_an_overdue_case_has_a_clock_past_due() -> None:
    case = CaseFactory.create(overdue=True)

    assert [clock.due_at < factories.NOW for clock in case.clocks.all()] == [True]
    assert ClockFactory.create(case=case, kind="victim_seen").due_at > factories.NOW


def test_answers_make_a_report_that_has_answers() -> None:
    report = ResponseFactory.create(initial_report=True, answers={"intake": "By telephone."})

    report.refresh_from_db()
    assert report.has_answers
    assert list(report.answers.values_list("element", "text")) == [("intake", "By telephone.")]
