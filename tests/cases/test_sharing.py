"""Is a case shared with a squad or a partner for a purpose and no longer than until its end?"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases import access
from cases.enums import Discipline, Permission
from cases.models import Account, Case, CaseUserObjectPermission, Officer, SquadGrant
from cases.policy_default import default_policy
from cases.services.bulk import assign_cases
from cases.services.grants import BadGrant, Terms, give_grant, share_with_squad
from tests.cases.pages import Desk, signed_in, words
from tests.cases.test_access import assert_all_agree
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    CaseFactory,
    GrantFactory,
    SquadFactory,
    SquadGrantFactory,
    WallFactory,
)
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
AROUND_THE_END = [(-SECOND, False), (timedelta(0), False), (SECOND, True)]
TERMS = Terms("view_case", "joint_work", "The same suspect in both.", NOW + DAY)


@pytest.mark.parametrize(("ends", "sees"), AROUND_THE_END, ids=["over", "ends now", "lives"])
@pytest.mark.parametrize("way", ["person", "squad"])
def test_every_path_asks_for_the_end(way: str, ends: timedelta, sees: bool, desk: Desk) -> None:
    """List, page, explanation and action (`assert_all_agree`), and each of the case's pages."""
    case = desk.held_case()
    other = AccountFactory.create(officer__squad=SquadFactory.create())
    if way == "person":
        GrantFactory.create(user=other, content_object=case, expires_at=NOW + ends, works=True)
    else:
        squad = other.officer and other.officer.squad
        SquadGrantFactory.create(case=case, squad=squad, expires_at=NOW + ends, works=True)
    client, viewer = signed_in(other), access.viewer_for(other)

    exact_sets(assert_all_agree(other), {case.pk} if sees else set())
    for permission in (Permission.LOG_RESPONSE, Permission.REVEAL_IDENTITY):
        assert access.decide(viewer, case, permission, NOW).allowed is sees
    for name in ("case-detail", "case-access", "case-history", "why", "response-log"):
        assert (client.get(reverse(name, args=[case.pk])).status_code == 200) is sees
    assert (case.number in words(client.get(reverse("case-list")))) is sees


def test_a_squad_is_whoever_is_in_it_now(desk: Desk) -> None:
    case, squad = desk.held_case(), SquadFactory.create()
    SquadGrantFactory.create(case=case, squad=squad)
    stays, leaves = AccountFactory.create_batch(2, officer__squad=squad)
    walled = AccountFactory.create(officer__squad=squad)
    WallFactory.create(case=case, account=walled)
    Officer.objects.filter(account=leaves).update(squad=None)

    exact_sets(assert_all_agree(stays), {case.pk})
    exact_sets(assert_all_agree(leaves), set())
    exact_sets(assert_all_agree(walled), set())
    joins = AccountFactory.create(officer__squad=squad)
    exact_sets(assert_all_agree(joins), {case.pk})


def test_what_a_partner_was_given_as_one_thing_they_have_not_as_another() -> None:
    partner = AccountFactory.create(partner=True, discipline=Discipline.THERAPIST)
    grant = GrantFactory.create(user=partner)
    exact_sets(assert_all_agree(partner), {grant.content_object_id})

    partner.discipline = Discipline.PROSECUTOR
    partner.save(update_fields=["discipline"])

    exact_sets(assert_all_agree(partner), set())


def test_a_partners_grant_keeps_their_discipline_and_its_purpose(desk: Desk) -> None:
    case, partner = desk.held_case(), AccountFactory.create(partner=True)

    give_grant(
        viewer=access.viewer_for(desk.sergeant),
        now=NOW,
        case_id=case.pk,
        account_id=partner.pk,
        terms=TERMS,
    )

    grant = CaseUserObjectPermission.objects.get()
    assert (grant.discipline, grant.purpose) == (Discipline.ADVOCACY_CENTER, "joint_work")


def give(desk: Desk, case: Case, to: object, **other: object) -> Any:
    given = {"account": to, "may": "work_case", "purpose": "joint_work", "until": "2026-03-31"}
    given |= {"reason": "Both look for one suspect.", **other}
    return desk.as_sergeant.post(reverse("grant-give", args=[case.pk]), given, follow=True)


def test_a_squad_is_let_in_and_shown_and_its_access_ended_from_the_page(desk: Desk) -> None:
    case = desk.held_case()
    squad = SquadFactory.create()
    member: Account = AccountFactory.create(officer__squad=squad)

    said = words(give(desk, case, f"squad:{squad.pk}"))

    assert "Access is given." in said
    assert f"{squad.name} (whoever is in it) may work on the case until" in said
    assert "shared with their squad until the end of 31 Mar 2026" in said
    given = Entry.objects.get(event=Event.GRANT_GIVEN)
    assert given.details["squad"] == str(squad.pk)
    assert given.details["purpose"] == "joint_work"
    exact_sets(assert_all_agree(member), {case.pk})

    end = reverse("share-end", args=[case.pk, SquadGrant.objects.get().pk])
    assert desk.as_sergeant.post(end, {"reason": ""}).status_code == 422
    said = words(desk.as_sergeant.post(end, {"reason": "He was found."}, follow=True))

    assert "The access is ended." in said
    exact_sets(assert_all_agree(member), set())
    assert desk.as_sergeant.get(end).status_code == 404
    assert Entry.objects.get(event=Event.GRANT_ENDED).details == {"squad": str(squad.pk)}


