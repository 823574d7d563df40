"""What do the four files of a caseload bundle say? Header by header and cell by cell."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cases.enums import (
    CaseState,
    Channel,
    Disposition,
    OffenseClass,
    PersonRole,
    Priority,
    Rank,
    ResponseKind,
    Sex,
)
from cases.services.importing.errors import ImportRefused, RowRefused
from cases.services.importing.rows import (
    CASES,
    EVENTS,
    OFFICERS,
    REFERRALS,
    CaseRow,
    EventRow,
    OfficerRow,
    PersonRow,
    ReferralRow,
)
from cases.services.importing.sources import Opener
from cases.services.importing.tables import Row, rows_of, shape_of
from cases.services.importing.values import identity_of_name, iso_day, iso_instant, plausible_birth
from cases.services.narratives import age_band

REVIEWED = "sergeant_review"
CLOSED = "closed"
EVENT_KINDS = frozenset({*ResponseKind.values, REVIEWED, CLOSED})
NAMED, UNIDENTIFIED = "named", "unidentified"
STATUSES = frozenset({"open", "closed"})
LENGTHS = {
    "case_number": 40,
    "nibrs": 10,
    "statute": 40,
    "patrol_division": 80,
    "badge": 20,
    "assigned_badge": 20,
    "supervisor_badge": 20,
    "name": 120,
    "squad": 80,
    "reference": 60,
    "organization": 160,
    "victim_first_name": 200,
    "victim_last_name": 200,
    "caregiver_name": 200,
    "suspect_name": 200,
}

HEADERS: Mapping[str, tuple[str, ...]] = {
    OFFICERS: ("badge", "name", "rank", "squad", "active_from", "active_to"),
    CASES: (
        "case_number", "received_at", "channel", "offense_class", "nibrs", "statute",
        "patrol_division", "victim_first_name", "victim_last_name", "victim_dob", "victim_sex",
        "caregiver_name", "suspect_status", "suspect_name", "assigned_badge", "assigned_at",
        "supervisor_badge", "status", "closed_at", "disposition",
    ),
    EVENTS: ("case_number", "occurred_at", "entered_at", "badge", "kind", "text"),
    REFERRALS: (
        "reference", "case_number", "channel", "organization", "received_at", "acknowledged_at",
        "priority_level",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cells:
    """One row's cells by column. Missing and malformed values raise RowRefused."""

    values: Mapping[str, str]

    def get(self, column: str) -> str:
        text = self.values[column].strip()
        most = LENGTHS.get(column)
        if most is not None and len(text) > most:
            raise RowRefused(f"{column} is longer than {most} characters. Shorten it.")
        return text

    def need(self, column: str) -> str:
        text = self.get(column)
        if not text:
            raise RowRefused(f"{column} is empty. Fill it in.")
        return text

    def word(self, column: str, allowed: Collection[str]) -> str:
        """One of the words of a closed list; an empty cell if it has an empty word."""
        said = self.get(column)
        found = next((word for word in allowed if word.casefold() == said.casefold()), None)
        if found is None:
            words = ", ".join(sorted(filter(None, allowed)))
            raise RowRefused(f"{column} is none of: {words}.")
        return found

    def instant(self, column: str) -> datetime:
        return iso_instant(self.need(column), column)

    def instant_if_any(self, column: str) -> datetime | None:
        return self.instant(column) if self.get(column) else None

    def day_if_any(self, column: str) -> date | None:
        return iso_day(self.get(column), column) if self.get(column) else None


