"""A person's page and an entry's original: masked, and shown for minutes to who gave a reason."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit.context import current
from cases.access import Hidden
from cases.enums import Permission
from cases.forms.reveals import RevealForm, Ticket
from cases.selectors.reveals import RevealPage, original_page, person_page
from cases.selectors.sealed_things import Thing, person_thing, text_thing
from cases.services.reveals import (
    RevealAsk,
    RevealRefused,
    end_reveal,
    refuse_reveal,
    reveal_identity,
    reveal_original,
)
from cases.views.gate import requires, viewer_of


@dataclass(frozen=True, slots=True)
class Desk:
    """What differs between a person's page and an original's."""

    home: str
    parameter: str
    template: str
    thing: Callable[[UUID], Thing]
    page: Callable[..., RevealPage]
    reveal: Callable[..., object]


PEOPLE = Desk(
    "person", "person_id", "reveals/person.html", person_thing, person_page, reveal_identity
)
ORIGINALS = Desk(
    "original", "response_id", "reveals/original.html", text_thing, original_page, reveal_original
)


@requires(Permission.VIEW_CASES)
@never_cache
@require_safe
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    return _show(request, PEOPLE, person_id)


@requires(Permission.VIEW_CASES)
@never_cache
def reveal_person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    return _reveal(request, PEOPLE, person_id)


@requires(Permission.VIEW_CASES)
@never_cache
@require_POST
def mask_person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    return _mask(request, PEOPLE, person_id)


@requires(Permission.VIEW_CASES)
@never_cache
@require_safe
def original(request: HttpRequest, response_id: UUID) -> HttpResponse:
    return _show(request, ORIGINALS, response_id)


@requires(Permission.VIEW_CASES)
@never_cache
def reveal_text(request: HttpRequest, response_id: UUID) -> HttpResponse:
    return _reveal(request, ORIGINALS, response_id)


@requires(Permission.VIEW_CASES)
@never_cache
@require_POST
def mask_text(request: HttpRequest, response_id: UUID) -> HttpResponse:
    return _mask(request, ORIGINALS, response_id)


def _show(
    request: HttpRequest, desk: Desk, key: UUID, *, refused: RevealRefused | None = None
) -> HttpResponse:
    """The page; shown or masked is decided by the windows that stand in the database."""
    viewer, now, session = viewer_of(request), timezone.now(), _session()
    page = desk.page(viewer=viewer, now=now, session=session, **{desk.parameter: key})
    token = _ticket(request, key).issue(now)
    typed = None if refused is None else request.POST
    form = RevealForm(typed, initial={"token": token}, reasons=page.reasons, least=page.least)
    if refused is not None:
        form.renew(token)
        form.add_error(refused.field or None, str(refused))
    context = {"page": page, "head": page.head, "about": page.about, "form": form}
    response = render(request, desk.template, context, status=422 if refused else 200)
    if page.shown:
        response.headers["Refresh"] = str(page.shown.seconds)
        # Compressed beside what somebody typed, a secret's length would tell of it.
        response.headers["Content-Encoding"] = "identity"
    return response


def _reveal(request: HttpRequest, desk: Desk, key: UUID) -> HttpResponse:
    """Asks for a window and shows nothing itself: the next request goes by what was committed."""
    viewer, now = viewer_of(request), timezone.now()
    if request.method != "POST":
        # What is hidden and what is not there answer alike to the wrong verb too.
        with suppress(Hidden):
            refuse_reveal(viewer=viewer, now=now, thing=desk.thing(key), why="not_posted")
        return HttpResponseNotAllowed(["POST"])
    form = RevealForm(request.POST, reasons=(), least=0)
    ask: RevealAsk = form.ask(_ticket(request, key), now)
    try:
        desk.reveal(viewer=viewer, now=now, ask=ask, **{desk.parameter: key})
    except RevealRefused as refused:
        return _show(request, desk, key, refused=refused)
    return redirect(desk.home, key)


def _mask(request: HttpRequest, desk: Desk, key: UUID) -> HttpResponse:
    end_reveal(viewer=viewer_of(request), now=timezone.now(), thing=desk.thing(key))
    messages.success(request, "Masked again.")
    return redirect(desk.home, key)


def _ticket(request: HttpRequest, key: UUID) -> Ticket:
    return Ticket(viewer_of(request).account_key, _session(), key)


def _session() -> str:
    """The digest of the session that the middleware bound; empty outside one."""
    context = current()
    return context.session if context else ""
