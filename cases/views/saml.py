"""How does somebody sign in through a SAML 2.0 provider? There, and back by a form of theirs.

A form that another site sends brings no cookie of ours: so that the answer can be held to the
question in this browser's session, the first that comes is shown as a form of our own to send on.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from audit.guard import leaves_no_entry
from cases.access import system_viewer
from cases.enums import ProviderKind
from cases.services.openid import Disbelieved
from cases.services.saml import believed, metadata, request_address, spend_answer, vouched
from cases.views.gate import public
from cases.views.openid import NOT_YET, WHY
from cases.views.providers import ASKED, arrive, ask, configured, refuse, say_refused, take

KIND = ProviderKind.SAML
SENT_ON = "sent_on"
DOOR = system_viewer("saml")


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
    address = request_address(key=asked.key, here=_here(request), now=timezone.now())
    return HttpResponseRedirect(address)


@leaves_no_entry(why=WHY)
@csrf_exempt
@public(NOT_YET)
@never_cache
@require_POST
@sensitive_post_parameters("SAMLResponse")
def answer(request: HttpRequest) -> HttpResponse:
    """What the provider's page sends: an assertion, for a question that was asked here."""
    configured(KIND)
    encoded = request.POST.get("SAMLResponse", "")
    if ASKED not in request.session and SENT_ON not in request.POST:
        return render(request, "providers/onward.html", {"encoded": encoded})
    asked = take(request, KIND)
    if asked is None:
        return refuse(request, KIND, Disbelieved("no question"))
    try:
        said = believed(
            encoded=encoded,
            key=asked.key,
            here=_here(request),
            asked_at=asked.asked_at,
            now=timezone.now(),
        )
    except Disbelieved as refused:
        return refuse(request, KIND, refused, asked)
    if not spend_answer(viewer=DOOR, now=timezone.now(), said=said):
        return say_refused(request, asked)
    return arrive(request, asked, vouched(said))


@leaves_no_entry(why="Says who this service is to a provider, and nothing else.")
@public("The provider's administrator loads it.")
@require_safe
def describe(request: HttpRequest) -> HttpResponse:
    configured(KIND)
    return HttpResponse(metadata(_here(request)), content_type="application/samlmetadata+xml")


def _here(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("saml-answer"))
