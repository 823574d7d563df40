"""Does a log that was there before keep everything when its months are made?"""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction

from audit.content import COLUMNS
from audit.events import Event
from audit.models import Checkpoint, Entry
from audit.months import made_months
from audit.sealing import seal
from audit.verification import verify
from tests.audit.sealing_log import entries, rows, run

pytestmark = pytest.mark.django_db(transaction=True)

DESCRIBED = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'audit_entry'::regclass ORDER BY 1
"""


@pytest.fixture
def before_months() -> object:
    call_command("migrate", "audit", "0004", verbosity=0)
    yield
    call_command("migrate", "audit", verbosity=0)


def everything() -> list[tuple[object, ...]]:
    return rows(f"SELECT {COLUMNS} FROM audit_entry e ORDER BY e.cluster, e.xid, e.id")


def test_a_log_of_before_moves_whole(before_months: None, now: datetime) -> None:
    """Two years of entries, out of the order of their times, some of them not sealed yet."""
    for number in range(60):
        entries(1, now - timedelta(days=(number * 37) % 730), first=number)
    entries(1, datetime(1999, 5, 5, tzinfo=UTC), first=60)
    seal(now=now, batch=7)
    entries(4, now, first=61)
    note = Checkpoint.objects.latest("size").note
    held, last = everything(), Entry.objects.latest("id").pk
    assert rows("SELECT relkind FROM pg_class WHERE oid = 'audit_entry'::regclass") == [("r",)]

    call_command("migrate", "audit", verbosity=0)

    assert rows("SELECT relkind FROM pg_class WHERE oid = 'audit_entry'::regclass") == [("p",)]
    assert everything()[: len(held)] == held
    assert len(made_months()) >= 24
    ((strays,),) = rows("SELECT count(*) FROM audit_entry_stray")
    assert strays == 1
    report = verify(notes=note)
    assert (report.findings, report.leaves, report.entries) == ([], 61, 61)
    told = Entry.objects.latest("id")
    assert (told.event, told.pk) == (Event.SCHEMA_MIGRATED, last + 1)
    assert seal(now=now) == 5
    assert verify(notes=note).is_sound
    with pytest.raises(Error, match="audit_entry is append-only"), transaction.atomic():
        run("DELETE FROM audit_entry")


def test_it_goes_back_and_forth_and_the_table_is_what_it_was(now: datetime) -> None:
    call_command("migrate", "audit", "0004", verbosity=0)
    plain, columns = rows(DESCRIBED), described()
    entries(3, now)
    seal(now=now)
    held = everything()

    call_command("migrate", "audit", verbosity=0)
    _keep_months_but_those_with_entries()
    call_command("migrate", "audit", "0004", verbosity=0)

    assert (rows(DESCRIBED), described()) == (plain, columns)
    assert everything()[:3] == held
    call_command("migrate", "audit", verbosity=0)
    assert verify().is_sound
    assert everything()[:3] == held
    _forget()


def _keep_months_but_those_with_entries() -> None:
    run("SELECT audit_make_months('{2026-02-01,2026-03-01}')")


def _forget() -> None:
    call_command("flush", interactive=False, verbosity=0)


def described() -> list[object]:
    with connection.cursor() as cursor:
        return list(connection.introspection.get_table_description(cursor, "audit_entry"))
