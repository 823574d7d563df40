"""Which suggested links wait for a decision, and what is decided about one?"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.events import Event
from audit.recorder import record_denied
from cases.enums import LinkState, Permission
from cases.forms.finding import LinkForm
from cases.selectors.linking import link_card, waiting_links
from cases.services.linking import NoReason, NotDecidable, decide_link
from cases.views.gate import requires, viewer_of
from cases.views.once import once

DONE = {
    LinkState.CONFIRMED: "The two cases are linked.",
    LinkState.DISMISSED: "The suggestion is dismissed. On either case that can be changed.",
    LinkState.UNDONE: "The link is undone.",
}


@requires(Permission.SEARCH_PEOPLE)
@require_safe
def link_list(request: HttpRequest) -> HttpResponse:
    """Suggestions between cases that the reader may see, both of them."""
    page = waiting_links(viewer=viewer_of(request), now=timezone.now())
    return render(request, "finding/links.html", {"page": page})


@requires(Permission.VIEW_CASES, Permission.LOG_RESPONSE)
@require_POST
@once(Event.LINK_REFUSED, "link_id")
def decide(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Takes the decision, leads back to the list or a case; asks again when a reason lacks."""
    viewer, now = viewer_of(request), timezone.now()
    card = link_card(viewer, now, link_id)
    form, from_list = LinkForm(request.POST), request.POST.get("back") == "list"
    if form.is_valid():
        decision = LinkState(form.cleaned_data["decision"])
        try:
            decide_link(
                viewer=viewer,
                now=now,
                link_id=link_id,
                decision=decision,
                reason=form.cleaned_data["reason"],
            )
        except (NoReason, NotDecidable) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, DONE[decision])
            if from_list:
                return redirect("link-list")
            return redirect("case-detail", case_id=card.cases[0].case_id)
    _refused(link_id, form)
    context = {"link": card, "form": form, "from_list": from_list}
    return render(request, "finding/decide.html", context, status=422)


def _refused(link_id: UUID, form: LinkForm) -> None:
    """Leaves the attempt, with the decision that was asked for where it is one."""
    record_denied(
        Event.LINK_REFUSED,
        at=timezone.now(),
        subject_type="link",
        subject_id=link_id,
        reason="No reason that says enough, or no step from where the link stood.",
        details={"asked": form.cleaned_data.get("decision", "")},
    )
