"""Is every entry sealed once, in order, however late it commits, without a writer waiting?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg2
import pytest
from django.db import Error, IntegrityError, connection, transaction

from audit import sealing
from audit.checkpoints import log_keys
from audit.content import COLUMNS, hash_of
from audit.events import Event
from audit.merkle import Frontier
from audit.models import Checkpoint, Entry, Epoch, Leaf, Node
from audit.recorder import Note, record_many
from audit.sealing import seal
from audit.tree import Tree, TreeDamaged
from audit.verification import verify
from audit.verifier import open_checkpoint
from tests.audit.sealing_log import as_owner, entries, rows, run, sealed_log

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = (
    "INSERT INTO audit_entry (at, event, outcome, actor_id, actor_label, session, subject_type, "
    "subject_id, reason, changes, details) VALUES "
    "('2026-03-02 15:00Z', 'case_viewed', 'allowed', 'a', 'a', '', '', '', %s, '{}', '{}') "
    "RETURNING id"
)


@contextmanager
def other_connection() -> Iterator[Any]:
    """A second, real connection, whose transactions are ended by the test alone."""
    link = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    try:
        yield link
    finally:
        link.close()


def write(link: Any, reason: str) -> int:
    with link.cursor() as cursor:
        cursor.execute(INSERT, [reason])
        return int(cursor.fetchone()[0])


def sealed_ids() -> list[int]:
    return list(Leaf.objects.order_by("index").values_list("entry_id", flat=True))


def root_of_entries(ids: list[int]) -> bytes:
    """Computed from the entries alone."""
    frontier = Frontier()
    for number in ids:
        frontier.append(
            hash_of(rows(f"SELECT {COLUMNS} FROM audit_entry e WHERE id = {number}")[0])
        )
    return frontier.root()


def test_entries_are_sealed_once_and_signed(now: datetime) -> None:
    written = [entry.pk for entry in entries(7, now)]

    assert seal(now=now, batch=3) == 7
    assert seal(now=now, batch=3) == 0

    assert sealed_ids() == written
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == [3, 6, 7]
    for checkpoint in Checkpoint.objects.all():
        head = open_checkpoint(checkpoint.note, log_keys())
        assert head.root == root_of_entries(written[: checkpoint.size])


def test_each_entry_has_a_nonce_and_the_same_act_twice_two_hashes(now: datetime) -> None:
    with transaction.atomic():
        record_many(Event.CASE_VIEWED, [Note("case", "1"), Note("case", "1")], at=now)
    seal(now=now)

    assert len({entry.nonce for entry in Entry.objects.all()}) == 2
    assert len({bytes(leaf.hash) for leaf in Leaf.objects.all()}) == 2


def test_a_transaction_that_commits_late_is_not_skipped(now: datetime) -> None:
    """The earlier number commits after the later one was there to be sealed."""
    with other_connection() as slow, other_connection() as quick:
        late = write(slow, "began first, commits last")
        early = write(quick, "began last, commits first")
        quick.commit()

        assert seal(now=now) == 0
        slow.commit()

    assert seal(now=now) == 2
    assert sealed_ids() == [late, early]


def test_an_earlier_id_in_a_later_transaction_is_not_skipped(now: datetime) -> None:
    """Ids are drawn before the order is known: here the greater id is sealed first."""
    with other_connection() as one, other_connection() as two:
        with one.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        first = write(two, "smaller id, later transaction")
        second = write(one, "greater id, earlier transaction")
        one.commit()

        assert seal(now=now) == 1
        assert sealed_ids() == [second]
        two.commit()

    assert seal(now=now) == 1
    assert sealed_ids() == [second, first]


def test_many_writers_in_every_order_of_commits_lose_nothing(now: datetime) -> None:
    """A hundred transactions, eight open at a time, ended in an order that the ids don't show."""
    with other_connections(8) as links:
        waiting: list[Any] = []
        for number in range(100):
            link = links[number % 8]
            if link in waiting:
                waiting.remove(link)
                link.commit()
                seal(now=now, batch=4)
            write(link, f"entry {number}")
            waiting.append(link)
            if number % 3 == 0:
                waiting.pop(len(waiting) // 2).commit()
                seal(now=now, batch=4)
        for link in reversed(waiting):
            link.commit()
            seal(now=now, batch=4)
    seal(now=now)

    assert sorted(sealed_ids()) == sorted(Entry.objects.values_list("pk", flat=True))
    assert len(sealed_ids()) == 100
    order = rows("SELECT e.id FROM audit_entry e ORDER BY e.xid, e.id")
    assert sealed_ids() == [number for (number,) in order]


@contextmanager
def other_connections(count: int) -> Iterator[list[Any]]:
    links = [psycopg2.connect(**connection.get_connection_params()) for _ in range(count)]
    try:
        yield links
    finally:
        for link in links:
            link.close()


def test_what_was_rolled_back_is_not_sealed_and_holds_nothing_up(now: datetime) -> None:
    with other_connection() as link:
        write(link, "never happened")
        kept = entries(1, now)[0]
        assert seal(now=now) == 0
        link.rollback()

    assert seal(now=now) == 1
    assert sealed_ids() == [kept.pk]


def test_a_writer_waits_for_no_sealer_and_a_sealer_for_no_writer(now: datetime) -> None:
    """Each has an open transaction while the other does its work; a lock would time out."""
    entries(2, now)
    with other_connection() as writer:
        with writer.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        with transaction.atomic():
            assert sealing._seal_batch(now, 10) == (2, False)
            write(writer, "while the sealer has not committed")
            writer.commit()
            write(writer, "still open while the next is sealed")
        run("SET lock_timeout = '1s'")
        assert seal(now=now) == 1
        run("SET lock_timeout = 0")
        writer.commit()

    assert seal(now=now) == 1


def test_a_sealer_ends_while_others_go_on_writing(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries(7, now)
    batches, plain = list[int](), sealing._seal_batch

    def one_more_behind_each(at: datetime, batch: int) -> tuple[int, bool]:
        found = plain(at, batch)
        batches.append(found[0])
        assert len(batches) < 9, "it never ends"
        entries(1, now, first=100 + len(batches))
        return found

    monkeypatch.setattr(sealing, "_seal_batch", one_more_behind_each)

    assert seal(now=now, batch=5) == 8
    assert batches == [5, 3]


def test_one_sealer_at_a_time(now: datetime) -> None:
    entries(2, now)
    with other_connection() as other:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.LOCK_KEY])
        assert seal(now=now) == 0
        other.rollback()

    assert seal(now=now) == 2


