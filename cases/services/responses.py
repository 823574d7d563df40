"""How is what was done for the child written down? Drafts while typing, then one entry for good."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases import access, seal
from cases.access import Viewer
from cases.enums import AnswerStatus, CaseState, Channel, OffenseClass, Permission, ResponseKind
from cases.models import Case, CaseStateChange, Draft, ElementAnswer, Evidence, Response
from cases.models.response import ANSWER_FIELD, NARRATIVE_FIELD
from cases.models.sealing import give_key, key_of, place_of, seal_text, sealing_key_of
from cases.rules.documentation import Completeness, completeness
from cases.rules.facts import AnswerFact
from cases.selectors.policy import current_policy
from cases.services.clocks import detect_copies, refresh_cases
from cases.services.locking import lock_case, take_turn_comparing
from cases.services.narratives import redactor

ITEM_LENGTH = 40
DESCRIPTION_LENGTH = 200


class ResponseFromFuture(ValueError):
    """What is logged can't have happened later than now."""


class IncompleteWithoutReason(ValueError):
    """A report that misses required elements needs a reason; the sergeant sees it."""


class UnknownSuspect(ValueError):
    """The suspect named on the entry is not one of this case's people."""


class CaseEnded(ValueError):
    """A closed case takes no new entries; reopen it first."""


class DraftConflict(Exception):
    """The draft was changed elsewhere. Holds that text and version, so that both can be shown."""

    def __init__(self, theirs: Mapping[str, object], version: int) -> None:
        super().__init__("This draft was changed elsewhere.")
        self.theirs = theirs
        self.version = version


@dataclass(frozen=True, slots=True)
class AnswerInput:
    """`text` is the answer, or the reason for "not done" and "not applicable"."""

    status: AnswerStatus
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EvidenceInput:
    """An item as the property room numbers it."""

    item: str
    description: str


@dataclass(frozen=True, slots=True)
class ResponseInput:
    """An entry as typed. `answers` maps element codes of the policy; only reports carry them."""

    kind: ResponseKind
    occurred_at: datetime
    submission_key: UUID | None = None
    narrative: str = field(default="", repr=False)
    answers: Mapping[str, AnswerInput] = field(default_factory=dict, repr=False)
    incomplete_reason: str = ""
    contacted: str = field(default="", repr=False)
    evidence: tuple[EvidenceInput, ...] = ()
    suspect_id: UUID | None = None
    next_action: str = ""
    next_action_owner_id: UUID | None = None
    next_action_due_on: date | None = None
    supersedes_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DraftSaved:
    version: int
    saved_at: datetime


def score(case: Case, answers: Mapping[str, AnswerInput]) -> Completeness:
    """What of the required elements is settled, and what is missing and why it matters."""
    facts = {
        code: AnswerFact(AnswerStatus(answer.status), bool(answer.text.strip()))
        for code, answer in answers.items()
    }
    return completeness(
        Channel(case.channel),
        OffenseClass(case.offense_class),
        case.serious_injury,
        case.child_witness,
        facts,
        current_policy(),
    )


@transaction.atomic
def log_response(*, viewer: Viewer, now: datetime, case_id: UUID, entry: ResponseInput) -> Response:
    """Write the entry, meet its clocks, settle its flags; the viewer's draft goes with it.

    The same `submission_key` twice returns the first entry. Raises Hidden, NotPermitted,
    ResponseFromFuture, IncompleteWithoutReason, UnknownSuspect, CaseEnded.
    """
    if entry.kind in current_policy().copied_narrative.kinds:
        take_turn_comparing()
    case = _locked_case(viewer, case_id, now)
    existing = Response.objects.filter(case=case, submission_key=entry.submission_key).first()
    if entry.submission_key and existing:
        return existing
    _check_entry(case, entry, now)
    response = _save_response(viewer, case, entry, now)
    _save_evidence(case, entry, now)
    _move_state(viewer, case, entry, now)
    Draft.objects.filter(case=case, account_id=viewer.account_key).delete()
    record(
        Event.RESPONSE_LOGGED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        details={"response": str(response.pk), "kind": response.kind},
    )
    copied_with = detect_copies(response_ids=[response.pk], now=now)
    refresh_cases(case_ids={case.pk, *copied_with}, now=now)
    return response


