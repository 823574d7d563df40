"""Does a signed assertion open the account linked to its subject, once, and nothing forged any?"""

import base64
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from lxml import etree
from pytest_django import Settings

from audit.events import Event
from audit.models import Entry
from cases.access import system_viewer, viewer_for
from cases.enums import ProviderKind, RoleCode
from cases.models import Account, ProviderLink, SpentAnswer
from cases.rules.vouching import ASKED_FOR, CLOCKS_DIFFER, Vouched
from cases.services.accounts import set_active
from cases.services.factors import enrol_app
from cases.services.providers import link_provider
from cases.services.saml import believed, spend_answer
from caseunit.settings.identity import Saml, saml
from tests.cases.pages import signed_in, words
from tests.cases.saml_provider import (
    ADDRESS,
    ENTITY,
    HERE,
    ISSUER,
    MINUTES,
    Key,
    SamlProvider,
    encoded,
    make_key,
    sign,
)
from tests.cases.test_factors import SECRET, code_at
from tests.factories import NOW, AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

START, ANSWER, SIGN_IN = "/sign-in/saml/", "/sign-in/saml/answer/", "/sign-in/"
KIND = ProviderKind.SAML
SECOND = timedelta(seconds=1)
MFA = "https://refeds.org/profile/mfa"
NS = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion", "ds": "http://www.w3.org/2000/09/xmldsig#"}


@pytest.fixture(scope="module")
def key() -> Key:
    return make_key(NOW)


@pytest.fixture
def provider(key: Key, settings: Settings) -> SamlProvider:
    settings.SAML = Saml(
        ISSUER, ADDRESS, (key.certificate,), ENTITY, "the county", frozenset({MFA})
    )
    return SamlProvider(key, NOW)


@pytest.fixture
def linked(provider: SamlProvider) -> Account:
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    vouched = Vouched(ISSUER, "p-5f2c", by_second=False)
    link_provider(viewer=viewer_for(account), now=NOW, kind=KIND, vouched=vouched)
    return account


@pytest.fixture
def stranger() -> Client:
    client = Client()
    client.post(SIGN_IN, {"acknowledge": "yes"})
    return client


def ask(client: Client, query: str = "?next=/cases/") -> str:
    sent = client.get(f"{START}{query}")
    assert sent.status_code == 302
    return str(sent.headers["Location"])


def send(client: Client, answer: str, **more: str) -> Any:
    return client.post(ANSWER, {"SAMLResponse": answer, **more})


def there_and_back(client: Client, provider: SamlProvider, **changes: Any) -> Any:
    return send(client, provider.answer(ask(client), **changes))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def refusals() -> list[tuple[str, object]]:
    found = Entry.objects.filter(event=Event.SIGN_IN_FAILED).order_by("id")
    return [(one.subject_id, one.details["why"]) for one in found]


# The round trip


def test_a_signed_assertion_opens_the_linked_account(
    stranger: Client, linked: Account, provider: SamlProvider
) -> None:
    assert "Sign in with the county" in words(stranger.get(SIGN_IN))

    answer = there_and_back(stranger, provider)

    assert answer.headers["Location"] == "/cases/"
    assert is_in(stranger)
    entry = Entry.objects.get(event=Event.SIGNED_IN)
    assert (entry.actor_id, entry.details["by"]) == (str(linked.pk), "saml")
    assert "p-5f2c" not in str(list(Entry.objects.values()))


def test_the_question_asks_who_sits_there_anew(stranger: Client, provider: SamlProvider) -> None:
    asked = provider.asked(ask(stranger))

    assert asked.get("ForceAuthn") == "true"
    assert asked.get("AssertionConsumerServiceURL") == HERE
    assert asked.get("Destination") == ADDRESS
    assert asked.findtext("saml:Issuer", namespaces=NS) == ENTITY


def test_what_another_site_sends_is_sent_on_by_ourselves(
    stranger: Client, linked: Account, provider: SamlProvider
) -> None:
    """A form of another site's brings no cookie with it."""
    answer = provider.answer(ask(stranger))

    page = send(Client(enforce_csrf_checks=True), answer)

    assert page.status_code == 200
    assert f'value="{answer}"' in page.content.decode().replace("&#x3D;", "=")
    send(stranger, answer, sent_on="yes")
    assert is_in(stranger)


def test_where_none_is_configured_there_is_no_such_page(
    stranger: Client, settings: Settings
) -> None:
    assert settings.SAML is None
    for address in (START, "/sign-in/saml/metadata/"):
        assert stranger.get(address).status_code == 404
    assert send(stranger, "x").status_code == 404


def test_the_metadata_says_that_assertions_must_be_signed(provider: SamlProvider) -> None:
    root = etree.fromstring(Client().get("/sign-in/saml/metadata/").content)

    assert root.get("entityID") == ENTITY
    assert root.find("{*}SPSSODescriptor").get("WantAssertionsSigned") == "true"
    assert root.find(".//{*}AssertionConsumerService").get("Location") == HERE