def test_the_tree_goes_on_over_stored_nodes(now: datetime) -> None:
    with transaction.atomic():
        record_many(Event.CASE_VIEWED, [Note("case", n) for n in range(600)], at=now)
    seal(now=now, batch=250)
    entries(3, now)
    seal(now=now)

    assert sorted(Node.objects.values_list("level", "index")) == [(8, 0), (8, 1)]
    frontier = Frontier()
    for leaf in Leaf.objects.order_by("index"):
        frontier.append(bytes(leaf.hash))
    assert Tree().frontier(603).root() == frontier.root()
    newest = Checkpoint.objects.latest("size")
    assert open_checkpoint(newest.note, log_keys()).root == frontier.root()


@contextmanager
def cluster(number: int) -> Iterator[None]:
    """The database believes that it runs in another cluster."""
    body = rows("SELECT prosrc FROM pg_proc WHERE proname = 'audit_cluster'")[0][0]
    head = "CREATE OR REPLACE FUNCTION audit_cluster() RETURNS bigint LANGUAGE sql STABLE AS"
    run(f"{head} $$ SELECT {number}::bigint $$")
    try:
        yield
    finally:
        run(f"{head} $${body}$$")


def test_after_a_dump_came_to_another_cluster_its_rest_is_sealed_first(now: datetime) -> None:
    """Transaction numbers begin anew there: they are smaller than those already sealed."""
    with cluster(7):
        sealed_log(3, now)
        brought = entries(2, now)
    after = entries(2, now, first=5)
    with as_owner():
        run(
            *(
                f"UPDATE audit_entry SET xid = '{3 + number}'::xid8 WHERE id = {entry.pk}"
                for number, entry in enumerate(after)
            )
        )

    assert seal(now=now) == 4

    assert sealed_ids()[3:] == [entry.pk for entry in (*brought, *after)]
    assert [epoch.first_leaf for epoch in Epoch.objects.order_by("pk")] == [0, 5]
    assert Epoch.objects.earliest("pk").cluster == 7
    assert verify().is_sound
    assert seal(now=now) == 0


