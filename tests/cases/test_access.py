"""Do list, page, detail and explanation agree about who may see what, for every role and moment?"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import Permission as ModelPermission
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from cases import access
from cases.access import CanSee, Viewer
from cases.enums import Discipline, Permission, Rank, RoleCode, Scope
from cases.models import Account, Case, Squad, Wall
from cases.views.gate import requires
from tests.factories import (
    NOW,
    AccountFactory,
    CaseFactory,
    GrantFactory,
    OfficerFactory,
    SquadFactory,
    SquadGrantFactory,
    WallFactory,
)
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
SUPERVISING = {access.SUPERVISES, access.LEADS, access.REACHES_ALL}
ENDS = st.sampled_from([-SECOND, timedelta(0), SECOND, timedelta(days=1)])
ACTS = (
    Permission.VIEW_CASES,
    Permission.LOG_RESPONSE,
    Permission.REVEAL_IDENTITY,
    Permission.GRANT_ACCESS,
    Permission.PREPARE_RELEASE,
)


def seen_by(viewer: Viewer, now: datetime = NOW) -> set[UUID]:
    return set(access.visible_cases(viewer, now).values_list("pk", flat=True))


def paged_by(viewer: Viewer, now: datetime = NOW, size: int = 3) -> list[UUID]:
    """Every case that paging through the list shows, in order; and from its end back again."""
    found: list[Case] = []
    before = None
    while page := list(access.visible_page(viewer, now, size=size, before=before)):
        found += page
        before = _key(page[-1])
    back = found[-1:]
    while back and (
        page := list(
            access.visible_page(viewer, now, size=size, before=_key(back[-1]), upwards=True)
        )
    ):
        back += page
    assert back == found[::-1]
    assert found == sorted(found, key=lambda case: (case.last_entry_at, case.pk), reverse=True)
    return [case.pk for case in found]


def _key(case: Case) -> access.Key:
    return case.last_entry_at, case.pk


def found_by(viewer: Viewer, now: datetime = NOW) -> set[UUID]:
    """Every case whose page opens."""
    found = set()
    for case in Case.objects.all():
        with suppress(access.Hidden):
            found.add(access.find_case(viewer, case.pk, now).pk)
    return found


def allowed_by(viewer: Viewer, now: datetime = NOW) -> set[UUID]:
    """Every case that a decision opens. What it opens to a supervisor is listed as supervised."""
    allowed, supervised = set(), set()
    for case in Case.objects.all():
        decision = access.decide(viewer, case, Permission.VIEW_CASES, now)
        if decision.allowed:
            allowed.add(case.pk)
            granted = {step.rule for step in decision.steps if step.outcome == "granted"}
            supervised |= {case.pk} if granted & SUPERVISING else set()
    exact_sets(access.supervised_cases(viewer, now).values_list("pk", flat=True), supervised)
    return allowed


Explained = Mapping[Case, tuple[CanSee, ...]]


def explanations(now: datetime = NOW) -> Explained:
    return {case: access.who_can_see(case, now) for case in Case.objects.all()}


def explained_by(account: Account, explained: Explained, now: datetime = NOW) -> set[UUID]:
    """Where `who_can_see` names the account: once, by the steps of the decision that lets it in."""
    viewer, found = access.viewer_for(account), set()
    for case, seers in explained.items():
        said = [one.decision for one in seers if one.account_id == account.pk]
        if said:
            assert said == [access.decide(viewer, case, Permission.VIEW_CASES, now)]
            found.add(case.pk)
    return found


def acted_on_by(account: Account, permission: Permission, now: datetime = NOW) -> set[UUID]:
    """Where the account may act: `require` lets it, and the decision says by which rules."""
    viewer, allowed = access.viewer_for(account), set()
    for case in Case.objects.all():
        decision = access.decide(viewer, case, permission, now)
        with suppress(access.Hidden, access.NotPermitted):
            access.require(viewer, case, permission, now)
            allowed.add(case.pk)
        assert decision.allowed is (case.pk in allowed)
        assert decision.allowed is (permission in access.permissions_on(viewer, case, now))
        ways = [one for one in decision.steps if one.rule in access.WAYS]
        let_in = any(one.outcome == "granted" for one in ways)
        denied = any(one.outcome == "denied" for one in decision.steps)
        assert decision.allowed is (let_in and viewer.can(permission) and not denied)
    return allowed


def assert_all_agree(account: Account, explained: Explained | None = None) -> set[UUID]:
    viewer = access.viewer_for(account)
    seen = seen_by(viewer)
    exact_sets(paged_by(viewer), seen)
    exact_sets(found_by(viewer), seen)
    exact_sets(allowed_by(viewer), seen)
    exact_sets(explained_by(account, explained or explanations()), seen)
    return seen


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_list_page_detail_and_explanation_agree(data: st.DataObject) -> None:
    with transaction.atomic():
        _check_one_unit(data)
        transaction.set_rollback(True)


def _check_one_unit(data: st.DataObject) -> None:
    squads = [SquadFactory.create(), SquadFactory.create()]
    accounts = [
        AccountFactory.create(role=RoleCode.DETECTIVE, officer__squad=squads[0]),
        AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squads[0]),
        AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squads[1]),
        AccountFactory.create(role=RoleCode.CAPTAIN),
        AccountFactory.create(role=RoleCode.RECORDS),
        AccountFactory.create(partner=True),
        AccountFactory.create(role=RoleCode.ADMINISTRATOR),
        AccountFactory.create(role=RoleCode.AUDITOR),
        AccountFactory.create(role=RoleCode.DETECTIVE, is_active=False),
        AccountFactory.create(role=RoleCode.PARTNER, is_superuser=True),
        AccountFactory.create(role=RoleCode.DETECTIVE),
        AccountFactory.create(role=RoleCode.SERGEANT),
        AccountFactory.create(
            role=RoleCode.RECORDS, officer=OfficerFactory.create(squad=squads[1], sergeant=True)
        ),
    ]
    _leads_both(data, accounts[11], squads)
    officers = [account.officer for account in accounts if account.officer]
    for number in range(data.draw(st.integers(1, 5))):
        CaseFactory.create(
            squad=data.draw(st.sampled_from([None, *squads])),
            detective=data.draw(st.sampled_from([None, *officers])),
            supervisor=data.draw(st.sampled_from([None, *officers])),
            last_entry_at=NOW - data.draw(st.integers(0, 3)) * timedelta(days=1),
            number=f"P-{number}",
        )
    for case in Case.objects.all():
        _open_and_wall(data, case, accounts, squads)
    if data.draw(st.booleans()):
        Account.objects.filter(pk=accounts[5].pk).update(discipline=Discipline.PROSECUTOR)
    explained = explanations()
    for account in accounts:
        seen = assert_all_agree(account, explained)
        acting = data.draw(st.sampled_from(ACTS))
        assert acted_on_by(account, acting) <= seen
    for account in accounts[6:9]:
        exact_sets(seen_by(access.viewer_for(account)), set())


def _leads_both(data: st.DataObject, account: Account, squads: list[Squad]) -> None:
    """A sergeant of no squad, who leads both, one or none."""
    led = data.draw(st.lists(st.sampled_from(squads), unique=True))
    Squad.objects.filter(pk__in=[squad.pk for squad in led]).update(sergeant=account.officer)


def _open_and_wall(
    data: st.DataObject, case: Case, accounts: list[Account], squads: list[Squad]
) -> None:
    given = st.tuples(st.sampled_from(accounts), st.booleans())
    for account, works in data.draw(st.lists(given, unique=True, max_size=5)):
        GrantFactory.create(
            user=account,
            content_object=case,
            granted_at=NOW - timedelta(days=9),
            expires_at=NOW + data.draw(ENDS),
            ended_at=data.draw(st.sampled_from([None, None, NOW - SECOND])),
            works=works,
        )
    for squad in data.draw(st.lists(st.sampled_from(squads), unique=True, max_size=2)):
        SquadGrantFactory.create(
            case=case,
            squad=squad,
            granted_at=NOW - timedelta(days=9),
            expires_at=NOW + data.draw(ENDS),
            ended_at=data.draw(st.sampled_from([None, NOW - SECOND])),
            works=data.draw(st.booleans()),
        )
    for account in data.draw(st.lists(st.sampled_from(accounts), unique=True, max_size=3)):
        WallFactory.create(
            case=case, account=account, lifted_at=data.draw(st.sampled_from([None, NOW]))
        )


def test_each_role_reaches_exactly_its_own() -> None:
    squad, other = SquadFactory.create(), SquadFactory.create()
    detective = AccountFactory.create(role=RoleCode.DETECTIVE, officer__squad=squad)
    sergeant = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    mine = CaseFactory.create(squad=squad, detective=detective.officer)
    squads = CaseFactory.create(squad=squad)
    theirs = CaseFactory.create(squad=other)
    nobodys = CaseFactory.create()

    exact_sets(assert_all_agree(detective), {mine.pk})
    exact_sets(assert_all_agree(sergeant), {mine.pk, squads.pk})
    exact_sets(assert_all_agree(captain), {mine.pk, squads.pk, theirs.pk, nobodys.pk})


def test_an_officer_reaches_by_their_role_and_by_nothing_else() -> None:
    squads = [SquadFactory.create(), SquadFactory.create()]
    detective = AccountFactory.create(role=RoleCode.DETECTIVE)
    boss, leads_both = AccountFactory.create_batch(2, role=RoleCode.SERGEANT)
    officer = OfficerFactory.create(sergeant=True, squad=squads[0])
    clerk = AccountFactory.create(role=RoleCode.RECORDS, officer=officer)
    Squad.objects.update(sergeant=leads_both.officer)
    held = CaseFactory.create(detective=detective.officer)
    theirs = CaseFactory.create(squad=squads[0], detective=clerk.officer, supervisor=clerk.officer)
    watched = CaseFactory.create(squad=squads[1], supervisor=detective.officer)
    lone = CaseFactory.create(detective=leads_both.officer)
    bossed = CaseFactory.create(supervisor=boss.officer)
    for account, case in ((detective, lone), (boss, held), (clerk, bossed)):
        GrantFactory.create(user=account, content_object=case)
    SquadGrantFactory.create(case=lone, squad=squads[0])

    exact_sets(assert_all_agree(detective), {held.pk, lone.pk})
    exact_sets(assert_all_agree(boss), {bossed.pk, held.pk})
    exact_sets(assert_all_agree(leads_both), {theirs.pk, watched.pk, lone.pk})
    exact_sets(assert_all_agree(clerk), {bossed.pk, lone.pk})


@pytest.mark.parametrize(
    ("ends", "sees"), [(-SECOND, False), (timedelta(0), False), (SECOND, True)]
)
def test_a_grant_holds_until_its_end_and_not_at_it(ends: timedelta, sees: bool) -> None:
    partner = AccountFactory.create(partner=True)
    grant = GrantFactory.create(
        user=partner, granted_at=NOW - timedelta(days=1), expires_at=NOW + ends
    )

    exact_sets(assert_all_agree(partner), {grant.content_object_id} if sees else set())


@pytest.mark.parametrize(("sees", "works"), [(9, 1), (1, 9)])
def test_of_several_grants_the_last_to_end_is_told(sees: int, works: int) -> None:
    squad, case = SquadFactory.create(), CaseFactory.create()
    account = AccountFactory.create(officer__squad=squad)
    for days, more in ((sees, False), (works, True)):
        ends = NOW + days * timedelta(days=1)
        GrantFactory.create(user=account, content_object=case, expires_at=ends, works=more)
    SquadGrantFactory.create(case=case, squad=squad, expires_at=NOW + timedelta(days=30))

    exact_sets(assert_all_agree(account), {case.pk})
    decision = access.decide(access.viewer_for(account), case, Permission.VIEW_CASES, NOW)
    told = {step.rule: step.source for step in decision.steps if step.outcome == "granted"}
    assert told[access.GRANTED] == access.until_words(NOW + timedelta(days=9))
    assert told[access.SHARED] == access.until_words(NOW + timedelta(days=30))
    work = access.decide(access.viewer_for(account), case, Permission.LOG_RESPONSE, NOW)
    ends = NOW + works * timedelta(days=1)
    assert access.until_words(ends) in {step.source for step in work.steps}


def test_an_ended_grant_opens_nothing() -> None:
    partner = AccountFactory.create(partner=True)
    GrantFactory.create(user=partner, ended_at=NOW - SECOND)

    exact_sets(assert_all_agree(partner), set())


@pytest.mark.parametrize("role", [RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.CAPTAIN])
def test_a_wall_beats_role_assignment_and_grant(role: str) -> None:
    squad = SquadFactory.create()
    account = AccountFactory.create(role=role, officer__squad=squad, is_superuser=True)
    case = CaseFactory.create(squad=squad, detective=account.officer)
    GrantFactory.create(user=account, content_object=case)
    exact_sets(assert_all_agree(account), {case.pk})

    WallFactory.create(case=case, account=account)

    exact_sets(assert_all_agree(account), set())
    with pytest.raises(access.Hidden):
        access.find_case(access.viewer_for(account), case.pk, NOW)
    Wall.objects.update(lifted_at=NOW)
    exact_sets(assert_all_agree(account), {case.pk})


def test_what_may_not_be_seen_and_what_is_not_there_raise_the_same() -> None:
    viewer = access.viewer_for(AccountFactory.create(role=RoleCode.DETECTIVE))
    other = CaseFactory.create()

    with pytest.raises(access.Hidden) as hidden:
        access.find_case(viewer, other.pk, NOW)
    with pytest.raises(access.Hidden) as missing:
        access.find_case(viewer, UUID(int=0), NOW)

    assert str(hidden.value) == str(missing.value) == ""


def test_a_grant_to_see_does_not_let_work() -> None:
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    seen, worked = CaseFactory.create(), CaseFactory.create()
    GrantFactory.create(user=account, content_object=seen)
    GrantFactory.create(user=account, content_object=worked, works=True)
    viewer = access.viewer_for(account)

    with pytest.raises(access.NotPermitted):
        access.require(viewer, seen, Permission.LOG_RESPONSE, NOW)
    access.require(viewer, worked, Permission.LOG_RESPONSE, NOW)
    with pytest.raises(access.NotPermitted):
        access.require(viewer, worked, Permission.CLOSE_CASE, NOW)


def test_guardian_never_opens_a_case_by_a_model_permission() -> None:
    """guardian's known trap: one permission on the model exposes every case."""
    partner = AccountFactory.create(partner=True)
    partner.user_permissions.add(*ModelPermission.objects.filter(content_type__model="case"))
    CaseFactory.create()

    exact_sets(assert_all_agree(partner), set())


