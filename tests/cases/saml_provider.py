"""What does a SAML 2.0 provider send? Assertions signed with its key; a test may alter them."""

import base64
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.signer import XMLSigner

ISSUER, ENTITY = "https://id.county.example/saml", "https://cases.example/saml"
ADDRESS = "https://id.county.example/sign-in"
HERE = "http://testserver/sign-in/saml/answer/"
MINUTES = timedelta(minutes=5)
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"

TEMPLATE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r{id}" Version="2.0"
 IssueInstant="{at}" Destination="{destination}" InResponseTo="{answers}">
<saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="{status}">{second}</samlp:StatusCode></samlp:Status>
<saml:Assertion ID="_{id}" Version="2.0" IssueInstant="{at}">
<saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="{format}">{subject}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:{method}">
<saml:SubjectConfirmationData Recipient="{recipient}" InResponseTo="{answers}"
 NotOnOrAfter="{until}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{not_before}" NotOnOrAfter="{until}">
<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>
</saml:Conditions>
<saml:AuthnStatement AuthnInstant="{signed_in}"><saml:AuthnContext>
<saml:AuthnContextClassRef>{context}</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement>
</saml:Assertion></samlp:Response>"""


@dataclass(frozen=True)
class Key:
    private: rsa.RSAPrivateKey
    certificate: str


def make_key(now: datetime) -> Key:
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id.county.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(private, hashes.SHA256())
    )
    return Key(private, certificate.public_bytes(Encoding.PEM).decode())


@dataclass(frozen=True)
class Said:
    """What an answer says; each test changes a word of it."""

    answers: str
    now: datetime
    id: str = "a1"
    subject: str = "p-5f2c"
    issuer: str = ISSUER
    audience: str = ENTITY
    recipient: str = HERE
    destination: str = HERE
    status: str = "Success"
    because: str = ""
    method: str = "bearer"
    format: str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    context: str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
    not_before: timedelta = timedelta(0)
    until: timedelta = MINUTES
    signed_in: timedelta = timedelta(0)

    def xml(self) -> str:
        times = {
            "at": self.now,
            "until": self.now + self.until,
            "not_before": self.now + self.not_before,
            "signed_in": self.now + self.signed_in,
        }
        words = {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in times.items()}
        words["status"] = f"{STATUS}{self.status}"
        second = f'<samlp:StatusCode Value="{STATUS}{self.because}"/>'
        words["second"] = second if self.because else ""
        return TEMPLATE.format(**{**self.__dict__, **words})


@dataclass
class SamlProvider:
    key: Key
    now: datetime
    changes: dict[str, Any] = field(default_factory=dict)
    number: int = 0

    def asked(self, address: str, at: str = ADDRESS) -> Any:
        """The question that the browser was sent with."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == at
        packed = base64.b64decode(parse_qs(parts.query)["SAMLRequest"][0])
        return etree.fromstring(zlib.decompress(packed, -15))

    def answer(self, address: str, **changes: Any) -> str:
        """The form's value by which it answers a question."""
        said = self.said(self.asked(address).get("ID"))
        return encoded(self.signed(replace(said, **changes)))

    def said(self, answers: str, **changes: Any) -> Said:
        self.number += 1
        said = Said(answers, self.now, id=f"a{self.number}")
        return replace(said, **{**self.changes, **changes})

    def signed(self, said: Said, key: Key | None = None, how: dict[str, str] | None = None) -> Any:
        """The answer with its assertion signed, as a tree."""
        root = etree.fromstring(said.xml())
        sign(root, key or self.key, **(how or {}))
        return root


def sign(root: Any, key: Key, **how: str) -> None:
    """Put a signature into the first assertion of a tree."""
    found = root.find(".//{*}Assertion")
    methods = {"signature_algorithm": "rsa-sha256", "digest_algorithm": "sha256", **how}
    signer = XMLSigner(c14n_algorithm=EXCLUSIVE, **methods)  # type: ignore[arg-type]
    signed = signer.sign(
        found,
        key=key.private,
        cert=key.certificate,
        reference_uri=found.get("ID"),
        id_attribute="ID",
    )
    found.getparent().replace(found, signed)


def encoded(root: Any, alter: Callable[[bytes], bytes] = bytes) -> str:
    return base64.b64encode(alter(etree.tostring(root))).decode()