def test_back_in_the_first_cluster_the_log_goes_on_where_it_was(now: datetime) -> None:
    sealed_log(2, now)
    with cluster(7):
        entries(2, now, first=2)
        seal(now=now)
    entries(2, now, first=4)

    assert seal(now=now) == 2
    assert [epoch.first_leaf for epoch in Epoch.objects.order_by("pk")] == [0, 2, 4]
    assert verify().is_sound


def test_nothing_is_signed_over_a_tree_that_was_touched(now: datetime) -> None:
    sealed_log(3, now)
    with as_owner():
        run(r"UPDATE audit_leaf SET hash = '\x00' WHERE index = 2")
    entries(1, now, first=3)

    with pytest.raises(TreeDamaged, match="not what was signed when it had 3 leaves"):
        seal(now=now)


def test_nothing_is_signed_over_a_checkpoint_of_another_key(now: datetime) -> None:
    sealed_log(3, now)
    with as_owner():
        run("UPDATE audit_checkpoint SET note = replace(note, '— caseunit', '— someone')")
    entries(1, now, first=3)

    with pytest.raises(TreeDamaged, match="can't be trusted"):
        seal(now=now)


@pytest.mark.parametrize(
    "table", ["audit_leaf", "audit_node", "audit_checkpoint", "audit_epoch", "audit_witnessing"]
)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {}"])
def test_what_is_sealed_is_append_only_for_its_owner_too(table: str, statement: str) -> None:
    column = rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", table
    )[0][0]
    sql = statement.format(table, f"{column} = {column}")

    with pytest.raises(Error, match=f"{table} is append-only"), transaction.atomic():
        run(sql)

    triggers = rows("SELECT tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass", table)
    assert set(triggers) == {("A",)}


BROKEN = {
    "audit_leaf_once_for_an_entry": "INSERT INTO audit_leaf SELECT 99, entry_id, hash, mac "
    "FROM audit_leaf WHERE index = 0",
    "audit_leaf_from_zero": r"INSERT INTO audit_leaf VALUES (-1, 99, '\x00', '\x00')",
    "audit_node_once": r"INSERT INTO audit_node (level, index, hash) VALUES (8, 0, '\x00'), "
    r"(8, 0, '\x00')",
    "audit_node_above_the_leaves": "INSERT INTO audit_node (level, index, hash) "
    r"VALUES (0, 0, '\x00')",
    "audit_checkpoint_not_empty": "INSERT INTO audit_checkpoint SELECT 0, note, mac, cluster, xid, "
    "entry_id, sealed_at FROM audit_checkpoint",
    "audit_epoch_from_zero": "INSERT INTO audit_epoch (cluster, first_leaf, began_at) "
    "SELECT cluster, -1, began_at FROM audit_epoch",
    "audit_witnessing_known": "INSERT INTO audit_witnessing (at, size, witness, problem) "
    "SELECT sealed_at, 1, 'rumour', '' FROM audit_checkpoint",
}


@pytest.mark.parametrize("name", BROKEN)
def test_constraints_hold_by_name(now: datetime, name: str) -> None:
    sealed_log(1, now)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        run(BROKEN[name])
