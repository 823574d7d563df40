"""Is each way of tampering found and named, wherever in the log it is done?

Done by the owner of the tables, with every trigger switched off; the log's key is not theirs.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from django.db import transaction

from audit import faults
from audit.checkpoints import Signer
from audit.content import hash_of
from audit.faults import Fault
from audit.models import Checkpoint, Entry
from audit.months import make, month_of
from audit.sealing import seal
from audit.verification import verify
from tests.audit.sealing_log import as_owner, entries, run, sealed_log

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 7
PLACES = range(SIZE)

COLUMN_CHANGES = {
    "at": "at + interval '1 microsecond'",
    "event": "'case_closed'",
    "outcome": "'denied'",
    "actor_id": "'someone-else'",
    "actor_label": "'someone-else'",
    "session": "'another'",
    "source_address": "'192.0.2.1'",
    "subject_type": "'victim'",
    "subject_id": "'another'",
    "reason": "reason || ' '",
    "changes": """'{"a": 1}'""",
    "details": "details || '{\"half\": 0.50}'",
    "nonce": "gen_random_uuid()",
    "cluster": "cluster + 1",
    "xid": "(xid::text::bigint - 1)::text::xid8",
}


def tamper(*statements: str) -> None:
    with as_owner():
        run(*statements)


def first_fault(**given: object) -> tuple[Fault, int | None]:
    finding = verify(**given).findings[0]  # type: ignore[arg-type]
    return finding.fault, finding.entry_id


def test_a_log_nobody_touched_is_sound(now: datetime) -> None:
    sealed_log(SIZE, now)

    report = verify()

    assert (report.findings, report.leaves, report.entries) == ([], SIZE, SIZE)
    assert report.checkpoints == 3


def test_an_empty_log_is_sound() -> None:
    assert verify().is_sound


def test_what_waits_for_its_seal_is_no_finding(now: datetime) -> None:
    sealed_log(SIZE, now)
    entries(2, now)

    assert verify().is_sound


@pytest.mark.parametrize("column", COLUMN_CHANGES)
def test_a_change_of_any_column_is_found(now: datetime, column: str) -> None:
    pk = sealed_log(SIZE, now)[3].pk
    tamper(f"UPDATE audit_entry SET {column} = {COLUMN_CHANGES[column]} WHERE id = {pk}")

    assert first_fault() == (Fault.CHANGED, pk)


def test_every_column_is_tried() -> None:
    assert {field.column for field in Entry._meta.local_fields} - {"id"} == COLUMN_CHANGES.keys()


@pytest.mark.parametrize("place", PLACES)
def test_a_changed_entry_is_named(now: datetime, place: int) -> None:
    pk = sealed_log(SIZE, now)[place].pk
    tamper(f"UPDATE audit_entry SET reason = 'It never was so.' WHERE id = {pk}")

    assert first_fault() == (Fault.CHANGED, pk)


@pytest.mark.parametrize("place", PLACES)
def test_a_changed_entry_whose_leaf_was_made_to_fit_is_named(now: datetime, place: int) -> None:
    pk = sealed_log(SIZE, now)[place].pk
    tamper(f"UPDATE audit_entry SET reason = 'It never was so.' WHERE id = {pk}")
    refit(pk)

    assert first_fault() == (Fault.CHANGED, pk)


def refit(pk: int) -> None:
    """Give the leaf the hash of what the entry now is."""
    found = hash_of(faults.entries([pk])[pk]).hex()
    tamper(rf"UPDATE audit_leaf SET hash = '\x{found}' WHERE entry_id = {pk}")


@pytest.mark.parametrize("place", range(SIZE - 1))
def test_a_removed_entry_is_named(now: datetime, place: int) -> None:
    pk = sealed_log(SIZE, now)[place].pk
    tamper(f"DELETE FROM audit_entry WHERE id = {pk}")

    assert first_fault() == (Fault.REMOVED, pk)


@pytest.mark.parametrize("place", range(SIZE - 1))
def test_an_entry_removed_with_its_leaf_is_named_by_its_place(now: datetime, place: int) -> None:
    pk = sealed_log(SIZE, now)[place].pk
    tamper(
        f"DELETE FROM audit_entry WHERE id = {pk}", f"DELETE FROM audit_leaf WHERE entry_id = {pk}"
    )

    finding = verify().findings[0]
    assert (finding.fault, finding.index) == (Fault.REMOVED, place)


@pytest.mark.parametrize("place", range(SIZE - 1))
def test_an_entry_removed_and_the_gap_closed_is_found(now: datetime, place: int) -> None:
    written = sealed_log(SIZE, now)
    tamper(
        f"DELETE FROM audit_entry WHERE id = {written[place].pk}",
        f"DELETE FROM audit_leaf WHERE index = {place}",
        "ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_from_zero",
        f"UPDATE audit_leaf SET index = -index WHERE index > {place}",
        "UPDATE audit_leaf SET index = -index - 1 WHERE index < 0",
        "ALTER TABLE audit_leaf ADD CONSTRAINT audit_leaf_from_zero CHECK (index >= 0)",
    )

    finding = verify().findings[0]
    assert (finding.fault, finding.index) == (Fault.REMOVED, place)


@pytest.mark.parametrize("place", PLACES)
def test_an_inserted_entry_is_named(now: datetime, place: int) -> None:
    """Between the others, as its transaction's number says; with no leaf of its own."""
    before = sealed_log(SIZE, now)[place].pk
    added = insert_beside(before)

    assert first_fault() == (Fault.INSERTED, added)


