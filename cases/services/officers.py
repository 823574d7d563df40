"""How do officers come and go without a case falling between?

Whoever manages accounts says that somebody leaves or moves, and sees no case. From that moment a
hand-over waits with a due time; on the day somebody is gone, whatever they still have raises
`orphaned`, whether or not it was handed over. Who gets what is their supervisor's to say
(`services.hand_overs`).
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate

from audit.events import Event
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import HandOverKind, HandOverState, Permission, Scope
from cases.models import Assignment, Case, HandOver, Officer, Squad
from cases.models.case import OPEN
from cases.row_security import Span, reading_as
from cases.rules.holding import JUST_BEFORE
from cases.rules.reasons import says_enough, visible
from cases.selectors.policy import current_policy, unit_calendar
from cases.selectors.staff import known_officer, manages_officers
from cases.services.absence import lock_held_by
from cases.services.clocks import refresh_cases, refresh_officers
from cases.services.departures import close_account_of, refuse_losing_last_manager
from cases.services.flagging import clear_desk

FURTHEST = timedelta(days=366)


class NoReason(ValueError):
    """Whose work goes to others, and why, is on record."""


class BadDeparture(ValueError):
    """The officer can't leave or move like this."""


class NothingWaits(ValueError):
    """No hand-over waits for this officer."""


@transaction.atomic
def deactivate_officer(
    *, viewer: Viewer, now: datetime, officer_id: UUID, on: date, reason: str
) -> HandOver:
    """Set an officer's first day gone; a hand-over of all they have waits from now on.

    When the day has come, their account closes and what they still have raises `orphaned` at once;
    otherwise on the day. Raises Hidden, NotPermitted, NoReason, BadDeparture, LastManager.
    """
    if not manages_officers(viewer):
        raise NotPermitted("Your role does not allow you to manage officers.")
    officer = _officer_for(viewer, officer_id, reason)
    if on < officer.active_from:
        raise BadDeparture("They had not started by then. Give a later day.")
    if on > localdate(now) + FURTHEST:
        raise BadDeparture("That is more than a year ahead. Say it when the day is nearer.")
    refuse_losing_last_manager(officer.pk)
    before, officer.active_to = officer.active_to, on
    officer.save(update_fields=["active_to"])
    waiting = _wait(viewer, officer, HandOverKind.LEAVES, on, now)
    record(
        Event.OFFICER_DEACTIVATED,
        at=now,
        subject_type="officer",
        subject_id=officer.pk,
        reason=visible(reason),
        changes={"active_to": [before.isoformat() if before else "", on.isoformat()]},
    )
    if on <= localdate(now):
        _had_until_now(officer, on, now)
    _take_notice(officer, on, now)
    if on <= localdate(now):
        close_account_of(officer.pk, now)
    return waiting


def _had_until_now(officer: Officer, on: date, now: datetime) -> None:
    """What they were given on their first day gone, or after it, they had: it is left open now.

    Without this the rules would take it for a case that was given to somebody who is not there.
    """
    late = Assignment.objects.filter(
        officer=officer, ended_at__isnull=True, assigned_at__gte=_begins(on), assigned_at__lte=now
    )
    late.update(ended_at=now - JUST_BEFORE, left_open=True)


def _has_again(officer: Officer) -> None:
    """The same undone: they stay, and what nobody took over meanwhile is theirs."""
    left = Assignment.objects.filter(officer=officer, left_open=True, case__detective=officer)
    left.update(ended_at=None, left_open=False)


@transaction.atomic
def move_officer(
    *, viewer: Viewer, now: datetime, officer_id: UUID, squad_id: UUID, reason: str
) -> HandOver:
    """Say that an officer goes to another squad; they do when their work is handed over.

    Raises Hidden, NotPermitted, NoReason, BadDeparture.
    """
    if not may_move(viewer):
        raise NotPermitted("Your role does not allow you to move officers.")
    officer = _officer_for(viewer, officer_id, reason)
    squad = Squad.objects.filter(pk=squad_id).first()
    if squad is None or squad.pk == officer.squad_id:
        raise BadDeparture("Choose another squad than the one they are in.")
    waiting = _wait(viewer, officer, HandOverKind.MOVES, localdate(now), now, squad)
    record(
        Event.HAND_OVER_ASKED,
        at=now,
        subject_type="officer",
        subject_id=officer.pk,
        reason=visible(reason),
        details={"squad": str(squad.pk)},
    )
    return waiting


