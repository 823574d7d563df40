"""Does a partner read the parts of a case that their discipline may, on any page, and no other?

Every part of a case carries a word of its own. What a partner finds of them, over every address of
the product, is held to what the rules say; by access with the database's policies gone, and by
the database with access's filter gone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse

from cases import access
from cases.access import PARTNERS_MAY
from cases.enums import (
    Discipline,
    FlagKind,
    LinkKind,
    Permission,
    PersonRole,
    ResponseKind,
    RoleCode,
    Scope,
)
from cases.models import Account, Case, InvolvedPerson, Response, RolePermission, Victim
from cases.policy_default import DEFAULT_POLICY, default_policy
from cases.row_security import GUARDED
from cases.rules.parts import Part
from cases.selectors import policy as rules
from cases.services.roles import NotForPartners, change_role
from tests import factories
from tests.architecture.test_urls import walk
from tests.cases.pages import Desk, signed_in, words
from tests.everywhere import NOTHING, OTHERS
from tests.factories import NOW
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db

READ_BY = default_policy().parts.read_by
MARK = re.compile(r"Zq[a-z]+qZ")
# One kind of response of each part that has any.
KINDS = {part: kind for kind, part in [*default_policy().parts.of_responses.items()][::-1]}.values()
# Who reported is of no part, and what the unit's rules don't place is read by no partner.
NOBODYS = ("reporter", "unplaced")


def mark(part: str) -> str:
    """Short enough for a pseudonym, and no word of any page."""
    return f"Zq{part[:8]}qZ"


def marks_of(read: frozenset[Part]) -> set[str]:
    return {mark(part) for part in read}


@pytest.fixture
def case(desk: Desk) -> Case:
    """A case on which every part says its word."""
    case = desk.held_case(missing=["evidence"], settled=3, required=7, reported=True)
    of_elements = {
        element["code"]: element.get("part", "") for element in DEFAULT_POLICY["elements"]
    }
    of_kinds = default_policy().parts.of_responses
    factories.VictimFactory.create(case=case, pseudonym=mark("people"))
    suspect = factories.InvolvedPersonFactory.create(case=case, pseudonym=mark("suspect"))
    for role, part in ((PersonRole.WITNESS, "people"), (PersonRole.CAREGIVER, "people"),
                       (PersonRole.REPORTER, "reporter")):  # fmt: skip
        factories.InvolvedPersonFactory.create(case=case, role=role, description=mark(part))
    for kind in KINDS:
        factories.ResponseFactory.create(
            case=case,
            kind=kind,
            narrative=mark(of_kinds[kind]),
            contacted=mark("people"),
            suspect=suspect,
            next_action=mark("progress"),
            next_action_due_on=date(2026, 4, 1),
            incomplete_reason=mark("supervision"),
            answers={code: mark(part or "reporter") for code, part in of_elements.items()}
            | {"of the unit's own": mark("unplaced")},
        )
    report = Response.objects.get(case=case, kind=ResponseKind.INITIAL_REPORT)
    factories.ReviewFactory.create(response=report, comments={"": mark("supervision")})
    factories.EvidenceFactory.create(case=case, description=mark("evidence"))
    factories.ReferralFactory.create(case=case, organization=mark("agencies"))
    factories.CaseStateChangeFactory.create(case=case, reason=mark("progress"))
    factories.FlagFactory.create(case=case, kind=FlagKind.COPIED_NARRATIVE)
    factories.ClockFactory.create(case=case, kind="sergeant_review")
    other = desk.held_case()
    first, second = sorted((case, other), key=lambda one: one.pk)
    for shared, part in ((LinkKind.SUSPECT, "suspect"), (LinkKind.VICTIM, "people")):
        factories.CaseLinkFactory.create(
            first=first, second=second, kind=shared,
            pairs=[{"first": mark(part), "second": mark(part), "why": []}],
        )  # fmt: skip
    return case


def partner_of(discipline: str, case: Case) -> Account:
    """With all that a role can give, and both cases shared to be worked on."""
    account: Account = factories.AccountFactory.create(partner=True, discipline=discipline)
    for permission in Permission:
        RolePermission.objects.get_or_create(role=account.role, permission=permission)
    for one in Case.objects.filter(squad=case.squad):
        factories.GrantFactory.create(user=account, content_object=one, works=True)
    return account


def addresses() -> Iterator[str]:
    """Every page that a partner's permissions can open, with every case, person and entry."""
    people = [*Victim.objects.values_list("pk"), *InvolvedPerson.objects.values_list("pk")]
    known: dict[str, list[UUID]] = {
        "case_id": list(Case.objects.filter(reported=True).values_list("pk", flat=True)),
        "response_id": list(Response.objects.values_list("pk", flat=True)),
        "person_id": [key for (key,) in people],
    }
    for _, pattern in walk(get_resolver()):
        rule = set(pattern.callback.access_rule)  # type: ignore[attr-defined]
        if rule & set(Permission) and not rule & PARTNERS_MAY:
            continue
        wanted = [*pattern.pattern.converters]
        varied = next((one for one in wanted if one in known), None)
        for key in known.get(varied or "", [NOTHING]):
            made = {one: OTHERS.get(one, NOTHING) for one in wanted}
            yield reverse(str(pattern.name), kwargs=made | ({varied: key} if varied else {}))


