"""What did a task or command do that nobody would know of? That it failed, or wrote unrecorded.

The counterpart of the middleware, for what has no request. A task that wrote to the tables of
cases and left no entry is refused in development and tests (`AUDIT_REFUSE_UNAUDITED`); production
leaves a generic entry. One that failed leaves the class of the error, never its words: they may
hold what somebody typed.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audit.context import SYSTEM_PREFIX, Context
from audit.events import Event, Outcome
from audit.guard import UntoldKeyUse, left_entry
from audit.keys import untold
from audit.recorder import record, record_key_use


class UnauditedTask(RuntimeError):
    """A task wrote to a case's table and left no entry: its service must call the recorder."""


@contextmanager
def held_to_account(context: Context) -> Iterator[None]:
    """Around everything that a task or command does, inside its context."""
    try:
        yield
    except Exception as error:
        _tell_of_failure(context, error)
        raise
    context.write_deferred()
    if context.wrote and _name(context) not in _unwatched() and not left_entry(context):
        _hold(context)
    _hold_keys(context)


def _hold_keys(context: Context) -> None:
    if not untold() or _name(context) in _unwatched():
        return
    if getattr(settings, "AUDIT_REFUSE_UNAUDITED", False):
        raise UntoldKeyUse(f"The task {_name(context)!r} opened sealed data untold.")
    with transaction.atomic():
        record_key_use(at=timezone.now())


def _tell_of_failure(context: Context, error: Exception) -> None:
    """In a transaction of its own: the task's was rolled back. Nested in a broken one, in vain."""
    if connection.needs_rollback:
        return
    with transaction.atomic():
        record(
            Event.TASK_FAILED,
            at=timezone.now(),
            subject_type="task",
            subject_id=_name(context),
            outcome=Outcome.FAILED,
            details={"error": type(error).__name__},
        )


def _hold(context: Context) -> None:
    name = _name(context)
    if getattr(settings, "AUDIT_REFUSE_UNAUDITED", False):
        raise UnauditedTask(f"The task {name!r} wrote and left no audit entry.")
    with transaction.atomic():
        record(Event.TASK_RAN, at=timezone.now(), subject_type="task", subject_id=name)


def _unwatched() -> Collection[str]:
    """The names of `AUDIT_UNWATCHED`: what they write is nobody's case."""
    names: Collection[str] = getattr(settings, "AUDIT_UNWATCHED", ())
    return names


def _name(context: Context) -> str:
    return context.actor.id.removeprefix(SYSTEM_PREFIX)
