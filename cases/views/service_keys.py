"""Which machines have keys? Made and revoked here, with a reason; each key is shown once."""

from datetime import datetime, time, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases.enums import Permission, ServiceScope
from cases.forms.service_keys import MakeKeyForm, RevokeKeyForm
from cases.selectors.service_keys import service_keys
from cases.services.lockout import NoReason
from cases.services.service_keys import BadEnd, NoKey, make_service_key, revoke_service_key
from cases.views.gate import requires, viewer_of
from cases.views.standing import fresh


@requires(Permission.MANAGE_ACCOUNTS)
@fresh
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Every key; and, with a reason, the end of one."""
    viewer, now = viewer_of(request), timezone.now()
    lines = service_keys(viewer=viewer, now=now)
    good = [(str(one.id), f"{one.name} ({one.prefix})") for one in lines if one.standing == "good"]
    form = RevokeKeyForm(request.POST or None, keys=good)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            revoke_service_key(viewer=viewer, now=now, key_id=given["key"], reason=given["reason"])
        except (NoKey, NoReason) as refused:
            form.add_error("reason" if isinstance(refused, NoReason) else None, str(refused))
        else:
            messages.success(request, "That key opens nothing any more.")
            return redirect("service-keys")
    context = {"lines": lines, "form": form, "can_revoke": bool(good)}
    return render(request, "service_keys/list.html", context, None, 422 if form.errors else 200)


@requires(Permission.MANAGE_ACCOUNTS)
@fresh
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a key, and show it this once."""
    viewer, now = viewer_of(request), timezone.now()
    form = MakeKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            key = make_service_key(
                viewer=viewer,
                now=now,
                name=given["name"],
                scope=ServiceScope(given["scope"]),
                expires_at=_end_of(given["until"]),
                reason=given["reason"],
            )
        except (BadEnd, NoReason) as refused:
            form.add_error("reason" if isinstance(refused, NoReason) else "until", str(refused))
        else:
            return render(request, "service_keys/key.html", {"key": key, "name": given["name"]})
    service_keys(viewer=viewer, now=now)
    return render(
        request, "service_keys/new.html", {"form": form}, None, 422 if form.errors else 200
    )


def _end_of(day: datetime) -> datetime:
    """The midnight after a day of the unit's calendar."""
    midnight = datetime.combine(day, time.min) + timedelta(days=1)
    return timezone.make_aware(midnight, timezone.get_default_timezone())
