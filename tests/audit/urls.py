"""Which made-up views does the middleware's test walk through?"""

from collections.abc import Callable
from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.events import Event
from audit.guard import leaves_no_entry
from audit.keys import key_used
from audit.recorder import record, record_denied, record_key_use


def recorded(request: HttpRequest, case: str) -> HttpResponse:
    record(Event.CASE_VIEWED, at=timezone.now(), subject_type="case", subject_id=case)
    return HttpResponse("seen")


def forgotten(request: HttpRequest, case: str = "") -> HttpResponse:
    return HttpResponse("seen")


def forgotten_write(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/")


@leaves_no_entry(why="shows nothing")
def exempt(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def hidden(request: HttpRequest, case: str) -> NoReturn:
    record(Event.CASE_VIEWED, at=timezone.now(), subject_type="case", subject_id=case)
    raise Http404


def forbidden(request: HttpRequest) -> NoReturn:
    raise PermissionDenied


def refused(request: HttpRequest) -> NoReturn:
    record_denied(
        Event.IDENTITY_REVEALED,
        at=timezone.now(),
        subject_type="victim",
        subject_id="7",
        reason="no reason given",
    )
    raise PermissionDenied


def broken(request: HttpRequest) -> NoReturn:
    record(Event.CASE_VIEWED, at=timezone.now(), subject_type="case", subject_id="1")
    raise RuntimeError("broken on purpose")


def rolled_back(request: HttpRequest) -> HttpResponse:
    record(Event.CASE_VIEWED, at=timezone.now(), subject_type="case", subject_id="1")
    transaction.set_rollback(True)
    return HttpResponse("seen, but nothing was kept")


def conflict(request: HttpRequest) -> HttpResponse:
    return HttpResponse("both texts", status=409)


def opened(request: HttpRequest) -> HttpResponse:
    key_used("k1", "victim")
    record(Event.CASE_VIEWED, at=timezone.now(), subject_type="case", subject_id="41")
    return HttpResponse("who it is")


def opened_late(request: HttpRequest) -> HttpResponse:
    record(Event.CASE_VIEWED, at=timezone.now(), subject_type="case", subject_id="41")
    key_used("k1", "victim")
    return HttpResponse("who it is")


def opened_alone(request: HttpRequest) -> HttpResponse:
    key_used("k1", "victim")
    record_key_use(at=timezone.now())
    return HttpResponse("who it is")


def opened_and_refused(request: HttpRequest) -> NoReturn:
    key_used("k1", "victim")
    raise PermissionDenied


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


VIEWS: dict[str, Callable[..., HttpResponse]] = {
    "recorded/<str:case>/": recorded,
    "forgotten/": forgotten,
    "forgotten/<str:case>/": forgotten,
    "forgotten-write/": forgotten_write,
    "exempt/": exempt,
    "hidden/<str:case>/": hidden,
    "forbidden/": forbidden,
    "refused/": refused,
    "broken/": broken,
    "rolled-back/": rolled_back,
    "conflict/": conflict,
    "opened/": opened,
    "opened-late/": opened_late,
    "opened-alone/": opened_alone,
    "opened-and-refused/": opened_and_refused,
    "only-get/": require_safe(exempt),
}
for view in VIEWS.values():
    view.access_rule = ("public", "made up for a test")  # type: ignore[attr-defined]


def _name(route: str) -> str:
    return route.rstrip("/").replace("/<str:case>", "-case")


urlpatterns = [
    path("undeclared/", undeclared, name="undeclared"),
    *(path(route, view, name=_name(route)) for route, view in VIEWS.items()),
]


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("not here", status=403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("not here", status=404)


def handler500(request: HttpRequest) -> HttpResponse:
    return HttpResponse("broken", status=500)
