"""How do all data keys get under the current key while the unit goes on working?

Every sealed table is walked in small batches, each a transaction of its own. A batch locks its
rows, skips those that somebody holds, and writes nothing but the key's id and the wrapped key, so
that no concurrent write is lost and nobody waits long. What remains is asked of the rows
themselves (which still have another key's id), never remembered: a run that was killed is finished
by the next.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from audit.events import Event, Outcome
from audit.recorder import record
from cases import seal
from cases.access import NotPermitted, Viewer
from cases.models.base import Sealed
from cases.models.sealed import keyed, sealed_models
from cases.models.sealing import Expunged, rewrap, unit_keyring

BATCH = 200
# Rows that somebody held are met again; what is still held then is left for the next run.
PASSES = 5
PLAIN = seal.PLAIN_WRAPPED_BYTES

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a run did. `broken` names rows whose key does not open: table and id."""

    rewrapped: int
    remaining: int
    broken: tuple[str, ...]


def pending(model: type[Sealed]) -> QuerySet[Sealed]:
    """The rows whose data key is not yet as it is to be."""
    rows = keyed(model).annotate(length=Length("wrapped_key"))
    return rows.filter(~Q(key_id=unit_keyring().current_id) | Q(length=PLAIN))


def remaining() -> int:
    return sum(pending(model).count() for model in sealed_models())


def rotate_keys(
    *,
    viewer: Viewer,
    clock: Callable[[], datetime],
    tell: Tell = lambda _line: None,
    batch: int = BATCH,
) -> Rotation:
    """Re-wrap every data key under the current key. Run again after a kill, it goes on.

    For the machinery only: raises NotPermitted for anybody signed in. `clock` gives each batch the
    time of its entry.
    """
    if viewer.account_id is not None:
        raise NotPermitted("Keys are rotated on the server, by its administrator.")
    rewrapped, broken = 0, set[str]()
    for _ in range(PASSES):
        done = 0
        for model in sealed_models():
            walk = _Walk(model, batch, clock, tell)
            done += walk.to_the_end()
            broken |= walk.broken
        rewrapped += done
        if not done or remaining() == len(broken):
            break
    return Rotation(rewrapped, remaining(), tuple(sorted(broken)))


class _Walk:
    """One pass over one table, in the order of its ids."""

    def __init__(
        self, model: type[Sealed], batch: int, clock: Callable[[], datetime], tell: Tell
    ) -> None:
        self.broken: set[str] = set()
        self._model, self._batch, self._clock, self._tell = model, batch, clock, tell
        self._todo = pending(model).count()
        self._table = model._meta.db_table

    def to_the_end(self) -> int:
        last: UUID | None = None
        done = 0
        while (step := self._step(last)) is not None:
            last, rewrapped = step
            done += rewrapped
            self._tell(f"{self._table}: {done} of {self._todo} re-wrapped")
        return done

    @transaction.atomic
    def _step(self, after: UUID | None) -> tuple[UUID, int] | None:
        """The last id of this batch and how many it re-wrapped; None at the end."""
        rows = self._lock(after)
        if not rows:
            return None
        renewed = [row for row in rows if self._renew(row)]
        _write(self._model, renewed)
        if renewed:
            self._record(len(renewed))
        return rows[-1].pk, len(renewed)

    def _lock(self, after: UUID | None) -> list[Sealed]:
        rows = pending(self._model).filter(Q(pk__gt=after) if after else Q())
        locked = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
        return list(locked.only("pk", "key_id", "wrapped_key").order_by("pk")[: self._batch])

    def _renew(self, row: Sealed) -> bool:
        try:
            rewrap(row)
        except (Expunged, seal.Tampered, seal.UnknownKey) as error:
            self._report(row, error)
            return False
        return True

    def _report(self, row: Sealed, error: seal.SealError) -> None:
        name = f"{self._table} {row.pk}"
        if name in self.broken:
            return
        self.broken.add(name)
        self._tell(f"{name}: {error}")
        record(
            Event.SEAL_BROKEN,
            at=self._clock(),
            subject_type=self._model._meta.model_name or "",
            subject_id=row.pk,
            outcome=Outcome.FAILED,
            reason=str(error),
        )

    def _record(self, rewrapped: int) -> None:
        record(
            Event.KEYS_ROTATED,
            at=self._clock(),
            subject_type="table",
            subject_id=self._table,
            details={"rows": rewrapped, "key": unit_keyring().current_id},
        )


def _write(model: type[Sealed], rows: Iterable[Sealed]) -> None:
    """One statement for the batch, and no other column than these two."""
    values: list[Any] = [value for row in rows for value in (row.pk, row.key_id, row.wrapped_key)]
    if not values:
        return
    table = connection.ops.quote_name(model._meta.db_table)
    places = ", ".join(["(%s::uuid, %s, %s::bytea)"] * (len(values) // 3))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS kept SET key_id = renewed.key_id, "  # noqa: S608 - our own names
            f"wrapped_key = renewed.wrapped_key FROM (VALUES {places}) "
            "AS renewed (id, key_id, wrapped_key) WHERE kept.id = renewed.id",
            values,
        )