# What is not for us, not now, or not asked


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"issuer": "https://elsewhere.example"}, "issuer"),
        ({"audience": "https://elsewhere.example"}, "audience"),
        ({"recipient": "https://elsewhere.example/"}, "not for this question"),
        ({"answers": "_another"}, "not for this question"),
        ({"answers": ""}, "not for this question"),
        ({"method": "sender-vouches"}, "not for this question"),
        ({"destination": "https://elsewhere.example/"}, "destination"),
        ({"destination": ""}, "destination"),
        ({"status": "Requester"}, "provider refused"),
        ({"until": timedelta(0)}, "expired"),
        ({"not_before": CLOCKS_DIFFER + SECOND}, "not yet"),
        ({"signed_in": -CLOCKS_DIFFER - SECOND}, "not fresh"),
        ({"signed_in": CLOCKS_DIFFER + SECOND}, "not fresh"),
        ({"subject": ""}, "subject"),
        ({"format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"}, "subject"),
        ({"subject": "somebody-else"}, "unknown"),
    ],
)
def test_what_is_not_for_us_now_opens_nothing(
    stranger: Client, linked: Account, provider: SamlProvider, changes: dict[str, Any], why: str
) -> None:
    answer = there_and_back(stranger, provider, **changes)

    assert answer.status_code == 403
    assert not is_in(stranger)
    assert refusals() == [("", why)]
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"until": SECOND}, {"not_before": CLOCKS_DIFFER}, {"signed_in": -CLOCKS_DIFFER}],
)
def test_the_nearest_that_is_does(
    stranger: Client, linked: Account, provider: SamlProvider, changes: dict[str, Any]
) -> None:
    there_and_back(stranger, provider, **changes)

    assert is_in(stranger)


def test_what_nobody_here_asked_for_is_refused(
    stranger: Client, linked: Account, provider: SamlProvider
) -> None:
    """IdP-initiated, or the answer to somebody else's question."""
    other = Client()
    other.post(SIGN_IN, {"acknowledge": "yes"})
    theirs = provider.answer(ask(other))

    assert send(stranger, theirs, sent_on="yes").status_code == 403
    ask(stranger)
    assert send(stranger, theirs).status_code == 403
    assert [why for _, why in refusals()] == ["no question", "not for this question"]
    assert not is_in(stranger)


def test_an_answer_serves_once(stranger: Client, linked: Account, provider: SamlProvider) -> None:
    answer = provider.answer(ask(stranger))
    send(stranger, answer)
    stranger.post("/sign-out/")

    assert send(stranger, answer, sent_on="yes").status_code == 403
    assert not is_in(stranger)


def test_an_assertion_serves_once_even_for_its_own_question(
    provider: SamlProvider,
) -> None:
    door = system_viewer("test")
    answer = encoded(provider.signed(provider.said("_q")))
    said = believed(encoded=answer, key="_q", here=HERE, asked_at=NOW, now=NOW)

    assert spend_answer(viewer=door, now=NOW, said=said)
    assert not spend_answer(viewer=door, now=NOW + MINUTES, said=said)
    assert refusals() == [("", "used before")]
    assert SpentAnswer.objects.get().kept_until == NOW + MINUTES
    later = believed(
        encoded=encoded(provider.signed(provider.said("_q", until=3 * MINUTES))),
        key="_q", here=HERE, asked_at=NOW, now=NOW,
    )  # fmt: skip
    assert spend_answer(viewer=door, now=NOW + MINUTES + SECOND, said=later)
    assert SpentAnswer.objects.count() == 1


@pytest.mark.parametrize("late", [False, True])
def test_a_question_stands_for_ten_minutes(
    stranger: Client, linked: Account, provider: SamlProvider, late: bool
) -> None:
    asked = ask(stranger)
    provider.now = at = NOW + ASKED_FOR - (timedelta(0) if late else SECOND)

    with time_machine.travel(at, tick=False):
        send(stranger, provider.answer(asked))

    assert is_in(stranger) is not late


# What was not signed, or not so


def unsigned(root: Any, provider: SamlProvider) -> None:
    signature = root.find(".//ds:Signature", NS)
    signature.getparent().remove(signature)


def altered(root: Any, provider: SamlProvider) -> None:
    root.find(".//saml:NameID", NS).text = "p-5f2c"


def by_another_key(root: Any, provider: SamlProvider) -> None:
    unsigned(root, provider)
    sign(root, make_key(NOW))


def response_signed_instead(root: Any, provider: SamlProvider) -> None:
    """The signature is taken out of what it signs."""
    root.append(root.find(".//ds:Signature", NS))


