"""Who is locked out after wrong passwords, and who lets them in again?"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cases.enums import Permission
from cases.forms.lockout import ReleaseForm
from cases.selectors.lockout import locked_accounts
from cases.services.lockout import NoReason, NotLocked, release_account
from cases.views.gate import requires, viewer_of
from cases.views.standing import fresh


@requires(Permission.MANAGE_ACCOUNTS)
@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def locked(request: HttpRequest) -> HttpResponse:
    """The locked accounts; and, with a reason, the release of one."""
    found = locked_accounts(viewer=viewer_of(request), now=timezone.now())
    form = ReleaseForm(request.POST or None, locked=found)
    if request.method == "POST" and form.is_valid() and _released(request, form):
        messages.success(request, "The account may sign in again.")
        return redirect("accounts-locked")
    status = 422 if form.errors else 200
    return render(
        request, "registration/locked.html", {"locked": found, "form": form}, None, status
    )


def _released(request: HttpRequest, form: ReleaseForm) -> bool:
    given = form.cleaned_data
    try:
        release_account(
            viewer=viewer_of(request),
            now=timezone.now(),
            account_id=given["account"],
            reason=given["reason"],
        )
    except (NoReason, NotLocked) as refused:
        form.add_error("reason" if isinstance(refused, NoReason) else None, str(refused))
        return False
    return True
