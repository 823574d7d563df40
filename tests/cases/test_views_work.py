"""Does my work show each open case once, under what presses most, and nobody's name?"""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.enums import ClockKind, FlagKind
from cases.models import SavedFilter
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    CaseFactory,
    DraftFactory,
    FlagFactory,
    ResponseFactory,
    ReviewFactory,
    SavedFilterFactory,
    VictimFactory,
)

pytestmark = pytest.mark.django_db

URL = "/my-work/"
SECOND = timedelta(seconds=1)


def due(at: Any) -> dict[str, Any]:
    return {"next_clock": ClockKind.NEXT_SUPPLEMENT, "next_due_at": at}


def sections(desk: Desk, query: str = "") -> dict[str, list[str]]:
    page = desk.as_detective.get(f"{URL}{query}").context["page"]
    return {section.code: [row.number for row in section.rows] for section in page.sections}


@pytest.mark.parametrize(
    ("due_at", "section"),
    [
        (NOW - SECOND, "overdue"),
        (NOW, "soon"),
        (NOW + SECOND, "soon"),
        (NOW + 72 * HOUR, "soon"),
        (NOW + 72 * HOUR + SECOND, "rest"),
        (None, "rest"),
    ],
)
def test_a_case_stands_where_its_next_clock_puts_it(desk: Desk, due_at: Any, section: str) -> None:
    case = desk.held_case(**due(due_at))

    assert sections(desk) == {section: [case.number]}


def test_each_case_stands_once_and_counts_everywhere(desk: Desk) -> None:
    case = desk.held_case(**due(NOW - DAY))
    report = ResponseFactory.create(case=case, initial_report=True)
    ReviewFactory.create(response=report, returned=True)
    FlagFactory.create(case=case, kind=FlagKind.UNDER_DOCUMENTED)
    DraftFactory.create(case=case, account=desk.detective)

    page = desk.as_detective.get(URL).context["page"]

    assert sections(desk) == {"overdue": [case.number]}
    assert {ticket.code: ticket.count for ticket in page.tickets} == {
        "overdue": 1,
        "soon": 0,
        "returned": 1,
        "thin": 1,
        "drafts": 1,
    }
    assert sections(desk, "?show=returned") == {"returned": [case.number]}
    assert sections(desk, "?show=soon") == {}


def test_a_report_written_again_is_no_longer_returned(desk: Desk) -> None:
    case = desk.held_case()
    first = ResponseFactory.create(case=case, initial_report=True)
    ReviewFactory.create(response=first, returned=True)
    assert sections(desk) == {"returned": [case.number]}

    ResponseFactory.create(case=case, initial_report=True, occurred_at=NOW - 2 * HOUR)

    assert sections(desk) == {"rest": [case.number]}


def test_somebody_elses_draft_is_not_mine(desk: Desk) -> None:
    case = desk.held_case()
    DraftFactory.create(case=case, account=desk.sergeant)

    assert sections(desk) == {"rest": [case.number]}


def test_only_open_cases_that_i_hold_are_my_work(desk: Desk) -> None:
    mine = desk.held_case()
    CaseFactory.create(squad=desk.squad, open_and_held=True)
    CaseFactory.create(squad=desk.squad, closed=True, detective=desk.detective.officer)

    assert sections(desk) == {"rest": [mine.number]}
    assert "You hold no open case." in words(desk.as_sergeant.get(URL))


def test_nothing_due_says_so(desk: Desk) -> None:
    for _ in range(2):
        desk.held_case(**due(NOW + 10 * DAY))

    assert "Nothing due. 2 open cases." in words(desk.as_detective.get(URL))