@pytest.mark.parametrize("place", PLACES)
def test_an_inserted_entry_with_a_leaf_of_its_own_is_named(now: datetime, place: int) -> None:
    added = insert_beside(sealed_log(SIZE, now)[place].pk)
    tamper(
        "ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_from_zero",
        f"UPDATE audit_leaf SET index = -index - 1 WHERE index >= {place}",
        "UPDATE audit_leaf SET index = -index WHERE index < 0",
        "ALTER TABLE audit_leaf ADD CONSTRAINT audit_leaf_from_zero CHECK (index >= 0)",
        rf"INSERT INTO audit_leaf VALUES ({place}, {added}, '\x00', '\x00')",
    )
    refit(added)

    assert first_fault() == (Fault.INSERTED, added)


def insert_beside(pk: int) -> int:
    columns = (
        "at, event, outcome, actor_id, actor_label, session, source_address, subject_type, "
        "subject_id, reason, changes, details, cluster, xid"
    )
    tamper(
        f"INSERT INTO audit_entry (id, {columns}) "
        f"SELECT -1, {columns} FROM audit_entry WHERE id = {pk}"
    )
    return -1


def test_an_entry_from_the_future_or_from_elsewhere_is_named(now: datetime) -> None:
    """It would never be sealed."""
    pk = sealed_log(SIZE, now)[0].pk
    for column, value in (("xid", "'9000000000000'::xid8"), ("cluster", "42")):
        insert_beside(pk)
        tamper(f"UPDATE audit_entry SET {column} = {value} WHERE id = -1")
        assert first_fault() == (Fault.INSERTED, -1)
        tamper("DELETE FROM audit_entry WHERE id = -1")


@pytest.mark.parametrize("places", list(combinations(range(5), 2)))
def test_two_entries_that_changed_places_are_named(now: datetime, places: tuple[int, int]) -> None:
    one, other = _pair(now, places)
    tamper(
        f"UPDATE audit_entry SET id = -9 WHERE id = {one}",
        f"UPDATE audit_entry SET id = {one} WHERE id = {other}",
        f"UPDATE audit_entry SET id = {other} WHERE id = -9",
    )

    assert first_fault() == (Fault.REORDERED, one)


@pytest.mark.parametrize("places", list(combinations(range(5), 2)))
def test_two_leaves_that_changed_places_are_named(now: datetime, places: tuple[int, int]) -> None:
    _, other = _pair(now, places)
    tamper(
        "ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_from_zero",
        f"UPDATE audit_leaf SET index = -9 WHERE index = {places[0]}",
        f"UPDATE audit_leaf SET index = {places[0]} WHERE index = {places[1]}",
        f"UPDATE audit_leaf SET index = {places[1]} WHERE index = -9",
        "ALTER TABLE audit_leaf ADD CONSTRAINT audit_leaf_from_zero CHECK (index >= 0)",
    )

    assert first_fault() == (Fault.REORDERED, other)


def _pair(now: datetime, places: tuple[int, int]) -> tuple[int, int]:
    written = sealed_log(5, now)
    return written[places[0]].pk, written[places[1]].pk


@pytest.mark.parametrize("place", PLACES)
def test_entries_cut_off_at_the_end_are_named(now: datetime, place: int) -> None:
    pk = sealed_log(SIZE, now)[place].pk
    tamper(f"DELETE FROM audit_entry WHERE id >= {pk}")

    assert first_fault() == (Fault.TRUNCATED, pk)


@pytest.mark.parametrize("place", PLACES)
def test_entries_and_leaves_cut_off_at_the_end_are_found(now: datetime, place: int) -> None:
    pk = sealed_log(SIZE, now)[place].pk
    tamper(
        f"DELETE FROM audit_entry WHERE id >= {pk}",
        f"DELETE FROM audit_leaf WHERE index >= {place}",
    )

    finding = verify().findings[0]
    assert (finding.fault, finding.index) == (Fault.TRUNCATED, place)


@pytest.mark.parametrize("kept", [0, 3, 6])
def test_everything_cut_off_at_a_checkpoint_is_found_by_the_witness(
    now: datetime, kept: int
) -> None:
    """What is left is a sound log: only who saw more of it can tell."""
    written = sealed_log(SIZE, now)
    notes = Checkpoint.objects.latest("size").note
    tamper(
        f"DELETE FROM audit_entry WHERE id >= {written[kept].pk}",
        f"DELETE FROM audit_leaf WHERE index >= {kept}",
        f"DELETE FROM audit_checkpoint WHERE size > {kept}",
    )

    assert verify().is_sound
    finding = verify(notes=notes).findings[0]
    assert (finding.fault, finding.words) == (
        Fault.TRUNCATED,
        f"the witness saw {SIZE} entries, the log holds {kept}",
    )


