"""What happens when a sealed value does not open? It is reported, and nothing of it is shown.

Whatever the view was about to show or write is rolled back with its transaction; what remains is
an entry with the outcome "failed" and a page that says so in plain words.
"""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from audit.events import Event, Outcome
from audit.recorder import record
from cases import seal
from cases.models.sealing import Expunged

STATUS = 500
GONE = 410


class BrokenSealMiddleware:
    """Catches what `cases.seal` raises in any view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, seal.SealError):
            return None
        _report(error)
        gone = isinstance(error, Expunged)
        context = {"gone": gone, "tampered": isinstance(error, seal.Tampered)}
        return render(request, "seals/broken.html", context, status=GONE if gone else STATUS)


def _report(error: seal.SealError) -> None:
    """In a transaction of its own: the view's was rolled back. A place names no person."""
    table, row = _place(getattr(error, "place", ""))
    with transaction.atomic():
        record(
            Event.SEAL_BROKEN,
            at=timezone.now(),
            subject_type=table,
            subject_id=row,
            outcome=Outcome.FAILED,
            reason=str(error),
        )


def _place(place: str) -> tuple[str, str]:
    """`table:row:field`, or `wrap:key:table:row` for a wrapped key, as table and row."""
    parts = place.split(":")
    if parts[0] == "wrap":
        parts = parts[2:]
    return (parts[0], parts[1]) if len(parts) > 1 else ("", "")
