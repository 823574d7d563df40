"""Is a row that is written past the application refused, or else on record?"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.binding import bind_session
from audit.context import acting_as, acting_as_system
from audit.events import Event
from audit.models import Entry
from audit.recorder import MASK, record
from cases.models import Case, Squad, Victim
from cases.services.importing.copying import copy_rows
from tests.factories import NOW, CaseFactory, SquadFactory, VictimFactory

pytestmark = [pytest.mark.django_db, pytest.mark.unbound]

# The owner of a database is its member, implicitly: nobody has to be allowed to make roles.
OTHER = "pg_database_owner"
# Guarded by no policy: anybody may name a squad anew.
SQUAD = "UPDATE cases_squad SET name = 'North'"
ROW = "UPDATE cases_case SET priority = '2', division = 'North' WHERE id = %s"


@pytest.fixture
def case() -> Case:
    with acting_as_system("test"):
        made: Case = CaseFactory.create(priority="1", division="South")
    return made


@pytest.fixture
def squad() -> Squad:
    with acting_as_system("test"):
        made: Squad = SquadFactory.create(name="South")
    return made


def run(sql: str, *values: object) -> None:
    """As the owner, past the application: on the driver's own cursor, as psql would."""
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("SELECT set_config('caseunit.actor', '', true)")
        cursor.execute(sql, values)
        cursor.execute(f'SET LOCAL ROLE "{before}"')


