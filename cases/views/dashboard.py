"""The supervisor's first page: which cases need me, and what can I do about them at once?"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.events import Event
from audit.recorder import record
from cases.access import Viewer
from cases.enums import Permission
from cases.figures.keeping import figures_for
from cases.forms.dashboard import (
    ACKNOWLEDGE,
    ASK,
    ASSIGN,
    BulkForm,
    ChoosingForm,
    FilterForm,
    FlagListForm,
    query_of,
)
from cases.rules.ranking import CONCERNS, counted, headline
from cases.selectors import charts
from cases.selectors.dashboard import Dashboard, choices, dashboard
from cases.selectors.desk import desk, lies, lying
from cases.selectors.policy import current_policy
from cases.selectors.ranked import ACKNOWLEDGED, PAGE_SIZE, Filters
from cases.services.bulk import Done, assign_cases
from cases.services.flags import acknowledge_flags, request_update
from cases.views.gate import requires, viewer_of


@requires(Permission.SEE_DASHBOARD)
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    filters = FilterForm(request.GET).filters()
    viewer, now = viewer_of(request), timezone.now()
    return _page(request, viewer, now, filters)


@requires(Permission.SEE_DASHBOARD)
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Acknowledge, ask for an update or assign: the chosen cases in one go, never closing any."""
    viewer, now = viewer_of(request), timezone.now()
    offered = choices(viewer, now)
    form = BulkForm(request.POST, offered)
    if not form.is_valid():
        return _page(request, viewer, now, form.back_filters(), form, status=422)
    done = _ACTS[form.cleaned_data["action"]](viewer, now, form)
    messages.add_message(
        request, messages.WARNING if done.refused or done.walled else messages.SUCCESS, done.words
    )
    query = form.back_query()
    return redirect(f"{reverse('dashboard')}?{query}" if query else "dashboard")


@requires(Permission.SEE_DASHBOARD)
@require_safe
def flags(request: HttpRequest) -> HttpResponse:
    """The flags behind one mark of the weekly chart."""
    viewer, now = viewer_of(request), timezone.now()
    form = FlagListForm(request.GET)
    week = charts.monday_of(form.week_starts_on() or timezone.localdate(now))
    filters = form.filters()
    answer = form.cleaned_data.get("answer", "")
    rows = charts.flags_of_week(viewer, now, filters, week, answer)
    record(
        Event.DASHBOARD_VIEWED,
        at=now,
        subject_type="page",
        subject_id="flag-list",
        details={"cases": sorted({str(row.case_id) for row in rows}), "week": week.isoformat()},
    )
    context = {
        "rows": rows,
        "week": week,
        "answer": dict(form.fields["answer"].choices)[answer],  # type: ignore[attr-defined]
        "most": charts.FLAGS_SHOWN,
        "back": query_of(filters),
    }
    return render(request, "dashboard/flags.html", context)


# -- the page -----------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    viewer: Viewer,
    now: datetime,
    filters: Filters,
    bulk: BulkForm | None = None,
    status: int = 200,
) -> HttpResponse:
    policy = current_policy()
    offered = choices(viewer, now, lying(viewer, now, policy))
    bulk = bulk or BulkForm(None, offered, query_of(filters))
    page = dashboard(viewer, now, filters)
    shown = figures_for(viewer, now, filters, policy)
    record(
        Event.DASHBOARD_VIEWED,
        at=now,
        details={"cases": [str(row.case_id) for row in page.rows], "listed": page.listed},
    )
    context = {
        "page": page,
        "head": _head(page, filters),
        "open": shown.open,
        "filters": filters,
        "choosing": ChoosingForm(filters, offered, shown.divisions),
        "bulk": bulk,
        "chosen": {*bulk.case_ids, *bulk.flag_ids},
        "figures": shown.drawn,
        "drawn_at": shown.as_of,
        "pages": _pages(page, filters),
        "narrowed": bool(query_of(filters)),
        "desk": desk(viewer, now, lies(offered.asked)),
        "may": {
            "acknowledge": viewer.can(Permission.ACKNOWLEDGE_FLAG),
            "assign": viewer.can(Permission.ASSIGN_CASE),
        },
    }
    return render(request, "dashboard/dashboard.html", context, status=status)


def _head(page: Dashboard, filters: Filters) -> dict[str, Any]:
    """The sentence that the page begins with; each count in it leads to its list."""
    parts = [
        {
            "words": counted(count.concern, count.count),
            "url": _url(filters, kind=count.concern, show=""),
            "tone": "alert" if index == 0 and count.concern == next(iter(CONCERNS)) else "",
            "chosen": filters.kind == count.concern,
        }
        for index, count in enumerate(page.counts)
    ]
    return {
        "words": headline(page.total),
        "parts": parts,
        "overlaps": sum(count.count for count in page.counts) > page.total,
        "acknowledged_url": _url(filters, kind="", show=ACKNOWLEDGED),
        "all_url": _url(filters, kind="", show=""),
    }


def _pages(page: Dashboard, filters: Filters) -> dict[str, str]:
    first = (page.page - 1) * PAGE_SIZE + 1
    last = first + len(page.rows) - 1
    return {
        "previous_url": _url(filters, page=page.page - 1) if page.page > 1 else "",
        "next_url": _url(filters, page=page.page + 1) if page.has_more else "",
        "words": f"{first:,} to {last:,} of {page.listed:,}" if page.rows else "",
        "previous_words": "Back",
        "next_words": "More",
    }


def _url(filters: Filters, **changes: object) -> str:
    query = query_of(filters, **changes)
    return f"{reverse('dashboard')}?{query}" if query else reverse("dashboard")


# -- the acts -----------------------------------------------------------------------------------


def _acknowledge(viewer: Viewer, now: datetime, form: BulkForm) -> Done:
    done = acknowledge_flags(
        viewer=viewer,
        now=now,
        case_ids=form.case_ids,
        flag_ids=form.flag_ids,
        comment=form.cleaned_data["comment"],
    )
    return Done(len(form.case_ids) + len(form.flag_ids), len(done.refused))


def _ask(viewer: Viewer, now: datetime, form: BulkForm) -> Done:
    done = request_update(
        viewer=viewer, now=now, case_ids=form.case_ids, comment=form.cleaned_data["comment"]
    )
    return Done(len(form.case_ids), len(done.refused))


def _assign(viewer: Viewer, now: datetime, form: BulkForm) -> Done:
    given = form.cleaned_data
    return assign_cases(
        viewer=viewer,
        now=now,
        case_ids=form.case_ids,
        officer_id=UUID(given["officer"]),
        reason=given["comment"],
    )


_ACTS: dict[str, Callable[[Viewer, datetime, BulkForm], Done]] = {
    ACKNOWLEDGE: _acknowledge,
    ASK: _ask,
    ASSIGN: _assign,
}
