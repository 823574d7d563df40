"""How is what was decided about a batch written down? All of it in one transaction, or nothing.

Cases with their sealed people, what was done and reviewed, how they ended, what was referred, the
audit entries, and last what the rules make of it all.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.events import Event
from cases.enums import (
    ENDED_STATES,
    CaseState,
    PersonRole,
    ResponseKind,
    ReviewDecision,
    ReviewSubject,
)
from cases.models import (
    Assignment,
    Case,
    CaseStateChange,
    ImportRun,
    InvolvedPerson,
    Officer,
    Review,
    Squad,
    Victim,
)
from cases.models.response import NARRATIVE_FIELD
from cases.models.sealing import new_case_key, seal_identity_on, seal_text
from cases.rules.redaction import redactor
from cases.services.clocks import detect_copies, refresh_cases, refresh_referrals
from cases.services.importing.batch import Batch, Pseudonyms
from cases.services.importing.bundle import ended_state
from cases.services.importing.planning import (
    CasePlan,
    Plan,
    PlannedClosing,
    PlannedReview,
    case_digest,
    event_digest,
)
from cases.services.importing.rows import CaseRow, PersonRow
from cases.services.linking import suggest_links
from cases.services.locking import take_turn_comparing
from cases.services.narratives import known_as
from cases.services.tokens import tokens_of
from cases.services.victims import PERSON_PREFIX, VICTIM_PREFIX

UNDATED = "It had ended before it was imported; the export does not say when."
DERIVED = frozenset({CaseState.RECEIVED, CaseState.ASSIGNED, CaseState.ACTIVE})


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a batch lands: for which import, what it carries, in which squad if one was named."""

    run: ImportRun
    carries: tuple[str, ...]
    squad: Squad | None
    now: datetime

    def land(self, plan: Plan) -> None:
        """Write everything that was decided, inside the caller's transaction."""
        take_turn_comparing()
        batch = Batch(self.run.pk, self.now)
        names = Pseudonyms(plan)
        for case in plan.cases:
            _CaseLanding(self, batch, case, names).write_down()
        batch.add_loose(plan)
        batch.save()
        suggest_links(case_ids=[case.pk for case in batch.cases], now=self.now)
        copied_with = detect_copies(response_ids=[one[0] for one in batch.responses], now=self.now)
        refresh_cases(case_ids={*batch.touched, *copied_with}, now=self.now)
        refresh_referrals(referral_ids=batch.loose, now=self.now)


