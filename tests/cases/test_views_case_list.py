"""Does the case list show what one may see, filtered and in order, and leave an entry?"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from audit.events import Event
from audit.models import Entry
from cases.enums import (
    Channel,
    FlagKind,
    OffenseClass,
    RoleCode,
)
from cases.models import Case
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    CaseFactory,
    FlagFactory,
    ResponseFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/cases/"
SECOND = timedelta(seconds=1)


def listed(client: Any, query: str = "") -> list[str]:
    return [row.number for row in client.get(f"{LIST}{query}").context["page"].rows]


def page_of(case: Case, **query: str) -> str:
    asked = f"?{urlencode(query)}" if query else ""
    return reverse("case-detail", args=[case.pk]) + asked


def test_the_newest_entry_comes_first(desk: Desk) -> None:
    old = desk.held_case(last_entry_at=NOW - 9 * DAY)
    new = desk.held_case(last_entry_at=NOW - DAY)

    assert listed(desk.as_detective) == [new.number, old.number]


@pytest.mark.parametrize("query", ["", "state=open"])
def test_paging_shows_every_case_once_in_order(
    desk: Desk, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.views.cases.PAGE_SIZE", 2)
    for days in (5, 1, 3, 1, 4):
        desk.held_case(last_entry_at=NOW - days * DAY)
    expected = [case.number for case in Case.objects.order_by("-last_entry_at", "-id")]

    seen, url = [], f"{LIST}?{query}"
    while url:
        context = desk.as_detective.get(url).context
        seen += [row.number for row in context["page"].rows]
        url = context["pages"]["next_url"]

    assert seen == expected


@pytest.mark.parametrize("marker", ["x", "2026-03-11_x", f"2026-03-11T00:00:00_{UUID(int=0)}"])
def test_a_damaged_page_marker_begins_at_the_first_page(desk: Desk, marker: str) -> None:
    case = desk.held_case()

    assert listed(desk.as_detective, f"?before={marker}") == [case.number]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("number=0417", {"number": "T-0417"}),
        ("number=t-04", {"number": "T-0417"}),
        ("state=assigned", {"state": "assigned"}),
        ("offense_class=rape", {"offense_class": OffenseClass.RAPE}),
        ("channel=hotline", {"channel": Channel.HOTLINE}),
        ("division=North", {"division": "North"}),
        ("age=31-60", {"received_at": NOW - 31 * DAY}),
        ("age=31-60", {"received_at": NOW - 61 * DAY + SECOND}),
        ("age=366-", {"received_at": NOW - 366 * DAY}),
        ("complete=25-49", {"settled": 5, "required": 20}),
        ("complete=25-49", {"settled": 10, "required": 21}),
        ("complete=100-100", {"settled": 20, "required": 20}),
    ],
)
def test_a_filter_finds_what_it_names(desk: Desk, query: str, fields: dict[str, Any]) -> None:
    plain = {"settled": 1, "required": 20}
    wanted = desk.held_case(**{**plain, **fields})
    desk.held_case(number="X-1", **plain)

    assert listed(desk.as_detective, f"?{query}") == [wanted.number]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("age=31-60", {"received_at": NOW - 31 * DAY + SECOND}),
        ("age=31-60", {"received_at": NOW - 61 * DAY}),
        ("complete=25-49", {"settled": 10, "required": 20}),
        ("complete=25-49", {"settled": 4, "required": 17}),
        ("complete=none", {"settled": 4, "required": 17}),
    ],
)
def test_a_filter_leaves_out_what_lies_just_beyond(
    desk: Desk, query: str, fields: dict[str, Any]
) -> None:
    desk.held_case(**fields)

    assert listed(desk.as_detective, f"?{query}") == []


def test_filters_by_flag_squad_detective_and_missing_count(desk: Desk) -> None:
    wanted = desk.held_case()
    FlagFactory.create(case=wanted, kind=FlagKind.UNDER_DOCUMENTED)
    other = CaseFactory.create(
        squad=desk.squad, supervisor=desk.sergeant.officer, settled=1, required=2
    )
    FlagFactory.create(case=other, kind=FlagKind.UNDER_DOCUMENTED, resolved=True)

    for query in (
        "flag=under_documented",
        f"detective={desk.detective.officer_id}",
        "complete=none",
        f"squad={desk.squad.pk}&state=open&complete=none",
    ):
        assert listed(desk.as_sergeant, f"?{query}") == [wanted.number], query


def test_cases_that_nobody_has_and_those_without_a_division(desk: Desk) -> None:
    mine = desk.held_case(division="North")
    nobodys = CaseFactory.create(
        squad=desk.squad, supervisor=desk.sergeant.officer, detective=None, division=""
    )

    assert listed(desk.as_sergeant, "?detective=none") == [nobodys.number]
    assert listed(desk.as_sergeant, "?division=none") == [nobodys.number]
    assert listed(desk.as_sergeant, "?division=North") == [mine.number]
    assert "held by nobody" in words(desk.as_sergeant.get(f"{LIST}?detective=none"))


def test_what_does_not_parse_is_said_and_not_applied(desk: Desk) -> None:
    case = desk.held_case()

    response = desk.as_detective.get(f"{LIST}?number=smith&age=young&squad=x")

    assert [row.number for row in response.context["page"].rows] == [case.number]
    assert "Names are never searched for here" in words(response)


def test_a_search_and_a_list_leave_one_entry_each(desk: Desk) -> None:
    case = desk.held_case()

    desk.as_detective.get(LIST)
    desk.as_detective.get(f"{LIST}?number={case.number}")

    found = Entry.objects.filter(subject_id="cases").order_by("id")
    assert [entry.event for entry in found] == [Event.CASE_LISTED, Event.CASE_SEARCHED]
    assert [entry.details["cases"] for entry in found] == [[str(case.pk)], [str(case.pk)]]


def test_an_empty_list_says_so(desk: Desk) -> None:
    assert "There is no case that you may see." in words(desk.as_detective.get(LIST))
    assert "No case that you may see matches." in words(desk.as_detective.get(f"{LIST}?state=open"))


@pytest.mark.parametrize("role", [RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.CAPTAIN])
def test_a_full_list_stays_within_its_queries(
    desk: Desk, role: RoleCode, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        case = desk.held_case()
        ResponseFactory.create(case=case, initial_report=True, answers={"intake": "A call."})
        FlagFactory.create(case=case)
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    clients = {
        RoleCode.DETECTIVE: desk.as_detective,
        RoleCode.SERGEANT: desk.as_sergeant,
        RoleCode.CAPTAIN: signed_in(captain),
    }

    with django_assert_max_num_queries(MAX_QUERIES):
        response = clients[role].get(LIST)

    assert len(response.context["page"].rows) == 8
