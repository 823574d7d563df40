"""What is wrong with the log at the place where it first goes wrong?

Asked only when something is: these look at as much of the log as it takes to name the fault.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.db import connection

from audit.checkpoints import Signer
from audit.content import COLUMNS, ID, Values, hash_of

CHUNK = 10_000


class Fault(StrEnum):
    """What can be wrong."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated at the end"
    FORGED = "checkpoint forged"
    REWRITTEN = "rewritten since the witness saw it"
    UNSANCTIONED = "retirement forged"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing wrong of its kind. `index`: the place in the tree; `entry_id`: the entry."""

    fault: Fault
    words: str
    index: int | None = None
    entry_id: int | None = None

    def __str__(self) -> str:
        return f"{self.fault}: {self.words}"


class StandsTwiceError(Exception):
    """Two entries have one number: numbers are the database's own, so one was put there."""

    def __init__(self, entry_id: int) -> None:
        super().__init__(f"entry {entry_id} stands twice in the log")
        self.entry_id = entry_id


class LeafRow(NamedTuple):
    """A leaf as it is stored."""

    # A tuple's own `index` is of no use here.
    index: int  # type: ignore[assignment]
    entry_id: int
    hash: bytes
    mac: bytes

    def fits(self, index: int, signer: Signer) -> bool:
        """Whether the log put this leaf at that place."""
        return signer.leaf_mac(index, self.entry_id, self.hash) == self.mac


def leaves(start: int, end: int) -> list[LeafRow]:
    """The leaves of a range that are there, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT index, entry_id, hash, mac FROM audit_leaf "
            "WHERE index >= %s AND index < %s ORDER BY index",
            [start, end],
        )
        return [LeafRow(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in cursor.fetchall()]


def entries(ids: Sequence[int]) -> dict[int, Values]:
    """Entries by their number: the values that are hashed. Raises StandsTwiceError.

    With the least and the greatest number, so that of a month that holds none of them nothing is
    read but one page of its index.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM audit_entry e "  # noqa: S608 - constants
            "WHERE e.id BETWEEN %s AND %s AND e.id = ANY(%s)",
            [min(ids), max(ids), list(ids)],
        )
        rows = cursor.fetchall()
    found = {int(row[ID]): row for row in rows}
    if len(found) < len(rows):
        twice, _ = Counter(int(row[ID]) for row in rows).most_common(1)[0]
        raise StandsTwiceError(twice)
    return found


def missing_leaf(index: int, size: int) -> Finding:
    """No leaf stands where one stood."""
    later = _exists("SELECT 1 FROM audit_leaf WHERE index > %s LIMIT 1", index)
    if later:
        return Finding(Fault.REMOVED, f"the leaf at {index} is gone", index)
    words = f"the tree had {size} leaves when it was signed, and ends at {index}"
    return Finding(Fault.TRUNCATED, words, index)


def missing_entry(leaf: LeafRow, size: int) -> Finding:
    """The leaf is as it was, but its entry isn't there, and no retirement says why."""
    apart = _detached_with(leaf.entry_id)
    if apart:
        words = f"entry {leaf.entry_id} stands in {apart}, which left the log without a retirement"
        return Finding(Fault.REMOVED, words, leaf.index, leaf.entry_id)
    later = _exists(
        "SELECT 1 FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id "
        "WHERE l.index > %s LIMIT 1",
        leaf.index,
    )
    if later:
        words = f"entry {leaf.entry_id} is gone"
        return Finding(Fault.REMOVED, words, leaf.index, leaf.entry_id)
    words = f"entry {leaf.entry_id} and the {size - leaf.index - 1} sealed after it are gone"
    return Finding(Fault.TRUNCATED, words, leaf.index, leaf.entry_id)


def _detached_with(entry_id: int) -> str | None:
    """The table that was a month of the log, stands beside it now, and has this entry."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace "
            r"AND relname ~ '^audit_(entry|retired)_\d{4}_\d{2}$' ORDER BY relname"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT 1 FROM {name} WHERE id = %s", [entry_id])  # noqa: S608
            if cursor.fetchone():
                return str(name)
    return None


def other_entry(leaf: LeafRow) -> Finding:
    """The leaf is as it was, but its entry isn't what was sealed."""
    for values in _every_entry():
        if hash_of([*values[:ID], str(leaf.entry_id), *values[ID + 1 :]]) == leaf.hash:
            words = f"what was entry {leaf.entry_id} now stands as entry {values[ID]}"
            return Finding(Fault.REORDERED, words, leaf.index, leaf.entry_id)
    words = f"entry {leaf.entry_id} is not what was sealed"
    return Finding(Fault.CHANGED, words, leaf.index, leaf.entry_id)


