"""Does a machine's key open its one page until it ends, and nothing else, each use on record?"""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from audit.context import acting_as
from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import NotPermitted, system_viewer, viewer_for
from cases.enums import FlagKind, RoleCode, ServiceScope
from cases.models import Account, ServiceKey
from cases.rules.limits import MACHINES
from cases.services.addresses import count_failure, is_paused
from cases.services.lockout import NoReason
from cases.services.service_keys import (
    LONGEST,
    BadEnd,
    make_service_key,
    revoke_service_key,
    use_service_key,
)
from cases.views import machines
from tests.cache import empty_cache
from tests.cases.pages import MAX_QUERIES, signed_in, words
from tests.factories import (
    DAY,
    NOW,
    PASSWORD,
    AccountFactory,
    CaseFactory,
    EntryFactory,
    FlagFactory,
    SweepRunFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

URL = "/api/health-of-the-sweep/"
REASON = "The county's monitoring asked in ticket 4411."
SCOPE = ServiceScope.SWEEP_HEALTH
SECOND = timedelta(seconds=1)


@pytest.fixture
def administrator() -> Account:
    return AccountFactory.create(role=RoleCode.ADMINISTRATOR)


@pytest.fixture
def key(administrator: Account) -> str:
    return make_service_key(
        viewer=viewer_for(administrator),
        now=NOW,
        name="monitoring",
        scope=SCOPE,
        expires_at=NOW + DAY,
        reason=REASON,
    )


def ask(key: str, kind: str = "Bearer", client: Client | None = None) -> Any:
    return (client or Client()).get(URL, headers={"authorization": f"{kind} {key}"})


def uses() -> list[tuple[str, str, str]]:
    found = Entry.objects.filter(event=Event.SERVICE_KEY_USED).order_by("id")
    return [(one.actor_label, one.outcome, one.details.get("refused", "")) for one in found]


def test_the_key_reads_the_heartbeat_and_counts_and_nothing_of_a_case(key: str) -> None:
    SweepRunFactory.create(finished_at=NOW - timedelta(minutes=3))
    case = CaseFactory.create()
    FlagFactory.create(case=case, kind=FlagKind.STALLED)

    answer = ask(key)

    told = answer.json()
    assert (told["late"], told["unacknowledged"]) == (False, 1)
    assert told["unacknowledged_by_kind"] == {FlagKind.STALLED: 1}
    assert case.number not in answer.content.decode()
    assert str(case.pk) not in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert uses() == [("service:monitoring", Outcome.ALLOWED, "")]
    assert ServiceKey.objects.get().last_used_at == NOW


@pytest.mark.parametrize(("waited", "late"), [(60, False), (61, True)])
def test_the_key_hears_that_the_log_is_not_sealed(key: str, waited: int, *, late: bool) -> None:
    EntryFactory.create(at=NOW - waited * SECOND)

    told = ask(key).json()

    assert (told["log_late"], told["log_waited_seconds"]) == (late, waited)
    assert told["witnesses_silent"] == []


def test_only_a_keyed_digest_is_kept(key: str) -> None:
    row = ServiceKey.objects.get()
    prefix, secret = re.fullmatch(r"caseunit_(\w{12})_([\w-]{43})", key).groups()  # type: ignore[union-attr]

    kept = str(list(ServiceKey.objects.values())) + str(list(Entry.objects.values()))

    assert row.prefix == prefix
    assert len(row.secret_digest) == 32
    assert secret not in kept


def test_it_is_good_until_its_end(key: str) -> None:
    with time_machine.travel(NOW + DAY - SECOND, tick=False):
        assert ask(key).status_code == 200
    with time_machine.travel(NOW + DAY, tick=False):
        assert ask(key).status_code == 401
    assert [use[1:] for use in uses()] == [("allowed", ""), ("denied", "expired")]


def test_a_revoked_key_opens_nothing(key: str, administrator: Account) -> None:
    revoke_service_key(
        viewer=viewer_for(administrator),
        now=NOW,
        key_id=ServiceKey.objects.get().pk,
        reason=REASON,
    )

    assert ask(key).status_code == 401
    assert uses() == [("service:monitoring", Outcome.DENIED, "revoked")]


def test_a_key_opens_its_scope_only(key: str) -> None:
    door = system_viewer("test")

    assert use_service_key(viewer=door, now=NOW, given=key, scope="another") is None  # type: ignore[arg-type]
    assert uses() == [("service:monitoring", Outcome.DENIED, "scope")]


def test_all_refusals_read_alike(key: str) -> None:
    other = "B" if key[-2] == "A" else "A"
    wrong = f"{key[:-2]}{other}{key[-1]}"
    unknown = f"caseunit_{'q' * 12}_{'A' * 43}"

    answers = [
        ask(wrong),
        ask(unknown),
        ask(""),
        ask("x" * 9000),
        ask(f"{key} "[:-2]),
        ask(key, kind="Basic"),
        Client().get(URL),
    ]

    assert {(one.status_code, one.content) for one in answers} == {
        (401, b'{"error": "unauthorized"}')
    }
    assert uses() == [("service:monitoring", Outcome.DENIED, "secret")]


def test_no_session_opens_it_and_no_key_opens_a_page(key: str, administrator: Account) -> None:
    assert signed_in(administrator).get(URL).status_code == 401

    for name in ("home", "accounts", "case-list", "service-keys"):
        answer = Client().get(reverse(name), headers={"authorization": f"Bearer {key}"})
        assert answer.headers["Location"].startswith("/sign-in/")
    assert not uses()


def test_so_often_a_minute(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MACHINES", replace(MACHINES, most=2))

    assert [ask(key).status_code for _ in range(3)] == [200, 200, 429]
    assert ask(key).headers["Retry-After"] == "60"
    assert len(uses()) == 4
    with time_machine.travel(NOW + MACHINES.within, tick=False):
        assert ask(key).status_code == 200


def test_without_redis_a_machine_is_told_no(key: str, settings: Settings) -> None:
    settings.LIMIT_URL = AWAY["LOCATION"]

    assert ask(key).status_code == 429


AWAY = {"LOCATION": "redis://127.0.0.1:1/2"}


# Their page


def given(**more: str) -> dict[str, str]:
    until = f"{NOW + 30 * DAY:%Y-%m-%d}"
    return {"name": "monitoring", "scope": SCOPE, "until": until, "reason": REASON, **more}


def test_an_administrator_makes_one_sees_it_once_and_revokes_it(administrator: Account) -> None:
    client = signed_in(administrator)
    made = client.post(reverse("service-key-new"), given())
    found = re.search(r"caseunit_\w{12}_[\w-]{43}", made.content.decode())
    assert found is not None
    assert ask(found[0]).status_code == 200

    listed = client.get(reverse("service-keys"))
    assert found[0] not in listed.content.decode()
    assert found[0][:21] in words(listed)
    row = ServiceKey.objects.get()
    client.post(reverse("service-keys"), {"key": str(row.pk), "reason": REASON})

    assert ask(found[0]).status_code == 401
    acts = Entry.objects.filter(event__in=[Event.SERVICE_KEY_MADE, Event.SERVICE_KEY_REVOKED])
    assert {(one.actor_id, one.subject_id) for one in acts} == {
        (str(administrator.pk), str(row.pk))
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "x"},
        {"scope": "everything"},
        {"name": "Zephyrine Q."},
        {"until": ""},
        {"until": f"{NOW - DAY:%Y-%m-%d}"},
        {"until": f"{NOW + LONGEST + DAY:%Y-%m-%d}"},
    ],
)
def test_without_reason_scope_or_end_there_is_none(
    administrator: Account, wrong: dict[str, str]
) -> None:
    answer = signed_in(administrator).post(reverse("service-key-new"), given(**wrong))

    assert answer.status_code == 422
    assert not ServiceKey.objects.exists()


