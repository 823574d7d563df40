"""How is a record's key destroyed in every copy, backups too, without a key to keep per record?

Every record has a shred key, without which its wrapped data key is worthless. All of them grow from
one root: a tree of sixteen branches a level, each node's key made from its parent's. The store is a
small file apart from the database that holds the root. Destroying one shred key replaces the nodes
above it by their other branches: every other key can still be made, that one never again, by
anybody, from this file. New records change nothing in it, so a copy of the file is as good as the
file until the next destruction (decision 8).
"""

import base64
import binascii
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LEAF_DIGITS = 16
DIGITS = "0123456789abcdef"
KEY_BYTES = 32


class ShredStoreError(Exception):
    """The store is missing, unreadable or damaged. Never carries any part of a key."""


class Shredded(Exception):
    """This shred key was destroyed: what it protected is gone for good."""


def leaf_of(record: str, generation: int) -> str:
    """Where a record's shred key of a generation stands in the tree; the digits say nothing."""
    return hashlib.sha256(f"{record}:{generation}".encode()).hexdigest()[:LEAF_DIGITS]


@dataclass(frozen=True)
class ShredTree:
    """Keys by the digits that lead to them; no key stands above another."""

    nodes: Mapping[str, bytes]

    def key(self, leaf: str) -> bytes:
        """Raises `Shredded`."""
        prefix = self._above(leaf)
        if prefix is None:
            raise Shredded("This key was destroyed.")
        return _down(self.nodes[prefix], leaf[len(prefix) :])

    def without(self, leaves: Iterable[str]) -> "ShredTree":
        """The tree from which the keys of these leaves can't be made any more."""
        nodes = dict(self.nodes)
        for leaf in leaves:
            prefix = ShredTree(nodes)._above(leaf)
            if prefix is not None:
                nodes |= _beside(nodes.pop(prefix), prefix, leaf)
        return ShredTree(nodes)

    def _above(self, leaf: str) -> str | None:
        prefixes = (leaf[:length] for length in range(LEAF_DIGITS + 1))
        return next((prefix for prefix in prefixes if prefix in self.nodes), None)


def new_tree() -> ShredTree:
    return ShredTree({"": secrets.token_bytes(KEY_BYTES)})


def _down(key: bytes, digits: str) -> bytes:
    for digit in digits:
        key = hmac.digest(key, digit.encode(), "sha256")
    return key


def _beside(key: bytes, prefix: str, leaf: str) -> dict[str, bytes]:
    """What replaces a node: at each level on the way down to the leaf, the other branches."""
    kept = {}
    for depth in range(len(prefix), LEAF_DIGITS):
        for digit in DIGITS:
            if digit != leaf[depth]:
                kept[leaf[:depth] + digit] = _down(key, digit)
        key = _down(key, leaf[depth])
    return kept


def create(path: Path) -> None:
    """A fresh store. Raises FileExistsError: what an existing one protects would be gone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        _write(file.fileno(), new_tree())
    _sync_folder(path.parent)


def load(path: Path) -> ShredTree:
    """Raises `ShredStoreError`."""
    try:
        nodes = json.loads(path.read_bytes())["nodes"]
        tree = ShredTree({prefix: base64.b64decode(key) for prefix, key in nodes.items()})
    except OSError:
        raise ShredStoreError("The shred store can't be read.") from None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise ShredStoreError("The shred store is damaged.") from None
    if not tree.nodes or any(len(key) != KEY_BYTES for key in tree.nodes.values()):
        raise ShredStoreError("The shred store is damaged.")
    return tree


def destroy(path: Path, leaves: Iterable[str]) -> None:
    """Destroy the keys of these leaves in the store; again changes nothing.

    The file is replaced whole and written through to the disk before this returns, so that a crash
    leaves the old store or the new one; other processes see the new one at their next look. Raises
    `ShredStoreError`.
    """
    with _alone(path):
        tree = load(path)
        pruned = tree.without(leaves)
        if pruned.nodes != tree.nodes:
            _replace(path, pruned)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        raise ShredStoreError("The shred store's folder can't be written.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, tree: ShredTree) -> None:
    beside = path.with_name(f"{path.name}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            _write(file.fileno(), tree)
        before = os.open(path, os.O_RDWR)
        beside.replace(path)
        _sync_folder(path.parent)
        _blank(before)
    except OSError:
        raise ShredStoreError("The shred store can't be written.") from None


def _blank(descriptor: int) -> None:
    """Overwrite the old file where it lies. What a disk keeps aside by itself is out of reach."""
    try:
        os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, tree: ShredTree) -> None:
    nodes = {prefix: base64.b64encode(key).decode() for prefix, key in tree.nodes.items()}
    text = json.dumps({"version": 1, "nodes": dict(sorted(nodes.items()))}, indent=0)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(text.encode())
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
