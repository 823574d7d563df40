"""As whom do tests talk to the database? What a request or a task does, as the application's role.

The owner of the tables signs in, because it alone can make the tests' database and empty it; and
what a test itself prepares and looks at, it does as the owner. As soon as the product acts, while
it serves a request or in the name of an account or of a task, the connection takes the
application's role: its rights, and row-level security, hold as they do for a process that signs in
as the application. So every test of a page or a task proves that they suffice.
`signed_in_as_application()` signs in for real.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

import psycopg2
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as Connection

from audit.binding import binder_of
from audit.context import current

OWNER = "NONE"
# Who prepares a test, and what of the product signs in as the owner itself.
OWNERS_ACTS = frozenset(f"system:{name}" for name in ("test", "migrate", "audit_retire", "bench"))


class RoleTaker:
    """Stands before one connection's statements and gives each the role of who acts.

    A transaction, or a part of one, that is undone takes the role along that it took.
    """

    def __init__(self) -> None:
        self._taken = ""
        self._at: dict[str, str] = {}

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        wrapper: BaseDatabaseWrapper = context["connection"]
        if wrapper.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE:
            self._taken = ""
            self._at.clear()
            binder_of(wrapper).forget()
        wanted, (verb, _, point) = _role(), str(sql).partition("SAVEPOINT ")
        undoes = verb == "ROLLBACK TO "
        if wanted != self._taken and not undoes:
            take(wrapper, wanted)
            self._taken = wanted
        if point and not verb:
            self._at[point] = wanted
        try:
            return execute(sql, params, many, context)
        finally:
            if undoes:
                self._taken = self._at.get(point, "")


def take(wrapper: BaseDatabaseWrapper, role: str) -> None:
    with wrapper.wrap_database_errors, wrapper.connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")


class _Serving(local):
    requests = 0


_serving = _Serving()


def _role() -> str:
    context = current()
    if not _serving.requests and (context is None or context.actor.id in OWNERS_ACTS):
        return OWNER
    return str(connection.ops.quote_name(settings.APPLICATION_ROLE))


def _watch(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    known = [one for one in connection.execute_wrappers if not isinstance(one, RoleTaker)]
    connection.execute_wrappers[:] = [RoleTaker(), *known]


def take_roles() -> None:
    """From now on: for connections that are made later too."""
    BaseHandler.get_response = _as_application(BaseHandler.get_response)  # type: ignore[method-assign]
    connection_created.connect(_watch, dispatch_uid="tests.take_roles")
    connection.close()


def _as_application(answer: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    def answered(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        _serving.requests += 1
        try:
            return answer(handler, request)
        finally:
            _serving.requests -= 1

    return answered


@contextmanager
def signed_in_as_application() -> Iterator[Connection]:
    """A connection of its own to the tests' database, which sees what was committed there."""
    known = settings.DATABASES["default"]
    opened = psycopg2.connect(
        host=known["HOST"],
        port=known["PORT"],
        dbname=connection.settings_dict["NAME"],
        user=settings.APPLICATION_ROLE,
        password=settings.APPLICATION_PASSWORD,
    )
    try:
        yield opened
    finally:
        opened.close()
