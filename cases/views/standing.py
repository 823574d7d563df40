"""What does a session know of how it began?"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest

from cases.models import Account

# By what the session's owner proved themself besides the password; empty: by nothing.
SECOND = "second"
# Who has given the right password and owes a second factor.
PENDING = "second_pending"
PENDING_FOR = timedelta(minutes=5)


def enter(request: HttpRequest, account: Account, *, second: str = "") -> None:
    """Begin the session of somebody whom `lockout.admit` has let in."""
    login(request, account)
    request.session.pop(PENDING, None)
    request.session[SECOND] = second


def await_second(request: HttpRequest, account: Account, now: datetime, target: str) -> None:
    """Remember for five minutes that the password was right, and nothing more."""
    request.session.cycle_key()
    request.session[PENDING] = {
        "account": str(account.pk),
        "at": now.timestamp(),
        "next": target,
    }


def pending(request: HttpRequest, now: datetime) -> tuple[Account, str] | None:
    """Who owes a second factor, and where they were going; None: nobody, or not any more."""
    waiting: dict[str, Any] = request.session.get(PENDING) or {}
    age = now.timestamp() - waiting.get("at", 0)
    if not 0 <= age < PENDING_FOR.total_seconds():
        return None
    account = Account.objects.filter(pk=waiting["account"], is_active=True).first()
    return (account, waiting["next"]) if account else None
