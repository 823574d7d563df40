"""How does a court's order make a person's identity disappear, while the case and its audit stay?

One supervisor asks, another confirms. Confirming deletes, in one transaction, everything that
could say who the person was: the sealed identity and its data key, their blind tokens, the
originals of the case's texts, its drafts and what its releases hold. What stays is the redacted
text with its pseudonyms. After that transaction the shred keys are destroyed in the store, which
makes every copy of those data keys worthless, backups included (decision 8).
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from audit.events import Event
from audit.recorder import record, record_denied
from cases import access, seal, shreds
from cases.access import Viewer
from cases.enums import ExpungeState, ImportState, Permission
from cases.models import (
    Account,
    BlindToken,
    Case,
    Draft,
    ElementAnswer,
    Expunge,
    ImportRun,
    InvolvedPerson,
    Victim,
)
from cases.models.base import Sealed
from cases.models.sealed import keyed, sealed_models
from cases.models.sealing import generation_of, leaf_of, set_key
from cases.rules.reasons import says_enough, visible
from cases.selectors.policy import current_policy
from cases.services.locking import lock_case
from cases.services.narratives import redactor
from cases.services.rewriting import redact_again

# The shortest docket numbers have four characters; the column takes 80.
ORDER_LEAST = 4
ORDER_MOST = 80
RUNNING_IMPORTS = (ImportState.PREVIEWED, ImportState.QUEUED, ImportState.RUNNING)

Person = Victim | InvolvedPerson


class BadExpunge(ValueError):
    """The request can't be made or confirmed as it stands; the sentence says why."""


@dataclass(frozen=True, slots=True)
class ExpungeInput:
    """`pseudonym` says whom; nothing here says who they are."""

    pseudonym: str
    court_order: str
    reason: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the second person gives: the order's reference again, a reason, and their password."""

    court_order: str
    reason: str
    password: str = field(repr=False)


@transaction.atomic
def request_expunge(
    *, viewer: Viewer, now: datetime, case_id: UUID, asked: ExpungeInput
) -> Expunge:
    """Ask for one person's identity to be expunged. Raises Hidden, NotPermitted, BadExpunge."""
    case = _case(viewer, now, case_id)
    person = _person(case, asked.pseudonym)
    _check_shreddable(case, person)
    words = redactor(case)
    reason = _reason(viewer, now, case, asked.reason)
    request = Expunge(
        case=case,
        victim=person if isinstance(person, Victim) else None,
        person=person if isinstance(person, InvolvedPerson) else None,
        court_order=words(_order(viewer, now, case, asked.court_order)),
        reason=words(reason),
        requested_by_id=viewer.account_key,
        requested_at=now,
    )
    request.save(force_insert=True)
    _record(Event.EXPUNGE_REQUESTED, request, now, request.reason)
    return request


@transaction.atomic
def withdraw_expunge(*, viewer: Viewer, now: datetime, expunge_id: UUID, reason: str) -> None:
    """Take a request back, or refuse it. Raises Hidden, NotPermitted, BadExpunge."""
    request = _request(viewer, now, expunge_id)
    request.state = ExpungeState.WITHDRAWN
    request.decided_by_id, request.decided_at = viewer.account_id, now
    words = redactor(request.case)
    request.decision_reason = words(_reason(viewer, now, request.case, reason))
    request.save()
    _record(Event.EXPUNGE_WITHDRAWN, request, now, request.decision_reason)


@transaction.atomic
def confirm_expunge(
    *, viewer: Viewer, now: datetime, expunge_id: UUID, given: Confirmation
) -> None:
    """Expunge, as somebody other than who asked. Raises Hidden, NotPermitted, BadExpunge."""
    request = _request(viewer, now, expunge_id)
    _check_second_person(viewer, now, request, given)
    case = lock_case(request.case_id)
    reason = _reason(viewer, now, case, given.reason)
    words = redactor(case)(reason)
    # The last look with the identity known: it can not be taken later.
    redact_again(case, now)
    request.refresh_from_db(fields=["court_order", "reason"])
    request.decision_reason = words
    request.leaves = _destroy(case, _lock_person(request))
    request.state = ExpungeState.CONFIRMED
    request.decided_by_id, request.decided_at = viewer.account_id, now
    request.save()
    _record(Event.IDENTITY_EXPUNGED, request, now, request.decision_reason)
    transaction.on_commit(partial(finish_expunges, now=now), robust=True)


