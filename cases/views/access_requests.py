"""Asking for a case that one doesn't see; answering who asked; opening one in an emergency."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.events import Event
from audit.recorder import record
from cases.enums import Permission
from cases.forms.grants import ApproveForm, AskForm, ReasonForm
from cases.selectors.access_requests import requests_page, waiting_request
from cases.selectors.policy import current_policy
from cases.services.access_requests import approve_request, ask_for_access, refuse_request
from cases.services.break_glass import acknowledge_glass, break_glass
from cases.services.grants import Terms
from cases.views.gate import requires, viewer_of
from cases.views.standing import fresh

ASKED = (
    "Your request is on record. If there is such a case, whoever supervises it sees the request."
)
asking_or_acting = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.VIEW_CASES)
@asking_or_acting
def show(request: HttpRequest) -> HttpResponse:
    """Ask for a case; what became of what I asked; what waits for my answer."""
    viewer, now = viewer_of(request), timezone.now()
    form = AskForm(request.POST or None)

    def act() -> None:
        given = form.cleaned_data
        ask_for_access(viewer=viewer, now=now, number=given["number"], reason=given["reason"])

    if _done(request, form, act):
        messages.success(request, ASKED)
        return redirect("access-requests")
    context = {
        "page": requests_page(viewer=viewer, now=now),
        "form": form,
        "stands": current_policy().sharing.request_stands.span,
        "may_break_glass": viewer.can(Permission.BREAK_GLASS),
        "may_grant": viewer.can(Permission.GRANT_ACCESS),
    }
    return render(request, "access/requests.html", context, status=_status(form))


@requires(Permission.GRANT_ACCESS)
@fresh
@asking_or_acting
def decide(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Approve one request until a day, or refuse it with a reason."""
    viewer, now = viewer_of(request), timezone.now()
    asked = waiting_request(viewer=viewer, now=now, request_id=request_id)
    refuses = "refuse" in request.POST
    approval = ApproveForm(request.POST if request.POST and not refuses else None, prefix="yes")
    refusal = ReasonForm(request.POST if refuses else None, prefix="no")
    form: Form = refusal if refuses else approval

    def act() -> None:
        if refuses:
            reason = refusal.cleaned_data["reason"]
            refuse_request(viewer=viewer, now=now, request_id=request_id, reason=reason)
            return
        given = approval.cleaned_data
        terms = Terms(given["may"], given["purpose"], asked.reason, approval.expires_at())
        approve_request(viewer=viewer, now=now, request_id=request_id, terms=terms)

    if _done(request, form, act):
        messages.success(request, "The request is refused." if refuses else "Access is given.")
        return redirect("access-requests")
    context = {"asked": asked, "form": form, "approval": approval, "refusal": refusal}
    return render(request, "access/decide.html", context, status=_status(form))


@requires(Permission.BREAK_GLASS)
@fresh
@asking_or_acting
def emergency(request: HttpRequest) -> HttpResponse:
    """Open a case outside the squad, for an hour."""
    viewer, now = viewer_of(request), timezone.now()
    form = AskForm(request.POST or None)
    opened: list[UUID] = []

    def act() -> None:
        given = form.cleaned_data
        glass = break_glass(viewer=viewer, now=now, number=given["number"], reason=given["reason"])
        opened.append(glass.case_id)

    if _done(request, form, act):
        messages.warning(
            request,
            "The case is open to you. Its supervisor and the captain see that you did this.",
        )
        return redirect("case-detail", opened[0])
    record(Event.PAGE_VIEWED, at=now, subject_type="page", subject_id="break-glass")
    context = {"form": form, "rule": current_policy().sharing}
    return render(request, "access/emergency.html", context, status=_status(form))


@requires(Permission.ACKNOWLEDGE_FLAG)
@require_POST
def seen(request: HttpRequest, glass_id: UUID) -> HttpResponse:
    """The supervisor or the captain has seen that a case was opened in an emergency."""
    acknowledge_glass(viewer=viewer_of(request), now=timezone.now(), glass_id=glass_id)
    messages.success(request, "It is on record that you have seen this.")
    return redirect("dashboard")


def _done(request: HttpRequest, form: Form, act: Callable[[], None]) -> bool:
    """Whether it was sent, was whole and was done; if not, the form says why."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act()
    except ValueError as error:
        form.add_error(None, str(error))
        return False
    return True


def _status(form: Form) -> int:
    return 422 if form.errors else 200
