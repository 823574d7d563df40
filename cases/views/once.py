"""Which forms serve once? A view that says so refuses a form without its key, or sent before."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from audit.events import Event
from cases.access import find_case
from cases.selectors.linking import link_card
from cases.selectors.releases import find_release, find_release_of
from cases.services.submissions import FIELD, SENTENCES, SentForm, Unserved, serve_once
from cases.views.gate import viewer_of

View = Callable[..., HttpResponseBase]
REFUSED = 400
# By the id in the address: raises Hidden for what the sender may not see, whatever they sent.
LOOKS: dict[str, Callable[..., object]] = {
    "case_id": lambda viewer, now, key: find_case(viewer, key, now),
    "release_id": lambda viewer, now, key: find_release(viewer, key, now),
    "item_id": lambda viewer, now, key: find_release_of(viewer, key, now),
    "link_id": link_card,
}


def once(event: Event, parameter: str, *, back: str = "") -> Callable[[View], View]:
    """Declare that a view's form serves once; stands below `requires`.

    `parameter` names the id in the address that the act is about, one of `LOOKS`; `event` is the
    act's. Who sends a form twice is led to the page `back` of the same id, where what came of it
    stands, or home. A form whose view answers with an error may be sent again.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def serving(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return view(request, *args, **kwargs)
            viewer, now, subject = viewer_of(request), timezone.now(), kwargs[parameter]
            LOOKS[parameter](viewer, now, subject)
            given = request.POST.get(FIELD, "")
            answer = serve_once(
                viewer=viewer,
                now=now,
                form=SentForm(given, event, parameter.removesuffix("_id"), subject),
                act=partial(view, request, *args, **kwargs),
                done=_is_done,
            )
            if isinstance(answer, Unserved):
                messages.warning(request, SENTENCES[answer])
                return _led_back(back, subject)
            return answer

        serving.serves_once = True  # type: ignore[attr-defined]
        return serving

    return declare


def _is_done(answer: HttpResponseBase) -> bool:
    return answer.status_code < REFUSED


def _led_back(back: str, subject: UUID) -> HttpResponse:
    return redirect(back, subject) if back else redirect("home")
