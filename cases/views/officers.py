"""Who works here, who leaves or moves, and to whom does what they have go?"""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.access import NotPermitted, Viewer
from cases.enums import HandOverKind, Permission
from cases.forms.officers import HandOverForm, SendForm, WhyForm
from cases.selectors.hand_overs import hand_over_page, waiting_hand_over
from cases.selectors.officers import OfficerPage, officer_list, officer_page, squad_choices
from cases.services.accounts import LastManager
from cases.services.hand_overs import NotOffered, Outcome, Stale, complete_hand_over
from cases.services.officers import (
    BadDeparture,
    NoReason,
    NothingWaits,
    deactivate_officer,
    may_move,
    move_officer,
    withdraw_hand_over,
)
from cases.views.gate import requires, signed_in, viewer_of
from cases.views.standing import fresh

STAYS = "They stay. Nothing is handed over. An account that was closed has to be opened again."

asking_or_acting = require_http_methods(["GET", "HEAD", "POST"])


@signed_in
@require_safe
def show_all(request: HttpRequest) -> HttpResponse:
    """The officers that the viewer manages or supervises, and what waits to be handed over."""
    viewer, now = viewer_of(request), timezone.now()
    page = officer_list(viewer=viewer, now=now, everybody=request.GET.get("all") == "1")
    return render(request, "officers/list.html", {"page": page})


@signed_in
@require_safe
def show(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    page = officer_page(viewer=viewer_of(request), now=timezone.now(), officer_id=officer_id)
    context = {"page": page, "line": page.line, "form": WhyForm(), "kinds": _kinds(request)}
    return render(request, "officers/show.html", context)


@signed_in
@fresh
@asking_or_acting
def send(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    """Say that somebody leaves or moves: a hand-over of all they have waits from then on."""
    viewer, now = viewer_of(request), timezone.now()
    page = officer_page(viewer=viewer, now=now, officer_id=officer_id)
    kinds = _kinds(request)
    if not kinds:
        raise NotPermitted("Your role does not allow you to manage officers.")
    squads = squad_choices(without=page.squad_id)
    form = SendForm(request.POST or None, kinds=kinds, squads=squads, initial={"kind": kinds[0]})
    if request.method == "POST" and form.is_valid():
        try:
            return _sent(request, viewer, now, page, form)
        except NoReason as refused:
            form.add_error("reason", str(refused))
        except (BadDeparture, LastManager) as refused:
            form.add_error(None, str(refused))
    context = {"page": page, "line": page.line, "form": form}
    return render(request, "officers/send.html", context, status=422 if form.errors else 200)


def _kinds(request: HttpRequest) -> list[HandOverKind]:
    viewer = viewer_of(request)
    leaves = [HandOverKind.LEAVES] if viewer.can(Permission.MANAGE_ACCOUNTS) else []
    return leaves + ([HandOverKind.MOVES] if may_move(viewer) else [])


def _sent(
    request: HttpRequest, viewer: Viewer, now: datetime, page: OfficerPage, form: SendForm
) -> HttpResponse:
    given, officer_id = form.cleaned_data, page.line.officer_id
    if given["kind"] == HandOverKind.LEAVES:
        deactivate_officer(
            viewer=viewer,
            now=now,
            officer_id=officer_id,
            on=given["on"],
            reason=given["reason"],
        )
    else:
        move_officer(
            viewer=viewer,
            now=now,
            officer_id=officer_id,
            squad_id=given["squad"],
            reason=given["reason"],
        )
    messages.success(request, "On record. Their work waits to be handed over.")
    return redirect("officer", officer_id)


@signed_in
@require_POST
def withdraw(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    """They stay after all."""
    viewer, now = viewer_of(request), timezone.now()
    form = WhyForm(request.POST)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            withdraw_hand_over(viewer=viewer, now=now, officer_id=officer_id, reason=reason)
        except NoReason as refused:
            form.add_error("reason", str(refused))
        except NothingWaits as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, STAYS)
            return redirect("officer", officer_id)
    page = officer_page(viewer=viewer, now=now, officer_id=officer_id)
    context = {"page": page, "line": page.line, "form": form, "kinds": _kinds(request)}
    return render(request, "officers/show.html", context, status=422)


@requires(Permission.ASSIGN_CASE)
@asking_or_acting
def hand_over(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    """Everything of theirs with a suggested new owner; given away in one go, or not at all."""
    viewer, now = viewer_of(request), timezone.now()
    if request.method == "POST" and waiting_hand_over(officer_id) is None:
        return _over_already(request, viewer, now, officer_id)
    sheet = hand_over_page(viewer=viewer, now=now, officer_id=officer_id)
    form = HandOverForm(request.POST if request.method == "POST" else None, sheet=sheet)
    status = 200
    if request.method == "POST":
        form.is_valid()
        try:
            done = complete_hand_over(
                viewer=viewer, now=now, officer_id=officer_id, choices=form.choices()
            )
        except (Stale, NotOffered) as refused:
            form.add_error(None, str(refused))
            status = 409 if isinstance(refused, Stale) else 422
        except NothingWaits:
            return _over_already(request, viewer, now, officer_id)
        else:
            messages.success(request, in_words(done))
            return redirect("officer", officer_id)
    return render(request, "officers/hand_over.html", {"sheet": sheet, "form": form}, None, status)


def _over_already(
    request: HttpRequest, viewer: Viewer, now: datetime, officer_id: UUID
) -> HttpResponse:
    officer_page(viewer=viewer, now=now, officer_id=officer_id)
    messages.info(request, "Nothing of theirs waits any more. This form changed nothing.")
    return redirect("officer", officer_id)


def in_words(done: Outcome) -> str:
    """As in "12 cases are handed over; 1 is open and on its supervisor's desk."."""
    parts = [f"{done.given} {'case is' if done.given == 1 else 'cases are'} handed over"]
    if done.kept:
        parts.append(f"{done.kept} {'goes' if done.kept == 1 else 'go'} along")
    if done.left_open:
        verb = "is" if done.left_open == 1 else "are"
        parts.append(f"{done.left_open} {verb} open and on a supervisor's desk")
    return "; ".join(parts) + "."
