"""How do old months leave the log? Asked for by one, confirmed by another, and never by DELETE.

Asking writes each month into a bundle, with its proofs, and leaves an entry. Confirming waits until
a witness has seen that entry, and then detaches the months one by one, the oldest first, each with
an entry and a signed statement (`audit.retired`). What the log alone keeps and still holds, a
locked account, is said anew first.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string

from audit.checkpoints import log_signer
from audit.events import Event
from audit.exporting import NotAsSealed, export
from audit.models import Entry, Leaf, Retirement, Witnessing
from audit.months import begins_at, following, made_months, table_of
from audit.recorder import record
from audit.retired import Places, Retired, signed, statement
from audit.tree import TreeDamaged
from audit.verification import Scope

# FBI CJIS Security Policy, AU-11: audit records are kept for a year at least.
YOUNGEST = timedelta(days=365)
GOOD_FOR = timedelta(days=30)
LEAST_SAID = 8


class NotRetired(ValueError):
    """Why nothing was asked for, or a month stays."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A month as it was written out. `digest` is the file's SHA-256 in hex."""

    month: date
    entries: int
    digest: str

    @property
    def told(self) -> dict[str, object]:
        return {"month": f"{self.month:%Y-%m}", "entries": self.entries, "bundle": self.digest}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Bundle":
        month = date.fromisoformat(f"{told['month']}-01")
        return cls(month, int(told["entries"]), str(told["bundle"]))


def bundle_name(month: date) -> str:
    return f"audit-{month:%Y-%m}.jsonl"


def ask(
    *, before: date, order: str, by: str, folder: Path, notes: str, now: datetime
) -> tuple[Entry, list[Bundle]]:
    """Write out the months before a day, and leave the entry that asks for their retirement.

    Raises NotRetired, OSError; nothing is asked for then.
    """
    _require_words(order, by)
    months = [month for month in made_months() if following(month) <= before]
    if not months:
        raise NotRetired("The log has no month before that.")
    if begins_at(following(months[-1])) > now - YOUNGEST:
        raise NotRetired("Entries are kept for a year at least after the end of their month.")
    held = {month: _places(month) for month in months}
    bundles = [_write(folder, month, places, notes) for month, places in held.items()]
    details = {"by": by, "months": [bundle.told for bundle in bundles]}
    with transaction.atomic():
        asked = record(
            Event.AUDIT_RETIREMENT_ASKED,
            at=now,
            subject_type="audit_log",
            reason=order,
            details=details,
        )
    return asked, bundles


def confirm(*, number: int, by: str, folder: Path, now: datetime) -> list[Retired]:
    """Retire what was asked for, as the tables' owner. Raises NotRetired, OSError.

    Each month in a transaction of its own: what is retired stays so when a later one is refused.
    """
    asked = Entry.objects.filter(pk=number, event=Event.AUDIT_RETIREMENT_ASKED).first()
    if asked is None or not now - GOOD_FOR <= asked.at <= now:
        raise NotRetired("Nothing was asked for under this number in the last 30 days.")
    _require_words(by)
    if _plain(by) == _plain(asked.details["by"]):
        raise NotRetired("Somebody else has to confirm it.")
    if not _is_witnessed(asked):
        raise NotRetired("No witness has seen yet that it was asked for: wait some minutes.")
    bundles = [Bundle.read(told) for told in asked.details["months"]]
    for bundle in bundles:
        _require_whole(folder, bundle)
    return [_retire(bundle, asked, by, now) for bundle in bundles]


def _require_words(*texts: str) -> None:
    if any(len(_plain(text)) < LEAST_SAID for text in texts):
        raise NotRetired("Name the order, and yourself with your badge, so that others know them.")


