"""Is one entry sealed, and does it still lead to the root that was signed?"""

from dataclasses import dataclass
from datetime import datetime

from audit import faults
from audit.checkpoints import former_keys, log_signer, sealed_head
from audit.content import hash_of
from audit.merkle import inclusion_proof
from audit.models import Checkpoint, Entry, Leaf
from audit.tree import Tree, TreeDamaged
from audit.verifier import NotValid, root_of_inclusion


class _NotAsSealedError(Exception):
    """In words."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """An entry's place in the sealed log. `place`: its leaf, from 0, None while it waits.

    `sealed_at` is when the first checkpoint over it was signed, `size` how many entries the newest
    one holds, against which it was checked. `problem`: what does not fit; empty when all does.
    """

    place: int | None = None
    leaf: str = ""
    sealed_at: datetime | None = None
    size: int = 0
    problem: str = ""


def inclusion_of(entry: Entry) -> Inclusion:
    """The state of one entry's seal, checked anew."""
    leaf = Leaf.objects.filter(entry_id=entry.pk).first()
    if leaf is None:
        return Inclusion(problem=_passed_over(entry))
    over = Checkpoint.objects.filter(size__gt=leaf.index).order_by("size").first()
    newest = Checkpoint.objects.order_by("-size").first()
    if over is None or newest is None:
        return Inclusion(leaf.index, problem="no checkpoint stands over its leaf")
    try:
        _check(leaf, newest)
        problem = ""
    except (_NotAsSealedError, faults.StandsTwiceError, NotValid, TreeDamaged) as found:
        problem = str(found)
    return Inclusion(leaf.index, bytes(leaf.hash).hex(), over.sealed_at, newest.size, problem)


def _passed_over(entry: Entry) -> str:
    """Entries are sealed in the order of their transactions: one behind the last was left out."""
    last = Checkpoint.objects.filter(cluster=entry.cluster).order_by("-size").first()
    if last and (int(entry.xid), entry.pk) <= (int(last.xid), last.entry_id):
        return "it stands among sealed entries and was never sealed"
    return ""


def _check(leaf: Leaf, newest: Checkpoint) -> None:
    """Entry to leaf, leaf to root, root to the log's own key."""
    values = faults.entries([leaf.entry_id]).get(leaf.entry_id, ())
    if hash_of(values) != bytes(leaf.hash):
        raise _NotAsSealedError("it is not what was sealed")
    head, _ = sealed_head(newest, log_signer(), former_keys())
    proof = inclusion_proof(leaf.index, newest.size, Tree().node_at)
    root = root_of_inclusion(leaf.index, newest.size, bytes(leaf.hash), proof)
    if root != head.root:
        raise _NotAsSealedError("its leaf does not lead to the root that was signed")
