"""How does a session begin, does it still stand, and does its owner still sit there?"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters

from audit.events import Event
from audit.middleware import session_digest
from audit.recorder import record
from cases.models import Account
from cases.rules.sessions import device_name, is_fresh, why_over
from cases.selectors.providers import providers_of
from cases.selectors.sessions import (
    BEGAN,
    DEVICE,
    NEW,
    SEEN,
    is_known_device,
    knows_device,
    moment_of,
    new_elsewhere,
    sign_ins,
)
from cases.services.lockout import admit
from cases.templatetags.unit import moment

View = Callable[..., HttpResponseBase]
# By what the session's owner proved themself besides the password; empty: by nothing.
SECOND = "second"
# Who has given the right password and owes a second factor.
PENDING = "second_pending"
PENDING_FOR = timedelta(minutes=5)
PROVED = "proved"
NOTED_EVERY = timedelta(minutes=1)
# Sent with what a page asks by itself, every few seconds: nobody sits there because of it.
BY_ITSELF = "x-asks-by-itself"
COOKIE_DAYS = 400
# The link's token leaves the address for the session at once: no history and no log keeps it.
INVITED_BY = "invitation"
AGAIN = "_password_again"
WRONG = "That is not your password, or your account is locked."


def device_of(request: HttpRequest) -> str:
    """The browser as entries name it: made from the chance value in its cookie; new without one."""
    token = request.get_signed_cookie(
        settings.DEVICE_COOKIE_NAME, default="", max_age=COOKIE_DAYS * 86_400
    )
    token = token or getattr(request, "new_device", "") or secrets.token_urlsafe(24)
    request.new_device = token  # type: ignore[attr-defined]
    return session_digest(token)


def how(request: HttpRequest, account: Account | None, **given: object) -> dict[str, object]:
    """What the entry of an attempt says besides who: by what, and from which device."""
    if account is None:
        return given
    device = device_of(request)
    return {**given, "device": device, "new_device": not knows_device(account.pk, device)}


def from_known_device(request: HttpRequest, username: str) -> bool:
    """Whether this browser has opened the account of that name before."""
    return is_known_device(username, device_of(request))


def enter(
    request: HttpRequest, account: Account, answer: HttpResponse, *, second: str = ""
) -> HttpResponse:
    """Begin the session of somebody whom `lockout.admit` has let in, and tell of new devices."""
    now = timezone.now().timestamp()
    login(request, account)
    request.session.pop(PENDING, None)
    request.session.update(
        {
            SECOND: second,
            BEGAN: now,
            SEEN: now,
            PROVED: now,
            DEVICE: device_name(request.headers.get("user-agent", "")),
        }
    )
    _tell(request, account)
    answer.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        getattr(request, "new_device", secrets.token_urlsafe(24)),
        max_age=COOKIE_DAYS * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _tell(request: HttpRequest, account: Account) -> None:
    """Of a first sign-in from this device, or of one from another since the last from this."""
    this, *before = sign_ins(account.pk)[:2]
    elsewhere = new_elsewhere(account.pk, str(this.details.get("device", "")))
    if this.details.get("new_device") and before:
        request.session[NEW] = True
        messages.warning(
            request,
            f"This is the first time you sign in from this browser. The last time was on "
            f"{moment(before[0].at)}. Was that you? If not, say so under your name above.",
        )
    elif elsewhere is not None:
        messages.warning(
            request,
            f"Somebody signed in as you from a new browser on {moment(elsewhere.at)}. Was that "
            "you? If not, say so under your name above: that ends every session and locks the "
            "account.",
        )


def await_second(
    request: HttpRequest, account: Account, now: datetime, target: str, *, by: str = ""
) -> None:
    """Remember for five minutes that the password was right, or `by` whom else, and no more."""
    request.session.cycle_key()
    request.session[PENDING] = {
        "account": str(account.pk),
        "at": now.timestamp(),
        "next": target,
        "by": by,
    }


def pending(request: HttpRequest, now: datetime) -> tuple[Account, str] | None:
    """Who owes a second factor, and where they were going; None: nobody, or not any more."""
    waiting: dict[str, Any] = request.session.get(PENDING) or {}
    age = now.timestamp() - waiting.get("at", 0)
    if not 0 <= age < PENDING_FOR.total_seconds():
        return None
    account = Account.objects.filter(pk=waiting["account"], is_active=True).first()
    return (account, waiting["next"]) if account else None


def first_by(request: HttpRequest) -> dict[str, object]:
    """For the entry: which provider vouched in the password's place, if one did."""
    by = (request.session.get(PENDING) or {}).get("by")
    return {"by": by} if by else {}


def why_session_is_over(request: HttpRequest, account: Account, now: datetime) -> str:
    """`idle`, `whole` or empty. A session without stamps began when its account last signed in."""
    began, seen = _stamp(request, account, BEGAN, now), _stamp(request, account, SEEN, now)
    return why_over(began=began, seen=seen, now=now)


def sits_there(request: HttpRequest) -> bool:
    """Whether somebody is signed in here whose session still stands."""
    account = request.user
    return isinstance(account, Account) and not why_session_is_over(
        request, account, timezone.now()
    )


def asks_by_itself(request: HttpRequest) -> bool:
    return BY_ITSELF in request.headers


def note_use(request: HttpRequest, account: Account, now: datetime) -> None:
    """Written once a minute: a page costs no write. What pages ask by themselves is no use."""
    if asks_by_itself(request):
        return
    if now - _stamp(request, account, SEEN, now) >= NOTED_EVERY:
        request.session[SEEN] = now.timestamp()


def _stamp(request: HttpRequest, account: Account, name: str, now: datetime) -> datetime:
    return moment_of(request.session.get(name)) or account.last_login or now


def fresh(view: View) -> View:
    """Declare an act that asks for the password again when it was given over ten minutes ago.

    What was filled in comes along and is acted on once the password is right. Stands below
    `requires`. A wrong password counts like one at the door.
    """

    @wraps(view)
    @sensitive_post_parameters(AGAIN)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        account, now = cast("Account", request.user), timezone.now()
        if request.method != "POST" or is_fresh(_stamp(request, account, PROVED, now), now):
            return view(request, *args, **kwargs)
        if AGAIN not in request.POST:
            record(Event.PASSWORD_ASKED, at=now, subject_type="account", subject_id=account.pk)
            return _ask_again(request, "")
        if not proves_again(request, account, request.POST[AGAIN], now):
            return _ask_again(request, WRONG)
        return view(request, *args, **kwargs)

    return guarded


def proves_again(request: HttpRequest, account: Account, password: str, now: datetime) -> bool:
    """Whether this is the password of who is signed in. A wrong one counts like one at the door."""
    found = authenticate(request, username=account.username, password=password)
    verified = account if found == account else None
    if not admit(now=now, username=account.username, verified=verified, how={"again": True}):
        return False
    request.session[PROVED] = now.timestamp()
    return True


def _ask_again(request: HttpRequest, error: str) -> HttpResponse:
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {AGAIN, "csrfmiddlewaretoken"}
        for value in values
    ]
    account = cast("Account", request.user)
    context = {
        "kept": kept,
        "error": error,
        "name": AGAIN,
        "has_password": account.has_usable_password(),
        "providers": [one for one in providers_of(account.pk) if one.linked_at],
    }
    answer = render(request, "registration/again.html", context, status=422 if error else 200)
    add_never_cache_headers(answer)
    return answer
