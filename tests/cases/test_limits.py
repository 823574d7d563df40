"""Is more than a person does refused, counted over all processes, and what if nobody can count?"""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
from django.conf import LazySettings
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from audit.events import Event, Outcome
from audit.models import Entry
from cases import limits
from cases.enums import RoleCode
from cases.limits import PROCESSES, account_key, address_key, has_room
from cases.rules.limits import ANONYMOUS, EVERY, EXPORTS, HOUR, PAGES, UPLOADS, Limit, Without
from tests.cases.pages import signed_in
from tests.factories import NOW, AccountFactory

SOMEBODY = account_key(UUID(int=1))
FEW = Limit("few", 6, HOUR, Without.ALONE)
STRICT = Limit("strict", 6, HOUR, Without.REFUSED)


@pytest.fixture
def no_redis(settings: LazySettings) -> None:
    """Nobody listens there. What a process counted by itself is forgotten."""
    settings.LIMIT_URL = "redis://127.0.0.1:1/2"
    limits._ALONE.__init__()  # type: ignore[misc]


def _used(limit: Limit, times: int, whose: str = SOMEBODY) -> list[bool]:
    return [has_room(limit, whose, NOW) for _ in range(times)]


def test_the_last_one_within_a_limit_is_served_and_the_next_is_not() -> None:
    assert _used(FEW, 8) == [True] * 6 + [False] * 2


def test_a_limit_is_one_persons_and_one_slots() -> None:
    _used(FEW, 7)

    assert has_room(FEW, account_key(UUID(int=2)), NOW)
    assert has_room(STRICT, SOMEBODY, NOW)
    assert not has_room(FEW, SOMEBODY, NOW + timedelta(seconds=FEW.seconds_left(NOW) - 1))
    assert has_room(FEW, SOMEBODY, NOW + timedelta(seconds=FEW.seconds_left(NOW)))


def test_a_unit_may_raise_every_limit(settings: LazySettings) -> None:
    settings.LIMIT_FACTOR = 2

    assert _used(FEW, 13) == [True] * 12 + [False]


@pytest.mark.usefixtures("no_redis")
def test_without_redis_a_process_counts_its_share_alone() -> None:
    share = FEW.most // PROCESSES

    assert _used(FEW, share + 1) == [True] * share + [False]


@pytest.mark.usefixtures("no_redis")
def test_without_redis_what_may_wait_waits(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="cases.limits"):
        assert _used(STRICT, 1) == [False]

    assert caplog.messages == ["No shared count of strict: ConnectionError"]


@pytest.mark.usefixtures("no_redis")
def test_without_redis_pages_go_on_and_nothing_is_taken_in_or_out() -> None:
    waiting = {limit.name for limit in EVERY if not has_room(limit, SOMEBODY, NOW)}

    assert waiting == {"exports", "uploads", "reports", "machines"}


@pytest.mark.usefixtures("no_redis")
def test_what_a_process_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ALONE_REMEMBERS", 3)

    for number in range(9):
        has_room(FEW, account_key(UUID(int=number)), NOW)

    assert 0 < len(limits._ALONE._counts) <= 3


def test_a_server_that_refuses_to_count_is_like_one_that_is_away(settings: LazySettings) -> None:
    """Full, or told otherwise: what it answers is an error, and the key is of another kind."""
    client: Any = caches["default"]._cache.get_client()  # type: ignore[attr-defined]
    key = f"{settings.LIMIT_PREFIX}:{STRICT.name}:{STRICT.slot(NOW)}:{SOMEBODY}"
    client.lpush(key, "not a number")

    assert not has_room(STRICT, SOMEBODY, NOW)


def test_a_count_names_nobody_and_vanishes(settings: LazySettings) -> None:
    address = "192.0.2.77"
    has_room(FEW, address_key(address), NOW)

    with redis.Redis.from_url(settings.LIMIT_URL) as client:
        keys = list(client.scan_iter(match=f"{settings.LIMIT_PREFIX}:*"))
        assert len(keys) == 1
        assert address.encode() not in keys[0]
        assert 0 < client.ttl(keys[0]) <= HOUR.total_seconds()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("192.0.2.7", "192.0.2.8", False),
        (None, "", True),
    ],
)
def test_a_network_of_the_new_protocol_is_one_machine(
    one: str | None, other: str | None, same: bool
) -> None:
    assert (address_key(one) == address_key(other)) is same


@pytest.fixture
def auditor(at_now: None, db: None) -> Client:
    return signed_in(AccountFactory.create(role=RoleCode.AUDITOR))


def _exhaust(limit: Limit, whose: str) -> None:
    """Until there is none: on a busy machine a count may be missed, since nobody waits for it."""
    while has_room(limit, whose, NOW):
        pass


def test_exports_end_at_their_limit_on_record_and_pages_go_on(auditor: Client) -> None:
    address = reverse("audit-export")
    for _ in range(EXPORTS.most):
        assert auditor.post(address, {"form": "csv"}).status_code == 200

    refused = auditor.post(address, {"form": "csv"})

    entry = Entry.objects.latest("pk")
    assert (refused.status_code, refused["Retry-After"]) == (429, str(EXPORTS.seconds_left(NOW)))
    assert (entry.event, entry.outcome) == (Event.ACCESS_DENIED, Outcome.DENIED)
    assert (entry.subject_id, entry.details["status"]) == ("audit-export", 429)
    assert auditor.get(reverse("audit")).status_code == 200


def test_nothing_leaves_while_nobody_can_count(auditor: Client, no_redis: None) -> None:
    assert auditor.post(reverse("audit-export"), {"form": "csv"}).status_code == 429
    assert auditor.get(reverse("audit")).status_code == 200


def test_an_account_that_turns_pages_like_a_program_is_stopped(at_now: None, db: None) -> None:
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    client = signed_in(account)
    _exhaust(PAGES, account_key(account.pk))

    assert client.get(reverse("case-list")).status_code == 429
    assert (
        signed_in(AccountFactory.create(role=RoleCode.DETECTIVE)).get("/cases/").status_code == 200
    )


def test_an_upload_beyond_the_limit_is_not_even_received(at_now: None, db: None) -> None:
    account = AccountFactory.create(role=RoleCode.CAPTAIN)
    _exhaust(UPLOADS, account_key(account.pk))

    refused = signed_in(account).post(reverse("import-new"))

    assert refused.status_code == 429
    assert signed_in(account).get(reverse("import-new")).status_code == 200


def test_an_address_has_a_share_of_the_pages_before_signing_in(at_now: None, db: None) -> None:
    address = "192.0.2.7"
    _exhaust(ANONYMOUS, address_key(address))

    assert Client(REMOTE_ADDR=address).get(reverse("sign-in")).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.8").get(reverse("sign-in")).status_code == 200
    assert Client(REMOTE_ADDR=address).get(reverse("health")).status_code == 200
    assert Entry.objects.count() == 0
