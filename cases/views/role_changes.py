"""A role's history, the second person's look at a dangerous change, and roles as a file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.events import Event
from audit.recorder import record
from cases.access import Hidden, Viewer
from cases.enums import Permission
from cases.forms.roles import DecideForm, RoleFileForm, WhyForm
from cases.rules.limits import EXPORTS, UPLOADS
from cases.rules.role_file import BadRoleFile
from cases.selectors.role_changes import (
    RoleDiff,
    file_preview,
    history,
    may_approve,
    roles_file,
    waiting_change,
)
from cases.services.roles import (
    ChangedMeanwhile,
    LastManager,
    NoReason,
    NotForPartners,
    RaisesSelf,
    Wanted,
    approve_role_change,
    change_roles,
    needs_second,
    refuse_role_change,
)
from cases.views.gate import requires, signed_in, viewer_of
from cases.views.limited import limited
from cases.views.roles import said_of, seeing
from cases.views.standing import fresh

asking_or_acting = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.MANAGE_ROLES)
@require_safe
def show_history(request: HttpRequest, code: str) -> HttpResponse:
    role, changes = history(viewer=viewer_of(request), now=timezone.now(), code=code)
    return render(request, "roles/history.html", {"role": role, "changes": changes})


@signed_in
@fresh
@asking_or_acting
def decide(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """A dangerous change, looked at by a second person, or withdrawn by who proposed it."""
    viewer, now = viewer_of(request), timezone.now()
    if not may_approve(viewer):
        raise Hidden
    change = waiting_change(viewer=viewer, now=now, change_id=change_id)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _decided(request, viewer, now, change_id, form)
        except NoReason as refused:
            form.add_error("reason", str(refused))
        except (ChangedMeanwhile, LastManager, NotForPartners, RaisesSelf) as refused:
            form.add_error(None, str(refused))
    context = {"change": change, "form": form, "sees": seeing(change.effect)}
    return render(request, "roles/decide.html", context, status=422 if form.errors else 200)


def _decided(
    request: HttpRequest, viewer: Viewer, now: datetime, change_id: UUID, form: DecideForm
) -> HttpResponse:
    reason = form.cleaned_data["reason"]
    if form.cleaned_data["verdict"] == "approve":
        done = approve_role_change(viewer=viewer, now=now, change_id=change_id, reason=reason)
        messages.success(request, said_of(done))
    else:
        refuse_role_change(viewer=viewer, now=now, change_id=change_id, reason=reason)
        messages.success(request, "The change is refused. The role stays as it is.")
    return redirect("home")


@requires(Permission.MANAGE_ROLES)
@limited(EXPORTS)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    text = roles_file(viewer=viewer_of(request), now=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="roles.json"'}
    return HttpResponse(text, content_type="application/json", headers=headers)


@requires(Permission.MANAGE_ROLES)
@limited(UPLOADS, methods=("POST",))
@fresh
@asking_or_acting
def import_file(request: HttpRequest) -> HttpResponse:
    """A file, what it would change, and with a reason the change. The preview changes nothing."""
    viewer, now = viewer_of(request), timezone.now()
    form = RoleFileForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _ask(request, now, form)
    text = form.cleaned_data["text"]
    try:
        diffs = file_preview(viewer=viewer, now=now, text=text)
    except BadRoleFile as refused:
        form.add_error("file", f"File of roles: {refused}")
        return _ask(request, now, form)
    why = WhyForm(request.POST) if "apply" in request.POST else WhyForm(initial=_seen(diffs))
    if "apply" in request.POST and why.is_valid():
        try:
            wanted = _wanted(diffs, why.cleaned_data["versions"])
            reason = why.cleaned_data["reason"]
            done = change_roles(viewer=viewer, now=now, wanted=wanted, reason=reason)
        except ValueError as refused:
            why.add_error(None, str(refused))
        else:
            messages.success(request, said_of(*done))
            return redirect("roles")
    context = {"rows": [_row(diff) for diff in diffs], "form": why, "text": text}
    return render(request, "roles/import_preview.html", context, None, 422 if why.errors else 200)


def _ask(request: HttpRequest, now: datetime, form: RoleFileForm) -> HttpResponse:
    record(Event.ROLES_VIEWED, at=now, details={"part": "import"})
    return render(request, "roles/import.html", {"form": form}, None, 422 if form.errors else 200)


def _seen(diffs: tuple[RoleDiff, ...]) -> dict[str, str]:
    """The versions that the preview was made from: what differs by then is refused."""
    return {"versions": " ".join(f"{one.role.code}:{one.role.version}" for one in diffs)}


def _wanted(diffs: tuple[RoleDiff, ...], versions: str) -> list[Wanted]:
    seen = dict(part.split(":", 1) for part in versions.split() if ":" in part)
    if seen != dict(part.split(":", 1) for part in _seen(diffs)["versions"].split()):
        raise ChangedMeanwhile("A role was changed since you saw this. Look at the preview again.")
    return [
        Wanted(one.role.code, one.role.version, one.change.scope, one.change.permissions)
        for one in diffs
    ]


def _row(diff: RoleDiff) -> dict[str, Any]:
    effect = diff.effect
    return {
        "role": diff.role,
        "effect": effect,
        "sees": seeing(effect),
        "second": needs_second(
            diff.role.permissions, diff.change.permissions, diff.role.scope, diff.change.scope
        ),
    }
