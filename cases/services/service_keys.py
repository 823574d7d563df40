"""How does a machine get a key, use it, and lose it?

A key reads `caseunit_PREFIX_SECRET`. The secret is 256 bits of chance, so a keyed digest of it is
enough to know it again by: there is nothing to guess that would need to be slow.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.context import Actor
from audit.events import Event, Outcome
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission, ServiceScope
from cases.models import ServiceKey
from cases.rules.reasons import says_enough, visible
from cases.services.lockout import NoReason

FORM = re.compile(r"caseunit_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
LONGEST = timedelta(days=366)
NO_DIGEST = bytes(32)


class NoKey(ValueError):
    """There is no such key, or it is revoked already."""


class BadEnd(ValueError):
    """A key must end, and within a year."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A machine whose key is good for what it asks."""

    id: UUID
    name: str
    prefix: str

    @property
    def actor(self) -> Actor:
        """As entries name it: no account has such an id."""
        return Actor(f"service:{self.prefix}", f"service:{self.name}")


@transaction.atomic
def make_service_key(
    *,
    viewer: Viewer,
    now: datetime,
    name: str,
    scope: ServiceScope,
    expires_at: datetime,
    reason: str,
) -> str:
    """The key, which nobody can be shown again. Raises NotPermitted, NoReason, BadEnd."""
    _demand(viewer, reason)
    if not now < expires_at <= now + LONGEST:
        raise BadEnd("Until: a day after today, within a year.")
    prefix = "".join(secrets.choice(LETTERS) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    row = ServiceKey.objects.create(
        name=name,
        prefix=prefix,
        secret_digest=_digest(secret),
        scope=scope,
        created_at=now,
        created_by_id=viewer.account_key,
        expires_at=expires_at,
    )
    record(
        Event.SERVICE_KEY_MADE,
        at=now,
        subject_type="service_key",
        subject_id=row.pk,
        reason=visible(reason),
        details={"name": name, "prefix": prefix, "scope": scope, "expires_at": expires_at},
    )
    return f"caseunit_{prefix}_{secret}"


@transaction.atomic
def revoke_service_key(*, viewer: Viewer, now: datetime, key_id: UUID, reason: str) -> None:
    """From the next request on it opens nothing. Raises NotPermitted, NoReason, NoKey."""
    _demand(viewer, reason)
    rows = ServiceKey.objects.select_for_update(of=("self",))
    row = rows.filter(pk=key_id, revoked_at__isnull=True).first()
    if row is None:
        raise NoKey("That key is revoked already.")
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    record(
        Event.SERVICE_KEY_REVOKED,
        at=now,
        subject_type="service_key",
        subject_id=row.pk,
        reason=visible(reason),
        details={"name": row.name, "prefix": row.prefix},
    )


@transaction.atomic
def use_service_key(
    *, viewer: Viewer, now: datetime, given: str, scope: ServiceScope
) -> Bearer | None:
    """Whose key it is, if it opens `scope` now. Every use and every refusal of a key is on record.

    `viewer` is the door that asks: an account is never let in by a key. What belongs to no key
    leaves no entry: a stranger could fill the log with it.
    """
    parts = FORM.fullmatch(given)
    prefix, secret = parts.groups() if parts else ("", "")
    row = ServiceKey.objects.select_for_update(of=("self",)).filter(prefix=prefix).first()
    is_right = hmac.compare_digest(bytes(row.secret_digest) if row else NO_DIGEST, _digest(secret))
    if row is None or viewer.account_id is not None:
        return None
    bearer = Bearer(row.pk, row.name, row.prefix)
    why = _why_refused(row, scope, now, is_right=is_right)
    if not why:
        row.last_used_at = now
        row.save(update_fields=["last_used_at"])
    record(
        Event.SERVICE_KEY_USED,
        at=now,
        actor=bearer.actor,
        subject_type="service_key",
        subject_id=row.pk,
        outcome=Outcome.DENIED if why else Outcome.ALLOWED,
        details={"scope": scope, **({"refused": why} if why else {})},
    )
    return None if why else bearer


def _why_refused(row: ServiceKey, scope: ServiceScope, now: datetime, *, is_right: bool) -> str:
    if not is_right:
        return "secret"
    if row.revoked_at is not None:
        return "revoked"
    if now >= row.expires_at:
        return "expired"
    return "" if row.scope == scope else "scope"


def _demand(viewer: Viewer, reason: str) -> None:
    if not viewer.can(Permission.MANAGE_ACCOUNTS):
        raise NotPermitted("Your role does not allow you to manage accounts.")
    if not says_enough(reason):
        raise NoReason("Why: say who asked and what for, in a sentence.")


def _digest(secret: str) -> bytes:
    message = f"caseunit.service key:{secret}".encode()
    return hmac.new(settings.DIGEST_KEY, message, hashlib.sha256).digest()
