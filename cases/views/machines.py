"""What may a machine ask? By its key alone: no session opens these pages, no key opens another."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from cases.access import system_viewer
from cases.enums import ServiceScope
from cases.limits import account_key, has_room
from cases.rules.limits import MACHINES
from cases.selectors.service_keys import sweep_health
from cases.services.addresses import count_failure, is_paused
from cases.services.service_keys import Bearer, use_service_key

View = Callable[..., HttpResponseBase]
SCHEME = "Bearer "
DOOR = system_viewer("machines")


def for_machines(scope: ServiceScope) -> Callable[[View], View]:
    """Declare a page that opens to keys of this scope, and to nothing else.

    Whatever is wrong with a key, the answer is the same. Wrong keys count like wrong passwords
    towards the limit of their address.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            now = timezone.now()
            kind, _, given = request.headers.get("authorization", "").partition(" ")
            if kind != SCHEME.strip() or is_paused(now):
                return _refused()
            bearer = use_service_key(viewer=DOOR, now=now, given=given, scope=scope)
            if bearer is None:
                count_failure(now)
                return _refused()
            return _busy(bearer, now) or view(request, *args, **kwargs)

        guarded.access_rule = ("service key", scope)  # type: ignore[attr-defined]
        return guarded

    return declare


@csrf_exempt
@for_machines(ServiceScope.SWEEP_HEALTH)
@require_safe
def health_of_the_sweep(request: HttpRequest) -> HttpResponse:
    """For a monitoring system: does the unit's watch run, and do flags pile up?"""
    answer = JsonResponse(sweep_health(timezone.now()))
    add_never_cache_headers(answer)
    return answer


def _refused() -> HttpResponse:
    answer = JsonResponse({"error": "unauthorized"}, status=401)
    answer.headers["WWW-Authenticate"] = 'Bearer realm="caseunit"'
    add_never_cache_headers(answer)
    return answer


def _busy(bearer: Bearer, now: datetime) -> HttpResponse | None:
    """Too often, or nobody can tell how often: then no."""
    if has_room(MACHINES, account_key(bearer.id), now):
        return None
    answer = JsonResponse({"error": "too many requests"}, status=429)
    answer.headers["Retry-After"] = str(MACHINES.seconds_left(now))
    return answer
