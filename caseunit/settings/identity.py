"""Which identity provider may vouch for the unit's people? None, unless all that it takes is set.

Half a configuration stops the start: nobody should believe that a door is there, or shut.
"""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificate
from django.core.exceptions import ImproperlyConfigured

from caseunit.settings.environment import env


@dataclass(frozen=True, slots=True)
class OpenID:
    """A provider that speaks OpenID Connect. `second`: what it says of a second factor we trust."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str
    second: frozenset[str]


@dataclass(frozen=True, slots=True)
class Saml:
    """A provider that speaks SAML 2.0. `certificates`: PEM, any of which may have signed."""

    issuer: str
    address: str
    certificates: tuple[str, ...] = field(repr=False)
    entity_id: str
    label: str
    second: frozenset[str]


def openid() -> OpenID | None:
    """From CASEUNIT_OIDC_…; None when nothing is set. Raises ImproperlyConfigured."""
    given = _all_or_none("CASEUNIT_OIDC", ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
    if given is None:
        return None
    return OpenID(
        issuer=_address("CASEUNIT_OIDC_ISSUER", given["ISSUER"]),
        client_id=given["CLIENT_ID"],
        client_secret=given["CLIENT_SECRET"],
        label=env.str("CASEUNIT_OIDC_LABEL", "your agency"),
        second=frozenset(env.list("CASEUNIT_OIDC_SECOND_FACTOR", [])),
    )


def saml() -> Saml | None:
    """From CASEUNIT_SAML_…; None when nothing is set. Raises ImproperlyConfigured."""
    names = ("ISSUER", "ADDRESS", "CERTIFICATE_PATH", "ENTITY_ID")
    given = _all_or_none("CASEUNIT_SAML", names)
    if given is None:
        return None
    return Saml(
        issuer=given["ISSUER"],
        address=_address("CASEUNIT_SAML_ADDRESS", given["ADDRESS"]),
        certificates=_certificates(given["CERTIFICATE_PATH"]),
        entity_id=given["ENTITY_ID"],
        label=env.str("CASEUNIT_SAML_LABEL", "your agency"),
        second=frozenset(env.list("CASEUNIT_SAML_SECOND_FACTOR", [])),
    )


def _all_or_none(prefix: str, names: tuple[str, ...]) -> dict[str, str] | None:
    given = {name: env.str(f"{prefix}_{name}", "") for name in names}
    if not any(given.values()):
        return None
    missing = [f"{prefix}_{name}" for name in names if not given[name]]
    if missing:
        sentence = f"{' and '.join(missing)} must be set too: an identity provider needs all of it."
        raise ImproperlyConfigured(sentence)
    return given


def _address(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.hostname and (parts.scheme == "https" or _is_here(parts.scheme, parts.hostname)):
        return text
    raise ImproperlyConfigured(f"{name} must begin with https://.")


def _is_here(scheme: str, host: str) -> bool:
    """Plain HTTP stays on the machine."""
    try:
        return scheme == "http" and ip_address(host).is_loopback
    except ValueError:
        return False


def _certificates(path: str) -> tuple[str, ...]:
    """One or more PEM certificates: two while the provider changes its key."""
    name, end = "CASEUNIT_SAML_CERTIFICATE_PATH", "-----END CERTIFICATE-----"
    try:
        text = Path(path).read_text(encoding="ascii")
        found = tuple(f"{part}{end}\n".lstrip() for part in text.split(end) if part.strip())
        for one in found:
            load_pem_x509_certificate(one.encode())
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} must name a file of PEM certificates.") from error
    if not found:
        raise ImproperlyConfigured(f"{name} names an empty file.")
    return found
