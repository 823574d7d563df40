"""How does a SAML 2.0 provider vouch for somebody? By an assertion that one of its keys has signed.

Nothing is read but what the verifier hands back as signed: whatever else is wrapped around it, or
put beside it, is never looked at.
"""

import base64
import hashlib
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from django.db import transaction
from lxml import etree
from lxml.builder import ElementMaker
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from cases.access import Viewer
from cases.models import SpentAnswer
from cases.rules.assertions import (
    PERSISTENT,
    Assertion,
    Confirmation,
    Expected,
    why_assertion_not_believed,
)
from cases.rules.vouching import Vouched
from cases.services.lockout import admit
from cases.services.openid import Declined, Disbelieved

LONGEST_ANSWER = 256 * 1024
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
SUCCESS = f"{STATUS}Success"
# What a provider may say went wrong, the second word of its status [SAML 2.0 Core, 3.2.2.2]. Any
# other is somebody's own and is not repeated.
ERRORS = frozenset(
    {
        "AuthnFailed",
        "InvalidNameIDPolicy",
        "NoAuthnContext",
        "NoAvailableIDP",
        "NoPassive",
        "RequestDenied",
        "RequestUnsupported",
        "RequestVersionTooLow",
        "UnknownPrincipal",
        "UnsupportedBinding",
    }
)
NAMES = {"samlp": PROTOCOL, "saml": ASSERTION, "ds": "http://www.w3.org/2000/09/xmldsig#"}
METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


def request_address(*, key: str, here: str, now: datetime) -> str:
    """Where the browser is sent, with the question `key`; the provider asks who sits there anew."""
    known: Any = settings.SAML
    protocol = ElementMaker(namespace=PROTOCOL, nsmap=NAMES)
    issuer = ElementMaker(namespace=ASSERTION, nsmap=NAMES).Issuer(known.entity_id)
    policy = protocol.NameIDPolicy(Format=PERSISTENT, AllowCreate="true")
    asked = protocol.AuthnRequest(
        issuer,
        policy,
        ID=key,
        Version="2.0",
        IssueInstant=f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        Destination=known.address,
        ForceAuthn="true",
        AssertionConsumerServiceURL=here,
        ProtocolBinding=POST,
    )
    packed = zlib.compress(etree.tostring(asked))[2:-4]
    query = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": key})
    return f"{known.address}{'&' if urlsplit(known.address).query else '?'}{query}"


def metadata(here: str) -> bytes:
    """What an administrator of the provider's loads: who we are, and where answers go."""
    known: Any = settings.SAML
    make = ElementMaker(namespace=METADATA, nsmap={"md": METADATA})
    service = make.AssertionConsumerService(
        Binding=POST, Location=here, index="0", isDefault="true"
    )
    described = make.SPSSODescriptor(
        make.NameIDFormat(PERSISTENT),
        service,
        protocolSupportEnumeration=PROTOCOL,
        WantAssertionsSigned="true",
        AuthnRequestsSigned="false",
    )
    text: bytes = etree.tostring(
        make.EntityDescriptor(described, entityID=known.entity_id),
        xml_declaration=True,
        encoding="UTF-8",
    )
    return text


def believed(*, encoded: str, key: str, here: str, asked_at: datetime, now: datetime) -> Assertion:
    """What the provider says in answer to the question `key`. Raises Disbelieved."""
    known: Any = settings.SAML
    said = _signed_assertion(encoded, here, now)
    wanted = Expected(known.issuer, known.entity_id, here, key, asked_at)
    why = why_assertion_not_believed(said, wanted, now)
    if why:
        raise Disbelieved(why)
    return said


def vouched(said: Assertion) -> Vouched:
    """Whom it vouches for."""
    known: Any = settings.SAML
    return Vouched(said.issuer, said.subject, bool(said.contexts & known.second))


@transaction.atomic
def spend_answer(*, viewer: Viewer, now: datetime, said: Assertion) -> bool:
    """Whether the assertion is used for the first time; a second use is a failed sign-in.

    It is remembered until it would be too old anyhow. `viewer` is the door that asks.
    """
    SpentAnswer.objects.filter(kept_until__lt=now).delete()
    digest = hashlib.sha256(f"{len(said.issuer)}:{said.issuer}{said.id}".encode()).digest()
    ends = (said.until, *(one.until for one in said.confirmations))
    kept_until = max(end for end in ends if end is not None)
    _, is_new = SpentAnswer.objects.get_or_create(
        digest=digest, defaults={"kept_until": kept_until}
    )
    if not is_new:
        told = {"by": "saml", "why": "used before", "at": viewer.label}
        admit(now=now, username="", verified=None, how=told)
    return is_new


