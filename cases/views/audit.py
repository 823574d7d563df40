"""The audit log: who did or saw what, and when."""

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit.events import Event
from audit.months import log_months
from audit.recorder import record
from audit.selectors import sealing_status
from cases.enums import Permission
from cases.forms.audit import AuditFilterForm, ExportForm
from cases.rules.limits import EXPORTS
from cases.selectors.audit_activity import activity as activity_of
from cases.selectors.audit_log import LogPage, entry_page, log_page
from cases.selectors.audit_questions import questions
from cases.selectors.audit_weeks import reminder
from cases.services.audit_export import TooMuch, export_log
from cases.views.gate import requires, viewer_of
from cases.views.limited import limited

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}


@requires(Permission.SEE_AUDIT)
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """One page of entries, newest first. That somebody looked, and for what, is an entry too."""
    return _entries(request, AuditFilterForm(request.GET))


def _entries(request: HttpRequest, form: AuditFilterForm, problem: str = "") -> HttpResponse:
    now = timezone.now()
    valid = form.is_valid()
    page = LogPage((), "")
    if valid:
        page = log_page(viewer_of(request), form.asked(), form.cursor)
    record(Event.AUDIT_VIEWED, at=now, details={"asked": form.told()})
    context = {
        "form": form,
        "page": page,
        "pages": _pages(form, page, valid=valid),
        "narrowed": bool(form.query()),
        "sealing": sealing_status(now=now),
        "months": log_months(now=now),
        "query": form.query(),
        "asked": questions().get(form.told().get("ask", "")),
        "case": form.told().get("case", "") if page.rows else "",
        "questions": questions().values(),
        "reminder": reminder(now),
        "problem": problem,
    }
    refused = problem or not valid
    return render(request, "audit/entries.html", context, status=422 if refused else 200)


@requires(Permission.SEE_AUDIT)
@require_safe
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry in full, with its seal, checked anew."""
    page = entry_page(viewer_of(request), entry_id)
    record(Event.AUDIT_VIEWED, at=timezone.now(), details={"part": "entry", "entry": entry_id})
    return render(request, "audit/entry.html", {"page": page, "row": page.row})


def _pages(form: AuditFilterForm, page: LogPage, *, valid: bool) -> dict[str, Any]:
    here, query = reverse("audit"), form.query()
    return {
        "previous_url": f"{here}?{query}" if valid and form.cursor else "",
        "previous_words": "Newest",
        "next_url": f"{here}?{form.query(after=page.next_token)}" if page.next_token else "",
        "next_words": "Older",
        "words": "The newest entry first",
    }


@requires(Permission.SEE_AUDIT)
@limited(EXPORTS)
@never_cache
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filter in the address finds, as a file that is written while it is sent."""
    form, wanted = AuditFilterForm(request.GET), ExportForm(request.POST)
    if not (form.is_valid() and wanted.is_valid()):
        return _entries(request, form, "Choose a format, and a filter that makes sense.")
    kind = wanted.cleaned_data["form"]
    now = timezone.now()
    try:
        parts = export_log(
            viewer=viewer_of(request), now=now, asked=form.asked(), told=form.told(), form=kind
        )
    except TooMuch as error:
        return _entries(request, form, str(error))
    response = StreamingHttpResponse(parts, content_type=CONTENT_TYPES[kind])
    name = f"audit-{now:%Y%m%dT%H%M%SZ}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@requires(Permission.SEE_AUDIT)
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """What one account has done, in numbers."""
    now, form = timezone.now(), AuditFilterForm(request.GET)
    found = activity_of(viewer_of(request), form.asked(), now) if form.is_valid() else None
    record(Event.AUDIT_VIEWED, at=now, details={"part": "activity", "asked": form.told()})
    context = {"form": form, "found": found, "asked": bool(request.GET.get("actor"))}
    return render(request, "audit/activity.html", context, status=422 if form.errors else 200)
