"""Can a role be changed only by whom, why and as previewed, and does the preview tell the truth?"""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.access import Hidden, NotPermitted, Viewer, viewer_for, visible_cases
from cases.enums import Permission, RoleChangeState, RoleCode, Scope
from cases.models import Account, Role, RoleChange
from cases.selectors.roles import GROUPS, Change, effect_of, matrix, role_card
from cases.services.roles import (
    ChangedMeanwhile,
    LastManager,
    NoReason,
    NothingChanged,
    RaisesSelf,
    approve_role_change,
    change_role,
)
from cases.views.roles import seeing
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    NOW,
    AccountFactory,
    CaseFactory,
    GrantFactory,
    OfficerFactory,
    RoleFactory,
    RolePermissionFactory,
    SquadFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Account:
    return AccountFactory.create(role=RoleCode.ADMINISTRATOR)


def permissions_of(code: str) -> frozenset[Permission]:
    rows = Role.objects.get(code=code).permissions.values_list("permission", flat=True)
    return frozenset(map(Permission, rows))


def change(viewer: Viewer, code: str = RoleCode.DETECTIVE, **given: Any) -> RoleChange:
    """The change, and where it is dangerous a captain's look at it."""
    role = Role.objects.get(code=code)
    asked: dict[str, Any] = {
        "version": role.version,
        "scope": Scope(role.scope),
        "permissions": permissions_of(code),
        "reason": "The unit tries it for a month.",
    }
    done = change_role(viewer=viewer, now=NOW, code=code, **(asked | given))
    if done.state == RoleChangeState.WAITING:
        captain = viewer_for(AccountFactory.create(role=RoleCode.CAPTAIN))
        reason = "Looked at with the chief."
        approve_role_change(viewer=captain, now=NOW, change_id=done.pk, reason=reason)
    return done


# -- the change ---------------------------------------------------------------------------------


def test_a_change_holds_at_once_and_is_on_record(administrator: Account) -> None:
    detective = AccountFactory.create()
    before = permissions_of(RoleCode.DETECTIVE)
    after = before - {Permission.REVEAL_IDENTITY} | {Permission.SEE_FIGURES}

    change(viewer_for(administrator), permissions=after, scope=Scope.SQUAD)

    assert viewer_for(detective).permissions == after
    assert viewer_for(detective).scope == Scope.SQUAD
    entry = Entry.objects.get(event=Event.ROLE_PERMISSIONS_CHANGED)
    assert entry.subject_id == RoleCode.DETECTIVE
    assert entry.reason == "The unit tries it for a month. Looked at with the chief."
    assert entry.changes["permissions"] == [sorted(before), sorted(after)]
    assert entry.changes["scope"] == ["own", "squad"]
    assert entry.details == {"added": ["see_figures"], "removed": ["reveal_identity"]}


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_change_needs_a_reason(administrator: Account, reason: str) -> None:
    with pytest.raises(NoReason):
        change(viewer_for(administrator), permissions=frozenset(), reason=reason)


def test_a_change_of_what_somebody_else_changed_is_refused(administrator: Account) -> None:
    viewer = viewer_for(administrator)
    seen = Role.objects.get(code=RoleCode.DETECTIVE).version
    change(viewer, permissions=frozenset({Permission.VIEW_CASES}))

    with pytest.raises(ChangedMeanwhile):
        change(viewer, version=seen, permissions=frozenset())

    assert permissions_of(RoleCode.DETECTIVE) == {Permission.VIEW_CASES}


def test_a_change_of_nothing_is_said(administrator: Account) -> None:
    with pytest.raises(NothingChanged):
        change(viewer_for(administrator))


def test_only_who_manages_roles_changes_them() -> None:
    with pytest.raises(NotPermitted):
        change(viewer_for(AccountFactory.create(role=RoleCode.CAPTAIN)), permissions=frozenset())


def test_a_role_that_does_not_exist_is_hidden(administrator: Account) -> None:
    with pytest.raises(Hidden):
        change_role(
            viewer=viewer_for(administrator),
            now=NOW,
            code="nobody",
            version=1,
            scope=Scope.ALL,
            permissions=(),
            reason="x",
        )


@pytest.mark.parametrize(
    "wanted",
    [
        {"scope": Scope.GRANTED},
        {"permissions": frozenset({Permission.MANAGE_ROLES, Permission.VIEW_CASES})},
    ],
)
def test_nobody_raises_the_own_role(administrator: Account, wanted: dict[str, Any]) -> None:
    before = permissions_of(RoleCode.ADMINISTRATOR)

    with pytest.raises(RaisesSelf):
        change(viewer_for(administrator), RoleCode.ADMINISTRATOR, **wanted)

    assert permissions_of(RoleCode.ADMINISTRATOR) == before


