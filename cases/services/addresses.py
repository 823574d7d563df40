"""How many sign-ins failed from one address? Who knows usernames shall not lock every account.

Counted in Redis, under digests. While Redis is away the audit log, which has every failure, is
asked instead: slower, and never more lenient.
"""

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from audit.context import current
from audit.events import Event
from audit.models import Entry
from audit.recorder import record
from cases.limits import place_of
from cases.selectors.lockout import COUNTED_WITHIN


def is_paused(now: datetime) -> bool:
    """Whether the bound request's address has failed too often within the minutes that count."""
    place = _place()
    if not place:
        return False
    try:
        failures = int(cache.get(_key(place), 0))
    except RedisError:
        failures = _failures_on_record(place, now)
    return failures >= settings.SIGN_IN_FAILURES_BY_ADDRESS


def count_failure(now: datetime) -> None:
    """A step: one more from the bound request's address; the one that is too many is on record.

    The window begins with the first failure and ends as a whole.
    """
    place = _place()
    if not place:
        return
    try:
        cache.add(_key(place), 0, timeout=int(COUNTED_WITHIN.total_seconds()))
        failures = int(cache.incr(_key(place)))
    except ValueError:  # It ended between the two.
        return
    except RedisError:
        failures = _failures_on_record(place, now)
    if failures == settings.SIGN_IN_FAILURES_BY_ADDRESS:
        record(Event.ADDRESS_PAUSED, at=now, details={"failures": failures})


def _place() -> str:
    context = current()
    return place_of(context.source) if context is not None and context.source else ""


def _failures_on_record(place: str, now: datetime) -> int:
    rows = Entry.objects.filter(event=Event.SIGN_IN_FAILED, at__gt=now - COUNTED_WITHIN)
    found = rows.extra(where=["source_address <<= %s::inet"], params=[place])
    return int(found.count())


def _key(place: str) -> str:
    message = f"caseunit.sign-in from:{place}".encode()
    return f"sign-in:{hmac.new(settings.DIGEST_KEY, message, hashlib.sha256).hexdigest()[:32]}"
