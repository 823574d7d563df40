"""Which parts of a case does a viewer read? All of them, but for a partner: the policy says which.

What hangs on a case belongs to a part: by its table, or by its kind. `within` narrows a queryset to
what somebody reads, and row-level security (migration 0020) keeps back the same rows. What stands
in columns of the case itself or of an entry is left out by whoever shows it: `part in reading`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from cases.enums import LinkKind, PersonRole
from cases.models import (
    Assignment,
    BlindToken,
    BrokenGlass,
    CaseLink,
    CaseStateChange,
    Clock,
    ClockHold,
    Draft,
    ElementAnswer,
    Evidence,
    Expunge,
    Flag,
    ImportChunk,
    ImportRejection,
    ImportRun,
    InvolvedPerson,
    Referral,
    Release,
    ReleaseFile,
    ReleaseItem,
    ReleaseMark,
    ReleaseResult,
    Response,
    Reveal,
    Review,
    Victim,
)
from cases.rules.parts import Part
from cases.rules.policy import Policy
from cases.viewers import Viewer

Row = TypeVar("Row", bound=Model)
NOTHING = Q(pk__isnull=True)

# Of which part a row is that hangs on a case; None: the unit's own, and no partner's.
PART_OF: dict[type[Model], Part | None] = {
    Assignment: Part.PROGRESS,
    BlindToken: None,
    BrokenGlass: Part.SUPERVISION,
    CaseStateChange: Part.PROGRESS,
    Clock: Part.SUPERVISION,
    ClockHold: Part.SUPERVISION,
    Draft: None,
    Evidence: Part.EVIDENCE,
    Expunge: None,
    Flag: Part.SUPERVISION,
    ImportChunk: None,
    ImportRejection: None,
    ImportRun: None,
    Referral: Part.AGENCIES,
    Release: None,
    ReleaseFile: None,
    ReleaseItem: None,
    ReleaseMark: None,
    ReleaseResult: None,
    Reveal: None,
    Review: Part.SUPERVISION,
    Victim: Part.PEOPLE,
}
# Of these each row is of a part by its own kind.
BY_ROW = (CaseLink, ElementAnswer, InvolvedPerson, Response)


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody reads of the cases that they see. `whole`: everything."""

    whole: bool
    parts: frozenset[Part] = frozenset()
    kinds: frozenset[str] = frozenset()
    elements: frozenset[str] = frozenset()

    def __contains__(self, part: Part) -> bool:
        return self.whole or part in self.parts


WHOLE = Reading(whole=True)


def reading_by(viewer: Viewer, policy: Policy) -> Reading:
    """The parts that this viewer reads of every case that they see."""
    return _as_partner(viewer.discipline, policy) if viewer.is_partner else WHOLE


def within(rows: QuerySet[Row], reading: Reading) -> QuerySet[Row]:
    """Of these rows those that belong to a part that is read."""
    return rows if reading.whole else rows.filter(_belongs(rows.model, reading))


def reads(reading: Reading, record: Model) -> bool:
    """Whether one record that hangs on a case belongs to a part that is read."""
    if reading.whole:
        return True
    return within(type(record)._default_manager.filter(pk=record.pk), reading).exists()


def _as_partner(discipline: str, policy: Policy) -> Reading:
    parts = policy.parts.read_as(discipline)
    elements = (element.code for element in policy.elements if element.part in parts)
    kinds = policy.parts.kinds_in(parts)
    return Reading(whole=False, parts=parts, kinds=frozenset(kinds), elements=frozenset(elements))


def _belongs(model: type[Model], reading: Reading) -> Q:
    if model is Response:
        return _among("kind", reading.kinds)
    if model is ElementAnswer:
        read = _among("response__kind", reading.kinds)
        return read & _among("element", reading.elements)
    if model is InvolvedPerson:
        return _among("role", _roles(reading))
    if model is CaseLink:
        return _among("kind", _links(reading))
    part = PART_OF[model]
    return Q() if part in reading.parts else NOTHING


def _among(column: str, values: Iterable[str]) -> Q:
    """In SQL also where there are none: as a part of another query it would be no list at all."""
    known = sorted(values)
    return Q(**{f"{column}__in": known}) if known else NOTHING


def _roles(reading: Reading) -> Iterable[PersonRole]:
    """Who reported is told to no partner, not even that somebody did."""
    suspects, others = (Part.SUSPECT in reading, Part.PEOPLE in reading)
    known = {PersonRole.SUSPECT: suspects, PersonRole.REPORTER: False}
    return [role for role in PersonRole if known.get(role, others)]


def _links(reading: Reading) -> Iterable[LinkKind]:
    by = {kind: Part.SUSPECT if kind == LinkKind.SUSPECT else Part.PEOPLE for kind in LinkKind}
    return [kind for kind, part in by.items() if part in reading]