def test_only_who_manages_accounts_makes_keys(key: str) -> None:
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    viewer, row = viewer_for(captain), ServiceKey.objects.get()

    assert signed_in(captain).get(reverse("service-keys")).status_code == 404
    with pytest.raises(NotPermitted):
        revoke_service_key(viewer=viewer, now=NOW, key_id=row.pk, reason=REASON)
    with pytest.raises(NotPermitted):
        make_service_key(
            viewer=viewer, now=NOW, name="m", scope=SCOPE, expires_at=NOW + DAY, reason=REASON
        )


def test_its_boundaries(administrator: Account) -> None:
    viewer = viewer_for(administrator)

    def made(until: timedelta, reason: str = REASON) -> str:
        return make_service_key(
            viewer=viewer, now=NOW, name="m", scope=SCOPE, expires_at=NOW + until, reason=reason
        )

    assert made(SECOND)
    assert made(LONGEST)
    for until in (timedelta(0), LONGEST + SECOND):
        with pytest.raises(BadEnd):
            made(until)
    with pytest.raises(NoReason):
        made(DAY, "x x")


def test_the_list_costs_no_more_for_many(
    administrator: Account, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        make_service_key(
            viewer=viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR)),
            now=NOW, name="monitoring", scope=SCOPE, expires_at=NOW + DAY, reason=REASON,
        )  # fmt: skip

    client = signed_in(administrator)
    with django_assert_max_num_queries(MAX_QUERIES):
        client.get(reverse("service-keys"))


