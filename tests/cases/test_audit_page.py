"""Does an auditor find who did what, page by page, and nothing about a child?"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import MASK
from audit.selectors import PAGE_SIZE
from cases.enums import RoleCode
from cases.models import Account
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    NOW,
    AccountFactory,
    CaseFactory,
    EntryFactory,
    OfficerFactory,
    SquadFactory,
    VictimFactory,
)
from tests.leaks import Identity, Watch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

SECOND = timedelta(seconds=1)


@pytest.fixture
def auditor() -> Account:
    return AccountFactory.create(role=RoleCode.AUDITOR)


@pytest.fixture
def client(auditor: Account) -> Client:
    return signed_in(auditor)


def shown(client: Client, **query: str) -> Any:
    return client.get(reverse("audit"), query)


def entry(**given: Any) -> Entry:
    return EntryFactory.create(**({"at": NOW, "event": Event.CASE_VIEWED} | given))


def test_only_who_reads_the_audit_log_finds_it(desk: Desk) -> None:
    administrator = AccountFactory.create(role=RoleCode.ADMINISTRATOR)

    for other in (desk.as_sergeant, desk.as_detective, signed_in(administrator)):
        assert shown(other).status_code == 404


def test_looking_is_on_record_with_what_was_looked_for(client: Client, auditor: Account) -> None:
    shown(client, actor=auditor.username, outcome="denied")

    looked = Entry.objects.get(event=Event.AUDIT_VIEWED)
    assert looked.actor_id == str(auditor.pk)
    assert looked.details == {"asked": {"actor": auditor.username, "outcome": "denied"}}


def test_both_clocks_are_shown_and_who_what_and_why(client: Client) -> None:
    case = CaseFactory.create()
    entry(
        subject_type="case",
        subject_id=str(case.pk),
        event=Event.GRANT_GIVEN,
        actor_label="invented-sergeant",
        reason="Co-investigating.",
        changes={"until": [None, "2026-04-01"]},
    )

    said = words(shown(client))

    for part in (
        "11 Mar 2026 10:00",
        "2026-03-11 15:00:00 UTC",
        "Access granted",
        "invented-sergeant",
        case.number,
        "Co-investigating.",
        "Until: 2026-04-01",
    ):
        assert part in said


def test_it_narrows_by_each_field(client: Client, auditor: Account) -> None:
    case, other = CaseFactory.create(), CaseFactory.create()
    somebody = AccountFactory.create(username="invented-somebody")
    by_somebody = entry(actor_id=str(somebody.pk), actor_label="by-somebody")
    on_case = entry(subject_type="case", subject_id=str(case.pk), actor_label="on-case")
    listing = entry(details={"cases": [str(case.pk), str(other.pk)]}, actor_label="listing")
    denied = entry(outcome=Outcome.DENIED, actor_label="was-denied")
    closed = entry(event=Event.CASE_CLOSED, actor_label="has-closed")
    everybody = {one.actor_label for one in (by_somebody, on_case, listing, denied, closed)}

    def found(**query: str) -> set[str]:
        said = words(shown(client, **query))
        return {label for label in everybody if label in said}

    assert found() == everybody
    assert found(actor="Invented-SOMEBODY") == {"by-somebody"}
    assert found(case=case.number.lower()) == {"on-case", "listing"}
    assert found(case=other.number) == {"listing"}
    assert found(outcome="denied") == {"was-denied"}
    assert found(event="case_closed") == {"has-closed"}
    assert found(actor="nobody-of-that-name") == set()
    assert found(case="99-999999") == set()


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-03-02T05:59:59+00:00", False),
        ("2026-03-02T06:00:00+00:00", True),
        ("2026-03-04T05:59:59+00:00", True),
        ("2026-03-04T06:00:00+00:00", False),
    ],
)
def test_days_run_from_midnight_to_midnight_by_the_units_clock(
    client: Client, at: str, found: bool
) -> None:
    entry(at=at, actor_label="on-that-day")

    said = words(shown(client, since="2026-03-02", until="2026-03-03"))

    assert ("on-that-day" in said) is found


def test_what_the_system_does_is_found_by_its_own_name(client: Client) -> None:
    entry(actor_id="system:sweep", actor_label="system:sweep", event=Event.SWEEP_RAN)

    assert "Sweep ran 2026" not in words(shown(client, actor="system:import"))
    assert "system:sweep" in words(shown(client, actor="system:sweep"))
    assert "No entry fits." in words(shown(client, actor="system:import"))


def test_pages_follow_each_other_without_a_gap_or_a_repeat(client: Client) -> None:
    for number in range(PAGE_SIZE + 3):
        entry(at=NOW - number * SECOND, actor_label=f"n{number:03d}", event=Event.CASE_CLOSED)

    first = shown(client, event="case_closed")
    following = first.context["pages"]["next_url"]
    second = client.get(following)

    labels = [row.actor for page in (first, second) for row in page.context["page"].rows]
    assert labels == [f"n{number:03d}" for number in range(PAGE_SIZE + 3)]
    assert "event=case_closed" in following
    assert second.context["pages"]["next_url"] == ""
    assert second.context["pages"]["previous_url"].endswith("?event=case_closed")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "x"}, "From: give a day"),
        ({"since": "2026-03-03", "until": "2026-03-02"}, "this day lies before the first one"),
        ({"case": "Quillfeather"}, "Names are never searched for here."),
        ({"after": "x"}, "This page marker is damaged"),
        ({"event": "x"}, "Select a valid choice"),
        ({"until": "9999-12-31"}, "To: give a day"),
        ({"since": "0001-01-01"}, "From: give a day"),
    ],
)
def test_a_filter_that_makes_no_sense_says_why(
    client: Client, query: dict[str, str], sentence: str
) -> None:
    response = shown(client, **query)

    assert response.status_code == 422
    assert sentence in words(response)
    assert "No entry fits." not in words(response)


@pytest.mark.parametrize(
    "url",
    [
        "audit/activity/?actor=x&until=9999-12-31",
        "audit/activity/?actor=x&until=0001-01-20",
        "audit/activity/?actor=x&since=0001-01-01",
        "audit/looks/?case=%00",
        "audit/looks/?case=",
        "audit/looks/?case=26-1&after=x",
        "audit/week/?week=9999-12-31",
        "audit/week/?week=0001-01-01",
        "audit/week/?week=%00",
        f"audit/entries/{10**40}/",
    ],
)
def test_a_mangled_address_is_refused_and_breaks_nothing(client: Client, url: str) -> None:
    assert client.get(f"/{url}").status_code in {404, 422}


def test_a_filter_that_makes_no_sense_takes_nothing_out(client: Client) -> None:
    response = client.post(f"{reverse('audit-export')}?until=9999-12-31", {"form": "csv"})

    assert response.status_code == 422
    assert not Entry.objects.filter(event=Event.EXPORTED).exists()


def test_whom_and_what_an_entry_names_reads_in_the_units_words(client: Client) -> None:
    squad = SquadFactory.create(name="Invented squad")
    officer = OfficerFactory.create(name="Otis Invented", squad=squad)
    account = AccountFactory.create(username="o.invented", display_name="Otis at the desk")
    entry(
        event=Event.CASE_ASSIGNED,
        changes={
            "detective": ["", str(officer.pk)],
            "squad": [str(squad.pk), ""],
            "state": ["received", "assigned"],
            "acknowledged_at": ["", NOW.isoformat()],
            "identity": MASK,
        },
        details={"account": str(account.pk), "locked": True, "leaking": []},
        subject_type="account",
        subject_id=str(account.pk),
    )

    (row,) = (row for row in shown(client).context["page"].rows if row.changes)

    assert row.changes == (
        "Squad: Invented squad → not set",
        "State: Received → Assigned",
        "Detective: Otis Invented",
        "Acknowledged at: 11 Mar 2026 10:00",
        "Written, values not kept: Identity",
    )
    assert set(row.details) == {
        "Account: Otis at the desk (o.invented)",
        "Locked: yes",
        "Leaking: none",
    }
    assert row.subject == "account Otis at the desk (o.invented)"


def test_a_person_is_found_in_whatever_names_them(
    client: Client, desk: Desk, child: Identity
) -> None:
    case = desk.held_case()
    victim = VictimFactory.create(case=case, identity=child)
    entry(event=Event.VICTIM_ADDED, details={"victim": victim.pseudonym}, actor_label="who-added")
    entry(event=Event.VICTIM_ADDED, details={"victim": "V-0THER"}, actor_label="another")
    entry(
        event=Event.IDENTITY_REVEALED,
        subject_type="person",
        subject_id=str(victim.pk),
        actor_label="who-revealed",
    )
    desk.as_detective.get(reverse("person", args=[victim.pk]))

    rows = shown(client, victim=victim.pseudonym.lower()).context["page"].rows

    assert {row.actor for row in rows} == {"who-added", "who-revealed", desk.detective.username}
    assert {row.alias for row in rows} == {victim.pseudonym}


def test_a_name_that_somebody_looks_for_is_not_kept(client: Client, child: Identity) -> None:
    shown(client, case=child["last_name"])

    looked = Entry.objects.get(event=Event.AUDIT_VIEWED)
    assert looked.details == {"asked": {}}


def test_the_log_says_nothing_about_a_child(
    client: Client, desk: Desk, child: Identity, watch: Watch
) -> None:
    case = desk.held_case()
    VictimFactory.create(case=case, identity=child)
    desk.as_detective.get(reverse("case-detail", args=[case.pk]))

    response = shown(client, case=case.number)

    assert case.number in words(response)
    watch.nothing_leaked([child])
    watch.no_models_in_contexts(Entry)


def test_counts_named_cases_are_shown_as_counts(client: Client) -> None:
    entry(event=Event.IMPORT_COMMITTED, details={"cases": 168})

    assert "Cases: 168" in words(shown(client))


def test_many_cases_in_one_entry_are_not_all_spelled_out(client: Client) -> None:
    cases = CaseFactory.create_batch(8)
    entry(event=Event.CASE_LISTED, details={"cases": [str(case.pk) for case in cases]})

    assert "and 3 more" in words(shown(client))


def test_a_full_page_keeps_its_budget(client: Client) -> None:
    for case in CaseFactory.create_batch(PAGE_SIZE):
        entry(subject_type="case", subject_id=str(case.pk))
    shown(client)

    with CaptureQueriesContext(connection) as asked:
        shown(client, case=case.number, actor="x")

    assert len([one for one in asked if "SAVEPOINT" not in one["sql"]]) < MAX_QUERIES