def _plain(text: str) -> str:
    """What can be read of it."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _places(month: date) -> Places:
    """Where a month's entries stand in the tree. Raises NotRetired unless it may leave."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.index FROM audit_entry e LEFT JOIN audit_leaf l ON l.entry_id = e.id "
            "WHERE e.at >= %s AND e.at < %s",
            [begins_at(month), begins_at(following(month))],
        )
        indexes = [index for (index,) in cursor.fetchall()]
    if None in indexes:
        raise NotRetired(f"{month:%Y-%m} holds entries that are not sealed.")
    if max(indexes, default=-1) >= _witnessed():
        raise NotRetired(f"No witness has seen all of {month:%Y-%m}.")
    _require_done_with(month)
    return Places.of(indexes)


def _require_done_with(month: date) -> None:
    """What goes on has its whole history in the log: the months that it began in stay."""
    needing = import_string(settings.AUDIT_NEEDED_BY)
    count = int(needing(begins_at(month), begins_at(following(month))))
    if count:
        raise NotRetired(f"{month:%Y-%m} holds the history of {count:,} cases that are open.")


def _witnessed() -> int:
    """How long the log was when a witness last took a checkpoint."""
    seen = Witnessing.objects.filter(problem="").order_by("-size").first()
    return seen.size if seen else 0


def _is_witnessed(entry: Entry) -> bool:
    return Leaf.objects.filter(entry_id=entry.pk, index__lt=_witnessed()).exists()


def _write(folder: Path, month: date, places: Places, notes: str) -> Bundle:
    """Into a file that must not exist yet."""
    place = folder / bundle_name(month)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            exported = export(out, scope=Scope(within=places), notes=notes)
            out.flush()
            os.fsync(out.fileno())
    except (NotAsSealed, TreeDamaged) as problem:
        place.unlink()
        raise NotRetired(str(problem)) from None
    return Bundle(month, exported.entries, _digest(place))


def _digest(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_whole(folder: Path, bundle: Bundle) -> None:
    """The file is the one that was written."""
    place = folder / bundle_name(bundle.month)
    if _digest(place) != bundle.digest:
        raise NotRetired(f"{place.name} is not the file that was written when it was asked for.")


@transaction.atomic
def _retire(bundle: Bundle, asked: Entry, by: str, now: datetime) -> Retired:
    places = _places(bundle.month)
    if len(places) != bundle.entries or bundle.month not in made_months():
        raise NotRetired(f"{bundle.month:%Y-%m} is no longer what was written out; ask anew.")
    _say_anew(bundle.month, now)
    retired = statement(
        bundle.month,
        places,
        at=now,
        asked_by=asked.details["by"],
        by=by,
        order=asked.reason,
        bundle=bundle.digest,
    )
    row = Retirement.objects.create(
        month_from=bundle.month,
        at=now,
        entries=len(places),
        note=signed(retired, log_signer()),
    )
    record(
        Event.AUDIT_MONTH_RETIRED,
        at=now,
        subject_type="audit_month",
        subject_id=row.pk,
        reason=asked.reason,
        details={**bundle.told, "by": by, "asked": asked.pk},
    )
    _detach(bundle.month, row)
    return retired


def _detach(month: date, row: Retirement) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_retire(%s, %s)", [month, row.pk])
    except DatabaseError as refused:
        words = str(refused).partition("\n")[0]
        raise NotRetired(f"{table_of(month)} stays in the log: {words}") from refused


LASTING, ENDING = Event.ACCOUNT_LOCKED, Event.ACCOUNT_RELEASED


def _say_anew(month: date, now: datetime) -> None:
    """A lock of that month that nobody ended: nothing but the log knows of it."""
    turns = Entry.objects.filter(event__in=(LASTING, ENDING))
    newest = turns.order_by("subject_type", "subject_id", "-at", "-id")
    for turn in newest.distinct("subject_type", "subject_id"):
        if turn.event == LASTING and begins_at(month) <= turn.at < begins_at(following(month)):
            since = {"since": turn.at.isoformat(), **turn.details, "retired_entry": turn.pk}
            record(
                LASTING,
                at=now,
                subject_type=turn.subject_type,
                subject_id=turn.subject_id,
                details=since,
            )
