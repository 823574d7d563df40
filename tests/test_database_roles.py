"""What can somebody do who has the application's password for the database? By a real sign-in."""

from collections.abc import Iterator

import psycopg2
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from psycopg2.errors import InsufficientPrivilege, InvalidParameterValue
from psycopg2.extensions import connection as Connection

from audit.context import acting_as, acting_as_system
from audit.ownership import TOO_MIGHTY, OwnerNotKnown, as_owner, refuse_owner
from cases.rights import grant_rights
from tests.database_roles import signed_in_as_application

pytestmark = pytest.mark.django_db

REFUSED = {
    "change an entry": "UPDATE audit_entry SET reason = 'changed'",
    "take an entry out": "DELETE FROM audit_entry",
    "empty the log": "TRUNCATE audit_entry",
    "change a leaf": "UPDATE audit_leaf SET hash = ''",
    "take a checkpoint out": "DELETE FROM audit_checkpoint",
    "write a retirement": "INSERT INTO audit_retirement (month_from, at, entries, note) "
    "VALUES ('2026-01-01', now(), 0, '')",
    "write past the log": "INSERT INTO audit_entry_stray SELECT * FROM audit_entry",
    "take a month out": "ALTER TABLE audit_entry DETACH PARTITION audit_entry_stray",
    "drop the log": "DROP TABLE audit_entry",
    "switch its trigger off": "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only",
    "drop its trigger": "DROP TRIGGER audit_entry_append_only ON audit_entry",
    "replace its trigger's function": "CREATE OR REPLACE FUNCTION audit_refuse_change() "
    "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "switch a case's trigger off": "ALTER TABLE cases_case DISABLE TRIGGER cases_direct_change",
    "fire no trigger": "SET session_replication_role = replica",
    "switch row-level security off": "ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY",
    "become the owner": "SET ROLE {owner}",
    "sign in as the owner": "SET SESSION AUTHORIZATION {owner}",
    "make itself mighty": "ALTER ROLE {role} BYPASSRLS",
    "make a role": "CREATE ROLE another",
    "make a database": "CREATE DATABASE another",
    "make a table": "CREATE TABLE another (id integer)",
    "make a function": "CREATE FUNCTION another() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "delete a case": "DELETE FROM cases_case",
    "empty a table": "TRUNCATE cases_case",
    "rewrite a signed week": "UPDATE cases_auditreview SET comment = 'seen'",
    "rewrite a policy": "UPDATE cases_policy SET reason = ''",
    "undo a migration": "DELETE FROM django_migrations",
    "read a server's file": "SELECT pg_read_file('/etc/passwd')",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'cat'",
}


def owner_name() -> str:
    assert settings.OWNER_DATABASE is not None
    return str(settings.OWNER_DATABASE["USER"])


@pytest.fixture(scope="module")
def application(django_db_setup: None) -> Iterator[Connection]:
    with signed_in_as_application() as opened:
        yield opened


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
def test_the_application_may_not(application: Connection, sql: str) -> None:
    names = {"owner": owner_name(), "role": settings.APPLICATION_ROLE}
    application.rollback()
    application.autocommit = "DATABASE" in sql
    try:
        with application.cursor() as cursor, pytest.raises(InsufficientPrivilege):
            cursor.execute(sql.format(**names))
    finally:
        application.rollback()
        application.autocommit = False


def test_the_application_makes_no_month_but_those_that_are_due(application: Connection) -> None:
    with application.cursor() as cursor, pytest.raises(InvalidParameterValue):
        cursor.execute("SELECT audit_make_months('{1999-01-01}')")
    application.rollback()


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@transaction.atomic
def fail_as_owner() -> None:
    with acting_as_system("test"):
        assert role() == owner_name()
    raise ZeroDivisionError


def test_what_the_product_does_in_tests_it_does_as_the_application() -> None:
    assert role() == owner_name()
    with acting_as("7", "an.officer"):
        assert role() == settings.APPLICATION_ROLE
        with pytest.raises(ZeroDivisionError):
            fail_as_owner()
        assert role() == settings.APPLICATION_ROLE
    with acting_as_system("sweep"):
        assert role() == settings.APPLICATION_ROLE
    assert role() == owner_name()


def test_a_process_that_owns_the_tables_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    role()
    monkeypatch.setattr(settings, "OWNER_DATABASE", None)
    monkeypatch.setattr(connection, "close", lambda: None)

    with pytest.raises(ImproperlyConfigured, match="owns the tables") as refused:
        refuse_owner(connection=connection)

    assert str(refused.value).startswith(TOO_MIGHTY.partition("{")[0])


def test_the_application_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "OWNER_DATABASE", None)
    with acting_as_system("sweep"):
        role()
        refuse_owner(connection=connection)


def test_without_its_address_nobody_becomes_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "OWNER_DATABASE", None)

    with pytest.raises(OwnerNotKnown, match="CASEUNIT_OWNER_DATABASE_URL"), as_owner():
        pass


def test_a_trial_with_one_role_may_own_its_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = owner_name()
    monkeypatch.setattr(settings, "OWNER_DATABASE", None)
    monkeypatch.setattr(settings, "ONE_DATABASE_ROLE", True)

    with as_owner():
        assert role() == owner
        refuse_owner(connection=connection)


def test_rights_that_somebody_gave_by_hand_are_taken_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON audit_entry TO {settings.APPLICATION_ROLE}")
        grant_rights(using="default")
        cursor.execute(
            "SELECT has_table_privilege(%s, 'audit_entry', 'DELETE')", [settings.APPLICATION_ROLE]
        )
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize(
    ("role", "sentence"),
    [("nobody_knows", "There is no database role nobody_knows"), ("{owner}", "name the same role")],
)
def test_rights_go_to_another_role_that_is_there(
    role: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "APPLICATION_ROLE", role.format(owner=owner_name()))

    with pytest.raises(ImproperlyConfigured, match=sentence):
        grant_rights(using="default")


def test_the_owner_s_password_is_asked_for() -> None:
    known = settings.DATABASES["default"]

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(
            host=known["HOST"],
            port=known["PORT"],
            dbname="postgres",
            user=owner_name(),
            password=settings.APPLICATION_PASSWORD,
        )
