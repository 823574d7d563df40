"""Whose badges are known, and which officers and squads does a bundle bring or change?"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from audit.events import Event
from audit.recorder import Note, record_many
from cases.access import Viewer
from cases.enums import Rank
from cases.models import Case, ImportRun, Officer, Squad
from cases.models.case import OPEN
from cases.models.sealing import blind
from cases.services.clocks import refresh_cases
from cases.services.importing.errors import RowRefused
from cases.services.importing.rows import OfficerRow

DIGEST = "import.officer"
SUPERVISING = frozenset({Rank.SERGEANT, Rank.CAPTAIN})


@dataclass(slots=True)
class OfficerBook:
    """Every officer by badge, those of the file that is being read included.

    `read` decides about each row without writing; `save` writes what was decided.
    """

    run: ImportRun
    officers: dict[str, Officer]
    squads: dict[str, Squad]
    new: dict[str, Officer] = field(default_factory=dict)
    changed: dict[str, Officer] = field(default_factory=dict)
    new_squads: dict[str, Squad] = field(default_factory=dict)
    led_squads: dict[UUID, Squad] = field(default_factory=dict)
    left: set[UUID] = field(default_factory=set)
    notes: list[tuple[Event, Note]] = field(default_factory=list)

    @classmethod
    def loaded(cls, run: ImportRun) -> "OfficerBook":
        squads = {squad.name: squad for squad in Squad.objects.all()}
        by_id = {squad.pk: squad for squad in squads.values()}
        officers = {officer.badge: officer for officer in Officer.objects.all()}
        for officer in officers.values():
            officer.squad = by_id.get(officer.squad_id) if officer.squad_id else None
        return cls(run, officers, squads)

    def find(self, badge: str) -> Officer | None:
        return self.officers.get(badge)

    def read(self, row: OfficerRow) -> str:
        """What becomes of the row: landed, changed or unchanged. Raises RowRefused."""
        known = self.officers.get(row.badge)
        if known is None:
            self._add(row)
            return "landed"
        digest = _digest(row)
        if known.source_digest is not None and bytes(known.source_digest) == digest:
            return "unchanged"
        return self._change(known, row, digest)

    def _add(self, row: OfficerRow) -> None:
        officer = Officer(
            badge=row.badge,
            name=row.name,
            rank=row.rank,
            squad=self._squad(row.squad),
            active_from=row.active_from,
            active_to=row.active_to,
            source_digest=_digest(row),
        )
        self.officers[row.badge] = self.new[row.badge] = officer
        self._led(officer)
        self._note(Event.OFFICER_CREATED, officer, {})

    def _change(self, known: Officer, row: OfficerRow, digest: bytes) -> str:
        """What a file may change of an officer. A departure is moved, never taken back."""
        if row.badge in self.new:
            raise RowRefused(
                "The badge stands on an earlier line with other particulars. Keep one."
            )
        if (known.name, known.active_from) != (row.name, row.active_from):
            raise RowRefused(
                "The badge belongs on record to an officer with another name or first day. Correct "
                "the file, or change the officer here."
            )
        changes = self._apply(known, row)
        known.source_digest = digest
        self.changed[row.badge] = known
        if changes:
            self._note(Event.OFFICER_CHANGED, known, changes)
        return "changed" if changes else "unchanged"

    def _apply(self, known: Officer, row: OfficerRow) -> dict[str, list[str]]:
        changes: dict[str, list[str]] = {}
        squad = self._squad(row.squad)
        if known.rank != row.rank:
            changes["rank"] = [known.rank, row.rank]
            known.rank = row.rank
        if squad is not None and known.squad_id != squad.pk:
            changes["squad"] = [str(known.squad_id or ""), str(squad.pk)]
            known.squad = squad
        if row.active_to is not None and known.active_to != row.active_to:
            changes["active_to"] = [_iso(known.active_to), _iso(row.active_to)]
            known.active_to = row.active_to
            self.left.add(known.pk)
        self._led(known)
        return changes

    def _squad(self, name: str) -> Squad | None:
        if not name:
            return None
        if name not in self.squads:
            self.squads[name] = self.new_squads[name] = Squad(id=uuid4(), name=name)
        return self.squads[name]

    def _led(self, officer: Officer) -> None:
        """A squad without a sergeant is led by the first one on duty who joins it."""
        squad = officer.squad
        present = officer.active_to is None and officer.rank == Rank.SERGEANT
        if squad is not None and present and squad.sergeant_id is None:
            squad.sergeant = officer
            self.led_squads[squad.pk] = squad

    def _note(self, event: Event, officer: Officer, changes: dict[str, list[str]]) -> None:
        details = {"import": str(self.run.pk)}
        self.notes.append((event, Note("officer", officer.pk, changes=changes, details=details)))


@transaction.atomic
def save_officers(*, viewer: Viewer, now: datetime, book: OfficerBook) -> None:
    """Write the officers and squads that the book has read; judge anew the cases of who left."""
    del viewer
    Squad.objects.bulk_create(
        [Squad(id=squad.pk, name=squad.name) for squad in book.new_squads.values()]
    )
    Officer.objects.bulk_create(book.new.values(), batch_size=500)
    Officer.objects.bulk_update(
        book.changed.values(), ["rank", "squad", "active_to", "source_digest"], batch_size=500
    )
    Squad.objects.bulk_update(book.led_squads.values(), ["sergeant"])
    for event in (Event.OFFICER_CREATED, Event.OFFICER_CHANGED):
        record_many(event, (note for kind, note in book.notes if kind == event), at=now)
    squads = (
        Note("squad", squad.pk, details={"import": str(book.run.pk)})
        for squad in book.new_squads.values()
    )
    record_many(Event.SQUAD_CREATED, squads, at=now)
    _refresh(book.left, now)


def _refresh(officer_ids: Iterable[UUID], now: datetime) -> None:
    held = Case.objects.filter(OPEN, detective__in=list(officer_ids))
    refresh_cases(case_ids=list(held.values_list("pk", flat=True)), now=now)


def _digest(row: OfficerRow) -> bytes:
    told = (
        row.badge,
        row.name,
        row.rank,
        row.squad,
        row.active_from.isoformat(),
        _iso(row.active_to),
    )
    return blind(DIGEST, "\0".join(told))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
