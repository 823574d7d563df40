"""Are people let in and shut out only by whom, why and until when; and is "why" the truth?"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.access import Hidden, find_case, viewer_for, visible_cases
from cases.enums import RoleCode
from cases.models import Case, Officer, Wall
from cases.models.grant import CaseUserObjectPermission
from cases.services.grants import (
    BadGrant,
    Terms,
    end_grant,
    end_squad_grant,
    give_grant,
    lift_wall,
    set_wall,
)
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import DAY, NOW, AccountFactory, GrantFactory, OfficerFactory, WallFactory
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db


def why(desk: Desk, case: Case, **query: Any) -> Any:
    return desk.as_sergeant.get(reverse("why", args=[case.pk]), query)


def test_everybody_who_can_see_the_case_is_named_with_the_rule(desk: Desk) -> None:
    case = desk.held_case()
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    partner = AccountFactory.create(partner=True)
    GrantFactory.create(user=partner, content_object=case)
    shut_out = AccountFactory.create(role=RoleCode.CAPTAIN)
    WallFactory.create(case=case, account=shut_out, set_by=desk.sergeant)

    page = why(desk, case).context["page"]

    exact_sets(
        [seer.account_id for seer in page.seers],
        [desk.detective.pk, desk.sergeant.pk, captain.pk, partner.pk],
    )
    for seer in page.seers:
        assert seer.by
    assert [wall.who for wall in page.walls] == [shut_out.display_name]
    assert [grant.who for grant in page.grants] == [partner.display_name]


def test_whoever_is_gone_today_is_not_named_before_their_account_is_closed(desk: Desk) -> None:
    case = desk.held_case()
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    for on, named in ((NOW.date() + DAY, True), (NOW.date(), False)):
        Officer.objects.filter(account=captain).update(active_to=on)
        seers = [seer.account_id for seer in why(desk, case).context["page"].seers]
        assert (captain.pk in seers) is named


def test_one_person_is_explained_rule_by_rule(desk: Desk) -> None:
    case = desk.held_case()
    outsider = AccountFactory.create()

    said = words(why(desk, case, account=outsider.pk))

    assert f"{outsider.display_name} Detective See cases within reach: no" in said
    assert "holds the case not granted" in said
    assert Entry.objects.get(event=Event.ACCESS_EXPLAINED).details == {"account": str(outsider.pk)}


def test_who_may_not_give_access_learns_nothing_about_outsiders(desk: Desk) -> None:
    case = desk.held_case()
    outsider = AccountFactory.create()
    WallFactory.create(case=case, account=outsider, reason="Invented relation.")
    url = reverse("why", args=[case.pk])

    said = words(desk.as_detective.get(url, {"account": str(outsider.pk)}))

    assert outsider.display_name not in said
    assert "Invented relation." not in said
    assert desk.sergeant.display_name in said


def test_a_damaged_or_unknown_person_is_no_error(desk: Desk) -> None:
    case = desk.held_case()

    assert why(desk, case, account="x").status_code == 200
    assert why(desk, case, account=case.pk).status_code == 404


def test_access_is_given_until_the_end_of_a_day(desk: Desk) -> None:
    case = desk.held_case()
    partner = AccountFactory.create(partner=True)

    response = desk.as_sergeant.post(
        reverse("grant-give", args=[case.pk]),
        {
            "account": partner.pk,
            "may": "view_case",
            "purpose": "interview",
            "until": "2026-03-31",
            "reason": "Interview on the 20th.",
        },
        follow=True,
    )

    assert "Access is given." in words(response)
    grant = CaseUserObjectPermission.objects.get()
    assert grant.expires_at.isoformat() == "2026-04-01T05:00:00+00:00"
    assert find_case(viewer_for(partner), case.pk, NOW) == case


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"account": ""}, "Who: choose a person."),
        ({"account": "x"}, "Who: choose a person from the list."),
        ({"may": "own_case"}, "They may: choose seeing or working."),
        ({"purpose": ""}, "What for: choose a purpose."),
        ({"purpose": "emergency"}, "What for: choose a purpose from the list."),
        ({"until": ""}, "every grant has an end"),
        ({"until": "2026-03-10"}, "this day is over"),
        ({"until": "2027-03-12"}, "at most a year"),
        ({"until": "soon"}, "Until: give a day"),
        ({"reason": " "}, "Why: give a reason."),
    ],
)
def test_what_is_missing_for_a_grant_is_said(
    desk: Desk, given: dict[str, str], sentence: str
) -> None:
    case = desk.held_case()
    partner = AccountFactory.create(partner=True)
    whole = {"account": partner.pk, "may": "view_case", "purpose": "review"}
    whole |= {"until": "2026-03-31", "reason": "x"}

    response = desk.as_sergeant.post(reverse("grant-give", args=[case.pk]), whole | given)

    assert response.status_code == 422
    assert sentence in words(response)
    assert not CaseUserObjectPermission.objects.exists()


def test_access_ends_at_once(desk: Desk) -> None:
    case = desk.held_case()
    partner = AccountFactory.create(partner=True)
    grant = GrantFactory.create(user=partner, content_object=case)
    url = reverse("grant-end", args=[case.pk, grant.pk])

    assert partner.display_name in words(desk.as_sergeant.get(url))
    assert desk.as_sergeant.post(url, {"reason": ""}).status_code == 422
    response = desk.as_sergeant.post(url, {"reason": "The interview is over."}, follow=True)

    assert "The access is ended." in words(response)
    assert not visible_cases(viewer_for(partner), NOW).exists()
    assert desk.as_sergeant.get(url).status_code == 404


def test_a_wall_shuts_out_and_lifts_again(desk: Desk) -> None:
    case = desk.held_case()
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    set_url = reverse("wall-set", args=[case.pk])
    reason = {"reason": "Related to the family."}

    said = desk.as_sergeant.post(set_url, {"account": captain.pk, **reason}, follow=True)

    assert "The wall is set." in words(said)
    assert not visible_cases(viewer_for(captain), NOW).exists()
    wall = Wall.objects.get()
    lift_url = reverse("wall-lift", args=[case.pk, wall.pk])
    assert captain.display_name in words(desk.as_sergeant.get(lift_url))
    said = desk.as_sergeant.post(lift_url, {"reason": "A mistake of names."}, follow=True)
    assert "The wall is lifted." in words(said)
    assert visible_cases(viewer_for(captain), NOW).exists()
    assert desk.as_sergeant.get(lift_url).status_code == 404


def test_a_wall_before_whoever_has_the_case_says_that_it_needs_somebody_else(desk: Desk) -> None:
    case, outsider = desk.held_case(), AccountFactory.create()
    url = reverse("wall-set", args=[case.pk])
    left = "They still have this case in name: give it to somebody else."

    for account, told in ((outsider, False), (desk.detective, True)):
        given = {"account": str(account.pk), "reason": "A cousin of the suspect."}
        said = words(desk.as_sergeant.post(url, given, follow=True))
        assert "The wall is set." in said
        assert (left in said) is told


def test_a_case_is_shared_with_nobody_whose_role_sees_none(desk: Desk) -> None:
    case, auditor = desk.held_case(), AccountFactory.create(role=RoleCode.AUDITOR)
    url = reverse("grant-give", args=[case.pk])
    until = NOW + DAY
    terms = Terms("view_case", "joint_work", "They want to look.", until)

    assert auditor.display_name not in words(desk.as_sergeant.get(url))
    with pytest.raises(BadGrant, match="their role sees no cases"):
        give_grant(
            viewer=viewer_for(desk.sergeant),
            now=NOW,
            case_id=case.pk,
            account_id=auditor.pk,
            terms=terms,
        )


def test_nobody_walls_themselves_in_or_out(desk: Desk) -> None:
    case = desk.held_case()
    url = reverse("wall-set", args=[case.pk])

    response = desk.as_sergeant.post(url, {"account": desk.sergeant.pk, "reason": "x"})

    assert response.status_code == 422
    assert not Wall.objects.exists()


def test_another_cases_grant_and_wall_are_not_reached_through_this_one(desk: Desk) -> None:
    case, other = desk.held_case(), desk.held_case()
    grant, wall = GrantFactory.create(content_object=other), WallFactory.create(case=other)

    for url in (
        reverse("grant-end", args=[case.pk, grant.pk]),
        reverse("wall-lift", args=[case.pk, wall.pk]),
    ):
        assert desk.as_sergeant.post(url, {"reason": "x"}).status_code == 404
    grant.refresh_from_db()
    wall.refresh_from_db()
    assert (grant.ended_at, wall.lifted_at) == (None, None)


def test_who_holds_the_case_gives_no_access_to_it(desk: Desk) -> None:
    case = desk.held_case()

    for name in ("grant-give", "wall-set"):
        url = reverse(name, args=[case.pk])
        assert desk.as_detective.get(url).status_code == 404
        assert desk.as_detective.post(url, {"reason": "x"}).status_code == 404


def test_explaining_costs_the_same_for_many_people(desk: Desk) -> None:
    case = desk.held_case()
    for account in AccountFactory.create_batch(10, role=RoleCode.CAPTAIN):
        GrantFactory.create(user=account, content_object=case)
    why(desk, case)

    with CaptureQueriesContext(connection) as asked:
        page = why(desk, case).context["page"]

    assert len(page.seers) == 12
    assert len([one for one in asked if "SAVEPOINT" not in one["sql"]]) <= MAX_QUERIES


@pytest.mark.parametrize("reason", ["", " "])
def test_no_wall_is_set_or_lifted_without_a_reason(desk: Desk, reason: str) -> None:
    case, viewer = desk.held_case(), viewer_for(desk.sergeant)
    wall = WallFactory.create(case=case)
    say: dict[str, Any] = {"viewer": viewer, "now": NOW, "reason": reason}

    with pytest.raises(BadGrant, match="Say why"):
        set_wall(case_id=case.pk, account_id=AccountFactory.create().pk, **say)
    with pytest.raises(BadGrant, match="Say why"):
        lift_wall(wall_id=wall.pk, **say)

    assert list(Wall.objects.filter(lifted_at=None)) == [wall]


def test_what_is_not_there_is_neither_ended_nor_lifted(desk: Desk) -> None:
    lifted = WallFactory.create(case=desk.held_case(), lifted_at=NOW)
    say: dict[str, Any] = {"viewer": viewer_for(desk.sergeant), "now": NOW, "reason": "It is over."}

    acts: tuple[tuple[Callable[..., None], dict[str, object]], ...] = (
        (end_grant, {"grant_id": 0}),
        (end_squad_grant, {"grant_id": uuid4()}),
        (lift_wall, {"wall_id": uuid4()}),
        (lift_wall, {"wall_id": lifted.pk}),
    )
    for act, of in acts:
        with pytest.raises(Hidden):
            act(**say, **of)

    assert not Entry.objects.exists()


def test_a_sergeant_of_another_squad_finds_no_such_case(desk: Desk) -> None:
    case = desk.held_case()
    other = AccountFactory.create(
        role=RoleCode.SERGEANT, officer=OfficerFactory.create(sergeant=True)
    )

    assert signed_in(other).get(reverse("why", args=[case.pk])).status_code == 404
