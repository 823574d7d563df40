"""The steps on a case: who has it, how it ends, how it begins again, who was answered."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from cases.enums import Disposition, Permission
from cases.forms.cases import AcknowledgeReferralForm, AssignForm, CloseForm, ReopenForm
from cases.selectors.steps import StepPage, referral_step, step_page
from cases.services.assignments import (
    AlreadyTheirs,
    OfficerGone,
    acknowledge_assignment,
    assign_case,
)
from cases.services.closing import ClosingRefused, NoReason, NotEnded, close_case, reopen_case
from cases.services.referrals import NotSaidHow
from cases.services.referrals import acknowledge_referral as answer_referral
from cases.views.gate import requires, viewer_of

REFUSALS = (AlreadyTheirs, NoReason, NotEnded, NotSaidHow, OfficerGone)

WORDS = {
    "assign": ("Assign this case", "Assign"),
    "close": ("Close this case", "Sign and close"),
    "reopen": ("Reopen this case", "Reopen"),
    "referral": ("Acknowledge the referral", "Acknowledge"),
}


@requires(Permission.ASSIGN_CASE)
def assign(request: HttpRequest, case_id: UUID) -> HttpResponse:
    page = _page(request, case_id, Permission.ASSIGN_CASE)
    form = AssignForm(request.POST or None, officers=page.officers)

    def act(given: dict[str, Any]) -> None:
        assign_case(
            viewer=viewer_of(request),
            now=timezone.now(),
            case_id=case_id,
            officer_id=UUID(given["officer"]),
            reason=given["reason"],
        )

    return _step(request, page, form, "assign", act, "The case is assigned.")


@requires(Permission.CLOSE_CASE)
def close(request: HttpRequest, case_id: UUID) -> HttpResponse:
    page = _page(request, case_id, Permission.CLOSE_CASE)
    form = CloseForm(
        request.POST or None,
        officers=page.officers,
        dispositions=page.dispositions,
        initial={"closing_officer": page.lead_id},
    )

    def act(given: dict[str, Any]) -> None:
        close_case(
            viewer=viewer_of(request),
            now=timezone.now(),
            case_id=case_id,
            disposition=Disposition(given["disposition"]),
            closing_officer_id=UUID(given["closing_officer"]),
            reason=given["reason"],
        )

    return _step(request, page, form, "close", act, "The case is closed.")


@requires(Permission.REOPEN_CASE)
def reopen(request: HttpRequest, case_id: UUID) -> HttpResponse:
    page = _page(request, case_id, Permission.REOPEN_CASE)
    form = ReopenForm(request.POST or None)

    def act(given: dict[str, Any]) -> None:
        reopen_case(
            viewer=viewer_of(request), now=timezone.now(), case_id=case_id, reason=given["reason"]
        )

    return _step(request, page, form, "reopen", act, "The case is open again.")


@requires(Permission.LOG_RESPONSE)
def acknowledge_referral(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    page = referral_step(viewer=viewer_of(request), now=timezone.now(), referral_id=referral_id)
    form = AcknowledgeReferralForm(request.POST or None)

    def act(given: dict[str, Any]) -> None:
        answer_referral(
            viewer=viewer_of(request),
            now=timezone.now(),
            referral_id=referral_id,
            how=given["how"],
        )

    return _step(request, page, form, "referral", act, "The referral is acknowledged.")


@requires(Permission.LOG_RESPONSE)
@require_POST
def acknowledge(request: HttpRequest, case_id: UUID) -> HttpResponse:
    acknowledge_assignment(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)
    messages.success(request, "You have this case now.")
    return redirect("case-detail", case_id)


def _page(request: HttpRequest, case_id: UUID, permission: Permission) -> StepPage:
    return step_page(
        viewer=viewer_of(request), now=timezone.now(), case_id=case_id, permission=permission
    )


def _step(
    request: HttpRequest,
    page: StepPage,
    form: forms.Form,
    code: str,
    act: Callable[[dict[str, Any]], None],
    done: str,
) -> HttpResponse:
    """Ask, act, or say why not; a refused step shows the form again with what was typed."""
    obstacles: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except ClosingRefused as refused:
            obstacles = tuple(obstacle.sentence for obstacle in refused.obstacles)
            form.add_error(None, str(refused))
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, done)
            return redirect("case-detail", page.head.case_id)
    title, button = WORDS[code]
    context = {
        "page": page,
        "head": page.head,
        "form": form,
        "title": title,
        "button": button,
        "obstacles": obstacles,
    }
    return render(request, "cases/step.html", context, status=422 if form.errors else 200)