def finish_expunges(*, now: datetime) -> int:
    """Destroy the shred keys of what was confirmed, and say so; how many were finished.

    Confirming starts it; a schedule takes up what a crash or a full disk left behind. Raises
    `ShredStoreError`, and the expunge stays unfinished.
    """
    waiting = Expunge.objects.filter(state=ExpungeState.CONFIRMED).values_list("pk", flat=True)
    return sum(_finish(expunge_id, now) for expunge_id in list(waiting))


@transaction.atomic
def _finish(expunge_id: UUID, now: datetime) -> bool:
    rows = Expunge.objects.select_for_update(of=("self",), skip_locked=True)
    request = rows.filter(pk=expunge_id, state=ExpungeState.CONFIRMED).first()
    if request is None:
        return False
    shreds.destroy(Path(settings.SHRED_STORE), request.leaves)
    keys = len(request.leaves)
    request.leaves, request.state, request.shredded_at = [], ExpungeState.DONE, now
    request.save()
    _record(Event.IDENTITY_SHREDDED, request, now, "", keys=keys)
    return True


def _case(viewer: Viewer, now: datetime, case_id: UUID) -> Case:
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.EXPUNGE_IDENTITY, now)
    return case


def _request(viewer: Viewer, now: datetime, expunge_id: UUID) -> Expunge:
    """The request, held until the transaction ends, if it still waits."""
    rows = Expunge.objects.select_for_update(of=("self",))
    request = rows.select_related("case", "victim", "person").filter(pk=expunge_id).first()
    if request is None:
        raise access.Hidden
    _case(viewer, now, request.case_id)
    if request.state != ExpungeState.REQUESTED:
        raise _denied(viewer, now, request.case, "This request does not wait any more.")
    return request


def _person(case: Case, pseudonym: str) -> Person:
    for people in (case.victims, case.people):
        person = people.select_for_update().filter(pseudonym=pseudonym).first()
        if person is not None:
            if not person.wrapped_key:
                raise BadExpunge("There is no identity to expunge.")
            if person.expunges.exclude(state=ExpungeState.WITHDRAWN).exists():
                raise BadExpunge("An expunge of this person is already asked for.")
            return person
    raise access.Hidden


def _check_shreddable(case: Case, person: Person) -> None:
    if generation_of(case) is None or generation_of(person) is None:
        raise BadExpunge(
            "The keys of this case are older than shred keys. Have rotate_keys run and a new "
            "backup made first, then ask again."
        )
    run = case.import_run
    if run is not None and run.state in RUNNING_IMPORTS:
        raise BadExpunge("The import that brought this case still runs. Ask again when it is done.")


def _check_second_person(
    viewer: Viewer, now: datetime, request: Expunge, given: Confirmation
) -> None:
    if viewer.account_id is None or viewer.account_id == request.requested_by_id:
        raise _denied(viewer, now, request.case, "Somebody other than who asked has to confirm.")
    rule = current_policy().expunging
    if now - request.requested_at > rule.stands:
        old = f"This request is older than {rule.request_stands}. Have it made again."
        raise _denied(viewer, now, request.case, old)
    # Kept as redacted when it was asked with: a reference may name a party.
    if redactor(request.case)(visible(given.court_order)) != request.court_order:
        raise _denied(viewer, now, request.case, "The order's reference is not the one asked with.")
    account = Account.objects.get(pk=viewer.account_id)
    if not account.is_active or not account.check_password(given.password):
        raise _denied(viewer, now, request.case, "That is not your password.")
    _check_shreddable(request.case, _person_of(request))