def test_one_may_take_from_the_own_role(administrator: Account) -> None:
    less = permissions_of(RoleCode.ADMINISTRATOR) - {Permission.EDIT_POLICY}

    change(viewer_for(administrator), RoleCode.ADMINISTRATOR, permissions=less)

    assert permissions_of(RoleCode.ADMINISTRATOR) == less


def test_the_last_role_with_somebody_in_it_keeps_managing_roles(administrator: Account) -> None:
    less = permissions_of(RoleCode.ADMINISTRATOR) - {Permission.MANAGE_ROLES}
    deputy = RoleFactory.create(code="deputy", scope=Scope.NONE)
    RolePermissionFactory.create(role=deputy, permission=Permission.MANAGE_ROLES)
    gone = AccountFactory.create(role=deputy, is_active=False)
    viewer = viewer_for(administrator)

    with pytest.raises(LastManager):
        change(viewer, RoleCode.ADMINISTRATOR, permissions=less)

    gone.is_active = True
    gone.save()
    change(viewer, RoleCode.ADMINISTRATOR, permissions=less)
    assert permissions_of(RoleCode.ADMINISTRATOR) == less


# -- what it would do ---------------------------------------------------------------------------


def test_the_preview_agrees_with_what_people_then_see(administrator: Account) -> None:
    squad, other = SquadFactory.create(), SquadFactory.create()
    leads, follows = (
        AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=one) for one in (squad, other)
    )
    cases = [CaseFactory.create(squad=one) for one in (squad, squad, other, None)]
    WallFactory.create(case=cases[0], account=follows)
    GrantFactory.create(user=leads, content_object=cases[2])
    viewer = viewer_for(administrator)
    wanted = Change(Scope.ALL, permissions_of(RoleCode.SERGEANT))
    before = {one.pk: set(visible_cases(viewer_for(one), NOW)) for one in (leads, follows)}

    effect = effect_of(viewer, NOW, RoleCode.SERGEANT, wanted)
    change(viewer, RoleCode.SERGEANT, scope=Scope.ALL)

    gained = {
        one.pk: set(visible_cases(viewer_for(one), NOW)) - before[one.pk]
        for one in (leads, follows)
    }
    assert effect.gaining == sum(bool(cases) for cases in gained.values())
    assert effect.gained == len(set.union(*gained.values()))
    assert (effect.losing, effect.lost) == (0, 0)


def test_the_preview_counts_who_loses_what(administrator: Account) -> None:
    officer = OfficerFactory.create()
    AccountFactory.create(officer=officer)
    AccountFactory.create()
    CaseFactory.create_batch(2, open_and_held=True, detective=officer)

    less = permissions_of(RoleCode.DETECTIVE) - {Permission.VIEW_CASES}
    effect = effect_of(viewer_for(administrator), NOW, RoleCode.DETECTIVE, Change(Scope.OWN, less))

    assert (effect.losing, effect.lost, effect.gaining) == (1, 2, 0)
    assert effect.removed == (Permission.VIEW_CASES,)
    assert effect.people == 2


def test_an_inactive_account_is_not_counted(administrator: Account) -> None:
    AccountFactory.create(role=RoleCode.RECORDS, is_active=False)
    CaseFactory.create()
    wanted = Change(Scope.ALL, permissions_of(RoleCode.RECORDS))

    effect = effect_of(viewer_for(administrator), NOW, RoleCode.RECORDS, wanted)

    assert (effect.people, effect.gaining) == (0, 0)


def test_the_preview_costs_the_same_for_many_people(administrator: Account) -> None:
    AccountFactory.create_batch(8, role=RoleCode.RECORDS)
    CaseFactory.create()
    viewer = viewer_for(administrator)
    wanted = Change(Scope.ALL, permissions_of(RoleCode.RECORDS))

    with CaptureQueriesContext(connection) as asked:
        effect = effect_of(viewer, NOW, RoleCode.RECORDS, wanted)

    assert (effect.gaining, effect.gained) == (8, 1)
    assert len(asked) <= 8


def test_the_effect_in_a_sentence(administrator: Account) -> None:
    role = role_card(viewer_for(administrator), RoleCode.DETECTIVE)
    effect = effect_of(
        viewer_for(administrator), NOW, role.code, Change(role.scope, role.permissions)
    )

    def said(**counts: Any) -> str:
        return seeing(replace(effect, **counts))

    assert effect.changes_nothing
    assert said() == "Nobody will see more or fewer cases."
    assert (
        said(gaining=3, gained=41, losing=2, lost=5)
        == "3 people will see 41 more cases; 2 people will lose sight of 5 cases."
    )
    assert said(gaining=1, gained=1) == "1 person will see 1 more case."


# -- the pages ----------------------------------------------------------------------------------


