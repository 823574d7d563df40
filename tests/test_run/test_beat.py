"""Does one beat hand out the tasks, however many run, and another go on when it dies?"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection

from caseunit.beat import LOCK_KEY, LOOK_EVERY_SECONDS, LeaderScheduler
from caseunit.celery import app
from caseunit.embedded.children import wait_until
from tests.cache import empty_cache
from tests.test_run.conftest import CHECKOUT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.unbound]

OBJECT_ID = LOCK_KEY & 0xFFFFFFFF
# Of this database: others that run beside it have beats of their own on the same server.
LEADERS = f"""
SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE datname = current_database() AND locktype = 'advisory' AND objid = {OBJECT_ID} AND granted
"""

BEATS = f"beats-{os.getpid()}"
WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'SELECT pg_try_advisory_lock%'
"""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the tasks that reach the queue, which nobody works off here."""
    names: list[str] = []
    send = Celery.send_task

    def note(self: Celery, name: str, *args: Any, **kwargs: Any) -> Any:
        names.append(name)
        return send(self, name, *args, **{**kwargs, "queue": "test-beat"})

    monkeypatch.setattr(Celery, "send_task", note)
    empty_cache()
    yield names
    purge("test-beat")


@pytest.fixture
def beats() -> Iterator[Callable[[], LeaderScheduler]]:
    made: list[LeaderScheduler] = []

    def make() -> LeaderScheduler:
        schedule = {"tick": {"task": "tests.tick", "schedule": 3600}}
        beat = LeaderScheduler(app=Celery("tests", broker=settings.CELERY_BROKER_URL))
        beat.app.conf.beat_schedule = schedule
        beat.data.clear()
        beat.setup_schedule()
        made.append(beat)
        return beat

    yield make
    for beat in made:
        beat.close()


def leaders() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(LEADERS)
        return [pid for (pid,) in cursor.fetchall()]


def end_session_of(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_only_the_leader_hands_out(beats: Any, sent: list[str]) -> None:
    first, second = beats(), beats()

    first.tick()
    waiting = second.tick()

    assert sent == ["tests.tick"]
    assert waiting == LOOK_EVERY_SECONDS
    assert (first.leading, second.leading) == (True, False)
    assert len(leaders()) == 1


def test_another_goes_on_without_repeating_what_was_just_handed_out(
    beats: Any, sent: list[str]
) -> None:
    first, second = beats(), beats()
    first.tick()
    end_session_of(leaders()[0])

    second.tick()
    first.tick()

    assert (first.leading, second.leading) == (False, True)
    assert sent == ["tests.tick"]


def test_what_fell_due_while_nobody_led_is_handed_out_at_once(beats: Any, sent: list[str]) -> None:
    beats().tick()
    empty_cache()
    end_session_of(leaders()[0])

    beats().tick()

    assert sent == ["tests.tick", "tests.tick"]


@contextmanager
def beat_process() -> Iterator[subprocess.Popen[bytes]]:
    """A beat as production starts it, on the tests' own database. What it hands out goes to a queue
    of its own: a browser's test has a worker, which would do all of it in the midst of others.
    """
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = {
        **os.environ,
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "PYTEST_XDIST_WORKER": BEATS,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "celery", "--app=caseunit", "--quiet", "beat", "--pidfile="],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            purge(f"test-{BEATS}")


def purge(queue: str) -> None:
    with app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        channel.queue_purge(queue)


def waiting() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return [pid for (pid,) in cursor.fetchall() if pid not in leaders()]


def comes_true(condition: Callable[[], bool], *, while_lives: subprocess.Popen[bytes]) -> bool:
    return wait_until(condition, alive=lambda: while_lives.poll() is None, seconds=60)


def test_when_the_leading_process_is_killed_the_other_leads() -> None:
    with beat_process() as one:
        assert comes_true(lambda: len(leaders()) == 1, while_lives=one)
        before = leaders()
        with beat_process() as two:
            assert comes_true(lambda: len(waiting()) == 1, while_lives=two)
            heir = waiting()
            assert leaders() == before

            one.kill()

            assert comes_true(lambda: leaders() == heir, while_lives=two)
            two.kill()
            two.wait()
    assert wait_until(lambda: leaders() == [], alive=lambda: True, seconds=60)
