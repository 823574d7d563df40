"""May the application's role do to each table what its rule says, and nothing else?

A failure here means: the new table's right stands in `cases/rights.py`. By rule a table of `cases`
is read, added to and changed, and its rows are never deleted; say otherwise in `BY_NAME`, with as
little as the code needs. `migrate` grants it.
"""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from cases.rights import BY_NAME, CALLED, rights_of

pytestmark = pytest.mark.django_db

EVERY_RIGHT = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
HELD = """
SELECT relname, ARRAY(
    SELECT privilege FROM unnest(%s) AS privilege
    WHERE has_table_privilege(%s, pg_class.oid, privilege)
)
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""
LOG_TABLES = ("audit_entry", "audit_leaf", "audit_node", "audit_checkpoint")


def held() -> dict[str, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(HELD, [list(EVERY_RIGHT), settings.APPLICATION_ROLE])
        return {table: set(rights) for table, rights in cursor.fetchall()}


def test_every_table_has_a_rule_and_the_rights_of_it() -> None:
    found = held()

    assert {table for table in found if not rights_of(table)} == set()
    assert found == {table: set(rights_of(table)) for table in found}


def test_no_rule_is_for_a_table_that_is_gone() -> None:
    models = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}

    assert BY_NAME.keys() - models == set()


def test_the_log_only_grows() -> None:
    for table in LOG_TABLES:
        assert rights_of(table) == ("SELECT", "INSERT")
    assert rights_of("audit_retirement") == rights_of("audit_entry_2026_03") == ("SELECT",)


def test_a_month_made_later_may_be_read_and_nothing_else() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_months('{2026-05-01}')")

    assert held()["audit_entry_2026_05"] == {"SELECT"}


def test_the_application_owns_nothing_and_is_an_ordinary_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = %s::regrole",
            [settings.APPLICATION_ROLE],
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles "
            "WHERE rolname = %s",
            [settings.APPLICATION_ROLE],
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole",
            [settings.APPLICATION_ROLE],
        )
        assert cursor.fetchone() == (0,)


def test_what_acts_with_its_owner_s_rights_is_known_and_looks_nowhere_else() -> None:
    """A function that acts as the tables' owner is a door: each is named, and its path is fixed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regprocedure::text, coalesce(proconfig::text, '') FROM pg_proc "
            "WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        doors = dict(cursor.fetchall())

    assert doors.keys() == set(CALLED)
    assert {name for name, path in doors.items() if "search_path" not in path} == set()


@pytest.mark.parametrize("function", CALLED)
def test_nobody_else_may_call_it(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_proc, aclexplode(proacl) AS given "
            "WHERE oid = %s::regprocedure AND grantee = 0",
            [function],
        )
        assert cursor.fetchone() == (0,)
