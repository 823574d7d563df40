"""Who was written down wrong? An identity is corrected unseen, and every text redacted again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.enums import Permission
from cases.models import BlindToken, Case, InvolvedPerson, Victim
from cases.models.sealing import Expunged, open_identity_of, seal_identity_on
from cases.rules.redaction import FIELDS, Redactor
from cases.selectors.versions import differences, values_of_person
from cases.services.clocks import refresh_cases
from cases.services.linking import suggest_links
from cases.services.locking import lock_case
from cases.services.narratives import FORMER, age_band, birth_on, keep_former, redactor
from cases.services.rewriting import redact_again
from cases.services.tokens import tokens_of

RELATION_LENGTH = 80


class NothingToCorrect(ValueError):
    """No field was given and none is to be emptied."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is right. A field that is left out stays as it is; one in `emptied` goes."""

    identity: Mapping[str, str] = field(default_factory=dict, repr=False)
    emptied: frozenset[str] = frozenset()
    sex: str | None = None
    relation: str | None = None
    description: str | None = field(default=None, repr=False)


@transaction.atomic
def correct_person(
    *, viewer: Viewer, now: datetime, case_id: UUID, person_id: UUID, correction: Correction
) -> Victim | InvolvedPerson:
    """Correct a victim or an involved person of a case the viewer works on.

    The names corrected away are kept under the seal: texts that use them stay redacted. The entry
    names the fields, never what they hold. Raises Hidden, NotPermitted, NothingToCorrect, Expunged.
    """
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.LOG_RESPONSE, now)
    case = lock_case(case.pk)
    person = _person_of(case, person_id)
    before = values_of_person(person)
    changed = _corrected(case, person, correction)
    if not changed:
        raise NothingToCorrect("Fill in what is to be corrected.")
    record(
        Event.IDENTITY_CHANGED,
        at=now,
        subject_type="person",
        subject_id=person.pk,
        changes=differences(before, values_of_person(person)),
        details={"case": str(case.pk), "person": person.pseudonym, "fields": sorted(changed)},
    )
    redact_again(case, now)
    suggest_links(case_ids=[case.pk], now=now)
    refresh_cases(case_ids=[case.pk], now=now)
    return person


def _person_of(case: Case, person_id: UUID) -> Victim | InvolvedPerson:
    """Of this case and no other."""
    victim = Victim.objects.filter(case=case, pk=person_id).first()
    person = victim or InvolvedPerson.objects.filter(case=case, pk=person_id).first()
    if person is None:
        raise access.Hidden
    return person


def _corrected(
    case: Case, person: Victim | InvolvedPerson, correction: Correction
) -> frozenset[str]:
    if not person.wrapped_key:
        raise Expunged("The key of this record was destroyed.")
    before = open_identity_of(person)
    after = _merged(before, correction)
    # What was given counts, whether or not it differs: a guess must not be told that it is right.
    changed = _given(correction)
    if changed:
        seal_identity_on(person, keep_former(before, after))
        _find_anew(person, after)
    changed |= _described(case, person, correction)
    if isinstance(person, Victim):
        if "birth_date" in changed:
            person.age_band = age_band(birth_on(after), case.received_at)
    else:
        person.named = any(after.get(name) for name in FIELDS)
    person.save()
    return frozenset(changed)


def _given(correction: Correction) -> set[str]:
    filled = {name for name, text in correction.identity.items() if text.strip()}
    return (filled | correction.emptied) & set(FIELDS)


def _merged(before: Mapping[str, str], correction: Correction) -> dict[str, str]:
    given = {name: text.strip() for name, text in correction.identity.items() if text.strip()}
    kept = {name: text for name, text in before.items() if name not in correction.emptied}
    return kept | {name: text for name, text in given.items() if name in FIELDS}


def _described(case: Case, person: Victim | InvolvedPerson, correction: Correction) -> set[str]:
    """What stands in clear beside the identity."""
    redacted = redactor(case)
    changed: set[str] = set()
    if isinstance(person, Victim):
        clear = {"sex": correction.sex}
    else:
        clear = {
            "relation": _redacted(redacted, correction.relation, RELATION_LENGTH),
            "description": _redacted(redacted, correction.description, None),
        }
    for name, text in clear.items():
        if text is not None and text != getattr(person, name):
            setattr(person, name, text)
            changed.add(name)
    return changed


def _redacted(redacted: Redactor, text: str | None, limit: int | None) -> str | None:
    return None if text is None else redacted(text)[:limit]


def _find_anew(person: Victim | InvolvedPerson, identity: Mapping[str, str]) -> None:
    key = {"victim_id" if isinstance(person, Victim) else "person_id": person.pk}
    findable = {name: text for name, text in identity.items() if name != FORMER}
    BlindToken.objects.filter(**key).delete()
    BlindToken.objects.bulk_create(tokens_of(findable, **key))
