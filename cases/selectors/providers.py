"""Which identity providers are there, and who is linked to one?"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from cases.enums import ProviderKind
from cases.models import Account, ProviderLink
from cases.rules.vouching import Vouched

STARTS = {ProviderKind.OPENID: "openid-start", ProviderKind.SAML: "saml-start"}


@dataclass(frozen=True, slots=True)
class Provider:
    """One that is configured. `start` names the page that leads there."""

    kind: ProviderKind
    label: str
    start: str
    linked_at: datetime | None = None


def providers() -> tuple[Provider, ...]:
    """Those that are configured; none, unless the unit wants one."""
    known = {ProviderKind.OPENID: settings.OPENID, ProviderKind.SAML: settings.SAML}
    return tuple(
        Provider(kind, one.label, STARTS[kind]) for kind, one in known.items() if one is not None
    )


def providers_of(account_id: UUID) -> tuple[Provider, ...]:
    """The same, with since when the account is linked to each."""
    rows = ProviderLink.objects.filter(account_id=account_id)
    since = dict(rows.values_list("kind", "linked_at"))
    return tuple(
        Provider(one.kind, one.label, one.start, since.get(one.kind)) for one in providers()
    )


def account_of(kind: ProviderKind, vouched: Vouched) -> Account | None:
    """Whose subject it is, open or closed; None: nobody's who was linked here."""
    rows = ProviderLink.objects.filter(kind=kind, subject_digest=subject_digest(kind, vouched))
    link = rows.select_related("account").first()
    return link.account if link else None


def subject_digest(kind: ProviderKind, vouched: Vouched) -> bytes:
    """Stands for issuer and subject together: the same subject of another issuer is another."""
    parts = (kind.value, vouched.issuer, vouched.subject)
    message = "".join(f"{len(part)}:{part}" for part in ("caseunit.provider link", *parts))
    return hmac.new(settings.DIGEST_KEY, message.encode(), hashlib.sha256).digest()
