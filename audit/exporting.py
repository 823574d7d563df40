"""How does a stranger check entries of the log? With a bundle that carries its own proofs.

JSON lines: what it is, the newest checkpoint, older ones with the proof that each is its beginning,
entries with the proof that each is in it, and a last line that signs all the others. Checked by
`audit/verifier.py`, which needs neither this code nor the database.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from audit import faults
from audit.checkpoints import Signer, log_keys, log_signer
from audit.content import Values, content_of
from audit.faults import LeafRow, StandsTwiceError
from audit.merkle import consistency_proof, inclusion_proof, leaf_hash
from audit.models import Checkpoint, Witnessing
from audit.retired import Places, all_retired, places_of
from audit.tree import Tree
from audit.verification import Scope, witnessed_sizes
from audit.verifier import BUNDLE_KIND, FIELDS, NotValid, base64_of, bundle_seal

CHUNK = 5_000
# Older checkpoints that a bundle carries; the newest that a witness saw are among them.
CHECKPOINTS_MOST = 1_000


class NothingSealed(RuntimeError):
    """There is no checkpoint yet, so nothing can be proved."""


class NotAsSealed(RuntimeError):
    """An entry is not what was sealed: the log has to be verified first."""


@dataclass(frozen=True, slots=True)
class Exported:
    entries: int
    size: int


class _Sheet:
    """Writes lines and remembers what it wrote."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        self._lines = 0

    def line(self, **values: Any) -> None:
        data = json.dumps(values).encode() + b"\n"
        self._digest.update(data)
        self._lines += 1
        self._out.write(data)

    def seal(self, signer: Signer) -> None:
        text = bundle_seal(signer.key.name, self._lines, self._digest.digest())
        self.line(kind="seal", note=signer.note(text))


def export(out: BinaryIO, *, scope: Scope, notes: str = "") -> Exported:
    """Write the entries of the scope that are sealed and have not left. Raises NothingSealed,
    NotAsSealed.
    """
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        raise NothingSealed("Nothing has been sealed yet.")
    signer, tree, sheet = log_signer(), Tree(), _Sheet(out)
    sheet.line(kind="header", format=BUNDLE_KIND, origin=signer.key.name, fields=FIELDS)
    sheet.line(kind="checkpoint", note=newest.note)
    for row in _older(newest.size, notes):
        proof = consistency_proof(row.size, newest.size, tree.node_at)
        sheet.line(kind="checkpoint", note=row.note, consistency=_texts(proof))
    count = 0
    for leaf, content in _sealed(scope, newest.size):
        proof = inclusion_proof(leaf.index, newest.size, tree.node_at)
        sheet.line(kind="entry", index=leaf.index, content=content, inclusion=_texts(proof))
        count += 1
    sheet.seal(signer)
    return Exported(count, newest.size)


def _older(size: int, notes: str) -> list[Checkpoint]:
    """Checkpoints that a witness has seen, the newest first."""
    told = Witnessing.objects.filter(problem="").order_by("-size").values_list("size", flat=True)
    seen = {*told[:CHECKPOINTS_MOST], *witnessed_sizes(notes)}
    wanted = sorted((one for one in seen if one < size), reverse=True)[:CHECKPOINTS_MOST]
    return list(Checkpoint.objects.filter(size__in=wanted).order_by("-size"))


def _sealed(scope: Scope, size: int) -> Iterator[tuple[LeafRow, str]]:
    gone = _gone()
    for start in range(0, size, CHUNK):
        end = min(start + CHUNK, size)
        if scope.within is not None and not scope.within.meet(start, end):
            continue
        leaves = faults.leaves(start, end)
        found = [leaf for leaf in leaves if scope.holds(leaf) and leaf.index not in gone]
        contents = _contents(found)
        for leaf in found:
            content = content_of(contents.get(leaf.entry_id, ()))
            if leaf_hash(content.encode()) != leaf.hash:
                raise NotAsSealed(
                    f"Entry {leaf.entry_id} is not what was sealed; run verify_audit."
                )
            yield leaf, content


def _gone() -> Places:
    try:
        return places_of(all_retired(log_keys()))
    except NotValid as problem:
        raise NotAsSealed(f"A retirement is not the log's: {problem}; run verify_audit.") from None


def _contents(found: Sequence[LeafRow]) -> dict[int, Values]:
    try:
        return faults.entries([leaf.entry_id for leaf in found]) if found else {}
    except StandsTwiceError as problem:
        raise NotAsSealed(
            f"The log is not as it was sealed: {problem}; run verify_audit."
        ) from None


def _texts(proof: Sequence[bytes]) -> list[str]:
    return [base64_of(step) for step in proof]
