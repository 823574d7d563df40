"""How does an act leave its entry? In the act's own transaction: both live, or neither does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from audit.context import Actor, Context, current
from audit.events import Event, Outcome
from audit.keys import entry_of_use
from audit.models import Entry

MASK = "(sealed)"
BATCH = 1_000

# Changes to a field whose name contains one of these say that it changed, never from or to what.
IDENTIFYING = (
    "address",
    "birth",
    "contact",
    "dob",
    "email",
    "identity",
    "name",
    "narrative",
    "original",
    "password",
    "phone",
    "secret",
    "ssn",
    "text",
)


class NotInTransaction(RuntimeError):
    """An entry outside the transaction of its act could outlive the act, or the act outlive it."""


class NobodyActing(RuntimeError):
    """No actor was passed and none is bound: an entry that names nobody proves nothing."""


class AccountLike(Protocol):
    """What the recorder needs of an account."""

    @property
    def pk(self) -> object: ...

    def get_username(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Note:
    """One subject's part of a batch."""

    subject_type: str
    subject_id: object = ""
    reason: str = ""
    changes: Mapping[str, object] | None = None
    details: Mapping[str, object] | None = None


def record(
    event: Event,
    *,
    at: datetime,
    actor: Actor | AccountLike | None = None,
    subject_type: str = "",
    subject_id: object = "",
    outcome: Outcome | str = Outcome.ALLOWED,
    reason: str = "",
    changes: Mapping[str, object] | None = None,
    details: Mapping[str, object] | None = None,
) -> Entry:
    """Leave one entry beside the act it tells of, and one of the keys that it used so far.

    `actor` defaults to whoever is bound (`audit.context`). Raises NotInTransaction, NobodyActing,
    and ValueError for an event or outcome that is not on the list.
    """
    _require_transaction()
    note = Note(subject_type, subject_id, reason, changes, details)
    entry = _entry(event, note, at=at, actor=actor, outcome=outcome)
    entry.save(force_insert=True)
    _remember(entry)
    record_key_use(at=at, act=entry)
    return entry


def record_key_use(*, at: datetime, act: Entry | None = None) -> None:
    """Leave an entry of the sealing keys that were used since the last one; none for no use.

    Called by whoever opens something after the act's own entry; else `record` does it. It counts
    for no act: `audit.guard` still asks for the act's own entry.
    """
    _require_transaction()
    entry = entry_of_use(at=at, act=act)
    if entry is not None:
        entry.save(force_insert=True)


def record_many(
    event: Event,
    notes: Iterable[Note],
    *,
    at: datetime,
    actor: Actor | AccountLike | None = None,
) -> int:
    """Leave one entry for each note, in batches; how many. Errors as for `record`."""
    _require_transaction()
    entries = [_entry(event, note, at=at, actor=actor) for note in notes]
    Entry.objects.bulk_create(entries, batch_size=BATCH)
    if entries:
        _remember(entries[0])
        record_key_use(at=at, act=entries[0])
    return len(entries)


def record_denied(
    event: Event,
    *,
    at: datetime,
    actor: Actor | AccountLike | None = None,
    subject_type: str = "",
    subject_id: object = "",
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> None:
    """Leave an entry of a refused attempt that outlives the rollback of the attempt itself.

    It is written in a transaction of its own when the bound request, task or command ends.
    Raises NobodyActing when none is bound: there would be no end to wait for.
    """
    context = current()
    if context is None:
        raise NobodyActing("A refused attempt is recorded at the end of a bound context; none is.")
    note = Note(subject_type, subject_id, reason, None, details)
    entry = _entry(event, note, at=at, actor=actor or context.actor, outcome=Outcome.DENIED)
    context.deferred.append(lambda: _save_alone(entry, context))


def actor_of(account: Actor | AccountLike) -> Actor:
    """The account as an entry names it."""
    if isinstance(account, Actor):
        return account
    return Actor(str(account.pk), account.get_username())


def _entry(
    event: Event,
    note: Note,
    *,
    at: datetime,
    actor: Actor | AccountLike | None,
    outcome: Outcome | str = Outcome.ALLOWED,
) -> Entry:
    context = current()
    who = _acting(actor, context)
    return Entry(
        at=at,
        event=Event(event),
        outcome=Outcome(outcome),
        actor_id=who.id,
        actor_label=who.label,
        session=context.session if context else "",
        source_address=context.source if context else None,
        subject_type=note.subject_type,
        subject_id=str(note.subject_id),
        reason=_cleared(note.reason),
        changes=_masked(note.changes or {}),
        details=dict(note.details or {}),
    )


def _cleared(reason: str) -> str:
    """Without what looks like a name: what is in the log once is there for good."""
    return str(import_string(settings.AUDIT_CLEARED_BY)(reason)) if reason else ""


def _acting(actor: Actor | AccountLike | None, context: Context | None) -> Actor:
    if actor is not None:
        return actor_of(actor)
    if context is not None:
        return context.actor
    raise NobodyActing("Pass an actor, or bind one with audit.context.acting_as.")


def _masked(changes: Mapping[str, object]) -> dict[str, object]:
    return {
        name: MASK if any(part in name.lower() for part in IDENTIFYING) else value
        for name, value in changes.items()
    }


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise NotInTransaction("Record inside transaction.atomic(), with the act itself.")


def _remember(entry: Entry) -> None:
    context = current()
    if context is not None:
        context.left.append((entry.pk, entry.at))


def _save_alone(entry: Entry, context: Context) -> None:
    with transaction.atomic():
        entry.save(force_insert=True)
    context.left.append((entry.pk, entry.at))
