"""Who is the case about? People are added sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import Note, record_many
from cases import access
from cases.access import Viewer
from cases.enums import Permission, PersonRole
from cases.models import BlindToken, Case, InvolvedPerson, Victim
from cases.models.sealing import new_pseudonym, seal_identity_on
from cases.rules.redaction import KnownPerson, redact
from cases.selectors.versions import differences, values_of_person
from cases.services.clocks import refresh_cases
from cases.services.linking import suggest_links
from cases.services.locking import lock_case
from cases.services.narratives import (
    age_band,
    birth_on,
    known_people,
    known_person,
)
from cases.services.rewriting import redact_again
from cases.services.tokens import tokens_of

VICTIM_PREFIX = "V"
PERSON_PREFIX = "P"
RELATION_LENGTH = 80
ADDED = (
    (Event.VICTIM_ADDED, Victim, "victim"),
    (Event.PERSON_ADDED, InvolvedPerson, "person"),
)


@dataclass(frozen=True, slots=True)
class PersonInput:
    """A person as typed. `identity` (first_name, last_name, birth_date, …) is sealed at once.

    `role` None is the alleged victim.
    """

    identity: Mapping[str, str] = field(default_factory=dict, repr=False)
    role: PersonRole | None = None
    sex: str = ""
    relation: str = ""
    description: str = ""


@transaction.atomic
def add_victim(*, viewer: Viewer, now: datetime, case_id: UUID, person: PersonInput) -> Victim:
    """Add an alleged victim to a case the viewer works on. Raises Hidden, NotPermitted."""
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.LOG_RESPONSE, now)
    case = lock_case(case.pk)
    victim = save_victim(case, person, now)
    redact_again(case, now)
    suggest_links(case_ids=[case.pk], now=now)
    record_added([victim], now)
    refresh_cases(case_ids=[case.pk], now=now)
    return victim


@transaction.atomic
def add_person(
    *, viewer: Viewer, now: datetime, case_id: UUID, person: PersonInput
) -> InvolvedPerson:
    """Add a caregiver, suspect, reporter or witness. Raises Hidden, NotPermitted."""
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.LOG_RESPONSE, now)
    case = lock_case(case.pk)
    added = save_person(case, person, now)
    redact_again(case, now)
    suggest_links(case_ids=[case.pk], now=now)
    record_added([added], now)
    refresh_cases(case_ids=[case.pk], now=now)
    return added


def record_added(
    people: Sequence[Victim | InvolvedPerson],
    now: datetime,
    told: Mapping[str, object] | None = None,
) -> None:
    """Leave each one's own entry, however they came on record: who named them, and when."""
    for event, model, key in ADDED:
        notes = (
            Note(
                "case",
                one.case_id,
                changes=differences({}, values_of_person(one)),
                details={key: one.pseudonym, **(told or {})},
            )
            for one in people
            if isinstance(one, model)
        )
        record_many(event, notes, at=now)


def save_victim(case: Case, person: PersonInput, now: datetime) -> Victim:
    """The victim's row and blind tokens, inside the caller's transaction."""
    victim = Victim(
        case=case,
        pseudonym=new_pseudonym(VICTIM_PREFIX),
        age_band=age_band(birth_on(person.identity), case.received_at),
        sex=person.sex,
        entered_at=now,
    )
    seal_identity_on(victim, person.identity)
    victim.save(force_insert=True)
    BlindToken.objects.bulk_create(tokens_of(dict(person.identity), victim_id=victim.pk))
    return victim


def save_person(case: Case, person: PersonInput, now: datetime) -> InvolvedPerson:
    """The person's row and blind tokens, inside the caller's transaction."""
    pseudonym = new_pseudonym(PERSON_PREFIX)
    known = (*known_people(case), known_person(pseudonym, person.identity))
    return _save_named(case, pseudonym, person, known, now)


def save_everybody(
    case: Case, victims: Sequence[PersonInput], people: Sequence[PersonInput], now: datetime
) -> tuple[Victim | InvolvedPerson, ...]:
    """All the people of a new case; a text about one is redacted with the names of all."""
    children = [save_victim(case, victim, now) for victim in victims]
    named = [(new_pseudonym(PERSON_PREFIX), person) for person in people]
    every = [(one.pseudonym, victim) for one, victim in zip(children, victims, strict=True)]
    known = tuple(known_person(name, person.identity) for name, person in [*every, *named])
    others = [_save_named(case, pseudonym, person, known, now) for pseudonym, person in named]
    return (*children, *others)


def _save_named(
    case: Case,
    pseudonym: str,
    person: PersonInput,
    known: tuple[KnownPerson, ...],
    now: datetime,
) -> InvolvedPerson:
    added = InvolvedPerson(
        case=case,
        role=person.role or PersonRole.WITNESS,
        pseudonym=pseudonym,
        named=any(person.identity.values()),
        relation=redact(person.relation, known)[:RELATION_LENGTH],
        description=redact(person.description, known),
        entered_at=now,
    )
    seal_identity_on(added, person.identity)
    added.save(force_insert=True)
    BlindToken.objects.bulk_create(tokens_of(dict(person.identity), person_id=added.pk))
    return added
