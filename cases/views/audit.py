"""The audit log: who did or saw what, and when."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.events import Event
from audit.recorder import record
from cases.enums import Permission
from cases.forms.audit import AuditFilterForm
from cases.selectors.audit_log import LogPage, log_page
from cases.views.gate import requires, viewer_of


@requires(Permission.SEE_AUDIT)
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """One page of entries, newest first. That somebody looked, and for what, is an entry too."""
    form = AuditFilterForm(request.GET)
    valid = form.is_valid()
    page = LogPage((), "")
    if valid:
        page = log_page(viewer_of(request), form.asked(), form.cursor)
    record(Event.AUDIT_VIEWED, at=timezone.now(), details={"asked": _asked_for(form)})
    here = reverse("audit")
    query = form.query()
    pages = {
        "previous_url": f"{here}?{query}" if valid and form.cursor else "",
        "previous_words": "Newest",
        "next_url": f"{here}?{form.query(after=page.next_token)}" if page.next_token else "",
        "next_words": "Older",
        "words": "The newest entry first",
    }
    context = {"form": form, "page": page, "pages": pages, "narrowed": bool(query)}
    return render(request, "audit/entries.html", context, status=200 if valid else 422)


def _asked_for(form: AuditFilterForm) -> dict[str, str]:
    """What was looked for, as far as it made sense: what somebody else typed is not kept."""
    given = getattr(form, "cleaned_data", {})
    return {name: str(value) for name, value in given.items() if value and name != "after"}
