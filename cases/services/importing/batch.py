"""Which rows does a batch write, model by model, and under which pseudonyms?"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.events import Event
from audit.recorder import Note, record_many
from cases.models import (
    Assignment,
    BlindToken,
    Case,
    CaseStateChange,
    InvolvedPerson,
    Referral,
    Response,
    Review,
    Victim,
)
from cases.models.sealing import new_pseudonym
from cases.selectors.versions import (
    changes_since,
    differences,
    values_of,
    values_of_referral,
)
from cases.services.importing.copying import add_rows
from cases.services.importing.planning import Plan, referral_digest
from cases.services.importing.rows import ReferralRow
from cases.services.victims import PERSON_PREFIX, VICTIM_PREFIX, record_added

WRITE_ROWS = 1_000
RESPONSE_COLUMNS = (
    "id", "case_id", "kind", "occurred_at", "entered_at", "officer_id", "narrative",
    "sealed_narrative", "narrative_length", "suspect_id", "source_digest",
)  # fmt: skip
CHANGING = (
    "detective", "supervisor", "squad", "state", "disposition", "closed_at", "source_digest",
)  # fmt: skip


@dataclass(slots=True)
class Batch:
    """Rows to be written, model by model."""

    import_id: UUID
    now: datetime
    cases: list[Case] = field(default_factory=list)
    changed: list[Case] = field(default_factory=list)
    victims: list[Victim] = field(default_factory=list)
    people: list[InvolvedPerson] = field(default_factory=list)
    tokens: list[BlindToken] = field(default_factory=list)
    ended: list[Assignment] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    states: list[CaseStateChange] = field(default_factory=list)
    responses: list[tuple[Any, ...]] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    answered: list[Referral] = field(default_factory=list)
    notes: list[tuple[Event, Note]] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)
    loose: set[UUID] = field(default_factory=set)

    def add_loose(self, plan: Plan) -> None:
        for row in plan.loose:
            self.loose.add(self.add_referral(row, None).pk)
        for referral in plan.loose_answered:
            self.answered.append(referral)
            if referral.case_id is None:
                self.loose.add(referral.pk)
            else:
                self.touched.add(referral.case_id)

    def add_referral(self, row: ReferralRow, case: Case | None) -> Referral:
        referral = Referral(
            case=case,
            reference=row.reference,
            channel=row.channel,
            organization=row.organization,
            received_at=row.received_at,
            entered_at=row.received_at,
            priority=row.priority,
            acknowledged_at=row.acknowledged_at,
            source_digest=referral_digest(row),
        )
        self.referrals.append(referral)
        told = {"import": str(self.import_id), **({"case": str(case.pk)} if case else {})}
        came = differences({}, values_of_referral(referral))
        note = Note("referral", referral.pk, changes=came, details=told)
        self.notes.append((Event.REFERRAL_RECEIVED, note))
        return referral

    def note(self, event: Event, subject: str, subject_id: UUID, **details: object) -> None:
        told = {"import": str(self.import_id), **details}
        self.notes.append((event, Note(subject, subject_id, details=told)))

    def _keep_versions(self) -> None:
        """The case's first entry keeps its fields: of a new case all, else those that changed."""
        stood = Case.objects.in_bulk([case.pk for case in self.changed])
        kept = {case.pk: changes_since({}, case) for case in self.cases}
        kept |= {case.pk: changes_since(values_of(stood[case.pk]), case) for case in self.changed}
        for at, (event, note) in enumerate(self.notes):
            case_id = note.subject_id
            if note.subject_type == "case" and isinstance(case_id, UUID) and case_id in kept:
                self.notes[at] = event, replace(note, changes=kept.pop(case_id))
        told = {"import": str(self.import_id)}
        self.notes += [
            (Event.CASE_CHANGED, Note("case", case_id, "", changes, told))
            for case_id, changes in kept.items()
            if changes
        ]

    def save(self) -> None:
        self._keep_versions()
        Case.objects.bulk_create(self.cases, batch_size=WRITE_ROWS)
        Case.objects.bulk_update(self.changed, CHANGING, batch_size=WRITE_ROWS)
        Victim.objects.bulk_create(self.victims, batch_size=WRITE_ROWS)
        InvolvedPerson.objects.bulk_create(self.people, batch_size=WRITE_ROWS)
        BlindToken.objects.bulk_create(self.tokens, batch_size=WRITE_ROWS)
        Assignment.objects.bulk_update(self.ended, ["ended_at"], batch_size=WRITE_ROWS)
        Assignment.objects.bulk_create(self.assignments, batch_size=WRITE_ROWS)
        CaseStateChange.objects.bulk_create(self.states, batch_size=WRITE_ROWS)
        add_rows(Response, RESPONSE_COLUMNS, self.responses)
        Review.objects.bulk_create(self.reviews, batch_size=WRITE_ROWS)
        Referral.objects.bulk_create(self.referrals, batch_size=WRITE_ROWS)
        Referral.objects.bulk_update(self.answered, ["case", "acknowledged_at", "source_digest"])
        for event in sorted({event for event, _ in self.notes}):
            notes = (note for kind, note in self.notes if kind == event)
            record_many(event, notes, at=self.now)
        record_added([*self.victims, *self.people], self.now, {"import": str(self.import_id)})


class Pseudonyms:
    """As many fresh pseudonyms as a batch needs, none of them taken."""

    def __init__(self, plan: Plan) -> None:
        people = [one.role for case in plan.cases if case.known is None for one in case.people]
        victims = sum(not role for role in people)
        self._free = {
            VICTIM_PREFIX: _free(VICTIM_PREFIX, victims, _taken_victims),
            PERSON_PREFIX: _free(PERSON_PREFIX, len(people) - victims, _taken_people),
        }

    def next(self, prefix: str) -> str:
        return next(self._free[prefix])


def _free(prefix: str, count: int, taken: Callable[[Iterable[str]], set[str]]) -> Iterator[str]:
    found: set[str] = set()
    while len(found) < count:
        drawn = {new_pseudonym(prefix) for _ in range(count - len(found))}
        found |= drawn - taken(drawn)
    return iter(found)


def _taken_victims(names: Iterable[str]) -> set[str]:
    return set(Victim.objects.filter(pseudonym__in=names).values_list("pseudonym", flat=True))


def _taken_people(names: Iterable[str]) -> set[str]:
    return set(
        InvolvedPerson.objects.filter(pseudonym__in=names).values_list("pseudonym", flat=True)
    )
