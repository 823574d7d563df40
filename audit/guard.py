"""Does this view say who may ask, and did its response leave an entry or say why it needs none?"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponseBase

from audit.context import Context
from audit.models import Entry

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

DENIED_STATUSES = frozenset({403, 404, 429})
# A refused form and a conflicting edit show the page again.
SHOWING_ERRORS = frozenset({409, 422})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class UnauditedResponse(RuntimeError):
    """A view answered without leaving an entry: it must call the recorder."""


class UntoldKeyUse(RuntimeError):
    """Sealed data was opened after the act's entry: call `record_key_use` in that transaction."""


class UndeclaredView(RuntimeError):
    """A view says nothing about who may ask for it (`access_rule`); nobody may."""


def require_declared(view: Callable[..., Any]) -> None:
    """Refuse a view without an access rule, whatever the rule would be. Raises UndeclaredView."""
    if not getattr(view, "access_rule", None):
        raise UndeclaredView("This view declares no access rule.")


def leaves_no_entry(*, why: str) -> Callable[[View], View]:
    """Exempt a view that shows nothing of a case or a person: a health check, a sign-in form."""
    if not why.strip():
        raise ValueError("Say why this view needs no audit entry.")

    def mark(view: View) -> View:
        view.audit_exempt = why  # type: ignore[attr-defined]
        return view

    return mark


def exemption(view: Callable[..., Any] | None) -> str:
    """Why the view needs no entry; empty when it needs one."""
    return getattr(view, "audit_exempt", "")


def needs_entry(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether this answer shows something, or may have changed something."""
    if request.resolver_match is None or exemption(request.resolver_match.func):
        return False
    if shows(response):
        return request.method != "OPTIONS"
    return _may_have_written(request, response)


def shows(response: HttpResponseBase) -> bool:
    """Whether the answer carries a page."""
    status = response.status_code
    return status < HTTPStatus.MULTIPLE_CHOICES or status in SHOWING_ERRORS


def failed(response: HttpResponseBase) -> bool:
    """Whether the request was refused or broke."""
    return response.status_code >= HTTPStatus.BAD_REQUEST


def broke(response: HttpResponseBase) -> bool:
    """Whether the fault was ours."""
    return response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR


def left_entry(context: Context) -> bool:
    """Whether an entry of this context is in the table: one that was rolled back doesn't count.

    Asked with their times, so that no other month is looked into.
    """
    if not context.left:
        return False
    numbers, times = zip(*context.left, strict=True)
    return Entry.objects.filter(pk__in=numbers, at__in=set(times)).exists()


def _may_have_written(request: HttpRequest, response: HttpResponseBase) -> bool:
    unsafe = request.method not in SAFE_METHODS
    return unsafe and not failed(response) and request.user.is_authenticated
