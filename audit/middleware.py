"""Who makes this request, and what did it leave behind?

No response leaves the server unrecorded. In development and tests (`AUDIT_REFUSE_UNAUDITED`) a
view that recorded nothing is refused, so that its author hears of it. In production the middleware
writes a generic entry first and sends the response only when that entry is committed: the promise
"nobody looks without a record" holds, and a forgotten call can't keep a detective from a case. When
even the generic entry can't be written, the request fails and nothing is shown. A redirect after a
POST shows nothing, and an act repeated may have had nothing to do: recorded, and never refused.
"""

import hashlib
import hmac
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit.context import Context, acting_as
from audit.events import Event, Outcome
from audit.guard import (
    DENIED_STATUSES,
    UnauditedResponse,
    UntoldKeyUse,
    broke,
    failed,
    left_entry,
    needs_entry,
    require_declared,
    shows,
)
from audit.keys import untold
from audit.recorder import record, record_key_use

GetResponse = Callable[[HttpRequest], HttpResponse]

SUBJECT_ID_LENGTH = 64


class AuditMiddleware:
    """Binds the actor for the request, and holds every view to its entry.

    Stands after the session and authentication middleware. Outside ATOMIC_REQUESTS' transaction, so
    what it writes survives the rollback of a refused request.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_as(
            *_actor(request), session=_session_digest(request), source=source_address(request)
        ) as context:
            response = self.get_response(request)
            context.write_deferred()
            _hold_to_account(request, response, context)
            _hold_keys(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> None:
        """In every environment: a forgotten rule is a closed door, not an open one."""
        require_declared(view)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """The class of what broke stands in the entry; its words may hold what somebody typed."""
        request.broken_by = type(error).__name__  # type: ignore[attr-defined]


def source_address(request: HttpRequest) -> str | None:
    """The client's address. `AUDIT_PROXY_HOPS` says how many proxies of our own stand in front."""
    hops: int = getattr(settings, "AUDIT_PROXY_HOPS", 0)
    forwarded = request.headers.get("x-forwarded-for", "").split(",") if hops else []
    trusted = len(forwarded) >= hops > 0
    candidate = forwarded[-hops] if trusted else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(candidate.strip()))
    except ValueError:
        return None


def _actor(request: HttpRequest) -> tuple[str, str]:
    user = request.user
    return (str(user.pk), user.get_username()) if user.is_authenticated else ("", "")


def _session_digest(request: HttpRequest) -> str:
    """Ties entries of one session together; the table alone can't give the session away."""
    key = request.session.session_key
    return session_digest(key) if key else ""


def session_digest(key: str) -> str:
    """A session, or the device that began it, as entries name it."""
    message = f"audit.session:{key}".encode()
    return hmac.new(settings.DIGEST_KEY, message, hashlib.sha256).hexdigest()[:32]


def _hold_to_account(request: HttpRequest, response: HttpResponse, context: Context) -> None:
    if response.status_code in DENIED_STATUSES:
        _record_refusal(request, response)
    elif needs_entry(request, response):
        _require_entry(request, response, context)
    elif broke(response) or (failed(response) and request.user.is_authenticated):
        _record_alone(request, Event.REQUEST_FAILED, Outcome.FAILED, response.status_code)


def _hold_keys(request: HttpRequest, response: HttpResponse) -> None:
    """Nothing that was opened is shown before an entry says with which key.

    What a refused form opened was told in the transaction that its refusal undid.
    """
    if not untold():
        return
    done = shows(response) and not failed(response)
    if done and getattr(settings, "AUDIT_REFUSE_UNAUDITED", False):
        raise UntoldKeyUse(f"The view of {_route(request)!r} opened sealed data untold.")
    with transaction.atomic():
        record_key_use(at=timezone.now())


def _record_refusal(request: HttpRequest, response: HttpResponse) -> None:
    """A stranger's wrong address is noise; a signed-in person's is an attempt."""
    if request.user.is_authenticated:
        _record_alone(request, Event.ACCESS_DENIED, Outcome.DENIED, response.status_code)


def _require_entry(request: HttpRequest, response: HttpResponse, context: Context) -> None:
    if left_entry(context):
        return
    if shows(response) and getattr(settings, "AUDIT_REFUSE_UNAUDITED", False):
        raise UnauditedResponse(f"The view of {_route(request)!r} left no audit entry.")
    _record_alone(request, Event.PAGE_VIEWED, Outcome.ALLOWED, response.status_code)


def _record_alone(request: HttpRequest, event: Event, outcome: Outcome, status: int) -> None:
    route = _route(request)
    with transaction.atomic():
        record(
            event,
            at=timezone.now(),
            outcome=outcome,
            subject_type="route" if route else "",
            subject_id=route[:SUBJECT_ID_LENGTH],
            details={
                "status": status,
                "method": request.method,
                **_route_arguments(request),
                **_error(request, outcome),
            },
        )


def _error(request: HttpRequest, outcome: Outcome) -> dict[str, object]:
    name = getattr(request, "broken_by", "")
    return {"error": name} if name and outcome == Outcome.FAILED else {}


def _route(request: HttpRequest) -> str:
    """The route's name: a raw URL could carry what somebody typed."""
    match = request.resolver_match
    return match.view_name if match else ""


def _route_arguments(request: HttpRequest) -> dict[str, object]:
    """What the route's own converters parsed: ids and slugs."""
    match = request.resolver_match
    return {"route_arguments": match.kwargs} if match and match.kwargs else {}