def test_shared_again_the_later_terms_hold(desk: Desk) -> None:
    case, squad = desk.held_case(), SquadFactory.create()
    give(desk, case, f"squad:{squad.pk}")
    give(desk, case, f"squad:{squad.pk}", may="view_case", until="2026-03-12")

    grant = SquadGrant.objects.get()
    assert (grant.may, grant.expires_at.isoformat()) == ("view_case", "2026-03-13T05:00:00+00:00")


@pytest.mark.parametrize("way", ["person", "squad"])
@pytest.mark.parametrize(
    "broken",
    [
        {"permission": "own_case"},
        {"purpose": ""},
        {"purpose": "emergency"},
        {"reason": " "},
        {"expires_at": NOW},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_no_share_without_its_terms(desk: Desk, way: str, broken: dict[str, Any]) -> None:
    case, viewer = desk.held_case(), access.viewer_for(desk.sergeant)
    kept = {name: getattr(TERMS, name) for name in Terms.__slots__}
    terms = Terms(**{**kept, **broken})
    common: dict[str, Any] = {"viewer": viewer, "now": NOW, "case_id": case.pk, "terms": terms}

    ways: dict[str, Callable[..., object]] = {
        "person": partial(give_grant, account_id=AccountFactory.create().pk),
        "squad": partial(share_with_squad, squad_id=SquadFactory.create().pk),
    }

    with pytest.raises(BadGrant):
        ways[way](**common)

    assert not SquadGrant.objects.exists()
    assert not CaseUserObjectPermission.objects.exists()


@pytest.mark.parametrize("late", [timedelta(0), SECOND], ids=["just", "too late"])
def test_a_squad_has_a_case_no_longer_than_until_a_review(desk: Desk, late: timedelta) -> None:
    case, squad = desk.held_case(), SquadFactory.create()
    viewer = access.viewer_for(desk.sergeant)
    ends = NOW + default_policy().access_reviews.every.span + late
    terms = replace(TERMS, expires_at=ends)

    with pytest.raises(BadGrant, match="365 days at most") if late else nullcontext():
        share_with_squad(viewer=viewer, now=NOW, case_id=case.pk, squad_id=squad.pk, terms=terms)

    assert SquadGrant.objects.filter(squad=squad).exists() is not bool(late)


def test_no_closed_account_is_let_in(desk: Desk) -> None:
    case, closed = desk.held_case(), AccountFactory.create(is_active=False)

    with pytest.raises(BadGrant, match="whose account is open"):
        give_grant(
            viewer=access.viewer_for(desk.sergeant),
            now=NOW,
            case_id=case.pk,
            account_id=closed.pk,
            terms=TERMS,
        )

    assert not CaseUserObjectPermission.objects.exists()


def test_nobody_is_let_in_over_a_wall(desk: Desk) -> None:
    case, walled = desk.held_case(), AccountFactory.create()
    WallFactory.create(case=case, account=walled)

    assert "A wall stands between them" in words(give(desk, case, walled.pk))
    exact_sets(assert_all_agree(walled), set())


def test_what_is_not_a_choice_is_refused(desk: Desk) -> None:
    case = desk.held_case()

    for to in ("squad:", "squad:x", f"squad:{case.pk}", str(desk.sergeant.pk)):
        assert "choose a person from the list" in words(give(desk, case, to))


@pytest.mark.parametrize("way", ["person", "squad"])
def test_why_somebody_sees_it_leads_to_the_end_of_it(desk: Desk, way: str) -> None:
    case, squad = desk.held_case(), SquadFactory.create()
    other = AccountFactory.create(officer__squad=squad)
    if way == "person":
        grant = GrantFactory.create(user=other, content_object=case)
        end = reverse("grant-end", args=[case.pk, grant.pk])
    else:
        share = SquadGrantFactory.create(case=case, squad=squad)
        end = reverse("share-end", args=[case.pk, share.pk])

    page = desk.as_sergeant.get(reverse("why", args=[case.pk]), {"account": str(other.pk)})

    assert f'href="{end}"' in page.content.decode()


def test_a_case_is_not_given_to_somebody_it_is_walled_from(desk: Desk) -> None:
    case = CaseFactory.create(squad=desk.squad, supervisor=desk.sergeant.officer)
    WallFactory.create(case=case, account=desk.detective)
    officer = desk.detective.officer
    assert officer is not None

    url = reverse("case-assign", args=[case.pk])
    assert f"({officer.badge}), shut out by a wall" in words(desk.as_sergeant.get(url))
    answer = desk.as_sergeant.post(url, {"officer": officer.pk, "reason": "Next in line."})

    assert answer.status_code == 422
    assert "A wall stands between" in words(answer)
    done = assign_cases(
        viewer=access.viewer_for(desk.sergeant),
        now=NOW,
        case_ids=[case.pk],
        officer_id=officer.pk,
        reason="All of them.",
    )
    assert done.words == "0 of 1 done; 1 not given: a wall stands between them and the case."
    case.refresh_from_db()
    assert case.detective is None
