"""Roles by file, back to an older version, by two people: through one door, truly previewed?"""

import json
import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.access import (
    Hidden,
    NotPermitted,
    Reach,
    difference,
    viewer_for,
    viewers_for,
    visible_cases,
)
from cases.enums import Permission, RoleChangeState, RoleCode, Scope
from cases.models import Account, Role, RoleChange
from cases.rules.role_file import BadRoleFile, read_roles
from cases.services.roles import (
    ChangedMeanwhile,
    NoReason,
    RaisesSelf,
    Undecided,
    approve_role_change,
    change_role,
    refuse_role_change,
)
from tests.architecture.unit_of_roles import make_unit
from tests.cases.pages import Desk, signed_in, words
from tests.cases.test_roles import change, permissions_of
from tests.factories import (
    NOW,
    AccountFactory,
    GrantFactory,
    RoleChangeFactory,
    SquadGrantFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db

WHY = "Looked at with the chief."


@pytest.fixture
def administrator() -> Account:
    return AccountFactory.create(role=RoleCode.ADMINISTRATOR)


@pytest.fixture
def captain() -> Account:
    return AccountFactory.create(role=RoleCode.CAPTAIN)


def wider(viewer: Any, code: str = RoleCode.DETECTIVE) -> RoleChange:
    role = Role.objects.get(code=code)
    return change_role(
        viewer=viewer,
        now=NOW,
        code=code,
        version=role.version,
        scope=Scope.ALL,
        permissions=permissions_of(code),
        reason="Short of people.",
    )


# -- what a preview counts ----------------------------------------------------------------------


def test_for_every_two_reaches_the_difference_is_what_people_would_see() -> None:
    unit = make_unit()
    shared = unit.cases[RoleCode.DETECTIVE, "other"]
    for account in unit.accounts.values():
        GrantFactory.create(user=account, content_object=shared)
    WallFactory.create(case=shared, account=unit.accounts[RoleCode.CAPTAIN])
    squad = unit.cases[RoleCode.SERGEANT, "squad"].squad
    SquadGrantFactory.create(case=unit.cases[RoleCode.SERGEANT, "other"], squad=squad)
    people = Account.objects.filter(pk__in=[one.pk for one in unit.accounts.values()])
    views = frozenset({Permission.VIEW_CASES})
    seen: dict[Reach, dict[Any, set[Any]]] = {}
    for scope, sees in product(Scope, (True, False)):
        as_that = (
            replace(one, scope=scope, permissions=views if sees else frozenset())
            for one in viewers_for(people)
        )
        seen[Reach(scope, sees)] = {
            one.account_id: set(visible_cases(one, NOW).values_list("pk", flat=True))
            for one in as_that
        }

    wrong = []
    for (narrow, before), (wide, after) in product(seen.items(), seen.items()):
        more = {key: after[key] - before[key] for key in after if after[key] - before[key]}
        counted = difference(people, narrow, wide, NOW)
        expected = (len(more), len(set().union(*more.values())))
        if (counted.people, counted.cases) != expected:
            wrong.append((narrow, wide, counted, expected))

    assert wrong == []


def test_the_preview_is_tried_on_one_person_and_case(desk: Desk, administrator: Account) -> None:
    case = desk.held_case()
    other = AccountFactory.create()
    asked = {"version": 1, "scope": "all", "permissions": ["view_cases"], "step": "try"}
    url = reverse("role-edit", args=[RoleCode.DETECTIVE])
    client = signed_in(administrator)

    said = words(client.post(url, asked | {"person": str(other.pk), "number": case.number}))
    WallFactory.create(case=case, account=other)
    walled = words(client.post(url, asked | {"person": str(other.pk), "number": case.number}))
    unknown = words(client.post(url, asked | {"person": str(other.pk), "number": "none"}))

    name = other.display_name
    assert f"{name} does not see {case.number} today, and would see it." in said
    assert f"{name} does not see {case.number} today, and would not see it." in walled
    assert "No case has this number." in unknown
    assert Role.objects.get(code=RoleCode.DETECTIVE).version == 1


# -- two people ---------------------------------------------------------------------------------


def test_a_dangerous_change_holds_when_a_second_person_has_looked(
    administrator: Account, captain: Account
) -> None:
    asked = wider(viewer_for(administrator))
    assert asked.state == RoleChangeState.WAITING
    assert Role.objects.get(code=RoleCode.DETECTIVE).scope == Scope.OWN
    say: dict[str, Any] = {"now": NOW, "change_id": asked.pk, "reason": WHY}

    with pytest.raises(Undecided):
        wider(viewer_for(administrator))
    with pytest.raises(NotPermitted):
        approve_role_change(viewer=viewer_for(administrator), **say)
    for role in (RoleCode.SERGEANT, RoleCode.AUDITOR):
        with pytest.raises(Hidden):
            approve_role_change(viewer=viewer_for(AccountFactory.create(role=role)), **say)
    with pytest.raises(NoReason):
        approve_role_change(viewer=viewer_for(captain), **say | {"reason": "ok"})
    approve_role_change(viewer=viewer_for(captain), **say)

    assert Role.objects.get(code=RoleCode.DETECTIVE).scope == Scope.ALL
    entry = Entry.objects.get(event=Event.ROLE_PERMISSIONS_CHANGED)
    assert entry.changes["scope"] == ["own", "all"]
    with pytest.raises(Hidden):
        approve_role_change(viewer=viewer_for(captain), **say)


def test_who_approves_raises_nobody_like_themselves(
    administrator: Account, captain: Account
) -> None:
    more = permissions_of(RoleCode.CAPTAIN) | {Permission.EDIT_POLICY}
    asked = change_role(
        viewer=viewer_for(administrator),
        now=NOW,
        code=RoleCode.CAPTAIN,
        version=1,
        scope=Scope.ALL,
        permissions=more,
        reason="Short of people.",
    )

    with pytest.raises(RaisesSelf):
        approve_role_change(viewer=viewer_for(captain), now=NOW, change_id=asked.pk, reason=WHY)
    refuse_role_change(viewer=viewer_for(captain), now=NOW, change_id=asked.pk, reason=WHY)

    asked.refresh_from_db()
    assert asked.state == RoleChangeState.REFUSED


def test_a_change_from_an_older_version_is_not_approved(
    administrator: Account, captain: Account
) -> None:
    asked = wider(viewer_for(administrator))
    Role.objects.filter(code=RoleCode.DETECTIVE).update(version=2)

    with pytest.raises(ChangedMeanwhile):
        approve_role_change(viewer=viewer_for(captain), now=NOW, change_id=asked.pk, reason=WHY)
    refuse_role_change(viewer=viewer_for(administrator), now=NOW, change_id=asked.pk, reason=WHY)

    asked.refresh_from_db()
    assert asked.state == RoleChangeState.WITHDRAWN


# -- history ------------------------------------------------------------------------------------


HIDDEN = re.compile(r'name="(version|scope|permissions)" value="(\w+)"')


def _scope() -> str:
    return Role.objects.get(code=RoleCode.DETECTIVE).scope


def test_one_click_leads_back_through_the_same_preview_and_guards(
    administrator: Account, captain: Account
) -> None:
    before = permissions_of(RoleCode.DETECTIVE)
    done = change(
        viewer_for(administrator),
        permissions=before - {Permission.REVEAL_IDENTITY} | {Permission.SEE_FIGURES},
        scope=Scope.GRANTED,
    )
    client = signed_in(administrator)
    url = reverse("role-edit", args=[RoleCode.DETECTIVE])

    told = words(client.get(reverse("role-history", args=[RoleCode.DETECTIVE])))
    preview = client.get(url, {"revert": str(done.pk)})
    filled = dict.fromkeys(HIDDEN.findall(preview.content.decode()))
    sent = {name: [value for key, value in filled if key == name] for name, _ in filled}
    answer = client.post(url, sent | {"step": "apply", "reason": "It failed."}, follow=True)

    assert "May no longer: reveal who a child is" in told
    assert "may from now on: reveal who a child is" in words(preview)
    assert "a second person has to approve it" in words(answer)
    waiting = RoleChange.objects.get(state=RoleChangeState.WAITING)
    assert client.get(url, {"revert": str(waiting.pk)}).status_code == 404
    assert client.get(url, {"revert": str(administrator.pk)}).status_code == 404
    approve_role_change(viewer=viewer_for(captain), now=NOW, change_id=waiting.pk, reason=WHY)
    assert (permissions_of(RoleCode.DETECTIVE), _scope()) == (before, Scope.OWN)


# -- the file -----------------------------------------------------------------------------------


def exported(client: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get(reverse("roles-file")).content)
    return found


def role_in(file: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in file["roles"] if one["code"] == code)
    return found


def upload(client: Any, file: Any, **more: Any) -> Any:
    text = file if isinstance(file, str) else json.dumps(file)
    body = SimpleUploadedFile("roles.json", text.encode(), "application/json")
    return client.post(reverse("roles-import"), {"file": body, **more})


def test_what_is_exported_changes_nothing_when_it_comes_back(administrator: Account) -> None:
    client = signed_in(administrator)

    said = words(upload(client, exported(client)))

    assert "Nothing: every role is so already." in said
    assert client.get(reverse("roles-file")).content == client.get(reverse("roles-file")).content


def test_a_file_changes_all_its_roles_or_none(administrator: Account) -> None:
    client = signed_in(administrator)
    file = exported(client)
    role_in(file, "records")["permissions"] = []
    role_in(file, "detective")["scope"] = "all"
    preview = upload(client, file)
    sent = {
        "text": preview.context["text"],
        "versions": preview.context["form"]["versions"].value(),
        "apply": "1",
        "reason": "As the county has it.",
    }

    Role.objects.filter(code=RoleCode.RECORDS).update(version=7)
    stale = client.post(reverse("roles-import"), sent)
    assert "A role was changed since you saw this." in words(stale)
    assert permissions_of(RoleCode.RECORDS)

    Role.objects.filter(code=RoleCode.RECORDS).update(version=1)
    done = words(client.post(reverse("roles-import"), sent, follow=True))
    assert "Records is changed." in done
    assert "Detective: dangerous, so a second person has to approve it." in done
    assert not permissions_of(RoleCode.RECORDS)
    assert Role.objects.get(code=RoleCode.DETECTIVE).scope == Scope.OWN


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda role: role.update(scope="all"), "This is your own role"),
        (lambda role: role["permissions"].remove("manage_roles"), "Nobody else could change roles"),
    ],
)
def test_a_file_raises_nobody_and_removes_no_last_administrator(
    administrator: Account, make: Any, sentence: str
) -> None:
    client = signed_in(administrator)
    file = exported(client)
    role_in(file, "records")["permissions"] = []
    make(role_in(file, "administrator"))
    preview = upload(client, file)

    refused = client.post(
        reverse("roles-import"),
        {
            "text": preview.context["text"],
            "versions": preview.context["form"]["versions"].value(),
            "apply": "1",
            "reason": "As the county has it.",
        },
    )

    assert refused.status_code == 422
    assert sentence in words(refused)
    assert permissions_of(RoleCode.RECORDS)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x", "The file is not JSON."),
        ("[]", "file must be a table"),
        ('{"format": "other"}', "file.format must be caseunit-roles"),
        ('{"format": "caseunit-roles", "schema": 2}', "file.schema must be 1"),
        ('{"format": "caseunit-roles", "schema": 1, "roles": []}', "at least one role"),
        ('{"schema": 1, "schema": 1}', "A key stands there twice."),
        ("[" * 100_000, "too large"),
        ("[" * 90_000, "not JSON"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    if text.startswith("[[") and len(text) == 100_000:
        text += "["
    with pytest.raises(BadRoleFile, match=sentence.replace("[", r"\[")):
        read_roles(text)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("scope", "galaxy", "is not one of"),
        ("permissions", ["fly"], "is not one of"),
        ("code", "nobody", "There is no role nobody here."),
        ("extra", 1, "is not a key"),
    ],
)
def test_a_file_with_what_the_unit_does_not_know_is_refused(
    administrator: Account, field: str, value: Any, sentence: str
) -> None:
    client = signed_in(administrator)
    file = exported(client)
    role_in(file, "records")[field] = value

    response = upload(client, file)

    assert response.status_code == 422
    assert sentence in words(response)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"state": "gone", "decided_at": NOW}, "role_change_state_known"),
        ({"scope_before": "gone"}, "role_change_scope_before_known"),
        ({"scope_after": "gone"}, "role_change_scope_after_known"),
        ({"reason": ""}, "role_change_has_reason"),
        ({"state": "applied", "decided_at": NOW}, "role_change_takes_two_people"),
        ({"state": "refused"}, "role_change_decided_dated"),
    ],
)
def test_the_database_keeps_changes_sound(fields: dict[str, Any], name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        RoleChangeFactory.create(**fields)


def test_one_change_of_a_role_waits_at_a_time() -> None:
    RoleChangeFactory.create()

    with pytest.raises(IntegrityError, match="role_change_waits_once"), transaction.atomic():
        RoleChangeFactory.create()
