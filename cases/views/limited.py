"""What does somebody read who has had their share? When to come again, and nothing else."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from audit.middleware import source_address
from cases.limits import account_key, address_key, has_room
from cases.models import Account
from cases.rules.limits import Limit

View = Callable[..., HttpResponseBase]
STATUS = 429


def limited(limit: Limit, *, methods: tuple[str, ...] = ("GET", "POST")) -> Callable[[View], View]:
    """Declare that these methods of a view count against a limit. Stands below its access rule."""

    def declare(view: View) -> View:
        @wraps(view)
        def counting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refused = beyond(request, limit) if request.method in methods else None
            return refused or view(request, *args, **kwargs)

        counting.limit = limit  # type: ignore[attr-defined]
        return counting

    return declare


def beyond(request: HttpRequest, limit: Limit) -> HttpResponse | None:
    """The answer to who has had their share, by account or, before there is one, by address.

    For somebody signed in it is a refused attempt, which the middleware puts on record.
    """
    now = timezone.now()
    return None if has_room(limit, _whose(request), now) else _come_again(request, limit, now)


def _whose(request: HttpRequest) -> str:
    account = request.user
    if isinstance(account, Account):
        return account_key(account.pk)
    return address_key(source_address(request))


def _come_again(request: HttpRequest, limit: Limit, now: datetime) -> HttpResponse:
    seconds = limit.seconds_left(now)
    context = {"minutes": -(-seconds // 60)}
    answer = render(request, "429.html", context, status=STATUS)
    answer.headers["Retry-After"] = str(seconds)
    return answer
