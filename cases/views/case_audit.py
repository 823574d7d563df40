"""One case's own log: who looked at it and when, and how each of its fields came to be."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.selectors import BadCursor, Cursor
from cases.enums import Permission
from cases.forms.audit import AuditFilterForm
from cases.selectors.audit_log import UNKNOWN
from cases.selectors.audit_log import case_id as id_of
from cases.selectors.case_history import case_history
from cases.selectors.case_looks import LooksPage, case_looks, case_looks_for_auditor
from cases.views.gate import requires, viewer_of


@requires(Permission.GRANT_ACCESS)
@require_safe
def looks(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """For who may give access to the case."""
    return _looks(request, case_looks, case_id, "")


@requires(Permission.SEE_AUDIT)
@require_safe
def looks_for_auditor(request: HttpRequest) -> HttpResponse:
    """For who reads the log: the case by number or id, and nothing of what is in it."""
    form = AuditFilterForm({"case": request.GET.get("case", "")})
    found = id_of(form.asked().case) if form.is_valid() else UNKNOWN
    if found in ("", UNKNOWN):
        raise Http404
    return _looks(request, case_looks_for_auditor, UUID(found), f"case={found}&")


@requires(Permission.VIEW_CASES)
@require_safe
def history(request: HttpRequest, case_id: UUID) -> HttpResponse:
    page = case_history(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)
    return render(request, "cases/history.html", {"page": page, "head": page.head})


def _looks(
    request: HttpRequest, selector: Callable[..., LooksPage], case_id: UUID, query: str
) -> HttpResponse:
    page = selector(
        viewer=viewer_of(request), now=timezone.now(), case_id=case_id, after=_cursor(request)
    )
    pages = {
        "previous_url": f"?{query}" if "after" in request.GET else "",
        "previous_words": "Newest",
        "next_url": f"?{query}after={page.next_token}" if page.next_token else "",
        "next_words": "Older",
        "words": "The newest look first",
    }
    return render(request, "cases/looks.html", {"page": page, "head": page.head, "pages": pages})


def _cursor(request: HttpRequest) -> Cursor | None:
    token = request.GET.get("after", "")
    try:
        return Cursor.parse(token) if token else None
    except BadCursor:
        raise Http404 from None
