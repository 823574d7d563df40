"""Why was somebody refused? Answered to an administrator, without a word about a case."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django.views.decorators.http import require_safe

from cases.enums import Permission
from cases.selectors.refusals import refusal_page, refusals
from cases.views.gate import requires, viewer_of


@requires(Permission.MANAGE_ROLES)
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The newest refused requests."""
    found = refusals(viewer=viewer_of(request), now=timezone.now())
    return render(request, "access/refusals.html", {"refusals": found})


@requires(Permission.MANAGE_ROLES)
@require_safe
def why(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One of them, rule by rule."""
    page = refusal_page(viewer=viewer_of(request), now=timezone.now(), number=entry_id)
    wanted = [
        {"label": Permission(name).label, "held": name in page.permissions}
        for name in _asked_for(page.refusal.route.replace(" ", "-"))
    ]
    return render(request, "access/refusal.html", {"page": page, "wanted": wanted})


def _asked_for(route: str) -> list[str]:
    """The permissions that a page asks for before it looks at any record."""
    views: list[Any] = [one.callback for one in _patterns(get_resolver()) if one.name == route]
    return [name for view in views for name in view.access_rule if name in Permission]


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from _patterns(one)
