"""Does a provider's word open the account linked to it, and no other, and nothing forged?"""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import RSAKey
from pytest_django import Settings

from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import ProviderKind, RoleCode
from cases.models import Account, ProviderLink
from cases.rules.sessions import FRESH, IDLE
from cases.rules.vouching import ASKED_FOR, Vouched
from cases.selectors.lockout import MOST_FAILURES, is_lock, last_turn
from cases.services.accounts import set_active
from cases.services.factors import enrol_app
from cases.services.invitations import invite, invite_again
from cases.services.lockout import admit, release_account
from cases.services.providers import accept_by_provider, link_provider
from caseunit.settings.identity import OpenID, openid
from tests.cases.openid_provider import CLIENT, SECRET, OpenIDProvider, running
from tests.cases.pages import signed_in, words
from tests.cases.test_factors import SECRET as APP_SECRET
from tests.cases.test_factors import code_at
from tests.factories import NOW, PASSWORD, AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

START, ANSWER, SIGN_IN = "/sign-in/openid/", "/sign-in/openid/answer/", "/sign-in/"
KIND = ProviderKind.OPENID
REASON = "Rang back on the desk's own number."
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def server() -> Iterator[OpenIDProvider]:
    with running(NOW) as provider:
        yield provider


@pytest.fixture
def provider(server: OpenIDProvider, settings: Settings) -> OpenIDProvider:
    """As new for each test, and configured."""
    fresh = OpenIDProvider(server.issuer, NOW, key=server.key)
    server.__dict__.update(fresh.__dict__)
    settings.OPENID = OpenID(server.issuer, CLIENT, SECRET, "the county", frozenset({"mfa"}))
    return server


@pytest.fixture
def account() -> Account:
    return AccountFactory.create(role=RoleCode.DETECTIVE)


@pytest.fixture
def linked(account: Account, provider: OpenIDProvider) -> Account:
    vouched = Vouched(provider.issuer, provider.subject, by_second=False)
    link_provider(viewer=viewer_for(account), now=NOW, kind=KIND, vouched=vouched)
    return account


@pytest.fixture
def stranger() -> Client:
    client = Client()
    client.post(SIGN_IN, {"acknowledge": "yes"})
    return client


def there_and_back(client: Client, provider: OpenIDProvider, query: str = "?next=/cases/") -> Any:
    sent = client.get(f"{START}{query}")
    assert sent.status_code == 302
    return client.get(provider.sign_in(sent.headers["Location"]))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def refusals() -> list[tuple[str, object]]:
    found = Entry.objects.filter(event=Event.SIGN_IN_FAILED).order_by("id")
    return [(one.subject_id, one.details["why"]) for one in found]


# The round trip


