"""What do tests of the sealed log share? Entries on record, a sealer, and what an owner may do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from audit.events import Event
from audit.models import Entry
from audit.recorder import record
from audit.sealing import seal

GUARDED = (
    "audit_entry",
    "audit_leaf",
    "audit_node",
    "audit_checkpoint",
    "audit_epoch",
    "audit_witnessing",
    "audit_retirement",
)


def entries(count: int, now: datetime, *, first: int = 0) -> list[Entry]:
    """Each in a transaction of its own, as requests leave them."""
    return [_entry(number, now) for number in range(first, first + count)]


def _entry(number: int, now: datetime) -> Entry:
    with transaction.atomic():
        return record(
            Event.CASE_VIEWED,
            at=now,
            subject_type="case",
            subject_id=f"invented-{number}",
            reason=f"Look {number}: “as written”, æ.",
            details={"case": f"invented-{number}", "half": 0.5, "order": [number, None]},
        )


def sealed_log(count: int, now: datetime, *, batch: int = 3) -> list[Entry]:
    """A log whose checkpoints stand after every `batch` entries."""
    written = entries(count, now)
    seal(now=now, batch=batch)
    return written


@contextmanager
def as_owner() -> Iterator[None]:
    """The owner of the tables, with every trigger of theirs switched off."""
    run(*(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in ours()))
    try:
        yield
    finally:
        run(
            *(
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
                for table in ours()
                for trigger in (f"{table}_append_only", f"{table}_no_truncate")
            )
        )


def ours() -> tuple[str, ...]:
    return (*GUARDED, *parts())


def parts() -> tuple[str, ...]:
    """The tables that the log's entries lie in."""
    found = rows(
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = 'audit_entry'::regclass ORDER BY 1"
    )
    return tuple(str(name) for (name,) in found)


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
