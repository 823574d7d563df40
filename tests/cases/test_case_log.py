"""Who looked at a case, how did its fields come to be, and what do the saved questions find?"""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.events import Event, Outcome
from audit.models import Entry
from cases.enums import RoleCode
from cases.models import Account, Case
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    CaseFactory,
    EntryFactory,
    GrantFactory,
    OfficerFactory,
    VictimFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

SECOND = timedelta(seconds=1)


@pytest.fixture
def client() -> Client:
    return signed_in(AccountFactory.create(role=RoleCode.AUDITOR))


def asked(client: Client, **query: str) -> list[str]:
    """Who made the entries that the page shows."""
    response = client.get(reverse("audit"), query)
    assert response.status_code == 200
    return [row.actor for row in response.context["page"].rows]


def opened(account: Account, case: Case, at: datetime = NOW, **given: Any) -> Entry:
    return EntryFactory.create(
        **{
            "at": at,
            "event": Event.CASE_VIEWED,
            "subject_type": "case",
            "subject_id": str(case.pk),
            "actor_id": str(account.pk),
            "actor_label": account.username,
        }
        | given
    )


def test_a_supervisor_sees_who_looked_and_nothing_else(desk: Desk) -> None:
    case, other = desk.held_case(), CaseFactory.create()
    desk.as_detective.get(reverse("case-detail", args=[case.pk]))
    stranger = AccountFactory.create(role=RoleCode.DETECTIVE)
    signed_in(stranger).get(reverse("case-detail", args=[case.pk]))
    opened(stranger, case, event=Event.CASE_LISTED, subject_type="", subject_id="",
           details={"cases": [str(case.pk), str(other.pk)]})  # fmt: skip
    opened(stranger, case, event=Event.AUDIT_VIEWED, subject_type="", subject_id="",
           actor_label="who-audits", details={"case": str(case.pk)})  # fmt: skip

    response = desk.as_sergeant.get(reverse("case-looks", args=[case.pk]))

    said = words(response)
    seen = {one.who: one for one in response.context["page"].seen}
    assert seen[desk.detective.username].opened == 1
    assert (seen[stranger.username].listed, seen[stranger.username].refused) == (1, 1)
    assert other.number not in said
    assert "who-audits" not in said
    assert Entry.objects.filter(event=Event.CASE_VIEWED, details={"part": "looks"}).count() == 1
    assert desk.as_detective.get(reverse("case-looks", args=[case.pk])).status_code == 404


def test_an_auditor_sees_who_looked_and_of_the_case_its_number(client: Client, desk: Desk) -> None:
    case = desk.held_case()
    desk.as_detective.get(reverse("case-detail", args=[case.pk]))

    by_number = client.get(reverse("audit-looks"), {"case": case.number})
    by_id = client.get(reverse("audit-looks"), {"case": str(case.pk)})

    for response in (by_number, by_id):
        assert desk.detective.username in words(response)
        assert response.context["head"] is None
    (me,) = (one for one in by_id.context["page"].seen if one.asked)
    assert (me.asked, me.opened, me.listed) == (2, 0, 0)
    assert client.get(reverse("case-looks", args=[case.pk])).status_code == 404
    assert client.get(reverse("audit-looks"), {"case": "none"}).status_code == 404


def test_history_shows_each_version_and_who(desk: Desk) -> None:
    case = desk.held_case()
    second = OfficerFactory.create(squad=desk.squad)
    response = desk.as_sergeant.post(
        reverse("case-assign", args=[case.pk]), {"officer": str(second.pk), "reason": "Leave."}
    )
    assert response.status_code == 302

    page = desk.as_sergeant.get(reverse("case-history", args=[case.pk]))

    fields = {field.field: field for field in page.context["page"].fields}
    assert desk.detective.officer is not None
    assert [version.value for version in fields["Detective"].versions] == [
        desk.detective.officer.name,
        second.name,
    ]
    assert desk.sergeant.display_name in fields["Detective"].versions[1].who
    assert page.context["page"].unexplained == ()


def test_a_field_changed_past_the_services_is_named(desk: Desk) -> None:
    case = desk.held_case()
    second = OfficerFactory.create(squad=desk.squad)
    desk.as_sergeant.post(
        reverse("case-assign", args=[case.pk]), {"officer": str(second.pk), "reason": "Leave."}
    )
    Case.objects.filter(pk=case.pk).update(detective=desk.detective.officer)

    said = words(desk.as_sergeant.get(reverse("case-history", args=[case.pk])))

    assert "The log does not account for: Detective." in said


def test_cases_that_are_not_theirs(client: Client, desk: Desk) -> None:
    case = desk.held_case()
    captain = AccountFactory.create(role=RoleCode.CAPTAIN, username="the-captain")
    granted = AccountFactory.create(role=RoleCode.DETECTIVE, username="the-granted")
    GrantFactory.create(user=granted, content_object=case, granted_at=NOW - DAY)
    for account in (desk.detective, desk.sergeant, captain, granted):
        opened(account, case)
    held = case.assignments.get()
    opened(desk.detective, case, held.assigned_at - SECOND, details={"early": "yes"})

    assert sorted(asked(client, ask="others")) == sorted(
        ["the-captain", "the-granted", desk.detective.username]
    )
    assert "the-granted" not in asked(client, ask="ungranted")
    assert "the-captain" in asked(client, ask="ungranted")


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-03-11T11:59:59+00:00", True),
        ("2026-03-11T12:00:00+00:00", False),
        ("2026-03-10T23:59:59+00:00", False),
        ("2026-03-11T00:00:00+00:00", True),
        ("2026-03-07T18:00:00+00:00", True),
        ("2026-02-16T18:00:00+00:00", True),
    ],
)
def test_reveals_outside_working_hours(client: Client, at: str, found: bool) -> None:
    EntryFactory.create(at=at, event=Event.IDENTITY_REVEALED, actor_label="revealing")

    assert asked(client, ask="hours") == (["revealing"] if found else [])


