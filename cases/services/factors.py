"""How does somebody get a second factor, prove it, and lose it?

allauth keeps the rows and does the cryptography of passkeys; `lockout.admit` alone opens the door.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import (
    WebAuthn,
    complete_authentication,
    complete_registration,
    parse_authentication_response,
)
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from audit.events import Event, Outcome
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission
from cases.models import Account
from cases.rules.reasons import says_enough, visible
from cases.selectors.factors import APP, CODES, FACTORS, HASHED, PASSKEY, has_factor
from cases.selectors.lockout import late_codes
from cases.services.lockout import NoReason
from cases.services.sessions import end_sessions_of

STEP_SECONDS = 30
LAST_STEP = "last_step"
LAST_COUNT = "last_count"
# What a code proves that was right in the half minute just before: nothing; but nobody guessed it.
RUN_OUT = "run out"
# So many of them, within the time in which failures are counted, are told from wrong ones.
MOST_RUN_OUT = 5
# Recovery codes are chance and open an account that locks after five guesses: a tenth of the rounds
# that a password takes, so that ten are made while somebody waits.
CODE_DIGITS, CODE_ITERATIONS = 10, 100_000
HASHER = PBKDF2PasswordHasher()


class NotProved(ValueError):
    """The code is not the secret's, or the passkey's answer is not to our question."""


class LastFactor(ValueError):
    """Where a second factor is required, the last one stays until there is another."""


class NoFactor(ValueError):
    """There is nothing to remove, or to reset."""


def _own(viewer: Viewer) -> QuerySet[Authenticator]:
    """The viewer's rows, with the account locked: acts on one account's factors take turns."""
    Account.objects.select_for_update(of=("self",)).get(pk=viewer.account_key)
    return Authenticator.objects.filter(user_id=viewer.account_key)


@transaction.atomic
def enrol_app(*, viewer: Viewer, now: datetime, secret: str, code: str) -> None:
    """Keep an authenticator app's secret (base32), once a code proves that the app has it.

    An app that was there before opens nothing any more. Raises NotProved.
    """
    rows = _own(viewer)
    step = _step(now)
    if _is_code(secret, code, step - 1):
        raise NotProved("That code has just run out. Type the one that the app shows now.")
    if not _is_code(secret, code, step):
        raise NotProved("That is not the code that the app shows now. Is the phone's clock right?")
    if rows.filter(type=APP).delete()[0]:
        _removed(viewer, now, APP)
    row = TOTP.activate(Account(pk=viewer.account_key), secret).instance
    row.data[LAST_STEP] = step
    row.created_at = now
    row.save(update_fields=["data", "created_at"])
    _enrolled(viewer, now, APP)


@transaction.atomic
def enrol_passkey(
    *, viewer: Viewer, now: datetime, name: str, credential: Mapping[str, Any]
) -> None:
    """Keep a passkey's public key. `credential` answers the question in this request's session.

    Raises NotProved.
    """
    _own(viewer)
    try:
        complete_registration(dict(credential))
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise NotProved("The passkey did not answer this page's question. Try again.") from error
    row = WebAuthn.add(Account(pk=viewer.account_key), visible(name), dict(credential)).instance
    row.created_at = now
    row.save(update_fields=["created_at"])
    _enrolled(viewer, now, PASSKEY)


@transaction.atomic
def make_recovery_codes(*, viewer: Viewer, now: datetime) -> list[str]:
    """Ten new codes, each good once; those from before are void. Raises NoFactor."""
    rows = _own(viewer)
    if not has_factor(viewer.account_key):
        raise NoFactor("Recovery codes stand in for a second factor: add one first.")
    rows.filter(type=CODES).delete()
    made = [f"{place}{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}" for place in range(10)]
    hashed = [HASHER.encode(code, HASHER.salt(), iterations=CODE_ITERATIONS) for code in made]
    Authenticator.objects.create(
        user_id=viewer.account_key, type=CODES, data={HASHED: hashed}, created_at=now
    )
    record(
        Event.RECOVERY_CODES_MADE,
        at=now,
        subject_type="account",
        subject_id=viewer.account_key,
        details={"codes": len(made)},
    )
    return made


@transaction.atomic
def prove_second(
    *, viewer: Viewer, now: datetime, code: str = "", credential: Mapping[str, Any] | None = None
) -> str:
    """By what the viewer proved it: `totp`, `webauthn` or `recovery_codes`; empty when they didn't.

    A code opens once: neither the app's nor a recovery code is taken again. `RUN_OUT` for an app's
    code that came a moment too late: it opens nothing and is no failure.
    """
    rows = _own(viewer)
    if credential is not None:
        return _prove_passkey(viewer, now, credential)
    app = rows.filter(type=APP).first()
    if _prove_app(app, now, code):
        return str(APP)
    if _ran_out(viewer, app, now, code):
        return RUN_OUT
    if not _prove_spare(rows.filter(type=CODES).first(), code):
        return ""
    record(
        Event.RECOVERY_CODE_USED,
        at=now,
        actor=Account.objects.get(pk=viewer.account_key),
        subject_type="account",
        subject_id=viewer.account_key,
    )
    return str(CODES)


@transaction.atomic
def remove_factor(*, viewer: Viewer, now: datetime, factor_id: int, required: bool) -> None:
    """Take one of one's own factors away. Raises NoFactor, LastFactor."""
    rows = _own(viewer).filter(type__in=FACTORS)
    row = rows.filter(pk=factor_id).first()
    if row is None:
        raise NoFactor("You have no such second factor.")
    others = rows.exclude(pk=factor_id).exists()
    if required and not others:
        raise LastFactor("This is your only second factor. Add another first.")
    kind = row.type
    row.delete()
    if not others:
        _own(viewer).delete()
    _removed(viewer, now, kind)


