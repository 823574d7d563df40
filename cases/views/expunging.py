"""Asking for an identity to be expunged, confirming it as a second person, or refusing it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from audit.events import Event
from cases.enums import Permission
from cases.forms.expunging import ConfirmForm, ExpungeForm
from cases.forms.grants import ReasonForm
from cases.selectors.expunging import ExpungePage, expunge_card, expunge_page
from cases.services.expunging import (
    BadExpunge,
    Confirmation,
    ExpungeInput,
    confirm_expunge,
    request_expunge,
    withdraw_expunge,
)
from cases.views.gate import requires, viewer_of
from cases.views.once import once
from cases.views.standing import fresh

asking_or_acting = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.EXPUNGE_IDENTITY)
@require_safe
def show(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What was asked for on this case, by whom, and what became of it."""
    page = expunge_page(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)
    return render(request, "expunging/show.html", {"page": page})


@requires(Permission.EXPUNGE_IDENTITY)
@fresh
@asking_or_acting
@once(Event.EXPUNGE_REQUESTED, "case_id", back="expunge")
def ask(request: HttpRequest, case_id: UUID) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    page = expunge_page(viewer=viewer, now=now, case_id=case_id)
    form = ExpungeForm(request.POST or None, people=page.choices)

    def act() -> None:
        asked = ExpungeInput(**form.cleaned_data)
        request_expunge(viewer=viewer, now=now, case_id=case_id, asked=asked)

    words = {
        "title": "Ask to expunge an identity",
        "lead": f"A second person confirms within {page.waits_for}. Nothing is deleted before.",
        "button": "Ask for it",
    }
    return _step(request, page, form, words, act, "It is asked for. A second person confirms it.")


@sensitive_post_parameters("password")
@requires(Permission.EXPUNGE_IDENTITY)
@never_cache
@asking_or_acting
@once(Event.IDENTITY_EXPUNGED, "case_id", back="expunge")
def confirm(request: HttpRequest, case_id: UUID, expunge_id: UUID) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    page, card = expunge_card(viewer=viewer, now=now, case_id=case_id, expunge_id=expunge_id)
    form = ConfirmForm(request.POST or None)

    def act() -> None:
        given = Confirmation(**form.cleaned_data)
        confirm_expunge(viewer=viewer, now=now, expunge_id=expunge_id, given=given)

    words = {
        "title": f"Expunge the identity of {card.pseudonym}",
        "lead": "It can't be undone, by anybody.",
        "button": "Expunge for good",
        "card": card,
        "final": True,
    }
    return _step(request, page, form, words, act, "The identity is expunged.")


@requires(Permission.EXPUNGE_IDENTITY)
@asking_or_acting
@once(Event.EXPUNGE_WITHDRAWN, "case_id", back="expunge")
def withdraw(request: HttpRequest, case_id: UUID, expunge_id: UUID) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    page, card = expunge_card(viewer=viewer, now=now, case_id=case_id, expunge_id=expunge_id)
    form = ReasonForm(request.POST or None)

    def act() -> None:
        reason = form.cleaned_data["reason"]
        withdraw_expunge(viewer=viewer, now=now, expunge_id=expunge_id, reason=reason)

    words = {
        "title": f"Do not expunge {card.pseudonym}",
        "lead": "The request ends here; it stays on record.",
        "button": "End the request",
        "card": card,
    }
    return _step(request, page, form, words, act, "The request has ended.")


def _step(
    request: HttpRequest,
    page: ExpungePage,
    form: Form,
    words: dict[str, Any],
    act: Callable[[], None],
    done: str,
) -> HttpResponse:
    """Ask; act; or say why not."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except BadExpunge as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, done)
            return redirect("expunge", case_id=page.case_id)
    context = {"page": page, "form": form, **words}
    return render(request, "expunging/step.html", context, status=422 if form.errors else 200)
