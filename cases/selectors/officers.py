"""Who works here, how much does each have, and whose work waits to be handed over?

Whoever manages officers without seeing cases gets counts; a supervisor gets the cases they reach.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate

from audit.events import Event
from audit.recorder import record
from cases.access import Viewer, beyond_walls, supervised_cases
from cases.enums import CaseState, HandOverKind, HandOverState, Permission, Scope
from cases.models import Account, Assignment, Case, HandOver, Officer, Squad
from cases.models.case import OPEN
from cases.row_security import Span, reading_as
from cases.selectors.policy import current_policy
from cases.selectors.staff import (
    known_officer,
    known_officers,
    manages_officers,
    on_duty,
    supervises,
)

CASES_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hand-over that is not done."""

    officer_id: UUID
    name: str
    kind: HandOverKind
    effective_on: date
    to_squad: str
    due_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class OfficerLine:
    officer_id: UUID
    name: str
    badge: str
    rank: str
    squad: str
    active_from: date
    active_to: date | None
    open_cases: int
    waiting: Waiting | None


@dataclass(frozen=True, slots=True)
class OfficerList:
    lines: tuple[OfficerLine, ...]
    waiting: tuple[Waiting, ...]
    everybody: bool


@dataclass(frozen=True, slots=True)
class HeldCase:
    """An open case of theirs, for whoever may see it."""

    case_id: UUID
    number: str
    state: str
    due_at: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Received:
    """Cases handed over to them lately, and how many of those they have not acknowledged."""

    count: int
    limit: int
    days: int
    unacknowledged: int


@dataclass(frozen=True, slots=True)
class OfficerPage:
    """`cases` only for whoever may see them; `by_state` counts all for the managers."""

    line: OfficerLine
    account: str
    by_state: tuple[tuple[str, int], ...]
    supervised: int
    leads: tuple[str, ...]
    received: Received
    cases: tuple[HeldCase, ...]
    beyond: int
    shows_cases: bool
    hands_over: bool
    manages: bool
    account_id: UUID | None
    squad_id: UUID | None


@reading_as(Span.COUNTING)
def officer_list(*, viewer: Viewer, now: datetime, everybody: bool = False) -> OfficerList:
    """Those on duty, or everybody there ever was, and an entry. Raises Hidden."""
    officers = known_officers(viewer)
    waiting = waiting_hand_overs(viewer, now)
    if not everybody:
        officers = officers.filter(
            on_duty(localdate(now)) | Q(pk__in=[w.officer_id for w in waiting])
        )
    counts = _open_by_officer(_countable(viewer))
    by_officer = {one.officer_id: one for one in waiting}
    lines = tuple(_line(row, counts[row.pk], by_officer.get(row.pk)) for row in officers)
    details = {"officers": len(lines), "all": everybody}
    record(
        Event.OFFICER_LISTED, at=now, subject_type="list", subject_id="officers", details=details
    )
    return OfficerList(lines, waiting, everybody)


def waiting_hand_overs(viewer: Viewer, now: datetime) -> tuple[Waiting, ...]:
    """What waits to be handed over, of the officers this viewer knows; the first due first."""
    rows = HandOver.objects.filter(
        state=HandOverState.WAITING, officer__in=known_officers(viewer).values("pk")
    ).select_related("officer", "to_squad")
    return tuple(_waiting(row, now) for row in rows.order_by("due_at", "pk"))


def hand_overs_waiting() -> QuerySet[HandOver]:
    """All that wait, in the whole unit."""
    return HandOver.objects.filter(state=HandOverState.WAITING)


def hand_overs_to_do(viewer: Viewer, now: datetime) -> tuple[Waiting, ...]:
    """Those of them that are this viewer's to do."""
    rows = hand_overs_waiting().select_related("officer", "to_squad").order_by("due_at", "pk")
    return tuple(_waiting(row, now) for row in rows if supervises(viewer, row.officer))


