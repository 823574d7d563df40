"""What is one row that can land? Typed, checked, and free of where it came from.

`reading` modules make these from a bundle or a mapped file; everything after them knows no columns.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

CASES = "cases.csv"
EVENTS = "events.csv"
OFFICERS = "officers.csv"
REFERRALS = "referrals.csv"
ONE_FILE = "file"


@dataclass(frozen=True, slots=True)
class OfficerRow:
    badge: str
    name: str
    rank: str
    squad: str
    active_from: date
    active_to: date | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of a case. `role` "" is the alleged victim; `parts` the identity by field."""

    role: str
    parts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    age_band: str = ""
    sex: str = ""
    named: bool = False

    @classmethod
    def of(cls, role: str, identity: Mapping[str, str], **more: Any) -> "PersonRow":
        return cls(
            role, tuple(sorted((name, value) for name, value in identity.items() if value)), **more
        )

    @property
    def identity(self) -> dict[str, str]:
        """As `models.sealing` seals it."""
        return dict(self.parts)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as its source tells it. `entered_at` None: the source has no entry times of its own.

    `state` is the one it is to have; an ended one has a disposition, and a closing time if known.
    """

    number: str
    received_at: datetime
    channel: str
    offense_class: str
    state: str
    entered_at: datetime | None = None
    happened_at: datetime | None = None
    priority: str = ""
    nibrs: str = ""
    statute: str = ""
    division: str = ""
    serious_injury: bool = False
    child_witness: bool = False
    disposition: str = ""
    closed_at: datetime | None = None
    assigned_badge: str = ""
    assigned_at: datetime | None = None
    supervisor_badge: str = ""
    people: tuple[PersonRow, ...] = field(default=(), repr=False)

    def of_the_case(self) -> "CaseRow":
        """Without the people, who may differ from row to row of one case."""
        return replace(self, people=())


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened on a case. `entered_at` None: the moment of import."""

    number: str
    occurred_at: datetime
    kind: str
    badge: str = ""
    entered_at: datetime | None = None
    text: str = field(default="", repr=False)

    def without_badge(self) -> "EventRow":
        return replace(self, badge="")


@dataclass(frozen=True, slots=True)
class ReferralRow:
    reference: str
    number: str
    channel: str
    organization: str
    received_at: datetime
    acknowledged_at: datetime | None = None
    priority: str = ""


StagedRow = CaseRow | EventRow | ReferralRow
_TYPES: dict[str, type[StagedRow]] = {"c": CaseRow, "e": EventRow, "r": ReferralRow}
_MARKS = {cls: mark for mark, cls in _TYPES.items()}


def packed(row: StagedRow) -> bytes:
    """As bytes, to be sealed."""
    values = [getattr(row, one.name) for one in fields(row)]
    return json.dumps([_MARKS[type(row)], values], default=_plain, separators=(",", ":")).encode()


def unpacked(data: bytes) -> StagedRow:
    mark, values = json.loads(data)
    made = _TYPES[mark]
    return made(
        **{
            one.name: _again(one.name, value)
            for one, value in zip(fields(made), values, strict=True)
        }
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, PersonRow):
        return [getattr(value, one.name) for one in fields(value)]
    raise TypeError(type(value).__name__)


def _again(name: str, value: Any) -> Any:
    if name.endswith("_at"):
        return None if value is None else datetime.fromisoformat(value)
    return tuple(map(_person, value)) if name == "people" else value


def _person(values: list[Any]) -> PersonRow:
    role, parts, *rest = values
    return PersonRow(role, tuple((name, value) for name, value in parts), *rest)
