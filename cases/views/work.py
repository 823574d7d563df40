"""My work: what does a detective see first, and which of its views do they keep?"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cases.enums import Permission
from cases.forms.filters import Origin, SaveFilterForm, WorkFilterForm
from cases.selectors import work
from cases.services import filters
from cases.views.gate import requires, viewer_of

PAGES = {"work": "my-work", "cases": "case-list"}


@requires(Permission.VIEW_CASES)
@require_safe
def my_work(request: HttpRequest) -> HttpResponse:
    form = WorkFilterForm(request.GET)
    page = work.my_work(viewer=viewer_of(request), now=timezone.now(), filters=form.filters())
    context = {
        "page": page,
        "form": form,
        "save_form": SaveFilterForm(initial={"screen": work.SCREEN, "query": form.query()}),
        "query": form.query(),
        "origin": Origin(work.SCREEN, form.query()).token,
        "url": reverse("my-work"),
    }
    return render(request, "work/my_work.html", context)


@requires(Permission.VIEW_CASES)
@require_POST
def save_filter(request: HttpRequest) -> HttpResponse:
    form = SaveFilterForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The filter was not kept. Give it a name of at most 80 characters.")
        return redirect(PAGES.get(request.POST.get("screen", ""), "case-list"))
    try:
        kept = filters.save_filter(
            viewer=viewer_of(request), now=timezone.now(), **form.cleaned_data
        )
    except filters.NamesSomebody as error:
        messages.error(request, f"The filter was not kept. {error}")
        return redirect(PAGES[form.cleaned_data["screen"]])
    messages.success(request, "The filter is kept.")
    return redirect(f"{reverse(PAGES[kept.screen])}?{kept.query}")


@requires(Permission.VIEW_CASES)
@require_POST
def delete_filter(request: HttpRequest, filter_id: UUID) -> HttpResponse:
    screen = filters.delete_filter(
        viewer=viewer_of(request), now=timezone.now(), filter_id=filter_id
    )
    messages.success(request, "The filter is gone.")
    return redirect(PAGES[screen])
