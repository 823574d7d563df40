"""What did a browser refuse to do on a page? A line in the server's log, which names nobody."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from audit.guard import leaves_no_entry
from cases.forms.browser_reports import MOST_BYTES, refusals_in
from cases.rules.limits import REPORTS
from cases.views.gate import public

logger = logging.getLogger(__name__)

TAKEN, TOO_LARGE = 204, 413


@csrf_exempt
@leaves_no_entry(why="Takes a browser's report and shows nothing.")
@public(
    "Browsers send reports by themselves, without a form and also before signing in.", limit=REPORTS
)
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Whatever came: 204. Nothing of it is kept but what `refusals_in` lets through."""
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=TOO_LARGE)
    for refusal in refusals_in(body):
        logger.warning(
            "A browser refused %s from %s on the page %s.",
            refusal.directive,
            refusal.blocked,
            refusal.page,
        )
    return HttpResponse(status=TAKEN)