def test_the_row_says_what_is_missing_and_what_is_wrong_in_words(desk: Desk) -> None:
    lacks = {"reported": True, "settled": 2, "required": 5}
    case = desk.held_case(
        **due(NOW - 6 * DAY),
        **lacks,
        missing=["suspect", "suspect_access", "next_action"],
        last_entry_at=NOW - 41 * DAY,
    )
    overdue = {
        "clock": "next_supplement",
        "starts_at": (NOW - 41 * DAY).isoformat(),
        "due_at": (NOW - 27 * DAY).isoformat(),
    }
    reasons = [{"code": "overdue", "params": overdue}, {"code": "no_interview", "params": {}}]
    FlagFactory.create(case=case, reasons=reasons)

    text = words(desk.as_detective.get(URL))

    assert "2 of 5 settled missing: suspect named, suspect's relation and present access" in text
    assert "41 days since a substantive entry; limit 14 days; no interview" in text
    assert "6 days late" in text
    assert "41 days ago" in text


def test_an_imported_report_is_said_to_be_judged_by_its_narrative(desk: Desk) -> None:
    desk.held_case(imported=True, reported=True)

    assert "Imported: judged by its narrative alone" in words(desk.as_detective.get(URL))


def test_no_name_is_on_the_page(desk: Desk, watch: Any, child: Any) -> None:
    VictimFactory.create(case=desk.held_case(), identity=dict(child))

    desk.as_detective.get(URL)

    watch.nothing_leaked([child])


def test_the_number_filter_narrows_and_a_broken_one_says_why(desk: Desk) -> None:
    wanted, _other = desk.held_case(number="T-0417"), desk.held_case(number="T-0500")

    assert sections(desk, "?number=0417") == {"rest": [wanted.number]}
    assert "Names are never searched for here" in words(
        desk.as_detective.get(f"{URL}?number=smith")
    )


def test_one_entry_holds_the_ids_of_what_was_shown(desk: Desk) -> None:
    shown = [desk.held_case() for _ in range(3)]

    desk.as_detective.get(URL)

    entry = Entry.objects.get(event=Event.CASE_LISTED)
    assert set(entry.details["cases"]) == {str(case.pk) for case in shown}


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_asks_as_much_for_one_case_as_for_many(
    desk: Desk, count: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        case = desk.held_case(**due(NOW - DAY))
        ResponseFactory.create(case=case, initial_report=True, answers={"intake": "By a call."})
        FlagFactory.create(case=case)

    with django_assert_max_num_queries(MAX_QUERIES):
        desk.as_detective.get(URL)


# -- kept filters -------------------------------------------------------------------------------


def test_a_filter_is_kept_shared_and_given_up(desk: Desk) -> None:
    kept = {"name": "Mine late", "screen": "work", "query": "show=overdue&evil=1", "shared": "on"}

    answer = desk.as_detective.post(reverse("filter-save"), kept)

    assert answer.headers["Location"] == f"{URL}?show=overdue"
    assert "Mine late" in words(desk.as_sergeant.get(URL))
    saved = SavedFilter.objects.get()
    assert desk.as_sergeant.post(reverse("filter-delete", args=[saved.pk])).status_code == 404
    desk.as_detective.post(reverse("filter-delete", args=[saved.pk]))
    assert not SavedFilter.objects.exists()


def test_an_unshared_filter_is_its_owners_alone(desk: Desk) -> None:
    SavedFilterFactory.create(account=desk.detective, screen="work", name="For me", query="")

    assert "For me" in words(desk.as_detective.get(URL))
    assert "For me" not in words(desk.as_sergeant.get(URL))


def test_the_same_name_again_replaces_the_filter(desk: Desk) -> None:
    for query in ("show=soon", "show=overdue"):
        kept = {"name": "One", "screen": "work", "query": query}
        desk.as_detective.post(reverse("filter-save"), kept)

    assert list(SavedFilter.objects.values_list("query", flat=True)) == ["show=overdue"]


def test_a_filter_without_a_name_is_not_kept(desk: Desk) -> None:
    desk.as_detective.post(reverse("filter-save"), {"screen": "work", "query": ""})

    assert not SavedFilter.objects.exists()


def test_a_role_without_cases_has_no_work() -> None:
    client = signed_in(AccountFactory.create(role="auditor"))

    assert client.get(URL).status_code == 404
