"""Somebody is added to a case, or corrected without being shown."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit.events import Event
from cases.enums import Permission
from cases.forms.people import AddForm, CorrectForm
from cases.models.sealing import Expunged
from cases.selectors.people import PersonStep, adding_page, correcting_page
from cases.services.correcting import NothingToCorrect, correct_person
from cases.services.victims import add_person, add_victim
from cases.views.gate import requires, viewer_of
from cases.views.once import once

asking_or_acting = require_http_methods(["GET", "HEAD", "POST"])
GONE = "This identity was expunged by order of a court. There is nothing left to correct."


@requires(Permission.LOG_RESPONSE)
@never_cache
@asking_or_acting
@once(Event.PERSON_ADDED, "case_id", back="case-detail")
def add(request: HttpRequest, case_id: UUID) -> HttpResponse:
    page = adding_page(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)
    form = AddForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        person = form.person()
        service = add_person if person.role else add_victim
        added = service(
            viewer=viewer_of(request), now=timezone.now(), case_id=case_id, person=person
        )
        messages.success(
            request, f"{added.pseudonym} is on the case, sealed. Its texts were redacted again."
        )
        return redirect("case-detail", case_id)
    return _ask(request, page, form)


@requires(Permission.LOG_RESPONSE)
@never_cache
@asking_or_acting
@once(Event.IDENTITY_CHANGED, "case_id", back="case-detail")
def correct(request: HttpRequest, case_id: UUID, person_id: UUID) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    page = correcting_page(viewer=viewer, now=now, case_id=case_id, person_id=person_id)
    form = CorrectForm(_posted(request), is_child=page.is_child)
    if request.method == "POST" and form.is_valid():
        try:
            correct_person(
                viewer=viewer,
                now=now,
                case_id=case_id,
                person_id=person_id,
                correction=form.correction(),
            )
        except NothingToCorrect as error:
            form.add_error(None, str(error))
        except Expunged:
            form.add_error(None, GONE)
        else:
            messages.success(
                request, f"{page.pseudonym} is corrected. The case's texts were redacted again."
            )
            return redirect("case-detail", case_id)
    return _ask(request, page, form)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _ask(request: HttpRequest, page: PersonStep, form: AddForm | CorrectForm) -> HttpResponse:
    context = {"page": page, "head": page.head, "form": form}
    return render(request, "people/edit.html", context, status=422 if form.errors else 200)
