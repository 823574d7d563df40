"""How does all that an officer has go to others, or none of it?

One transaction. What whoever hands over may see goes to whom they chose. What they may not see,
behind a wall or beyond their reach, is neither named to them nor left behind: it goes to the
desk of a supervisor who may, at the least a captain's, with `orphaned` raised at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate

from audit.context import Actor
from audit.events import Event
from audit.recorder import record
from cases.access import Hidden, Viewer
from cases.enums import HandOverKind, HandOverState, Rank
from cases.models import Account, Case, HandOver, Officer, Squad
from cases.row_security import Span, reading_as
from cases.rules.holding import JUST_BEFORE
from cases.selectors.hand_overs import (
    HELD,
    KEEP,
    LED,
    OPEN_WITH,
    SUPERVISED,
    Sheet,
    desks_for,
    hand_over_sheet,
    open_with_them,
)
from cases.selectors.staff import supervises
from cases.selectors.versions import changes_since, values_of
from cases.services.assignments import give_case
from cases.services.clocks import refresh_cases, refresh_officers
from cases.services.departures import MOVED, close_account_of
from cases.services.flagging import RULES, clear_desk
from cases.services.grants import end_grants_of
from cases.services.locking import lock_everybody
from cases.services.officers import locked_hand_over, settle

WORDS = {
    HandOverKind.LEAVES: "The officer leaves.",
    HandOverKind.MOVES: "The officer moves to another squad.",
}


class Stale(ValueError):
    """What they have changed since the page was opened."""


class NotOffered(ValueError):
    """Somebody who was chosen is not there to take it any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the lines that whoever handed over saw."""

    given: int
    left_open: int
    kept: int


@reading_as(Span.HANDING_ON)
@transaction.atomic
def complete_hand_over(
    *, viewer: Viewer, now: datetime, officer_id: UUID, choices: Mapping[str, str]
) -> Outcome:
    """Give away all that waits: `choices` says for every line of the sheet, by its name, to whom.

    Raises Hidden, NothingWaits, Stale, NotOffered.
    """
    waiting = locked_hand_over(officer_id)
    if not supervises(viewer, waiting.officer):
        raise Hidden
    cases = _locked_cases(officer_id)
    lock_everybody()
    sheet = hand_over_sheet(viewer, now, officer_id)
    _refuse_stale(sheet, choices)
    act = _HandingOver(viewer, now, waiting, cases)
    act.give(sheet, choices)
    act.place_what_is_left()
    act.end()
    return act.outcome


def _locked_cases(officer_id: UUID) -> dict[UUID, Case]:
    rows = Case.objects.select_for_update(of=("self",)).filter(open_with_them(officer_id))
    return {case.pk: case for case in rows.order_by("pk")}


def _refuse_stale(sheet: Sheet, choices: Mapping[str, str]) -> None:
    lines = {line.name: line for line in sheet.lines}
    come, gone = lines.keys() - choices.keys(), choices.keys() - lines.keys()
    if come or gone:
        raise Stale(
            f"Since you opened this page {len(come)} came to them and {len(gone)} went elsewhere. "
            "Nothing was handed over; look through the list again."
        )
    for name, value in choices.items():
        if value not in {option.value for option in lines[name].options}:
            raise NotOffered(
                f"{lines[name].label}: whom you chose can't take it any more. Choose again."
            )


class _HandingOver:
    """One hand-over while it is done."""

    def __init__(
        self, viewer: Viewer, now: datetime, waiting: HandOver, cases: dict[UUID, Case]
    ) -> None:
        self.viewer, self.now, self.waiting, self.cases = viewer, now, waiting, cases
        self.officer = waiting.officer
        self.kind = HandOverKind(waiting.kind)
        self.words = WORDS[self.kind]
        self.kept: set[UUID] = set()
        self.touched: set[UUID] = {self.officer.pk}
        self.given = self.left_open = 0

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.given, self.left_open, len(self.kept))

    def give(self, sheet: Sheet, choices: Mapping[str, str]) -> None:
        """Squads first: a case's supervisor is its new detective's sergeant."""
        for line in sheet.part(LED):
            self._give_squad(line.key, UUID(choices[line.name]))
        if self.kind == HandOverKind.MOVES:
            self._change_squad()
        chosen = {
            UUID(choices[line.name]) for line in sheet.part(HELD) if _is_id(choices[line.name])
        }
        officers = Officer.objects.select_related("squad__sergeant").in_bulk(list(chosen))
        for line in sheet.part(HELD):
            self._give_held(self.cases[line.key], choices[line.name], officers)
        for line in sheet.part(SUPERVISED):
            self._supervise(self.cases[line.key], UUID(choices[line.name]))

    def _give_squad(self, squad_id: UUID, sergeant_id: UUID) -> None:
        Squad.objects.filter(pk=squad_id).update(sergeant=sergeant_id)
        record(
            Event.SQUAD_CHANGED,
            at=self.now,
            subject_type="squad",
            subject_id=squad_id,
            reason=self.words,
            changes={"sergeant": [str(self.officer.pk), str(sergeant_id)]},
        )

    def _change_squad(self) -> None:
        before, squad = self.officer.squad_id, self.waiting.to_squad
        self.officer.squad = squad
        self.officer.save(update_fields=["squad"])
        if squad and squad.sergeant_id is None and self.officer.rank == Rank.SERGEANT:
            squad.sergeant = self.officer
            squad.save(update_fields=["sergeant"])
        record(
            Event.OFFICER_CHANGED,
            at=self.now,
            subject_type="officer",
            subject_id=self.officer.pk,
            reason=self.words,
            changes={"squad": [str(before or ""), str(squad.pk if squad else "")]},
        )

    def _give_held(self, case: Case, value: str, officers: Mapping[UUID, Officer]) -> None:
        if value == KEEP:
            self.kept.add(case.pk)
            squad = self.waiting.to_squad
            self._change(case, squad=squad, supervisor_id=squad.sergeant_id if squad else None)
        elif value.startswith(OPEN_WITH):
            self.left_open += 1
            self._leave_open(case, UUID(value.removeprefix(OPEN_WITH)))
        else:
            officer = officers[UUID(value)]
            self.given += 1
            self.touched.add(officer.pk)
            give_case(self.viewer, case, officer, self.now, self.words)

    def _leave_open(
        self, case: Case, supervisor_id: UUID | None, actor: Actor | None = None
    ) -> None:
        """Nobody has it; the named supervisor sees so at once."""
        case.assignments.filter(ended_at__isnull=True).update(
            ended_at=self.now - JUST_BEFORE, left_open=True
        )
        self._change(case, actor=actor, detective_id=None, supervisor_id=supervisor_id)

    def _supervise(
        self, case: Case, supervisor_id: UUID | None, actor: Actor | None = None
    ) -> None:
        self._change(case, actor=actor, supervisor_id=supervisor_id)

    def _change(self, case: Case, *, actor: Actor | None = None, **fields: object) -> None:
        before = values_of(case)
        for name, value in fields.items():
            setattr(case, name, value)
        case.save(update_fields=[name.removesuffix("_id") for name in fields])
        record(
            Event.CASE_CHANGED,
            at=self.now,
            actor=actor,
            subject_type="case",
            subject_id=case.pk,
            reason=self.words,
            changes=changes_since(before, case),
        )

    # -- what whoever hands over does not see ---------------------------------------------------

    def place_what_is_left(self) -> None:
        """Cases that are still theirs go to who may see them; the entry is the rules'."""
        left = [case for case in self.cases.values() if self._is_left(case)]
        desks = desks_for(left, self.now, without=self.officer.pk)
        for case in left:
            if case.detective_id == self.officer.pk:
                self._leave_open(case, desks[case.pk], RULES)
            else:
                self._supervise(case, desks[case.pk], RULES)

    def _is_left(self, case: Case) -> bool:
        if case.pk in self.kept:
            return False
        return self.officer.pk in (case.detective_id, case.supervisor_id)

    # -- the end --------------------------------------------------------------------------------

    def end(self) -> None:
        """Judge everything anew, clear the desk, and make sure that nothing came meanwhile."""
        self._end_access()
        refresh_cases(case_ids=self.cases, now=self.now)
        refresh_officers(officer_ids=self.touched, now=self.now)
        self._refuse_late_comers()
        clear_desk(self.officer.pk, self.now)
        settle(self.waiting, HandOverState.DONE, self.viewer, self.now)
        record(
            Event.HAND_OVER_DONE,
            at=self.now,
            subject_type="officer",
            subject_id=self.officer.pk,
            details={
                "kind": self.kind.value,
                "given": self.given,
                "left_open": self.left_open,
                "kept": len(self.kept),
            },
        )

    def _end_access(self) -> None:
        if self.kind == HandOverKind.LEAVES:
            if self.waiting.effective_on <= localdate(self.now):
                close_account_of(self.officer.pk, self.now)
            return
        for account in Account.objects.filter(officer=self.officer):
            end_grants_of(account.pk, self.now, MOVED)

    def _refuse_late_comers(self) -> None:
        """What came after the cases were locked and before the officers were, unseen by the sheet.

        Nothing comes later: whoever names somebody on a case holds them, or the squad they lead.
        """
        late = Case.objects.filter(open_with_them(self.officer.pk)).exclude(pk__in=self.kept)
        if late.exists():
            raise Stale("What they have changed this moment. Nothing was handed over; look again.")


def _is_id(value: str) -> bool:
    return value != KEEP and not value.startswith(OPEN_WITH)
