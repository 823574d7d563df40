"""Does one entry's page say what it holds, and whether its seal still fits?"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.events import Event, Outcome
from audit.models import Entry
from audit.sealing import seal
from cases.enums import RoleCode
from tests.audit.sealing_log import as_owner, entries
from tests.cases.pages import signed_in, words
from tests.factories import NOW, AccountFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


@pytest.fixture
def client() -> Client:
    return signed_in(AccountFactory.create(role=RoleCode.AUDITOR))


@pytest.fixture
def entry() -> Entry:
    return entries(5, NOW)[2]


def shown(client: Client, number: int) -> Any:
    return client.get(reverse("audit-entry", args=[number]))


def test_it_is_reached_from_the_list_and_waits_for_its_seal(client: Client, entry: Entry) -> None:
    assert reverse("audit-entry", args=[entry.pk]) in client.get(reverse("audit")).content.decode()

    said = words(shown(client, entry.pk))

    assert "waits It waits for its seal" in said
    assert entry.reason in said
    assert "2026-03-11 15:00:00.000000 UTC" in said
    looked = Entry.objects.filter(event=Event.AUDIT_VIEWED).latest("id")
    assert looked.details == {"part": "entry", "entry": entry.pk}


def test_a_sealed_one_leads_to_the_root(client: Client, entry: Entry) -> None:
    seal(now=NOW)

    seal_of_it = shown(client, entry.pk).context["page"].seal

    assert (seal_of_it.problem, seal_of_it.sealed_at) == ("", NOW)
    assert seal_of_it.place is not None


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE audit_entry SET reason = 'Other.' WHERE id = %s", "not what was sealed"),
        (
            "UPDATE audit_leaf SET hash = '\\x00'::bytea || substr(hash, 2) WHERE entry_id < %s",
            "does not lead to the root",
        ),
        ("DELETE FROM audit_leaf WHERE entry_id = %s", "was never sealed"),
        ("DELETE FROM audit_checkpoint WHERE %s > 0", "no checkpoint stands over its leaf"),
    ],
)
def test_what_was_done_to_it_is_said(
    client: Client, entry: Entry, statement: str, sentence: str
) -> None:
    seal(now=NOW)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement, [entry.pk])

    assert sentence in words(shown(client, entry.pk))


def test_nobody_else_opens_it_and_the_attempt_is_on_record(entry: Entry) -> None:
    sergeant = signed_in(AccountFactory.create(role=RoleCode.SERGEANT))

    assert shown(sergeant, entry.pk).status_code == 404

    refused = Entry.objects.latest("id")
    assert (refused.event, refused.outcome) == (Event.ACCESS_DENIED, Outcome.DENIED)


def test_an_entry_that_is_not_there_is_not_found(client: Client) -> None:
    assert shown(client, 10**12).status_code == 404
