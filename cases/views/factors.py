"""How does somebody add a second factor, and give it at the door?"""

import json
from typing import Any, cast

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal.auth import begin_authentication, begin_registration
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from qrcode.main import QRCode

from audit.guard import leaves_no_entry
from cases.access import Viewer, viewer_for
from cases.forms.factors import AppForm, FactorForm, PasskeyForm, SecondForm
from cases.models import Account
from cases.selectors.factors import APP, PASSKEY, codes_left, factors_of
from cases.selectors.lockout import is_lock, last_turn
from cases.selectors.providers import providers_of
from cases.selectors.sessions import sessions_of
from cases.services.disowning import disown_sign_ins
from cases.services.factors import (
    RUN_OUT,
    LastFactor,
    NoFactor,
    NotProved,
    enrol_app,
    enrol_passkey,
    make_recovery_codes,
    prove_second,
    remove_factor,
)
from cases.services.lockout import admit
from cases.services.sessions import NoSession, end_session
from cases.views.gate import public, signed_in, viewer_of, while_enrolling
from cases.views.standing import SECOND, enter, first_by, fresh, how, pending

# The secret that an app has been shown and has not proved yet, sealed.
OFFERED = "factor_offered"
LATE = (
    "That code has just run out. Type the one your app shows now. If it shows this one still, the "
    "phone's clock is behind: switch its time to automatic."
)
REFUSED = "That didn't open the account. Each code opens once; wait for the next one."
OWN = "Shows its reader nothing but how they themself sign in; each change records itself."


@leaves_no_entry(why="Shows nothing of a case; opening the account, or failing to, records itself.")
@public("Whoever gives a second factor is not signed in yet.")
@never_cache
@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """The second step of signing in, within five minutes of the first."""
    waiting = pending(request, timezone.now())
    if waiting is None:
        return redirect("sign-in")
    account, target = waiting
    form = SecondForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by = _proved(request, account, form.cleaned_data)
        if by and by != RUN_OUT:
            return enter(request, account, HttpResponseRedirect(target), second=by)
        form.add_error(None, LATE if by else REFUSED)
    kinds = {factor.kind for factor in factors_of(account.pk)}
    context = {"form": form, "has_app": APP in kinds, "options": ""}
    if PASSKEY in kinds:
        context["options"] = _options(begin_authentication(account))
    return render(request, "factors/second.html", context, status=422 if form.errors else 200)


def _proved(request: HttpRequest, account: Account, given: dict[str, Any]) -> str:
    """By what the account was opened; empty when it wasn't, `RUN_OUT` when that is no failure.

    A locked account's recovery code is not even tried, so that it is not used up.
    """
    now, by = timezone.now(), ""
    if not is_lock(last_turn(account.pk)):
        by = prove_second(
            viewer=viewer_for(account),
            now=now,
            code=given["code"],
            credential=given["credential"],
        )
    if by == RUN_OUT:
        return by
    told = how(request, account, second=by, **first_by(request))
    verified = account if by else None
    return by if admit(now=now, username=account.username, verified=verified, how=told) else ""


@leaves_no_entry(why=OWN)
@signed_in
@while_enrolling
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    context = {
        "factors": factors_of(viewer.account_key),
        "has_app": _has_app(viewer),
        "providers": providers_of(viewer.account_key),
        "codes_left": codes_left(viewer.account_key),
        "sessions": sessions_of(viewer.account_key, timezone.now(), request.session.session_key),
        "has_password": _account(request).has_usable_password(),
        "required": settings.REQUIRE_MFA,
        "enrolling": settings.REQUIRE_MFA and not request.session.get(SECOND),
    }
    return render(request, "factors/show.html", context)


def _has_app(viewer: Viewer) -> bool:
    return any(factor.kind == APP for factor in factors_of(viewer.account_key))


