"""Is a link suggested when two cases share somebody, decided by a person, and no leak of either?"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import Hidden, NotPermitted, system_viewer, viewer_for
from cases.enums import Channel, LinkKind, LinkState, OffenseClass, PersonRole, RoleCode
from cases.models import Case, CaseLink
from cases.policy_default import DEFAULT_POLICY
from cases.services.cases import Intake, create_case
from cases.services.linking import NoReason, NotDecidable, decide_link, suggest_links
from cases.services.victims import PersonInput, add_person, add_victim
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    HOUR,
    NOW,
    AccountFactory,
    CaseFactory,
    CaseLinkFactory,
    GrantFactory,
    InvolvedPersonFactory,
    PolicyFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity, Watch, assert_nothing_leaks

pytestmark = pytest.mark.django_db

REASON = "Compared both reports; the same household."
SUSPECT = {"first_name": "Ombert", "last_name": "Vantrell"}


def elsewhere() -> Case:
    case: Case = CaseFactory.create(squad=SquadFactory.create())
    return case


def linked(one: Case, other: Case, **fields: Any) -> CaseLink:
    first, second = sorted((one, other), key=lambda case: case.pk)
    link: CaseLink = CaseLinkFactory.create(first=first, second=second, **fields)
    return link


def confirmed(one: Case, other: Case, desk: Desk) -> CaseLink:
    decided = {"decided_at": NOW, "decided_by": desk.sergeant, "reason": REASON}
    return linked(one, other, state=LinkState.CONFIRMED, **decided)


def decide(client: Client, link: CaseLink, decision: str = "confirmed", **given: str) -> Any:
    data = {"decision": decision, "reason": REASON, **given}
    return client.post(reverse("link-decide", args=[link.pk]), data)


def kinds() -> list[str]:
    return list(CaseLink.objects.values_list("kind", flat=True))


# -- what is suggested -------------------------------------------------------------------------


def test_a_child_on_a_second_case_suggests_a_link(desk: Desk, child: Identity) -> None:
    old = desk.held_case()
    VictimFactory.create(case=old, identity={**child, "address": "", "phone": ""})

    intake = Intake(
        channel=Channel.SCENE,
        received_at=NOW - HOUR,
        offense_class=OffenseClass.ABUSE,
        victims=(PersonInput(identity={**child, "address": ""}),),
        squad_id=desk.squad.pk,
    )
    new = create_case(viewer=viewer_for(desk.sergeant), now=NOW, intake=intake)

    link = CaseLink.objects.get()
    assert {link.first_id, link.second_id} == {old.pk, new.pk}
    assert (link.kind, link.state, link.sure) == ("victim", "suggested", "very likely")
    entry = Entry.objects.get(event=Event.LINK_SUGGESTED)
    assert_nothing_leaks([entry.details, link.pairs], [child])


def test_adding_people_suggests_links_by_suspect_and_by_address(desk: Desk) -> None:
    address = {"address": "4117 Invented Hollow Lane"}
    InvolvedPersonFactory.create(case=desk.held_case(), identity={**SUSPECT, **address})
    case, viewer = desk.held_case(), viewer_for(desk.sergeant)

    suspect = PersonInput(identity=SUSPECT, role=PersonRole.SUSPECT)
    add_person(viewer=viewer, now=NOW, case_id=case.pk, person=suspect)
    assert kinds() == [LinkKind.SUSPECT]
    home = PersonInput(identity={"first_name": "Thessaly", **address})
    add_victim(viewer=viewer, now=NOW, case_id=case.pk, person=home)

    assert sorted(kinds()) == [LinkKind.ADDRESS, LinkKind.SUSPECT]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Two children of one name who were born on different days.
        (("", {"birth_date": "2018-02-09"}), ("", {"birth_date": "2012-07-01"})),
        # A suspect here who is a witness there.
        (("suspect", {}), ("witness", {})),
        (("reporter", {}), ("reporter", {})),
        (("suspect", {}), ("", {})),
    ],
)
def test_what_does_not_tell_suggests_nothing(
    desk: Desk, one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]]
) -> None:
    for role, more in (one, other):
        made = {"role": role} if role else {}
        factory = InvolvedPersonFactory if role else VictimFactory
        factory.create(case=desk.held_case(), identity={**SUSPECT, **more}, **made)

    suggest_links(case_ids=Case.objects.values_list("pk", flat=True), now=NOW)

    assert kinds() == []


@pytest.mark.parametrize("role", ["reporter", "witness"])
def test_where_a_reporter_or_witness_lives_links_nothing(desk: Desk, role: str) -> None:
    address = {"address": "4117 Invented Hollow Lane"}
    VictimFactory.create(case=desk.held_case(), identity=address)
    InvolvedPersonFactory.create(case=desk.held_case(), role=role, identity=address)

    suggest_links(case_ids=Case.objects.values_list("pk", flat=True), now=NOW)

    assert kinds() == []


@pytest.mark.parametrize("common", [2, 5])
def test_a_name_that_many_cases_share_suggests_nothing(desk: Desk, common: int) -> None:
    body = DEFAULT_POLICY | {"finding": {"searches_in_an_hour": 60, "common_in_cases": common}}
    PolicyFactory.create(body=body)
    shared = [desk.held_case() for _ in range(common)]
    for case in shared:
        InvolvedPersonFactory.create(case=case, identity=SUSPECT)

    at_most = suggest_links(case_ids=[shared[0].pk], now=NOW)
    CaseLink.objects.all().delete()
    InvolvedPersonFactory.create(case=desk.held_case(), identity=SUSPECT)
    over = suggest_links(case_ids=[shared[0].pk], now=NOW)

    assert (at_most, over) == (common - 1, 0)


def test_people_of_one_case_link_it_to_nothing(desk: Desk) -> None:
    case = desk.held_case()
    for _ in range(2):
        InvolvedPersonFactory.create(case=case, identity=SUSPECT)

    assert suggest_links(case_ids=[case.pk], now=NOW) == 0


def test_what_somebody_decided_is_not_suggested_again(desk: Desk) -> None:
    one, other = desk.held_case(), desk.held_case()
    for case in (one, other):
        InvolvedPersonFactory.create(case=case, identity=SUSPECT)
    suggest_links(case_ids=[one.pk], now=NOW)
    decide(desk.as_sergeant, CaseLink.objects.get(), "dismissed")

    assert suggest_links(case_ids=[one.pk, other.pk], now=NOW) == 0
    assert CaseLink.objects.get().state == LinkState.DISMISSED


def test_whoever_dismisses_a_suggestion_is_told_where_that_is_changed(desk: Desk) -> None:
    """It is gone from the list, and by mistake is soon done."""
    one, other = desk.held_case(), desk.held_case()
    for case in (one, other):
        InvolvedPersonFactory.create(case=case, identity=SUSPECT)
    suggest_links(case_ids=[one.pk], now=NOW)
    decide(desk.as_sergeant, CaseLink.objects.get(), "dismissed", back="list")

    assert "On either case that can be changed." in words(desk.as_sergeant.get("/links/"))
    for case in (one, other):
        page = words(desk.as_sergeant.get(reverse("case-detail", args=[case.pk])))
        assert "Change that" in page


# -- who is shown it ---------------------------------------------------------------------------


def test_a_link_stands_on_both_cases_for_somebody_who_sees_both(desk: Desk) -> None:
    one, other = desk.held_case(), desk.held_case()
    pairs = [{"first": "V-AAAAA", "second": "V-BBBBB", "why": ["same name"]}]
    linked(one, other, pairs=pairs)

    for case, linked_case in ((one, other), (other, one)):
        said = words(desk.as_detective.get(reverse("case-detail", args=[case.pk])))
        assert "Linked cases" in said
        assert linked_case.number in said
        assert "V-AAAAA" in said


@pytest.mark.parametrize("state", ["suggested", "confirmed"])
def test_a_link_to_a_case_out_of_reach_leaves_no_trace(desk: Desk, state: str) -> None:
    mine, theirs = desk.held_case(), elsewhere()
    link = confirmed(mine, theirs, desk) if state == "confirmed" else linked(mine, theirs)
    captain = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))
    page = reverse("case-detail", args=[mine.pk])

    for client in (desk.as_detective, desk.as_sergeant):
        for response in (client.get(page), client.get(reverse("link-list"))):
            assert theirs.number not in response.content.decode()
            assert str(link.pk) not in response.content.decode()
            assert "Linked cases" not in words(response)
    assert theirs.number in captain.get(page).content.decode()


def test_a_link_to_a_walled_case_leaves_no_trace(desk: Desk) -> None:
    mine, walled = desk.held_case(), desk.held_case()
    link = linked(mine, walled)
    WallFactory.create(case=walled, account=desk.sergeant)

    response = desk.as_sergeant.get(reverse("case-detail", args=[mine.pk]))

    assert walled.number not in response.content.decode()
    assert decide(desk.as_sergeant, link).status_code == 404
    assert str(link.pk) not in desk.as_sergeant.get(reverse("link-list")).content.decode()
    assert str(link.pk) in desk.as_detective.get(reverse("link-list")).content.decode()


def test_what_nobody_below_may_see_waits_with_the_captain(desk: Desk) -> None:
    link = linked(desk.held_case(), elsewhere())
    captain = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))

    assert "No suggestion" in words(desk.as_sergeant.get(reverse("link-list")))
    assert link.first.number in words(captain.get(reverse("link-list")))
    entry = Entry.objects.filter(event=Event.LINKS_VIEWED).latest("pk")
    assert set(entry.details["cases"]) == {str(link.first_id), str(link.second_id)}


def test_the_list_takes_few_queries_however_many_links(desk: Desk) -> None:
    cases = [desk.held_case() for _ in range(8)]
    for case in cases[1:]:
        linked(cases[0], case)

    with CaptureQueriesContext(connection) as queries:
        desk.as_sergeant.get(reverse("link-list"))

    assert len(queries) <= MAX_QUERIES


# -- what is decided ---------------------------------------------------------------------------


def test_a_link_is_confirmed_undone_and_confirmed_again(desk: Desk) -> None:
    link = linked(desk.held_case(), desk.held_case())

    for decision in ("confirmed", "undone", "confirmed"):
        assert decide(desk.as_detective, link, decision).status_code == 302
        link.refresh_from_db()
        assert (link.state, link.reason, link.decided_by) == (decision, REASON, desk.detective)

    events = list(
        Entry.objects.filter(subject_type="link").order_by("pk").values_list("event", flat=True)
    )
    assert events == [Event.LINK_CONFIRMED, Event.LINK_UNDONE, Event.LINK_CONFIRMED]


def test_who_decides_from_the_list_comes_back_to_it(desk: Desk) -> None:
    link = linked(desk.held_case(), desk.held_case())

    refused = decide(desk.as_detective, link, back="list", reason="short")
    assert 'name="back" value="list"' in refused.content.decode()
    assert decide(desk.as_detective, link, back="list").url == reverse("link-list")
    assert "/cases/" in decide(desk.as_detective, link, "undone", back="https://x.example").url


@pytest.mark.parametrize("reason", ["", "short", "\u200b" * 40, "a" * 40, " . " * 20])
def test_a_decision_says_why_in_words_that_can_be_read(desk: Desk, reason: str) -> None:
    link = linked(desk.held_case(), desk.held_case())

    response = decide(desk.as_detective, link, reason=reason)

    assert response.status_code == 422
    assert CaseLink.objects.get().state == LinkState.SUGGESTED
    assert Entry.objects.filter(subject_type="link", outcome=Outcome.DENIED).exists()
    with pytest.raises(NoReason):
        decide_link(
            viewer=viewer_for(desk.detective),
            now=NOW,
            link_id=link.pk,
            decision=LinkState.CONFIRMED,
            reason=reason,
        )


@pytest.mark.parametrize("decision", ["", "suggested", "gone", "undone"])
def test_a_step_that_is_none_is_refused(desk: Desk, decision: str) -> None:
    link = linked(desk.held_case(), desk.held_case())

    assert decide(desk.as_detective, link, decision).status_code == 422
    assert CaseLink.objects.get().state == LinkState.SUGGESTED


def test_a_form_sent_twice_decides_once(desk: Desk) -> None:
    link = linked(desk.held_case(), desk.held_case())

    assert decide(desk.as_detective, link).status_code == 302
    again = decide(desk.as_detective, link)

    assert again.status_code == 422
    assert "Somebody has decided" in words(again)
    confirmed = Entry.objects.get(event=Event.LINK_CONFIRMED)
    refused = Entry.objects.get(event=Event.LINK_REFUSED)
    assert (confirmed.outcome, refused.outcome) == (Outcome.ALLOWED, Outcome.DENIED)
    assert refused.details["asked"] in LinkState.values


def test_a_link_is_only_posted(desk: Desk) -> None:
    link = linked(desk.held_case(), desk.held_case())

    response = desk.as_detective.get(
        reverse("link-decide", args=[link.pk]), {"decision": "confirmed", "reason": REASON}
    )

    assert response.status_code == 405
    assert CaseLink.objects.get().state == LinkState.SUGGESTED


@pytest.mark.parametrize("state", ["suggested", "confirmed"])
def test_somebody_who_sees_one_case_only_finds_no_link(desk: Desk, state: str) -> None:
    mine, theirs = desk.held_case(), elsewhere()
    link = confirmed(mine, theirs, desk) if state == "confirmed" else linked(mine, theirs)
    unknown = desk.as_detective.post(
        reverse("link-decide", args=[uuid4()]), {"decision": "confirmed", "reason": REASON}
    )

    response = decide(desk.as_detective, link, "undone" if state == "confirmed" else "confirmed")

    assert response.status_code == unknown.status_code == 404
    assert Entry.objects.filter(outcome=Outcome.DENIED).count() == 2
    with pytest.raises(Hidden):
        decide_link(
            viewer=viewer_for(desk.detective),
            now=NOW,
            link_id=link.pk,
            decision=LinkState.CONFIRMED,
            reason=REASON,
        )


def test_somebody_who_may_only_look_at_one_of_them_decides_nothing(desk: Desk) -> None:
    mine, theirs = desk.held_case(), elsewhere()
    grant = GrantFactory.create(user=desk.detective, content_object=theirs)
    link = linked(mine, theirs)

    assert decide(desk.as_detective, link).status_code == 403
    grant.expires_at = NOW - timedelta(seconds=1)
    grant.save()
    assert decide(desk.as_detective, link).status_code == 404
    assert CaseLink.objects.get().state == LinkState.SUGGESTED


@pytest.mark.parametrize(
    "role", [RoleCode.RECORDS, RoleCode.PARTNER, RoleCode.ADMINISTRATOR, RoleCode.AUDITOR]
)
def test_other_roles_have_no_part_in_links(desk: Desk, role: str) -> None:
    account = AccountFactory.create(role=role)
    one, other = desk.held_case(), desk.held_case()
    for case in (one, other):
        GrantFactory.create(user=account, content_object=case)
    link = linked(one, other)

    assert decide(signed_in(account), link).status_code == 404
    assert signed_in(account).get(reverse("link-list")).status_code == 404
    with pytest.raises((Hidden, NotPermitted)):
        decide_link(
            viewer=viewer_for(account),
            now=NOW,
            link_id=link.pk,
            decision=LinkState.CONFIRMED,
            reason=REASON,
        )


def test_the_system_suggests_but_decides_nothing(desk: Desk) -> None:
    link = linked(desk.held_case(), desk.held_case())

    with pytest.raises(NotDecidable):
        decide_link(
            viewer=system_viewer("test"),
            now=NOW,
            link_id=link.pk,
            decision=LinkState.CONFIRMED,
            reason=REASON,
        )


def test_no_page_about_links_says_who_it_is_about(
    desk: Desk, child: Identity, watch: Watch
) -> None:
    one, other = desk.held_case(), desk.held_case()
    for case in (one, other):
        VictimFactory.create(case=case, identity=child)
    suggest_links(case_ids=[one.pk], now=NOW)

    for url in (reverse("link-list"), reverse("case-detail", args=[one.pk])):
        assert_nothing_leaks(desk.as_sergeant.get(url), [child])
    for link in CaseLink.objects.all():
        assert_nothing_leaks(decide(desk.as_sergeant, link, reason=""), [child])

    watch.nothing_leaked([child])
    watch.no_models_in_contexts(Case, CaseLink)