# Failures from one address


def fail(source: str, times: int = 1) -> None:
    with acting_as("", "", source=source):
        for _ in range(times):
            count_failure(NOW)


def paused(source: str) -> bool:
    with acting_as("", "", source=source):
        return is_paused(NOW)


@pytest.fixture
def three_fail(settings: Settings) -> None:
    """What Redis counts outlives a test."""
    settings.SIGN_IN_FAILURES_BY_ADDRESS = 3
    empty_cache()


@pytest.mark.usefixtures("three_fail")
def test_an_address_is_paused_at_its_limit_and_no_other() -> None:
    fail("203.0.113.7", 2)
    assert not paused("203.0.113.7")
    fail("203.0.113.7")

    assert paused("203.0.113.7")
    assert not paused("203.0.113.8")
    fail("203.0.113.7")
    entry = Entry.objects.get(event=Event.ADDRESS_PAUSED)
    assert (entry.source_address, entry.details) == ("203.0.113.7", {"failures": 3})


@pytest.mark.usefixtures("three_fail")
def test_one_machines_ipv6_network_counts_as_one() -> None:
    for last in ("1", "2", "ffff"):
        fail(f"2001:db8:1:2::{last}")

    assert paused("2001:db8:1:2:3::4")
    assert not paused("2001:db8:1:3::1")


def sign_in(client: Client, account: Account, password: str) -> Any:
    client.post("/sign-in/", {"acknowledge": "yes"})
    return client.post("/sign-in/", {"username": account.username, "password": password})


@pytest.mark.usefixtures("three_fail")
@pytest.mark.parametrize("redis", [True, False])
def test_who_guesses_is_stopped_before_every_account_is_locked(
    settings: Settings, administrator: Account, redis: bool
) -> None:
    if not redis:
        settings.CACHES = {**settings.CACHES, "default": {**settings.CACHES["default"], **AWAY}}
    address = {"REMOTE_ADDR": "203.0.113.9"}
    known, stranger = Client(**address), Client(**address)  # type: ignore[arg-type]
    assert sign_in(known, administrator, PASSWORD).status_code == 302
    known.post("/sign-out/")
    for _ in range(3):
        other = AccountFactory.create()
        assert sign_in(stranger, other, "a guess").status_code == 422

    right = sign_in(stranger, administrator, PASSWORD)

    assert right.status_code == 429
    assert "Wait a quarter of an hour" in words(right)
    assert "_auth_user_id" not in stranger.session
    failed = Entry.objects.filter(event=Event.SIGN_IN_FAILED)
    assert failed.count() == 3
    assert sign_in(known, administrator, PASSWORD).status_code == 302
