"""Is a case asked for without learning whether it exists, and answered by whoever supervises it?"""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.access import find_case, viewer_for, visible_cases
from cases.enums import RoleCode
from cases.models import AccessRequest, Account, RequestState
from cases.selectors.policy import current_policy
from tests.cases.pages import Desk, signed_in, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccessRequestFactory,
    AccountFactory,
    CaseFactory,
    SquadFactory,
    WallFactory,
)
from tests.leaks import exact_sets

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

PAGE = reverse("access-requests")
REASON = "The same suspect as in a case of mine."
SECOND = timedelta(seconds=1)
WEEK = 7 * DAY
ANYTHING_NEW = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|T\d\d-\d{6}|[A-Za-z0-9]{64}")


def ask(client: Client, number: str, reason: str = REASON) -> Any:
    return client.post(PAGE, {"number": number, "reason": reason}, follow=True)


def decide(client: Client, request: AccessRequest, **given: str) -> Any:
    return client.post(reverse("access-decide", args=[request.pk]), given, follow=True)


def yes(client: Client, request: AccessRequest) -> Any:
    terms = {"yes-may": "view_case", "yes-purpose": "joint_work", "yes-until": "2026-03-20"}
    return decide(client, request, **terms)


def no(client: Client, request: AccessRequest, reason: str = "Another suspect.") -> Any:
    return decide(client, request, refuse="1", **{"no-reason": reason})


def on_desk(client: Client) -> set[UUID]:
    """What waits, as the dashboard and the page of requests both have it."""
    page = client.get(PAGE).context["page"].waiting
    assert client.get(reverse("dashboard")).context["desk"].requests == page
    return {one.request_id for one in page}


@pytest.fixture
def asker() -> Account:
    account: Account = AccountFactory.create(officer__squad=SquadFactory.create())
    return account


def _number(kind: str, asker: Account, desk: Desk) -> str:
    """A number to ask for: of a case that is hidden, walled, their own, or of none."""
    if kind == "none":
        return "T26-999999"
    held = {"detective": asker.officer} if kind == "own" else {}
    case = desk.held_case() if not held else CaseFactory.create(**held)
    if kind == "walled":
        WallFactory.create(case=case, account=asker)
    return str(case.number)


@pytest.mark.parametrize("role", [RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.PARTNER])
def test_asking_says_nothing_about_the_case(desk: Desk, role: str) -> None:
    """The same words, entries and statements, to the last of them."""
    current_policy()  # Read once by a process, whoever asks first.
    seen = {}
    for kind in ("hidden", "walled", "none", "own"):
        account = AccountFactory.create(role=role, display_name="Somebody")
        client, number = signed_in(account), _number(kind, account, desk)
        before = Entry.objects.latest("pk").pk if Entry.objects.exists() else 0
        with CaptureQueriesContext(connection) as asked:
            answer = ask(client, number)
        entries = Entry.objects.filter(pk__gt=before).order_by("pk")
        left = [
            (one.event, one.outcome, one.subject_type, one.reason, one.changes, one.details)
            for one in entries
        ]
        shape = [re.sub(r"'[^']*'|\d+", "?", one["sql"]) for one in asked]
        body = ANYTHING_NEW.sub("", answer.content.decode())
        seen[kind] = (answer.redirect_chain, body, left, shape)
        AccessRequest.objects.all().delete()

    assert seen["hidden"] == seen["walled"] == seen["none"] == seen["own"]
    assert [event for event, *_ in seen["none"][2]] == [
        Event.ACCESS_REQUESTED,
        Event.ACCESS_REQUESTS_VIEWED,
    ]


def test_what_is_no_number_or_no_reason_is_said(asker: Account) -> None:
    client = signed_in(asker)

    for number in ("Zephyrine2018", "Zephyrine", "T26 000123", "", "T2", "1" * 41):
        assert "Case number: " in words(ask(client, number))
    for reason in ("", "Because.", "\u200b" * 40, "aaaaaaaaaaaaaaaaaaaa"):
        assert "Why: " in words(ask(client, "T26-000123", reason))
    assert not AccessRequest.objects.exists()


def test_a_number_waits_once_and_not_too_many_wait(asker: Account) -> None:
    client = signed_in(asker)
    for number in range(10):
        ask(client, f"T26-00{number:04d}")

    assert "already; the request waits" in words(ask(client, "t26-000001"))
    assert "10 of your requests wait" in words(ask(client, "T26-000077"))
    assert AccessRequest.objects.count() == 10
    AccessRequest.objects.update(asked_at=NOW - WEEK, climbs_at=NOW, lapses_at=NOW)
    assert "on record" in words(ask(client, "T26-000001"))
    assert AccessRequest.objects.filter(state=RequestState.LAPSED).count() == 10