@pytest.mark.parametrize(("times", "found"), [(4, 0), (5, 5)])
def test_many_denials(client: Client, times: int, found: int) -> None:
    midnight = datetime(2026, 3, 10, 5, tzinfo=UTC)
    EntryFactory.create(at=midnight - SECOND, outcome=Outcome.DENIED, actor_id="somebody")
    for number in range(times):
        at = midnight + number * SECOND
        EntryFactory.create(at=at, outcome=Outcome.DENIED, actor_id="somebody")

    assert len(asked(client, ask="denials")) == found


@pytest.mark.parametrize(("cases", "found"), [(39, 0), (40, 1)])
def test_large_lists_and_exports(client: Client, cases: int, found: int) -> None:
    EntryFactory.create(event=Event.CASE_LISTED, details={"cases": ["x"] * cases})
    EntryFactory.create(event=Event.IMPORT_COMMITTED, details={"cases": 1000})

    assert len(asked(client, ask="large")) == found


def test_what_is_about_a_victim_is_found_by_the_pseudonym(client: Client) -> None:
    victim = VictimFactory.create()
    EntryFactory.create(
        event=Event.IDENTITY_REVEALED, subject_type="victim", subject_id=str(victim.pk),
        actor_label="revealing",
    )  # fmt: skip

    assert asked(client, victim=victim.pseudonym.lower(), ask="reveals") == ["revealing"]
    assert asked(client, victim="V-XXXXX") == []
    refused = client.get(reverse("audit"), {"victim": "Quillfeather"})
    assert refused.status_code == 422


def test_an_export_is_whole_harmless_and_on_record(client: Client) -> None:
    for number in range(3):
        EntryFactory.create(event=Event.CASE_CLOSED, reason=f"=1+{number}")
    url = reverse("audit-export") + "?event=case_closed"

    table = b"".join(client.post(url, {"form": "csv"})).decode()
    lines = b"".join(client.post(url, {"form": "jsonl"})).decode().splitlines()

    rows = list(csv.DictReader(StringIO(table)))
    assert [row["reason"] for row in rows] == ["'=1+2", "'=1+1", "'=1+0"]
    assert [json.loads(line)["reason"] for line in lines] == ["=1+2", "=1+1", "=1+0"]
    told = Entry.objects.filter(event=Event.EXPORTED).order_by("pk").first()
    assert told is not None
    assert told.details == {
        "export": "audit", "format": "csv", "entries": 3, "asked": {"event": "case_closed"},
    }  # fmt: skip


@pytest.mark.parametrize(("most", "status"), [(2, 422), (3, 200)])
def test_an_export_beyond_its_limit_is_refused(
    client: Client, settings: Any, most: int, status: int
) -> None:
    settings.AUDIT_EXPORT_MOST = most
    EntryFactory.create_batch(3, event=Event.CASE_CLOSED)

    response = client.post(reverse("audit-export") + "?event=case_closed", {"form": "csv"})

    assert response.status_code == status
    assert client.get(reverse("audit-export")).status_code == 405


def test_an_accounts_activity_in_numbers(client: Client, desk: Desk) -> None:
    case = desk.held_case()
    opened(desk.detective, case)
    for session, event in (("before", Event.SIGNED_IN), ("one", Event.CASE_VIEWED)):
        opened(desk.detective, case, session=session, event=event)
    badge = desk.detective.officer.badge if desk.detective.officer else ""

    for name in (desk.detective.username, badge):
        response = client.get(reverse("audit-activity"), {"actor": name})
        assert "Case viewed" in words(response)
        assert "in 1 session" in words(response)
    assert "since=2026-02-09&amp;until=2026-03-11" in response.content.decode()
    assert "No such account." in words(client.get(reverse("audit-activity"), {"actor": "nobody"}))


def test_pages_keep_their_budget(client: Client, desk: Desk) -> None:
    case = desk.held_case()
    opened(desk.detective, case)
    pages = (
        (client, reverse("audit") + f"?case={case.number}&ask=others&victim=V-XXX&actor=x"),
        (client, reverse("audit") + f"?case={case.number}"),
        (client, reverse("audit-activity") + f"?actor={desk.detective.username}"),
        (client, reverse("audit-looks") + f"?case={case.number}"),
        (client, reverse("audit-week") + "?week=2026-03-02"),
        (client, reverse("audit-weeks")),
        (desk.as_sergeant, reverse("case-looks", args=[case.pk])),
        (desk.as_sergeant, reverse("case-history", args=[case.pk])),
    )
    over = {}
    EntryFactory.create(at=NOW - 8 * DAY)
    for reader, url in pages:
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(url).status_code == 200
        count = len([one for one in queries if "SAVEPOINT" not in one["sql"]])
        if count > MAX_QUERIES:
            over[url] = count

    assert over == {}