def a_second_assertion_first(root: Any, provider: SamlProvider) -> None:
    root.insert(0, _evil(root))


def a_second_assertion_last(root: Any, provider: SamlProvider) -> None:
    root.append(_evil(root))


def the_signed_one_inside_a_forged_one(root: Any, provider: SamlProvider) -> None:
    _wrap(root, lambda evil, good: evil.append(good))


def the_signed_one_in_the_signature_of_a_forged_one(root: Any, provider: SamlProvider) -> None:
    def hide(evil: Any, good: Any) -> None:
        signature = good.find("ds:Signature", NS)
        evil.insert(1, signature)
        holder = etree.SubElement(signature, f"{{{NS['ds']}}}Object")
        holder.append(good)

    _wrap(root, hide)


def the_signed_one_in_extensions(root: Any, provider: SamlProvider) -> None:
    def hide(evil: Any, good: Any) -> None:
        evil.insert(1, deepcopy(good.find("ds:Signature", NS)))
        holder = etree.Element("{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
        root.insert(1, holder)
        holder.append(good)

    _wrap(root, hide)


def another_of_the_same_id(root: Any, provider: SamlProvider) -> None:
    other = etree.SubElement(root, "{urn:other}Assertion")
    other.set("ID", root.find("saml:Assertion", NS).get("ID"))


def _evil(root: Any) -> Any:
    evil = deepcopy(root.find("saml:Assertion", NS))
    signature = evil.find("ds:Signature", NS)
    evil.remove(signature)
    evil.set("ID", "_evil")
    evil.find(".//saml:NameID", NS).text = "p-5f2c"
    return evil


def _wrap(root: Any, hide: Any) -> None:
    good = root.find("saml:Assertion", NS)
    evil = _evil(root)
    root.replace(good, evil)
    hide(evil, good)


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        altered,
        by_another_key,
        response_signed_instead,
        a_second_assertion_first,
        a_second_assertion_last,
        the_signed_one_inside_a_forged_one,
        the_signed_one_in_the_signature_of_a_forged_one,
        the_signed_one_in_extensions,
        another_of_the_same_id,
    ],
)
def test_what_the_provider_did_not_sign_so_opens_nothing(
    stranger: Client, linked: Account, provider: SamlProvider, forge: Any
) -> None:
    """A real assertion about somebody who has no account here is made to speak of one who has."""
    said = provider.said(provider.asked(ask(stranger)).get("ID"), subject="nobody-here")
    root = provider.signed(said)
    forge(root, provider)

    answer = send(stranger, encoded(root))

    assert answer.status_code == 403
    assert not is_in(stranger)
    assert len(refusals()) == 1
    assert refusals()[0][1] in {"signature", "assertion not signed", "not one assertion"}


def hidden_from_us(root: Any, _: SamlProvider) -> None:
    """As it looks where the provider encrypts; what is inside does not matter."""
    made = etree.Element(f"{{{NS['saml']}}}EncryptedAssertion")
    root.replace(root.find("saml:Assertion", NS), made)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (unsigned, "assertion not signed"),
        (response_signed_instead, "assertion not signed"),
        (hidden_from_us, "encrypted"),
    ],
)
def test_what_a_provider_must_be_set_to_stands_in_the_log(
    stranger: Client, linked: Account, provider: SamlProvider, change: Any, why: str
) -> None:
    root = provider.signed(provider.said(provider.asked(ask(stranger)).get("ID")))
    change(root, provider)

    assert send(stranger, encoded(root)).status_code == 403
    assert refusals() == [("", why)]


@pytest.mark.parametrize(
    ("because", "said"), [("AuthnFailed", "AuthnFailed"), ("Maria Invented", None), ("", None)]
)
def test_whoever_cancels_there_is_told_so_and_the_standards_word_is_on_record(
    stranger: Client, linked: Account, provider: SamlProvider, because: str, said: str | None
) -> None:
    answer = there_and_back(stranger, provider, status="Responder", because=because)

    assert answer.status_code == 403
    assert "If you went back there yourself, nothing is wrong" in words(answer)
    assert Entry.objects.get(event=Event.SIGN_IN_FAILED).details.get("said") == said


def test_a_comment_cuts_no_subject_off(
    stranger: Client, linked: Account, provider: SamlProvider
) -> None:
    """`p-5f2c<!-- -->.evil` is not `p-5f2c`, however it was signed."""
    said = provider.said(provider.asked(ask(stranger)).get("ID"), subject="p-5f2c<!-- x -->.evil")

    send(stranger, encoded(provider.signed(said)))

    assert refusals() == [("", "unknown")]


