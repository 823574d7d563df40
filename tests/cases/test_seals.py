"""Is a broken seal reported, said in plain words, seen by administrators, and never shown?"""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from audit.events import Event, Outcome
from audit.models import Entry
from cases import shreds
from cases.enums import RoleCode
from cases.models import Draft
from cases.models.sealing import (
    StoreUnusable,
    generation_of,
    open_identity_of,
    seal_identity_on,
)
from tests import factories
from tests.cases.pages import Desk, signed_in, words

pytestmark = pytest.mark.django_db


def flip(data: bytes, at: int = -1) -> bytes:
    """The same with one bit changed."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def a_draft(desk: Desk) -> Draft:
    case = desk.held_case()
    payload = {"narrative": "Not to be shown."}
    return factories.DraftFactory.create(case=case, account=desk.detective, payload=payload)


def tamper(draft: Any, what: str) -> None:
    other: Any = factories.DraftFactory.create()
    changes = {
        "ciphertext": {"sealed": flip(bytes(draft.sealed))},
        "nonce": {"sealed": flip(bytes(draft.sealed), 0)},
        "wrapped key": {"wrapped_key": flip(bytes(draft.wrapped_key))},
        "another row's": {"sealed": bytes(other.sealed)},
        "another row's, key and all": {
            "sealed": bytes(other.sealed),
            "wrapped_key": bytes(other.wrapped_key),
        },
        "cut": {"sealed": bytes(draft.sealed)[:5]},
        "key cut": {"wrapped_key": bytes(draft.wrapped_key)[:-1]},
        "generation": {"wrapped_key": flip(bytes(draft.wrapped_key), 1)},
    }
    Draft.objects.filter(pk=draft.pk).update(**changes[what])


@pytest.mark.parametrize(
    "what",
    [
        "ciphertext",
        "nonce",
        "wrapped key",
        "another row's",
        "another row's, key and all",
        "cut",
        "key cut",
        "generation",
    ],
)
def test_what_was_tampered_with_is_reported_and_not_shown(what: str, desk: Desk) -> None:
    draft = a_draft(desk)
    tamper(draft, what)

    answer = desk.as_detective.get(reverse("response-log", args=[draft.case_id]))

    assert answer.status_code == 500
    assert "This record's seal is broken" in words(answer)
    assert "Not to be shown" not in answer.content.decode()
    entry = Entry.objects.get(event=Event.SEAL_BROKEN)
    assert entry.outcome == Outcome.FAILED
    assert entry.actor_id == str(desk.detective.pk)
    assert "Not to be shown" not in f"{entry.reason}{entry.details}"


def test_the_entry_names_table_and_row(desk: Desk) -> None:
    draft = a_draft(desk)
    tamper(draft, "ciphertext")

    desk.as_detective.get(reverse("response-log", args=[draft.case_id]))

    entry = Entry.objects.get(event=Event.SEAL_BROKEN)
    assert (entry.subject_type, entry.subject_id) == ("cases_draft", str(draft.pk))


def test_an_untouched_draft_opens(desk: Desk) -> None:
    draft = a_draft(desk)

    answer = desk.as_detective.get(reverse("response-log", args=[draft.case_id]))

    assert answer.status_code == 200
    assert "Not to be shown." in answer.content.decode()


def test_a_key_that_is_not_configured_is_said_as_such(desk: Desk, settings: Settings) -> None:
    draft = a_draft(desk)
    settings.SEAL_KEYS = [("k9", b"k" * 32)]

    answer = desk.as_detective.get(reverse("response-log", args=[draft.case_id]))

    assert "Sealed records can't be opened at the moment" in words(answer)
    assert Entry.objects.filter(event=Event.SEAL_BROKEN, outcome=Outcome.FAILED).count() == 1


def test_without_the_shred_store_nothing_opens_and_nothing_seals(
    settings: Settings, tmp_path: Path
) -> None:
    victim = factories.VictimFactory.create()
    settings.SHRED_STORE = tmp_path / "none"

    with pytest.raises(StoreUnusable):
        open_identity_of(victim)
    with pytest.raises(StoreUnusable):
        factories.VictimFactory.create()


def test_another_store_opens_nothing(settings: Settings, tmp_path: Path) -> None:
    victim = factories.VictimFactory.create()
    shreds.create(tmp_path / "another")
    settings.SHRED_STORE = tmp_path / "another"

    with pytest.raises(Exception, match="does not open in its place"):
        open_identity_of(victim)


@pytest.mark.parametrize("role", [RoleCode.ADMINISTRATOR, RoleCode.AUDITOR])
def test_whoever_looks_after_the_machine_sees_it(role: RoleCode, desk: Desk) -> None:
    draft = a_draft(desk)
    tamper(draft, "ciphertext")
    desk.as_detective.get(reverse("response-log", args=[draft.case_id]))
    client = signed_in(factories.AccountFactory.create(role=role))

    said = words(client.get(reverse("seals")))

    assert "1 time in 90 days, a sealed value did not open." in said
    assert f"cases_draft {draft.pk}" in said
    assert Entry.objects.filter(event=Event.SEALS_VIEWED).exists()


def test_the_page_says_which_keys_are_to_be_rotated_and_which_are_missing(
    settings: Settings,
) -> None:
    factories.VictimFactory.create()
    old = settings.SEAL_KEYS
    client = signed_in(factories.AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    assert "All are under the current key." in words(client.get(reverse("seals")))

    settings.SEAL_KEYS = [("k9", b"k" * 32), *old]
    waiting = words(client.get(reverse("seals")))
    settings.SEAL_KEYS = [("k9", b"k" * 32)]
    missing = words(client.get(reverse("seals")))

    assert "2 are not under the current key yet" in waiting
    assert "key missing: these don't open" in missing


@pytest.mark.parametrize("role", [RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.CAPTAIN])
def test_others_do_not_see_it(role: RoleCode) -> None:
    client = signed_in(factories.AccountFactory.create(role=role))

    assert client.get(reverse("seals")).status_code == 404


def test_correcting_an_identity_keeps_its_shred_key() -> None:
    """What was sealed before goes with it when the key is destroyed."""
    victim: Any = factories.VictimFactory.create()
    before, wrapped = generation_of(victim), bytes(victim.wrapped_key)

    seal_identity_on(victim, {"first_name": "Corrected"})

    assert bytes(victim.wrapped_key) != wrapped
    assert generation_of(victim) == before == 0
    assert open_identity_of(victim) == {"first_name": "Corrected"}