def may_move(viewer: Viewer) -> bool:
    """Whether the viewer sends officers to other squads: who manages them, or supervises all."""
    all_squads = viewer.can(Permission.ASSIGN_CASE) and viewer.scope == Scope.ALL
    return manages_officers(viewer) or all_squads


@transaction.atomic
def withdraw_hand_over(*, viewer: Viewer, now: datetime, officer_id: UUID, reason: str) -> None:
    """They stay after all: with the unit, and in their squad. A closed account stays closed.

    Raises Hidden, NotPermitted, NoReason, NothingWaits.
    """
    known_officer(viewer, officer_id)
    waiting = locked_hand_over(officer_id)
    leaves = waiting.kind == HandOverKind.LEAVES
    if not (manages_officers(viewer) if leaves else may_move(viewer)):
        raise NotPermitted("Your role does not allow you to manage officers.")
    if not says_enough(reason):
        raise NoReason("Why: say in a sentence why they stay.")
    lock_held_by([officer_id])
    officer, before = waiting.officer, waiting.officer.active_to
    if leaves:
        officer.active_to = None
        officer.save(update_fields=["active_to"])
        _has_again(officer)
    settle(waiting, HandOverState.WITHDRAWN, viewer, now)
    changes = {"active_to": [before.isoformat() if before else "", ""]} if leaves else {}
    record(
        Event.HAND_OVER_WITHDRAWN,
        at=now,
        subject_type="officer",
        subject_id=officer.pk,
        reason=visible(reason),
        changes=changes,
    )
    _take_notice(officer, before, now)


def locked_hand_over(officer_id: UUID) -> HandOver:
    """A step: the hand-over that waits, held until the transaction ends. Raises NothingWaits."""
    rows = HandOver.objects.select_for_update(of=("self",)).select_related("officer__squad")
    waiting = rows.filter(officer=officer_id, state=HandOverState.WAITING).first()
    if waiting is None:
        raise NothingWaits("Nothing of theirs waits to be handed over, or not any more.")
    return waiting


def settle(waiting: HandOver, state: HandOverState, viewer: Viewer, now: datetime) -> None:
    """A step: the hand-over waits no more."""
    waiting.state, waiting.settled_at = state, now
    waiting.settled_by_id = viewer.account_id
    waiting.save(update_fields=["state", "settled_at", "settled_by"])


def _officer_for(viewer: Viewer, officer_id: UUID, reason: str) -> Officer:
    """The officer, locked, whom the viewer may send away, and whom nobody has sent away yet."""
    known_officer(viewer, officer_id)
    if officer_id == viewer.officer_id:
        raise NotPermitted("Somebody else has to say that you leave or move.")
    if not says_enough(reason):
        raise NoReason("Why: say how you know that they leave or move, in a sentence.")
    lock_held_by([officer_id])
    officer = Officer.objects.select_for_update(of=("self",)).get(pk=officer_id)
    if officer.hand_overs.filter(state=HandOverState.WAITING).exists():
        raise BadDeparture("A hand-over of theirs waits already. Finish or withdraw it first.")
    return officer


def _wait(
    viewer: Viewer,
    officer: Officer,
    kind: HandOverKind,
    on: date,
    now: datetime,
    squad: Squad | None = None,
) -> HandOver:
    within = current_policy().handing_over.within
    return HandOver.objects.create(
        officer=officer,
        kind=kind,
        to_squad=squad,
        effective_on=on,
        asked_by_id=viewer.account_id,
        asked_at=now,
        due_at=within.after(now, unit_calendar()),
    )


@reading_as(Span.HANDING_ON)
def _take_notice(officer: Officer, on: date | None, now: datetime) -> None:
    """Judge anew what they have, and what they had on a day on which they are gone by now.

    Flags don't wait with somebody who is gone until the rest is handed over.
    """
    held = Q(detective=officer) & OPEN
    if on is not None:
        had = Assignment.objects.filter(officer=officer, ended_at__gte=_begins(on))
        held |= Q(pk__in=had.values("case"))
    cases = Case.objects.filter(held).order_by("pk").values_list("pk", flat=True)
    refresh_cases(case_ids=list(cases), now=now)
    refresh_officers(officer_ids={officer.pk}, now=now)
    if officer.active_to and officer.active_to <= localdate(now):
        clear_desk(officer.pk, now)


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, unit_calendar().time_zone)
