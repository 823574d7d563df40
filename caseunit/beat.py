"""Which one of the beats that happen to run hands out the periodic tasks?

The one that holds an advisory lock of the database, on a connection of its own. The others wait;
when the leader dies its connection ends, the lock is free, and one of them goes on. When each
task was last handed out is kept in the cache server, so that neither a takeover nor a restart
repeats a task or forgets one that fell due meanwhile.
"""

import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from redis.exceptions import RedisError

LOCK_KEY = 0x63617365756E6974
LOOK_EVERY_SECONDS = 5
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

logger = logging.getLogger(__name__)


class Leadership:
    """A session-level advisory lock, held as long as its connection lives."""

    def __init__(self, alias: str = "default") -> None:
        self._connection: BaseDatabaseWrapper = connections.create_connection(alias)
        self._held = False

    def hold(self) -> bool:
        """Take the lock, or make sure that it is still ours."""
        try:
            with self._connection.cursor() as cursor:
                if self._held:
                    cursor.execute("SELECT 1")
                else:
                    cursor.execute("SET tcp_keepalives_idle = 10")
                    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY])
                    self._held = bool(cursor.fetchone()[0])
        except (OperationalError, InterfaceError):
            self.release()
        return self._held

    def release(self) -> None:
        self._held = False
        self._connection.close()


class LeaderScheduler(Scheduler):
    """Celery's scheduler, which works only while it leads."""

    max_interval = LOOK_EVERY_SECONDS

    data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.leadership = Leadership()
        self.leading = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        self.install_default_entries(self.data)
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Hand out what is due, if we lead; seconds until the next look."""
        if settings.BEAT_ALIVE_FILE:
            Path(settings.BEAT_ALIVE_FILE).touch()
        if not self._leads():
            return LOOK_EVERY_SECONDS
        return super().tick(*args, **kwargs)

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        result = super().apply_async(entry, *args, **kwargs)
        cache.set(_last_run_key(entry), time.time(), timeout=None)
        return result

    def close(self) -> None:
        super().close()
        self.leadership.release()

    def _leads(self) -> bool:
        if not self.leadership.hold():
            self.leading = False
        elif not self.leading:
            self.leading = self._take_over()
        return self.leading

    def _take_over(self) -> bool:
        """Go on from where the last leader was."""
        try:
            for entry in self.schedule.values():
                entry.last_run_at = _last_run(entry)
        except RedisError:
            logger.warning("This beat can't lead yet: the cache server does not answer.")
            return False
        self.populate_heap()
        logger.info("This beat leads now.")
        return True


def _last_run(entry: ScheduleEntry) -> datetime:
    at = cache.get(_last_run_key(entry))
    return LONG_AGO if at is None else datetime.fromtimestamp(at, tz=UTC)


def _last_run_key(entry: ScheduleEntry) -> str:
    return f"beat-last-run-{entry.name}"
