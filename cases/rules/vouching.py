"""May what a provider says of somebody be believed? Claims and times in, what is wrong out.

That the provider said it (the signature) is checked before, in `cases.services`.
OpenID Connect Core 1.0, 3.1.3.7.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# How far the provider's clock may be from ours.
CLOCKS_DIFFER = timedelta(seconds=60)
# How long somebody may take at the provider.
ASKED_FOR = timedelta(minutes=10)
LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of the provider, and when. `nonce` comes back inside the answer."""

    issuer: str
    audience: str
    nonce: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for, and whether by a second factor that the unit trusts."""

    issuer: str
    subject: str
    by_second: bool


def why_not_believed(claims: Mapping[str, Any], question: Question, now: datetime) -> str:
    """What is wrong with the claims, in one word; empty when nothing is."""
    checks = {
        "issuer": claims.get("iss") == question.issuer,
        "audience": _is_for(claims, question.audience),
        "expired": _moment(claims, "exp") > now,
        "not yet": _moment(claims, "nbf", default=now) <= now + CLOCKS_DIFFER,
        "issued": _is_recent(_moment(claims, "iat"), question, now),
        "nonce": _same(claims.get("nonce"), question.nonce),
        "subject": _is_subject(claims.get("sub")),
        "not fresh": _is_recent(_moment(claims, "auth_time"), question, now),
    }
    return next((word for word, holds in checks.items() if not holds), "")


def has_second(claims: Mapping[str, Any], trusted: frozenset[str]) -> bool:
    """Whether the provider says that it asked for a second factor, in words that are trusted."""
    methods = claims.get("amr")
    said = {one for one in methods if isinstance(one, str)} if isinstance(methods, list) else set()
    context = claims.get("acr")
    return bool(trusted & (said | ({context} if isinstance(context, str) else set())))


def _is_for(claims: Mapping[str, Any], audience: str) -> bool:
    named = claims.get("aud")
    named = [named] if isinstance(named, str) else named
    if not isinstance(named, list) or audience not in named:
        return False
    party = claims.get("azp", None if len(named) > 1 else audience)
    return bool(party == audience)


def _is_recent(moment: datetime, question: Question, now: datetime) -> bool:
    """After the question was asked, and not in time to come."""
    return question.asked_at - CLOCKS_DIFFER <= moment <= now + CLOCKS_DIFFER


def _moment(claims: Mapping[str, Any], name: str, default: datetime | None = None) -> datetime:
    """Without one: so long ago that nothing holds."""
    value = claims.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        return datetime.min.replace(tzinfo=UTC)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.min.replace(tzinfo=UTC)


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())


def _is_subject(given: object) -> bool:
    return isinstance(given, str) and 0 < len(given) <= LONGEST_SUBJECT