def _locked_case(viewer: Viewer, case_id: UUID, now: datetime) -> Case:
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.LOG_RESPONSE, now)
    return lock_case(case.pk)


def _check_entry(case: Case, entry: ResponseInput, now: datetime) -> None:
    if case.state in (CaseState.CLOSED, CaseState.INACTIVE):
        raise CaseEnded("This case is closed. Reopen it before logging a response.")
    if entry.occurred_at > now:
        raise ResponseFromFuture("What you log can't have happened later than now. Check the time.")
    if entry.suspect_id and not case.people.filter(pk=entry.suspect_id, role="suspect").exists():
        raise UnknownSuspect("Choose a suspect of this case.")
    if entry.kind != ResponseKind.INITIAL_REPORT:
        return
    missing = score(case, with_narrative(entry)).missing
    if missing and not entry.incomplete_reason.strip():
        raise IncompleteWithoutReason(
            f"{len(missing)} required elements are missing. Settle them, or say why not now."
        )


def with_narrative(entry: ResponseInput) -> Mapping[str, AnswerInput]:
    """The answers, with the elements that other fields of the form settle."""
    answers = dict(entry.answers)
    if entry.narrative.strip():
        answers.setdefault("narrative", AnswerInput(AnswerStatus.ANSWERED, "In the narrative."))
    if entry.next_action.strip() and entry.next_action_owner_id and entry.next_action_due_on:
        answers.setdefault("next_action", AnswerInput(AnswerStatus.ANSWERED, entry.next_action))
    return answers


def _save_response(viewer: Viewer, case: Case, entry: ResponseInput, now: datetime) -> Response:
    key, redacted = sealing_key_of(case), redactor(case)
    response = Response(
        case=case,
        kind=entry.kind,
        occurred_at=entry.occurred_at,
        entered_at=now,
        officer_id=viewer.officer_id,
        narrative=redacted(entry.narrative),
        narrative_length=len(entry.narrative.strip()),
        has_answers=entry.kind == ResponseKind.INITIAL_REPORT,
        incomplete_reason=redacted(entry.incomplete_reason.strip()),
        suspect_id=entry.suspect_id,
        contacted=redacted(entry.contacted),
        next_action=redacted(entry.next_action),
        next_action_owner_id=entry.next_action_owner_id,
        next_action_due_on=entry.next_action_due_on,
        supersedes_id=entry.supersedes_id,
        submission_key=entry.submission_key,
    )
    response.sealed_narrative = seal_text(key, response.pk, NARRATIVE_FIELD, entry.narrative)
    response.save(force_insert=True)
    if response.has_answers:
        _save_answers(response, with_narrative(entry), key, redacted)
    return response


def _save_answers(
    response: Response,
    answers: Mapping[str, AnswerInput],
    key: bytes,
    redacted: Callable[[str], str],
) -> None:
    ElementAnswer.objects.bulk_create(
        ElementAnswer(
            response=response,
            element=code,
            status=answer.status,
            text=redacted(answer.text.strip()),
            sealed_text=seal_text(key, response.pk, f"{ANSWER_FIELD}.{code}", answer.text),
        )
        for code, answer in answers.items()
        if answer.text.strip()
    )


def _save_evidence(case: Case, entry: ResponseInput, now: datetime) -> None:
    """New items; an item number that is on record already is left as it is."""
    if not entry.evidence:
        return
    redacted = redactor(case)
    made = Evidence.objects.bulk_create(
        (
            Evidence(
                case=case,
                item=redacted.without_them(item.item.strip())[:ITEM_LENGTH],
                description=redacted(item.description)[:DESCRIPTION_LENGTH],
                entered_at=now,
            )
            for item in entry.evidence
        ),
        ignore_conflicts=True,
    )
    if made:
        record(
            Event.EVIDENCE_CHANGED,
            at=now,
            subject_type="case",
            subject_id=case.pk,
            details={"items": len(made)},
        )


