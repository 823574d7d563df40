"""What do the rules get to see? Rows as facts, in as many queries for one case as for many."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, DateTimeField, ExpressionWrapper, Model, Q, Value

from cases.enums import (
    AnswerStatus,
    CaseState,
    Channel,
    ClockKind,
    OffenseClass,
    PersonRole,
    Priority,
    ResponseKind,
    ReviewDecision,
    ReviewSubject,
)
from cases.models import (
    Assignment,
    Case,
    CaseStateChange,
    ClockHold,
    ElementAnswer,
    Evidence,
    InvolvedPerson,
    Referral,
    Response,
    Review,
    Wall,
)
from cases.rules.facts import (
    ACCOUNT_CLOSED,
    CARRIES,
    SHUT_OUT,
    AnswerFact,
    AssignmentFact,
    CaseFacts,
    EvidenceFact,
    HoldFact,
    ReferralFact,
    ResponseFact,
    ReviewFact,
    StateFact,
    SuspectFact,
    WallFact,
)
from cases.selectors.policy import unit_calendar

_Row = tuple[Any, ...]
_F = TypeVar("_F")

# Looking a value up is several times faster than calling the enumeration, and histories are long.
_CHANNELS = {item.value: item for item in Channel}
_CLASSES = {item.value: item for item in OffenseClass}
_PRIORITIES = {item.value: item for item in Priority}
_STATES = {item.value: item for item in CaseState}
_KINDS = {item.value: item for item in ResponseKind}
_STATUSES = {item.value: item for item in AnswerStatus}
_SUBJECTS = {item.value: item for item in ReviewSubject}
_DECISIONS = {item.value: item for item in ReviewDecision}
_CLOCKS = {item.value: item for item in ClockKind}

_CASE = (
    "pk",
    "import_run_id",
    "received_at",
    "entered_at",
    "channel",
    "offense_class",
    "priority",
    "serious_injury",
    "child_witness",
    "carries",
)
_RESPONSE = (
    "case_id",
    "pk",
    "kind",
    "occurred_at",
    "entered_at",
    "narrative_length",
    "has_answers",
    "copied_at",
    "copied_similarity",
    "incomplete_reason",
    "suspect_id",
)
_REVIEW = (
    "case_id",
    "pk",
    "subject",
    "response_id",
    "decision",
    "occurred_at",
    "entered_at",
    "reviewer_id",
)
_ASSIGNMENT = (
    "case_id",
    "pk",
    "officer_id",
    "assigned_at",
    "entered_at",
    "acknowledged_at",
    "ended_at",
    "officer__active_from",
    "officer__active_to",
    "reassignment",
    "assigned_by_id",
    "left_open",
)
_REFERRAL = ("case_id", "pk", "received_at", "entered_at", "acknowledged_at", "priority")
_SUSPECT = ("case_id", "pk", "named", "entered_at", "not_interviewed_reason")
_EVIDENCE = ("case_id", "pk", "entered_at", "dispositioned_at")
_STATE = (
    "case_id",
    "state",
    "disposition",
    "occurred_at",
    "entered_at",
    "officer_id",
    "signed_by_id",
    "imported",
)
_HOLD = ("case_id", "clock_kind", "clock_key", "starts_at", "ends_at", "entered_at")

_WALL = ("case_id", "pk", "account__officer_id", "set_at", "lifted_at")
_CLOSED = ("case_id", "officer__account__pk", "officer_id", "officer__account__closed_at")


def case_facts(case_ids: Collection[UUID]) -> dict[UUID, CaseFacts]:
    """Everything on record about these cases, whenever it was entered, by case.

    Eleven queries, however many cases; what does not exist is left out. Pass the facts through
    `known_at(now)` before asking what was known at a moment.
    """
    ids = list(case_ids)
    rows = list(Case.objects.filter(pk__in=ids).order_by("pk").values_list(*_CASE))
    imported = {row[0] for row in rows if row[1] is not None}
    parts: tuple[tuple[str, Mapping[UUID, list[Any]]], ...] = (
        ("responses", _responses(ids)),
        ("reviews", _by_case(_rows(Review, ids, _REVIEW), _review)),
        ("assignments", _assignments(ids, imported)),
        ("referrals", _by_case(_rows(Referral, ids, _REFERRAL), _referral)),
        ("suspects", _by_case(_suspect_rows(ids), _suspect)),
        ("evidence", _by_case(_rows(Evidence, ids, _EVIDENCE), _evidence)),
        ("states", _by_case(_rows(CaseStateChange, ids, _STATE), _state)),
        ("holds", _by_case(_rows(ClockHold, ids, _HOLD), _hold)),
        ("walls", _by_case(_wall_rows(ids), _wall)),
    )
    return {
        row[0]: _case(row, {name: tuple(found.get(row[0], ())) for name, found in parts})
        for row in rows
    }


def loose_referral_facts(referral_ids: Collection[UUID]) -> dict[UUID, CaseFacts]:
    """Referrals that have no case yet, each as a case of which nothing else is known."""
    rows = Referral.objects.filter(pk__in=list(referral_ids), case__isnull=True).values_list(
        *_REFERRAL, "channel"
    )
    return {
        row[1]: CaseFacts(
            key=str(row[1]),
            received_at=row[2],
            entered_at=row[3],
            channel=_CHANNELS[row[6]],
            offense_class=OffenseClass.UNCLASSIFIED,
            referrals=(_referral(row),),
        )
        for row in rows
    }


def _case(row: _Row, parts: Mapping[str, tuple[Any, ...]]) -> CaseFacts:
    key, run, received_at, entered_at, channel, offense, priority, serious, witness, carries = row
    return CaseFacts(
        key=str(key),
        received_at=received_at,
        entered_at=entered_at,
        channel=_CHANNELS[channel],
        offense_class=_CLASSES[offense],
        priority=_PRIORITIES[priority],
        serious_injury=serious,
        child_witness=witness,
        imported=run is not None,
        carries=CARRIES if run is None else frozenset(carries),
        **parts,
    )


def _rows(model: type[Model], case_ids: list[UUID], columns: tuple[str, ...]) -> Iterable[_Row]:
    return model._default_manager.filter(case_id__in=case_ids).order_by().values_list(*columns)


def _by_case(rows: Iterable[_Row], make: Callable[[_Row], _F]) -> dict[UUID, list[_F]]:
    """Facts by the case that each row's first column names."""
    found: dict[UUID, list[_F]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(make(row))
    return found


def _responses(case_ids: list[UUID]) -> dict[UUID, list[ResponseFact]]:
    rows = list(_rows(Response, case_ids, _RESPONSE))
    answers = _answers([row[1] for row in rows if row[6]])
    return _by_case(rows, lambda row: _response(row, answers.get(row[1], {})))


def _response(row: _Row, answers: Mapping[str, AnswerFact]) -> ResponseFact:
    _, key, kind, occurred_at, entered_at, length, has_answers, copied_at, alike, why, suspect = row
    return ResponseFact(
        key=str(key),
        kind=_KINDS[kind],
        occurred_at=occurred_at,
        entered_at=entered_at,
        narrative_length=length,
        answers=answers if has_answers else None,
        copied_at=copied_at,
        copied_similarity=alike,
        incomplete_reason=why,
        suspect_key=_key(suspect),
    )


def _answers(response_ids: list[UUID]) -> dict[UUID, dict[str, AnswerFact]]:
    """By the answers' own index: joined to its cases, a table that the planner doesn't know yet
    (a first import, a new unit) is read whole for every case.
    """
    rows = (
        ElementAnswer.objects.filter(response_id__in=response_ids)
        .annotate(
            blank=ExpressionWrapper(Q(text__regex=r"^\s*$"), output_field=BooleanField()),
        )
        .order_by()
        .values_list("response_id", "element", "status", "blank")
    )
    found: dict[UUID, dict[str, AnswerFact]] = defaultdict(dict)
    for response_id, element, status, blank in rows:
        found[response_id][element] = AnswerFact(_STATUSES[status], has_content=not blank)
    return found


def _review(row: _Row) -> ReviewFact:
    _, key, subject, response, decision, occurred_at, entered_at, reviewer = row
    return ReviewFact(
        key=str(key),
        subject=_SUBJECTS[subject],
        response_key=_key(response),
        decision=_DECISIONS[decision],
        occurred_at=occurred_at,
        entered_at=entered_at,
        reviewer_key=_key(reviewer) or "",
    )


def _assignments(case_ids: list[UUID], imported: set[UUID]) -> dict[UUID, list[AssignmentFact]]:
    zone = unit_calendar().time_zone
    return _by_case(
        _rows(Assignment, case_ids, _ASSIGNMENT),
        lambda row: _assignment(row, zone, imported=row[0] in imported),
    )


def _assignment(row: _Row, zone: ZoneInfo, *, imported: bool) -> AssignmentFact:
    """An import names nobody who assigned; what a person assigns here has to be acknowledged."""
    _, key, officer, assigned, entered, acknowledged, ended, since, until, again, by, left = row
    return AssignmentFact(
        key=str(key),
        officer_key=str(officer),
        assigned_at=assigned,
        entered_at=entered,
        acknowledged_at=acknowledged,
        ended_at=ended,
        officer_active_from=midnight(since, zone),
        officer_active_to=None if until is None else midnight(until, zone),
        reassignment=again,
        imported=imported and by is None,
        left_open=left,
    )


@lru_cache(maxsize=4096)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which `day` begins in `zone`, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _referral(row: _Row) -> ReferralFact:
    _, key, received_at, entered_at, acknowledged_at, priority = row[:6]
    return ReferralFact(
        key=str(key),
        received_at=received_at,
        entered_at=entered_at,
        acknowledged_at=acknowledged_at,
        priority=_PRIORITIES[priority],
    )


def _suspect_rows(case_ids: list[UUID]) -> Iterable[_Row]:
    suspects = InvolvedPerson.objects.filter(case_id__in=case_ids, role=PersonRole.SUSPECT)
    return suspects.order_by().values_list(*_SUSPECT)


def _suspect(row: _Row) -> SuspectFact:
    _, key, named, entered_at, reason = row
    return SuspectFact(str(key), named, entered_at, not_interviewed_reason=bool(reason.strip()))


def _evidence(row: _Row) -> EvidenceFact:
    _, key, entered_at, dispositioned_at = row
    return EvidenceFact(str(key), entered_at, dispositioned_at)


def _state(row: _Row) -> StateFact:
    _, state, disposition, occurred_at, entered_at, officer, signer, imported = row
    return StateFact(
        state=_STATES[state],
        disposition=disposition,
        occurred_at=occurred_at,
        entered_at=entered_at,
        officer_key=_key(officer),
        signed_by_key=_key(signer),
        imported=imported,
    )


def _hold(row: _Row) -> HoldFact:
    _, kind, key, starts_at, ends_at, entered_at = row
    return HoldFact(_CLOCKS[kind], key, starts_at, ends_at, entered_at)


def _wall_rows(case_ids: list[UUID]) -> Iterable[_Row]:
    """Those before officers, and closed accounts of whoever has or had a case. Whoever asks and is
    walled off too has them all the same.
    """
    walls = Wall.objects.filter(case_id__in=case_ids, account__officer__isnull=False)
    closed = Assignment.objects.filter(
        case_id__in=case_ids, officer__account__closed_at__isnull=False
    )
    return (
        walls.order_by()
        .values_list(*_WALL, Value(SHUT_OUT))
        .union(
            closed.order_by().values_list(
                *_CLOSED, Value(None, DateTimeField()), Value(ACCOUNT_CLOSED)
            )
        )
    )


def _wall(row: _Row) -> WallFact:
    _, key, officer, set_at, lifted_at, reason = row
    return WallFact(str(key), str(officer), set_at, lifted_at, reason)


def _key(value: UUID | None) -> str | None:
    return None if value is None else str(value)
