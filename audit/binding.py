"""In whose name does a transaction write? The database is told, and refuses what is in nobody's.

A trigger on each table of cases reads the setting `caseunit.actor` (migration 0011 of `cases`).
It is set by the first statement of a transaction that may write, for that transaction alone, from
the same context that the recorder reads; whoever writes past the application has no context.
"""

import re
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from audit.context import current

NOBODY = "nobody signed in"
# What begins so never fires a trigger of a case's table: reading a page costs nothing.
HARMLESS = (
    "SELECT ",
    "SAVEPOINT ",
    "RELEASE ",
    'INSERT INTO "audit_',
    'INSERT INTO "django_session"',
    'UPDATE "django_session"',
)
WRITING = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|CALL|DO)\b", re.IGNORECASE)
BIND = "SELECT set_config('caseunit.actor', %s, %s)"


class ActorBinder:
    """Stands before one connection's statements and keeps the database's setting right."""

    def __init__(self) -> None:
        self._bound = ""

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,  # noqa: FBT001
        context: dict[str, Any],
    ) -> Any:
        wrapper: BaseDatabaseWrapper = context["connection"]
        _note_write(sql)
        if wrapper.get_autocommit():
            return self._alone(wrapper, lambda: execute(sql, params, many, context), sql)
        if _begins(wrapper):
            self._bound = ""
        if _may_write(sql):
            self.bind(wrapper)
        try:
            return execute(sql, params, many, context)
        finally:
            if str(sql).startswith("ROLLBACK TO"):
                self._bound = ""

    def bind(self, wrapper: BaseDatabaseWrapper) -> None:
        """Say in whose name the open transaction goes on. A savepoint undone undoes it too."""
        wanted = _actor()
        if wanted != self._bound or _begins(wrapper):
            _tell(wrapper, wanted, here_only=True)
            self._bound = wanted

    def forget(self) -> None:
        """What was said is not known to hold any more."""
        self._bound = ""

    def _alone(self, wrapper: BaseDatabaseWrapper, execute: Callable[[], Any], sql: Any) -> Any:
        """A statement that is its own transaction."""
        if not (_may_write(sql) and _actor()):
            return execute()
        _tell(wrapper, _actor(), here_only=False)
        try:
            return execute()
        finally:
            _tell(wrapper, "", here_only=False)


def watch_connection(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    """For `connection_created`. In front: whoever wraps for a while takes the last one away."""
    if not any(isinstance(one, ActorBinder) for one in connection.execute_wrappers):
        connection.execute_wrappers.insert(0, ActorBinder())


def binder_of(connection: Any) -> ActorBinder:
    """Whoever stands before this connection's statements."""
    return next(one for one in connection.execute_wrappers if isinstance(one, ActorBinder))


def bind_before_copy() -> None:
    """COPY runs past the wrappers of statements: say so before. Inside a transaction."""
    context = current()
    if context:
        context.wrote = True
    binder_of(connection).bind(connection)


def bind_session(actor: str, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """For maintenance that acts outside any context: until it says "" again."""
    connections[using].ensure_connection()
    _tell(connections[using], actor, here_only=False)


def _begins(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether the next statement is its transaction's first: nothing is set then."""
    status: int = wrapper.connection.get_transaction_status()
    return status == TRANSACTION_STATUS_IDLE


def _actor() -> str:
    context = current()
    return (context.actor.id or NOBODY) if context else ""


def _note_write(sql: Any) -> None:
    context = current()
    if context and not context.wrote:
        context.wrote = "cases_" in str(sql) and _may_write(sql)


def _may_write(sql: Any) -> bool:
    text = sql if isinstance(sql, str) else str(sql)
    return not text.startswith(HARMLESS) and WRITING.search(text) is not None


def _tell(wrapper: BaseDatabaseWrapper, actor: str, *, here_only: bool) -> None:
    """On the driver's own cursor: no statement of the application's, and not counted as one."""
    with wrapper.wrap_database_errors, wrapper.connection.cursor() as cursor:
        cursor.execute(BIND, [actor, here_only])
