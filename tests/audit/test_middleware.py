"""Can a response leave the server without an entry, or an attempt go unnoticed?"""

import hashlib
import hmac
from typing import Any, cast

import pytest
from django.conf import LazySettings
from django.test import Client, RequestFactory

from audit.context import acting_as_system
from audit.events import Event, Outcome
from audit.guard import UnauditedResponse, UndeclaredView, leaves_no_entry
from audit.middleware import source_address
from audit.models import Entry
from cases.models import Account

pytestmark = [
    pytest.mark.unbound,
    pytest.mark.django_db,
    pytest.mark.urls("tests.audit.urls"),
]


@pytest.fixture
def signed_in(client: Client, account: Account) -> Client:
    with acting_as_system("test"):
        client.force_login(account)
    return client


@pytest.fixture
def production(settings: LazySettings) -> None:
    settings.AUDIT_REFUSE_UNAUDITED = False


@pytest.fixture(autouse=True)
def _strict(settings: LazySettings) -> None:
    settings.AUDIT_REFUSE_UNAUDITED = True


def test_an_entry_names_actor_session_and_source(
    signed_in: Client, account: Account, settings: LazySettings
) -> None:
    response = signed_in.get("/recorded/41/", REMOTE_ADDR="192.0.2.7")

    key = signed_in.session.session_key
    digest = hmac.new(settings.DIGEST_KEY, f"audit.session:{key}".encode(), hashlib.sha256)
    entry = Entry.objects.get()
    assert response.status_code == 200
    assert (entry.actor_id, entry.actor_label) == (str(account.pk), account.username)
    assert (entry.session, entry.source_address) == (digest.hexdigest()[:32], "192.0.2.7")


def test_a_view_that_recorded_nothing_is_refused_in_development(signed_in: Client) -> None:
    with pytest.raises(UnauditedResponse, match="'forgotten'"):
        signed_in.get("/forgotten/")


@pytest.mark.usefixtures("production")
def test_a_view_that_recorded_nothing_is_recorded_in_production(
    signed_in: Client, account: Account
) -> None:
    response = signed_in.get("/forgotten/41/?q=somebody")

    entry = Entry.objects.get()
    assert response.status_code == 200
    assert (entry.event, entry.outcome) == (Event.PAGE_VIEWED, Outcome.ALLOWED)
    assert (entry.subject_type, entry.subject_id) == ("route", "forgotten-case")
    assert entry.details == {"status": 200, "method": "GET", "route_arguments": {"case": "41"}}
    assert entry.actor_id == str(account.pk)


