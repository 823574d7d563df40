"""Does the public get a year's counts and no small one, by page and by file alike?"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.access import Hidden, viewer_for
from cases.enums import Channel, OffenseClass, RoleCode
from cases.rules.leaks import Identity
from cases.selectors.statistics import complete_years, edition
from tests import factories
from tests.cases.pages import signed_in, words
from tests.factories.base import NOW

LAST_YEAR = NOW.year - 1
SUMMER = datetime(LAST_YEAR, 7, 15, 12, tzinfo=UTC)
# Midnight in Chicago on the first of January.
NEW_YEAR = datetime(NOW.year, 1, 1, 6, tzinfo=UTC)
TICK = timedelta(seconds=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def captain() -> Client:
    return signed_in(factories.AccountFactory.create(role=RoleCode.CAPTAIN))


def received(count: int, **fields: Any) -> None:
    values = {"received_at": SUMMER, "division": "North", **fields}
    factories.CaseFactory.create_batch(count, **values)


def a_year() -> None:
    received(12, offense_class=OffenseClass.ABUSE, channel=Channel.SCENE)
    received(7, offense_class=OffenseClass.ABUSE, channel=Channel.HOTLINE)
    received(8, offense_class=OffenseClass.NEGLECT, channel=Channel.SCENE)
    received(6, offense_class=OffenseClass.NEGLECT, channel=Channel.HOTLINE)
    received(2, offense_class=OffenseClass.RAPE, channel=Channel.HOTLINE)


def rows(client: Client, **query: Any) -> list[list[str]]:
    answer = client.get(reverse("statistics-file"), query)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_a_small_count_is_hidden_together_with_others(captain: Client) -> None:
    a_year()

    classes = {row[2]: row[4] for row in rows(captain) if row[1] == "Offense class"}

    assert classes["Physical abuse"] == "19"
    assert classes["Rape"] == classes["Sodomy"] == classes["Neglect"] == "hidden"
    assert classes["Total"] == "35"


def test_the_page_and_the_file_say_the_same(captain: Client) -> None:
    a_year()

    page = captain.get(reverse("statistics"))
    said = words(page)
    shown = {row[4] for row in rows(captain)[1:] if row[4] != "hidden"}

    assert page.status_code == 200
    assert all(f" {count} " in said for count in shown)
    assert f"Cases received in {LAST_YEAR}" in said
    assert "35 cases." in said


def test_no_small_count_stands_anywhere(captain: Client) -> None:
    a_year()

    counts = [row[4] for row in rows(captain)[1:]]

    assert counts.count("hidden") > 0
    assert all(int(count) >= 5 for count in counts if count != "hidden")


def test_fewer_than_five_in_a_year_say_nothing(captain: Client) -> None:
    received(4)

    assert rows(captain) == [["year", "table", "row", "column", "cases"]]
    assert "Fewer than 5 cases" in words(captain.get(reverse("statistics")))


def test_a_year_is_published_when_it_is_over() -> None:
    received(1, received_at=NEW_YEAR - TICK)
    received(1, received_at=NEW_YEAR)

    assert complete_years(NOW) == (LAST_YEAR,)
    assert complete_years(NEW_YEAR - TICK) == ()
    assert complete_years(NEW_YEAR) == (LAST_YEAR,)


def test_the_year_is_the_units_year() -> None:
    received(5, received_at=NEW_YEAR - TICK)
    received(9, received_at=NEW_YEAR)
    captain = factories.AccountFactory.create(role=RoleCode.CAPTAIN)

    found = edition(viewer=viewer_for(captain), now=NOW, year=LAST_YEAR)

    assert found is not None
    assert found.total == 5


@pytest.mark.parametrize("year", [NOW.year, LAST_YEAR - 1, "soon", "20\uff125", "-1", "99999"])
def test_another_year_is_not_there(year: int | str, captain: Client) -> None:
    a_year()

    assert captain.get(reverse("statistics"), {"year": year}).status_code == 404
    assert captain.get(reverse("statistics-file"), {"year": year}).status_code == 404


def test_without_any_case_the_page_says_so(captain: Client) -> None:
    assert "No year is complete yet." in words(captain.get(reverse("statistics")))
    assert captain.get(reverse("statistics-file")).status_code == 404


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " ="])
def test_a_spreadsheet_takes_what_somebody_typed_as_text(start: str, captain: Client) -> None:
    received(6, division=f"{start}HYPERLINK(1)")
    received(6, division="North")

    cells = {cell for row in rows(captain) for cell in row}

    assert f"'{start}HYPERLINK(1)" in cells
    assert f"{start}HYPERLINK(1)" not in cells


@pytest.mark.parametrize(
    "role", [role for role in RoleCode if role != RoleCode.CAPTAIN], ids=lambda role: role.value
)
def test_other_roles_do_not_see_them(role: RoleCode) -> None:
    a_year()
    account = factories.AccountFactory.create(role=role)
    client = signed_in(account)

    assert client.get(reverse("statistics")).status_code == 404
    assert client.get(reverse("statistics-file")).status_code == 404
    with pytest.raises(Hidden):
        edition(viewer=viewer_for(account), now=NOW)
    assert Entry.objects.filter(event=Event.ACCESS_DENIED).count() == 2


def test_looking_and_taking_are_on_record(captain: Client) -> None:
    a_year()

    captain.get(reverse("statistics"))
    rows(captain, year=LAST_YEAR)

    details = {"statistics": LAST_YEAR}
    assert Entry.objects.get(event=Event.FIGURES_VIEWED).details == details
    assert Entry.objects.get(event=Event.EXPORTED).details == details


def test_neither_names_anybody(captain: Client, child: Identity) -> None:
    a_year()
    case = factories.CaseFactory.create(received_at=SUMMER)
    factories.VictimFactory.create(case=case, identity=dict(child))

    said = captain.get(reverse("statistics")).content.decode() + str(rows(captain))

    assert not [value for value in child.values() if value in said]
    assert case.number not in said


def test_few_queries_however_many_cases(
    captain: Client, django_assert_max_num_queries: Any
) -> None:
    a_year()

    with django_assert_max_num_queries(14):
        captain.get(reverse("statistics"))
