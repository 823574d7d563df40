"""The case list and the case page: what is shown, and which way does it lead on?"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cases.access import Key, Viewer
from cases.enums import Permission
from cases.forms.filters import (
    FORMS,
    CaseFilterForm,
    Origin,
    SaveFilterForm,
    WorkFilterForm,
    parse_origin,
    parse_query,
    uuid_or_none,
)
from cases.selectors import cases, timeline, work
from cases.selectors.case_access import case_access_page
from cases.selectors.case_detail import CasePage, case_page
from cases.selectors.cases import Neighbours
from cases.selectors.linking import links_of_case
from cases.views.gate import requires, viewer_of

PAGE_SIZE = cases.PAGE_SIZE
PAGES = {work.SCREEN: ("my-work", "my work"), cases.SCREEN: ("case-list", "the list")}


@requires(Permission.VIEW_CASES)
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    form = CaseFilterForm(request.GET)
    before = _key(request.GET.get("before", ""))
    page = cases.case_list(
        viewer=viewer_of(request),
        now=timezone.now(),
        filters=form.filters(),
        before=before,
        size=PAGE_SIZE,
    )
    query = form.query()
    context = {
        "page": page,
        "form": form,
        "save_form": SaveFilterForm(initial={"screen": cases.SCREEN, "query": query}),
        "query": query,
        "origin": Origin(cases.SCREEN, query).token,
        "url": reverse("case-list"),
        "pages": _pages(page.next_key, query, first=before is None),
    }
    return render(request, "cases/list.html", context)


def _key(token: str) -> Key | None:
    """The place in the list that `_token` made; None for anything else: the first page."""
    at, _, case_id = token.partition("_")
    key = uuid_or_none(case_id)
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (instant, key) if key and instant.tzinfo else None


def _pages(next_key: Key | None, query: str, *, first: bool) -> dict[str, str]:
    base = reverse("case-list")
    if next_key is None:
        following = ""
    else:
        place = urlencode({"before": f"{next_key[0].isoformat()}_{next_key[1]}"})
        following = f"{base}?{query}&{place}" if query else f"{base}?{place}"
    return {
        "previous_url": "" if first else f"{base}?{query}",
        "previous_words": "First page",
        "next_url": following,
        "next_words": "Older",
        "words": "The newest entry first",
    }


@requires(Permission.VIEW_CASES)
@require_safe
def case_detail(request: HttpRequest, case_id: UUID) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    only = request.GET.get("type", "")
    only = only if only in dict(timeline.TYPES) else ""
    page = case_page(viewer=viewer, now=now, case_id=case_id, only=only)
    origin = parse_origin(request.GET.get("from", ""))
    context = {
        "page": page,
        "head": page.head,
        "only": only,
        "types": timeline.types_in(page.reading),
        "origin": origin.token if origin else "",
        "trail": _trail(viewer, now, page, origin) if origin else None,
        "links": links_of_case(viewer, now, case_id) if page.linked else (),
    }
    return render(request, "cases/detail.html", context)


def _trail(viewer: Viewer, now: datetime, page: CasePage, origin: Origin) -> dict[str, Any]:
    """Back to the list, and on to its previous and next case."""
    found = _neighbours(viewer, now, page, origin)
    name, words = PAGES[origin.screen]
    return {
        "list_url": f"{reverse(name)}?{origin.query}",
        "list_words": words,
        "previous_url": _case_url(found.previous_id, origin),
        "next_url": _case_url(found.next_id, origin),
    }


def _neighbours(viewer: Viewer, now: datetime, page: CasePage, origin: Origin) -> Neighbours:
    form = FORMS[origin.screen](parse_query(origin.query))
    if isinstance(form, WorkFilterForm):
        order = work.work_order(viewer=viewer, now=now, filters=form.filters())
        return cases.adjacent(order, page.head.case_id)
    return cases.neighbours(viewer=viewer, now=now, filters=form.filters(), key=page.key)


def _case_url(case_id: UUID | None, origin: Origin) -> str:
    if case_id is None:
        return ""
    return f"{reverse('case-detail', args=[case_id])}?{urlencode({'from': origin.token})}"


@requires(Permission.VIEW_CASES)
@require_safe
def case_access(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Who can see this case, and why: a page, or the panel of one."""
    page = case_access_page(viewer=viewer_of(request), now=timezone.now(), case_id=case_id)
    fragment = bool(getattr(request, "htmx", False))
    template = "cases/_access.html" if fragment else "cases/access.html"
    return render(request, template, {"page": page, "head": page.head})