@reading_as(Span.COUNTING)
def officer_page(*, viewer: Viewer, now: datetime, officer_id: UUID) -> OfficerPage:
    """One officer, and an entry. Raises Hidden."""
    officer = known_officer(viewer, officer_id)
    waiting = HandOver.objects.filter(officer=officer, state=HandOverState.WAITING)
    row = waiting.select_related("officer", "to_squad").first()
    held = _countable(viewer).filter(OPEN, detective=officer)
    by_state = Counter(dict(held.order_by().values_list("state").annotate(count=Count("pk"))))
    shows = _shows_cases(viewer)
    seen = supervised_cases(viewer, now).filter(OPEN, detective=officer)
    cases = _cases(seen, now) if shows else ()
    account = Account.objects.filter(officer=officer).first()
    details = {"cases": [str(case.case_id) for case in cases]}
    record(
        Event.OFFICER_VIEWED, at=now, subject_type="officer", subject_id=officer.pk, details=details
    )
    return OfficerPage(
        line=_line(officer, by_state.total(), _waiting(row, now) if row else None),
        account=_account_words(account),
        by_state=tuple((str(CaseState(code).label), n) for code, n in sorted(by_state.items())),
        supervised=_countable(viewer).filter(OPEN, supervisor=officer).count(),
        leads=tuple(Squad.objects.filter(sergeant=officer).values_list("name", flat=True)),
        received=_received(viewer, officer, now),
        cases=cases,
        beyond=by_state.total() - seen.count() if shows else 0,
        shows_cases=shows,
        hands_over=supervises(viewer, officer),
        manages=manages_officers(viewer),
        account_id=account.pk if account else None,
        squad_id=officer.squad_id,
    )


def squad_choices(*, without: UUID | None) -> tuple[tuple[str, str], ...]:
    """The squads somebody could move to."""
    squads = Squad.objects.exclude(pk=without) if without else Squad.objects.all()
    return tuple((str(squad.pk), squad.name) for squad in squads.order_by("name"))


def _shows_cases(viewer: Viewer) -> bool:
    """A supervisor sees cases, a manager of officers counts; who is both sees what they reach."""
    reaches = viewer.scope in (Scope.ALL, Scope.SQUAD)
    return viewer.can(Permission.VIEW_CASES) and reaches


def _countable(viewer: Viewer) -> QuerySet[Case]:
    """What counts are made of: all that somebody carries, also beyond a supervisor's reach, or they
    would pass for idle; but nothing behind a wall."""
    return beyond_walls(Case.objects.all(), viewer)


def _open_by_officer(cases: QuerySet[Case]) -> Counter[UUID]:
    rows: Any = cases.filter(OPEN, detective__isnull=False).order_by()
    return Counter(dict(rows.values_list("detective").annotate(count=Count("pk"))))


def _line(officer: Officer, open_cases: int, waiting: Waiting | None) -> OfficerLine:
    return OfficerLine(
        officer_id=officer.pk,
        name=officer.name,
        badge=officer.badge,
        rank=str(officer.get_rank_display()),
        squad=officer.squad.name if officer.squad else "",
        active_from=officer.active_from,
        active_to=officer.active_to,
        open_cases=open_cases,
        waiting=waiting,
    )


def _waiting(row: HandOver, now: datetime) -> Waiting:
    return Waiting(
        officer_id=row.officer_id,
        name=row.officer.name,
        kind=HandOverKind(row.kind),
        effective_on=row.effective_on,
        to_squad=row.to_squad.name if row.to_squad else "",
        due_at=row.due_at,
        late=now > row.due_at,
    )


def _cases(held: QuerySet[Case], now: datetime) -> tuple[HeldCase, ...]:
    rows = held.order_by("next_due_at", "number")[:CASES_SHOWN]
    return tuple(
        HeldCase(
            case.pk,
            case.number,
            str(case.get_state_display()),
            case.next_due_at,
            case.next_due_at is not None and now > case.next_due_at,
        )
        for case in rows
    )


def _received(viewer: Viewer, officer: Officer, now: datetime) -> Received:
    rule = current_policy().overloaded
    span: timedelta = rule.handed_over_within.span
    handed = Assignment.objects.filter(
        officer=officer,
        assigned_at__gt=now - span,
        assigned_at__lte=now,
        case__in=_countable(viewer).values("pk"),
    )
    unread = handed.filter(reassignment=True, acknowledged_at=None, ended_at=None)
    return Received(handed.count(), rule.handed_over, span.days, unread.count())


def _account_words(account: Account | None) -> str:
    if account is None:
        return "None"
    return "Open" if account.is_active else "Closed"
