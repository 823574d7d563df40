"""Has this account, or this address, had its share? One count for all processes, in Redis.

A count is a number under a key that names the limit, its slot of time and a keyed digest of whose
it is: neither an account's id nor an address stands there. It vanishes with its slot. Redis may be
away, slow or full; what holds then is the limit's own word (`Without`), and nobody waits for it.
"""

import hashlib
import hmac
import logging
from collections import Counter
from datetime import datetime
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from uuid import UUID

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from cases.rules.limits import Limit, Without

logger = logging.getLogger(__name__)

# A process alone gets this part of a limit: the web server has as many (production/web_server.py).
PROCESSES = 3
PATIENCE_SECONDS = 0.25
ALONE_REMEMBERS = 20_000
NETWORK_BITS = 64
NO_ADDRESS = "no address"


def account_key(account_id: UUID) -> str:
    """Whose count it is: an account's."""
    return _digest(f"account:{account_id}")


def address_key(address: str | None) -> str:
    """Whose count it is: an address's."""
    return _digest(f"address:{place_of(address)}" if address else NO_ADDRESS)


def place_of(address: str) -> str:
    """The address, or of IPv6 the network that one household or one machine has to itself."""
    known = ip_address(address)
    if isinstance(known, IPv6Address):
        return str(ip_network((known, NETWORK_BITS), strict=False))
    return str(known)


def has_room(limit: Limit, whose: str, now: datetime) -> bool:
    """Count one, and say whether it is still within the limit. `whose` is a key from above."""
    most = limit.most * settings.LIMIT_FACTOR
    key = f"{settings.LIMIT_PREFIX}:{limit.name}:{limit.slot(now)}:{whose}"
    try:
        return _counted(key, limit) <= most
    except redis.RedisError as error:
        _tell(limit, error)
    return limit.without is Without.ALONE and _ALONE.has_room(key, max(1, most // PROCESSES))


def _digest(whose: str) -> str:
    message = f"limits:{whose}".encode()
    return hmac.new(settings.DIGEST_KEY, message, hashlib.sha256).hexdigest()[:32]


def _counted(key: str, limit: Limit) -> int:
    with _client(settings.LIMIT_URL).pipeline(transaction=True) as pipe:
        pipe.incr(key)
        pipe.expire(key, limit.within)
        counted, _ = pipe.execute()
    return int(counted)


@cache
def _client(url: str) -> redis.Redis:
    """One quick second try, for a connection that had gone stale."""
    return redis.Redis.from_url(
        url,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def _tell(limit: Limit, error: redis.RedisError) -> None:
    """The class of the error: its words may hold the server's address."""
    logger.error("No shared count of %s: %s", limit.name, type(error).__name__)


class _Alone:
    """What one process counts by itself. When it is full, it begins anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def has_room(self, key: str, most: int) -> bool:
        with self._lock:
            if len(self._counts) >= ALONE_REMEMBERS and key not in self._counts:
                self._counts.clear()
            self._counts[key] += 1
            return self._counts[key] <= most


_ALONE = _Alone()
