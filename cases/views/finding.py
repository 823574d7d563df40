"""Is somebody known to the unit already?

What is typed travels in POST bodies only; no URL, title or log line carries it, and no browser
stores the page. Opening the page, whatever stands in its address, searches for nothing.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from audit.events import Event
from audit.recorder import record
from cases.enums import Permission
from cases.forms.finding import FindForm
from cases.services.finding import Candidates, TooManySearches, search_identities
from cases.views.gate import requires, viewer_of


@requires(Permission.SEARCH_PEOPLE)
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """The form; a POST shows who may be meant, by pseudonym, below it."""
    if request.method != "POST":
        _looked()
        return _show(request, FindForm())
    form = FindForm(request.POST)
    if not form.is_valid():
        _looked()
        return _show(request, form, status=422)
    try:
        found = search_identities(
            viewer=viewer_of(request), now=timezone.now(), identity=form.identity()
        )
    except TooManySearches as error:
        form.add_error(None, str(error))
        return _show(request, form, status=429)
    return _show(request, form, found)


def _show(
    request: HttpRequest, form: FindForm, found: Candidates | None = None, status: int = 200
) -> HttpResponse:
    return render(request, "finding/find.html", {"form": form, "found": found}, status=status)


def _looked() -> None:
    record(Event.PAGE_VIEWED, at=timezone.now(), subject_type="page", subject_id="find-person")
