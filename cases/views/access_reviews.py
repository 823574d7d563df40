"""Access that is looked at again: what is due, and whether it stays; and what somebody can see."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cases.enums import AccessDecision, Permission
from cases.forms.access_reviews import ReviewForm
from cases.selectors.access_reviews import GRANT, ROLE, WALL, review_item, review_page
from cases.selectors.reaches import reach_page
from cases.services.access_reviews import review_access
from cases.views.gate import requires, signed_in, viewer_of
from cases.views.standing import fresh

asking_or_acting = require_http_methods(["GET", "HEAD", "POST"])


@signed_in
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    everything = request.GET.get("all") == "1"
    page = review_page(viewer=viewer_of(request), now=timezone.now(), everything=everything)
    return render(request, "access_reviews/list.html", {"page": page})


@signed_in
@fresh
@asking_or_acting
def role(request: HttpRequest, code: str) -> HttpResponse:
    return _decide(request, ROLE, code)


@requires(Permission.GRANT_ACCESS)
@asking_or_acting
def grant(request: HttpRequest, grant_id: int) -> HttpResponse:
    return _decide(request, GRANT, str(grant_id))


@requires(Permission.GRANT_ACCESS)
@asking_or_acting
def wall(request: HttpRequest, wall_id: UUID) -> HttpResponse:
    return _decide(request, WALL, str(wall_id))


def _decide(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    item = review_item(viewer=viewer, now=now, kind=kind, key=key)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        decision = AccessDecision(form.cleaned_data["decision"])
        reason = form.cleaned_data["reason"]
        try:
            review_access(
                viewer=viewer, now=now, kind=kind, key=key, decision=decision, reason=reason
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            kept = decision == AccessDecision.KEEP
            messages.success(request, "It stays." if kept else "It is removed.")
            return redirect("access-reviews")
    context = {"item": item, "form": form}
    return render(request, "access_reviews/item.html", context, None, 422 if form.errors else 200)


@signed_in
@require_safe
def reach(request: HttpRequest, account_id: UUID) -> HttpResponse:
    page = reach_page(viewer=viewer_of(request), now=timezone.now(), account_id=account_id)
    return render(request, "access_reviews/reach.html", {"page": page})
