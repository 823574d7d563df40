"""Is an expunged identity gone, in the database, in its backups, and only by two people's hands?"""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from audit.context import acting_as
from audit.events import Event, Outcome
from audit.models import Entry
from cases import seal, shreds
from cases.access import Hidden, NotPermitted, viewer_for
from cases.enums import ExpungeState, RoleCode
from cases.models import Account, BlindToken, Case, Draft, Expunge, Victim
from cases.models.sealing import Expunged, case_key, key_of, open_identity_of, open_text
from cases.policy_default import DEFAULT_POLICY
from cases.rules.leaks import Identity
from cases.services.expunging import (
    BadExpunge,
    Confirmation,
    ExpungeInput,
    confirm_expunge,
    finish_expunges,
    request_expunge,
    withdraw_expunge,
)
from caseunit.embedded.postgres import _wheel_binaries
from tests import factories
from tests.cases.pages import signed_in, words
from tests.factories.base import NOW, PASSWORD

ORDER = "26CV-001234 div. 7"
REASON = "Expungement was ordered after the appeal."
HOURS_72 = timedelta(hours=72)
TICK = timedelta(seconds=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Path:
    """A store of its own: what is destroyed here is destroyed for nobody else."""
    path = tmp_path / "shred.keys"
    shreds.create(path)
    settings.SHRED_STORE = path
    return path


@pytest.fixture
def captains(store: Path) -> tuple[Account, Account]:
    asks, confirms = (factories.AccountFactory.create(role=RoleCode.CAPTAIN) for _ in range(2))
    for account in (asks, confirms):
        account.set_password(PASSWORD)
        account.save()
    return asks, confirms


@pytest.fixture
def victim(store: Path, child: Identity) -> Victim:
    case = factories.CaseFactory.create()
    made: Victim = factories.VictimFactory.create(case=case, identity=dict(child))
    return made


def ask(account: Account, victim: Victim, **changes: Any) -> Expunge:
    fields = {"pseudonym": victim.pseudonym, "court_order": ORDER, "reason": REASON, **changes}
    return request_expunge(
        viewer=viewer_for(account), now=NOW, case_id=victim.case_id, asked=ExpungeInput(**fields)
    )


def confirm(account: Account, request: Expunge, *, now: Any = NOW, **changes: Any) -> None:
    given = {"court_order": ORDER, "reason": REASON, "password": PASSWORD, **changes}
    confirm_expunge(
        viewer=viewer_for(account), now=now, expunge_id=request.pk, given=Confirmation(**given)
    )


def expunge(captains: tuple[Account, Account], victim: Victim) -> Expunge:
    request = ask(captains[0], victim)
    confirm(captains[1], request)
    finish_expunges(now=NOW)
    request.refresh_from_db()
    return request


def refusals() -> list[str]:
    return [
        entry.reason
        for entry in Entry.objects.filter(event=Event.ACCESS_DENIED).order_by("pk")
        if entry.outcome == Outcome.DENIED
    ]


# -- what goes and what stays -----------------------------------------------------------------


def test_the_identity_goes_and_the_case_stays(
    captains: tuple[Account, Account], victim: Victim
) -> None:
    other = factories.VictimFactory.create(case=victim.case)
    known = open_identity_of(other)
    request = expunge(captains, victim)

    victim.refresh_from_db()
    assert (victim.sealed, victim.wrapped_key, victim.key_id) == (None, None, "")
    assert open_identity_of(victim) == {}
    with pytest.raises(Expunged):
        key_of(victim)
    assert not BlindToken.objects.filter(victim=victim).exists()
    assert BlindToken.objects.filter(victim=other).exists()
    assert open_identity_of(other) == known
    assert Case.objects.filter(pk=victim.case_id).exists()
    assert (request.state, request.leaves, request.shredded_at) == (ExpungeState.DONE, [], NOW)


def test_the_persons_page_says_that_a_court_had_it_expunged(
    captains: tuple[Account, Account], victim: Victim
) -> None:
    reader = signed_in(captains[0])
    assert "Expunged" not in words(reader.get(reverse("person", args=[victim.pk])))

    expunge(captains, victim)

    assert "A court had this identity expunged." in words(
        reader.get(reverse("person", args=[victim.pk]))
    )


def test_nothing_is_left_to_correct(captains: tuple[Account, Account], victim: Victim) -> None:
    client, page = signed_in(captains[0]), reverse("person", args=[victim.pk])
    link = reverse("person-correct", args=[victim.case_id, victim.pk])
    assert link in client.get(page).content.decode()

    expunge(captains, victim)

    assert link not in client.get(page).content.decode()


def test_originals_drafts_and_the_upload_go_and_redacted_texts_stay(
    captains: tuple[Account, Account], victim: Victim, child: Identity
) -> None:
    case = victim.case
    run = factories.ImportRunFactory.create(state="done")
    case.import_run = run
    case.save()
    told = f"{child['first_name']} {child['last_name']} was seen."
    response = factories.ResponseFactory.create(case=case, initial_report=True, narrative=told)
    factories.DraftFactory.create(case=case)
    old_key, sealed = case_key(case), bytes(response.sealed_narrative or b"")

    expunge(captains, victim)

    response.refresh_from_db()
    case.refresh_from_db()
    run.refresh_from_db()
    assert response.sealed_narrative is None
    assert child["last_name"] not in response.narrative
    assert "was seen." in response.narrative
    assert not Draft.objects.filter(case=case).exists()
    assert run.wrapped_key is None
    assert case_key(case) != old_key
    with pytest.raises(seal.Tampered):
        open_text(case_key(case), response.pk, "response.narrative", sealed)


def test_every_step_is_on_record_and_none_says_who(
    captains: tuple[Account, Account], victim: Victim, child: Identity
) -> None:
    request = expunge(captains, victim)

    steps = [Event.EXPUNGE_REQUESTED, Event.IDENTITY_EXPUNGED, Event.IDENTITY_SHREDDED]
    entries = Entry.objects.filter(event__in=steps).order_by("pk")
    assert [entry.event for entry in entries] == steps
    for entry in entries:
        assert entry.details["pseudonym"] == victim.pseudonym
        assert entry.details["court_order"] == ORDER
        assert entry.details["expunge"] == str(request.pk)
        assert not [value for value in child.values() if value in f"{entry.details}{entry.reason}"]


# -- gone from backups ------------------------------------------------------------------------


def test_a_copy_of_the_row_put_back_afterwards_does_not_open(
    captains: tuple[Account, Account], victim: Victim, store: Path
) -> None:
    copy = Victim.objects.filter(pk=victim.pk).values("key_id", "wrapped_key", "sealed").get()
    store_before = store.read_bytes()
    expunge(captains, victim)

    Victim.objects.filter(pk=victim.pk).update(**copy)

    victim.refresh_from_db()
    with pytest.raises(Expunged):
        open_identity_of(victim)
    assert store.read_bytes() != store_before


@pytest.mark.django_db(transaction=True)
def test_a_dump_restored_after_the_expunge_does_not_open(
    captains: tuple[Account, Account], victim: Victim, child: Identity, tmp_path: Path
) -> None:
    """With every sealing key still there: only the shred keys are missing, and it is enough."""
    other = factories.VictimFactory.create(case=victim.case)
    known = open_identity_of(other)
    told = f"{child['first_name']} was seen."
    response = factories.ResponseFactory.create(case=victim.case, narrative=told)
    program("pg_dump", "--format=custom", f"--file={tmp_path / 'backup'}", f"--dbname={url()}")

    expunge(captains, victim)

    with restored(tmp_path / "backup") as look_up:
        back = Victim(pk=victim.pk, **look_up("cases_victim", victim.pk, SEALED))
        case = Case(pk=victim.case_id, **look_up("cases_case", victim.case_id, SEALED[:2]))
        original = look_up("cases_response", response.pk, ("sealed_narrative",))
        beside = Victim(pk=other.pk, **look_up("cases_victim", other.pk, SEALED))
    assert back.sealed
    assert back.wrapped_key
    assert bytes(original["sealed_narrative"]) == bytes(response.sealed_narrative or b"")
    with pytest.raises(Expunged):
        open_identity_of(back)
    with pytest.raises(Expunged):
        case_key(case)
    assert open_identity_of(beside) == known


SEALED = ("key_id", "wrapped_key", "sealed")
PARTS = (
    "--section=pre-data",
    "--section=data",
    *(f"--table=cases_{name}" for name in ("case", "response", "victim")),
)


def url(name: str = "") -> str:
    base = urlsplit(os.environ["CASEUNIT_OWNER_DATABASE_URL"])
    return base._replace(path=f"/{name or connection.settings_dict['NAME']}").geturl()


def program(name: str, *arguments: str) -> None:
    path = Path(os.environ.get("CASEUNIT_POSTGRES_BIN") or _wheel_binaries()) / name
    subprocess.run([path, *arguments], check=True, capture_output=True)


@contextmanager
def restored(dump: Path) -> Iterator[Callable[[str, object, tuple[str, ...]], dict[str, Any]]]:
    """The dump in a database of its own; the function reads one row of it."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        program("pg_restore", "--no-owner", *PARTS, f"--dbname={url(name)}", str(dump))
        with closing(psycopg2.connect(url(name))) as beside, beside.cursor() as rows:

            def look_up(table: str, key: object, columns: tuple[str, ...]) -> dict[str, Any]:
                rows.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE id = %s", [str(key)])
                row = rows.fetchone()
                assert row is not None
                return dict(zip(columns, row, strict=True))

            yield look_up
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")


def test_a_crash_before_the_keys_are_destroyed_is_finished_later(
    captains: tuple[Account, Account], victim: Victim, store: Path
) -> None:
    copy = Victim.objects.filter(pk=victim.pk).values("key_id", "wrapped_key", "sealed").get()
    request = ask(captains[0], victim)
    confirm(captains[1], request)
    before = store.read_bytes()
    request.refresh_from_db()
    assert request.state == ExpungeState.CONFIRMED
    assert len(request.leaves) == 2

    assert finish_expunges(now=NOW) == 1

    assert finish_expunges(now=NOW) == 0
    assert store.read_bytes() != before
    Victim.objects.filter(pk=victim.pk).update(**copy)
    with pytest.raises(Expunged):
        open_identity_of(Victim.objects.get(pk=victim.pk))


def test_a_store_that_cannot_be_written_leaves_it_unfinished_and_said(
    captains: tuple[Account, Account], victim: Victim, store: Path
) -> None:
    request = ask(captains[0], victim)
    confirm(captains[1], request)
    kept = store.read_bytes()
    store.write_bytes(b"{}")

    with pytest.raises(shreds.ShredStoreError):
        finish_expunges(now=NOW)

    request.refresh_from_db()
    assert request.state == ExpungeState.CONFIRMED
    store.write_bytes(kept)
    assert finish_expunges(now=NOW) == 1


def test_confirming_destroys_the_keys_when_it_is_committed(
    captains: tuple[Account, Account],
    victim: Victim,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    request = ask(captains[0], victim)

    with django_capture_on_commit_callbacks(execute=True):
        confirm(captains[1], request)

    request.refresh_from_db()
    assert request.state == ExpungeState.DONE


# -- two people, an order, a reason -----------------------------------------------------------


@pytest.mark.unbound
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": "ordered"}, "a reason that a reader can follow"),
        ({"reason": "\u200b" * 40}, "a reason that a reader can follow"),
        ({"court_order": "26CV-9"}, "not the one asked with"),
        ({"password": "something else"}, "not your password"),
        ({"now": NOW + HOURS_72 + TICK}, "older than 72 hours"),
    ],
)
def test_what_is_missing_is_refused_and_on_record(
    changes: dict[str, Any], sentence: str, captains: tuple[Account, Account], victim: Victim
) -> None:
    with acting_as(str(captains[0].pk), "asks"):
        request = ask(captains[0], victim)

    with acting_as(str(captains[1].pk), "confirms"), pytest.raises(BadExpunge, match=sentence):
        confirm(captains[1], request, **changes)

    assert len(refusals()) == 1
    assert sentence in refusals()[0]
    victim.refresh_from_db()
    assert open_identity_of(victim) != {}


@pytest.mark.parametrize("after", [HOURS_72 - TICK, HOURS_72])
def test_it_may_be_confirmed_up_to_the_72nd_hour(
    after: timedelta, captains: tuple[Account, Account], victim: Victim
) -> None:
    request = ask(captains[0], victim)

    confirm(captains[1], request, now=NOW + after)

    victim.refresh_from_db()
    assert victim.wrapped_key is None


@pytest.mark.parametrize(("late", "done"), [(timedelta(0), True), (TICK, False)])
def test_a_unit_says_how_long_a_request_waits(
    late: timedelta, done: bool, captains: tuple[Account, Account], victim: Victim
) -> None:
    expunging = {"request_stands": {"days": 1}}
    factories.PolicyFactory.create(body=DEFAULT_POLICY | {"expunging": expunging})
    request = ask(captains[0], victim)
    page = signed_in(captains[0]).get(reverse("expunge-request", args=[victim.case_id]))
    at = NOW + timedelta(days=1) + late

    with nullcontext() if done else pytest.raises(BadExpunge, match="older than 1 day"):
        confirm(captains[1], request, now=at)

    victim.refresh_from_db()
    assert (victim.wrapped_key is None) is done
    assert "within 1 day. Nothing is deleted before" in words(page)


@pytest.mark.unbound
def test_nobody_confirms_their_own_request(
    captains: tuple[Account, Account], victim: Victim
) -> None:
    with acting_as(str(captains[0].pk), "asks"):
        request = ask(captains[0], victim)
        with pytest.raises(BadExpunge, match="Somebody other than who asked"):
            confirm(captains[0], request)

    assert refusals() == ["Expunge: Somebody other than who asked has to confirm."]


def test_a_second_confirmation_changes_nothing(
    captains: tuple[Account, Account], victim: Victim, store: Path
) -> None:
    request = expunge(captains, victim)
    before = store.read_bytes()

    with pytest.raises(BadExpunge, match="does not wait any more"):
        confirm(captains[1], request)

    assert store.read_bytes() == before


def test_a_withdrawn_request_can_be_made_again_but_not_confirmed(
    captains: tuple[Account, Account], victim: Victim
) -> None:
    request = ask(captains[0], victim)
    with pytest.raises(BadExpunge, match="already asked for"):
        ask(captains[1], victim)
    withdraw_expunge(
        viewer=viewer_for(captains[1]), now=NOW, expunge_id=request.pk, reason="Order was vacated."
    )

    with pytest.raises(BadExpunge, match="does not wait any more"):
        confirm(captains[1], request)

    assert ask(captains[0], victim).state == ExpungeState.REQUESTED


@pytest.mark.parametrize("order", ["", "   ", "\u200b\u200b", "-- --", "1", "x" * 81])
def test_an_order_without_a_reference_is_refused(
    order: str, captains: tuple[Account, Account], victim: Victim
) -> None:
    with pytest.raises(BadExpunge, match="court order's reference"):
        ask(captains[0], victim, court_order=order)


def test_a_name_typed_into_the_reason_is_not_kept(
    captains: tuple[Account, Account], victim: Victim, child: Identity
) -> None:
    request = ask(captains[0], victim, reason=f"{child['first_name']} asked, the court ordered it.")

    assert child["first_name"] not in request.reason
    assert victim.pseudonym in request.reason


def test_an_order_that_names_a_party_is_kept_without_the_name_and_can_be_confirmed(
    captains: tuple[Account, Account], victim: Victim, child: Identity
) -> None:
    order = f"In re {child['last_name']}, 26CV-77"

    request = ask(captains[0], victim, court_order=order)
    confirm(captains[1], request, court_order=order)

    request.refresh_from_db()
    assert child["last_name"] not in request.court_order
    assert request.state != ExpungeState.REQUESTED


@pytest.mark.parametrize("role", [RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.RECORDS])
def test_other_roles_may_not_ask(role: RoleCode, victim: Victim) -> None:
    account = factories.AccountFactory.create(role=role)
    factories.GrantFactory.create(user=account, content_object=victim.case)

    with pytest.raises((NotPermitted, Hidden)):
        ask(account, victim)


def test_a_captain_behind_a_wall_may_neither_ask_nor_confirm(
    captains: tuple[Account, Account], victim: Victim
) -> None:
    request = ask(captains[0], victim)
    factories.WallFactory.create(case=victim.case, account=captains[1], set_by=captains[0])

    with pytest.raises(Hidden):
        ask(captains[1], victim)
    with pytest.raises(Hidden):
        confirm(captains[1], request)


def test_a_person_of_another_case_is_not_found(
    captains: tuple[Account, Account], victim: Victim
) -> None:
    elsewhere = factories.VictimFactory.create()

    with pytest.raises(Hidden):
        ask(captains[0], victim, pseudonym=elsewhere.pseudonym)


def test_keys_older_than_shred_keys_must_be_rotated_first(
    captains: tuple[Account, Account], victim: Victim, settings: Settings
) -> None:
    key_id, key = settings.SEAL_KEYS[0]
    plain = seal.encrypt(key, key_of(victim), f"wrap:{key_id}")
    Victim.objects.filter(pk=victim.pk).update(wrapped_key=plain)

    with pytest.raises(BadExpunge, match="Have rotate_keys run"):
        ask(captains[0], victim)


# -- pages ------------------------------------------------------------------------------------


def test_two_captains_walk_through_the_pages(
    captains: tuple[Account, Account],
    victim: Victim,
    child: Identity,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    first, second = (signed_in(account) for account in captains)
    page = reverse("expunge", args=[victim.case_id])
    typed = {"pseudonym": victim.pseudonym, "court_order": ORDER, "reason": REASON}
    assert first.post(reverse("expunge-request", args=[victim.case_id]), typed).status_code == 302
    request = Expunge.objects.get()
    url = reverse("expunge-confirm", args=[victim.case_id, request.pk])
    given = {"court_order": ORDER, "reason": REASON, "password": PASSWORD}

    own = first.post(url, given)
    wrong = second.post(url, {**given, "password": "wrong"})
    looked = second.get(url)

    assert (own.status_code, wrong.status_code, looked.status_code) == (422, 422, 200)
    assert "Somebody other than who asked has to confirm." in words(own)
    assert "That is not your password." in words(wrong)
    assert Expunge.objects.get().state == ExpungeState.REQUESTED
    assert PASSWORD not in wrong.content.decode()
    assert len([reason for reason in refusals() if reason.startswith("Expunge:")]) == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert second.post(url, given).status_code == 302
    said = words(second.get(page))
    assert "Its keys were destroyed" in said
    assert not [value for value in child.values() if value in said]


def test_a_get_confirms_nothing(captains: tuple[Account, Account], victim: Victim) -> None:
    request = ask(captains[0], victim)
    url = reverse("expunge-confirm", args=[victim.case_id, request.pk])

    signed_in(captains[1]).get(url, {"court_order": ORDER, "reason": REASON, "password": PASSWORD})

    assert Expunge.objects.get().state == ExpungeState.REQUESTED


def test_an_inactive_account_confirms_nothing(
    captains: tuple[Account, Account], victim: Victim
) -> None:
    request = ask(captains[0], victim)
    client = signed_in(captains[1])
    Account.objects.filter(pk=captains[1].pk).update(is_active=False)
    url = reverse("expunge-confirm", args=[victim.case_id, request.pk])

    client.post(url, {"court_order": ORDER, "reason": REASON, "password": PASSWORD})

    assert Expunge.objects.get().state == ExpungeState.REQUESTED


def test_a_request_of_another_case_is_not_found_under_this_one(
    captains: tuple[Account, Account], victim: Victim
) -> None:
    request = ask(captains[0], victim)
    elsewhere = factories.CaseFactory.create()
    url = reverse("expunge-confirm", args=[elsewhere.pk, request.pk])

    answer = signed_in(captains[1]).post(
        url, {"court_order": ORDER, "reason": REASON, "password": PASSWORD}
    )

    assert answer.status_code == 404
    assert Expunge.objects.get().state == ExpungeState.REQUESTED


def test_csrf_is_asked_for(captains: tuple[Account, Account], victim: Victim) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(captains[0])
    typed = {"pseudonym": victim.pseudonym, "court_order": ORDER, "reason": REASON}

    assert client.post(reverse("expunge-request", args=[victim.case_id]), typed).status_code == 403
    assert not Expunge.objects.exists()