def test_checkpoints_cut_off_at_the_end_are_found(now: datetime) -> None:
    sealed_log(SIZE, now)
    tamper("DELETE FROM audit_checkpoint WHERE size > 3")

    assert first_fault()[0] == Fault.TRUNCATED


FORGERIES: dict[str, Callable[[Checkpoint], str]] = {
    "its size": lambda row: f"UPDATE audit_checkpoint SET size = 2 WHERE size = {row.size}",
    "its root": lambda row: (
        f"UPDATE audit_checkpoint SET note = overlay(note placing 'AAAA' from position(E'\\n' "
        f"in note) + 4) WHERE size = {row.size}"
    ),
    "its signature": lambda row: (
        f"UPDATE audit_checkpoint SET note = overlay(note placing 'AAAA' from length(note) - 12) "
        f"WHERE size = {row.size}"
    ),
    "its position": lambda row: (
        f"UPDATE audit_checkpoint SET entry_id = entry_id + 5 WHERE size = {row.size}"
    ),
    "its time": lambda row: (
        f"UPDATE audit_checkpoint SET sealed_at = sealed_at - interval '1 day' "
        f"WHERE size = {row.size}"
    ),
    "its mark": lambda row: rf"UPDATE audit_checkpoint SET mac = '\x00' WHERE size = {row.size}",
    "another's key": lambda row: (
        "UPDATE audit_checkpoint SET note = '"
        + Signer("caseunit/audit", bytes(32)).checkpoint(row.size, bytes(32))
        + f"' WHERE size = {row.size}"
    ),
}


@pytest.mark.parametrize("size", [3, 6, 7])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_checkpoint_is_named(now: datetime, size: int, forgery: str) -> None:
    sealed_log(SIZE, now)
    statement = FORGERIES[forgery](Checkpoint.objects.get(size=size))
    tamper(statement)

    assert Fault.FORGED in {finding.fault for finding in verify().findings}


def test_a_database_rolled_back_to_a_backup_is_found(now: datetime) -> None:
    """A copy of the whole database, put back; then work goes on and is sealed with the true key."""
    sealed_log(4, now)
    run(*(f"CREATE TABLE backup_{table} AS TABLE {table}" for table in TABLES))
    try:
        entries(3, now, first=4)
        seal(now=now)
        notes = Checkpoint.objects.latest("size").note
        tamper(
            *(f"TRUNCATE {table}" for table in TABLES),
            *(f"INSERT INTO {table} SELECT * FROM backup_{table}" for table in TABLES),
        )
        assert verify().is_sound
        assert first_fault(notes=notes)[0] == Fault.TRUNCATED

        entries(3, now, first=40)
        seal(now=now)
        assert verify().is_sound
        assert first_fault(notes=notes)[0] == Fault.REWRITTEN

        entries(1, now, first=50)
        seal(now=now)
        assert first_fault(notes=notes)[0] == Fault.REWRITTEN
    finally:
        run(*(f"DROP TABLE backup_{table}" for table in TABLES))


TABLES = ("audit_entry", "audit_leaf", "audit_node", "audit_checkpoint", "audit_epoch")


# -- over several months ------------------------------------------------------------------------

ACROSS: dict[str, tuple[str, Fault]] = {
    "changed": ("UPDATE audit_entry SET reason = 'another' WHERE id = {}", Fault.CHANGED),
    "put into another month": (
        "UPDATE audit_entry SET at = '2026-02-10T12:00Z' WHERE id = {}",
        Fault.CHANGED,
    ),
    "removed": ("DELETE FROM audit_entry WHERE id = {}", Fault.REMOVED),
    "standing twice": (
        "INSERT INTO audit_entry (id, at, event, outcome, actor_id, actor_label, session, "
        "subject_type, subject_id, reason, changes, details) SELECT id, '2026-02-10T12:00Z', "
        "event, outcome, actor_id, actor_label, session, subject_type, subject_id, reason, "
        "changes, details FROM audit_entry WHERE id = {}",
        Fault.INSERTED,
    ),
}


@pytest.mark.parametrize("how", ACROSS)
def test_every_place_of_a_log_over_two_months(now: datetime, how: str) -> None:
    """One after the other, each undone: an entry of either month is named, the last one too."""
    before = now - timedelta(days=20)
    make({month_of(before), month_of(now)}, now=now)
    written = [entries(1, (before, now)[number % 2], first=number)[0] for number in range(SIZE)]
    seal(now=now, batch=3)
    statement, fault = ACROSS[how]
    found = []
    for entry in written:
        with transaction.atomic():
            tamper(statement.format(entry.pk))
            found.append(first_fault())
            transaction.set_rollback(True)

    named = [(fault, entry.pk) for entry in written]
    if fault == Fault.REMOVED:
        named[-1] = (Fault.TRUNCATED, written[-1].pk)
    assert found == named
    assert verify().is_sound
