"""Which cases may I see, page by page, and which come before and after one of them?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from audit.events import Event
from audit.recorder import record
from cases.access import Key, Reading, Viewer, numbered, visible_page
from cases.enums import CaseState, Channel, ClockKind, OffenseClass
from cases.models import Case, Flag
from cases.models.case import OPEN
from cases.models.flag import STANDING
from cases.rules.parts import Part
from cases.rules.policy import Policy
from cases.selectors.cards import (
    CompletenessCard,
    FlagCard,
    completeness_card,
    flag_cards,
    running_state,
    standing_flags,
)
from cases.selectors.filters import FilterCard, saved_filters
from cases.selectors.policy import current_policy, reading_of

SCREEN = "cases"
PAGE_SIZE = 50
OPEN_STATES = "open"
NOT_COUNTED = "none"
NOBODY = "none"
NO_DIVISION = "none"


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """What to look for; everything given must hold.

    `state` is a state or "open"; `age` is in days since it was received and `complete` in percent,
    both (from, to), inclusive, `to` None for no end; `not_counted` only cases that have no count.
    `nobody`: only cases that nobody has. The division "none" stands for cases without one.
    """

    number: str = ""
    state: str = ""
    offense_class: str = ""
    channel: str = ""
    flag: str = ""
    squad: UUID | None = None
    detective: UUID | None = None
    nobody: bool = False
    division: str = ""
    age: tuple[int, int | None] | None = None
    complete: tuple[int, int | None] | None = None
    not_counted: bool = False


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case of the list, without a name of anybody but the detective."""

    case_id: UUID
    number: str
    state: str
    offense_class: str
    channel: str
    received_at: datetime
    age: timedelta
    since_entry: timedelta
    detective: str
    clock: str
    due_at: datetime | None
    left: timedelta | None
    due_state: str
    completeness: CompletenessCard | None
    flags: tuple[FlagCard, ...]


@dataclass(frozen=True, slots=True)
class CaseListPage:
    """Some cases, the newest entry first; `next_key` begins the next page, None on the last.

    `supervision`: whether the viewer is told of clocks, flags and what reports lack.
    """

    rows: tuple[CaseRow, ...]
    supervision: bool
    next_key: Key | None
    saved: tuple[FilterCard, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    previous_id: UUID | None = None
    next_id: UUID | None = None


def case_list(
    *,
    viewer: Viewer,
    now: datetime,
    filters: CaseFilters,
    before: Key | None = None,
    size: int = PAGE_SIZE,
) -> CaseListPage:
    """One page of the cases this viewer may see, and an entry that holds their ids."""
    policy = current_policy()
    reading = reading_of(viewer)
    matching = _matching(_askable(filters, reading), now)
    cases = visible_page(viewer, now, size=size + 1, before=before, matching=matching)
    found = list(_decorated(cases, reading))
    page = found[:size]
    record(
        Event.CASE_SEARCHED if filters.number else Event.CASE_LISTED,
        at=now,
        subject_type="list",
        subject_id=SCREEN,
        details={"cases": [str(case.pk) for case in page]},
    )
    return CaseListPage(
        rows=tuple(_row(case, now, policy, reading) for case in page),
        supervision=Part.SUPERVISION in reading,
        next_key=(page[-1].last_entry_at, page[-1].pk) if len(found) > size else None,
        saved=saved_filters(viewer=viewer, screen=SCREEN),
    )


def neighbours(*, viewer: Viewer, now: datetime, filters: CaseFilters, key: Key) -> Neighbours:
    """The visible cases that stand right before and right after a case in the filtered list."""
    matching = _matching(_askable(filters, reading_of(viewer)), now)
    near = partial(visible_page, viewer, now, size=1, before=key, matching=matching)
    return Neighbours(_id_of(near(upwards=True)), _id_of(near()))


def _id_of(cases: QuerySet[Case]) -> UUID | None:
    return next(iter(cases.values_list("pk", flat=True)), None)


def adjacent(order: Sequence[UUID], case_id: UUID) -> Neighbours:
    """The same in a list whose whole order is known."""
    if case_id not in order:
        return Neighbours()
    at = order.index(case_id)
    return Neighbours(order[at - 1] if at else None, order[at + 1] if at + 1 < len(order) else None)


def _askable(filters: CaseFilters, reading: Reading) -> CaseFilters:
    """Without what would tell of a part that is not read by which cases it leaves."""
    if Part.SUPERVISION in reading:
        return filters
    return replace(filters, flag="", complete=None, not_counted=False)


def _matching(filters: CaseFilters, now: datetime) -> Q:
    """What a case must be; everything when no filter is set."""
    plain = {
        "offense_class": filters.offense_class,
        "channel": filters.channel,
        "squad": filters.squad,
        "detective": filters.detective,
    }
    return (
        Q(**{name: value for name, value in plain.items() if value})
        & _state(filters.state)
        & _number(filters.number)
        & _flag(filters.flag)
        & _age(filters.age, now)
        & _complete(filters)
        & _division(filters.division)
        & (Q(detective__isnull=True) if filters.nobody else Q())
    )


def _division(division: str) -> Q:
    if not division:
        return Q()
    return Q(division="" if division == NO_DIVISION else division)


def _state(state: str) -> Q:
    if state == OPEN_STATES:
        return OPEN
    return Q(state=state) if state else Q()


def _number(number: str) -> Q:
    return numbered(number) if number else Q()


def _flag(kind: str) -> Q:
    if not kind:
        return Q()
    return Q(Exists(Flag.objects.filter(STANDING, case=OuterRef("pk"), kind=kind)))


def _age(age: tuple[int, int | None] | None, now: datetime) -> Q:
    if age is None:
        return Q()
    youngest, oldest = age
    found = Q(received_at__lte=now - timedelta(days=youngest))
    return found if oldest is None else found & Q(received_at__gt=now - timedelta(days=oldest + 1))


def _complete(filters: CaseFilters) -> Q:
    if filters.not_counted:
        return Q(settled__isnull=True)
    if filters.complete is None:
        return Q()
    least, most = filters.complete
    percent = F("settled") * 100
    found = Q(GreaterThanOrEqual(percent, F("required") * least))
    return found if most is None else found & Q(LessThan(percent, F("required") * (most + 1)))


def _decorated(cases: QuerySet[Case], reading: Reading) -> QuerySet[Any]:
    return cases.select_related("detective").annotate(flag_rows=standing_flags(reading))


def _row(case: Any, now: datetime, policy: Policy, reading: Reading) -> CaseRow:
    told = Part.SUPERVISION in reading
    due_at = case.next_due_at if told else None
    return CaseRow(
        case_id=case.pk,
        number=case.number,
        state=str(CaseState(case.state).label),
        offense_class=str(OffenseClass(case.offense_class).label),
        channel=str(Channel(case.channel).label),
        received_at=case.received_at,
        age=now - case.received_at,
        since_entry=now - case.last_entry_at,
        detective=case.detective.name if case.detective else "",
        clock=str(ClockKind(case.next_clock).label) if told and case.next_clock else "",
        due_at=due_at,
        left=due_at - now if due_at else None,
        due_state=running_state(due_at, now) if due_at else "",
        completeness=completeness_card(case, policy) if told else None,
        flags=flag_cards(case.flag_rows, now),
    )