NEXT_STATE = {
    ResponseKind.KIT_TO_LAB: CaseState.AWAITING_LAB,
    ResponseKind.LAB_RESULT: CaseState.ACTIVE,
    ResponseKind.PROSECUTOR_SUBMISSION: CaseState.AWAITING_PROSECUTOR,
    ResponseKind.PROSECUTOR_DECISION: CaseState.ACTIVE,
}
BEGINNING = (CaseState.RECEIVED, CaseState.UNDER_REVIEW, CaseState.ASSIGNED, CaseState.REOPENED)


def _move_state(viewer: Viewer, case: Case, entry: ResponseInput, now: datetime) -> None:
    """Work begins a case; the lab and the prosecutor are waited for and answered."""
    state = NEXT_STATE.get(entry.kind)
    if state is None and case.state in BEGINNING and case.detective_id:
        state = CaseState.ACTIVE
    if state is None or state == case.state:
        return
    change_state(viewer, case, state, now)


def change_state(
    viewer: Viewer, case: Case, state: CaseState, now: datetime, *, reason: str = ""
) -> None:
    """One step in an open case's life, with its row and its entry."""
    before, case.state = case.state, state
    case.save(update_fields=["state"])
    CaseStateChange.objects.create(
        case=case,
        state=state,
        occurred_at=now,
        entered_at=now,
        officer_id=viewer.officer_id,
        reason=reason,
    )
    record(
        Event.CASE_STATE_CHANGED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        changes={"state": [before, state]},
        reason=reason,
    )


# -- drafts -------------------------------------------------------------------------------------


@transaction.atomic
def save_draft(
    *,
    viewer: Viewer,
    now: datetime,
    case_id: UUID,
    version: int,
    kind: ResponseKind,
    payload: Mapping[str, object],
) -> DraftSaved:
    """Keep what was typed so far, sealed. `version` is the one the writer started from (0: none).

    Raises DraftConflict when somebody, or another window, saved in between.
    """
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.LOG_RESPONSE, now)
    lock_case(case.pk)
    draft = _draft_of(viewer, case.pk)
    if draft is None:
        draft = _new_draft(viewer, case)
    elif draft.version != version:
        raise DraftConflict(_opened(draft), draft.version)
    draft.kind, draft.saved_at, draft.version = kind, now, version + 1
    draft.sealed = seal.encrypt(
        sealing_key_of(draft), json.dumps(dict(payload)).encode(), place_of(draft)
    )
    draft.save()
    record(
        Event.RESPONSE_DRAFT_SAVED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        details={"version": draft.version},
    )
    return DraftSaved(draft.version, now)


def _draft_of(viewer: Viewer, case_id: UUID) -> Draft | None:
    return Draft.objects.filter(case_id=case_id, account_id=viewer.account_key).first()


def _new_draft(viewer: Viewer, case: Case) -> Draft:
    draft = Draft(case=case, account_id=viewer.account_key, submission_key=uuid.uuid4())
    give_key(draft)
    return draft


def _opened(draft: Draft) -> Mapping[str, object]:
    plain = seal.decrypt(key_of(draft), bytes(draft.sealed or b""), place_of(draft))
    return dict(json.loads(plain))


@dataclass(frozen=True, slots=True)
class OpenedDraft:
    version: int
    kind: str
    saved_at: datetime
    submission_key: UUID
    payload: Mapping[str, object] = field(repr=False)


def open_draft(*, viewer: Viewer, now: datetime, case_id: UUID) -> OpenedDraft | None:
    """The viewer's own draft on a case, or None. Nobody else's opens."""
    case = access.find_case(viewer, case_id, now)
    draft = _draft_of(viewer, case.pk)
    if draft is None:
        return None
    return OpenedDraft(
        draft.version, draft.kind, draft.saved_at, draft.submission_key, _opened(draft)
    )


@transaction.atomic
def discard_draft(*, viewer: Viewer, now: datetime, case_id: UUID) -> None:
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.LOG_RESPONSE, now)
    Draft.objects.filter(case=case, account_id=viewer.account_key).delete()
    record(Event.RESPONSE_DRAFT_DISCARDED, at=now, subject_type="case", subject_id=case.pk)
