"""In whose name does a transaction read and write? The database is told first.

A trigger on each table of cases reads the setting `caseunit.actor` (migration 0011 of `cases`), and
policies read how far the actor reaches (0018). Both are set before the first statement of a
transaction that may write or that names a guarded table, for that transaction alone, from the same
context that the recorder reads. Whoever comes past the application has no context: what is nobody's
is refused, and nobody is shown a row.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from audit.context import SYSTEM_PREFIX, current
from audit.ownership import is_owner

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
# How far an account reaches is asked again after a change to one of these; the machinery's names
# reach as far as they always do.
REACH = re.compile(
    r"cases_(caseuserobjectpermission|squadgrant|wall|account|role|rolepermission|squad|officer)\b"
)
# Who acts, across what, and in which context: a new request asks anew.
Bound = tuple[str, str, object]
UNBOUND: Bound = ("", "", None)
NOT_KNOWN: Bound = ("?", "", None)


class Guard:
    """Which tables have policies and by which function they are told; said by the app above."""

    tables: re.Pattern[str] | None = None
    function = ""


def guard_tables(tables: Iterable[str], *, function: str) -> None:
    """These show rows to whoever is bound. `function` takes the actor, the reach across cases, the
    moment, and whether it holds for the transaction alone.
    """
    Guard.tables = re.compile(rf"\b({'|'.join(sorted(tables))})\b")
    Guard.function = function


class NobodyActs(RuntimeError):
    """A guarded table was asked in nobody's name: its answer would have been empty, and wrong."""


class ActorBinder:
    """Stands before one connection's statements and keeps the database's setting right."""

    def __init__(self) -> None:
        self._bound = UNBOUND
        self._guarded = False
        # What was bound when a part of the transaction began that may be undone.
        self._at: dict[str, Bound] = {}

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,  # noqa: FBT001
        context: dict[str, Any],
    ) -> Any:
        wrapper: BaseDatabaseWrapper = context["connection"]
        text = sql if isinstance(sql, str) else str(sql)
        writes = _may_write(text)
        _note_write(text, writes=writes)
        if _begins(wrapper):
            self._begin(wrapper)
        if wrapper.get_autocommit():
            return self._alone(wrapper, lambda: execute(sql, params, many, context), text, writes)
        if writes or self._reads_guarded(wrapper, text):
            self.bind(wrapper)
        try:
            return execute(sql, params, many, context)
        finally:
            self._note_part(text)
            if writes and self._depends_on(text):
                self._bound = NOT_KNOWN
            self._note_migration(text)

    def _note_part(self, text: str) -> None:
        """Part of a transaction begins, is kept, or is undone: then what was bound before holds."""
        verb, _, point = text.partition("SAVEPOINT ")
        if point and not verb:
            self._at[point] = self._bound
        elif verb == "RELEASE ":
            self._at.pop(point, None)
        elif verb == "ROLLBACK TO ":
            self._bound, self._guarded = self._at.get(point, NOT_KNOWN), False

    def _depends_on(self, text: str) -> bool:
        """Whether what was written may change how far whoever is bound reaches; nobody may be, and
        then a migration keeps the name that its session has.
        """
        actor = self._bound[0]
        reaches = bool(actor) and not actor.startswith(SYSTEM_PREFIX)
        return reaches and REACH.search(text) is not None

    def bind(self, wrapper: BaseDatabaseWrapper) -> None:
        """Say in whose name the open transaction goes on. A savepoint undone undoes it too."""
        wanted = _wanted()
        if wanted != self._bound or (_begins(wrapper) and wanted != UNBOUND):
            self._tell(wrapper, wanted, here_only=True)
            self._bound = wanted

    def forget(self) -> None:
        """A transaction began: nothing was said in it yet."""
        self._bound = UNBOUND
        self._at.clear()

    def _begin(self, wrapper: BaseDatabaseWrapper) -> None:
        self.forget()
        # Under the application the policies stay as they are; the owner may be changing them.
        if is_owner(wrapper) or settings.ONE_DATABASE_ROLE:
            self._guarded = False

    def _alone(
        self,
        wrapper: BaseDatabaseWrapper,
        execute: Callable[[], Any],
        text: str,
        writes: bool,  # noqa: FBT001
    ) -> Any:
        """A statement that is its own transaction."""
        if not (writes or self._reads_guarded(wrapper, text)) or not _actor():
            return execute()
        self._tell(wrapper, _wanted(), here_only=False)
        try:
            return execute()
        finally:
            self._note_migration(text)
            self._tell(wrapper, UNBOUND, here_only=False)

    def _note_migration(self, text: str) -> None:
        if Guard.function in text:
            self._guarded = False

    def _tell(self, wrapper: BaseDatabaseWrapper, wanted: Bound, *, here_only: bool) -> None:
        if not self._is_guarded(wrapper):
            _tell(wrapper, wanted[0], here_only=here_only)
            return
        with wrapper.wrap_database_errors, wrapper.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {Guard.function}(%s, %s, %s, %s)",
                [wanted[0], wanted[1], _moment(), here_only],
            )

    def _reads_guarded(self, wrapper: BaseDatabaseWrapper, text: str) -> bool:
        """Raises NobodyActs for the application; who owns the tables is shown all, bound or not."""
        if Guard.tables is None or not Guard.tables.search(text):
            return False
        if current() is None and not is_owner(wrapper) and not settings.ONE_DATABASE_ROLE:
            raise NobodyActs("Cases are read in somebody's name: with acting_as_system(…).")
        return True

    def _is_guarded(self, wrapper: BaseDatabaseWrapper) -> bool:
        """Whether the database has the policies: one at an earlier migration has none."""
        if not self._guarded:
            with wrapper.wrap_database_errors, wrapper.connection.cursor() as cursor:
                cursor.execute("SELECT to_regproc(%s) IS NOT NULL", [Guard.function])
                self._guarded = bool(cursor.fetchone()[0])
        return self._guarded


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


def _wanted() -> Bound:
    context = current()
    return (_actor(), context.across, context) if context else UNBOUND


def _moment() -> datetime | None:
    context = current()
    return context.clock() if context else None


def _note_write(text: str, *, writes: bool) -> None:
    context = current()
    if context and not context.wrote:
        context.wrote = writes and "cases_" in text


def _may_write(text: str) -> bool:
    return not text.startswith(HARMLESS) and WRITING.search(text) is not None


def _tell(wrapper: BaseDatabaseWrapper, actor: str, *, here_only: bool) -> None:
    """On the driver's own cursor: no statement of the application's, and not counted as one."""
    with wrapper.wrap_database_errors, wrapper.connection.cursor() as cursor:
        cursor.execute(BIND, [actor, here_only])