def test_the_matrix_shows_every_permission_once(administrator: Account) -> None:
    shown = [permission for _, permissions in GROUPS for permission in permissions]
    table = matrix(viewer_for(administrator))

    assert sorted(shown) == sorted(Permission)
    assert {role.code for role in table.roles} == set(RoleCode.values)


def test_the_pages_are_for_who_manages_roles_alone(desk: Desk, administrator: Account) -> None:
    url = reverse("role-edit", args=[RoleCode.DETECTIVE])

    for client in (desk.as_detective, desk.as_sergeant):
        assert client.get(reverse("roles")).status_code == 404
        assert client.get(url).status_code == 404
        assert client.post(url, {"step": "apply"}).status_code == 404
    client = signed_in(administrator)
    said = words(client.get(reverse("roles")))
    assert "Reveal who a child is, with a reason dangerous" in said
    assert client.get(url).status_code == 200
    assert client.get(reverse("role-edit", args=["nobody"])).status_code == 404
    assert Entry.objects.filter(event=Event.ROLES_VIEWED).count() == 2


def test_from_preview_to_change_by_plain_forms(desk: Desk, administrator: Account) -> None:
    desk.held_case()
    CaseFactory.create(squad=desk.squad)
    client = signed_in(administrator)
    url = reverse("role-edit", args=[RoleCode.DETECTIVE])
    wanted = {"version": 1, "scope": "all", "permissions": ["view_cases", "log_response"]}

    preview = client.post(url, wanted | {"step": "preview"})

    assert "1 person will see 1 more case." in words(preview)
    assert "may no longer: reveal who a child is, with a reason" in words(preview)
    assert permissions_of(RoleCode.DETECTIVE) >= {Permission.REVEAL_IDENTITY}
    hidden = dict.fromkeys(
        re.findall(r'name="permissions" value="(\w+)"', preview.content.decode())
    )
    assert list(hidden) == wanted["permissions"]

    missing = client.post(url, wanted | {"step": "apply"})
    assert (missing.status_code, "say why this role changes" in words(missing)) == (422, True)

    done = client.post(url, wanted | {"step": "apply", "reason": "Short of people."}, follow=True)
    assert "Detective: dangerous, so a second person has to approve it." in words(done)
    waiting = reverse("role-change", args=[RoleChange.objects.get().pk])
    said = {"verdict": "approve", "reason": "Looked at with the chief."}
    assert "withdraw" in words(client.get(waiting))
    assert client.post(waiting, said).status_code == 403
    captain = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))
    assert "waits for a second person." in words(captain.get(reverse("dashboard")))
    assert "1 person will see 1 more case." in words(captain.get(waiting))
    assert "Detective is changed." in words(captain.post(waiting, said, follow=True))
    assert permissions_of(RoleCode.DETECTIVE) == {Permission.VIEW_CASES, Permission.LOG_RESPONSE}


def test_a_stale_form_is_shown_again_as_the_role_stands(administrator: Account) -> None:
    change(viewer_for(administrator), permissions=frozenset({Permission.VIEW_CASES}))
    client = signed_in(administrator)

    response = client.post(
        reverse("role-edit", args=[RoleCode.DETECTIVE]),
        {"step": "apply", "version": 1, "scope": "all", "reason": "x"},
    )

    assert response.status_code == 409
    assert "Somebody else changed this role" in words(response)
    assert 'name="version" value="2"' in response.content.decode()


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"scope": "own"}, "Nothing is changed"),
        ({"scope": "galaxy"}, "from the list"),
        ({"permissions": ["fly"]}, "There is no such permission"),
    ],
)
def test_a_preview_that_makes_no_sense_says_why(
    administrator: Account, wanted: dict[str, Any], sentence: str
) -> None:
    as_it_stands = {"scope": "own", "permissions": sorted(permissions_of(RoleCode.DETECTIVE))}

    response = signed_in(administrator).post(
        reverse("role-edit", args=[RoleCode.DETECTIVE]),
        {"step": "preview", "version": 1} | as_it_stands | wanted,
    )

    assert response.status_code == 422
    assert sentence in words(response)


def test_raising_oneself_is_refused_on_the_page(administrator: Account) -> None:
    response = signed_in(administrator).post(
        reverse("role-edit", args=[RoleCode.ADMINISTRATOR]),
        {
            "step": "apply",
            "version": 1,
            "scope": "all",
            "permissions": ["manage_roles"],
            "reason": "x",
        },
    )

    assert response.status_code == 422
    assert "This is your own role" in words(response)


def test_the_matrix_keeps_its_budget(administrator: Account) -> None:
    client = signed_in(administrator)

    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("roles"))

    assert len([one for one in asked if "SAVEPOINT" not in one["sql"]]) < MAX_QUERIES
