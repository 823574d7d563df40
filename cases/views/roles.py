"""Roles by permissions: what each may do, what a change would do, and the change itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.events import Event
from audit.recorder import record
from cases.access import Viewer
from cases.enums import Permission, RoleChangeState
from cases.forms.roles import ApplyForm, RoleForm, TrialForm, UuidForm
from cases.models import RoleChange
from cases.selectors import roles as selector
from cases.selectors.access_reviews import overdue_reviews
from cases.selectors.parts import parts_table
from cases.selectors.role_changes import Trial, before_change, people_of, trial, waiting_changes
from cases.selectors.roles import Effect, RoleCard, effect_of, role_card
from cases.services.roles import ChangedMeanwhile, change_role, needs_second
from cases.views.gate import requires, viewer_of
from cases.views.standing import fresh

PREVIEW, APPLY, TRY = "preview", "apply", "try"


@requires(Permission.MANAGE_ROLES)
@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    record(Event.ROLES_VIEWED, at=now)
    context = {
        "matrix": selector.matrix(viewer),
        "waiting": waiting_changes(),
        "overdue": overdue_reviews(viewer, now),
        "parts": parts_table(),
    }
    return render(request, "roles/matrix.html", context)


@requires(Permission.MANAGE_ROLES)
@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The form; its preview; and, with a reason, the change. The preview changes nothing."""
    viewer, now = viewer_of(request), timezone.now()
    role = role_card(viewer, code)
    step = request.POST.get("step", "")
    if step == APPLY:
        return _apply(request, viewer, now, role)
    if step in (PREVIEW, TRY):
        return _preview(request, viewer, now, role, RoleForm(request.POST))
    back_to = UuidForm(request.GET).value()
    if back_to is not None:
        older = RoleForm.asking(role, before_change(viewer, code, back_to))
        return _preview(request, viewer, now, role, older)
    _looked(now, role)
    form = RoleForm(request.POST) if request.method == "POST" else RoleForm.of(role)
    return _show_form(request, role, form)


def _preview(
    request: HttpRequest, viewer: Viewer, now: datetime, role: RoleCard, form: RoleForm
) -> HttpResponse:
    if not form.is_valid():
        _looked(now, role)
        return _show_form(request, role, form, status=422)
    effect = effect_of(viewer, now, role.code, form.change())
    if effect.changes_nothing:
        form.add_error(None, "Nothing is changed: the role is so already.")
        _looked(now, role)
        return _show_form(request, role, form, status=422)
    _looked(now, role, effect)
    tried = None
    if request.POST.get("step") == TRY:
        tried = _tried(request, viewer, now, role, form)
    return _show_effect(request, role, ApplyForm.proposing(form), form, effect, tried=tried)


def _tried(
    request: HttpRequest, viewer: Viewer, now: datetime, role: RoleCard, form: RoleForm
) -> tuple[TrialForm, Trial | None]:
    """The change tried on one person and one case, by the rule that would enforce it."""
    asked = TrialForm(request.POST, people=people_of(role.code))
    if not asked.is_valid():
        return asked, None
    found = trial(
        viewer=viewer,
        now=now,
        code=role.code,
        change=form.change(),
        account_id=asked.cleaned_data["person"],
        number=asked.cleaned_data["number"],
    )
    if found is None:
        asked.add_error("number", "No case has this number.")
    return asked, found


def _apply(request: HttpRequest, viewer: Viewer, now: datetime, role: RoleCard) -> HttpResponse:
    form = ApplyForm(request.POST)
    if not form.is_valid():
        return _again(request, viewer, now, role, form)
    change = form.change()
    try:
        done = change_role(
            viewer=viewer,
            now=now,
            code=role.code,
            version=form.cleaned_data["version"],
            scope=change.scope,
            permissions=change.permissions,
            reason=form.cleaned_data["reason"],
        )
    except ChangedMeanwhile as error:
        fresh = RoleForm.of(role)
        _looked(now, role)
        return _show_form(request, role, fresh, status=409, sentence=str(error))
    except ValueError as error:
        form.add_error(None, str(error))
        return _again(request, viewer, now, role, form)
    messages.success(request, said_of(done))
    return redirect("roles")