def everything_said(client: Client) -> str:
    said = []
    for address in (*addresses(), "/cases/?flag=copied_narrative", "/cases/?complete=0-100"):
        answer = client.get(address)
        assert answer.status_code < 500, address
        said.append(b"".join(answer) if answer.streaming else answer.content)
    return b"\n".join(said).decode("utf-8", "replace")


def access_alone(_: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        for table in sorted(GUARDED.keys() - {"cases_case"}):
            cursor.execute(f"DROP POLICY cases_part ON {table}")


def database_alone(patched: pytest.MonkeyPatch) -> None:
    """Taken out on purpose: access's filter of rows, not what is left out of columns."""
    patched.setattr(access.parts, "within", lambda rows, _: rows)
    for name in ("cards", "timeline"):
        patched.setattr(f"cases.selectors.{name}.within", lambda rows, _: rows)
    patched.setattr(access, "within", lambda rows, _: rows)


@pytest.mark.parametrize(
    ("held_by", "discipline"),
    [
        *((access_alone, discipline) for discipline in [*Discipline, ""]),
        (database_alone, Discipline.MEDICAL),
        (database_alone, Discipline.THERAPIST),
    ],
    ids=lambda one: getattr(one, "__name__", str(one) or "none"),
)
def test_a_partner_finds_what_their_discipline_reads_and_nothing_else_on_any_page(
    case: Case,
    discipline: str,
    held_by: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = signed_in(partner_of(discipline, case))
    held_by(monkeypatch)

    said = everything_said(client)

    read = READ_BY[Discipline(discipline)] if discipline else frozenset()
    exact_sets(set(MARK.findall(said)), marks_of(read))
    for word in ("Copied narrative", "Sergeant&#x27;s review", "3 of 7 settled", "Next clock"):
        assert word not in said
    assert case.number in said


def test_the_walk_finds_every_part_where_a_partner_reads_all(desk: Desk, case: Case) -> None:
    """And the unit reads what no partner does."""
    body = DEFAULT_POLICY["parts"] | {
        "read_by": DEFAULT_POLICY["parts"]["read_by"] | {"medical": [str(part) for part in Part]}
    }
    factories.PolicyFactory.create(body=DEFAULT_POLICY | {"parts": body})
    client = signed_in(partner_of(Discipline.MEDICAL, case))

    said = everything_said(client)

    exact_sets(set(MARK.findall(said)), marks_of(frozenset(Part)))
    assert "Copied narrative" in said
    of_the_unit = everything_said(desk.as_sergeant)
    exact_sets(set(MARK.findall(of_the_unit)), {*marks_of(frozenset(Part)), *map(mark, NOBODYS)})


@pytest.mark.parametrize("discipline", Discipline)
def test_the_page_says_what_is_shared_and_that_there_is_more(case: Case, discipline: str) -> None:
    said = words(
        signed_in(partner_of(discipline, case)).get(reverse("case-detail", args=[case.pk]))
    )

    shared, _, withheld = said.partition("Shared with your discipline:")[2].partition("Not shown:")
    for part in Part:
        told = shared if part in READ_BY[Discipline(discipline)] else withheld
        assert part.label.lower() in told


def test_the_unit_is_told_of_no_parts(desk: Desk, case: Case) -> None:
    said = words(desk.as_detective.get(reverse("case-detail", args=[case.pk])))

    assert "You read parts of this case" not in said
    assert "No part of this case" not in said


@pytest.mark.parametrize("discipline", [*Discipline, ""])
def test_what_is_not_read_is_not_revealed_either(case: Case, discipline: str) -> None:
    """By a form made up by hand: the page has none."""
    client = signed_in(partner_of(discipline, case))
    reporter = InvolvedPerson.objects.get(case=case, role=PersonRole.REPORTER)
    read = READ_BY[Discipline(discipline)] if discipline else frozenset()
    suspect = InvolvedPerson.objects.get(case=case, role=PersonRole.SUSPECT)
    asked = {"reason_code": "court", "reason": "The hearing is tomorrow morning."}
    hidden = [("person-reveal", reporter.pk)]
    if Part.SUSPECT not in read:
        hidden.append(("person-reveal", suspect.pk))
    hidden += [
        ("original-reveal", response.pk)
        for response in Response.objects.filter(case=case)
        if default_policy().parts.of_responses[ResponseKind(response.kind)] not in read
    ]

    answers = {client.post(reverse(name, args=[key]), asked).status_code for name, key in hidden}

    assert answers == {404}


def test_a_partner_does_nothing_that_takes_the_whole_case(case: Case) -> None:
    viewer = access.viewer_for(partner_of(Discipline.PROSECUTOR, case))

    may = {one for one in Permission if access.decide(viewer, case, one, NOW).allowed}

    assert may == PARTNERS_MAY == viewer.permissions


def test_the_partners_role_is_not_given_what_takes_the_whole_case() -> None:
    administrator = factories.AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    viewer = access.viewer_for(administrator)
    role = factories.AccountFactory.create(partner=True).role
    now_may = {Permission(cell.permission) for cell in role.permissions.all()}
    change = partial(
        change_role,
        viewer=viewer,
        now=NOW,
        code=role.code,
        version=role.version,
        scope=Scope(role.scope),
        reason="The prosecutor asked for it in writing.",
    )

    with pytest.raises(NotForPartners, match="log responses"):
        change(permissions={*now_may, Permission.LOG_RESPONSE})
    assert change(permissions={*now_may, Permission.REVEAL_IDENTITY})


def test_a_change_of_the_rules_holds_at_the_next_request(case: Case) -> None:
    client = signed_in(partner_of(Discipline.THERAPIST, case))
    page = reverse("case-detail", args=[case.pk])
    assert mark("medical") not in words(client.get(page))
    body = DEFAULT_POLICY["parts"] | {
        "read_by": DEFAULT_POLICY["parts"]["read_by"] | {"therapist": ["medical"]}
    }

    factories.PolicyFactory.create(body=DEFAULT_POLICY | {"parts": body})

    said = words(client.get(page))
    assert mark("medical") in said
    assert mark("report") not in said


def test_who_reads_what_is_by_the_rules_in_force() -> None:
    viewer = access.viewer_for(factories.AccountFactory.create(partner=True))
    assert rules.reading_of(viewer).parts == READ_BY[Discipline.ADVOCACY_CENTER]
    assert not rules.reading_of(replace(viewer, discipline="unheard of")).parts
    assert rules.reading_of(replace(viewer, discipline="", role_code="detective")).whole


def test_whoever_let_a_partner_in_is_told_what_they_read(desk: Desk, case: Case) -> None:
    account = partner_of(Discipline.THERAPIST, case)

    def told(about: Account) -> str:
        return words(
            desk.as_sergeant.get(reverse("why", args=[case.pk]), {"account": str(about.pk)})
        )

    assert (
        "By their discipline: what was reported; the child, the household and witnesses; what the "
        "child said, and interviews. Never who reported."
    ) in told(account)
    assert "What they read of it" not in told(desk.detective)


def test_a_refused_reveal_says_which_rule_refused_it(desk: Desk, case: Case) -> None:
    captain = factories.AccountFactory.create(role=RoleCode.CAPTAIN)
    partner = partner_of(Discipline.THERAPIST, case)
    parts, own = access.revealing.PARTS_READ, access.revealing.OWN_CASE_ONLY

    def steps(account: Account, *, is_read: bool, tells: bool) -> dict[str, str]:
        decision = access.decide_reveal(
            access.viewer_for(account), case, NOW, is_read=is_read, tells_who_reported=tells
        )
        said = {step.rule: step.outcome for step in decision.steps}
        assert decision.allowed is ("denied" not in said.values())
        return {rule: said[rule] for rule in (parts, own)}

    assert steps(desk.detective, is_read=True, tells=True) == {
        parts: "not applicable",
        own: "granted",
    }
    assert steps(captain, is_read=True, tells=True) == {parts: "not applicable", own: "denied"}
    assert steps(partner, is_read=False, tells=False) == {parts: "denied", own: "not applicable"}
    assert steps(partner, is_read=True, tells=False) == {parts: "granted", own: "not applicable"}