def test_a_grant_to_an_account_that_is_closed_opens_nothing_and_counts_for_nobody() -> None:
    grant = GrantFactory.create(user__is_active=False)

    exact_sets(assert_all_agree(grant.user), set())


def test_grants_go_with_their_case_and_open_no_other() -> None:
    """guardian's generic rows outlive the case and open whatever gets its key next."""
    squad = SquadFactory.create()
    account = AccountFactory.create(officer__squad=squad)
    case = CaseFactory.create()
    GrantFactory.create(user=account, content_object=case)
    SquadGrantFactory.create(case=case, squad=squad)
    key = case.pk

    case.delete()
    CaseFactory.create(pk=key)

    exact_sets(assert_all_agree(account), set())


def test_nobody_signed_in_reaches_nothing(rf: RequestFactory) -> None:
    """Not even a grant that a stranger's missing id would match."""
    GrantFactory.create()
    SquadGrantFactory.create()
    nobody = Viewer(None, "", "", Scope.GRANTED, frozenset(Permission))

    exact_sets(seen_by(nobody), set())
    exact_sets(paged_by(nobody), set())
    exact_sets(allowed_by(nobody), set())


def test_many_grants_cost_no_more_queries_than_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    squad = SquadFactory.create()
    account = AccountFactory.create(officer__squad=squad)
    for _ in range(5):
        grant = GrantFactory.create(user=account, works=True)
        SquadGrantFactory.create(case=grant.content_object, squad=squad)
    case, viewer = grant.content_object, access.viewer_for(account)

    with django_assert_num_queries(1):
        assert len(access.visible_cases(viewer, NOW)) == 5
    with django_assert_num_queries(1):
        assert len(access.visible_page(viewer, NOW, size=50)) == 5
    with django_assert_num_queries(2):
        assert access.permissions_on(viewer, case, NOW)
    with django_assert_num_queries(3):
        assert access.open_case(viewer, case.pk, NOW)
    with django_assert_num_queries(3):
        assert access.who_can_see(case, NOW)


