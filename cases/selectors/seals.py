"""Do the seals hold? Under which keys the data are, what did not open, what still has to go."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import Length

from audit.events import Event
from audit.models import Entry
from audit.recorder import record
from cases import seal
from cases.access import Viewer
from cases.enums import ExpungeState
from cases.models import Expunge
from cases.models.sealed import keyed, sealed_models
from cases.models.sealing import StoreUnusable, unit_keyring, unit_shreds
from cases.row_security import Span, reading_as

SHOWN = 50
LOOKED_BACK = timedelta(days=90)
PLAIN = seal.PLAIN_WRAPPED_BYTES


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How many rows of a table have their data key under one key. `plain`: without a shred key."""

    table: str
    key_id: str
    rows: int
    current: bool
    configured: bool
    plain: int = 0

    @property
    def done(self) -> bool:
        return self.current and not self.plain


@dataclass(frozen=True, slots=True)
class Broken:
    """A sealed value that did not open: when, where, and what was said."""

    at: datetime
    table: str
    row: str
    said: str


@dataclass(frozen=True, slots=True)
class SealsPage:
    uses: tuple[KeyUse, ...]
    broken: tuple[Broken, ...]
    unfinished: int
    store_usable: bool

    @property
    def pending(self) -> int:
        return sum(use.rows if not use.current else use.plain for use in self.uses)


def key_uses() -> tuple[KeyUse, ...]:
    """Which keys the stored data keys are under, table by table."""
    keyring = unit_keyring()
    uses = []
    for model in sealed_models():
        rows = keyed(model).annotate(length=Length("wrapped_key")).order_by("key_id")
        counted = rows.values("key_id").annotate(
            rows=Count("pk"), plain=Count("pk", filter=Q(length=PLAIN))
        )
        uses += [
            KeyUse(
                table=model._meta.db_table,
                key_id=row["key_id"],
                rows=row["rows"],
                current=row["key_id"] == keyring.current_id,
                configured=row["key_id"] in keyring.ids,
                plain=row["plain"],
            )
            for row in counted
        ]
    return tuple(uses)


@reading_as(Span.SEALS)
def seals_page(*, viewer: Viewer, now: datetime) -> SealsPage:
    """For whoever may see it; names tables and ids of rows, never what is sealed there."""
    entries = Entry.objects.filter(event=Event.SEAL_BROKEN, at__gte=now - LOOKED_BACK)
    broken = tuple(
        Broken(entry.at, entry.subject_type, entry.subject_id, entry.reason)
        for entry in entries.order_by("-at", "-pk")[:SHOWN]
    )
    unfinished = Expunge.objects.filter(state=ExpungeState.CONFIRMED).count()
    record(Event.SEALS_VIEWED, at=now, details={"role": viewer.role_code, "broken": len(broken)})
    return SealsPage(key_uses(), broken, unfinished, _store_usable())


def _store_usable() -> bool:
    try:
        unit_shreds()
    except StoreUnusable:
        return False
    return True
