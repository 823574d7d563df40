"""How does somebody ask for a case that they don't see, and how is that answered?

Asking looks nothing up: the same row, the same entry and the same words, whether there is a case of
that number, whether a wall stands before it, and whether the asker sees it already.
"""

import re
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.enums import Permission
from cases.models import AccessRequest, Account, Case, RequestState
from cases.rules.reasons import says_enough, visible
from cases.selectors.access_requests import request_on_desk
from cases.selectors.policy import current_policy
from cases.selectors.staff_names import clear_of_names
from cases.services.grants import BadGrant, Terms, give_grant
from cases.services.narratives import redactor

NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{2,39}")


class BadRequest(ValueError):
    """A request needs a number, a reason, and room among those that wait."""


@transaction.atomic
def ask_for_access(*, viewer: Viewer, now: datetime, number: str, reason: str) -> AccessRequest:
    """Ask whoever supervises the case of this number, if there is one. Raises BadRequest."""
    number, rule = number.strip(), current_policy().sharing
    if not _looks_like_number(number):
        raise BadRequest("Case number: give it as it is written, as in KC26-000123.")
    if not says_enough(reason, rule.reason_characters):
        least = rule.reason_characters
        raise BadRequest(f"Why: say it in at least {least} letters that can be read.")
    _require_room(viewer, number, rule.most_waiting, now)
    request = AccessRequest.objects.create(
        account_id=viewer.account_key,
        number=number,
        reason=clear_of_names(visible(reason)),
        asked_at=now,
        climbs_at=now + rule.request_climbs.span,
        lapses_at=now + rule.request_stands.span,
    )
    record(
        Event.ACCESS_REQUESTED,
        at=now,
        subject_type="access_request",
        subject_id=request.pk,
        reason=request.reason,
    )
    return request


def _looks_like_number(text: str) -> bool:
    """More digits than letters, as case numbers have anywhere: so it is nobody's name."""
    digits, letters = (sum(map(kind, text)) for kind in (str.isdigit, str.isalpha))
    return bool(NUMBER.fullmatch(text)) and digits > letters


def _require_room(viewer: Viewer, number: str, most: int, now: datetime) -> None:
    """One request at a time for a number, and not too many of one person."""
    Account.objects.select_for_update(no_key=True, of=("self",)).get(pk=viewer.account_key)
    waiting = AccessRequest.objects.filter(
        account_id=viewer.account_key, state=RequestState.WAITING
    )
    waiting.filter(lapses_at__lte=now).update(state=RequestState.LAPSED)
    if waiting.filter(number__iexact=number).exists():
        raise BadRequest("You have asked for this case already; the request waits.")
    if waiting.count() >= most:
        raise BadRequest(f"{most} of your requests wait. Ask again when some are over.")


@transaction.atomic
def approve_request(*, viewer: Viewer, now: datetime, request_id: UUID, terms: Terms) -> None:
    """Let the asker in until an end. Raises Hidden, NotPermitted, BadGrant."""
    request, case = _to_decide(viewer, now, request_id)
    terms = replace(terms, reason=request.reason)
    grant = give_grant(
        viewer=viewer, now=now, case_id=case.pk, account_id=request.account_id, terms=terms
    )
    request.reason, request.granted_until = grant.reason, grant.expires_at
    _decide(request, case, viewer, now, RequestState.APPROVED)
    _record_decision(Event.ACCESS_APPROVED, request, case, now, request.reason)


@transaction.atomic
def refuse_request(*, viewer: Viewer, now: datetime, request_id: UUID, reason: str) -> None:
    """Say no, and why; the asker reads it. Raises Hidden, NotPermitted, BadGrant."""
    request, case = _to_decide(viewer, now, request_id)
    if not reason.strip():
        raise BadGrant("Why: give a reason.")
    redacted = redactor(case)
    request.reason, request.answer = redacted(request.reason), redacted(visible(reason))
    _decide(request, case, viewer, now, RequestState.REFUSED)
    _record_decision(Event.ACCESS_REFUSED, request, case, now, request.answer)


def _to_decide(viewer: Viewer, now: datetime, request_id: UUID) -> tuple[AccessRequest, Case]:
    """The request, held until it is decided, and the case that its number names."""
    AccessRequest.objects.select_for_update(of=("self",)).filter(pk=request_id).first()
    request, case = request_on_desk(viewer, now, request_id)
    access.require(viewer, case, Permission.GRANT_ACCESS, now)
    return request, case


def _decide(
    request: AccessRequest, case: Case, viewer: Viewer, now: datetime, state: RequestState
) -> None:
    request.case, request.state = case, state
    request.decided_by_id, request.decided_at = viewer.account_id, now
    request.save()


def _record_decision(
    event: Event, request: AccessRequest, case: Case, now: datetime, reason: str
) -> None:
    details = {"account": str(request.account_id), "request": str(request.pk)}
    record(event, at=now, subject_type="case", subject_id=case.pk, reason=reason, details=details)
