"""Which parts of a case does a partner read, and to which part does an entry belong?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Self

from cases.enums import Discipline, ResponseKind
from cases.rules.reading import Table, read_one, read_set


class Part(StrEnum):
    """The parts of a case; which of them a partner reads, their discipline decides."""

    label: str

    def __new__(cls, code: str, label: str) -> Self:
        part = str.__new__(cls, code)
        part._value_, part.label = code, label
        return part

    REPORT = "report", "What was reported"
    PEOPLE = "people", "The child, the household and witnesses"
    SUSPECT = "suspect", "The suspect"
    DISCLOSURE = "disclosure", "What the child said, and interviews"
    MEDICAL = "medical", "Injuries and exams"
    EVIDENCE = "evidence", "Evidence, kits and the lab"
    AGENCIES = "agencies", "Referrals, other agencies and the prosecutor"
    PROGRESS = "progress", "Who has the case, and its states"
    SUPERVISION = "supervision", "Flags, clocks, what a report lacks, and reviews"


@dataclass(frozen=True, slots=True)
class PartsRule:
    """What each discipline reads, and the part of every kind of response."""

    read_by: Mapping[Discipline, frozenset[Part]]
    of_responses: Mapping[ResponseKind, Part]

    def read_as(self, discipline: str) -> frozenset[Part]:
        """The parts that this discipline reads; none for what is no discipline."""
        known = discipline in list(Discipline)
        return self.read_by[Discipline(discipline)] if known else frozenset()

    def kinds_in(self, parts: Iterable[Part]) -> frozenset[ResponseKind]:
        """The kinds of responses that belong to one of these parts."""
        wanted = frozenset(parts)
        return frozenset(kind for kind, part in self.of_responses.items() if part in wanted)


def read_part(value: object, path: str) -> Part:
    return read_one(Part, value, path)


def read_parts(value: object, path: str) -> PartsRule:
    table = Table(value, path)
    rule = PartsRule(
        read_by=table.need("read_by", _read_by),
        of_responses=table.need("of_responses", _of_responses),
    )
    table.close()
    return rule


def _read_by(value: object, path: str) -> Mapping[Discipline, frozenset[Part]]:
    table = Table(value, path)
    parts = {one: table.need(one.value, partial(read_set, Part)) for one in Discipline}
    table.close()
    return parts


def _of_responses(value: object, path: str) -> Mapping[ResponseKind, Part]:
    table = Table(value, path)
    parts = {kind: table.need(kind.value, read_part) for kind in ResponseKind}
    table.close()
    return parts