def test_the_providers_word_opens_the_linked_account(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    assert "Sign in with the county" in words(stranger.get(SIGN_IN))
    other = AccountFactory.create()
    provider.more = {"email": other.username, "preferred_username": other.username}

    answer = there_and_back(stranger, provider)

    assert answer.headers["Location"] == "/cases/"
    assert stranger.get("/cases/").status_code == 200
    entry = Entry.objects.get(event=Event.SIGNED_IN)
    assert (entry.actor_id, entry.details["by"]) == (str(linked.pk), "openid")
    assert provider.asked[0]["prompt"] == "login"
    assert provider.subject not in str(list(Entry.objects.values()))
    assert provider.subject not in str(list(ProviderLink.objects.values()))


def test_a_session_that_began_so_ends_like_any(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    there_and_back(stranger, provider)

    with time_machine.travel(NOW + IDLE, tick=False):
        assert stranger.get("/cases/").status_code == 302


def test_nothing_leads_there_before_the_banner_was_agreed_to(provider: OpenIDProvider) -> None:
    assert Client().get(START).headers["Location"] == SIGN_IN


def test_no_open_redirect_comes_of_it(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    answer = there_and_back(stranger, provider, "?next=https://elsewhere.example/")

    assert answer.headers["Location"] == "/"


def test_without_a_provider_there_is_no_such_page(stranger: Client, settings: Settings) -> None:
    assert settings.OPENID is None
    for address in (START, ANSWER):
        assert stranger.get(address).status_code == 404
    assert "the county" not in words(stranger.get(SIGN_IN))


# What is forged, old or somebody else's


def unsigned(provider: OpenIDProvider, claims: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def with_another_key(provider: OpenIDProvider, claims: dict[str, Any]) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, key)


def by_the_public_key_as_a_secret(provider: OpenIDProvider, claims: dict[str, Any]) -> str:
    secret = provider.key.as_pem(private=False)
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.digest(secret, text, "sha256")
    return f"{text.decode()}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def changed_afterwards(provider: OpenIDProvider, claims: dict[str, Any]) -> str:
    header, _, signature = provider_signed(provider, claims).split(".")
    body = json.dumps({**claims, "sub": "somebody else"}).encode()
    return f"{header}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.{signature}"


def cut_off(provider: OpenIDProvider, claims: dict[str, Any]) -> str:
    return provider_signed(provider, claims)[:-4]


def provider_signed(provider: OpenIDProvider, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, provider.key)


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        with_another_key,
        by_the_public_key_as_a_secret,
        changed_afterwards,
        cut_off,
        lambda *_: "no token at all",
    ],
)
def test_what_no_key_of_the_provider_signed_opens_nothing(
    stranger: Client, linked: Account, provider: OpenIDProvider, sign: Any
) -> None:
    provider.sign = sign

    answer = there_and_back(stranger, provider)

    assert answer.status_code == 403
    assert not is_in(stranger)
    assert refusals() == [("", "signature")]


AT = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"exp": AT}, "expired"),
        ({"nonce": "another"}, "nonce"),
        ({"auth_time": None}, "not fresh"),
    ],
)
def test_claims_that_are_not_for_us_now_open_nothing(
    stranger: Client, linked: Account, provider: OpenIDProvider, claims: dict[str, Any], why: str
) -> None:
    provider.more = claims

    answer = there_and_back(stranger, provider)

    assert answer.status_code == 403
    assert not is_in(stranger)
    assert refusals() == [("", why)]


def test_a_wrong_client_secret_opens_nothing(
    stranger: Client, linked: Account, provider: OpenIDProvider, settings: Settings
) -> None:
    settings.OPENID = replace(settings.OPENID, client_secret="another")

    assert there_and_back(stranger, provider).status_code == 403
    assert refusals() == [("", "exchange")]


def test_an_answer_serves_once(stranger: Client, linked: Account, provider: OpenIDProvider) -> None:
    back = provider.sign_in(stranger.get(START).headers["Location"])
    assert stranger.get(back).status_code == 302
    stranger.post("/sign-out/")

    assert stranger.get(back).status_code == 403
    assert not is_in(stranger)
    assert refusals() == [("", "no question")]


