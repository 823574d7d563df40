"""What is on record about the cases and referrals of one batch? A few queries for all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from cases import access
from cases.enums import ENDED_STATES, ResponseKind, ReviewSubject
from cases.models import (
    Assignment,
    Case,
    CaseStateChange,
    InvolvedPerson,
    Referral,
    Response,
    Review,
    Victim,
)
from cases.models.sealing import open_identity_of, sealing_key_of
from cases.row_security import Span, reading_as
from cases.services.importing.rows import PersonRow
from cases.services.importing.staging import Group

ReferralKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person on record, opened to be compared and to redact by, never shown."""

    pseudonym: str
    row: PersonRow = field(repr=False)
    suspect_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class KnownReport:
    response_id: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class KnownReview:
    reviewer_id: UUID | None
    occurred_at: datetime


@dataclass(slots=True)
class KnownCase:
    """A case on record with what rows are compared with."""

    case: Case
    key: bytes = field(repr=False)
    digests: set[bytes] = field(default_factory=set)
    reports: list[KnownReport] = field(default_factory=list)
    reviewed: set[UUID] = field(default_factory=set)
    reviews: list[KnownReview] = field(default_factory=list)
    states: list[CaseStateChange] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    people: list[KnownPerson] = field(default_factory=list)
    # Somebody's identity was destroyed: a file that names them must not bring it back.
    expunged: bool = False

    @property
    def has_ended(self) -> bool:
        return self.case.state in ENDED_STATES

    @property
    def last_change_at(self) -> datetime:
        return max((state.occurred_at for state in self.states), default=self.case.received_at)


@dataclass(frozen=True, slots=True)
class Known:
    """What a batch meets: cases by number, referrals by channel, organization and reference.

    Of a case that a wall hides from whoever asked for the import nothing is known but that its
    number, or the reference of what was sent about it, is `taken`.
    """

    cases: Mapping[str, KnownCase]
    referrals: Mapping[ReferralKey, Referral]
    taken: frozenset[str] = frozenset()
    sent: frozenset[ReferralKey] = frozenset()


@reading_as(Span.IMPORTING)
def known_to(groups: Sequence[Group], *, lock: bool, asker: UUID | None = None) -> Known:
    """What is on record about these groups; `lock` holds the cases until the transaction ends."""
    numbers = {group.number for group in groups} - {""}
    found = Case.objects.filter(number__in=numbers).order_by("pk")
    cases = list(found.select_for_update(no_key=True) if lock else found)
    referrals = _referrals(groups)
    touched = {case.pk for case in cases}
    touched |= {one.case_id for one in referrals.values() if one.case_id is not None}
    walled = {case_id for _, case_id in access.walls_between([asker], touched)} if asker else set()
    return Known(
        _cases([case for case in cases if case.pk not in walled]),
        {key: one for key, one in referrals.items() if one.case_id not in walled},
        frozenset(case.number for case in cases if case.pk in walled),
        frozenset(key for key, one in referrals.items() if one.case_id in walled),
    )


def _cases(found: Iterable[Case]) -> dict[str, KnownCase]:
    by_id = {case.pk: KnownCase(case, sealing_key_of(case)) for case in found}
    if by_id:
        _add_work(by_id)
        _add_states(by_id)
        _add_people(by_id)
    return {known.case.number: known for known in by_id.values()}


def _add_work(by_id: Mapping[UUID, KnownCase]) -> None:
    responses = Response.objects.filter(case__in=by_id).order_by()
    for case_id, key, kind, occurred_at, digest in responses.values_list(
        "case_id", "pk", "kind", "occurred_at", "source_digest"
    ):
        _remember(by_id[case_id], digest)
        if kind == ResponseKind.INITIAL_REPORT:
            by_id[case_id].reports.append(KnownReport(key, occurred_at))
    reviews = Review.objects.filter(case__in=by_id).order_by()
    for case_id, subject, response_id, reviewer_id, occurred_at, digest in reviews.values_list(
        "case_id", "subject", "response_id", "reviewer_id", "occurred_at", "source_digest"
    ):
        known = by_id[case_id]
        _remember(known, digest)
        known.reviews.append(KnownReview(reviewer_id, occurred_at))
        if subject == ReviewSubject.REPORT and response_id is not None:
            known.reviewed.add(response_id)


def _add_states(by_id: Mapping[UUID, KnownCase]) -> None:
    for state in CaseStateChange.objects.filter(case__in=by_id).order_by("occurred_at"):
        known = by_id[state.case_id]
        _remember(known, state.source_digest)
        known.states.append(state)
    for assignment in Assignment.objects.filter(case__in=by_id).order_by("assigned_at", "id"):
        by_id[assignment.case_id].assignments.append(assignment)


def _add_people(by_id: Mapping[UUID, KnownCase]) -> None:
    for victim in Victim.objects.filter(case__in=by_id):
        row = partial(PersonRow.of, "", age_band=victim.age_band, sex=victim.sex)
        _add_person(by_id[victim.case_id], victim, row)
    for person in InvolvedPerson.objects.filter(case__in=by_id):
        row = partial(PersonRow.of, person.role, named=person.named)
        _add_person(by_id[person.case_id], person, row)


def _add_person(
    known: KnownCase, person: Victim | InvolvedPerson, row: Callable[[dict[str, str]], PersonRow]
) -> None:
    if not person.wrapped_key:
        known.expunged = True
        return
    is_suspect = isinstance(person, InvolvedPerson) and person.role == "suspect"
    known.people.append(
        KnownPerson(
            person.pseudonym, row(open_identity_of(person)), person.pk if is_suspect else None
        )
    )


def _remember(known: KnownCase, digest: bytes | memoryview | None) -> None:
    if digest is not None:
        known.digests.add(bytes(digest))


def _referrals(groups: Iterable[Group]) -> dict[ReferralKey, Referral]:
    by_channel: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for _, row in group.referrals:
            by_channel[row.channel].add(row.reference)
    return {
        (referral.channel, referral.organization, referral.reference): referral
        for channel, references in by_channel.items()
        for referral in Referral.objects.filter(channel=channel, reference__in=references)
    }
