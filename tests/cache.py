"""How does a test begin with nothing kept? Others run beside it on the same server."""

from typing import Any

import redis
from django.conf import settings


def empty_cache() -> None:
    """Take out what this process's tests have kept, not others': `cache.clear()` takes all."""
    kept: dict[str, Any] = settings.CACHES["default"]
    with redis.Redis.from_url(kept["LOCATION"]) as client:
        for key in client.scan_iter(match=f"{kept['KEY_PREFIX']}:*"):
            client.delete(key)
