"""Who gets in with a password, who is locked out by wrong ones, and who lets them in again?"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event, Outcome
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission
from cases.models import Account
from cases.rules.reasons import says_enough, visible
from cases.selectors.lockout import MOST_FAILURES, failures_counted, is_lock, last_turn
from cases.services.addresses import count_failure

NOBODY = UUID(int=0)


class NotLocked(ValueError):
    """There is no such account, or nothing to release."""


class NoReason(ValueError):
    """Whoever releases says how they know who asked."""


@transaction.atomic
def admit(
    *,
    now: datetime,
    username: str,
    verified: Account | None,
    how: Mapping[str, object] | None = None,
) -> bool:
    """Whether this attempt opens the account; it is on record either way.

    `verified` is the account that has proved itself: by its password, and by a second factor where
    it has one. `how` says in the entry by what. Attempts at one account take turns, so that
    guesses sent all at once count as what they are. A name that nobody has costs the same look-ups.
    """
    names = Account.objects.select_for_update(of=("self",)).filter(username=username)
    tried = names.values_list("pk", flat=True).first()
    turn = last_turn(tried or NOBODY)
    failures = failures_counted(tried or NOBODY, turn, now)
    if verified is not None and verified.pk == tried and not is_lock(turn):
        record(
            Event.SIGNED_IN,
            at=now,
            actor=verified,
            subject_type="account",
            subject_id=tried,
            details=how,
        )
        return True
    _record_failure(tried, now, how)
    count_failure(now)
    if tried and not is_lock(turn) and failures + 1 >= MOST_FAILURES:
        details = {"failures": failures + 1}
        record(
            Event.ACCOUNT_LOCKED,
            at=now,
            subject_type="account",
            subject_id=tried,
            details=details,
        )
    return False


@transaction.atomic
def release_account(*, viewer: Viewer, now: datetime, account_id: UUID, reason: str) -> None:
    """Let a locked account sign in again. Raises NotPermitted, NoReason, NotLocked."""
    if not viewer.can(Permission.MANAGE_ACCOUNTS):
        raise NotPermitted("Your role does not allow you to manage accounts.")
    if viewer.account_id == account_id:
        raise NotPermitted("Somebody else has to release your account.")
    if not says_enough(reason):
        raise NoReason("Why: say how you know who asked, in a sentence.")
    known = Account.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
    if known is None or not is_lock(last_turn(account_id)):
        raise NotLocked("This account is not locked.")
    record(
        Event.ACCOUNT_RELEASED,
        at=now,
        subject_type="account",
        subject_id=account_id,
        reason=visible(reason),
    )


def _record_failure(tried: UUID | None, now: datetime, how: Mapping[str, object] | None) -> None:
    """The account that was tried, if any; never what was typed, which can be a password."""
    record(
        Event.SIGN_IN_FAILED,
        at=now,
        outcome=Outcome.FAILED,
        subject_type="account",
        subject_id=tried or "",
        details=how,
    )
