"""What does every answer tell the browser, and whose requests does it not answer at all?

Settings say most of it (HSTS, the policies of content, permissions and referrers); here stands what
no setting of Django's or of a package says. Outermost, so that an error, a redirect to HTTPS and a
static file carry it too.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.cache import add_never_cache_headers

logger = logging.getLogger(__name__)

OURS = frozenset({"", "same-origin", "none"})
ALWAYS = {
    # Only pages of this very origin may load what is here, and these load nothing from elsewhere.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Origin-Agent-Cluster": "?1",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Reporting-Endpoints": 'browser="/browser-reports/"',
}
REFUSED = "Only this site's own pages may load this, and machines over HTTPS."
FOR_MACHINES = "/api/"


class HeadersMiddleware:
    """Stands before all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers[name] = value
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class OwnPagesMiddleware:
    """Stands where what it refuses still gets every header, and before anything is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refused = is_foreign(request) or is_machine_in_the_clear(request)
        return _refuse() if refused else self.get_response(request)


def is_machine_in_the_clear(request: HttpRequest) -> bool:
    """Whether a machine asks over plain HTTP: led on to HTTPS, nobody would notice that its key
    went over the wire in the clear. SECURE_REDIRECT_EXEMPT leaves these addresses to us.
    """
    in_clear = settings.SECURE_SSL_REDIRECT and not request.is_secure()
    return bool(in_clear) and request.path.startswith(FOR_MACHINES)


def is_foreign(request: HttpRequest) -> bool:
    """Whether another site's page asks for this, other than by sending its reader here.

    Browsers say so in headers that no page can set (Fetch Metadata); what says nothing is a program
    or an old browser, and is held by the form's token and the cookies' flags alone.
    """
    if request.headers.get("sec-fetch-site", "") in OURS:
        return False
    sent_here = request.headers.get("sec-fetch-mode") == "navigate"
    return not (sent_here and request.headers.get("sec-fetch-dest") == "document")


def _refuse() -> HttpResponse:
    logger.warning("A request of another site's page, or in the clear, was refused.")
    return HttpResponseForbidden(REFUSED, content_type="text/plain; charset=utf-8")
