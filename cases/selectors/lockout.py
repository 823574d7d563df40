"""Which accounts are locked after wrong passwords? The audit log alone says: no second copy."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.events import Event
from audit.models import Entry
from audit.recorder import record
from cases.access import Viewer
from cases.models import Account

# FBI CJIS Security Policy, AC-7: five failures within fifteen minutes, until somebody releases.
MOST_FAILURES = 5
COUNTED_WITHIN = timedelta(minutes=15)
# What a lock says that its owner asked for.
DISOWNED = "disowned"
TURNS = (Event.ACCOUNT_LOCKED, Event.ACCOUNT_RELEASED)


@dataclass(frozen=True, slots=True)
class LockedAccount:
    account_id: UUID
    username: str
    display_name: str
    locked_at: datetime
    # Its owner said that somebody else signed in; otherwise too many attempts failed.
    is_disowned: bool


def last_turn(account_id: UUID) -> Entry | None:
    """The entry that last locked or released the account; None: it never was locked."""
    turns = Entry.objects.filter(
        subject_type="account", subject_id=str(account_id), event__in=TURNS
    )
    return turns.order_by("-at", "-id").first()


def is_lock(turn: Entry | None) -> bool:
    return turn is not None and turn.event == Event.ACCOUNT_LOCKED


def _since(turn: Entry) -> datetime:
    """A lock whose first entry has left the log was said anew, with its time."""
    said = turn.details.get("since")
    return datetime.fromisoformat(said) if said else turn.at


def failures_counted(account_id: UUID, turn: Entry | None, now: datetime) -> int:
    """Failures that count towards a lock: within the minutes, and since the last release."""
    failed = Entry.objects.filter(
        subject_type="account",
        subject_id=str(account_id),
        event=Event.SIGN_IN_FAILED,
        at__gt=now - COUNTED_WITHIN,
    )
    return (failed.filter(id__gt=turn.pk) if turn else failed).count()


def late_codes(account_id: UUID, now: datetime) -> int:
    """How often, within the minutes, a code came too late and was not counted as a failure."""
    return Entry.objects.filter(
        subject_type="account",
        subject_id=str(account_id),
        event=Event.CODE_RUN_OUT,
        at__gt=now - COUNTED_WITHIN,
    ).count()


def lock_of_each() -> dict[str, Entry]:
    """The entry that locked each account that is locked, by the account's id."""
    turns = Entry.objects.filter(subject_type="account", event__in=TURNS)
    newest = turns.order_by("subject_id", "-at", "-id").distinct("subject_id")
    return {turn.subject_id: turn for turn in newest if is_lock(turn)}


def _locked(account: Account, lock: Entry) -> LockedAccount:
    return LockedAccount(
        account.pk,
        account.username,
        account.display_name,
        _since(lock),
        is_disowned=lock.details.get("why") == DISOWNED or _was_disowned_since(lock),
    )


def _was_disowned_since(lock: Entry) -> bool:
    """Somebody locked out by wrong passwords may still sit there, and say that it wasn't them."""
    said = Entry.objects.filter(event=Event.SIGN_INS_DISOWNED, subject_type="account")
    return said.filter(subject_id=lock.subject_id, id__gt=lock.pk).exists()


def locked_accounts(*, viewer: Viewer, now: datetime) -> tuple[LockedAccount, ...]:
    """For whoever manages accounts; longest locked first."""
    locks = lock_of_each()
    accounts = Account.objects.filter(pk__in=locks).order_by("username")
    found = [_locked(row, locks[str(row.pk)]) for row in accounts]
    record(Event.ACCOUNTS_VIEWED, at=now, details={"role": viewer.role_code, "locked": len(found)})
    return tuple(sorted(found, key=lambda one: one.locked_at))