def _denied(viewer: Viewer, now: datetime, case: Case, sentence: str) -> BadExpunge:
    record_denied(
        Event.ACCESS_DENIED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        reason=f"Expunge: {sentence}",
        details={"permission": Permission.EXPUNGE_IDENTITY.value, "role": viewer.role_code},
    )
    return BadExpunge(sentence)


def _reason(viewer: Viewer, now: datetime, case: Case, text: str) -> str:
    if not says_enough(text):
        raise _denied(viewer, now, case, "Give a reason that a reader can follow.")
    return visible(text)


def _order(viewer: Viewer, now: datetime, case: Case, text: str) -> str:
    if not says_enough(text, ORDER_LEAST) or len(visible(text)) > ORDER_MOST:
        raise _denied(viewer, now, case, "Give the court order's reference.")
    return visible(text)


def _person_of(request: Expunge) -> Person:
    return cast("Person", request.victim or request.person)


def _lock_person(request: Expunge) -> Person:
    person = _person_of(request)
    return type(person)._default_manager.select_for_update().get(pk=person.pk)


def _destroy(case: Case, person: Person) -> list[str]:
    """Delete what says who the person was; the leaves of all shred keys that protected it."""
    leaves = [_leaf(person), *_forget_originals(case), *_empty_what_quotes(case)]
    tokens = {"victim": person} if isinstance(person, Victim) else {"person": person}
    BlindToken.objects.filter(**tokens).delete()
    _empty(type(person)._default_manager.filter(pk=person.pk))
    return leaves


def _forget_originals(case: Case) -> list[str]:
    """The texts as they were typed go, and the case gets a new key for those still to come."""
    before = _leaf(case)
    generation = (generation_of(case) or 0) + 1
    if generation >= seal.GENERATIONS:
        raise BadExpunge("This case has been re-keyed too often.")
    case.responses.update(sealed_narrative=None)
    ElementAnswer.objects.filter(response__case=case).update(sealed_text=None)
    set_key(case, seal.new_data_key(), generation)
    case.save(update_fields=["key_id", "wrapped_key"])
    return [before]


def _empty_what_quotes(case: Case) -> list[str]:
    """Drafts, releases and whatever else is sealed on this case may quote the person."""
    leaves = []
    for model in sealed_models():
        if model in (Case, Victim, InvolvedPerson) or not _has_case(model):
            continue
        sealed: Any = keyed(model)
        rows = sealed.filter(case=case)
        leaves += [_leaf(row) for row in rows.select_for_update()]
        if model is Draft:
            rows.delete()
        else:
            _empty(rows)
    return leaves + _empty_upload(case)


def _empty_upload(case: Case) -> list[str]:
    """The file that the case came from was sealed in pieces, which old backups still hold."""
    if case.import_run_id is None:
        return []
    runs = ImportRun.objects.filter(pk=case.import_run_id, wrapped_key__isnull=False)
    leaves = [_leaf(run) for run in runs.select_for_update()]
    _empty(runs)
    return leaves


def _has_case(model: type[Sealed]) -> bool:
    return any(column.name == "case" for column in model._meta.get_fields())


def _empty(rows: QuerySet[Sealed]) -> None:
    rows.update(key_id="", wrapped_key=None, sealed=None)


def _leaf(row: Sealed) -> str:
    generation = generation_of(row)
    if generation is None:
        raise BadExpunge("A key here is older than shred keys. Have rotate_keys run first.")
    return leaf_of(row, generation)


def _record(event: Event, request: Expunge, now: datetime, reason: str, **details: object) -> None:
    person = _person_of(request)
    record(
        event,
        at=now,
        subject_type="case",
        subject_id=request.case_id,
        reason=reason,
        details={
            "expunge": str(request.pk),
            "pseudonym": person.pseudonym,
            "court_order": request.court_order,
            **details,
        },
    )
