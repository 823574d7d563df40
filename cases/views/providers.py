"""What becomes of somebody whom an identity provider vouches for? One arrival for every provider.

The question that was asked stands in the session, good once and for ten minutes, and says what it
was asked for: to sign in, to link an account, to prove again who sits there, or to accept an
invitation. An answer that fits no question is nobody's.
"""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from audit.guard import leaves_no_entry
from cases.access import viewer_for
from cases.enums import ProviderKind
from cases.models import Account
from cases.rules.vouching import ASKED_FOR, Vouched
from cases.selectors.factors import has_factor
from cases.selectors.lockout import is_lock, last_turn
from cases.selectors.providers import Provider, account_of, providers
from cases.services.addresses import is_paused
from cases.services.invitations import Void, invited
from cases.services.lockout import admit
from cases.services.openid import Declined, Disbelieved
from cases.services.providers import (
    NotLinked,
    accept_by_provider,
    link_provider,
    refuse_link,
    unlink_provider,
)
from cases.views.gate import signed_in, viewer_of
from cases.views.session import BANNER
from cases.views.standing import (
    INVITED_BY,
    PROVED,
    await_second,
    enter,
    fresh,
    how,
    sits_there,
)

SIGN_IN, LINK, AGAIN, INVITATION = "sign-in", "link", "again", "invitation"
ASKED = "provider_asked"
MAY_LINK = "provider_may_link"
BY_PROVIDER = "provider"
OWN = "Shows its reader nothing but how they themself sign in; each change records itself."


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a provider. `key` leads the answer here, `nonce` and `verifier` bind it."""

    kind: str
    purpose: str
    key: str
    nonce: str
    verifier: str
    at: float
    target: str

    @property
    def asked_at(self) -> datetime:
        return datetime.fromtimestamp(self.at, timezone.get_current_timezone())


def configured(kind: ProviderKind) -> Provider:
    """The provider, or the same 404 as for any page that is not there."""
    found = next((one for one in providers() if one.kind == kind), None)
    if found is None:
        raise Http404
    return found


def ask(request: HttpRequest, kind: ProviderKind) -> Asked | None:
    """A new question, in place of any before; None: this session may ask none such."""
    purpose = request.GET.get("for", SIGN_IN)
    if not _may_ask(request, purpose):
        return None
    asked = Asked(
        kind=kind,
        purpose=purpose,
        key=f"_{secrets.token_hex(20)}",
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        at=timezone.now().timestamp(),
        target=_safe(request, request.GET.get("next", "")),
    )
    request.session[ASKED] = asdict(asked)
    return asked


def take(request: HttpRequest, kind: ProviderKind, key: str | None = None) -> Asked | None:
    """The question that this answers, which is thereby used up; None: none was asked.

    Without `key`, the caller compares it with what was signed.
    """
    known = request.session.pop(ASKED, None)
    if not known or known["kind"] != kind:
        return None
    if key is not None and not secrets.compare_digest(known["key"].encode(), key.encode()):
        return None
    asked = Asked(**known)
    age = timezone.now().timestamp() - asked.at
    return asked if 0 <= age < ASKED_FOR.total_seconds() else None


def _may_ask(request: HttpRequest, purpose: str) -> bool:
    if purpose == INVITATION:
        return bool(request.session.get(INVITED_BY))
    if purpose == SIGN_IN:
        return bool(request.session.get(BANNER))
    if purpose == LINK:
        since = timezone.now().timestamp() - request.session.get(MAY_LINK, 0)
        return sits_there(request) and since < ASKED_FOR.total_seconds()
    return purpose == AGAIN and sits_there(request)


def _safe(request: HttpRequest, target: str) -> str:
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else "/"


def arrive(request: HttpRequest, asked: Asked, vouched: Vouched) -> HttpResponse:
    """Do what was asked for, in the name of whom the provider vouches for."""
    return ARRIVALS[asked.purpose](request, asked, vouched)


def refuse(
    request: HttpRequest, kind: ProviderKind, refused: Disbelieved, asked: Asked | None = None
) -> HttpResponse:
    """Nobody is let in. Why stands in the log; the page says the same whatever it was.

    But for what the provider's own page has said already: that nobody signed in there. An address
    that was refused too often is refused without another entry.
    """
    now = timezone.now()
    if not is_paused(now):
        said = {"said": refused.said} if refused.said else {}
        told = {"by": kind, "why": str(refused), **said}
        admit(now=now, username="", verified=None, how=told)
    if isinstance(refused, Declined):
        return _say(request, asked, "declined", 403)
    return say_refused(request, asked)


def say_refused(request: HttpRequest, asked: Asked | None = None) -> HttpResponse:
    return _say(request, asked, "refused", 403)


def away(request: HttpRequest, asked: Asked) -> HttpResponse:
    return _say(request, asked, "away", 503)


def _say(request: HttpRequest, asked: Asked | None, what: str, status: int) -> HttpResponse:
    """What did not come about, by what was asked for, and how to go on."""
    purpose = asked.purpose if asked else SIGN_IN
    if purpose in {LINK, AGAIN} and not sits_there(request):
        purpose = SIGN_IN
    context = {"what": what, "purpose": purpose}
    return render(request, "providers/refused.html", context, None, status)


def _sign_in(request: HttpRequest, asked: Asked, vouched: Vouched) -> HttpResponse:
    kind, now = ProviderKind(asked.kind), timezone.now()
    account = account_of(kind, vouched)
    if account is None or not account.is_active:
        why = "closed" if account else "unknown"
        return _not_let_in(request, now, account, by=kind, why=why)
    locked = is_lock(last_turn(account.pk))
    if has_factor(account.pk) and not vouched.by_second and not locked:
        await_second(request, account, now, asked.target, by=kind)
        return redirect("sign-in-second")
    second = BY_PROVIDER if vouched.by_second else ""
    told = how(request, account, by=kind, second=second)
    if locked or not admit(now=now, username=account.username, verified=account, how=told):
        return _not_let_in(request, now, account, by=kind, why="locked")
    return enter(request, account, HttpResponseRedirect(asked.target), second=second)


def _not_let_in(
    request: HttpRequest, now: datetime, account: Account | None, **told: object
) -> HttpResponse:
    name = account.username if account else ""
    admit(now=now, username=name, verified=None, how=how(request, account, **told))
    return say_refused(request)


def _link(request: HttpRequest, asked: Asked, vouched: Vouched) -> HttpResponse:
    if not sits_there(request):
        return say_refused(request)
    kind, now = ProviderKind(asked.kind), timezone.now()
    viewer = viewer_for(cast("Account", request.user))
    request.session.pop(MAY_LINK, None)
    try:
        link_provider(viewer=viewer, now=now, kind=kind, vouched=vouched)
    except NotLinked as refused:
        refuse_link(viewer=viewer, now=now, kind=kind, why="taken")
        messages.error(request, str(refused))
    else:
        messages.success(request, "From now on it opens your account.")
    return redirect("factors")


def _prove_again(request: HttpRequest, asked: Asked, vouched: Vouched) -> HttpResponse:
    if not sits_there(request):
        return say_refused(request)
    kind, account = ProviderKind(asked.kind), cast("Account", request.user)
    verified = account if account_of(kind, vouched) == account else None
    told = {"again": True, "by": kind}
    now = timezone.now()
    if not admit(now=now, username=account.username, verified=verified, how=told):
        return say_refused(request, asked)
    request.session[PROVED] = now.timestamp()
    return render(request, "providers/proved.html")


def _accept(request: HttpRequest, asked: Asked, vouched: Vouched) -> HttpResponse:
    token, now = str(request.session.get(INVITED_BY, "")), timezone.now()
    try:
        account = invited(token, now)
        accept_by_provider(
            viewer=viewer_for(account),
            now=now,
            token=token,
            kind=ProviderKind(asked.kind),
            vouched=vouched,
        )
    except (Void, NotLinked) as refused:
        return render(request, "accounts/void.html", {"sentence": str(refused)}, None, 410)
    request.session.flush()
    messages.success(request, "Your account is linked. Sign in with it.")
    return redirect("sign-in")


ARRIVALS: dict[str, Callable[[HttpRequest, Asked, Vouched], HttpResponse]] = {
    SIGN_IN: _sign_in,
    LINK: _link,
    AGAIN: _prove_again,
    INVITATION: _accept,
}


@leaves_no_entry(why=OWN)
@signed_in
@fresh
@require_POST
def link(request: HttpRequest) -> HttpResponse:
    """The first step of linking one's account: the page says where it leads."""
    provider = configured(_kind(request))
    request.session[MAY_LINK] = timezone.now().timestamp()
    return render(request, "providers/link.html", {"provider": provider})


@leaves_no_entry(why=OWN)
@signed_in
@fresh
@require_POST
def unlink(request: HttpRequest) -> HttpResponse:
    try:
        unlink_provider(viewer=viewer_of(request), now=timezone.now(), kind=_kind(request))
    except NotLinked as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "It opens your account no more.")
    return redirect("factors")


def _kind(request: HttpRequest) -> ProviderKind:
    given = request.POST.get("kind", "")
    if given not in ProviderKind.values:
        raise Http404
    return ProviderKind(given)
