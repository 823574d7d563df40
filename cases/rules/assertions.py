"""May a SAML assertion be believed? What its signed part says and times in, what is wrong out.

SAML 2.0 Core 2.4 and 2.5, Profiles 4.1.4. That the provider signed it is checked before.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from cases.rules.vouching import CLOCKS_DIFFER, LONGEST_SUBJECT

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """By what the assertion is tied to this browser, this service and this question."""

    method: str
    recipient: str
    answers: str
    not_before: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """The signed part of an answer. `audiences`: one set for each restriction."""

    id: str
    issuer: str
    subject: str
    subject_format: str
    not_before: datetime | None
    until: datetime | None
    audiences: tuple[frozenset[str], ...]
    confirmations: tuple[Confirmation, ...]
    signed_in_at: datetime | None
    session_until: datetime | None
    contexts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Expected:
    """What was asked of which provider, by whom, and where the answer was to come."""

    issuer: str
    audience: str
    recipient: str
    answers: str
    asked_at: datetime


def why_assertion_not_believed(said: Assertion, wanted: Expected, now: datetime) -> str:
    """What is wrong with it, in one word; empty when nothing is."""
    checks = {
        "issuer": said.issuer == wanted.issuer,
        "not yet": said.not_before is None or said.not_before <= now + CLOCKS_DIFFER,
        "expired": _lasts(said.until, now) and _lasts(said.session_until or said.until, now),
        "audience": bool(said.audiences)
        and all(wanted.audience in named for named in said.audiences),
        "not for this question": any(_confirms(one, wanted, now) for one in said.confirmations),
        "subject": said.subject_format == PERSISTENT and 0 < len(said.subject) <= LONGEST_SUBJECT,
        "not fresh": _is_recent(said.signed_in_at, wanted, now),
    }
    return next((word for word, holds in checks.items() if not holds), "")


def _confirms(one: Confirmation, wanted: Expected, now: datetime) -> bool:
    return (
        one.method == BEARER
        and one.recipient == wanted.recipient
        and hmac.compare_digest(one.answers.encode(), wanted.answers.encode())
        and not one.not_before
        and _lasts(one.until, now)
    )


def _lasts(until: datetime | None, now: datetime) -> bool:
    return until is not None and now < until


def _is_recent(moment: datetime | None, wanted: Expected, now: datetime) -> bool:
    if moment is None:
        return False
    return wanted.asked_at - CLOCKS_DIFFER <= moment <= now + CLOCKS_DIFFER
