"""Is every role, grant and wall looked at again in time, by somebody else; and what can X see?"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.access import NotPermitted, live_grants, viewer_for
from cases.enums import AccessDecision, Permission, RoleCode
from cases.models import AccessReview, Policy, Role, Wall
from cases.policy_default import default_policy
from cases.rules.access_reviews import Standing, review_due, standing
from cases.selectors.access_reviews import GRANT, ROLE, WALL, overdue_reviews, review_page
from cases.services.access_reviews import NoReason, review_access
from tests.architecture.unit_of_roles import make_unit
from tests.cases.pages import Desk, signed_in, words
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    CaseFactory,
    GrantFactory,
    SquadGrantFactory,
    WallFactory,
)
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db

RULE = default_policy().access_reviews
EVERY = RULE.every.span
SECOND = timedelta(seconds=1)
WHY = "Looked at with the chief."


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (EVERY + SECOND, Standing.OVERDUE),
        (EVERY, Standing.SOON),
        (EVERY - RULE.shown_ahead.span, Standing.SOON),
        (EVERY - RULE.shown_ahead.span - SECOND, Standing.LATER),
    ],
)
def test_a_review_is_due_after_so_long_and_shows_ahead(age: timedelta, expected: Standing) -> None:
    assert standing(review_due(NOW - age, None, RULE), NOW, RULE) == expected
    assert review_due(NOW - 9 * EVERY, NOW - age, RULE) == NOW - age + EVERY


def test_every_grant_in_force_and_every_wall_is_covered() -> None:
    make_unit()
    captains = [AccountFactory.create(role=RoleCode.CAPTAIN) for _ in range(2)]
    case = CaseFactory.create()
    WallFactory.create(case=case, account=captains[0], set_at=NOW - 9 * EVERY)
    GrantFactory.create(content_object=case, granted_at=NOW - 9 * EVERY, expires_at=NOW + DAY)

    pages = [review_page(viewer=viewer_for(one), now=NOW, everything=True) for one in captains]

    covered = {(item.kind, item.key) for page in pages for item in page.items}
    grants = {(GRANT, str(key)) for key in live_grants(NOW).values_list("pk", flat=True)}
    walls = Wall.objects.filter(lifted_at=None).values_list("pk", flat=True)
    roles = {(ROLE, code) for code in Role.objects.values_list("code", flat=True)}
    exact_sets(covered, grants | {(WALL, str(key)) for key in walls} | roles)
    assert not [item for item in pages[0].items if item.case_id == case.pk]
    assert pages[0].overdue.total == 0
    assert (pages[1].overdue.grants, pages[1].overdue.walls) == (1, 1)


def test_keeping_starts_the_time_anew_and_removing_ends_it(desk: Desk) -> None:
    case = desk.held_case()
    kept, ended = (
        GrantFactory.create(
            content_object=case,
            user=AccountFactory.create(partner=True),
            granted_at=NOW - 2 * EVERY,
            expires_at=NOW + 9 * DAY,
        )
        for _ in range(2)
    )
    wall = WallFactory.create(case=case, set_at=NOW - 2 * EVERY)
    viewer = viewer_for(desk.sergeant)
    assert "Overdue: 0 roles, 2 grants, 1 wall." in words(
        desk.as_sergeant.get(reverse("access-reviews"))
    )
    say: dict[str, Any] = {"viewer": viewer, "now": NOW, "reason": WHY}

    with pytest.raises(NoReason):
        review_access(
            kind=GRANT, key=str(kept.pk), decision=AccessDecision.KEEP, **say | {"reason": "ok"}
        )
    review_access(kind=GRANT, key=str(kept.pk), decision=AccessDecision.KEEP, **say)
    answer = desk.as_sergeant.post(
        reverse("access-review-grant", args=[ended.pk]), {"decision": "remove", "reason": WHY}
    )
    review_access(kind=WALL, key=str(wall.pk), decision=AccessDecision.REMOVE, **say)

    assert answer.status_code == 302
    assert list(live_grants(NOW).filter(content_object=case)) == [kept]
    wall.refresh_from_db()
    assert wall.lifted_at == NOW
    assert overdue_reviews(viewer, NOW).total == 0
    assert overdue_reviews(viewer, NOW + EVERY + SECOND).grants == 0
    kept.expires_at = NOW + 9 * EVERY
    kept.save()
    assert overdue_reviews(viewer, NOW + EVERY).grants == 0
    assert overdue_reviews(viewer, NOW + EVERY + SECOND).grants == 1
    assert Entry.objects.filter(event=Event.ACCESS_REVIEWED).count() == 3


def test_nobody_reviews_their_own_access(desk: Desk) -> None:
    case = desk.held_case()
    grant = GrantFactory.create(content_object=case, user=desk.sergeant)
    admin = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    asked = ((desk.sergeant, GRANT, str(grant.pk)), (admin, ROLE, RoleCode.ADMINISTRATOR.value))

    for account, kind, key in asked:
        with pytest.raises(NotPermitted):
            review_access(
                viewer=viewer_for(account),
                now=NOW,
                kind=kind,
                key=key,
                decision=AccessDecision.KEEP,
                reason=WHY,
            )


def test_an_overdue_role_is_loud_and_removing_it_takes_all_it_allows() -> None:
    Policy.objects.update(created_at=NOW - EVERY - SECOND)
    admin = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    clerk = AccountFactory.create(role=RoleCode.RECORDS)
    for account, name in ((admin, "roles"), (captain, "dashboard")):
        said = words(signed_in(account).get(reverse(name)))
        assert "Reviews of access are overdue : 7 roles, 0 grants, 0 walls." in said

    url = reverse("access-review-role", args=[RoleCode.RECORDS])
    signed_in(admin).post(url, {"decision": "remove", "reason": WHY})
    keep = reverse("access-review-role", args=[RoleCode.DETECTIVE])
    signed_in(captain).post(keep, {"decision": "keep", "reason": WHY})

    assert not viewer_for(clerk).permissions
    assert overdue_reviews(viewer_for(admin), NOW).roles == 6


def test_who_gives_no_access_reviews_none(desk: Desk) -> None:
    desk.held_case()

    assert desk.as_detective.get(reverse("access-reviews")).status_code == 404
    role = reverse("access-review-role", args=[RoleCode.RECORDS])
    assert desk.as_sergeant.get(role).status_code == 404


def test_what_somebody_can_see_is_counted_for_one_and_listed_for_another(desk: Desk) -> None:
    held, walled = desk.held_case(), desk.held_case()
    shared = CaseFactory.create()
    GrantFactory.create(content_object=shared, user=desk.detective)
    to_squad = SquadGrantFactory.create(squad=held.squad)
    WallFactory.create(case=walled, account=desk.sergeant)
    url = reverse("reach", args=[desk.detective.pk])

    counted = signed_in(AccountFactory.create(role=RoleCode.ADMINISTRATOR)).get(url)
    listed = desk.as_sergeant.get(url)

    paths = {path.rule: path.cases for path in counted.context["page"].paths}
    ways = {"holds the case": 2, "shared with them": 1, "shared with their squad": 1}
    assert paths == ways
    assert counted.context["page"].total == 4
    for case in (held, walled, shared, to_squad.case):
        assert case.number not in words(counted)
    # The sergeant is of the squad that has the grant, too.
    numbers = [case.number for case in listed.context["page"].cases]
    exact_sets(numbers, [held.number, to_squad.case.number])
    assert listed.context["page"].total == 2
    assert str(Permission.REVEAL_IDENTITY.label) in words(listed)
    stranger = AccountFactory.create()
    assert desk.as_sergeant.get(reverse("reach", args=[stranger.pk])).status_code == 404
    assert desk.as_detective.get(url).status_code == 404


def test_a_captains_reach_is_counted_with_its_walls() -> None:
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    cases = CaseFactory.create_batch(3)
    WallFactory.create(case=cases[0], account=captain)
    admin = signed_in(AccountFactory.create(role=RoleCode.ADMINISTRATOR))

    page = admin.get(reverse("reach", args=[captain.pk])).context["page"]

    assert {path.rule: path.cases for path in page.paths}["role reaches all cases"] == 2
    assert page.total == 2


def test_the_database_keeps_reviews_sound() -> None:
    role = Role.objects.get(code=RoleCode.RECORDS)
    bad: tuple[tuple[dict[str, Any], str], ...] = (
        ({"role": role, "decision": "maybe"}, "access_review_decision_known"),
        ({"decision": "keep"}, "access_review_of_one_thing"),
    )
    for fields, name in bad:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            AccessReview.objects.create(decided_at=NOW, **fields)


def test_what_is_overdue_behind_a_wall_is_not_counted_for_whom_it_shuts_out() -> None:
    """The wall itself falls due too, and whoever manages roles counts those of all cases."""
    administrator = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    case = CaseFactory.create()
    long_ago = NOW - EVERY - DAY
    GrantFactory.create(
        content_object=case,
        user=AccountFactory.create(),
        granted_at=long_ago,
        expires_at=NOW + DAY,
    )
    wall = WallFactory.create(case=case, account=administrator, set_at=long_ago)

    walled = overdue_reviews(viewer_for(administrator), NOW)
    assert (walled.grants, walled.walls) == (0, 0)

    wall.lifted_at = NOW
    wall.save()
    WallFactory.create(case=case, account=AccountFactory.create(), set_at=long_ago)
    counted = overdue_reviews(viewer_for(administrator), NOW)
    assert (counted.grants, counted.walls) == (1, 1)
