"""Does the table refuse every way of changing an entry, its owner included?"""

from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import Error, IntegrityError, connection, transaction

from audit.events import Event
from audit.models import Entry
from audit.recorder import record

REFUSED = {
    "update": "UPDATE audit_entry SET reason = 'changed'",
    "update of no row": "UPDATE audit_entry SET reason = 'changed' WHERE false",
    "upsert": "INSERT INTO audit_entry SELECT * FROM audit_entry "
    "ON CONFLICT (id, at) DO UPDATE SET reason = 'changed'",
    "merge": "MERGE INTO audit_entry USING (SELECT 1) AS one ON true "
    "WHEN MATCHED THEN UPDATE SET reason = 'changed'",
    "delete": "DELETE FROM audit_entry",
    "delete of no row": "DELETE FROM audit_entry WHERE false",
    "delete in a query": "WITH gone AS (DELETE FROM audit_entry RETURNING 1) SELECT * FROM gone",
    "truncate": "TRUNCATE audit_entry",
    "truncate with others": "TRUNCATE audit_entry, django_session CASCADE",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(now: datetime) -> Entry:
    return record(
        Event.CASE_VIEWED, at=now, subject_type="case", subject_id="1", reason="as written"
    )


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_every_change_is_refused_in_words(entry: Entry, statement: str) -> None:
    with (
        pytest.raises(Error, match="audit_entry is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert Entry.objects.get().reason == "as written"


def test_the_refusal_holds_for_the_tables_owner(entry: Entry) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'audit_entry'"
        )
        assert cursor.fetchone() == (True,)

    with pytest.raises(Error, match="append-only"), transaction.atomic():
        entry.delete()


def test_the_triggers_fire_in_replica_mode_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger "
            "WHERE tgrelid = 'audit_entry'::regclass AND NOT tgisinternal ORDER BY tgname"
        )
        assert cursor.fetchall() == [
            ("audit_entry_append_only", "A"),
            ("audit_entry_no_truncate", "A"),
        ]


def test_the_orm_can_neither_save_nor_delete(entry: Entry) -> None:
    entry.reason = "changed"

    with pytest.raises(Error, match="UPDATE is refused"), transaction.atomic():
        entry.save()
    with pytest.raises(Error, match="DELETE is refused"), transaction.atomic():
        Entry.objects.all().delete()


def test_the_migration_goes_back_and_forth(entry: Entry) -> None:
    call_command("migrate", "audit", "0001", verbosity=0)
    Entry.objects.update(reason="changed while nothing guards")
    call_command("migrate", "audit", verbosity=0)

    with pytest.raises(Error, match="append-only"), transaction.atomic():
        Entry.objects.update(reason="changed again")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("audit_entry_outcome_known", {"outcome": "perhaps"}),
        ("audit_entry_event_named", {"event": "Case viewed!"}),
        ("audit_entry_event_named", {"event": ""}),
        ("audit_entry_subject_has_type", {"subject_type": "", "subject_id": "7"}),
    ],
)
def test_constraints_hold_by_name(now: datetime, name: str, fields: dict[str, str]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Entry.objects.create(at=now, **{"event": Event.CASE_VIEWED, **fields})
