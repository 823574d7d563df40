"""What becomes of each row of a batch: land, change, say nothing new, or not land?

Reads and decides, writes nothing; the preview and the import take the same decisions. The sentences
name columns, never what stands in them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from cases.enums import ENDED_STATES, ResponseKind
from cases.models import Officer
from cases.services.importing.bundle import CLOSED, REVIEWED
from cases.services.importing.comparing import differing_parts, refuse_if_gone_on, strangers
from cases.services.importing.errors import RowRefused
from cases.services.importing.known import Known, KnownCase, KnownReport, KnownReview
from cases.services.importing.officers import SUPERVISING, OfficerBook
from cases.services.importing.planning import (
    CasePlan,
    Plan,
    PlannedClosing,
    PlannedResponse,
    PlannedReview,
    Rejection,
    case_digest,
    event_digest,
)
from cases.services.importing.referrals import Referrals
from cases.services.importing.rows import (
    CASES,
    EVENTS,
    ONE_FILE,
    REFERRALS,
    CaseRow,
    EventRow,
    ReferralRow,
)
from cases.services.importing.staging import Group

SIGNED_WITHIN = timedelta(days=1)
# Also of a case behind a wall: the number can't be given twice, and nothing else is told.
OPENED_HERE = (
    "A case of this number was opened here and not imported. Work on it here, or correct the "
    "number."
)


@dataclass(frozen=True, slots=True)
class Planner:
    """How rows are judged: whose badges are known; does an unknown one leave a case unassigned?"""

    book: OfficerBook
    one_file: bool = False
    lands_unassigned: bool = False

    def plan(self, groups: Sequence[Group], known: Known) -> Plan:
        """Decide about all rows of these groups against what is on record about them."""
        plan = Plan()
        referrals = Referrals(dict(known.referrals), known.sent)
        for group in groups:
            _Deciding(self, plan, group, known, referrals).decide()
        return plan

    def file(self, name: str) -> str:
        return ONE_FILE if self.one_file else name

    def officer(self, badge: str, column: str) -> Officer | None:
        """The officer with this badge, None for an empty one. Raises RowRefused."""
        if not badge:
            return None
        found = self.book.find(badge)
        if found is None:
            where = "is not" if self.one_file else "is neither in officers.csv nor"
            raise RowRefused(f"{column} {where} on record. Add the officer, or correct the badge.")
        return found

    def staffed(self, row: CaseRow) -> CaseRow:
        """The row, where wished without officers nobody knows. Raises RowRefused."""
        if not self.lands_unassigned:
            self.officer(row.assigned_badge, "assigned_badge")
            self.officer(row.supervisor_badge, "supervisor_badge")
            return row
        if self.book.find(row.assigned_badge) is None:
            row = replace(row, assigned_badge="", assigned_at=None)
        if self.book.find(row.supervisor_badge) is None:
            row = replace(row, supervisor_badge="")
        return row


class _Deciding:
    """The decisions about one group."""

    def __init__(
        self,
        planner: Planner,
        plan: Plan,
        group: Group,
        known: Known,
        referrals: Referrals,
    ) -> None:
        self.planner = planner
        self.plan = plan
        self.group = group
        self.known = known.cases.get(group.number)
        self.taken = group.number in known.taken
        self.referrals = referrals
        self.case = CasePlan(group.number, self.known)
        self.outcomes: dict[int, str] = {}

    def decide(self) -> None:
        self._decide_case()
        self._decide_events()
        self._close_by_row()
        for line, told in self.group.referrals:
            self._try(REFERRALS, line, partial(self._referral, told))
        if self.case.exists and (self.case.touches or self.case.told_anew):
            self.plan.cases.append(self.case)

    def _try(self, file: str, line: int, decide: Callable[[], str]) -> None:
        """Count what the decision is, or list why there can be none."""
        tally = self.plan.tally
        try:
            self._refuse_if_expunged()
            outcome = decide()
        except RowRefused as refused:
            tally.rejections.append(Rejection(self.planner.file(file), line, str(refused)))
        else:
            self._count(file, line, outcome)

    def _refuse_if_expunged(self) -> None:
        """A file that names whom a court had forgotten must not make them known again."""
        if self.known is not None and self.known.expunged:
            raise RowRefused(
                "Somebody on this case was expunged by order of a court. Write down here what is "
                "new, without naming them."
            )

    def _count(self, file: str, line: int, outcome: str) -> None:
        """A row of one file that gives a case and its report counts once, as what changed most."""
        tally = self.plan.tally
        if not self.planner.one_file or file == CASES:
            self.outcomes[line] = outcome
            tally.count(outcome)
        elif outcome == "landed" and self.outcomes.get(line) == "unchanged":
            tally.unchanged -= 1
            tally.count("changed")

    # -- the case itself --------------------------------------------------------------------------

    def _decide_case(self) -> None:
        accepted: dict[CaseRow, int] = {}
        for line, row in self.group.cases:
            self._try(CASES, line, partial(self._case, row, line, accepted))
        self.case.rows = tuple(accepted)
        if self.known is not None and accepted:
            stored = self.known.case.source_digest
            told = case_digest(self.known.key, accepted)
            self.case.told_anew = stored is None or bytes(stored) != told

    def _case(self, row: CaseRow, line: int, accepted: dict[CaseRow, int]) -> str:
        row = self.planner.staffed(row)
        if row in accepted:
            return "unchanged"
        if self.taken:
            raise RowRefused(OPENED_HERE)
        if self.known is not None:
            outcome = self._changed_case(self.known, row)
        else:
            outcome = self._new_case(row, accepted)
        accepted[row] = line
        return outcome

    def _new_case(self, row: CaseRow, accepted: dict[CaseRow, int]) -> str:
        """The first row makes the case; others of the same case may bring more people."""
        if self.case.row is None:
            self.case.row = row
            self.case.people = list(row.people)
            self.case.detective = self.planner.book.find(row.assigned_badge)
            self.case.supervisor = self.planner.book.find(row.supervisor_badge)
            return "landed"
        if row.of_the_case() != self.case.row.of_the_case():
            first = next(iter(accepted.values()))
            raise RowRefused(
                f"The row says something else about the same case than line {first:,}. "
                "Correct one of them."
            )
        self.case.people += [one for one in row.people if one not in self.case.people]
        return "landed"

    def _changed_case(self, known: KnownCase, row: CaseRow) -> str:
        """What a file may change of a case on record: who has it, and whether it has ended."""
        if known.case.import_run_id is None:
            raise RowRefused(OPENED_HERE)
        stored = known.case.source_digest
        if stored is not None and bytes(stored) == case_digest(known.key, [row]):
            return "unchanged"
        differing = [*differing_parts(known.case, row), *strangers(known, row)]
        if differing:
            raise RowRefused(
                f"The row differs from the case on record in {', '.join(differing)}. Correct it "
                "here, or in the file."
            )
        changed = [self._reassign(known, row), self._resupervise(known, row), self._end(known, row)]
        self.case.row = row
        return "changed" if any(changed) else "unchanged"

    def _reassign(self, known: KnownCase, row: CaseRow) -> bool:
        detective = self.planner.book.find(row.assigned_badge)
        if detective is None or known.case.detective_id == detective.pk:
            return False
        before = [one for one in known.assignments if one.officer_id == detective.pk]
        if before and (row.assigned_at is None or row.assigned_at <= before[-1].assigned_at):
            return False
        last = known.assignments[-1].assigned_at if known.assignments else None
        if last is not None and row.assigned_at is not None and row.assigned_at <= last:
            raise RowRefused(
                "The case was given to somebody else here, later than this row says. Reassign "
                "it here."
            )
        self.case.detective, self.case.reassigned = detective, True
        return True

    def _resupervise(self, known: KnownCase, row: CaseRow) -> bool:
        supervisor = self.planner.book.find(row.supervisor_badge)
        if supervisor is None or known.case.supervisor_id == supervisor.pk:
            return False
        self.case.supervisor, self.case.resupervised = supervisor, True
        return True

    def _end(self, known: KnownCase, row: CaseRow) -> bool:
        if row.state not in ENDED_STATES:
            if known.has_ended:
                raise RowRefused(
                    "The case is open in the file and has ended here. Reopen it here, with a "
                    "reason."
                )
            return False
        if known.has_ended:
            if known.case.disposition != row.disposition:
                raise RowRefused(
                    "The case has ended here with another disposition. Correct it here."
                )
            return False
        refuse_if_gone_on(known, row.closed_at)
        self.case.ends = True
        return True

    # -- its events -------------------------------------------------------------------------------

    def _decide_events(self) -> None:
        fresh: list[tuple[int, EventRow]] = []
        seen: set[EventRow] = set()
        for line, row in self.group.events:
            self._try_event(line, row, seen, fresh)
        fresh.sort(key=lambda found: (found[1].occurred_at, found[0]))
        for wanted, decide in (
            (lambda kind: kind not in (REVIEWED, CLOSED), self._response),
            (lambda kind: kind == REVIEWED, self._review),
            (lambda kind: kind == CLOSED, self._closing),
        ):
            for line, row in fresh:
                if wanted(row.kind):
                    self._try(EVENTS, line, partial(decide, row))

    def _try_event(
        self, line: int, row: EventRow, seen: set[EventRow], fresh: list[tuple[int, EventRow]]
    ) -> None:
        """Sort out what is known already, and what has no case."""
        if self.planner.one_file and line not in self.outcomes:
            return
        if not self.case.exists:
            self._try(EVENTS, line, _refuse_caseless)
        elif row in seen or self._is_known(row):
            self._count(EVENTS, line, "unchanged")
        else:
            seen.add(row)
            fresh.append((line, row))

    def _is_known(self, row: EventRow) -> bool:
        known = self.known
        if known is None or not known.digests:
            return False
        parts = ("event", "closure") if row.kind == REVIEWED else ("event",)
        return any(event_digest(known.key, row, part) in known.digests for part in parts)

    def _response(self, row: EventRow) -> str:
        officer = self.planner.officer(row.badge, "badge")
        self.case.responses.append(PlannedResponse(uuid4(), row, officer))
        return "landed"

    def _review(self, row: EventRow) -> str:
        """The first after a report is that report's; one shortly before the closing signs it."""
        reviewer = self.planner.officer(row.badge, "badge")
        if reviewer is None or reviewer.rank not in SUPERVISING:
            raise RowRefused(
                "badge is not a sergeant's or captain's, and they review. Correct one of them."
            )
        report = self._latest_report(row.occurred_at)
        signs = any(_signs(row.occurred_at, at) for at in self._closings_at())
        if report is not None and signs and self._is_reviewed(report):
            report = None
        if report is None and not signs:
            raise RowRefused(
                "There is no initial report before this review, and no closing within a day after. "
                "Correct the times, or add the report."
            )
        report_id = None if report is None else report.response_id
        self.case.reviews.append(PlannedReview(row, reviewer, report_id, signs))
        return "landed"

    def _latest_report(self, before: datetime) -> KnownReport | None:
        planned = (
            KnownReport(one.response_id, one.row.occurred_at)
            for one in self.case.responses
            if one.row.kind == ResponseKind.INITIAL_REPORT
        )
        reports = [*(self.known.reports if self.known else ()), *planned]
        earlier = [report for report in reports if report.occurred_at <= before]
        return max(earlier, key=lambda report: report.occurred_at, default=None)

    def _is_reviewed(self, report: KnownReport) -> bool:
        planned = {one.report_id for one in self.case.reviews}
        return report.response_id in planned or bool(
            self.known and report.response_id in self.known.reviewed
        )

    def _closings_at(self) -> Iterator[datetime]:
        for _, row in self.group.events:
            if row.kind == CLOSED:
                yield row.occurred_at
        for state in self.known.states if self.known else ():
            if state.state in ENDED_STATES:
                yield state.occurred_at
        if self.case.row is not None and self.case.row.closed_at is not None:
            yield self.case.row.closed_at

    def _closing(self, row: EventRow) -> str:
        told = self.case.row
        if row.occurred_at < self._received_at():
            raise RowRefused("occurred_at lies before the case was received. Correct one of them.")
        if told is not None and told.state not in ENDED_STATES:
            raise RowRefused("cases.csv says that this case is open. Correct one of the two.")
        disposition = row.text or (told.disposition if told else "") or self._disposition()
        if not disposition:
            raise RowRefused("text must give the disposition of a closed case.")
        if self.known is not None and not self.known.has_ended:
            refuse_if_gone_on(self.known, row.occurred_at)
            self.case.ends = True
        officer = self.planner.officer(row.badge, "badge")
        signer = self._signer(row.occurred_at, officer)
        self.case.closings.append(PlannedClosing(row, disposition, officer, signer))
        return "landed"

    def _received_at(self) -> datetime:
        return self.known.case.received_at if self.known else self.case.rows[0].received_at

    def _referral(self, row: ReferralRow) -> str:
        if row.number and not self.case.exists:
            _refuse_caseless()
        return self.referrals.decide(row, self.case, self.plan)

    def _disposition(self) -> str:
        return self.known.case.disposition if self.known else ""

    def _close_by_row(self) -> None:
        """A case that its own row says has ended, and no event does."""
        row = self.case.row
        ended = row is not None and row.state in ENDED_STATES
        if row is None or not ended or self.case.closings or (self.known and not self.case.ends):
            return
        signer = None if row.closed_at is None else self._signer(row.closed_at, None)
        self.case.closings.append(PlannedClosing(None, row.disposition, None, signer))

    def _signer(self, closed_at: datetime, officer: Officer | None) -> UUID | None:
        """Whoever else last reviewed the case within a day before it was closed."""
        closing_id = officer.pk if officer else None
        planned = (KnownReview(one.reviewer.pk, one.row.occurred_at) for one in self.case.reviews)
        reviews = [
            review
            for review in (*(self.known.reviews if self.known else ()), *planned)
            if _signs(review.occurred_at, closed_at)
            and review.reviewer_id not in (None, closing_id)
        ]
        latest = max(reviews, key=lambda review: review.occurred_at, default=None)
        return latest.reviewer_id if latest else None


def _refuse_caseless() -> str:
    raise RowRefused(
        "The case of this number is neither on record nor among the rows of cases.csv that can "
        "land. Correct the number, or the case's own row."
    )


def _signs(reviewed_at: datetime, closed_at: datetime) -> bool:
    return timedelta(0) <= closed_at - reviewed_at <= SIGNED_WITHIN
