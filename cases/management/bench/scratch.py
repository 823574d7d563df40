"""Where is it measured? In scratch databases on the same server; the real one is not touched."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

LONGEST_NAME = 63
BLANK = "blank"


class ScratchDatabases:
    """Migrated databases for one run, which are dropped at its end, unless they are to be kept.

    Kept ones stay on the server, and the next run that asks for their size takes them up again.
    """

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        self._real: str = connection.settings_dict["NAME"]
        self._blank = ""
        self._made: list[str] = []

    def __enter__(self) -> "ScratchDatabases":
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._made:
            _drop(name)

    @contextmanager
    def of(self, cases: int | str) -> Iterator[datetime | None]:
        """Every query of this process goes to the database of this size until the block ends.

        Yields when it was filled, None when it is blank. Raises CommandError when the account may
        not create databases.
        """
        name = self._name(str(cases))
        filled_at = _filled_at(name) if self.keep else None
        if filled_at is None:
            self._make(name, template=self._migrated())
        with pointed_at(name):
            yield filled_at

    def _migrated(self) -> str:
        """A migrated and empty one that the others are copies of: migrations run once."""
        if not self._blank:
            name = self._name(BLANK)
            self._make(name, template="template1")
            with pointed_at(name):
                call_command("migrate", verbosity=0)
            self._blank = name
        return self._blank

    def _make(self, name: str, *, template: str) -> None:
        _drop(name)
        if not self.keep or name == self._name(BLANK):
            self._made.append(name)
        try:
            _execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(template)}")
        except DatabaseError as error:
            raise CommandError(
                f"The scratch database could not be made: {error}"
                "The database account needs CREATEDB; see docs/bench.md."
            ) from error

    def _name(self, what: str) -> str:
        tail = f"_bench_{what}" if self.keep else f"_bench_{what}_{os.getpid()}"
        return self._real[: LONGEST_NAME - len(tail)] + tail


@contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """Every query of this process goes to the database `name` meanwhile."""
    before = connection.settings_dict["NAME"]
    _point_at(name)
    try:
        yield
    finally:
        _point_at(before)


def mark_filled(at: datetime) -> None:
    """Note on the database that it is complete, so that a later run can take it up."""
    name = connection.settings_dict["NAME"]
    _execute(f"COMMENT ON DATABASE {_quoted(name)} IS %s", at.isoformat())


def tidy() -> None:
    """Leave no dead rows and true statistics, as autovacuum would in time."""
    _execute("VACUUM (ANALYZE)")


def _filled_at(name: str) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        )
        row = cursor.fetchone()
    return datetime.fromisoformat(row[0]) if row and row[0] else None


def _drop(name: str) -> None:
    _execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


def _execute(statement: str, *params: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _point_at(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()
