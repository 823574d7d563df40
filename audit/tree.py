"""What does the database keep of the tree? Every leaf, and full subtrees at every eighth level.

So that neither a new leaf nor a proof needs more than a few hundred hashes, however long the log.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection

from audit.merkle import Frontier

STEP = 8
TOP = 40
CACHED = 1 << 17

Made = tuple[int, int, bytes]


class TreeDamaged(RuntimeError):
    """Leaves or nodes are missing, or don't give the root that was signed."""


class Tree:
    """The stored tree. What it gives is only as good as the check of its root."""

    def __init__(self) -> None:
        self.node_at = lru_cache(maxsize=CACHED)(self._node_at)
        self._tile = lru_cache(maxsize=CACHED >> STEP)(self._read_tile)

    def frontier(self, size: int) -> Frontier:
        """The right edge of the first `size` leaves. Raises TreeDamaged."""
        frontier = Frontier()
        for level in range(TOP, -1, -STEP):
            start, end = (size >> (level + STEP)) << STEP, size >> level
            for found in _hashes(level, start, end):
                frontier.append(found, level)
        return frontier

    def _node_at(self, level: int, index: int) -> bytes:
        above = level % STEP
        base, start, count = level - above, index << above, 1 << above
        tile = self._tile(base, start >> STEP)
        inside = start % (1 << STEP)
        part = tile[inside : inside + count]
        if len(part) != count:
            raise TreeDamaged(f"Level {base} of the tree ends before {start + count}.")
        frontier = Frontier()
        for found in part:
            frontier.append(found)
        return frontier.root()

    def _read_tile(self, level: int, number: int) -> list[bytes]:
        return list(_read(level, number << STEP, (number + 1) << STEP))


def _hashes(level: int, start: int, end: int) -> list[bytes]:
    found = list(_read(level, start, end)) if end > start else []
    if len(found) != end - start:
        raise TreeDamaged(f"Level {level} of the tree lacks hashes between {start} and {end}.")
    return found


def _read(level: int, start: int, end: int) -> Iterator[bytes]:
    """The hashes of a level from the first on, as far as they follow each other."""
    with connection.cursor() as cursor:
        if level:
            cursor.execute(
                "SELECT index, hash FROM audit_node "
                "WHERE level = %s AND index >= %s AND index < %s ORDER BY index",
                [level, start, end],
            )
        else:
            cursor.execute(
                "SELECT index, hash FROM audit_leaf WHERE index >= %s AND index < %s "
                "ORDER BY index",
                [start, end],
            )
        for expected, (index, found) in enumerate(cursor.fetchall(), start):
            if index != expected:
                return
            yield bytes(found)


def kept(made: Iterable[Made]) -> list[Made]:
    """Those of the subtrees just completed that the database keeps."""
    return [node for node in made if node[0] % STEP == 0]


def write_leaves(
    first: int, entry_ids: Sequence[int], hashes: list[bytes], macs: list[bytes]
) -> None:
    """Append leaves; `first` is the place of the first of them."""
    _write(
        "INSERT INTO audit_leaf (index, entry_id, hash, mac) "
        "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[])",
        [list(range(first, first + len(hashes))), list(entry_ids), hashes, macs],
    )


def write_nodes(nodes: Sequence[Made]) -> None:
    if nodes:
        levels, places, hashes = (list(column) for column in zip(*nodes, strict=True))
        _write(
            "INSERT INTO audit_node (level, index, hash) "
            "SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])",
            [levels, places, hashes],
        )


def _write(sql: str, columns: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, columns)