def test_a_code_serves_once_whatever_it_answers(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    first = provider.sign_in(stranger.get(START).headers["Location"])
    stranger.get(first)
    stranger.post("/sign-out/")
    stranger.post(SIGN_IN, {"acknowledge": "yes"})
    second = provider.sign_in(stranger.get(START).headers["Location"])
    stolen = second.replace(second.split("code=")[1].split("&")[0], code_of(first))

    assert stranger.get(stolen).status_code == 403
    assert refusals() == [("", "exchange")]


def code_of(address: str) -> str:
    return address.split("code=")[1].split("&", maxsplit=1)[0]


def test_nobody_is_signed_in_by_an_answer_to_anothers_question(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    """The link in a mail that would sign its reader in as its sender."""
    other = Client()
    other.post(SIGN_IN, {"acknowledge": "yes"})
    theirs = provider.sign_in(other.get(START).headers["Location"])
    stranger.get(START)

    for client in (stranger, Client()):
        assert client.get(theirs).status_code == 403
        assert not is_in(client)


def test_a_code_that_was_begun_elsewhere_is_bound_to_its_verifier(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    other = Client()
    other.post(SIGN_IN, {"acknowledge": "yes"})
    theirs = provider.sign_in(other.get(START).headers["Location"])
    mine = provider.sign_in(stranger.get(START).headers["Location"])

    assert stranger.get(mine.replace(code_of(mine), code_of(theirs))).status_code == 403
    assert refusals() == [("", "exchange")]


@pytest.mark.parametrize("late", [False, True])
def test_a_question_stands_for_ten_minutes(
    stranger: Client, linked: Account, provider: OpenIDProvider, late: bool
) -> None:
    sent = stranger.get(START).headers["Location"]
    at = NOW + ASKED_FOR - (SECOND if not late else timedelta(0))
    provider.now = at

    with time_machine.travel(at, tick=False):
        stranger.get(provider.sign_in(sent))

    assert is_in(stranger) is not late


def test_another_issuers_code_is_not_tried(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    back = provider.sign_in(stranger.get(START).headers["Location"])

    stranger.get(back.replace("&iss=http", "&iss=https"))

    assert refusals() == [("", "issuer")]


# Who is nobody's, closed, or locked


def test_an_unknown_subject_makes_no_account(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    before = Account.objects.count()
    provider.subject = "somebody-else"
    provider.more = {"preferred_username": linked.username, "email": linked.username}

    answer = there_and_back(stranger, provider)

    assert answer.status_code == 403
    assert Account.objects.count() == before
    assert refusals() == [("", "unknown")]


def test_the_same_subject_of_another_issuer_is_somebody_else(
    stranger: Client, account: Account, provider: OpenIDProvider
) -> None:
    vouched = Vouched("https://elsewhere.example", provider.subject, by_second=False)
    link_provider(viewer=viewer_for(account), now=NOW, kind=KIND, vouched=vouched)

    there_and_back(stranger, provider)

    assert refusals() == [("", "unknown")]


def test_a_closed_account_stays_closed(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    administrator = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    set_active(
        viewer=viewer_for(administrator), now=NOW, account_id=linked.pk, active=False, reason=REASON
    )

    assert there_and_back(stranger, provider).status_code == 403
    assert refusals() == [(str(linked.pk), "closed")]


@pytest.mark.parametrize("with_app", [False, True])
def test_a_locked_account_stays_locked(
    stranger: Client, linked: Account, provider: OpenIDProvider, with_app: bool
) -> None:
    if with_app:
        add_app(linked)
    for _ in range(MOST_FAILURES):
        admit(now=NOW, username=linked.username, verified=None, how={"why": "guess"})

    assert there_and_back(stranger, provider).status_code == 403
    assert not is_in(stranger)
    assert refusals()[-1] == (str(linked.pk), "locked")


def test_all_refusals_read_alike(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    pages = [stranger.get(f"{ANSWER}?code=x&state=x")]
    provider.more = {"nonce": "another"}
    pages.append(there_and_back(stranger, provider))
    provider.more = {}
    provider.subject = "somebody-else"
    pages.append(there_and_back(stranger, provider))

    assert len({words(page) for page in pages}) == 1


def test_a_provider_that_is_away_is_said_so(
    stranger: Client, linked: Account, provider: OpenIDProvider, settings: Settings
) -> None:
    back = provider.sign_in(stranger.get(START).headers["Location"])
    settings.OPENID = replace(settings.OPENID, issuer="http://127.0.0.1:1")

    for answer in (stranger.get(back.partition("&iss")[0]), stranger.get(START)):
        assert answer.status_code == 503
        assert "does not answer" in words(answer)
    assert not is_in(stranger)


def test_a_document_of_another_issuer_is_not_followed(
    stranger: Client,
    provider: OpenIDProvider,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.OPENID = replace(settings.OPENID, issuer=f"{provider.issuer}/")

    assert stranger.get(START).status_code == 503
    assert "of another issuer" in caplog.text


# The second factor


def add_app(account: Account) -> None:
    before = NOW - timedelta(minutes=1)
    code = code_at(before)
    enrol_app(viewer=viewer_for(account), now=before, secret=APP_SECRET, code=code)


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"amr": ["pwd"]}, False),
    ],
)
def test_a_second_factor_is_the_providers_only_where_it_says_so_and_is_trusted(
    stranger: Client,
    linked: Account,
    provider: OpenIDProvider,
    said: dict[str, Any],
    accepted: bool,
) -> None:
    add_app(linked)
    provider.more = said

    answer = there_and_back(stranger, provider)

    assert is_in(stranger) is accepted
    if not accepted:
        assert answer.headers["Location"] == "/sign-in/second/"
        stranger.post("/sign-in/second/", {"code": code_at(NOW)})
    entry = Entry.objects.get(event=Event.SIGNED_IN)
    assert (entry.details["by"], entry.details["second"]) == (
        "openid",
        "provider" if accepted else "totp",
    )


def test_where_none_is_trusted_ours_is_asked(
    stranger: Client, linked: Account, provider: OpenIDProvider, settings: Settings
) -> None:
    settings.REQUIRE_MFA = True
    settings.OPENID = replace(settings.OPENID, second=frozenset())
    provider.more = {"amr": ["mfa"]}

    there_and_back(stranger, provider)

    assert stranger.get("/cases/").headers["Location"] == reverse("factors")


# Linking


def test_somebody_links_their_own_account_and_ends_it(
    account: Account, provider: OpenIDProvider
) -> None:
    desk = signed_in(account)
    assert desk.get(f"{START}?for=link").headers["Location"] == SIGN_IN
    page = desk.post(reverse("provider-link"), {"kind": KIND})
    assert "Go to the county" in words(page)

    there_and_back(desk, provider, "?for=link")

    assert ProviderLink.objects.get().account == account
    assert desk.get(f"{START}?for=link").headers["Location"] == SIGN_IN
    assert "opens your account since" in words(desk.get(reverse("factors")))
    desk.post(reverse("provider-unlink"), {"kind": KIND})
    assert not ProviderLink.objects.exists()
    events = [Event.PROVIDER_LINKED, Event.PROVIDER_UNLINKED]
    told = Entry.objects.filter(event__in=events).order_by("id")
    assert [(one.event, one.actor_id) for one in told] == [(e, str(account.pk)) for e in events]


def test_a_subject_opens_one_account_only(linked: Account, provider: OpenIDProvider) -> None:
    other = AccountFactory.create()
    desk = signed_in(other)
    desk.post(reverse("provider-link"), {"kind": KIND})

    there_and_back(desk, provider, "?for=link")

    assert ProviderLink.objects.get().account == linked
    entry = Entry.objects.get(event=Event.PROVIDER_LINKED, outcome=Outcome.DENIED)
    assert (entry.actor_id, entry.details["why"]) == (str(other.pk), "taken")


def test_linking_asks_who_sits_there(account: Account, provider: OpenIDProvider) -> None:
    desk = Client()
    desk.post(SIGN_IN, {"acknowledge": "yes"})
    desk.post(SIGN_IN, {"username": account.username, "password": PASSWORD})

    with time_machine.travel(NOW + FRESH, tick=False):
        for name in ("provider-link", "provider-unlink"):
            assert "Your password again" in words(desk.post(reverse(name), {"kind": KIND}))


def test_an_invitation_is_accepted_with_the_provider_in_a_passwords_place(
    provider: OpenIDProvider,
) -> None:
    administrator = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    token = invite(
        viewer=viewer_for(administrator), now=NOW, username="r.invented",
        display_name="R. Invented", role_code=RoleCode.ADMINISTRATOR,
    )  # fmt: skip
    client = Client()
    client.get(reverse("invitation"), {"t": token})
    assert "instead of a password" in words(client.get(reverse("invitation")))

    there_and_back(client, provider, "?for=invitation")

    account = ProviderLink.objects.get().account
    assert account.username == "r.invented"
    assert not account.has_usable_password()
    client.get(reverse("invitation"), {"t": token})
    assert client.get(reverse("invitation")).status_code == 410
    client.post(SIGN_IN, {"acknowledge": "yes"})
    there_and_back(client, provider)
    assert client.get(reverse("accounts")).status_code == 200
    assert "By provider" in words(client.get(reverse("accounts")))
    client.post(reverse("provider-unlink"), {"kind": KIND})
    assert ProviderLink.objects.exists()


def test_without_an_invitation_none_is_accepted(provider: OpenIDProvider) -> None:
    assert Client().get(f"{START}?for=invitation").headers["Location"] == SIGN_IN
    assert Client().get(f"{START}?for=anything").headers["Location"] == SIGN_IN


def test_an_administrator_ends_somebodys_link(linked: Account) -> None:
    desk = signed_in(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    given = {"account": str(linked.pk), "act": "unlink", "reason": REASON}

    desk.post(reverse("accounts"), given)

    assert not ProviderLink.objects.exists()
    assert Entry.objects.get(event=Event.PROVIDER_UNLINKED).reason
    assert desk.post(reverse("accounts"), given).status_code == 422


# Who sits there, asked again


def test_who_has_no_password_shows_it_by_the_provider(
    stranger: Client, provider: OpenIDProvider
) -> None:
    account = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    account.set_unusable_password()
    account.save(update_fields=["password"])
    vouched = Vouched(provider.issuer, provider.subject, by_second=False)
    link_provider(viewer=viewer_for(account), now=NOW, kind=KIND, vouched=vouched)
    there_and_back(stranger, provider)
    provider.now = later = NOW + FRESH

    with time_machine.travel(later, tick=False):
        asked = stranger.post(reverse("accounts-locked"), {})
        assert "Show it by the county" in words(asked)
        assert b'type="password"' not in asked.content
        assert "Go on where you were" in words(there_and_back(stranger, provider, "?for=again"))
        assert "once more" not in words(stranger.post(reverse("accounts-locked"), {}))


def test_somebody_else_at_the_provider_proves_nothing(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    there_and_back(stranger, provider)
    provider.subject, provider.now = "somebody-else", NOW + FRESH

    with time_machine.travel(NOW + FRESH, tick=False):
        answer = there_and_back(stranger, provider, "?for=again")

        assert answer.status_code == 403
        assert "once more" in words(stranger.post(reverse("factor-codes"), {}))
    failed = Entry.objects.get(event=Event.SIGN_IN_FAILED)
    assert failed.subject_id == str(linked.pk)


def test_a_session_that_is_over_proves_and_links_nothing(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    there_and_back(stranger, provider)

    with time_machine.travel(NOW + IDLE, tick=False):
        for purpose in ("again", "link"):
            sent = stranger.get(f"{START}?for={purpose}")
            assert sent.headers["Location"] == SIGN_IN


# Its configuration


WHOLE = {
    "CASEUNIT_OIDC_ISSUER": "https://id.county.example",
    "CASEUNIT_OIDC_CLIENT_ID": "caseunit",
    "CASEUNIT_OIDC_CLIENT_SECRET": "secret",
}


def configure(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> OpenID | None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return openid()


def test_nothing_set_is_no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configure(monkeypatch, {}) is None


def test_all_of_it_set_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"CASEUNIT_OIDC_SECOND_FACTOR": "mfa,hwk"}

    known = configure(monkeypatch, {**WHOLE, **more})

    assert known is not None
    assert known.second == {"mfa", "hwk"}
    assert "secret" not in repr(known).replace("client_secret", "")


@pytest.mark.parametrize("missing", WHOLE)
def test_half_of_it_stops_the_start(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    given = {name: value for name, value in WHOLE.items() if name != missing}

    with pytest.raises(ImproperlyConfigured, match=f"{missing} must be set"):
        configure(monkeypatch, given)


@pytest.mark.parametrize("issuer", ["http://id.county.example", "id.county.example", "ftp://x.y"])
def test_a_provider_in_the_clear_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match="https"):
        configure(monkeypatch, {**WHOLE, "CASEUNIT_OIDC_ISSUER": issuer})


# A sign-in that was somebody else's


def test_who_disowns_a_sign_in_ends_the_link_too(
    stranger: Client, linked: Account, provider: OpenIDProvider
) -> None:
    """Whoever has the account at the provider is not let in again when ours is released."""
    there_and_back(stranger, provider)
    administrator = viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))

    stranger.post(reverse("session-disown"), {"sure": "yes"})

    assert not is_in(stranger)
    assert not ProviderLink.objects.exists()
    unlinked = Entry.objects.get(event=Event.PROVIDER_UNLINKED)
    assert (unlinked.actor_id, unlinked.details) == (str(linked.pk), {"by": "openid"})
    stranger.post(SIGN_IN, {"acknowledge": "yes"})
    for _ in ("locked", "released"):
        there_and_back(stranger, provider)
        assert not is_in(stranger)
        if is_lock(last_turn(linked.pk)):
            release_account(viewer=administrator, now=NOW, account_id=linked.pk, reason=REASON)
    assert not is_lock(last_turn(linked.pk))

    token = invite_again(viewer=administrator, now=NOW, account_id=linked.pk, reason=REASON)
    vouched = Vouched(provider.issuer, provider.subject, by_second=False)
    accept_by_provider(viewer=viewer_for(linked), now=NOW, token=token, kind=KIND, vouched=vouched)
    there_and_back(stranger, provider)
    assert is_in(stranger)
