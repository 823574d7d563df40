"""Do the tasks of the schedule bind who acts and leave what pages read?"""

import pytest
from celery import current_app
from django.conf import settings

from audit.context import acting_as_system
from audit.events import Event
from audit.models import Entry
from cases import tasks
from cases.models import SweepRun
from tests.factories import FlagFactory, VictimFactory

pytestmark = pytest.mark.django_db


def test_a_sweep_leaves_its_heartbeat_in_its_own_name() -> None:
    tasks.sweep.delay()

    assert SweepRun.objects.get().kind == "sweep"
    assert Entry.objects.get().actor_label == "system:sweep"


def test_a_reconciliation_leaves_its_own() -> None:
    tasks.reconcile.delay()

    assert SweepRun.objects.get().kind == "reconcile"
    assert Entry.objects.get().actor_label == "system:reconcile"


def test_with_nothing_to_import_nothing_happens() -> None:
    tasks.resume_imports.delay()

    assert not Entry.objects.exists()


def test_the_schedule_names_tasks_that_exist() -> None:
    current_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled <= set(current_app.tasks)
    assert {"cases.tasks.sweep", "cases.tasks.reconcile", "cases.tasks.resume_imports"} <= scheduled


def test_what_stands_in_clear_is_said_at_night_without_saying_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with acting_as_system("test"):
        victim = VictimFactory.create(identity={"first_name": "Zephyrine"})
        FlagFactory.create(case=victim.case, comment="ask Zephyrine")

    tasks.look_for_leaks.delay()

    assert "Identities stand in clear: 1 cases" in caplog.text
    assert "Zephyrine" not in caplog.text
    entry = Entry.objects.get(event=Event.LEAKS_LOOKED_FOR)
    assert (entry.actor_label, entry.details["leaking"]) == (
        "system:leak scan",
        [str(victim.case_id)],
    )
