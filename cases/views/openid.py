"""How does somebody sign in through an OpenID Connect provider? Two pages: there, and back."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from audit.guard import leaves_no_entry
from cases.enums import ProviderKind
from cases.rules.vouching import Vouched
from cases.services.openid import (
    Away,
    Disbelieved,
    raise_declined,
    sign_in_address,
    vouched_for,
)
from cases.views.gate import public
from cases.views.providers import Asked, arrive, ask, away, configured, refuse, take

KIND = ProviderKind.OPENID
WHY = "Shows nothing of a case; opening the account, or failing to, records itself."
NOT_YET = "Whoever is sent to their provider is not signed in yet."


@leaves_no_entry(why=WHY)
@public(NOT_YET)
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Ask the provider who sits there."""
    configured(KIND)
    asked = ask(request, KIND)
    if asked is None:
        return redirect("sign-in")
    try:
        address = sign_in_address(
            redirect_uri=_here(request),
            state=asked.key,
            nonce=asked.nonce,
            verifier=asked.verifier,
        )
    except Away:
        return away(request, asked)
    return HttpResponseRedirect(address)


@leaves_no_entry(why=WHY)
@public(NOT_YET)
@never_cache
@require_safe
@sensitive_variables()
def answer(request: HttpRequest) -> HttpResponse:
    """What the provider's page sends back: a code, for a question that was asked here."""
    provider = configured(KIND)
    asked = take(request, KIND, request.GET.get("state", ""))
    if asked is None:
        return refuse(request, KIND, Disbelieved("no question"))
    try:
        vouched = _vouched(request, asked)
    except Disbelieved as refused:
        return refuse(request, provider.kind, refused, asked)
    except Away:
        return away(request, asked)
    return arrive(request, asked, vouched)


def _vouched(request: HttpRequest, asked: Asked) -> Vouched:
    code = request.GET.get("code", "")
    if "error" in request.GET or not code:
        raise_declined(request.GET.get("error", ""))
    return vouched_for(
        code=code,
        redirect_uri=_here(request),
        verifier=asked.verifier,
        nonce=asked.nonce,
        asked_at=asked.asked_at,
        now=timezone.now(),
        issuer=request.GET.get("iss"),
    )


def _here(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("openid-answer"))
