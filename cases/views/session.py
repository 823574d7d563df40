"""How does somebody begin and end a session, and where does it begin?"""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.events import Event
from audit.guard import leaves_no_entry
from audit.recorder import record
from cases import access
from cases.enums import Permission
from cases.forms.session import SignInForm
from cases.models import Account
from cases.rules.limits import SIGN_INS
from cases.selectors.factors import has_factor
from cases.selectors.lockout import is_lock, last_turn
from cases.selectors.providers import providers
from cases.services.addresses import is_paused
from cases.services.lockout import admit
from cases.views.gate import public, signed_in, viewer_of, while_enrolling
from cases.views.limited import limited
from cases.views.standing import await_second, enter, from_known_device, how, sits_there

BANNER = "banner_acknowledged"
PAUSED = (
    "Too many sign-ins have failed from where you are. Wait a quarter of an hour, or use a browser "
    "in which you signed in before."
)
REFUSED = "This username and password don't match an account that may sign in."

# The first page that a role may see, in this order.
FIRST_PAGES = (
    (Permission.SEE_DASHBOARD, "dashboard"),
    (Permission.LOG_RESPONSE, "my-work"),
    (Permission.VIEW_CASES, "case-list"),
    (Permission.MANAGE_ROLES, "roles"),
    (Permission.SEE_AUDIT, "audit"),
)


@leaves_no_entry(why="Only points to the first page of a role.")
@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    for permission, name in FIRST_PAGES:
        if viewer.can(permission):
            return redirect(name)
    raise access.NotPermitted("Your role opens no page yet. Ask your administrator.")


@leaves_no_entry(why="Shows nothing of a case; signing in, or failing to, records itself.")
@public("Whoever signs in is not signed in yet.")
@never_cache
@sensitive_post_parameters("password")
@limited(SIGN_INS, methods=("POST",))
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The system-use banner first, then name and password; none of it to whoever is signed in.

    Somebody has two tabs, both were sent here, and they signed in again in the other one.
    """
    if request.method != "POST" and sits_there(request):
        return HttpResponseRedirect(_next(request))
    if request.method == "POST" and "acknowledge" in request.POST:
        request.session[BANNER] = True
        return redirect(request.get_full_path())
    if not request.session.get(BANNER):
        return render(request, "registration/banner.html", {"banner": settings.SYSTEM_USE_BANNER})
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _try(request, form)
    return _ask(request, form, status=422 if form.errors else 200)


def _ask(request: HttpRequest, form: SignInForm, *, status: int) -> HttpResponse:
    context = {
        "form": form,
        "one_factor": not settings.REQUIRE_MFA,
        "providers": providers(),
        "target": _next(request),
    }
    return render(request, "registration/sign_in.html", context, status=status)


def _try(request: HttpRequest, form: SignInForm) -> HttpResponse:
    given = form.cleaned_data
    name, now = given["username"], timezone.now()
    if is_paused(now) and not from_known_device(request, name):
        form.add_error(None, PAUSED)
        return _ask(request, form, status=429)
    found = authenticate(request, username=name, password=given["password"])
    account = found if isinstance(found, Account) else None
    if account is not None and has_factor(account.pk) and not is_lock(last_turn(account.pk)):
        await_second(request, account, now, _next(request))
        return redirect("sign-in-second")
    admitted = admit(now=now, username=name, verified=account, how=how(request, account))
    if account is None or not admitted:
        form.add_error(None, REFUSED)
        return _ask(request, form, status=422)
    return enter(request, account, HttpResponseRedirect(_next(request)))


def _next(request: HttpRequest) -> str:
    """An address of ours. Not for `redirect`, which takes what has no slash for a page's name."""
    target = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else "/"


@signed_in
@while_enrolling
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    account = request.user
    record(Event.SIGNED_OUT, at=timezone.now(), subject_type="account", subject_id=account.pk)
    logout(request)
    messages.success(request, "You are signed out.")
    answer = redirect("sign-in")
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


@leaves_no_entry(why="Says whether the session lasts, and nothing else.")
@public("A page whose session ended asks whether somebody signed in again.")
@never_cache
@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """Whether somebody is signed in, and a fresh token for a form that outlived its session."""
    return JsonResponse({"signed_in": sits_there(request), "token": get_token(request)})


@leaves_no_entry(why="Remembers a preference for this session.")
@signed_in
@require_POST
def keys(request: HttpRequest) -> HttpResponse:
    """Keyboard shortcuts on or off, until the session ends."""
    request.session["keys"] = request.POST.get("keys") == "on"
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(target if safe else "/")
