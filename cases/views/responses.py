"""How is a response written: a form, kept as it is typed, logged once?"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localtime
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from audit.events import Event, Outcome
from audit.recorder import record
from cases.enums import Permission
from cases.forms.responses import (
    ResponseForm,
    fresh,
    kind_in,
    payload_of,
    resumed,
    settled_by,
    version_in,
)
from cases.selectors.responses import ResponsePage, report_score, response_page
from cases.services import responses
from cases.services.responses import (
    CaseEnded,
    DraftConflict,
    IncompleteWithoutReason,
    ResponseFromFuture,
    UnknownSuspect,
)
from cases.views.gate import requires, viewer_of

FIELD_OF = {
    ResponseFromFuture: "occurred_at",
    IncompleteWithoutReason: "incomplete_reason",
    UnknownSuspect: "suspect",
}


@requires(Permission.LOG_RESPONSE)
@sensitive_post_parameters()
@sensitive_variables()
def log(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The form; a POST logs the entry, or keeps the draft when the button says so."""
    page = response_page(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)
    if request.method != "POST":
        return _open(request, page)
    if request.POST.get("step") == "save":
        return _keep(request, page)
    form = ResponseForm(request.POST, page=page)
    if form.is_valid() and _log(request, page, form):
        messages.success(request, "The entry is in the log.")
        return redirect("case-detail", case_id)
    return _show(request, page, form, request.POST, status=422)


def _open(request: HttpRequest, page: ResponsePage) -> HttpResponse:
    """Where the viewer's draft goes on, else a new entry."""
    if page.draft is None:
        data = fresh(page, timezone.now(), request.GET.get("kind", ""))
    else:
        data = resumed(page.draft)
    return _show(request, page, ResponseForm(initial=data, page=page), data)


@sensitive_variables()
def _show(
    request: HttpRequest,
    page: ResponsePage,
    form: ResponseForm,
    data: Mapping[str, Any],
    *,
    status: int = 200,
    conflict: DraftConflict | None = None,
) -> HttpResponse:
    context = {
        "page": page,
        "head": page.head,
        "form": form,
        "score": page.rules.score(*_settled(data)),
        "differences": differences(form, conflict.theirs, data) if conflict else (),
        "their_version": conflict.version if conflict else None,
    }
    return render(request, "responses/log.html", context, status=status)


@sensitive_variables()
def _settled(data: Mapping[str, Any]) -> tuple[frozenset[str], int]:
    """What half-typed data settle, and how long their narrative is."""
    return settled_by(data, timezone.now()), len(str(data.get("narrative", "")).strip())


def _log(request: HttpRequest, page: ResponsePage, form: ResponseForm) -> bool:
    try:
        responses.log_response(
            viewer=viewer_of(request),
            now=timezone.now(),
            case_id=page.head.case_id,
            entry=form.entry(),
        )
    except (CaseEnded, *FIELD_OF) as error:
        form.add_error(FIELD_OF.get(type(error)), str(error))
        return False
    return True


@sensitive_variables()
def _keep(request: HttpRequest, page: ResponsePage) -> HttpResponse:
    """Without script: the draft is kept by a button."""
    try:
        saved = _save(request, page.head.case_id)
    except DraftConflict as conflict:
        mine = request.POST.copy()
        mine["version"] = str(conflict.version)
        form = ResponseForm(initial=mine.dict(), page=page)
        return _show(request, page, form, mine.dict(), status=409, conflict=conflict)
    messages.success(request, f"Draft saved {localtime(saved.saved_at):%H:%M:%S}.")
    return redirect("response-log", page.head.case_id)


@sensitive_variables()
def _save(request: HttpRequest, case_id: UUID) -> responses.DraftSaved:
    typed = request.POST.dict()
    return responses.save_draft(
        viewer=viewer_of(request),
        now=timezone.now(),
        case_id=case_id,
        version=version_in(typed),
        kind=kind_in(typed),
        payload=payload_of(typed),
    )


@requires(Permission.LOG_RESPONSE)
@require_POST
@sensitive_post_parameters()
@sensitive_variables()
def save_draft(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Keep what was typed, answer with its score; 409 with both texts if another window saved."""
    try:
        saved = _save(request, case_id)
    except DraftConflict as conflict:
        return _conflict(request, case_id, conflict)
    settled, length = _settled(request.POST.dict())
    score = report_score(
        viewer=viewer_of(request),
        now=timezone.now(),
        case_id=case_id,
        settled=settled,
        narrative_length=length,
    )
    response = render(request, "responses/_score.html", {"score": score})
    response["X-Draft-Version"] = str(saved.version)
    response["X-Draft-Saved"] = f"{localtime(saved.saved_at):%H:%M:%S}"
    return response


@sensitive_variables()
def _conflict(request: HttpRequest, case_id: UUID, conflict: DraftConflict) -> HttpResponse:
    page = response_page(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)
    form = ResponseForm(initial={}, page=page)
    record(
        Event.RESPONSE_DRAFT_SAVED,
        at=timezone.now(),
        outcome=Outcome.FAILED,
        subject_type="case",
        subject_id=case_id,
        details={"version": conflict.version},
    )
    context = {
        "head": page.head,
        "differences": differences(form, conflict.theirs, request.POST.dict()),
        "their_version": conflict.version,
    }
    response = render(request, "responses/_conflict.html", context, status=409)
    response["X-Draft-Version"] = str(conflict.version)
    return response


def differences(
    form: ResponseForm, theirs: Mapping[str, object], mine: Mapping[str, Any]
) -> list[dict[str, object]]:
    """Field by field what this window holds and what was saved elsewhere, where they differ."""
    return [
        {"label": bound.label, "mine": mine.get(name) or "", "theirs": theirs.get(name) or ""}
        for name, bound in ((name, form[name]) for name in form.fields)
        if not bound.is_hidden and (mine.get(name) or "") != (theirs.get(name) or "")
    ]


@requires(Permission.LOG_RESPONSE)
@require_POST
def discard_draft(request: HttpRequest, case_id: UUID) -> HttpResponse:
    responses.discard_draft(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)
    messages.success(request, "The draft is gone.")
    return redirect("case-detail", case_id)