def test_a_viewer_takes_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    squad = SquadFactory.create()
    account = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)

    with django_assert_num_queries(1):
        viewer = access.viewer_for(account)

    assert viewer.squad_ids == {squad.pk}
    assert viewer.can(Permission.CLOSE_CASE)


def test_a_detective_of_a_squad_does_not_lead_it() -> None:
    squad = SquadFactory.create(sergeant=OfficerFactory.create(rank=Rank.SERGEANT))
    account = AccountFactory.create(role=RoleCode.DETECTIVE, officer__squad=squad)

    assert access.viewer_for(account).squad_ids == frozenset()


def test_explanation_names_every_rule_that_was_asked() -> None:
    squad = SquadFactory.create()
    account = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)
    case = CaseFactory.create(squad=squad, supervisor=None)

    decision = access.decide(access.viewer_for(account), case, Permission.VIEW_CASES, NOW)

    assert decision.allowed
    assert {step.rule: step.outcome for step in decision.steps} == {
        "account is active": "granted",
        "no wall on this case": "granted",
        "role may see cases within reach": "granted",
        "holds the case": "not granted",
        "supervises the case": "not granted",
        "leads its squad": "granted",
        "role reaches all cases": "not applicable",
        "shared with them": "not granted",
        "shared with their squad": "not granted",
    }


def test_a_view_sends_strangers_to_sign_in_and_hides_from_the_wrong_role(
    rf: RequestFactory,
) -> None:
    @requires(Permission.SEE_DASHBOARD)
    def page(request: HttpRequest) -> HttpResponse:  # pragma: no cover - must not be reached
        raise AssertionError("reached")

    stranger, detective = rf.get("/dashboard/"), rf.get("/dashboard/")
    stranger.user, stranger.session = AnonymousUser(), SessionBase()
    detective.user = AccountFactory.create(role=RoleCode.DETECTIVE)
    detective.session = SessionBase()

    assert page(stranger).status_code == 302
    with pytest.raises(access.Hidden):
        page(detective)