def test_the_supervisor_lets_the_asker_in_until_a_day(desk: Desk, asker: Account) -> None:
    case, client = desk.held_case(), signed_in(asker)
    ask(client, case.number.lower())
    request = AccessRequest.objects.get()

    exact_sets(on_desk(desk.as_sergeant), {request.pk})
    said = words(desk.as_sergeant.get(reverse("access-decide", args=[request.pk])))
    assert REASON in said
    assert asker.display_name in said
    assert "Access is given." in words(yes(desk.as_sergeant, request))

    assert find_case(viewer_for(asker), case.pk, NOW) == case
    assert f"{case.number.lower()} Approved until the end of 20 Mar 2026" in words(client.get(PAGE))
    exact_sets(on_desk(desk.as_sergeant), set())
    assert yes(desk.as_sergeant, request).status_code == 404
    approved = Entry.objects.get(event=Event.ACCESS_APPROVED)
    assert approved.subject_id == str(case.pk)
    assert approved.details == {"account": str(asker.pk), "request": str(request.pk)}


def test_an_approval_without_an_end_is_none(desk: Desk, asker: Account) -> None:
    request = AccessRequestFactory.create(account=asker, number=desk.held_case().number)

    answer = decide(desk.as_sergeant, request, **{"yes-may": "view_case", "yes-until": ""})

    assert answer.status_code == 422
    assert "every grant has an end" in words(answer)
    assert not visible_cases(viewer_for(asker), NOW).exists()


def test_a_refusal_has_a_reason_that_the_asker_reads(desk: Desk, asker: Account) -> None:
    case = desk.held_case()
    request = AccessRequestFactory.create(account=asker, number=case.number)

    assert no(desk.as_sergeant, request, " ").status_code == 422
    assert "The request is refused." in words(no(desk.as_sergeant, request))

    said = words(signed_in(asker).get(PAGE))
    assert f"{case.number} Refused" in said
    assert "Another suspect." in said
    assert not visible_cases(viewer_for(asker), NOW).exists()
    assert Entry.objects.get(event=Event.ACCESS_REFUSED).subject_id == str(case.pk)


def test_a_request_lies_on_one_desk(desk: Desk, asker: Account) -> None:
    captain = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))
    stranger = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=SquadFactory.create())
    fresh = NOW - DAY + SECOND
    case, nobodys = desk.held_case(), CaseFactory.create()
    new = AccessRequestFactory.create(account=asker, number=case.number, asked_at=fresh)
    old = AccessRequestFactory.create(number=case.number, asked_at=NOW - DAY)
    lone = AccessRequestFactory.create(number=nobodys.number, asked_at=fresh)
    gone = AccessRequestFactory.create(number=case.number, account__is_active=False)
    AccessRequestFactory.create(number="T26-999999")

    exact_sets(on_desk(desk.as_sergeant), {new.pk, old.pk})
    exact_sets(on_desk(captain), {old.pk, lone.pk})
    exact_sets(on_desk(signed_in(stranger)), set())
    assert "They ask you" not in words(desk.as_detective.get(PAGE))
    for request in (lone, gone):
        assert yes(desk.as_sergeant, request).status_code == 404
    assert yes(signed_in(stranger), new).status_code == 404
    assert yes(desk.as_detective, new).status_code == 404


def test_nobody_answers_their_own(desk: Desk) -> None:
    request = AccessRequestFactory.create(account=desk.sergeant, number=desk.held_case().number)

    exact_sets(on_desk(desk.as_sergeant), set())
    assert yes(desk.as_sergeant, request).status_code == 404


@pytest.mark.parametrize(
    ("age", "state"),
    [(WEEK - SECOND, "Waiting"), (WEEK, "Nobody answered"), (WEEK + SECOND, "Nobody answered")],
)
def test_a_request_that_nobody_answers_is_over(
    desk: Desk, asker: Account, age: timedelta, state: str
) -> None:
    case = desk.held_case()
    request = AccessRequestFactory.create(account=asker, number=case.number, asked_at=NOW - age)

    assert f"{case.number} {state}" in words(signed_in(asker).get(PAGE))
    exact_sets(on_desk(desk.as_sergeant), {request.pk} if state == "Waiting" else set())


@pytest.mark.parametrize("kind", ["approved", "refused", "waiting"])
def test_a_wall_leaves_of_a_request_what_its_asker_typed(
    desk: Desk, asker: Account, kind: str
) -> None:
    """Whether the wall was there before, or came after the answer."""
    case = desk.held_case()
    given = {"waiting": {}, "approved": {"approved": True}, "refused": {"refused": True}}[kind]
    decided = {"case": case} if given else {}
    request = AccessRequestFactory.create(
        account=asker, number=case.number, asked_at=NOW - HOUR, **given, **decided
    )
    of_none = AccessRequestFactory.create(account=asker, asked_at=NOW - HOUR)
    WallFactory.create(case=case, account=asker)

    page = signed_in(asker).get(PAGE)

    told = {one.number: one for one in page.context["page"].mine}
    ours, theirs = told[request.number], told[of_none.number]
    assert (ours.state, ours.tone, ours.case_id, ours.until, ours.answer, ours.decided_by) == (
        theirs.state, theirs.tone, None, None, "", ""
    )  # fmt: skip
    assert str(case.pk) not in page.content.decode()
    exact_sets(on_desk(desk.as_sergeant), set())
    assert yes(desk.as_sergeant, request).status_code == 404