@contextmanager
def as_another_role() -> Iterator[None]:
    """One that may write to the tables and doesn't own them, as the application's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {OTHER}")
        cursor.execute(f"SET LOCAL ROLE {OTHER}")
        try:
            yield
        finally:
            transaction.set_rollback(True)


def database_user() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        return str(cursor.fetchone()[0])


def test_what_the_owner_changes_by_hand_is_on_record(case: Case) -> None:
    run(ROW, case.pk)

    entry, user = Entry.objects.get(), database_user()
    assert (entry.event, entry.outcome) == (Event.DIRECT_CHANGE, "allowed")
    assert entry.actor_id == entry.actor_label == f"database:{user}"
    assert (entry.subject_type, entry.subject_id) == ("cases_case", str(case.pk))
    assert entry.changes == {"priority": MASK, "division": MASK}
    assert entry.details == {
        "operation": "update",
        "table": "cases_case",
        "database_user": user,
        "case": str(case.pk),
    }


def test_no_value_is_in_the_entry_of_a_row_changed_by_hand(case: Case) -> None:
    with acting_as_system("test"):
        victim: Victim = VictimFactory.create(case=case)
    run("UPDATE cases_victim SET sealed = 'plain', sex = 'M' WHERE id = %s", victim.pk)
    run("DELETE FROM cases_blindtoken; DELETE FROM cases_victim WHERE id = %s", victim.pk)

    entries = Entry.objects.filter(subject_type="cases_victim")
    assert set(entries.values_list("details__operation", "details__case")) == {
        ("update", str(case.pk)),
        ("delete", str(case.pk)),
    }
    for entry in entries:
        assert set(entry.changes.values()) == {MASK}
        assert "706c61696e" not in f"{entry.details}{entry.reason}"


def test_each_row_written_by_hand_is_on_record() -> None:
    run(
        "INSERT INTO cases_squad (id, name) SELECT gen_random_uuid(), 'S' || n "
        "FROM generate_series(1, 3) AS n"
    )

    assert Entry.objects.filter(subject_type="cases_squad").count() == 3


def test_emptying_a_table_by_hand_is_on_record() -> None:
    run("TRUNCATE cases_savedfilter")

    entry = Entry.objects.get()
    assert (entry.subject_type, entry.details["operation"]) == ("cases_savedfilter", "truncate")


@pytest.mark.parametrize(
    "sql",
    [
        SQUAD,
        "DELETE FROM cases_squad",
        "INSERT INTO cases_squad (id, name) VALUES (gen_random_uuid(), 'S')",
    ],
    ids=["update", "delete", "insert"],
)
def test_the_application_s_role_can_t_write_in_nobody_s_name(squad: Squad, sql: str) -> None:
    with as_another_role(), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="nobody is named as acting"):
            cursor.execute(sql)
        transaction.set_rollback(True)

    squad.refresh_from_db()
    assert squad.name == "South"


def test_the_application_s_role_writes_in_somebody_s_name(squad: Squad) -> None:
    with as_another_role(), acting_as("7", "an.officer"):
        assert Squad.objects.filter(pk=squad.pk).update(name="North") == 1
        assert bound() == "7"
    assert not Entry.objects.exists()


def bound() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('caseunit.actor', true)")
        return str(cursor.fetchone()[0] or "")


def touch(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(division="North")


@transaction.atomic
def touch_and_fail(case: Case) -> None:
    touch(case)
    raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
class TestBinding:
    """With real transactions: who is named, and until when."""

    def test_the_name_ends_with_the_transaction(self, case: Case) -> None:
        with acting_as("7", "an.officer"):
            with transaction.atomic():
                touch(case)
                assert bound() == "7"
            assert bound() == ""

    def test_a_savepoint_undone_takes_the_name_along_and_the_next_write_has_it(
        self, case: Case
    ) -> None:
        with acting_as("7", "an.officer"), transaction.atomic():
            with pytest.raises(ZeroDivisionError):
                touch_and_fail(case)
            assert bound() == ""
            touch(case)
            assert bound() == "7"

    def test_a_transaction_undone_takes_the_name_along_and_the_next_has_it(
        self, case: Case
    ) -> None:
        with acting_as("7", "an.officer"):
            with pytest.raises(ZeroDivisionError):
                touch_and_fail(case)
            with transaction.atomic():
                touch(case)
                assert bound() == "7"

    def test_who_acts_for_another_is_named_and_then_the_other_again(self, case: Case) -> None:
        with acting_as("7", "an.officer"), transaction.atomic():
            touch(case)
            with acting_as_system("test"):
                touch(case)
                assert bound() == "system:test"
            touch(case)
            assert bound() == "7"

    def test_nobody_inherits_a_name_that_has_ended(self, case: Case) -> None:
        with transaction.atomic():
            with acting_as("7", "an.officer"):
                touch(case)
            touch(case)
            assert bound() == ""
        assert Entry.objects.get().event == Event.DIRECT_CHANGE

    def test_somebody_who_is_not_signed_in_is_not_nobody(self, case: Case) -> None:
        with acting_as("", ""), transaction.atomic():
            touch(case)
            assert bound() == "nobody signed in"
        assert not Entry.objects.exists()

    def test_a_statement_that_is_its_own_transaction_has_the_name_too(self, case: Case) -> None:
        with acting_as("7", "an.officer"):
            touch(case)
            assert bound() == ""
        assert not Entry.objects.exists()

    def test_rows_that_come_by_copy_have_the_name_too(self) -> None:
        with acting_as("7", "an.officer"), transaction.atomic():
            copy_rows(Squad, ("name",), [("Copied squad",)])
        with acting_as("8", "another"), transaction.atomic():
            copy_rows(Squad, ("name",), [("Another squad",)])
            assert bound() == "8"
        assert not Entry.objects.exists()

    def test_maintenance_is_named_until_it_says_otherwise(self, case: Case) -> None:
        bind_session("system:migrate")
        touch(case)
        assert not Entry.objects.exists()
        bind_session("")
        touch(case)
        assert Entry.objects.get().event == Event.DIRECT_CHANGE

    def test_maintenance_that_changes_who_reaches_what_keeps_its_name(self, case: Case) -> None:
        bind_session("system:migrate")
        with transaction.atomic():
            Squad.objects.create(name="South")
            touch(case)
            assert bound() == "system:migrate"
        bind_session("")

        assert not Entry.objects.exists()


def test_reading_and_recording_name_nobody(case: Case) -> None:
    with acting_as("7", "an.officer"), transaction.atomic():
        run("SELECT 1")
        list(Squad.objects.select_for_update())
        record(Event.CASE_VIEWED, at=NOW)
        assert bound() == ""


def test_naming_is_not_among_the_application_s_statements(case: Case) -> None:
    with acting_as("7", "an.officer"), CaptureQueriesContext(connection) as captured:
        touch(case)

    assert [query["sql"].split()[0] for query in captured] == ["UPDATE"]


def test_every_table_of_cases_is_watched() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger "
            "WHERE tgname = 'cases_direct_change' AND tgenabled = 'A'"
        )
        watched = {table for (table,) in cursor.fetchall()}

    models = apps.get_app_config("cases").get_models(include_auto_created=True)
    assert {model._meta.db_table for model in models} == watched


def test_a_new_table_is_watched_after_the_migration() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("CREATE TABLE cases_made_up (version integer PRIMARY KEY)")
        cursor.execute("SELECT cases_watch()")
        assert cursor.fetchone()[0] == 1
        cursor.execute("SELECT cases_watch()")
        assert cursor.fetchone()[0] == 0
    run("INSERT INTO cases_made_up VALUES (41)")

    entry = Entry.objects.get()
    assert (entry.subject_id, entry.changes) == ("41", {"version": MASK})
