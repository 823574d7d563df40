"""Is a task that failed, or wrote without saying so, known?"""

from contextlib import suppress

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from audit.acts import UnauditedTask
from audit.context import acting_as_system
from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import record
from cases.models import Squad
from cases.tasks import sweep
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.unbound]


def write() -> None:
    Squad.objects.create(name="Invented squad")


def write_and_take_back_the_entry() -> None:
    write()
    with suppress(ZeroDivisionError), transaction.atomic():
        record(Event.SWEEP_RAN, at=NOW)
        raise ZeroDivisionError


def write_twice() -> None:
    write()
    write()


def test_a_task_that_writes_unrecorded_is_refused() -> None:
    with pytest.raises(UnauditedTask, match="tidy"), acting_as_system("tidy"):
        write()


@override_settings(AUDIT_REFUSE_UNAUDITED=False)
def test_in_production_it_leaves_a_generic_entry() -> None:
    with acting_as_system("tidy"):
        write()

    entry = Entry.objects.get()
    assert (entry.event, entry.actor_id) == (Event.TASK_RAN, "system:tidy")
    assert (entry.subject_type, entry.subject_id) == ("task", "tidy")


def test_an_entry_that_was_rolled_back_is_none() -> None:
    with pytest.raises(UnauditedTask), acting_as_system("tidy"):
        write_and_take_back_the_entry()


def test_a_task_that_says_what_it_did_leaves_nothing_else() -> None:
    with acting_as_system("tidy"), transaction.atomic():
        write()
        record(Event.SQUAD_CREATED, at=NOW)

    assert Entry.objects.get().event == Event.SQUAD_CREATED


def test_a_task_that_only_reads_leaves_nothing() -> None:
    with acting_as_system("tidy"):
        assert not Squad.objects.exists()

    assert not Entry.objects.exists()


def test_a_copy_counts_as_writing() -> None:
    with pytest.raises(UnauditedTask), acting_as_system("tidy"), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_squad SET name = name")


def test_a_failed_task_leaves_the_class_of_its_error_and_none_of_its_words() -> None:
    with pytest.raises(ValueError, match="Quillfeather"), acting_as_system("tidy"):
        raise ValueError("Zephyrine Quillfeather")

    entry = Entry.objects.get()
    assert (entry.event, entry.outcome) == (Event.TASK_FAILED, Outcome.FAILED)
    assert (entry.actor_id, entry.subject_id) == ("system:tidy", "tidy")
    assert entry.details == {"error": "ValueError"}
    assert "Quillfeather" not in str(entry.__dict__)


def test_a_failed_task_keeps_nothing_that_it_wrote() -> None:
    with pytest.raises(IntegrityError), acting_as_system("tidy"), transaction.atomic():
        write_twice()

    assert not Squad.objects.filter(name="Invented squad").exists()
    assert Entry.objects.get().details == {"error": "IntegrityError"}


def test_a_real_task_that_breaks_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("no words")

    monkeypatch.setattr("cases.tasks.run_sweep", broken)
    with pytest.raises(RuntimeError):
        sweep()

    entry = Entry.objects.get()
    assert (entry.event, entry.actor_id) == (Event.TASK_FAILED, "system:sweep")
