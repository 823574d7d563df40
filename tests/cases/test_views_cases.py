"""Does the case page show the whole case to those who may see it, and lead back to its list?"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from audit.events import Event
from audit.models import Entry
from cases.enums import (
    ClockKind,
    Discipline,
    OffenseClass,
    PersonRole,
    ResponseKind,
    RoleCode,
)
from cases.models import Case
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    ClockFactory,
    DraftFactory,
    EvidenceFactory,
    FlagFactory,
    GrantFactory,
    InvolvedPersonFactory,
    ReferralFactory,
    ResponseFactory,
    ReviewFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/cases/"
SECOND = timedelta(seconds=1)


def listed(client: Any, query: str = "") -> list[str]:
    return [row.number for row in client.get(f"{LIST}{query}").context["page"].rows]


def page_of(case: Case, **query: str) -> str:
    asked = f"?{urlencode(query)}" if query else ""
    return reverse("case-detail", args=[case.pk]) + asked


@pytest.fixture
def full_case(desk: Desk) -> Case:
    """A case with everything on it that a page can show."""
    case = desk.held_case(last_entry_at=NOW - 41 * DAY, next_due_at=NOW - DAY)
    VictimFactory.create(case=case, pseudonym="V-7Q2MX")
    InvolvedPersonFactory.create(case=case, pseudonym="P-SSSSS", relation="neighbor")
    InvolvedPersonFactory.create(case=case, pseudonym="P-RRRRR", reporter=True)
    ReferralFactory.create(case=case, reference="R-1")
    EvidenceFactory.create(case=case, item="E-9")
    ClockFactory.create(case=case, overdue=True)
    ClockFactory.create(
        case=case, kind=ClockKind.VICTIM_SEEN, due_at=NOW - 2 * DAY, met_at=NOW - DAY
    )
    report = ResponseFactory.create(
        case=case, initial_report=True, answers={"intake": "By a call."}, occurred_at=NOW - 2 * DAY
    )
    ReviewFactory.create(response=report, returned=True)
    ResponseFactory.create(
        case=case,
        kind=ResponseKind.SUSPECT_INTERVIEW,
        occurred_at=NOW - 20 * DAY,
        entered_at=NOW - 11 * DAY,
        contacted="By telephone",
        next_action="Call the school",
    )
    FlagFactory.create(case=case)
    return case


def test_the_page_shows_the_whole_case(desk: Desk, full_case: Case) -> None:
    text = words(desk.as_detective.get(page_of(full_case)))

    for part in (
        full_case.number,
        "Last entry 41 days ago",
        f"Lead {desk.detective.officer}".split(" (")[0],
        "V-7Q2MX alleged victim, age 6-9, female sealed",
        "P-SSSSS suspect, neighbor, named sealed",
        "Invented General Hospital",
        "reference R-1",
        "Not acknowledged",
        "E-9",
        "No disposition",
        "Next substantive entry",
        "24 hours late",
        "Met 24 hours late",
        "Report returned",
        "Say who, or describe them.",
        "Contacted: By telephone.",
        "Next: Call the school",
        "1 elements settled",
    ):
        assert part in text, part


def test_an_entry_written_down_late_shows_both_times(desk: Desk, full_case: Case) -> None:
    text = words(desk.as_detective.get(page_of(full_case)))

    assert "19 Feb 2026 09:00" in text
    assert "Written down 9 days later, 28 Feb 2026 09:00" in text


def test_the_timeline_narrows_to_one_type(desk: Desk, full_case: Case) -> None:
    def types(**query: str) -> set[str]:
        page = desk.as_detective.get(page_of(full_case, **query)).context["page"]
        return {item.type for item in page.timeline}

    assert types() == {"report", "response", "review", "assignment"}
    assert types(type="review") == {"review"}
    assert types(type="unheard-of") == types()


def test_looking_leaves_an_entry(desk: Desk, full_case: Case) -> None:
    desk.as_detective.get(page_of(full_case))

    entry = Entry.objects.get(event=Event.CASE_VIEWED)
    assert (entry.subject_id, entry.actor_id) == (str(full_case.pk), str(desk.detective.pk))


@pytest.mark.parametrize("origin", ["", "cases?state=open", "work?"])
def test_the_page_stays_within_its_queries(
    desk: Desk, full_case: Case, origin: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(MAX_QUERIES):
        desk.as_detective.get(page_of(full_case, **({"from": origin} if origin else {})))


def test_nobody_is_named_and_no_record_reaches_a_template(
    desk: Desk, full_case: Case, watch: Any, child: Any
) -> None:
    VictimFactory.create(case=full_case, identity=dict(child))

    desk.as_detective.get(page_of(full_case))

    watch.nothing_leaked([child])
    watch.no_models_in_contexts(Case)


def test_a_reporter_is_never_shown_to_a_partner(desk: Desk, full_case: Case) -> None:
    partner = AccountFactory.create(role=RoleCode.PARTNER, discipline=Discipline.MEDICAL)
    GrantFactory.create(user=partner, content_object=full_case)

    assert "P-RRRRR" in words(desk.as_detective.get(page_of(full_case)))
    assert "P-RRRRR" not in words(signed_in(partner).get(page_of(full_case)))
    assert full_case.people.filter(role=PersonRole.REPORTER).exists()


def test_what_one_may_not_see_looks_like_what_does_not_exist(desk: Desk) -> None:
    other = CaseFactory.create(squad=SquadFactory.create(led=True))
    walled = desk.held_case()
    WallFactory.create(case=walled, account=desk.detective)

    answers = [
        desk.as_detective.get(reverse("case-detail", args=[key]))
        for key in (other.pk, walled.pk, UUID(int=7))
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({words(answer) for answer in answers}) == 1


def test_an_imported_case_says_how_it_is_judged(desk: Desk) -> None:
    case = desk.held_case(imported=True)
    ResponseFactory.create(case=case, initial_report=True)

    text = words(desk.as_detective.get(page_of(case)))

    assert "judged by their narrative alone" in text
    assert "elements settled" not in text


def test_steps_are_offered_to_those_who_may_take_them(desk: Desk) -> None:
    case = desk.held_case()
    report = ResponseFactory.create(case=case, initial_report=True, answers={"intake": "A call."})
    DraftFactory.create(case=case, account=desk.detective)
    review = reverse("review", args=[report.pk])
    close = reverse("case-close", args=[case.pk])
    log = reverse("response-log", args=[case.pk])

    of_detective = desk.as_detective.get(page_of(case)).content.decode()
    of_sergeant = desk.as_sergeant.get(page_of(case)).content.decode()

    assert (review in of_detective, close in of_detective, log in of_detective) == (
        False,
        False,
        True,
    )
    assert (review in of_sergeant, close in of_sergeant) == (True, True)
    assert "Go on with your draft" in of_detective
    assert "Go on with your draft" not in of_sergeant


def test_a_closed_case_offers_to_reopen_and_takes_no_entry(desk: Desk) -> None:
    case = CaseFactory.create(
        closed=True, squad=desk.squad, supervisor=desk.sergeant.officer, detective=None
    )

    page = desk.as_sergeant.get(page_of(case)).content.decode()

    assert reverse("case-reopen", args=[case.pk]) in page
    assert reverse("response-log", args=[case.pk]) not in page


def test_a_new_assignee_is_asked_to_say_that_they_have_it(desk: Desk) -> None:
    case = CaseFactory.create(
        squad=desk.squad, open_and_held=True, detective=desk.detective.officer
    )
    AssignmentFactory.create(case=case, officer=desk.detective.officer, unacknowledged=True)

    assert "I have this case" in words(desk.as_detective.get(page_of(case)))
    desk.as_detective.post(reverse("case-acknowledge", args=[case.pk]))
    assert "I have this case" not in words(desk.as_detective.get(page_of(case)))


# -- from and to the list -----------------------------------------------------------------------


def trail(desk: Desk, case: Case, origin: str) -> tuple[str, str]:
    found = desk.as_detective.get(page_of(case, **{"from": origin})).context["trail"]
    return tuple(
        Case.objects.get(pk=found[way].split("/")[2]).number if found[way] else ""
        for way in ("previous_url", "next_url")
    )  # type: ignore[return-value]


def test_next_and_previous_stay_within_the_filter_i_came_from(desk: Desk) -> None:
    cases = [desk.held_case(last_entry_at=NOW - days * DAY) for days in (1, 2, 3)]
    between = desk.held_case(last_entry_at=NOW - 2 * DAY - HOUR, offense_class=OffenseClass.RAPE)
    first, second, third = (case.number for case in cases)

    origin = "cases?offense_class=abuse"
    assert trail(desk, cases[0], origin) == ("", second)
    assert trail(desk, cases[1], origin) == (first, third)
    assert trail(desk, cases[2], origin) == (second, "")
    assert trail(desk, cases[1], "cases?") == (first, between.number)


def test_within_my_work_the_order_is_that_of_its_page(desk: Desk) -> None:
    later = desk.held_case(next_due_at=NOW + 30 * DAY)
    late = desk.held_case(next_due_at=NOW - DAY)
    soon = desk.held_case(next_due_at=NOW + DAY)

    assert trail(desk, soon, "work?") == (late.number, later.number)
    assert trail(desk, late, "work?show=overdue") == ("", "")


@pytest.mark.parametrize("origin", ["elsewhere?x=1", "cases?state=bogus", "https://x.example/"])
def test_a_place_that_is_no_list_leads_nowhere(desk: Desk, origin: str) -> None:
    case = desk.held_case()

    response = desk.as_detective.get(page_of(case, **{"from": origin}))

    assert response.context["trail"] is None


# -- who can see it -----------------------------------------------------------------------------


def test_the_access_panel_names_everybody_and_why(desk: Desk) -> None:
    case = desk.held_case()
    partner = AccountFactory.create(role=RoleCode.PARTNER)
    GrantFactory.create(user=partner, content_object=case)
    url = reverse("case-access", args=[case.pk])

    text = words(desk.as_detective.get(url))
    fragment = desk.as_detective.get(url, headers={"HX-Request": "true"}).content.decode()

    for label in (desk.detective, desk.sergeant, partner):
        assert label.display_name in text
    assert "holds the case" in text
    assert "leads its squad" in text
    assert "shared with them: until 18 Mar 2026" in text
    assert "<html" not in fragment
    assert partner.display_name in fragment
