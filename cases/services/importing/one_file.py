"""What does one row of another department's export mean, read through a mapping?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from cases.enums import CaseState, Disposition, PersonRole, ResponseKind
from cases.services.importing.bundle import NAMED, ended_state, in_the_past, suspect_of
from cases.services.importing.errors import ImportRefused, RowRefused
from cases.services.importing.fields import CLOSED, FIELDS, OPEN, Field
from cases.services.importing.mapping import FieldMap, Rule, folded
from cases.services.importing.rows import CaseRow, EventRow, PersonRow
from cases.services.importing.sources import Opener
from cases.services.importing.tables import Row, Shape, rows_of, shape_of
from cases.services.importing.values import (
    at_clock,
    band_of_age,
    birth_day,
    identity_of_name,
    local_instant,
    yes,
)
from cases.services.narratives import age_band

FILE = "The file"
LONGEST_NAME = 200
SEX_WORDS = {
    "female": "F", "girl": "F", "woman": "F", "w": "F", "male": "M", "boy": "M", "man": "M",
    "u": "", "unk": "", "unknown": "", "not recorded": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """Rows by `mapping` in a file with these `places` of columns; nothing happened after `now`."""

    mapping: FieldMap
    places: Mapping[str, int]
    now: datetime

    def made(self, cells: tuple[str, ...]) -> tuple[CaseRow, EventRow | None]:
        """The case, and its initial report where the export has its text. Raises RowRefused."""
        case = _Cells(self, cells).case()
        return case, _Cells(self, cells).report(case)


class _Cells:
    """The cells of one row, read field by field."""

    def __init__(self, reader: Reader, cells: tuple[str, ...]) -> None:
        self.reader = reader
        self.rules = reader.mapping.rules
        self.zone = reader.mapping.zone
        self.cells = cells

    def case(self) -> CaseRow:
        received_at, happened_at = self.received_at(), self.instant("happened_at")
        state, disposition = self.ending()
        closed_at = self.instant("closed_at") if disposition else None
        if closed_at is not None and closed_at.date() < received_at.date():
            raise RowRefused(f"{self.named('closed_at')} lies before {self.named('received_at')}.")
        return CaseRow(
            number=self.needed("case_number"),
            received_at=received_at,
            happened_at=happened_at,
            channel=self.code("channel", needed=True),
            offense_class=self.code("offense_class", needed=True),
            state=state,
            priority=self.code("priority"),
            nibrs=self.text("nibrs"),
            statute=self.text("statute"),
            division=self.text("division"),
            serious_injury=self.yes("serious_injury"),
            child_witness=self.yes("child_witness"),
            disposition=disposition,
            closed_at=closed_at and max(closed_at, received_at),
            assigned_badge=self.text("assigned_badge"),
            assigned_at=self.instant("assigned_at") if self.text("assigned_badge") else None,
            supervisor_badge=self.text("supervisor_badge"),
            people=tuple(self.people(received_at)),
        )

    def report(self, case: CaseRow) -> EventRow | None:
        text = self.raw("report")
        if not text:
            return None
        return EventRow(
            number=case.number,
            occurred_at=self.instant("report_at") or case.received_at,
            kind=ResponseKind.INITIAL_REPORT,
            badge=self.text("report_badge"),
            text=text,
        )

    def received_at(self) -> datetime:
        """A report dated by day, of the day it happened, came in no earlier than it happened."""
        self.needed("received_at")
        received_at, happened_at = self.instant("received_at"), self.instant("happened_at")
        if received_at is None:
            raise RowRefused(f"{self.named('received_at')} is empty. Fill it in.")
        if happened_at is None or happened_at <= received_at:
            return received_at
        local, happened = received_at.astimezone(self.zone), happened_at.astimezone(self.zone)
        if local.time() == time.min and local.date() == happened.date():
            return happened_at
        raise RowRefused(
            f"{self.named('happened_at')} lies after {self.named('received_at')}. Correct one of "
            "them."
        )

    def ending(self) -> tuple[str, str]:
        """The state the case is to have, and its disposition if it has ended."""
        status = self.code("status") or OPEN
        if status == OPEN:
            return CaseState.RECEIVED, ""
        if status == CLOSED:
            disposition = self.code("disposition")
            if not disposition:
                raise RowRefused(
                    f"{self.named('status')} says closed, and no disposition is given. Map the "
                    "disposition's column, or translate the status code to a disposition."
                )
            return ended_state(disposition), disposition
        return (ended_state(status), status) if status in Disposition.values else (status, "")

    def people(self, received_at: datetime) -> Iterator[PersonRow]:
        yield self.victim(received_at)
        named = (
            (PersonRole.CAREGIVER, "caregiver_name"),
            (PersonRole.REPORTER, "reporter_name"),
            (PersonRole.WITNESS, "witness_name"),
        )
        for role, name in named:
            if text := self.name(name):
                yield PersonRow.of(role, identity_of_name(text), named=True)
        suspect = self.suspect()
        if suspect is not None:
            yield suspect

    def suspect(self) -> PersonRow | None:
        name, status = self.name("suspect_name"), self.code("suspect_status")
        if name and not status:
            status = NAMED
        return suspect_of(status, name)

    def victim(self, received_at: datetime) -> PersonRow:
        whole = identity_of_name(self.name("victim_name"))
        identity = {
            "first_name": self.name("victim_first_name") or whole.get("first_name", ""),
            "last_name": self.name("victim_last_name") or whole.get("last_name", ""),
        }
        named = any(identity.values())
        band = self.age()
        received_on = received_at.astimezone(self.zone)
        if text := self.raw("victim_birth_date"):
            rule = self.rules["victim_birth_date"]
            born = birth_day(
                text, rule.formats, received_on.date(), self.named("victim_birth_date")
            )
            identity["birth_date"] = born.isoformat()
            band = age_band(born, received_on)
        sex = self.code("victim_sex")
        return PersonRow.of("", identity, age_band=band, sex=sex, named=named)

    def age(self) -> str:
        text = self.raw("victim_age")
        return (
            band_of_age(text, self.named("victim_age")) if text else age_band(None, self.reader.now)
        )

    # -- one cell ---------------------------------------------------------------------------------

    def named(self, name: str) -> str:
        """The field in the words of the export: its column, in quotation marks."""
        rule = self.rules.get(name)
        return f'"{rule.column}"' if rule and rule.column else FIELDS[name].label

    def cell(self, column: str) -> str:
        return self.cells[self.reader.places[folded(column)]].strip()

    def raw(self, name: str) -> str:
        """The text of the field's cell or its constant; "" where nothing is mapped or recorded."""
        rule = self.rules.get(name)
        if rule is None:
            return ""
        if rule.value is not None:
            return rule.value
        text = self.cell(rule.column)
        return "" if folded(text) in rule.not_recorded else text

    def text(self, name: str) -> str:
        text = self.raw(name)
        rule = self.rules.get(name)
        if rule is not None and rule.value is None and (rule.codes or rule.default is not None):
            text = self.translated(rule, FIELDS[name], text)
        if len(text) > FIELDS[name].most:
            raise RowRefused(
                f"{self.named(name)} is longer than {FIELDS[name].most} characters. Shorten it."
            )
        return text

    def needed(self, name: str) -> str:
        text = self.text(name) if FIELDS[name].most else self.raw(name)
        if not text:
            raise RowRefused(f"{self.named(name)} is empty. Fill it in.")
        return text

    def name(self, name: str) -> str:
        text = self.raw(name)
        if len(text) > LONGEST_NAME:
            raise RowRefused(
                f"{self.named(name)} is longer than {LONGEST_NAME} characters. Shorten it."
            )
        return text

    def code(self, name: str, *, needed: bool = False) -> str:
        rule = self.rules.get(name)
        if rule is None:
            return ""
        if rule.value is not None:
            return rule.value
        found = self.translated(rule, FIELDS[name], self.raw(name))
        if needed and not found:
            raise RowRefused(
                f"{self.named(name)} is empty. Fill it in, or give the mapping a default."
            )
        return found

    def translated(self, rule: Rule, one: Field, text: str) -> str:
        """By the mapping's table, else as one of our own words, else the default."""
        said = folded(text)
        if said in rule.codes:
            return rule.codes[said]
        own = _own_word(one, said)
        if own is not None:
            return own
        if rule.default is not None:
            return rule.default
        if not text or one.words is None:
            return text
        raise RowRefused(
            f"{self.named(one.name)} has a code that the mapping does not translate. Add it to the "
            "mapping, or give the mapping a default."
        )

    def yes(self, name: str) -> bool:
        rule = self.rules.get(name)
        if rule is None:
            return False
        text = self.raw(name)
        said = rule.codes.get(folded(text), text)
        if not said and rule.default is not None:
            said = rule.default
        return yes(said, self.named(name))

    def instant(self, name: str) -> datetime | None:
        rule, text = self.rules.get(name), self.raw(name)
        if rule is None or not text:
            return None
        at = local_instant(text, rule.formats, self.zone, self.named(name))
        clock = self.cell(rule.time_column) if rule.time_column else ""
        if clock:
            at = at_clock(at, clock, self.zone, f'"{rule.time_column}"')
        return in_the_past(at, self.reader.now, self.named(name))


