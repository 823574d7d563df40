"""What is said to whoever comes back from a provider with nothing, and what does the log say?"""

from dataclasses import replace
from itertools import count

import pytest
from django.test import Client
from pytest_django import Settings

from audit.events import Event
from audit.models import Entry
from cases.models import Account, ProviderLink
from cases.services.openid import PIECE
from tests.cases import test_openid
from tests.cases.openid_provider import OpenIDProvider
from tests.cases.pages import signed_in, words
from tests.cases.test_openid import ANSWER, KIND, START, is_in, refusals, there_and_back

NEW = "lantern gravel otter piano"
pytestmark = test_openid.pytestmark
server, provider = test_openid.server, test_openid.provider
account, linked, stranger = test_openid.account, test_openid.linked, test_openid.stranger


def test_what_the_provider_refuses_is_refused(stranger: Client, provider: OpenIDProvider) -> None:
    sent = stranger.get(START).headers["Location"]
    state = sent.split("state=")[1].split("&")[0]

    answer = stranger.get(f"{ANSWER}?error=access_denied&state={state}")

    assert answer.status_code == 403
    assert "If you went back there yourself, nothing is wrong" in words(answer)
    assert refusals() == [("", "provider refused")]
    assert Entry.objects.get(event=Event.SIGN_IN_FAILED).details["said"] == "access_denied"


def test_only_the_standards_words_go_on_record(
    stranger: Client, provider: OpenIDProvider, settings: Settings
) -> None:
    state = stranger.get(START).headers["Location"].split("state=")[1].split("&")[0]
    stranger.get(f"{ANSWER}?error=Maria+Invented&state={state}")
    assert "said" not in Entry.objects.get(event=Event.SIGN_IN_FAILED).details

    settings.OPENID = replace(settings.OPENID, client_secret="another")
    there_and_back(stranger, provider)

    told = Entry.objects.filter(event=Event.SIGN_IN_FAILED).latest("id").details
    assert (told["why"], told["said"]) == ("exchange", "invalid_client")


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_a_provider_that_says_it_is_broken_is_away(
    stranger: Client, provider: OpenIDProvider, error: str
) -> None:
    state = stranger.get(START).headers["Location"].split("state=")[1].split("&")[0]

    assert stranger.get(f"{ANSWER}?error={error}&state={state}").status_code == 503
    assert refusals() == []


@pytest.mark.parametrize(
    ("purpose", "heading"),
    [("link", "Your account is not linked"), ("again", "You have not shown that it is you")],
)
def test_whoever_sits_there_is_not_told_that_they_are_signed_out(
    account: Account, provider: OpenIDProvider, purpose: str, heading: str
) -> None:
    client = signed_in(account)
    client.post("/second-factor/provider/", {"kind": KIND})
    sent = client.get(f"{START}?for={purpose}").headers["Location"]
    state = sent.split("state=")[1].split("&")[0]

    answer = words(client.get(f"{ANSWER}?error=access_denied&state={state}"))

    assert heading in answer
    assert "not signed in" not in answer


def test_whoever_owes_a_second_factor_is_offered_nothing_that_stays_shut(
    account: Account, provider: OpenIDProvider, settings: Settings
) -> None:
    client = signed_in(account)
    offered = "Link your account to the county"
    assert offered in words(client.get("/second-factor/"))

    settings.REQUIRE_MFA = True

    page = words(client.get("/second-factor/"))
    assert "Before anything else opens" in page
    assert offered not in page
    assert "Change your password" not in page

    other = signed_in(account)
    shown = client.get("/second-factor/").context["sessions"]
    [theirs] = [one for one in shown if not one.is_this]
    client.post("/sessions/end/", {"session": theirs.id})
    assert not is_in(other)


@pytest.mark.parametrize("seconds", [0.1, 3])
def test_a_provider_that_answers_by_drops_is_away(
    stranger: Client,
    provider: OpenIDProvider,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
) -> None:
    """However often something comes: it may take five seconds in all."""
    provider.padding = "x" * 4 * PIECE
    moments = (one * seconds for one in count())
    monkeypatch.setattr("cases.services.openid.monotonic", lambda: next(moments))

    assert stranger.get(START).status_code == (302 if seconds < 1 else 503)


@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "EC", "crv": "BP-256", "x": "AA", "y": "AA", "kid": "odd"},
        {"kty": "RSA", "kid": "odd"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "odd"},
        {"kty": ["RSA"]},
        "no key",
    ],
)
def test_a_key_that_cannot_be_read_leaves_the_others(
    stranger: Client, linked: Account, provider: OpenIDProvider, odd: object
) -> None:
    provider.published_first = [odd]

    there_and_back(stranger, provider)

    assert is_in(stranger)


def test_whom_only_the_provider_lets_in_sets_a_password_and_may_end_the_link(
    linked: Account,
) -> None:
    linked.set_unusable_password()
    linked.save(update_fields=["password"])
    client = signed_in(linked)

    refused = client.post("/second-factor/provider/end/", {"kind": KIND}, follow=True)
    assert "Nothing else opens your account. Set a password first." in words(refused)
    assert "Change your password" not in words(refused)
    assert "Set a password" in words(client.get("/password/"))

    client.post("/password/", {"password": NEW, "again": NEW})
    client.post("/second-factor/provider/end/", {"kind": KIND})
    assert not ProviderLink.objects.exists()
    assert "Change your password" in words(client.get("/second-factor/"))