def other_leaf(leaf: LeafRow, size: int, signer: Signer) -> Finding:
    """The leaf is not what the log put there: where did it come from?"""
    after = next(iter(leaves(leaf.index + 1, leaf.index + 2)), None)
    home = next((place for place in range(size) if leaf.fits(place, signer)), None)
    if home is None:
        return _strange_leaf(leaf, after, signer)
    moved_up = after.fits(home + 1, signer) if after else not leaves(home, home + 1)
    if home > leaf.index and moved_up:
        words = f"{home - leaf.index} entries that stood before entry {leaf.entry_id} are gone"
        return Finding(Fault.REMOVED, words, leaf.index, leaf.entry_id)
    words = f"entry {leaf.entry_id} was sealed at {home} and stands at {leaf.index}"
    return Finding(Fault.REORDERED, words, leaf.index, leaf.entry_id)


def _strange_leaf(leaf: LeafRow, after: LeafRow | None, signer: Signer) -> Finding:
    if after and after.fits(leaf.index, signer):
        words = f"entry {leaf.entry_id} was never sealed and stands in the tree"
        return Finding(Fault.INSERTED, words, leaf.index, leaf.entry_id)
    twin = _leaf_sealed_as(leaf)
    if twin is not None:
        words = f"entry {leaf.entry_id} stands where entry {twin} was sealed"
        return Finding(Fault.REORDERED, words, leaf.index, leaf.entry_id)
    words = f"entry {leaf.entry_id} and its leaf are not what was sealed"
    return Finding(Fault.CHANGED, words, leaf.index, leaf.entry_id)


def _leaf_sealed_as(leaf: LeafRow) -> int | None:
    """Of which other entry this leaf holds the hash."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM audit_entry e WHERE e.id <> %s", [leaf.entry_id])  # noqa: S608
        return next((int(row[ID]) for row in cursor if hash_of(row) == leaf.hash), None)


def leaf_after_the_end(size: int, signer: Signer) -> Finding | None:
    """Is there a leaf that no checkpoint covers?"""
    for leaf in leaves(size, size + 1):
        if leaf.fits(leaf.index, signer):
            words = f"the checkpoints after {size} leaves are gone, the leaves go on"
            return Finding(Fault.TRUNCATED, words, leaf.index, leaf.entry_id)
        words = f"entry {leaf.entry_id} stands in the tree after its end"
        return Finding(Fault.INSERTED, words, leaf.index, leaf.entry_id)
    return None


UNSEALED = """
    WITH last AS (
        SELECT DISTINCT ON (cluster) cluster, xid, entry_id
        FROM audit_checkpoint ORDER BY cluster, size DESC
    ), epoch AS (
        SELECT cluster FROM audit_epoch ORDER BY id DESC LIMIT 1
    )
    SELECT e.id FROM audit_entry e
        LEFT JOIN audit_leaf l ON l.entry_id = e.id
        LEFT JOIN last ON last.cluster = e.cluster
    WHERE l.index IS NULL AND (
        (e.xid, e.id) <= (last.xid, last.entry_id)
        OR (e.cluster = audit_cluster() AND e.xid >= pg_snapshot_xmax(pg_current_snapshot()))
        OR (e.cluster <> audit_cluster() AND audit_cluster() = (SELECT cluster FROM epoch))
    )
    ORDER BY e.xid, e.id LIMIT 1
"""


def unsealed_entry() -> Finding | None:
    """Is there an entry without a leaf where everything has been sealed?"""
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED)
        found = cursor.fetchone()
    if found is None:
        return None
    words = f"entry {found[0]} stands among sealed entries and was never sealed"
    return Finding(Fault.INSERTED, words, None, int(found[0]))


def _every_entry() -> Iterator[list[str | None]]:
    last = -(1 << 63)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {COLUMNS} FROM audit_entry e WHERE e.id > %s ORDER BY e.id LIMIT %s",  # noqa: S608
                [last, CHUNK],
            )
            found = [list(row) for row in cursor]
        if not found:
            return
        yield from found
        last = int(found[-1][ID])


def _exists(sql: str, index: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [index])
        return cursor.fetchone() is not None