def _own_word(one: Field, said: str) -> str | None:
    if not said or one.words is None:
        return None
    if one.name == "victim_sex" and said in SEX_WORDS:
        return SEX_WORDS[said]
    for word, label in one.words.items():
        if word and said in (word.casefold(), label.casefold()):
            return word
    return None


def places_of(mapping: FieldMap, shape: Shape) -> dict[str, int]:
    """Where the mapping's columns stand in the file. Raises ImportRefused."""
    there = {folded(column): at for at, column in enumerate(shape.columns)}
    missing = [column for column in mapping.columns() if folded(column) not in there]
    if missing:
        shown = ", ".join(f'"{column}"' for column in missing)
        raise ImportRefused(
            f"The file has no column {shown}, which the mapping reads. Choose another mapping, or "
            "correct its columns."
        )
    return there


Made = tuple[CaseRow, EventRow | None]


def read_mapped(
    opener: Opener, mapping: FieldMap, now: datetime
) -> Iterator[tuple[Row, Made | None, str]]:
    """Every row as it stands, what it means, or why it can't land. A blank row yields neither.

    Raises ImportRefused for the whole file.
    """
    with opener() as stream:
        shape = shape_of(stream, what=FILE, encoding=mapping.encoding, delimiter=mapping.delimiter)
        reader = Reader(mapping, places_of(mapping, shape), now)
        for row in rows_of(stream, shape, what=FILE):
            if row.problem or row.is_blank:
                yield row, None, row.problem
                continue
            try:
                yield row, reader.made(row.cells), ""
            except RowRefused as refused:
                yield row, None, str(refused)
