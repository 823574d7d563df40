"""What do all tests share? A clock that stands still, an actor, and a database that empties."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from _pytest import runner
from django.conf import settings
from django.core.management.commands import flush as flushing
from django.db.backends.postgresql.operations import DatabaseOperations
from pytest_django import DjangoDbBlocker

from audit.context import Context, acting_as_system
from cases.enums import RoleCode
from cases.models import Account, Role
from caseunit import celery_app
from tests.database_roles import take_roles
from tests.emptying import empty, keep_months, keep_seeds
from tests.leaks import Identity, Watch, watching
from tests.order import long_first, modules_of
from tests.room import with_room


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: a module whose tests take long: begun first")
    config.addinivalue_line(
        "markers", "unbound: nobody acts unless the code under test binds an actor"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = modules_of(item for item in items if item.get_closest_marker("long"))
    items[:] = long_first(items, long, workers)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """As pytest does it, with room on the stack."""
    return bool(with_room(runner.pytest_runtest_protocol, item, nextitem))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector need not walk it again."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """What nothing holds is found here, once: pytest would walk all the rest five times."""
    gc.collect()
    gc.collect()
    gc.freeze()


@pytest.fixture
def now() -> datetime:
    """A Monday, 09:00 in Chicago."""
    return datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def somebody_acts(request: pytest.FixtureRequest) -> Iterator[Context | None]:
    """Every entry needs an actor. Tests of what must bind its own (tasks, commands) get none."""
    binds_itself = {"test_tasks.py", "test_commands.py"}
    if request.node.get_closest_marker("unbound") or request.path.name in binds_itself:
        yield None
        return
    with acting_as_system("test") as context:
        yield context


@pytest.fixture(autouse=True)
def tasks_are_done_at_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """The browser's tests have a real worker, which stays for as long as the process does: whoever
    comes after them in that process hands it nothing.
    """
    if "browser" in request.path.parts:
        yield
        return
    before = celery_app.conf.task_always_eager
    celery_app.conf.task_always_eager = True
    yield
    celery_app.conf.task_always_eager = before


@pytest.fixture(autouse=True)
def counts_begin_anew() -> None:
    """Of limits: in tests nobody's clock moves, and everybody comes from one address."""
    settings.LIMIT_PREFIX = f"limits-{uuid4()}"


@pytest.fixture
def child() -> Identity:
    """An invented child, whose names are no words of any page."""
    return {
        "first_name": "Zephyrine",
        "last_name": "O'Quillfeather",
        "birth_date": "2018-02-09",
        "phone": "(816) 555-0143",
        "address": "4117 Invented Hollow Lane",
    }


@pytest.fixture
def account(now: datetime) -> Account:
    """An invented detective's login, without an officer behind it."""
    role = Role.objects.get(code=RoleCode.DETECTIVE)
    with acting_as_system("test"):
        return Account.objects.create(
            username="r.invented", display_name="R. Invented", role=role, created_at=now
        )


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Everything that leaves the process while the test runs: `watch.nothing_leaked([child])`."""
    with watching() as watched:
        yield watched


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Lets tests that commit empty the database behind them (`tests/emptying.py`)."""
    with django_db_blocker.unblock():
        keep_seeds()
        keep_months()
        take_roles()

    def flush(_self: DatabaseOperations, sql_list: list[str]) -> None:
        empty(truncate_all=sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
        patch.setattr(flushing, "emit_post_migrate_signal", lambda *_args, **_named: None)
        yield
