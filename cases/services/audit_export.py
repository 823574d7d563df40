"""How does a part of the audit log leave the building? As CSV or JSON lines, and on record.

The file is written entry by entry in the order of the pages, a thousand at a time, so it costs no
memory; what is added meanwhile is newer than where it began and not in it.
"""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localtime

from audit.context import Context, acting_again, current
from audit.events import Event
from audit.models import Entry
from audit.recorder import record
from audit.selectors import page_of
from cases.access import NotPermitted, Viewer
from cases.enums import Permission
from cases.row_security import Span, reading_as
from cases.rules.cells import harmless
from cases.selectors.audit_log import Asked, asked_entries
from cases.selectors.audit_walls import Unseen, unseen_by

BATCH = 1_000
COLUMNS = (
    "number", "at_utc", "at_local", "event", "outcome", "actor_id", "actor", "session",
    "source_address", "subject_type", "subject_id", "reason", "changes", "details",
)  # fmt: skip
Row = dict[str, object]


class TooMuch(ValueError):
    """More entries than one file holds."""


@reading_as(Span.AUDIT)
@transaction.atomic
def export_log(
    *, viewer: Viewer, now: datetime, asked: Asked, told: dict[str, str], form: str
) -> Iterator[str]:
    """The entries asked for as text in parts, none newer than the entry that tells of it.

    `told` is the filter as the entry keeps it; `form` is csv or jsonl. Raises NotPermitted,
    TooMuch.
    """
    if not viewer.can(Permission.SEE_AUDIT):
        raise NotPermitted("Your role does not allow you to export the audit log.")
    unseen = unseen_by(viewer)
    query = asked_entries(asked, unseen)
    most = settings.AUDIT_EXPORT_MOST
    count = query.order_by()[: most + 1].count() if query is not None else 0
    if count > most:
        raise TooMuch(f"One file holds {most:,} entries. Narrow the days, and export in parts.")
    details = {"export": "audit", "format": form, "entries": count, "asked": told}
    told_of = record(Event.EXPORTED, at=now, subject_type="audit_log", details=details)
    if query is None:
        return FORMATS[form](iter(()))
    return FORMATS[form](_rows(query.filter(pk__lt=told_of.pk), unseen, current()))


def _rows(query: QuerySet[Entry], unseen: Unseen, asker: Context | None) -> Iterator[Row]:
    after = None
    while True:
        with acting_again(asker), reading_as(Span.AUDIT):
            page = page_of(query, after=after, limit=BATCH)
        yield from (_row(entry, unseen) for entry in page.entries)
        after = page.next
        if after is None:
            return


def _row(entry: Entry, unseen: Unseen) -> Row:
    details = dict(unseen.told(entry.details))
    values = (
        entry.pk,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        localtime(entry.at).isoformat(timespec="microseconds"),
        *(entry.event, entry.outcome, entry.actor_id, entry.actor_label, entry.session),
        *(entry.source_address or "", entry.subject_type, entry.subject_id, entry.reason),
        *(entry.changes, details),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _as_csv(rows: Iterator[Row]) -> Iterator[str]:
    """Every cell quoted, none that a spreadsheet would compute; lines end as RFC 4180 asks."""
    yield _line(COLUMNS)
    yield from (_line([_cell(value) for value in row.values()]) for row in rows)


def _line(cells: tuple[str, ...] | list[str]) -> str:
    text = StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow(cells)
    return text.getvalue()


def _cell(value: object) -> str:
    return harmless(_json(value) if isinstance(value, dict) else str(value))


def _as_lines(rows: Iterator[Row]) -> Iterator[str]:
    return (f"{_json(row)}\n" for row in rows)


def _json(value: object) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


FORMATS: dict[str, Callable[[Iterator[Row]], Iterator[str]]] = {
    "csv": _as_csv,
    "jsonl": _as_lines,
}