@pytest.mark.parametrize(
    "how",
    [{"signature_algorithm": "rsa-sha1"}, {"digest_algorithm": "sha1"}],
)
def test_weak_signatures_open_nothing(
    stranger: Client,
    linked: Account,
    provider: SamlProvider,
    how: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signxml.signer.XMLSigner.check_deprecated_methods", lambda _: None)
    said = provider.said(provider.asked(ask(stranger)).get("ID"))

    send(stranger, encoded(provider.signed(said, how=how)))

    assert refusals() == [("", "signature")]


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
FETCH = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (base64.b64encode(BOMB + b"<x>&c;</x>").decode(), "document type"),
        (base64.b64encode(FETCH + b"<x>&a;</x>").decode(), "document type"),
        (
            base64.b64encode((BOMB + b"<x>&c;</x>").decode().encode("utf-16")).decode(),
            "document type",
        ),
        (base64.b64encode(b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x'><x/>").decode(),
         "document type"),
        (base64.b64encode(b"<x/>").decode(), "no response"),
        (base64.b64encode(b"<x>").decode(), "unreadable"),
        ("", "unreadable"),
        ("%%%", "unreadable"),
        ("A" * 300_000, "too long"),
    ],
)  # fmt: skip
def test_what_is_no_answer_at_all_is_refused(
    stranger: Client, provider: SamlProvider, sent: str, why: str
) -> None:
    ask(stranger)

    assert send(stranger, sent).status_code == 403
    assert refusals() == [("", why)]


def test_a_bomb_inside_a_real_answer_is_refused(
    stranger: Client, linked: Account, provider: SamlProvider
) -> None:
    said = provider.said(provider.asked(ask(stranger)).get("ID"))

    send(stranger, encoded(provider.signed(said), lambda text: BOMB + text))

    assert refusals() == [("", "document type")]


def test_either_of_two_keys_may_have_signed(
    stranger: Client, linked: Account, provider: SamlProvider, settings: Settings
) -> None:
    """While the provider changes its key."""
    both = (make_key(NOW).certificate, provider.key.certificate)
    settings.SAML = replace(settings.SAML, certificates=both)

    there_and_back(stranger, provider)

    assert is_in(stranger)


# The account, its second factor, and its link


def test_a_closed_account_stays_closed(
    stranger: Client, linked: Account, provider: SamlProvider
) -> None:
    viewer = viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    reason = "Left the unit on Friday."
    set_active(viewer=viewer, now=NOW, account_id=linked.pk, active=False, reason=reason)

    there_and_back(stranger, provider)

    assert refusals() == [(str(linked.pk), "closed")]


@pytest.mark.parametrize("context", [MFA, "another"])
def test_the_providers_second_factor_counts_where_it_is_trusted(
    stranger: Client, linked: Account, provider: SamlProvider, context: str
) -> None:
    before = NOW - timedelta(minutes=1)
    enrol_app(viewer=viewer_for(linked), now=before, secret=SECRET, code=code_at(before))

    answer = there_and_back(stranger, provider, context=context)

    assert is_in(stranger) is (context == MFA)
    assert answer.headers["Location"] == ("/cases/" if context == MFA else "/sign-in/second/")


def test_somebody_links_their_own_account(provider: SamlProvider) -> None:
    account = AccountFactory.create()
    desk = signed_in(account)
    desk.post(reverse("provider-link"), {"kind": KIND})

    send(desk, provider.answer(ask(desk, "?for=link")))

    assert ProviderLink.objects.get().account == account


# Its configuration


def configure(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> Saml | None:
    for name, value in given.items():
        monkeypatch.setenv(f"CASEUNIT_SAML_{name}", value)
    return saml()


@pytest.fixture
def whole(tmp_path: Path, key: Key) -> dict[str, str]:
    path = tmp_path / "provider.pem"
    path.write_text(key.certificate * 2)
    return {
        "ISSUER": ISSUER,
        "ADDRESS": ADDRESS,
        "CERTIFICATE_PATH": str(path),
        "ENTITY_ID": ENTITY,
    }


def test_all_of_it_set_is_a_provider_and_nothing_none(
    monkeypatch: pytest.MonkeyPatch, whole: dict[str, str]
) -> None:
    assert saml() is None
    known = configure(monkeypatch, whole)
    assert known is not None
    assert len(known.certificates) == 2


@pytest.mark.parametrize("missing", ["ISSUER", "ADDRESS", "CERTIFICATE_PATH", "ENTITY_ID"])
def test_half_of_it_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, whole: dict[str, str], missing: str
) -> None:
    del whole[missing]

    with pytest.raises(ImproperlyConfigured, match=f"CASEUNIT_SAML_{missing} must be set"):
        configure(monkeypatch, whole)


@pytest.mark.parametrize("content", ["", "no certificate", None])
def test_a_file_without_certificates_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, whole: dict[str, str], tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "other.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ImproperlyConfigured, match="CERTIFICATE_PATH"):
        configure(monkeypatch, {**whole, "CERTIFICATE_PATH": str(path)})
