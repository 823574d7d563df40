"""Does an entry live and die with its act, and name who acted?"""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from django.db import transaction

from audit.context import Actor, acting_as, acting_as_system, current
from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import (
    MASK,
    NobodyActing,
    Note,
    NotInTransaction,
    actor_of,
    record,
    record_denied,
    record_many,
)
from cases.models import Account, Role, Squad

CASE = UUID("5b6f0d5e-0000-4000-8000-000000000001")


class Refused(Exception):
    """What a service raises when it refuses."""


@transaction.atomic
def create_squad(now: datetime, *, event: str = Event.SQUAD_CREATED) -> None:
    """A service in small: an act and its entry."""
    Squad.objects.create(name="Squad 9")
    record(cast("Event", event), at=now)


@transaction.atomic
def create_squad_and_refuse(now: datetime) -> None:
    """A service that notices late that it must not."""
    create_squad(now)
    record_denied(Event.IDENTITY_REVEALED, at=now, subject_type="victim", subject_id=CASE)
    raise Refused


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    """With real commits and rollbacks."""

    def test_outside_a_transaction_nothing_is_recorded(self, now: datetime) -> None:
        with pytest.raises(NotInTransaction):
            record(Event.CASE_VIEWED, at=now)
        with pytest.raises(NotInTransaction):
            record_many(Event.FLAG_RAISED, [Note("flag", 1)], at=now)

        assert not Entry.objects.exists()

    def test_act_and_entry_are_kept_together(self, now: datetime) -> None:
        create_squad(now)

        assert (Squad.objects.count(), Entry.objects.count()) == (1, 1)

    def test_a_failed_entry_takes_its_act_along(self, now: datetime) -> None:
        with pytest.raises(ValueError, match="not a valid Event"):
            create_squad(now, event="case_peeked")

        assert (Squad.objects.count(), Entry.objects.count()) == (0, 0)

    def test_a_rollback_takes_both_and_leaves_the_refused_attempt(self, now: datetime) -> None:
        with pytest.raises(Refused), acting_as("7", "an.officer"):
            create_squad_and_refuse(now)

        assert not Squad.objects.exists()
        entry = Entry.objects.get()
        assert (entry.event, entry.outcome) == (Event.IDENTITY_REVEALED, Outcome.DENIED)
        assert (entry.actor_id, entry.subject_id) == ("7", str(CASE))

    def test_a_refused_attempt_waits_for_the_end_of_the_act(self, now: datetime) -> None:
        with acting_as("7", "an.officer"):
            record_denied(Event.IDENTITY_REVEALED, at=now)
            assert not Entry.objects.exists()

        assert Entry.objects.count() == 1

    def test_emptying_the_table_between_tests_left_the_roles_in_place(self) -> None:
        codes = set(Role.objects.values_list("code", flat=True))

        assert {"detective", "sergeant", "captain", "auditor"} <= codes


@pytest.mark.django_db
class TestEntries:
    """What an entry says."""

    def test_an_entry_carries_what_it_was_told(self, now: datetime) -> None:
        with acting_as(str(CASE), "an.officer", session="d" * 32, source="192.0.2.7"):
            record(
                Event.CASE_ASSIGNED,
                at=now,
                subject_type="case",
                subject_id=CASE,
                reason="shift change",
                changes={"state": ["received", "assigned"]},
                details={"cases": [CASE], "due": now},
            )

        entry = Entry.objects.get()
        assert entry.at == now
        assert (entry.actor_id, entry.actor_label) == (str(CASE), "an.officer")
        assert (entry.session, entry.source_address) == ("d" * 32, "192.0.2.7")
        assert (entry.subject_type, entry.subject_id) == ("case", str(CASE))
        assert entry.changes == {"state": ["received", "assigned"]}
        assert entry.details == {"cases": [str(CASE)], "due": "2026-03-02T15:00:00Z"}
        assert (entry.reason, entry.event_label) == ("shift change", "Case assigned")

    def test_microseconds_are_kept(self, now: datetime) -> None:
        moments = [now + timedelta(microseconds=offset) for offset in (0, 1, 999_999)]
        for moment in moments:
            record(Event.CASE_VIEWED, at=moment)

        assert [entry.at for entry in Entry.objects.order_by("at")] == moments

    @pytest.mark.parametrize(
        "field",
        ["first_name", "suspect_name", "birth_date", "narrative", "phone", "home_address", "text"],
    )
    def test_values_of_identifying_fields_are_never_kept(self, now: datetime, field: str) -> None:
        record(
            Event.VICTIM_CHANGED,
            at=now,
            changes={field: ["Zephyrine", "Zephyrina"], "sex": ["F", "X"]},
        )

        assert Entry.objects.get().changes == {field: MASK, "sex": ["F", "X"]}

    @pytest.mark.unbound
    def test_an_entry_that_names_nobody_is_refused(self, now: datetime) -> None:
        with pytest.raises(NobodyActing):
            record(Event.CASE_VIEWED, at=now)
        with pytest.raises(NobodyActing):
            record_denied(Event.CASE_VIEWED, at=now)

    @pytest.mark.unbound
    def test_an_actor_may_be_passed(self, now: datetime) -> None:
        record(Event.SIGNED_IN, at=now, actor=Actor("8", "another.officer"))

        assert Entry.objects.get().actor_label == "another.officer"

    def test_a_passed_actor_beats_the_bound_one(self, now: datetime) -> None:
        record(Event.SIGNED_IN, at=now, actor=Actor("8", "another.officer"))

        assert Entry.objects.get().actor_id == "8"

    def test_a_batch_leaves_one_entry_for_each_subject(self, now: datetime) -> None:
        notes = [Note("flag", number, details={"case": str(CASE)}) for number in range(3)]

        assert record_many(Event.FLAG_RAISED, notes, at=now) == 3
        assert record_many(Event.FLAG_RAISED, [], at=now) == 0
        assert sorted(Entry.objects.values_list("subject_id", flat=True)) == ["0", "1", "2"]

    def test_an_outcome_off_the_list_is_refused(self, now: datetime) -> None:
        with pytest.raises(ValueError, match="not a valid Outcome"):
            record(Event.CASE_VIEWED, at=now, outcome="perhaps")


def test_a_system_actor_is_named_after_its_task() -> None:
    with acting_as_system("sweep") as context:
        assert context.actor == Actor("system:sweep", "system:sweep")
        assert current() is context


@pytest.mark.django_db
def test_an_account_is_named_by_its_id_and_sign_in_name(account: Account) -> None:
    assert actor_of(account) == Actor(str(account.pk), account.username)
