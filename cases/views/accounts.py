"""Who gets an account, by which link, and what becomes of it and its password?"""

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from audit.guard import leaves_no_entry
from cases.access import Viewer, viewer_for
from cases.enums import Permission
from cases.forms.accounts import FACTORS, LINK, OPEN, UNLINK, AccountForm, InviteForm
from cases.forms.passwords import NewPasswordForm, OwnPasswordForm
from cases.models import Account
from cases.selectors.accounts import account_lines, officer_choices, role_choices
from cases.selectors.providers import providers
from cases.services.accounts import LastManager, NothingChanged, change_password, set_active
from cases.services.factors import NoFactor, reset_factors
from cases.services.invitations import (
    BadDiscipline,
    NotOpen,
    Taken,
    Void,
    accept_invitation,
    invite,
    invite_again,
    invited,
)
from cases.services.lockout import NoReason
from cases.services.providers import NotLinked, unlink_account
from cases.views.gate import public, requires, signed_in, viewer_of
from cases.views.standing import INVITED_BY, fresh, proves_again

asking_or_acting = require_http_methods(["GET", "HEAD", "POST"])

NOBODY_HAS = "Nobody has their open cases now; their supervisor sees them. Have them handed over."


@requires(Permission.MANAGE_ACCOUNTS)
@fresh
@never_cache
@asking_or_acting
def show(request: HttpRequest) -> HttpResponse:
    """Every account; and, with a reason, what is done to one."""
    viewer, now = viewer_of(request), timezone.now()
    lines = account_lines(viewer=viewer, now=now)
    choices = [(str(line.id), f"{line.display_name} ({line.username})") for line in lines]
    form = AccountForm(request.POST or None, accounts=choices)
    if request.method == "POST" and form.is_valid():
        try:
            return _done(request, viewer, now, form.cleaned_data)
        except NoReason as refused:
            form.add_error("reason", str(refused))
        except (NotOpen, NothingChanged, LastManager, NoFactor, NotLinked) as refused:
            form.add_error(None, str(refused))
    context = {"lines": lines, "form": form}
    return render(request, "accounts/list.html", context, status=422 if form.errors else 200)


def _done(
    request: HttpRequest, viewer: Viewer, now: datetime, given: dict[str, Any]
) -> HttpResponse:
    account_id: UUID = given["account"]
    reason: str = given["reason"]
    if given["act"] == LINK:
        token = invite_again(viewer=viewer, now=now, account_id=account_id, reason=reason)
        return _show_link(request, token)
    if given["act"] == UNLINK:
        unlink_account(viewer=viewer, now=now, account_id=account_id, reason=reason)
        messages.success(request, "The identity provider opens that account no more.")
    elif given["act"] == FACTORS:
        reset_factors(viewer=viewer, now=now, account_id=account_id, reason=reason)
        messages.success(request, "Their next sign-in asks for a new second factor.")
    else:
        active = given["act"] == OPEN
        alone = set_active(
            viewer=viewer, now=now, account_id=account_id, active=active, reason=reason
        )
        messages.success(request, "The account is open." if active else "The account is closed.")
        if alone:
            messages.warning(request, f"{NOBODY_HAS} How many: {alone}.")
    return redirect("accounts")


@leaves_no_entry(why="An empty form; whoever is invited by it is on record.")
@requires(Permission.MANAGE_ACCOUNTS)
@fresh
@never_cache
@asking_or_acting
def new(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, roles=role_choices(), officers=officer_choices())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            token = invite(
                viewer=viewer_of(request),
                now=timezone.now(),
                username=given["username"],
                display_name=given["display_name"],
                role_code=given["role"],
                officer_id=given["officer"],
                organization=given["organization"],
                discipline=given["discipline"],
            )
        except BadDiscipline as refused:
            form.add_error("discipline", str(refused))
        except Taken as refused:
            form.add_error(None, str(refused))
        else:
            return _show_link(request, token)
    return render(
        request, "accounts/invite.html", {"form": form}, None, 422 if form.errors else 200
    )


def _show_link(request: HttpRequest, token: str) -> HttpResponse:
    """The link, once: whoever invites hands it over themself."""
    link = request.build_absolute_uri(f"{reverse('invitation')}?{urlencode({'t': token})}")
    return render(request, "accounts/link.html", {"link": link})


@leaves_no_entry(why="Shows nothing of a case; the password that is set is on record.")
@public("Whoever is invited has no password yet.")
@never_cache
@sensitive_post_parameters("password", "again")
@asking_or_acting
def accept(request: HttpRequest) -> HttpResponse:
    """Set the password that the link is good for; then sign in with it."""
    if "t" in request.GET:
        logout(request)
        request.session[INVITED_BY] = request.GET["t"]
        return redirect("invitation")
    token, now = str(request.session.get(INVITED_BY, "")), timezone.now()
    try:
        account = invited(token, now)
        form = NewPasswordForm(request.POST or None, account=account)
        if request.method == "POST" and form.is_valid():
            accept_invitation(
                viewer=viewer_for(account),
                now=now,
                token=token,
                password=form.cleaned_data["password"],
            )
            request.session.flush()
            messages.success(request, "Your password is set. Sign in with it.")
            return redirect("sign-in")
    except Void as refused:
        return render(request, "accounts/void.html", {"sentence": str(refused)}, None, 410)
    context = {"form": form, "username": account.username, "providers": providers()}
    return render(request, "accounts/accept.html", context, None, 422 if form.errors else 200)


@leaves_no_entry(why="An empty form; the password that is changed is on record.")
@signed_in
@never_cache
@sensitive_post_parameters("current", "password", "again")
@asking_or_acting
def password(request: HttpRequest) -> HttpResponseBase:
    """Change one's own, by giving the one that is replaced; every other session ends."""
    account = cast("Account", request.user)
    if not account.has_usable_password():
        return _first_password(request)
    form = OwnPasswordForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        if proves_again(request, account, form.cleaned_data["current"], timezone.now()):
            return _changed(request, form)
        form.add_error("current", "Your password now: that is not it.")
    return _asks_for_password(request, form)


@fresh
def _first_password(request: HttpRequest) -> HttpResponse:
    """The same for whom a provider vouches: there is none to give."""
    form = NewPasswordForm(request.POST or None, account=cast("Account", request.user))
    if request.method == "POST" and form.is_valid():
        return _changed(request, form)
    return _asks_for_password(request, form)


def _changed(request: HttpRequest, form: NewPasswordForm) -> HttpResponse:
    account = change_password(
        viewer=viewer_of(request), now=timezone.now(), password=form.cleaned_data["password"]
    )
    update_session_auth_hash(request, account)
    messages.success(
        request, "The new password opens your account. Your other sessions have ended."
    )
    return redirect("factors")


def _asks_for_password(request: HttpRequest, form: NewPasswordForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "accounts/password.html", {"form": form}, None, status)