@pytest.mark.usefixtures("production")
def test_production_shows_nothing_when_not_even_that_can_be_written(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("audit.middleware.record", broken)
    signed_in.raise_request_exception = False

    response = signed_in.get("/forgotten/")

    assert response.status_code == 500
    assert b"seen" not in response.content


def test_an_act_that_recorded_nothing_is_recorded(signed_in: Client) -> None:
    response = signed_in.post("/forgotten-write/")

    entry = Entry.objects.get()
    assert response.status_code == 302
    assert (entry.event, entry.subject_id) == (Event.PAGE_VIEWED, "forgotten-write")
    assert entry.details == {"status": 302, "method": "POST"}


def test_a_redirect_that_only_leads_elsewhere_needs_no_entry(
    signed_in: Client, client: Client
) -> None:
    assert signed_in.get("/forgotten-write/").status_code == 302
    assert Client().post("/forgotten-write/").status_code == 302
    assert not Entry.objects.exists()


def test_a_rolled_back_entry_does_not_count(signed_in: Client) -> None:
    with pytest.raises(UnauditedResponse, match="'rolled-back'"):
        signed_in.get("/rolled-back/")


def test_a_conflict_shows_content_and_needs_an_entry(signed_in: Client) -> None:
    with pytest.raises(UnauditedResponse, match="'conflict'"):
        signed_in.get("/conflict/")


@pytest.mark.usefixtures("production")
def test_a_view_without_an_access_rule_is_never_called(signed_in: Client) -> None:
    with pytest.raises(UndeclaredView):
        signed_in.get("/undeclared/")

    signed_in.raise_request_exception = False
    response = signed_in.get("/undeclared/")
    assert response.status_code == 500
    assert b"seen" not in response.content


def test_an_exempt_view_leaves_nothing(signed_in: Client) -> None:
    assert signed_in.get("/exempt/").content == b"ok"
    assert not Entry.objects.exists()


def test_an_exemption_says_why() -> None:
    with pytest.raises(ValueError, match="why"):
        leaves_no_entry(why=" ")


@pytest.mark.parametrize(
    ("path", "status", "route", "arguments"),
    [
        ("/hidden/41/?q=somebody", 404, "hidden-case", {"route_arguments": {"case": "41"}}),
        ("/forbidden/?q=somebody", 403, "forbidden", {}),
        ("/no/such/page/?q=somebody", 404, "", {}),
    ],
)
def test_a_refused_page_is_an_attempt(
    signed_in: Client,
    account: Account,
    path: str,
    status: int,
    route: str,
    arguments: dict[str, object],
) -> None:
    response = signed_in.get(path)

    entry = Entry.objects.get()
    assert response.status_code == status
    assert (entry.event, entry.outcome) == (Event.ACCESS_DENIED, Outcome.DENIED)
    assert (entry.actor_id, entry.subject_id) == (str(account.pk), route)
    assert entry.details == {"status": status, "method": "GET", **arguments}
    assert "somebody" not in f"{entry.subject_id}{entry.details}{entry.reason}"


def test_a_strangers_wrong_address_is_no_attempt(client: Client) -> None:
    assert client.get("/no/such/page/").status_code == 404
    assert client.get("/hidden/41/").status_code == 404
    assert not Entry.objects.exists()


def test_a_wrong_method_is_on_record_for_whoever_signed_in(signed_in: Client) -> None:
    assert Client().post("/only-get/").status_code == 405
    assert not Entry.objects.exists()

    assert signed_in.post("/only-get/").status_code == 405

    entry = Entry.objects.get()
    assert (entry.event, entry.outcome) == (Event.REQUEST_FAILED, Outcome.FAILED)
    assert entry.details == {"status": 405, "method": "POST"}


def test_what_a_refused_view_recorded_is_undone_but_its_refusal_stays(signed_in: Client) -> None:
    signed_in.get("/hidden/41/")

    assert list(Entry.objects.values_list("event", flat=True)) == [Event.ACCESS_DENIED]


def test_a_services_refusal_outlives_the_request(signed_in: Client) -> None:
    response = signed_in.get("/refused/")

    assert response.status_code == 403
    assert list(Entry.objects.order_by("id").values_list("event", "outcome", "reason")) == [
        (Event.IDENTITY_REVEALED, Outcome.DENIED, "no reason given"),
        (Event.ACCESS_DENIED, Outcome.DENIED, ""),
    ]


def test_a_broken_request_leaves_a_failure(signed_in: Client) -> None:
    signed_in.raise_request_exception = False

    response = signed_in.get("/broken/")

    entry = Entry.objects.get()
    assert response.status_code == 500
    assert (entry.event, entry.outcome) == (Event.REQUEST_FAILED, Outcome.FAILED)
    assert "on purpose" not in f"{entry.reason}{entry.details}"


@pytest.mark.parametrize(
    ("hops", "headers", "expected"),
    [
        (0, {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, "192.0.2.7"),
        (0, {"REMOTE_ADDR": ""}, None),
        (0, {"REMOTE_ADDR": "a.host"}, None),
        (0, {"REMOTE_ADDR": "2001:db8::7"}, "2001:db8::7"),
        (
            1,
            {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.9"},
            "203.0.113.9",
        ),
        (
            2,
            {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.9"},
            "198.51.100.1",
        ),
        (2, {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, "192.0.2.7"),
        (1, {"REMOTE_ADDR": "192.0.2.7"}, None),
    ],
)
def test_the_source_is_the_nearest_address_that_can_be_trusted(
    rf: RequestFactory,
    settings: LazySettings,
    hops: int,
    headers: dict[str, str],
    expected: str | None,
) -> None:
    settings.AUDIT_PROXY_HOPS = hops

    assert source_address(rf.get("/", **cast("Any", headers))) == expected