@dataclass(frozen=True, slots=True)
class Reader:
    """How the rows of a bundle read: `zone` is the unit's, `now` bounds what can have happened."""

    zone: ZoneInfo
    now: datetime

    def officer(self, cells: Cells) -> OfficerRow:
        joined = iso_day(cells.need("active_from"), "active_from")
        left = cells.day_if_any("active_to")
        if left is not None and left < joined:
            raise RowRefused("active_to lies before active_from. Correct one of them.")
        rank = cells.word("rank", Rank.values)
        name, squad = cells.need("name"), cells.get("squad")
        return OfficerRow(cells.need("badge"), name, rank, squad, joined, left)

    def case(self, cells: Cells) -> CaseRow:
        received_at = self._past(cells.instant("received_at"), "received_at")
        state, disposition, closed_at = self._ending(cells, received_at)
        assigned_badge, assigned_at = self._assigned(cells)
        return CaseRow(
            number=cells.need("case_number"),
            received_at=received_at,
            entered_at=received_at,
            channel=cells.word("channel", Channel.values),
            offense_class=cells.word("offense_class", OffenseClass.values),
            nibrs=cells.get("nibrs"),
            statute=cells.get("statute"),
            division=cells.get("patrol_division"),
            state=state,
            disposition=disposition,
            closed_at=closed_at,
            assigned_badge=assigned_badge,
            assigned_at=assigned_at,
            supervisor_badge=cells.get("supervisor_badge"),
            people=tuple(self._people(cells, received_at)),
        )

    def event(self, cells: Cells) -> EventRow:
        kind = cells.word("kind", EVENT_KINDS)
        text = cells.values["text"].strip()
        if kind == CLOSED and text:
            text = cells.word("text", Disposition.values)
        badge = cells.need("badge") if kind == REVIEWED else cells.get("badge")
        return EventRow(
            number=cells.need("case_number"),
            occurred_at=self._past(cells.instant("occurred_at"), "occurred_at"),
            entered_at=self._past(cells.instant("entered_at"), "entered_at"),
            badge=badge,
            kind=kind,
            text=text,
        )

    def referral(self, cells: Cells) -> ReferralRow:
        received_at = self._past(cells.instant("received_at"), "received_at")
        acknowledged_at = cells.instant_if_any("acknowledged_at")
        if acknowledged_at is not None and acknowledged_at < received_at:
            raise RowRefused("acknowledged_at lies before received_at. Correct one of them.")
        return ReferralRow(
            reference=cells.need("reference"),
            number=cells.get("case_number"),
            channel=cells.word("channel", Channel.values),
            organization=cells.need("organization"),
            received_at=received_at,
            acknowledged_at=acknowledged_at and self._past(acknowledged_at, "acknowledged_at"),
            priority=cells.word("priority_level", Priority.values),
        )

    def _past(self, instant: datetime, column: str) -> datetime:
        return in_the_past(instant, self.now, column)

    def _ending(self, cells: Cells, received_at: datetime) -> tuple[str, str, datetime | None]:
        """State, disposition and closing time; whether it is active, events will tell."""
        closed_at = cells.instant_if_any("closed_at")
        disposition = cells.word("disposition", [*Disposition.values, ""])
        if cells.word("status", STATUSES) == "open":
            if closed_at or disposition:
                raise RowRefused(
                    "status is open, and closed_at or disposition is given. Clear them."
                )
            return CaseState.RECEIVED, "", None
        if not disposition:
            raise RowRefused("status is closed, and disposition is empty. Fill it in.")
        if closed_at is not None and closed_at < received_at:
            raise RowRefused("closed_at lies before received_at. Correct one of them.")
        if closed_at is not None:
            self._past(closed_at, "closed_at")
        return ended_state(disposition), disposition, closed_at

    def _assigned(self, cells: Cells) -> tuple[str, datetime | None]:
        badge, at = cells.get("assigned_badge"), cells.instant_if_any("assigned_at")
        if badge and at is None:
            raise RowRefused("assigned_badge is given, and assigned_at is empty. Fill it in.")
        if at is not None and not badge:
            raise RowRefused("assigned_at is given, and assigned_badge is empty. Fill it in.")
        return badge, at and self._past(at, "assigned_at")

    def _people(self, cells: Cells, received_at: datetime) -> Iterator[PersonRow]:
        yield self._victim(cells, received_at)
        caregiver = cells.get("caregiver_name")
        if caregiver:
            yield PersonRow.of(PersonRole.CAREGIVER, identity_of_name(caregiver), named=True)
        suspect = suspect_of(
            cells.word("suspect_status", [NAMED, UNIDENTIFIED, ""]), cells.get("suspect_name")
        )
        if suspect is not None:
            yield suspect

    def _victim(self, cells: Cells, received_at: datetime) -> PersonRow:
        received_on = received_at.astimezone(self.zone)
        born = cells.day_if_any("victim_dob")
        if born is not None:
            plausible_birth(born, received_on.date(), "victim_dob")
        identity = {
            "first_name": cells.get("victim_first_name"),
            "last_name": cells.get("victim_last_name"),
            "birth_date": "" if born is None else born.isoformat(),
        }
        return PersonRow.of(
            "",
            identity,
            age_band=age_band(born, received_on),
            sex=cells.word("victim_sex", Sex.values),
            named=bool(identity["first_name"] or identity["last_name"]),
        )


def in_the_past(instant: datetime, now: datetime, column: str) -> datetime:
    if instant > now:
        raise RowRefused(f"{column} lies in the future. Check the date.")
    return instant


def ended_state(disposition: str) -> str:
    return CaseState.INACTIVE if disposition == Disposition.INACTIVE else CaseState.CLOSED


def suspect_of(status: str, name: str) -> PersonRow | None:
    """The suspect, named or unidentified; None where nothing is said of one."""
    if status == NAMED and not name:
        raise RowRefused("suspect_status is named, and suspect_name is empty. Correct one of them.")
    if status == UNIDENTIFIED and name:
        raise RowRefused(
            "suspect_status is unidentified, and a name is given. Correct one of them."
        )
    if name:
        return PersonRow.of(PersonRole.SUSPECT, identity_of_name(name), named=True)
    return PersonRow(PersonRole.SUSPECT) if status == UNIDENTIFIED else None


Made = OfficerRow | CaseRow | EventRow | ReferralRow


def read_file(name: str, opener: Opener, reader: Reader) -> Iterator[tuple[Row, Made | None, str]]:
    """Every row of one file: as it stands, what it means, or why it can't land.

    A blank row yields neither. Raises ImportRefused for the whole file.
    """
    readers: dict[str, Callable[[Cells], Made]] = {
        OFFICERS: reader.officer,
        CASES: reader.case,
        EVENTS: reader.event,
        REFERRALS: reader.referral,
    }
    with opener() as stream:
        shape = shape_of(stream, what=name, encoding="utf-8-sig", delimiter=",")
        places = _places(name, shape.columns)
        for row in rows_of(stream, shape, what=name):
            yield (row, *_made(row, places, readers[name]))


def _places(name: str, columns: tuple[str, ...]) -> dict[str, int]:
    there = {column.strip().casefold(): at for at, column in enumerate(columns)}
    missing = [column for column in HEADERS[name] if column not in there]
    if missing:
        raise ImportRefused(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
            f"Its header must be: {','.join(HEADERS[name])}"
        )
    return {column: there[column] for column in HEADERS[name]}


def _made(
    row: Row, places: Mapping[str, int], read: Callable[[Cells], Made]
) -> tuple[Made | None, str]:
    if row.problem or row.is_blank:
        return None, row.problem
    try:
        return read(Cells({column: row.cells[at] for column, at in places.items()})), ""
    except RowRefused as refused:
        return None, str(refused)
