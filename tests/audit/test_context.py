"""Does each thread, task and nested act keep to its own actor?"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from audit.context import acting_as, acting_as_system, current

pytestmark = pytest.mark.unbound


def test_nobody_acts_until_bound() -> None:
    assert current() is None


def test_the_binding_ends_with_the_block() -> None:
    with acting_as("1", "first"):
        pass

    assert current() is None


def test_the_binding_ends_when_the_block_fails() -> None:
    with pytest.raises(RuntimeError, match="on purpose"), acting_as("1", "first"):
        raise RuntimeError("on purpose")

    assert current() is None


def test_an_inner_actor_gives_way_to_the_outer() -> None:
    with acting_as("1", "first") as outer:
        with acting_as_system("sweep") as inner:
            assert current() is inner
        assert current() is outer


def test_threads_do_not_see_each_other() -> None:
    together = Barrier(2)

    def act(name: str) -> str:
        with acting_as(name, name):
            together.wait()
            context = current()
            together.wait()
            return context.actor.id if context else ""

    with acting_as("main", "main"), ThreadPoolExecutor(2) as pool:
        assert list(pool.map(act, ["a", "b"])) == ["a", "b"]


def act_and_fail(*deferred: Callable[[], None]) -> None:
    with acting_as("1", "first") as context:
        context.deferred += deferred
        raise RuntimeError("on purpose")


def test_deferred_work_runs_once_at_the_end_even_after_a_failure() -> None:
    done: list[str] = []

    with pytest.raises(RuntimeError, match="on purpose"):
        act_and_fail(lambda: done.append("one"), lambda: done.append("two"))

    assert done == ["one", "two"]


def test_the_actor_is_released_even_when_deferred_work_fails() -> None:
    def fail() -> None:
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="gone"):
        act_and_fail(fail)

    assert current() is None
