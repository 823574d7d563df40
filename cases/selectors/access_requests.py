"""Which requests for access have I made, and which wait for my answer?

Whose request it is learns what was decided, and nothing about a case that a wall hides from them:
of that, and of a number that no case has, they see what anybody sees whom nobody has answered. A
request of somebody who is walled from the case lies on nobody's desk, so nobody lets them in by
mistake.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Hidden, Viewer
from cases.enums import Discipline, Permission
from cases.models import AccessRequest, Case, RequestState

SHOWN = 50
TONES = {
    RequestState.WAITING: "info",
    RequestState.APPROVED: "ok",
    RequestState.REFUSED: "alert",
    RequestState.LAPSED: "quiet",
}


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """One of mine. `case_id` only when it was approved and I see the case."""

    number: str
    asked_at: datetime
    reason: str
    state: str
    tone: str
    case_id: UUID | None = None
    until: datetime | None = None
    answer: str = ""
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """One on my desk: who asks for which case, why, and since when."""

    request_id: UUID
    case_id: UUID
    number: str
    who: str
    role: str
    reason: str
    asked_at: datetime
    lapses_at: datetime
    climbed: bool


@dataclass(frozen=True, slots=True)
class RequestsPage:
    mine: tuple[OwnRequest, ...]
    waiting: tuple[WaitingRequest, ...]


def requests_page(*, viewer: Viewer, now: datetime) -> RequestsPage:
    """The viewer's own requests, and those that wait for them. Leaves an entry."""
    waiting = waiting_requests(viewer, now)
    record(
        Event.ACCESS_REQUESTS_VIEWED,
        at=now,
        details={"cases": [str(one.case_id) for one in waiting]},
    )
    return RequestsPage(own_requests(viewer, now), waiting)


def own_requests(viewer: Viewer, now: datetime) -> tuple[OwnRequest, ...]:
    """What became of the viewer's requests, the newest first."""
    mine = AccessRequest.objects.filter(account_id=viewer.account_key)
    listed = list(mine.select_related("decided_by")[:SHOWN])
    decided = {one.case_id for one in listed if one.case_id}
    seen = set(
        access.visible_cases(viewer, now).filter(pk__in=decided).values_list("pk", flat=True)
    )
    walled = access.walled_from(viewer, decided)
    return tuple(_own(one, seen, walled, now) for one in listed)


def _own(request: AccessRequest, seen: set[UUID], walled: set[UUID], now: datetime) -> OwnRequest:
    hidden = request.case_id in walled
    state = RequestState.WAITING if hidden else RequestState(request.state)
    if state == RequestState.WAITING and request.lapses_at <= now:
        state = RequestState.LAPSED
    told = OwnRequest(
        number=request.number,
        asked_at=request.asked_at,
        reason=request.reason,
        state=str(state.label),
        tone=TONES[state],
    )
    return told if hidden else _answered(told, request, seen)


def _answered(told: OwnRequest, request: AccessRequest, seen: set[UUID]) -> OwnRequest:
    return OwnRequest(
        number=told.number,
        asked_at=told.asked_at,
        reason=told.reason,
        state=told.state,
        tone=told.tone,
        case_id=request.case_id if request.case_id in seen else None,
        until=request.granted_until,
        answer=request.answer,
        decided_by=request.decided_by.display_name if request.decided_by else "",
    )


def waiting_requests(viewer: Viewer, now: datetime) -> tuple[WaitingRequest, ...]:
    """Those that this viewer is to answer, the oldest first.

    A sergeant's are about the cases that they supervise; a captain's about cases whose sergeant is
    not there, or asks, and those that no sergeant has answered in a day.
    """
    return tuple(_waiting(request, case, now) for request, case in _on_desk(viewer, now))


def request_on_desk(viewer: Viewer, now: datetime, request_id: UUID) -> tuple[AccessRequest, Case]:
    """One of those with the case it is about. Raises Hidden."""
    for request, case in _on_desk(viewer, now):
        if request.pk == request_id:
            return request, case
    raise Hidden


def waiting_request(*, viewer: Viewer, now: datetime, request_id: UUID) -> WaitingRequest:
    """One request to be answered. Leaves an entry. Raises Hidden."""
    request, case = request_on_desk(viewer, now, request_id)
    record(
        Event.ACCESS_REQUESTS_VIEWED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        details={"request": str(request.pk)},
    )
    return _waiting(request, case, now)


def _on_desk(viewer: Viewer, now: datetime) -> Iterator[tuple[AccessRequest, Case]]:
    if not viewer.can(Permission.GRANT_ACCESS):
        return
    asked = list(unanswered(viewer, now).select_related("account__role"))
    cases = _named(viewer, now, {request.number for request in asked})
    walls = access.walls_between(
        [request.account_id for request in asked], [case.pk for case in cases.values()]
    )
    below = _below(viewer, cases, now)
    for request in asked:
        case = _of(request.number, cases)
        if case is None or (request.account_id, case.pk) in walls:
            continue
        if request.climbs_at <= now or not below[case.pk] - {request.account_id}:
            yield request, case


def _below(
    viewer: Viewer, cases: Mapping[str, Case], now: datetime
) -> Mapping[UUID, frozenset[UUID]]:
    """Case → whom a captain leaves the answer to for a day; a sergeant leaves it to nobody."""
    if cases and access.supervises_all(viewer):
        return access.answering_below(cases.values(), Permission.GRANT_ACCESS, now)
    return {case.pk: frozenset() for case in cases.values()}


def unanswered(viewer: Viewer, now: datetime) -> QuerySet[AccessRequest]:
    """Those that others have made and that still stand."""
    waiting = AccessRequest.objects.filter(
        state=RequestState.WAITING, lapses_at__gt=now, account__is_active=True
    )
    return waiting.exclude(account_id=viewer.account_key).order_by("asked_at", "id")


def _named(viewer: Viewer, now: datetime, numbers: Iterable[str]) -> dict[str, Case]:
    """The cases of these numbers that the viewer supervises, as typed or in capitals."""
    spelled = {form for number in numbers for form in (number, number.upper())}
    if not spelled:
        return {}
    cases = access.supervised_cases(viewer, now).filter(number__in=spelled)
    return {case.number: case for case in cases}


def _of(number: str, cases: dict[str, Case]) -> Case | None:
    return cases.get(number) or cases.get(number.upper())


def _waiting(request: AccessRequest, case: Case, now: datetime) -> WaitingRequest:
    account = request.account
    what = (account.role.label, _discipline(account.discipline), account.organization)
    return WaitingRequest(
        request_id=request.pk,
        case_id=case.pk,
        number=case.number,
        who=account.display_name,
        role=", ".join(filter(None, what)),
        reason=request.reason,
        asked_at=request.asked_at,
        lapses_at=request.lapses_at,
        climbed=request.climbs_at <= now,
    )


def _discipline(value: str) -> str:
    return str(Discipline(value).label) if value else ""
