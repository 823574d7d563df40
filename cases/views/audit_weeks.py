"""The weekly review of the audit log: what stood out, and who signs for it."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.events import Event
from audit.recorder import record
from cases.enums import Permission
from cases.forms.audit import SignForm, WeekForm
from cases.selectors.audit_weeks import NoSuchWeek, reminder, signed_weeks, week_page
from cases.services.audit_reviews import NothingSaid, SignedAlready, sign_week
from cases.views.gate import requires, viewer_of


@requires(Permission.SEE_AUDIT)
@require_safe
def weeks(request: HttpRequest) -> HttpResponse:
    """Every week that waits for a signature, and those signed last."""
    now = timezone.now()
    record(Event.AUDIT_VIEWED, at=now, details={"part": "weeks"})
    context = {"reminder": reminder(now), "signed": signed_weeks()}
    return render(request, "audit/weeks.html", context)


@requires(Permission.SEE_AUDIT)
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """What stands out in one week, each count leading to its entries."""
    form = WeekForm(request.GET)
    if not form.is_valid():
        raise Http404
    day = form.cleaned_data["week"]
    return _week(request, SignForm(initial={"week": day}), day)


@requires(Permission.SEE_AUDIT)
@require_POST
def sign(request: HttpRequest) -> HttpResponse:
    form = SignForm(request.POST)
    valid = form.is_valid()
    day = form.cleaned_data.get("week")
    if day is None:
        raise Http404
    if not valid:
        return _week(request, form, day)
    try:
        sign_week(
            viewer=viewer_of(request),
            now=timezone.now(),
            day=day,
            comment=form.cleaned_data["comment"],
        )
    except NothingSaid as error:
        form.add_error("comment", str(error))
    except (NoSuchWeek, SignedAlready) as error:
        form.add_error(None, str(error))
    else:
        messages.success(request, "The week is signed.")
        return redirect("audit-weeks")
    return _week(request, form, day)


def _week(request: HttpRequest, form: SignForm, day: date) -> HttpResponse:
    now = timezone.now()
    try:
        page = week_page(viewer_of(request), day, now)
    except NoSuchWeek:
        raise Http404 from None
    record(Event.AUDIT_VIEWED, at=now, details={"part": "week", "week": page.week.on.isoformat()})
    context = {"page": page, "form": form}
    return render(request, "audit/week.html", context, status=422 if form.errors else 200)