def said_of(*changes: RoleChange) -> str:
    """What became of changes that were asked for."""
    waiting = [change.role.label for change in changes if change.state == RoleChangeState.WAITING]
    done = [change.role.label for change in changes if change.state == RoleChangeState.APPLIED]
    parts = []
    if done:
        verb = "is" if len(done) == 1 else "are"
        parts.append(f"{', '.join(done)} {verb} changed. It takes effect on everybody's next page.")
    if waiting:
        parts.append(f"{', '.join(waiting)}: dangerous, so a second person has to approve it.")
    return " ".join(parts)


def _again(
    request: HttpRequest, viewer: Viewer, now: datetime, role: RoleCard, form: ApplyForm
) -> HttpResponse:
    """The preview once more, with what is wrong; a damaged form starts over."""
    proposed = RoleForm(request.POST)
    _looked(now, role)
    if not proposed.is_valid():
        return _show_form(request, role, RoleForm.of(role), status=422)
    effect = effect_of(viewer, now, role.code, proposed.change())
    return _show_effect(request, role, form, proposed, effect, status=422)


def _show_form(
    request: HttpRequest, role: RoleCard, form: RoleForm, status: int = 200, sentence: str = ""
) -> HttpResponse:
    groups = [
        (name, [_tick(permission, form) for permission in permissions])
        for name, permissions in selector.GROUPS
    ]
    context = {"role": role, "form": form, "groups": groups, "sentence": sentence}
    return render(request, "roles/edit.html", context, status=status)


def _tick(permission: Permission, form: RoleForm) -> dict[str, Any]:
    return {
        "value": permission.value,
        "label": permission.label,
        "dangerous": permission in Permission.dangerous(),
        "ticked": permission.value in form.ticked,
    }


def _show_effect(
    request: HttpRequest,
    role: RoleCard,
    form: ApplyForm,
    proposed: RoleForm,
    effect: Effect,
    status: int = 200,
    tried: tuple[TrialForm, Trial | None] | None = None,
) -> HttpResponse:
    trying, result = tried or (TrialForm(people=people_of(role.code)), None)
    context = {
        "role": role,
        "form": form,
        "proposed": proposed.cleaned_data,
        "effect": effect,
        "sees": seeing(effect),
        "added": _named(effect.added),
        "removed": _named(effect.removed),
        "second": needs_second(
            role.permissions, proposed.change().permissions, role.scope, effect.scope_after
        ),
        "trying": trying,
        "result": result,
    }
    return render(request, "roles/preview.html", context, status=status)


def seeing(effect: Effect) -> str:
    """As in "3 more people will see 41 more cases; 2 lose 5"."""
    parts = []
    if effect.gaining:
        people = _counted(effect.gaining, "person", "people")
        parts.append(f"{people} will see {_counted(effect.gained, 'more case', 'more cases')}")
    if effect.losing:
        people = _counted(effect.losing, "person", "people")
        parts.append(f"{people} will lose sight of {_counted(effect.lost, 'case', 'cases')}")
    return "; ".join(parts) + "." if parts else "Nobody will see more or fewer cases."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _named(permissions: Iterable[Permission]) -> list[dict[str, Any]]:
    return [
        {"label": permission.label, "dangerous": permission in Permission.dangerous()}
        for permission in permissions
    ]


def _looked(now: datetime, role: RoleCard, effect: Effect | None = None) -> None:
    details: dict[str, object] = {"version": role.version}
    if effect is not None:
        details |= {
            "previewed": {
                "added": list(effect.added),
                "removed": list(effect.removed),
                "scope": effect.scope_after,
            }
        }
    record(Event.ROLES_VIEWED, at=now, subject_type="role", subject_id=role.code, details=details)
