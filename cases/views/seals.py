"""Do the seals hold? For whoever looks after the machine; no case and no identity."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cases.enums import Permission
from cases.selectors.seals import seals_page
from cases.views.gate import requires, viewer_of


@requires(Permission.SEE_SEALS)
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    page = seals_page(viewer=viewer_of(request), now=timezone.now())
    return render(request, "seals/show.html", {"page": page})
