"""Who can see one case and why; letting somebody in, and shutting somebody out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cases.enums import Permission
from cases.forms.grants import AccountForm, GrantForm, PersonForm, ReasonForm
from cases.selectors.grants import (
    SQUAD,
    GuardedCase,
    grant_card,
    guarded_case,
    squad_card,
    wall_card,
    why_page,
)
from cases.selectors.parts import parts_table
from cases.services.grants import (
    Terms,
    end_grant,
    end_squad_grant,
    give_grant,
    lift_wall,
    set_wall,
    share_with_squad,
)
from cases.views.gate import requires, viewer_of
from cases.views.standing import fresh

asking_or_acting = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.VIEW_CASES)
@require_safe
def why(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Everybody who can see the case, and for one person every rule in order."""
    asked = PersonForm(request.GET)
    account_id = asked.cleaned_data["account"] if asked.is_valid() else None
    page = why_page(
        viewer=viewer_of(request), now=timezone.now(), case_id=case_id, account_id=account_id
    )
    return render(request, "grants/why.html", {"page": page})


@requires(Permission.GRANT_ACCESS)
@fresh
@asking_or_acting
def give(request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = _guarded(request, case_id)
    form = GrantForm(request.POST or None, accounts=case.recipients)

    def act() -> None:
        given = form.cleaned_data
        terms = Terms(given["may"], given["purpose"], given["reason"], form.expires_at())
        viewer, now, to = viewer_of(request), timezone.now(), given["account"]
        if to.startswith(SQUAD):
            squad_id = UUID(to.removeprefix(SQUAD))
            share_with_squad(
                viewer=viewer, now=now, case_id=case_id, squad_id=squad_id, terms=terms
            )
        else:
            give_grant(viewer=viewer, now=now, case_id=case_id, account_id=UUID(to), terms=terms)

    words = {
        "title": "Share this case",
        "lead": "They see this case, and nothing else that they don't see already. A squad is "
        "whoever is in it on the day; a partner has it for their discipline.",
        "button": "Share it",
        "parts": parts_table(),
    }
    return _step(request, case, form, words, act, "Access is given.")


@requires(Permission.GRANT_ACCESS)
@fresh
@asking_or_acting
def end(request: HttpRequest, case_id: UUID, grant_id: int) -> HttpResponse:
    case = _guarded(request, case_id)
    viewer, now = viewer_of(request), timezone.now()
    grant = grant_card(viewer=viewer, now=now, case_id=case_id, grant_id=grant_id)
    form = ReasonForm(request.POST or None)

    def act() -> None:
        reason = form.cleaned_data["reason"]
        end_grant(viewer=viewer, now=now, grant_id=grant_id, reason=reason)

    words = {
        "title": "End this access",
        "lead": f"{grant.who} may {grant.may} until then. It ends at once.",
        "button": "End it",
    }
    return _step(request, case, form, words, act, "The access is ended.")


@requires(Permission.GRANT_ACCESS)
@fresh
@asking_or_acting
def end_share(request: HttpRequest, case_id: UUID, share_id: UUID) -> HttpResponse:
    """A squad's access, before its time."""
    case = _guarded(request, case_id)
    viewer, now = viewer_of(request), timezone.now()
    share = squad_card(viewer=viewer, now=now, case_id=case_id, share_id=share_id)
    form = ReasonForm(request.POST or None)

    def act() -> None:
        reason = form.cleaned_data["reason"]
        end_squad_grant(viewer=viewer, now=now, grant_id=share_id, reason=reason)

    words = {
        "title": "End this access",
        "lead": f"{share.who} may {share.may} until then. It ends for all of them at once.",
        "button": "End it",
    }
    return _step(request, case, form, words, act, "The access is ended.")


@requires(Permission.GRANT_ACCESS)
@fresh
@asking_or_acting
def wall(request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = _guarded(request, case_id)
    chosen = PersonForm(request.GET)
    account = chosen.cleaned_data["account"] if chosen.is_valid() else None
    form = AccountForm(
        request.POST or None, accounts=case.choices, initial={"account": str(account or "")}
    )

    def act() -> None:
        set_wall(
            viewer=viewer_of(request),
            now=timezone.now(),
            case_id=case_id,
            account_id=UUID(form.cleaned_data["account"]),
            reason=form.cleaned_data["reason"],
        )

    def done() -> str:
        held = form.cleaned_data["account"] in case.held_by
        if not held:
            return "The wall is set."
        left = "They still have this case in name: give it to somebody else."
        return f"The wall is set. {left} Until then it is orphaned."

    words = {
        "title": "Shut somebody out",
        "lead": "A wall beats every role and every grant. For them the case does not exist.",
        "button": "Set the wall",
    }
    return _step(request, case, form, words, act, done)


@requires(Permission.GRANT_ACCESS)
@fresh
@asking_or_acting
def lift(request: HttpRequest, case_id: UUID, wall_id: UUID) -> HttpResponse:
    case = _guarded(request, case_id)
    viewer, now = viewer_of(request), timezone.now()
    standing = wall_card(viewer=viewer, now=now, case_id=case_id, wall_id=wall_id)
    form = ReasonForm(request.POST or None)

    def act() -> None:
        lift_wall(viewer=viewer, now=now, wall_id=wall_id, reason=form.cleaned_data["reason"])

    words = {
        "title": "Lift this wall",
        "lead": f"{standing.who} then sees the case again as far as role and grants reach.",
        "button": "Lift it",
    }
    return _step(request, case, form, words, act, "The wall is lifted.")


def _guarded(request: HttpRequest, case_id: UUID) -> GuardedCase:
    return guarded_case(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)


def _step(
    request: HttpRequest,
    case: GuardedCase,
    form: Form,
    words: dict[str, Any],
    act: Callable[[], None],
    done: str | Callable[[], str],
) -> HttpResponse:
    """Ask; act; or say why not, with what was typed still there."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except ValueError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, done if isinstance(done, str) else done())
            return redirect("why", case_id=case.case_id)
    context = {"case": case, "form": form, **words}
    return render(request, "grants/step.html", context, status=422 if form.errors else 200)
