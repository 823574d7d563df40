"""How does a sergeant read and decide on a report?"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from cases.enums import Permission, ReviewDecision
from cases.forms.reviews import ReviewForm
from cases.selectors.reviews import ReviewPage, review_page
from cases.services.reviews import AlreadyReviewed, ReturnedWithoutComment, review_report
from cases.views.gate import requires, viewer_of


@requires(Permission.REVIEW_REPORT)
def review(request: HttpRequest, response_id: UUID) -> HttpResponse:
    page = review_page(viewer=viewer_of(request), now=timezone.now(), response_id=response_id)
    form = ReviewForm(request.POST or None, elements=page.elements)
    if request.method == "POST" and form.is_valid() and _decide(request, page, form):
        return redirect("case-detail", page.head.case_id)
    context = {"page": page, "head": page.head, "form": form}
    return render(request, "responses/review.html", context, status=422 if form.errors else 200)


def _decide(request: HttpRequest, page: ReviewPage, form: ReviewForm) -> bool:
    decision = ReviewDecision(form.cleaned_data["decision"])
    try:
        review_report(
            viewer=viewer_of(request),
            now=timezone.now(),
            response_id=page.response_id,
            decision=decision,
            comments=form.comments(),
        )
    except (AlreadyReviewed, ReturnedWithoutComment) as error:
        form.add_error(None, str(error))
        return False
    words = "approved" if decision == ReviewDecision.APPROVED else "returned with your comments"
    messages.success(request, f"The report is {words}.")
    return True
