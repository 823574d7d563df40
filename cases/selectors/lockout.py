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
TURNS = (Event.ACCOUNT_LOCKED, Event.ACCOUNT_RELEASED)


@dataclass(frozen=True, slots=True)
class LockedAccount:
    account_id: UUID
    username: str
    display_name: str
    locked_at: datetime


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


def locked_accounts(*, viewer: Viewer, now: datetime) -> tuple[LockedAccount, ...]:
    """For whoever manages accounts; longest locked first."""
    turns = Entry.objects.filter(subject_type="account", event__in=TURNS)
    newest = turns.order_by("subject_id", "-at", "-id").distinct("subject_id")
    locked_at = {turn.subject_id: _since(turn) for turn in newest if is_lock(turn)}
    accounts = Account.objects.filter(pk__in=locked_at).order_by("username")
    found = [
        LockedAccount(row.pk, row.username, row.display_name, locked_at[str(row.pk)])
        for row in accounts
    ]
    record(Event.ACCOUNTS_VIEWED, at=now, details={"role": viewer.role_code, "locked": len(found)})
    return tuple(sorted(found, key=lambda one: one.locked_at))