@leaves_no_entry(why=OWN)
@signed_in
@while_enrolling
@fresh
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """Show a new secret as a picture and as text; keep it once a code proves the app has it."""
    sealed = request.session.get(OFFERED) or encrypt(generate_totp_secret())
    request.session[OFFERED] = sealed
    secret, form = decrypt(sealed), AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            enrol_app(
                viewer=viewer_of(request),
                now=timezone.now(),
                secret=secret,
                code=form.cleaned_data["code"],
            )
        except NotProved as refused:
            form.add_error("code", str(refused))
        else:
            del request.session[OFFERED]
            return _enrolled(request, str(APP))
    address = get_adapter().build_totp_url(_account(request), secret)
    context = {
        "form": form,
        "picture": _picture(address),
        "secret": _in_fours(secret),
        "replaces": _has_app(viewer_of(request)),
    }
    return render(request, "factors/app.html", context, status=422 if form.errors else 200)


@leaves_no_entry(why=OWN)
@signed_in
@while_enrolling
@fresh
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add_passkey(request: HttpRequest) -> HttpResponse:
    form = PasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            enrol_passkey(
                viewer=viewer_of(request),
                now=timezone.now(),
                name=given["name"],
                credential=given["credential"],
            )
        except NotProved as refused:
            form.add_error(None, str(refused))
        else:
            return _enrolled(request, str(PASSKEY))
    options = _options(begin_registration(_account(request), passwordless=False))
    context = {"form": form, "options": options}
    return render(request, "factors/passkey.html", context, status=422 if form.errors else 200)


@leaves_no_entry(why=OWN)
@signed_in
@fresh
@never_cache
@require_POST
def new_codes(request: HttpRequest) -> HttpResponse:
    try:
        return _show_codes(request)
    except NoFactor as refused:
        messages.error(request, str(refused))
        return redirect("factors")


@leaves_no_entry(why=OWN)
@signed_in
@while_enrolling
@fresh
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End one of one's own sessions, this one or another."""
    try:
        end_session(
            viewer=viewer_of(request),
            now=timezone.now(),
            session_id=request.POST.get("session", ""),
        )
    except NoSession as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "That session has ended.")
    return redirect("factors")


@leaves_no_entry(why=OWN)
@signed_in
@while_enrolling
@require_POST
def disown(request: HttpRequest) -> HttpResponse:
    """It wasn't me: every session ends, this one too, and the account is locked."""
    if request.POST.get("sure") != "yes":
        messages.error(request, "Nothing was done. Tick the box first: it locks your account.")
        return redirect("factors")
    disown_sign_ins(viewer=viewer_of(request), now=timezone.now())
    logout(request)
    messages.warning(
        request,
        "Every session has ended and your account is locked. Go to your "
        "administrator now: they look into it, release you and hand you a new link.",
    )
    return redirect("sign-in")


@leaves_no_entry(why=OWN)
@signed_in
@fresh
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    form = FactorForm(request.POST)
    try:
        remove_factor(
            viewer=viewer_of(request),
            now=timezone.now(),
            factor_id=form.cleaned_data["factor"] if form.is_valid() else 0,
            required=settings.REQUIRE_MFA,
        )
    except (NoFactor, LastFactor) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "It opens your account no more.")
    return redirect("factors")


def _enrolled(request: HttpRequest, kind: str) -> HttpResponse:
    """The session has proved it now. With the first factor come recovery codes, shown this once."""
    request.session[SECOND] = request.session.get(SECOND) or kind
    if not codes_left(viewer_of(request).account_key):
        return _show_codes(request)
    messages.success(request, "It opens your account from now on.")
    return redirect("factors")


def _show_codes(request: HttpRequest) -> HttpResponse:
    codes = make_recovery_codes(viewer=viewer_of(request), now=timezone.now())
    return render(request, "factors/codes.html", {"codes": codes})


def _account(request: HttpRequest) -> Account:
    """Who is signed in: the gate has let them in."""
    return cast("Account", request.user)


def _options(asked: dict[str, Any]) -> str:
    """The question to a passkey, for an attribute that the page's script reads."""
    return json.dumps(asked)


def _picture(address: str) -> dict[str, Any]:
    """The address as a QR code: the path of its dark squares in a grid of `size`."""
    code: Any = QRCode(border=4)
    code.add_data(address)
    grid = code.get_matrix()
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(grid) for x, on in enumerate(row) if on)
    return {"size": len(grid), "path": "".join(dark)}


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
