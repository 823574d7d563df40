"""How do tests bring two writers to the same place at once? By events, never by the clock.

Each worker is a thread with a connection of its own.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event as Signal

import pytest
from django.db import connection, transaction

from audit.context import acting_as_system

PATIENCE = 20


class Worker:
    """A thread that runs `act` in a transaction, then holds it open until told to commit."""

    def __init__(self, pool: ThreadPoolExecutor, act: Callable[[], object]) -> None:
        self.connected, self.acted, self.may_commit = Signal(), Signal(), Signal()
        self.backend = 0
        self.result: Future[object] = pool.submit(self._run, act)

    def _run(self, act: Callable[[], object]) -> object:
        try:
            with acting_as_system("test"), transaction.atomic():
                self.backend = backend_of_this_connection()
                self.connected.set()
                done = act()
                self.acted.set()
                assert self.may_commit.wait(PATIENCE)
            return done
        finally:
            self.acted.set()
            connection.close()

    def wait_until_acted(self) -> None:
        assert self.acted.wait(PATIENCE)

    def commit(self) -> object:
        self.may_commit.set()
        return self.result.result(PATIENCE)


@contextmanager
def workers(*acts: Callable[[], object]) -> Iterator[list[Worker]]:
    with ThreadPoolExecutor(len(acts)) as pool:
        started = [Worker(pool, act) for act in acts]
        try:
            yield started
        finally:
            for worker in started:
                worker.may_commit.set()


def backend_of_this_connection() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def is_waiting_for_a_lock(worker: Worker) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [worker.backend])
        return bool(cursor.fetchone()[0])


def wait_until_blocked(worker: Worker) -> None:
    """Asks the database again and again, as long as it takes the worker to get there."""
    assert worker.connected.wait(PATIENCE)
    for _ in range(100_000):
        if is_waiting_for_a_lock(worker):
            return
    pytest.fail("The worker never had to wait.")