def _signed_assertion(encoded: str, here: str, now: datetime) -> Assertion:
    """The one assertion of an answer that succeeded, as it was signed. Raises Disbelieved."""
    root = _parsed(encoded)
    _require(root.tag == f"{{{PROTOCOL}}}Response", "no response")
    _require(root.get("Destination") == here, "destination")
    _require_success(root)
    everywhere = root.xpath("//saml:Assertion | //saml:EncryptedAssertion", namespaces=NAMES)
    direct = root.findall("saml:Assertion", NAMES)
    _require(bool(direct) or len(everywhere) != 1, "encrypted")
    _require(len(everywhere) == len(direct) == 1, "not one assertion")
    _require(direct[0].find("ds:Signature", NAMES) is not None, "assertion not signed")
    return _as_said(_verified(root, direct[0].get("ID"), now))


def _require_success(root: Any) -> None:
    codes = [one.get("Value", "") for one in root.iterfind("samlp:Status//samlp:StatusCode", NAMES)]
    if codes[:1] == [SUCCESS]:
        return
    said = (one.removeprefix(STATUS) for one in codes[1:])
    raise Declined(next((one for one in said if one in ERRORS), ""))


def _parsed(encoded: str) -> Any:
    """Without a document type: so no entity is there to be expanded or fetched."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    _require(len(encoded) <= LONGEST_ANSWER, "too long")
    try:
        root = etree.fromstring(base64.b64decode(encoded, validate=False), parser)
    except (ValueError, etree.XMLSyntaxError):
        raise Disbelieved("unreadable") from None
    document = root.getroottree().docinfo
    _require(document.internalDTD is None and not document.doctype, "document type")
    return root


def _verified(root: Any, wanted: str | None, now: datetime) -> Any:
    """The assertion as one of the provider's keys has signed it: parsed anew from those bytes."""
    known: Any = settings.SAML
    config = SignatureConfiguration(
        location=f"./{{{ASSERTION}}}Assertion/",
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        verification_time=now,
    )
    for certificate in known.certificates:
        try:
            result = XMLVerifier().verify(
                root, x509_cert=certificate, id_attribute="ID", expect_config=config
            )
        except (SignXMLException, UnsupportedAlgorithm, ValueError, TypeError, AttributeError):
            continue
        signed: Any = result.signed_xml  # type: ignore[union-attr]
        _require(signed is not None and signed.tag == f"{{{ASSERTION}}}Assertion", "signature")
        _require(bool(wanted) and signed.get("ID") == wanted, "signature")
        return signed
    raise Disbelieved("signature")


def _as_said(signed: Any) -> Assertion:
    name, conditions = signed.find("saml:Subject/saml:NameID", NAMES), _conditions(signed)
    statement = signed.find("saml:AuthnStatement", NAMES)
    _require(name is not None and statement is not None, "incomplete")
    restrictions = conditions.findall("saml:AudienceRestriction", NAMES)
    references = statement.findall("saml:AuthnContext/saml:AuthnContextClassRef", NAMES)
    return Assertion(
        id=signed.get("ID"),
        issuer=_text(signed.find("saml:Issuer", NAMES)),
        subject=_text(name),
        subject_format=name.get("Format", ""),
        not_before=_moment(conditions, "NotBefore"),
        until=_moment(conditions, "NotOnOrAfter"),
        audiences=tuple(_texts(one.findall("saml:Audience", NAMES)) for one in restrictions),
        confirmations=_confirmations(signed),
        signed_in_at=_moment(statement, "AuthnInstant"),
        session_until=_moment(statement, "SessionNotOnOrAfter"),
        contexts=_texts(references),
    )


def _conditions(signed: Any) -> Any:
    found = signed.findall("saml:Conditions", NAMES)
    _require(len(found) == 1, "incomplete")
    return found[0]


def _confirmations(signed: Any) -> tuple[Confirmation, ...]:
    found = signed.findall("saml:Subject/saml:SubjectConfirmation", NAMES)
    pairs = [(one, one.find("saml:SubjectConfirmationData", NAMES)) for one in found]
    return tuple(
        Confirmation(
            method=one.get("Method", ""),
            recipient=data.get("Recipient", ""),
            answers=data.get("InResponseTo", ""),
            not_before=data.get("NotBefore", ""),
            until=_moment(data, "NotOnOrAfter"),
        )
        for one, data in pairs
        if data is not None
    )


def _moment(element: Any, name: str) -> datetime | None:
    """An instant of UTC. Raises Disbelieved when it can't be read."""
    given = element.get(name)
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise Disbelieved("unreadable") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(element: Any) -> str:
    """All of it: a comment inside cuts nothing off."""
    return "" if element is None else "".join(element.itertext()).strip()


def _texts(elements: Any) -> frozenset[str]:
    return frozenset(_text(one) for one in elements)


def _require(holds: bool, why: str) -> None:  # noqa: FBT001
    if not holds:
        raise Disbelieved(why)
