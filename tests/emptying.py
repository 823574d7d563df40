"""How does a database come back to what its migrations left, after a test that committed?

Django truncates every table and asks each app to fill its own again: a third of a second for a
handful of rows. Here only what has rows is emptied, and what migrations wrote (roles, the first
policy, content types) is looked at and put back only where a test changed it.

The audit table refuses DELETE and TRUNCATE even from its owner, which is the point of it; so this,
and nothing else, switches those triggers off and on again in its own transaction. The log's months
are those around the tests' own `now`, whichever the clock or a loaded demonstration made.
"""

from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

SEEDS = "test_seeds"
# Beyond so many rows, truncating all costs less than checking what refers to each.
MANY_ROWS = 2000
MONTHS = ("2026_02", "2026_03", "2026_04")
Row = tuple[Any, ...]


def keep_seeds() -> None:
    """What migrations wrote, beside the tables that a test may change."""
    execute([f"DROP SCHEMA IF EXISTS {SEEDS} CASCADE", f"CREATE SCHEMA {SEEDS}"])
    ours = {table for table in _tables("public") if not table.startswith("audit_")}
    execute(
        f"CREATE TABLE {SEEDS}.{table} AS TABLE public.{table}"
        for table in _rows_of(ours - {"django_migrations"})
    )


def keep_months() -> None:
    """The log has these months and no others: a test may count on what is due."""
    made = rows(
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = 'audit_entry'::regclass AND inhrelid <> 'audit_entry_stray'::regclass"
    )
    named = {name.removeprefix("audit_entry_") for (name,) in made}
    if named == set(MONTHS):
        return
    execute(f"DROP TABLE audit_entry_{month}" for month in sorted(named - set(MONTHS)))
    firsts = ",".join(f"{month.replace('_', '-')}-01" for month in MONTHS)
    execute([f"SELECT audit_make_months('{{{firsts}}}')"])


def empty(truncate_all: list[str]) -> None:
    """Every test starts from a migrated database. `truncate_all` is how Django would do it.

    In any order: foreign keys are checked at commit.
    """
    seeds = _tables(SEEDS)
    with transaction.atomic():
        execute(["SELECT set_config('caseunit.actor', 'system:test', true)"])
        filled = _rows_of(_used() - seeds)
        if sum(filled.values()) > MANY_ROWS:
            with _truncate_allowed(_guards()):
                execute(truncate_all)
            changed = seeds
        else:
            _empty_few(filled.keys())
            changed = {table for table in seeds if _is_changed(table)}
        execute(f"DELETE FROM public.{table}" for table in changed)
        execute(f"INSERT INTO public.{table} TABLE {SEEDS}.{table}" for table in changed)
    keep_months()


def _empty_few(filled: Set[str]) -> None:
    guards = [(table, trigger) for table, trigger in _guards() if table in filled]
    guarded = {table for table, _ in guards if table.startswith("audit_")}
    if guarded:
        with _truncate_allowed(guards):
            execute([f"TRUNCATE {', '.join(sorted(guarded))}"])
    execute(f"DELETE FROM public.{table}" for table in filled - guarded)


@contextmanager
def _truncate_allowed(guards: list[Row]) -> Iterator[None]:
    execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in guards)
    yield
    execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}" for table, trigger in guards)


def _guards() -> list[Row]:
    return rows(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
        r"WHERE tgname LIKE '%\_no\_truncate'"
    )


def _used() -> set[str]:
    """Tables that had rows since they were last truncated, each month of the log for itself."""
    found = rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind = 'r' AND relname <> 'django_migrations' AND pg_relation_size(oid) > 0"
    )
    return {table for (table,) in found}


def _rows_of(tables: Set[str]) -> dict[str, int]:
    """How many rows each of these tables has, of those that have any."""
    counts = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM public.{table} HAVING count(*) > 0" for table in tables
    )
    return dict(rows(counts)) if tables else {}


def _is_changed(table: str) -> bool:
    now, kept = f"TABLE public.{table}", f"TABLE {SEEDS}.{table}"
    return bool(rows(f"({now} EXCEPT {kept}) UNION ALL ({kept} EXCEPT {now}) LIMIT 1"))


def _tables(schema: str) -> set[str]:
    found = rows(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")
    return {str(table) for (table,) in found}


def rows(sql: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def execute(statements: Iterable[str]) -> None:
    """Several statements, in one message."""
    text = "; ".join(statements)
    if text:
        with connection.cursor() as cursor:
            cursor.execute(text)