class _CaseLanding:
    """Puts one case's rows into the batch."""

    def __init__(self, landing: Landing, batch: Batch, plan: CasePlan, names: Pseudonyms) -> None:
        self.batch = batch
        self.landing = landing
        self.plan = plan
        self.names = names
        if plan.known is None:
            self.case = self._new_case(_told(plan))
            self.key = new_case_key(self.case)
        else:
            self.case, self.key = plan.known.case, plan.known.key
        self.people = [(one.pseudonym, one.row) for one in plan.known.people] if plan.known else []
        suspects = (
            [one.suspect_id for one in plan.known.people if one.suspect_id] if plan.known else []
        )
        self.suspects: list[UUID] = list(suspects)

    def write_down(self) -> None:
        if self.plan.known is None:
            self.batch.cases.append(self.case)
            self._add_people()
            self._begin()
        else:
            self._change()
        if self.plan.rows:
            self.case.source_digest = case_digest(self.key, self.plan.rows)
        self._add_responses()
        self._add_reviews()
        self._add_closings()
        self._add_referrals()
        if self.plan.touches:
            self.batch.touched.add(self.case.pk)
        self._note()

    # -- the case itself --------------------------------------------------------------------------

    def _new_case(self, row: CaseRow) -> Case:
        return Case(
            number=row.number,
            happened_at=row.happened_at,
            received_at=row.received_at,
            entered_at=row.entered_at or self.landing.now,
            channel=row.channel,
            priority=row.priority,
            offense_class=row.offense_class,
            nibrs=row.nibrs,
            statute=row.statute,
            serious_injury=row.serious_injury,
            child_witness=row.child_witness,
            division=row.division,
            state=row.state,
            disposition=row.disposition,
            closed_at=row.closed_at,
            import_run=self.landing.run,
            carries=sorted(self.landing.carries),
            last_entry_at=row.received_at,
        )

    def _begin(self) -> None:
        """Received, then assigned, then worked on; each step only as far as the rows tell of it."""
        row, case = _told(self.plan), self.case
        self._step(CaseState.RECEIVED, row.received_at, case.entered_at)
        if self.plan.detective is not None:
            self._assign(row, self.plan.detective, reassignment=False)
        self._supervise(self.plan.supervisor)
        if row.state in ENDED_STATES:
            return
        if row.state not in DERIVED:
            self._step(CaseState(row.state), self.landing.now, self.landing.now)
        elif self.plan.detective is not None:
            case.state = self._as_far_as_worked(self.batch.assignments[-1])

    def _as_far_as_worked(self, assignment: Assignment) -> CaseState:
        """Active from the first response on, otherwise assigned."""
        self._step(CaseState.ASSIGNED, assignment.assigned_at, assignment.entered_at)
        worked_at = min((one.row.occurred_at for one in self.plan.responses), default=None)
        if worked_at is None:
            return CaseState.ASSIGNED
        at = max(worked_at, assignment.assigned_at)
        self._step(CaseState.ACTIVE, at, max(at, assignment.entered_at))
        return CaseState.ACTIVE

    def _step(self, state: CaseState, occurred_at: datetime, entered_at: datetime) -> None:
        self.batch.states.append(
            CaseStateChange(
                case=self.case,
                state=state,
                occurred_at=occurred_at,
                entered_at=entered_at,
                imported=True,
            )
        )

    def _change(self) -> None:
        row, case = self.plan.row, self.case
        if row is not None and self.plan.reassigned and self.plan.detective is not None:
            self._hand_over(row, self.plan.detective)
        if self.plan.resupervised:
            self._supervise(self.plan.supervisor)
        if self.plan.ends:
            closing = self.plan.closings[-1]
            case.state = ended_state(closing.disposition)
            case.disposition = closing.disposition
            case.closed_at = row.closed_at if row else None
            if case.closed_at is None and closing.row is not None:
                case.closed_at = closing.row.occurred_at
        self.batch.changed.append(case)

    def _hand_over(self, row: CaseRow, detective: Officer) -> None:
        known = self.plan.known
        current = [one for one in known.assignments if one.ended_at is None] if known else []
        assignment = self._assign(row, detective, reassignment=bool(current))
        for one in current:
            one.ended_at = assignment.assigned_at
            self.batch.ended.append(one)
        self.batch.note(
            Event.CASE_ASSIGNED, "case", self.case.pk, officer=str(detective.pk), imported=True
        )

    def _assign(self, row: CaseRow, detective: Officer, *, reassignment: bool) -> Assignment:
        """An import has the assignment's own time, or it was known from the import on."""
        at = row.assigned_at or self.landing.now
        assignment = Assignment(
            case=self.case,
            officer=detective,
            assigned_at=at,
            entered_at=at if row.entered_at is not None else self.landing.now,
            acknowledged_at=at,
            reassignment=reassignment,
        )
        self.case.detective = detective
        self.batch.assignments.append(assignment)
        return assignment

    def _supervise(self, supervisor: Officer | None) -> None:
        """The squad that was asked for, else the detective's, else the supervisor's."""
        detective = self.plan.detective
        squad = self.landing.squad or _squad_of(detective) or _squad_of(supervisor)
        if squad is not None:
            self.case.squad = squad
        lead = squad.sergeant if squad else None
        self.case.supervisor = supervisor or lead or self.case.supervisor

    # -- people -----------------------------------------------------------------------------------

    def _add_people(self) -> None:
        for row in self.plan.people:
            if row.role:
                self._add_person(row)
            else:
                self._add_victim(row)

    def _add_victim(self, row: PersonRow) -> None:
        victim = Victim(
            case=self.case,
            pseudonym=self.names.next(VICTIM_PREFIX),
            age_band=row.age_band,
            sex=row.sex,
            entered_at=self.case.entered_at,
        )
        seal_identity_on(victim, row.identity)
        self.batch.victims.append(victim)
        self.batch.tokens += tokens_of(row.identity, victim_id=victim.pk)
        self.people.append((victim.pseudonym, row))

    def _add_person(self, row: PersonRow) -> None:
        person = InvolvedPerson(
            case=self.case,
            role=row.role,
            pseudonym=self.names.next(PERSON_PREFIX),
            named=row.named,
            entered_at=self.case.entered_at,
        )
        seal_identity_on(person, row.identity)
        self.batch.people.append(person)
        self.batch.tokens += tokens_of(row.identity, person_id=person.pk)
        self.people.append((person.pseudonym, row))
        if row.role == PersonRole.SUSPECT:
            self.suspects.append(person.pk)

    # -- what happened ----------------------------------------------------------------------------

    def _add_responses(self) -> None:
        if not self.plan.responses:
            return
        redacted = redactor(known_as((name, row.identity) for name, row in self.people))
        for planned in self.plan.responses:
            row = planned.row
            asked = row.kind == ResponseKind.SUSPECT_INTERVIEW and len(self.suspects) == 1
            sealed = seal_text(self.key, planned.response_id, NARRATIVE_FIELD, row.text)
            self.batch.responses.append(
                (
                    planned.response_id,
                    self.case.pk,
                    row.kind,
                    row.occurred_at,
                    row.entered_at or self.landing.now,
                    planned.officer.pk if planned.officer else None,
                    redacted(row.text) if row.text else "",
                    sealed,
                    len(row.text),
                    self.suspects[0] if asked else None,
                    event_digest(self.key, row),
                )
            )

    def _add_reviews(self) -> None:
        for planned in self.plan.reviews:
            if planned.report_id is not None:
                self._add_review(planned, ReviewSubject.REPORT, "event")
            if planned.signs:
                self._add_review(planned, ReviewSubject.CLOSURE, "closure")

    def _add_review(self, planned: PlannedReview, subject: ReviewSubject, part: str) -> None:
        row = planned.row
        self.batch.reviews.append(
            Review(
                case=self.case,
                subject=subject,
                response_id=planned.report_id if subject == ReviewSubject.REPORT else None,
                decision=ReviewDecision.APPROVED,
                reviewer=planned.reviewer,
                occurred_at=row.occurred_at,
                entered_at=row.entered_at or self.landing.now,
                source_digest=event_digest(self.key, row, part),
            )
        )

    def _add_closings(self) -> None:
        for planned in self.plan.closings:
            if self.case.closed_at is None and planned.row is not None:
                self.case.closed_at = planned.row.occurred_at
            self.batch.states.append(self._closing(planned))
            if self.plan.ends:
                self.batch.note(
                    Event.CASE_CLOSED, "case", self.case.pk, disposition=planned.disposition
                )

    def _closing(self, planned: PlannedClosing) -> CaseStateChange:
        row = planned.row
        occurred_at = row.occurred_at if row else self.case.closed_at
        entered_at = row.entered_at if row else self._closing_known_at()
        return CaseStateChange(
            case=self.case,
            state=ended_state(planned.disposition),
            disposition=planned.disposition,
            occurred_at=occurred_at or self.landing.now,
            entered_at=entered_at or self.landing.now,
            officer=planned.officer,
            signed_by_id=planned.signer_id,
            reason="" if occurred_at else UNDATED,
            imported=True,
            source_digest=event_digest(self.key, row) if row else None,
        )

    def _closing_known_at(self) -> datetime | None:
        """A source with entry times knew of the closing then; else it is known from now on."""
        has_times = self.case.entered_at == self.case.received_at
        return self.case.closed_at if has_times else None

    def _add_referrals(self) -> None:
        for row in self.plan.referrals:
            self.batch.add_referral(row, self.case)
        for referral in self.plan.answered:
            referral.case = self.case
            self.batch.answered.append(referral)

    def _note(self) -> None:
        event = Event.CASE_CREATED if self.plan.known is None else Event.CASE_CHANGED
        if event == Event.CASE_CHANGED and not self.plan.touches:
            return
        self.batch.note(
            event,
            "case",
            self.case.pk,
            people=len(self.plan.people),
            responses=len(self.plan.responses),
            reviews=len(self.plan.reviews),
            referrals=len(self.plan.referrals) + len(self.plan.answered),
        )


def _told(plan: CasePlan) -> CaseRow:
    if plan.row is None:
        raise ValueError("A new case is made of its row.")
    return plan.row


def _squad_of(officer: Officer | None) -> Squad | None:
    return officer.squad if officer else None
