"""What do all tests share? A clock that stands still, an actor, and a database that empties."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from pytest_django import DjangoDbBlocker

from audit.context import Context, acting_as_system
from cases.enums import RoleCode
from cases.models import Account, Role
from caseunit import celery_app
from tests.leaks import Identity, Watch, watching

SEEDS = "test_seeds"
Row = tuple[Any, ...]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "unbound: nobody acts unless the code under test binds an actor"
    )


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
    """Lets tests that commit empty the database behind them.

    The audit table refuses TRUNCATE even from its owner, which is the point of it; so the flush,
    and nothing else, switches those triggers off and on again in its own transaction. Rows that
    migrations wrote (roles, the first policy) are put back: every test starts from a migrated
    database.
    """
    with django_db_blocker.unblock():
        _keep_seeds()
        _keep_months()
    plain = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        with transaction.atomic():
            _execute(["SELECT set_config('caseunit.actor', 'system:test', true)"])
            triggers = _truncate_triggers()
            _execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in triggers)
            plain(self, sql_list)
            _execute(
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in triggers
            )
            _restore_seeds()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
        yield


def _truncate_triggers() -> list[Row]:
    return _rows(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
        r"WHERE tgname LIKE '%\_no\_truncate'"
    )


def _keep_seeds() -> None:
    _execute([f"DROP SCHEMA IF EXISTS {SEEDS} CASCADE", f"CREATE SCHEMA {SEEDS}"])
    ours = [table for table in _tables("public") if table.startswith("cases_")]
    filled = [table for table in ours if _rows(f"SELECT 1 FROM {table} LIMIT 1")]
    _execute(f"CREATE TABLE {SEEDS}.{table} AS TABLE public.{table}" for table in filled)


def _keep_months() -> None:
    """The log's months around `now`, instead of those that the clock made."""
    made = _rows(
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = 'audit_entry'::regclass AND inhrelid <> 'audit_entry_stray'::regclass"
    )
    _execute(f"DROP TABLE {month}" for (month,) in made)
    _execute(["SELECT audit_make_months('{2026-02-01,2026-03-01,2026-04-01}')"])


def _restore_seeds() -> None:
    """In any order: foreign keys are checked at commit."""
    _execute(
        f"INSERT INTO public.{table} SELECT * FROM {SEEDS}.{table}" for table in _tables(SEEDS)
    )


def _tables(schema: str) -> list[str]:
    rows = _rows(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1")
    return [str(table) for (table,) in rows]


def _rows(sql: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _execute(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
