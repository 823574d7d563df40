"""How long does a log of N entries take to verify, and does sealing keep up with its writers?

The log is made as a unit makes it in a year: entries of pages and acts over twelve months, and a
checkpoint for every few of them, as a sealer leaves that looks every three seconds. Leaves and
checkpoints are written in bulk by the parts that the sealer itself is made of; what verifies them
is the product's own.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import perf_counter, process_time
from typing import Any

from django.db import connection

from audit.checkpoints import Signer, log_signer
from audit.content import COLUMNS, ID, hash_of
from audit.merkle import Frontier
from audit.models import Checkpoint, Epoch
from audit.months import make, month_of
from audit.tree import Made, kept, write_leaves, write_nodes
from audit.verification import verify
from audit.verifier import FIELDS

ENTRIES = 1_000_000
CHUNK = 10_000
YEAR = timedelta(days=360)
# Three seconds of a day on which a million entries a year are left hold one or two; at rush, more.
A_CHECKPOINT = 4
XID = FIELDS.index("xid")

Row = tuple[str, ...]
Tell = Callable[[str], None]

# What pages and acts leave: ids, a reason now and then, details with the case.
_FILL = """
INSERT INTO audit_entry (at, event, outcome, actor_id, actor_label, session, source_address,
                         subject_type, subject_id, reason, changes, details)
SELECT %(begin)s + %(year)s * (n::float8 / %(all)s),
       (ARRAY['case_viewed', 'case_listed', 'response_logged', 'dashboard_viewed'])[n %% 4 + 1],
       CASE WHEN n %% 50 = 0 THEN 'denied' ELSE 'allowed' END,
       md5((n %% 240)::text), 'd' || n %% 240, md5((n / 40)::text), '10.1.2.3',
       'case', md5((n %% 20000)::text),
       CASE WHEN n %% 5 = 0 THEN 'Supervision of the case: asked for by the sergeant.' ELSE '' END,
       CASE WHEN n %% 9 = 0 THEN '{"state": ["assigned", "active"]}'::jsonb ELSE '{}'::jsonb END,
       jsonb_build_object('case', md5((n %% 20000)::text), 'shown', n %% 50)
FROM generate_series(%(first)s, %(last)s) AS n"""


@dataclass(frozen=True, slots=True)
class LogResult:
    """Seconds. `own_s`: of this process' own CPU, whatever else the machine does."""

    name: str
    entries: int
    checkpoints: int
    months: int
    wall_s: float
    own_s: float
    findings: int

    def as_dict(self) -> dict[str, Any]:
        return {
            name: round(value, 1) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def build_log(entries: int, now: datetime, tell: Tell) -> None:
    """Fill a blank scratch database with this many entries of the year before `now`, and seal."""
    begin = now - YEAR
    make({month_of(begin + YEAR * step / 24) for step in range(25)}, now=now)
    for first in range(0, entries, CHUNK):
        _fill(first, min(entries, first + CHUNK), entries, begin)
    tell(f"{entries:,} entries written; sealing…")
    _seal_in_bulk(now)


def _fill(first: int, end: int, entries: int, begin: datetime) -> None:
    given: dict[str, Any] = {
        "begin": begin,
        "year": YEAR,
        "all": entries,
        "first": first,
        "last": end - 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FILL, given)


def _seal_in_bulk(now: datetime) -> None:
    signer, frontier = log_signer(), Frontier()
    cluster = _one("SELECT audit_cluster()")
    Epoch.objects.create(cluster=cluster, first_leaf=0, began_at=now)
    for rows in _rows():
        first, made = frontier.size, list[Made]()
        checkpoints, hashes = list[Checkpoint](), [hash_of(row) for row in rows]
        for start in range(0, len(rows), A_CHECKPOINT):
            before, end = frontier.size, min(start + A_CHECKPOINT, len(rows))
            for leaf in hashes[start:end]:
                made += kept(frontier.append(leaf))
            checkpoints.append(_checkpoint(signer, frontier, before, rows[end - 1], cluster, now))
        ids = [int(row[ID]) for row in rows]
        places = zip(range(first, frontier.size), ids, hashes, strict=True)
        write_leaves(first, ids, hashes, [signer.leaf_mac(*place) for place in places])
        write_nodes(made)
        Checkpoint.objects.bulk_create(checkpoints)


def _checkpoint(
    signer: Signer, frontier: Frontier, before: int, last: Row, cluster: int, now: datetime
) -> Checkpoint:
    row = Checkpoint(
        size=frontier.size,
        previous=before,
        note=signer.checkpoint(frontier.size, frontier.root()),
        cluster=cluster,
        xid=int(last[XID]),
        entry_id=int(last[ID]),
        sealed_at=now,
    )
    row.mac = signer.checkpoint_mac(row)
    return row


def _rows() -> Iterator[list[Row]]:
    """Entries in the order of sealing."""
    xid, number = "0", 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {COLUMNS} FROM audit_entry e WHERE e.cluster = audit_cluster() "  # noqa: S608
                "AND (e.xid, e.id) > (%s::xid8, %s) ORDER BY e.xid, e.id LIMIT %s",
                [xid, number, CHUNK],
            )
            found = cursor.fetchall()
        if not found:
            return
        yield found
        xid, number = found[-1][XID], int(found[-1][ID])


def verified() -> LogResult:
    """The whole log, as `verify_audit` does it."""
    wall, own = perf_counter(), process_time()
    report = verify()
    return LogResult(
        "verify the whole log",
        report.entries,
        report.checkpoints,
        _one("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass") - 1,
        perf_counter() - wall,
        process_time() - own,
        len(report.findings),
    )


def _one(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
