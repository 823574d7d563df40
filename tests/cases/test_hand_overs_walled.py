"""Who is suggested for a case, and who is not, when whoever hands over does not see everything?"""

import pytest
from django.db import transaction
from django.urls import reverse

from cases.access import viewer_for
from cases.enums import FlagKind, RoleCode
from cases.models import Case, Flag, Officer
from cases.selectors.hand_overs import HELD, KEEP, hand_over_sheet
from cases.services.hand_overs import NotOffered, complete_hand_over
from cases.services.officers import move_officer
from tests.cases.pages import Desk, signed_in, words
from tests.cases.test_hand_overs import WHY, leaves, suggestions
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    OfficerFactory,
    SquadFactory,
    WallFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def suggested(desk: Desk, case: Case) -> str:
    """As the page says it, asked as the application."""
    assert desk.detective.officer is not None
    page = desk.as_sergeant.get(reverse("hand-over", args=[desk.detective.officer.pk]))
    lines = {line.name: line.suggested for line in page.context["sheet"].lines}
    return str(lines[f"{HELD}-{case.pk}"])


def with_cases(desk: Desk, badge: str, count: int, **fields: object) -> Officer:
    officer: Officer = OfficerFactory.create(squad=desk.squad, badge=badge)
    CaseFactory.create_batch(count, open_and_held=True, detective=officer, **fields)
    return officer


def test_who_has_much_beyond_the_sergeants_reach_is_not_suggested_as_idle(desk: Desk) -> None:
    """A sergeant sees the squad's cases alone; a load is all that somebody carries."""
    case = desk.held_case()
    with_cases(desk, "A1", 3, squad=SquadFactory.create())
    lighter = with_cases(desk, "A2", 1, squad=desk.squad)
    leaves(desk.detective)

    assert suggested(desk, case) == str(lighter.pk)


def test_a_case_behind_a_wall_of_whoever_hands_over_does_not_weigh(desk: Desk) -> None:
    """A suggestion that it turns round would tell that it is there."""
    case = desk.held_case()
    first = with_cases(desk, "A1", 1, squad=desk.squad)
    with_cases(desk, "A2", 1, squad=desk.squad)
    leaves(desk.detective)
    assert suggested(desk, case) == str(first.pk)

    hidden = CaseFactory.create(open_and_held=True, detective=first, squad=desk.squad)
    WallFactory.create(case=hidden, account=desk.sergeant)

    assert suggested(desk, case) == str(first.pk)


def test_a_case_does_not_go_along_with_whom_a_wall_shuts_out_of_it(desk: Desk) -> None:
    case, seen = desk.held_case(), desk.held_case()
    mover, captain = desk.detective.officer, AccountFactory.create(role=RoleCode.CAPTAIN)
    assert mover is not None
    WallFactory.create(case=case, account=desk.detective)
    squad = SquadFactory.create(led=True)
    viewer = viewer_for(captain)
    move_officer(viewer=viewer, now=NOW, officer_id=mover.pk, squad_id=squad.pk, reason=WHY)

    sheet = hand_over_sheet(viewer, NOW, mover.pk)
    offered = {line.key: {one.value for one in line.options} for line in sheet.lines}
    assert KEEP not in offered[case.pk]
    assert KEEP in offered[seen.pk]
    choices = suggestions(sheet, **{f"{HELD}-{case.pk}": KEEP})
    with transaction.atomic(), pytest.raises(NotOffered):
        complete_hand_over(viewer=viewer, now=NOW, officer_id=mover.pk, choices=choices)


def test_a_bulk_assignment_says_that_a_wall_kept_some_back(desk: Desk) -> None:
    cases = [
        CaseFactory.create(squad=desk.squad, supervisor=desk.sergeant.officer) for _ in range(2)
    ]
    WallFactory.create(case=cases[0], account=desk.detective)
    given = {
        "action": "assign",
        "comment": "Both are to be worked this week.",
        "officer": str(desk.detective.officer_id),
        "case": [str(case.pk) for case in cases],
    }

    answer = desk.as_sergeant.post(reverse("flag-acknowledge"), given, follow=True)

    said = [str(one) for one in answer.context["messages"]]
    assert said == ["1 of 2 done; 1 not given: a wall stands between them and the case."]
    assert not Flag.objects.filter(case=cases[1], kind=FlagKind.ORPHANED, status="open").exists()


def test_of_a_case_that_the_giver_does_not_see_nothing_is_said_of_walls(desk: Desk) -> None:
    hidden = CaseFactory.create()
    WallFactory.create(case=hidden, account=desk.detective)
    given = {
        "action": "assign",
        "comment": "To be worked this week.",
        "officer": str(desk.detective.officer_id),
        "case": str(hidden.pk),
    }

    answer = desk.as_sergeant.post(reverse("flag-acknowledge"), given, follow=True)

    assert [str(one) for one in answer.context["messages"]] == ["0 of 1 done; 1 not permitted."]


def test_an_officers_page_counts_all_they_carry_and_lists_what_is_seen(desk: Desk) -> None:
    seen = desk.held_case()
    beyond = CaseFactory.create_batch(
        2, open_and_held=True, detective=desk.detective.officer, squad=SquadFactory.create()
    )
    for case in beyond:
        AssignmentFactory.create(case=case, officer=desk.detective.officer, assigned_at=NOW - DAY)

    page = desk.as_sergeant.get(reverse("officer", args=[desk.detective.officer_id]))

    shown = page.context["page"]
    assert (shown.line.open_cases, shown.received.count) == (3, 3)
    assert [case.case_id for case in shown.cases] == [seen.pk]
    assert "2 more beyond your reach." in words(page)


def test_it_counts_nothing_behind_a_wall_of_whoever_looks(desk: Desk) -> None:
    case, administrator = desk.held_case(), AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    lookers = {desk.sergeant: desk.as_sergeant, administrator: signed_in(administrator)}
    for account in lookers:
        WallFactory.create(case=case, account=account)

    for client in lookers.values():
        page = client.get(reverse("officer", args=[desk.detective.officer_id])).context["page"]
        assert (page.line.open_cases, page.received.count, page.beyond) == (0, 0, 0)
