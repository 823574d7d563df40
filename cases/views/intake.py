"""How does a report become a case? Look for the child first, then take down the report.

What is typed about people travels in POST bodies only; no URL, title or log line carries it, and
no browser stores the pages.
"""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.events import Event
from audit.recorder import record as leave_entry
from cases.access import Viewer, visible_cases
from cases.enums import Channel, Permission
from cases.forms.intake import WORDS, ChannelWords, IntakeChoices, IntakeForms, SearchForm
from cases.models import Case
from cases.selectors.intake import (
    case_of_referral,
    offense_codes,
    own_squad_id,
    recent_divisions,
    referral_is_known,
    squads,
)
from cases.services.cases import ReportFromFuture, create_case
from cases.services.finding import Candidates, TooManySearches, search_identities
from cases.views.gate import requires


@requires(Permission.CREATE_CASE)
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The four ways in which a report comes in."""
    _looked(timezone.now(), "case-new-choose")
    channels = [
        {"label": channel.label, "lead": words.lead, "url": reverse("case-new", args=[channel])}
        for channel, words in WORDS.items()
    ]
    return render(request, "intake/choose.html", {"channels": channels})


@requires(Permission.CREATE_CASE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest, channel: str) -> HttpResponse:
    """Step 1. A POST answers with the cases found and the form of step 2."""
    words, now = _words(channel), timezone.now()
    if request.method != "POST":
        _looked(now, "case-new", channel)
        return _show_search(request, words, SearchForm())
    form = SearchForm(request.POST)
    if not form.is_valid():
        _looked(now, "case-new", channel)
        return _show_search(request, words, form, status=422)
    viewer = _viewer(request)
    try:
        found = _found(viewer, now, form)
    except TooManySearches as error:
        form.add_error(None, str(error))
        return _show_search(request, words, form, status=429)
    page = IntakeForms(
        words,
        _choices(viewer, now),
        child=form.cleaned_data,
        received_at=timezone.localtime(now),
        squad=str(own_squad_id(viewer) or ""),
    )
    return _show_intake(request, words, page, found)


@requires(Permission.CREATE_CASE)
@never_cache
@require_POST
def record(request: HttpRequest, channel: str) -> HttpResponse:
    """Step 2: opens the case, or shows what is wrong beside what was typed."""
    words, now, viewer = _words(channel), timezone.now(), _viewer(request)
    page = IntakeForms(words, _choices(viewer, now), request.POST)
    case = _open(viewer, now, page) if page.is_valid() else None
    if case is None:
        _looked(now, "case-new-intake", channel)
        return _show_intake(request, words, page, None, status=422)
    return _opened(request, viewer, now, case)


def _found(viewer: Viewer, now: datetime, form: SearchForm) -> Candidates | None:
    """None when neither name nor birth date is known: there is nothing to look for yet."""
    if not form.is_searchable():
        _looked(now, "case-new-intake")
        return None
    return search_identities(viewer=viewer, now=now, identity=form.identity())


def _open(viewer: Viewer, now: datetime, page: IntakeForms) -> Case | None:
    """The new case; None with the sentence on its field when the report can't be taken."""
    intake = page.intake()
    sent = intake.referral
    if sent and referral_is_known(intake.channel, sent.organization, sent.reference):
        number = case_of_referral(viewer, now, intake.channel, sent.organization, sent.reference)
        where = f"on case {number}" if number else "on no case that you may see"
        page.refuse_referral(
            f"This report is on record already, {where}. "
            f"{'Log it there' if number else 'Ask your sergeant'} instead of opening another."
        )
        return None
    try:
        return create_case(viewer=viewer, now=now, intake=intake)
    except ReportFromFuture as error:
        page.report.add_error("received_at", str(error))
        return None


def _opened(request: HttpRequest, viewer: Viewer, now: datetime, case: Case) -> HttpResponse:
    if visible_cases(viewer, now).filter(pk=case.pk).exists():
        messages.success(
            request, f"Case {case.number} is open and its clocks run. Next: log the initial report."
        )
        return redirect("case-detail", case_id=case.pk)
    messages.success(
        request,
        f"Case {case.number} is open and its clocks run. The squad's sergeant assigns it; you will "
        "see it once it is yours.",
    )
    return redirect("case-new-choose")


def _show_search(
    request: HttpRequest, words: ChannelWords, form: SearchForm, status: int = 200
) -> HttpResponse:
    context = {"words": words, "channel": words.channel, "form": form}
    return render(request, "intake/search.html", context, status=status)


def _show_intake(
    request: HttpRequest,
    words: ChannelWords,
    page: IntakeForms,
    found: Candidates | None,
    status: int = 200,
) -> HttpResponse:
    context = {"words": words, "channel": words.channel, "page": page, "found": found}
    return render(request, "intake/intake.html", context, status=status)


def _choices(viewer: Viewer, now: datetime) -> IntakeChoices:
    nibrs, statutes = offense_codes(timezone.localdate(now))
    return IntakeChoices(squads(), nibrs, statutes, recent_divisions(viewer, now))


def _words(channel: str) -> ChannelWords:
    if channel not in Channel.values:
        raise Http404
    return WORDS[Channel(channel)]


def _viewer(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def _looked(now: datetime, page: str, channel: str = "") -> None:
    details = {"channel": channel} if channel else {}
    leave_entry(Event.PAGE_VIEWED, at=now, subject_type="page", subject_id=page, details=details)