@transaction.atomic
def reset_factors(*, viewer: Viewer, now: datetime, account_id: UUID, reason: str) -> None:
    """Take every second factor from somebody who lost theirs; the next sign-in enrols a new one.

    Raises NotPermitted, NoReason, NoFactor.
    """
    if not viewer.can(Permission.MANAGE_ACCOUNTS):
        raise NotPermitted("Your role does not allow you to manage accounts.")
    if viewer.account_id == account_id:
        raise NotPermitted("Somebody else has to reset your second factors.")
    if not says_enough(reason):
        raise NoReason("Why: say how you know who asked, in a sentence.")
    Account.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
    count, _ = Authenticator.objects.filter(user_id=account_id).delete()
    if not count:
        raise NoFactor("This account has no second factor.")
    end_sessions_of(account_id, now)
    record(
        Event.FACTORS_RESET,
        at=now,
        subject_type="account",
        subject_id=account_id,
        reason=visible(reason),
    )


def _enrolled(viewer: Viewer, now: datetime, kind: str) -> None:
    record(
        Event.FACTOR_ENROLLED,
        at=now,
        subject_type="account",
        subject_id=viewer.account_key,
        details={"kind": str(kind)},
    )


def _removed(viewer: Viewer, now: datetime, kind: str) -> None:
    record(
        Event.FACTOR_REMOVED,
        at=now,
        subject_type="account",
        subject_id=viewer.account_key,
        details={"kind": str(kind)},
    )


def _prove_app(row: Authenticator | None, now: datetime, code: str) -> bool:
    if row is None or not _opens(row, code, _step(now)):
        return False
    row.data[LAST_STEP] = _step(now)
    _used(row, now)
    return True


def _ran_out(viewer: Viewer, row: Authenticator | None, now: datetime, code: str) -> bool:
    """Whether the code was right in the half minute just before. Said once of each, and seldom."""
    step = _step(now) - 1
    if row is None or not _opens(row, code, step):
        return False
    if late_codes(viewer.account_key, now) >= MOST_RUN_OUT:
        return False
    row.data[LAST_STEP] = step
    row.save(update_fields=["data"])
    record(
        Event.CODE_RUN_OUT,
        at=now,
        actor=Account.objects.get(pk=viewer.account_key),
        outcome=Outcome.FAILED,
        subject_type="account",
        subject_id=viewer.account_key,
    )
    return True


def _prove_spare(row: Authenticator | None, code: str) -> bool:
    """Its first digit says which of the ten a recovery code is, so that one is hashed, not ten."""
    typed = "".join(code.split())
    if row is None or not re.fullmatch(rf"[0-9]{{{CODE_DIGITS + 1}}}", typed):
        return False
    # Codes of an older version stand in no such list, and are void.
    place, kept = int(typed[0]), row.data.get(HASHED) or [""] * 10
    if not kept[place] or not HASHER.verify(typed, kept[place]):
        return False
    kept[place] = ""
    row.save(update_fields=["data"])
    return True


def _step(now: datetime) -> int:
    """The half minute that runs [RFC 6238, 4.2]."""
    return int(now.timestamp()) // STEP_SECONDS


def _opens(row: Authenticator, code: str, step: int) -> bool:
    """Whether it is the code of that half minute, and none of it or of a later one was taken."""
    return step > row.data.get(LAST_STEP, 0) and _is_code(decrypt(row.data["secret"]), code, step)


def _is_code(secret: str, code: str, step: int) -> bool:
    right: bool = compare_user_code(
        actual=code, expected=format_hotp_value(hotp_value(secret, step))
    )
    return right


def _prove_passkey(viewer: Viewer, now: datetime, credential: Mapping[str, Any]) -> str:
    try:
        row = complete_authentication(Account(pk=viewer.account_key), dict(credential))
    except (ValidationError, ValueError, TypeError, KeyError):
        return ""
    if not _counted_on(row, credential):
        _record_behind(viewer, now)
        return ""
    _used(row, now)
    return str(PASSKEY)


def _counted_on(row: Authenticator, credential: Mapping[str, Any]) -> bool:
    """Whether the passkey's count of its uses went on: one that falls back stands in two places.

    Passkeys that are kept by several devices say 0, and go on saying so [WebAuthn 3, 6.1.1].
    """
    answer = parse_authentication_response(dict(credential)).response
    count: int = answer.authenticator_data.counter
    last: int = row.data.get(LAST_COUNT, WebAuthn(row).authenticator_data.counter)
    row.data[LAST_COUNT] = count
    return count > last or count == last == 0


def _record_behind(viewer: Viewer, now: datetime) -> None:
    record(
        Event.PASSKEY_BEHIND,
        at=now,
        actor=Account.objects.get(pk=viewer.account_key),
        outcome=Outcome.DENIED,
        subject_type="account",
        subject_id=viewer.account_key,
    )


def _used(row: Authenticator, now: datetime) -> None:
    row.last_used_at = now
    row.save(update_fields=["data", "last_used_at"])
