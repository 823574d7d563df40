"""What is the root of a growing list, and what proves that an entry or an earlier list is in it?

RFC 6962, section 2.1. Pure. The half that checks proofs is `audit.verifier`, which travels alone.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator

from audit.verifier import leaf_hash, node_hash

__all__ = ["EMPTY_ROOT", "Frontier", "consistency_proof", "inclusion_proof", "leaf_hash"]

EMPTY_ROOT = hashlib.sha256().digest()

# The hash of the full subtree of `2 ** level` leaves that is the `index`-th of its level.
NodeAt = Callable[[int, int], bytes]


class Frontier:
    """The full subtrees along the right edge: all that a tree needs to grow and to have a root."""

    def __init__(self, size: int = 0, roots: Iterable[tuple[int, bytes]] = ()) -> None:
        self.size = size
        self._roots = list(roots)

    def append(self, leaf: bytes, level: int = 0) -> list[tuple[int, int, bytes]]:
        """Add a leaf (or a full subtree); what became full by it: level, index, hash."""
        roots, made = self._roots, []
        self.size += 1 << level
        found = leaf
        while roots and roots[-1][0] == level:
            found = hashlib.sha256(b"\x01" + roots.pop()[1] + found).digest()
            level += 1
            made.append((level, (self.size >> level) - 1, found))
        roots.append((level, found))
        return made

    def root(self) -> bytes:
        if not self._roots:
            return EMPTY_ROOT
        found = self._roots[-1][1]
        for _, left in reversed(self._roots[:-1]):
            found = node_hash(left, found)
        return found


def inclusion_proof(index: int, size: int, node_at: NodeAt) -> list[bytes]:
    """The neighbours on the way from leaf `index` to the root of the first `size` leaves."""
    if not 0 <= index < size:
        raise IndexError(f"leaf {index} is not in a tree of {size}")
    return _path(index, 0, size, node_at)


def consistency_proof(first: int, second: int, node_at: NodeAt) -> list[bytes]:
    """What shows that the first `first` leaves are the beginning of the first `second`."""
    if not 0 < first <= second:
        raise IndexError(f"no tree of {first} begins one of {second}")
    return _subproof(first, 0, second, node_at, whole=True)


def _path(index: int, start: int, end: int, node_at: NodeAt) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, node_at), _range_hash(middle, end, node_at)]
    return [*_path(index, middle, end, node_at), _range_hash(start, middle, node_at)]


def _subproof(first: int, start: int, end: int, node_at: NodeAt, *, whole: bool) -> list[bytes]:
    if first == end:
        return [] if whole else [_range_hash(start, end, node_at)]
    middle = start + _split(end - start)
    if first <= middle:
        deeper = _subproof(first, start, middle, node_at, whole=whole)
        return [*deeper, _range_hash(middle, end, node_at)]
    deeper = _subproof(first, middle, end, node_at, whole=False)
    return [*deeper, _range_hash(start, middle, node_at)]


def _range_hash(start: int, end: int, node_at: NodeAt) -> bytes:
    *before, found = (node_at(level, index) for level, index in _full_subtrees(start, end))
    for left in reversed(before):
        found = node_hash(left, found)
    return found


def _full_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """A range that begins where a subtree of its size would, from its largest subtree down."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)
