"""Who may open this page? Every view declares its rule here; one that doesn't is never called."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from audit.events import Event, Outcome
from audit.recorder import record
from cases.access import Hidden, Viewer, viewer_for
from cases.enums import Permission
from cases.models import Account
from cases.rules.limits import ANONYMOUS, PAGES, Limit
from cases.services.sessions import end_own_session
from cases.views.limited import beyond
from cases.views.standing import SECOND, asks_by_itself, note_use, why_session_is_over

View = Callable[..., HttpResponseBase]
INACTIVE = "The account may not sign in any more."


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Declare a view's access rule: signed in, and the role holds every one of these."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refused = _bind_viewer(request) or beyond(request, PAGES) or _owes_factor(request, view)
            if refused is not None:
                return refused
            if not all(request.viewer.can(permission) for permission in permissions):  # type: ignore[attr-defined]
                raise Hidden
            return view(request, *args, **kwargs)

        guarded.access_rule = permissions or ("signed in",)  # type: ignore[attr-defined]
        return guarded

    return declare


def while_enrolling(view: View) -> View:
    """Declare that this page helps to get a second factor: it opens to whoever still owes one."""
    view.while_enrolling = True  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Declare that any signed-in account may open this view."""
    return requires()(view)


def viewer_of(request: HttpRequest) -> Viewer:
    """Who asks, as `requires` bound them to the request."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def public(reason: str, *, limit: Limit | None = ANONYMOUS) -> Callable[[View], View]:
    """Declare that a view needs no sign-in, and why. `limit` is what one address may ask."""

    def declare(view: View) -> View:
        @wraps(view)
        def open_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refused = beyond(request, limit) if limit else None
            return refused or view(request, *args, **kwargs)

        open_view.access_rule = ("public", reason)  # type: ignore[attr-defined]
        return open_view

    return declare


def _bind_viewer(request: HttpRequest) -> HttpResponseBase | None:
    account = request.user
    if not isinstance(account, Account) or not account.is_active:
        _end_inactive_session(request)
        return _to_sign_in(request)
    viewer, now = viewer_for(account), timezone.now()
    if not viewer.is_there(timezone.localdate(now)):
        _end_inactive_session(request)
        return _to_sign_in(request)
    over = why_session_is_over(request, account, now)
    if over:
        end_own_session(viewer=viewer, now=now, why=over)
        logout(request)
        return _leave_page(request) if asks_by_itself(request) else _to_sign_in(request)
    note_use(request, account, now)
    request.viewer = viewer  # type: ignore[attr-defined]
    return None


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


def _leave_page(request: HttpRequest) -> HttpResponseBase:
    """What a page that asks by itself is told when the session is over: nothing more is shown."""
    return HttpResponseClientRedirect(_to_sign_in(request)["Location"])


def _owes_factor(request: HttpRequest, view: View) -> HttpResponseBase | None:
    """Where a second factor is required, nothing opens before there is one."""
    if not settings.REQUIRE_MFA or request.session.get(SECOND):
        return None
    return None if getattr(view, "while_enrolling", False) else redirect("factors")


def _end_inactive_session(request: HttpRequest) -> None:
    """Who was signed in and may not be any more has tried: on record, and the session is over."""
    known = request.session.get(SESSION_KEY)
    account = known and Account.objects.filter(pk=str(known)).first()
    if not account:
        return
    match = request.resolver_match
    record(
        Event.ACCESS_DENIED,
        at=timezone.now(),
        actor=account,
        subject_type="route",
        subject_id=match.view_name if match else "",
        outcome=Outcome.DENIED,
        reason=INACTIVE,
        details={"method": request.method or ""},
    )
    request.session.flush()
