"""How does an entry get into the tree, without any writer waiting for it?

Entries are taken in the order `(xid, id)`, and only those of transactions below the oldest one that
still runs in this database: whatever commits later stands behind them, so nothing is skipped,
however late it commits. Transaction numbers start anew in another cluster, after a dump was
restored; each entry therefore names the cluster that it was written in, and each cluster has its
own position. What the dump brought and was not sealed yet comes first, as a new epoch begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from audit.checkpoints import Signer, former_keys, log_signer, sealed_head
from audit.content import COLUMNS, ID, hash_of
from audit.merkle import Frontier
from audit.models import Checkpoint, Epoch
from audit.tree import Made, Tree, TreeDamaged, kept, write_leaves, write_nodes
from audit.verifier import FIELDS, NotValid

BATCH = 5_000
# "audit" in ASCII: one sealer at a time, whoever starts it.
LOCK_KEY = 0x6175646974
XID = FIELDS.index("xid")

Rows = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Position:
    """Up to which entry a cluster's are sealed."""

    xid: int = 0
    entry_id: int = 0


def seal(*, now: datetime, batch: int = BATCH) -> int:
    """Seal all that can be sealed now; how many. None while another sealer works.

    It ends with the first batch that is not full, however fast others write meanwhile: else it
    would seal every few entries by themselves, and no witness would hear of any. Raises TreeDamaged
    rather than sign over a tree that no longer is what was signed.
    """
    sealed, more = 0, True
    while more:
        count, more = _seal_batch(now, batch)
        sealed += count
    return sealed


def _seal_batch(now: datetime, batch: int) -> tuple[int, bool]:
    """How many, and whether others may wait behind them."""
    with transaction.atomic():
        if not _alone():
            return 0, False
        signer = log_signer()
        frontier = _frontier()
        here = _cluster()
        cluster, rows = _next_rows(here, batch)
        if rows:
            _begin_epoch(cluster, frontier.size, now)
            _append(signer, frontier, rows, cluster, now)
        return len(rows), len(rows) == batch or cluster != here


def _alone() -> bool:
    return bool(_row("SELECT pg_try_advisory_xact_lock(%s)", LOCK_KEY)[0])


def _cluster() -> int:
    return int(_row("SELECT audit_cluster()")[0])


def _frontier() -> Frontier:
    """Where the tree grows, if it still is what the newest checkpoint says."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return Frontier()
    frontier = Tree().frontier(newest.size)
    try:
        head, _ = sealed_head(newest, log_signer(), former_keys())
    except NotValid as problem:
        raise TreeDamaged(f"Checkpoint {newest.size} can't be trusted: {problem}.") from None
    if (head.size, head.root) != (frontier.size, frontier.root()):
        raise TreeDamaged(f"The tree is not what was signed when it had {newest.size} leaves.")
    return frontier


def _next_rows(here: int, batch: int) -> tuple[int, Rows]:
    """The next entries to seal, all of one cluster: what a dump brought first, then our own."""
    for cluster in _others(here):
        if rows := _rows_after(cluster, batch, below=None):
            return cluster, rows
    return here, _rows_after(here, batch, below=_oldest_running())


def _others(here: int) -> Iterator[int]:
    """Clusters that entries came from, asked only when the log was last sealed elsewhere."""
    newest = Epoch.objects.order_by("-pk").values_list("cluster", flat=True).first()
    if newest == here:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cluster FROM audit_entry WHERE cluster <> %s GROUP BY cluster ORDER BY min(id)",
            [here],
        )
        yield from (cluster for (cluster,) in cursor.fetchall())


# As pg_snapshot_xmin, but for what can't write here: what ended since, what runs in other
# databases of the cluster, and the cluster's own cleaning, which has no user. Whose a transaction
# is, is asked of its lock too: the activity shows its number to its own role only, but to everybody
# who holds a lock and in which database. Whether it ended is asked last (CASE keeps the order), so
# that one which ends between the two questions holds nothing up. One that nobody can be shown to
# own counts as ours.
_OLDEST_RUNNING = """
SELECT least(
    pg_snapshot_xmax(now.seen)::text::numeric,
    pg_current_xact_id_if_assigned()::text::numeric,
    (SELECT min(running::text::numeric) FROM pg_snapshot_xip(now.seen) AS running
     WHERE CASE
         WHEN EXISTS (
             SELECT FROM pg_stat_activity AS other
             LEFT JOIN pg_locks AS held ON held.pid = other.pid
                 AND held.locktype = 'transactionid' AND held.mode = 'ExclusiveLock'
                 AND held.granted
             WHERE running::xid IN (other.backend_xid, held.transactionid)
               AND (other.datname <> current_database() OR other.usesysid IS NULL)
         ) THEN false
         ELSE pg_xact_status(running) = 'in progress'
     END)
)
FROM (SELECT pg_current_snapshot() AS seen) AS now"""


def _oldest_running() -> int:
    """Every transaction below it has ended; what it committed is seen by the next statement."""
    return int(_row(_OLDEST_RUNNING)[0])


def position(cluster: int) -> Position:
    """Up to where this cluster's entries are sealed."""
    newest = Checkpoint.objects.filter(cluster=cluster).order_by("-size").first()
    return Position(newest.xid, newest.entry_id) if newest else Position()


def _rows_after(cluster: int, batch: int, *, below: int | None) -> Rows:
    """A number that somebody put there twice is sealed once: `verify_audit` finds the other, and
    nobody else's entry waits for it.
    """
    last = position(cluster)
    bound = "" if below is None else f"AND e.xid < '{below}'::xid8"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM audit_entry e "  # noqa: S608 - constants and a number
            f"WHERE e.cluster = %s AND (e.xid, e.id) > (%s::xid8, %s) {bound} "
            "AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id) "
            "ORDER BY e.xid, e.id LIMIT %s",
            [cluster, str(last.xid), last.entry_id, batch],
        )
        return list({row[ID]: row for row in reversed(cursor.fetchall())}.values())[::-1]


def _begin_epoch(cluster: int, size: int, now: datetime) -> None:
    newest = Epoch.objects.order_by("-pk").first()
    if newest is None or newest.cluster != cluster:
        Epoch.objects.create(cluster=cluster, first_leaf=size, began_at=now)


def _append(signer: Signer, frontier: Frontier, rows: Rows, cluster: int, now: datetime) -> None:
    first, made = frontier.size, list[Made]()
    ids, hashes = [int(row[ID]) for row in rows], [hash_of(row) for row in rows]
    for leaf in hashes:
        made += kept(frontier.append(leaf))
    places = zip(range(first, frontier.size), ids, hashes, strict=True)
    write_leaves(first, ids, hashes, [signer.leaf_mac(*place) for place in places])
    write_nodes(made)
    checkpoint = Checkpoint(
        size=frontier.size,
        previous=first,
        note=signer.checkpoint(frontier.size, frontier.root()),
        cluster=cluster,
        xid=int(rows[-1][XID]),
        entry_id=ids[-1],
        sealed_at=now,
    )
    checkpoint.mac = signer.checkpoint_mac(checkpoint)
    checkpoint.save(force_insert=True)


def _row(sql: str, *parameters: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return tuple(cursor.fetchone())
