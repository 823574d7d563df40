"""How does a release get on: begun, submitted, approved by somebody else, handed out?"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.events import Event
from cases.access import Viewer
from cases.enums import Permission
from cases.forms.releases import FileForm, NewReleaseForm, ReturnForm, WithdrawForm
from cases.rules.limits import EXPORTS
from cases.selectors import releases as selector
from cases.services.releases import approving, making, marking, preparing
from cases.services.releases.errors import ReleaseRefused
from cases.views.gate import requires, viewer_of
from cases.views.limited import limited
from cases.views.once import once

UNPROCESSABLE = 422


@requires(Permission.PREPARE_RELEASE)
@never_cache
@require_safe
def release_list(request: HttpRequest) -> HttpResponse:
    found = selector.release_list(viewer=viewer_of(request), now=timezone.now())
    return render(request, "releases/list.html", {"releases": found})


@requires(Permission.PREPARE_RELEASE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def release_new(request: HttpRequest, case_id: UUID) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    head = selector.new_release_head(viewer=viewer, now=now, case_id=case_id)
    posted = request.method == "POST"
    form = NewReleaseForm(request.POST if posted else None, profiles=selector.profile_choices())
    if posted and form.is_valid():
        try:
            release = preparing.start_release(
                viewer=viewer, now=now, case_id=case_id, **form.cleaned_data
            )
        except ReleaseRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("release-detail", release.pk)
    context = {"head": head, "form": form}
    status = UNPROCESSABLE if posted else 200
    return render(request, "releases/new.html", context, status=status)


@requires(Permission.PREPARE_RELEASE)
@never_cache
@require_safe
def release_detail(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """Where the release stands, what is in it, and what may be done next."""
    return _show(request, release_id)


def _show(
    request: HttpRequest, release_id: UUID, *, status: int = 200, **forms_: forms.Form
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    page = selector.release_page(viewer=viewer, now=now, release_id=release_id)
    context = {
        "page": page,
        "head": page.head,
        "file_form": FileForm(),
        "return_form": forms_.get("return_form", ReturnForm()),
        "withdraw_form": forms_.get("withdraw_form", WithdrawForm()),
        "refused": next((form for form in forms_.values() if form.errors), None),
    }
    partial = request.headers.get("HX-Request") == "true"
    template = "releases/_status.html" if partial else "releases/detail.html"
    response = render(request, template, context, status=status)
    if partial and not page.is_busy:
        response["HX-Refresh"] = "true"
    return response


Act = Callable[[Viewer, datetime], str]


def _act(request: HttpRequest, release_id: UUID, act: Act) -> HttpResponse:
    """Do it and say so, or say why not; back to the release either way."""
    try:
        done = act(viewer_of(request), timezone.now())
    except ReleaseRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("release-detail", release_id)


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_MARKED, "release_id", back="release-detail")
def accept_all(request: HttpRequest, release_id: UUID) -> HttpResponse:
    def act(viewer: Viewer, now: datetime) -> str:
        count = marking.accept_all(viewer=viewer, now=now, release_id=release_id)
        return f"{count} suggestion{pluralize(count)} accepted."

    return _act(request, release_id, act)


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_REFRESHED, "release_id", back="release-detail")
def refresh(request: HttpRequest, release_id: UUID) -> HttpResponse:
    def act(viewer: Viewer, now: datetime) -> str:
        count = preparing.take_texts_anew(viewer=viewer, now=now, release_id=release_id)
        if not count:
            return "Nothing on the case has changed since."
        return f"{count} text{pluralize(count)} had changed; decide on them again."

    return _act(request, release_id, act)


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_SUBMITTED, "release_id", back="release-detail")
def submit(request: HttpRequest, release_id: UUID) -> HttpResponse:
    def act(viewer: Viewer, now: datetime) -> str:
        making.ask_for_approval(viewer=viewer, now=now, release_id=release_id)
        return "The PDF is being made. Then somebody else approves it."

    return _act(request, release_id, act)


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_APPROVED, "release_id", back="release-detail")
def approve(request: HttpRequest, release_id: UUID) -> HttpResponse:
    def act(viewer: Viewer, now: datetime) -> str:
        version = request.POST.get("version", "")
        approving.approve_release(viewer=viewer, now=now, release_id=release_id, version=version)
        return "The release is approved. It can be handed out."

    return _act(request, release_id, act)


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_RETURNED, "release_id", back="release-detail")
def give_back(request: HttpRequest, release_id: UUID) -> HttpResponse:
    form = ReturnForm(request.POST)

    def act(given: dict[str, Any], viewer: Viewer, now: datetime) -> None:
        approving.return_release(
            viewer=viewer, now=now, release_id=release_id, comment=given["comment"]
        )

    return _say(request, release_id, form, act, "The release went back.", "return_form")


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_WITHDRAWN, "release_id", back="release-detail")
def withdraw(request: HttpRequest, release_id: UUID) -> HttpResponse:
    form = WithdrawForm(request.POST)

    def act(given: dict[str, Any], viewer: Viewer, now: datetime) -> None:
        approving.withdraw_release(
            viewer=viewer, now=now, release_id=release_id, reason=given["reason"]
        )

    return _say(request, release_id, form, act, "The release is withdrawn.", "withdraw_form")


def _say(
    request: HttpRequest,
    release_id: UUID,
    form: forms.Form,
    act: Callable[[dict[str, Any], Viewer, datetime], None],
    done: str,
    name: str,
) -> HttpResponse:
    """An act that takes words; they are shown again when it is refused."""
    if form.is_valid():
        try:
            act(form.cleaned_data, viewer_of(request), timezone.now())
        except ReleaseRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, done)
            return redirect("release-detail", release_id)
    return _show(request, release_id, status=UNPROCESSABLE, **{name: form})


@requires(Permission.PREPARE_RELEASE)
@limited(EXPORTS)
@never_cache
@require_safe
def download(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """The PDF under the release's number, kept by no cache."""
    viewer, now = viewer_of(request), timezone.now()
    try:
        handed = approving.hand_out(viewer=viewer, now=now, release_id=release_id)
    except ReleaseRefused as refused:
        messages.error(request, str(refused))
        return redirect("release-detail", release_id)
    response = HttpResponse(handed.content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{handed.name}"'
    response["Cache-Control"] = "no-store"
    return response
