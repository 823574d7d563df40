"""Is the log still what was sealed? Every leaf, every checkpoint, and the entries asked for.

The tree is always computed anew from all of its leaves; contents are hashed anew for the entries of
the scope. The walk ends at the first thing wrong, which `audit.faults` then names.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection

from audit import faults
from audit.ahead import read_ahead
from audit.checkpoints import Signer, former_keys, log_keys, log_signer, sealed_head, text_of
from audit.content import Values, hash_of
from audit.faults import Fault, Finding, LeafRow, StandsTwiceError
from audit.merkle import Frontier
from audit.models import Checkpoint, Witnessing
from audit.retired import Places, Retired, all_retired, places_of
from audit.tree import Made, kept
from audit.verifier import Head, Key, NotValid, notes_in, open_checkpoint

CHUNK = 10_000
CHECKPOINTS_AT_ONCE = 2_000

Tell = Callable[[int, int], None]
Leaves = Generator[tuple[LeafRow, Values | None, bool], None, None]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose contents are hashed anew: entries by number, or all from a place in the tree on, or
    those at some places.
    """

    first_entry: int | None = None
    last_entry: int | None = None
    from_leaf: int = 0
    within: Places | None = None

    def holds(self, leaf: LeafRow) -> bool:
        return (
            leaf.index >= self.from_leaf
            and (self.within is None or leaf.index in self.within)
            and (self.first_entry is None or leaf.entry_id >= self.first_entry)
            and (self.last_entry is None or leaf.entry_id <= self.last_entry)
        )


@dataclass(slots=True)
class Report:
    """What was looked at and what was found; the first finding comes first in the log. `retired`:
    entries that were asked for and have left by a retirement.
    """

    size: int = 0
    leaves: int = 0
    entries: int = 0
    checkpoints: int = 0
    witnessed: int = 0
    retired: int = 0
    retirements: list[Retired] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.findings


def _quiet(done: int, total: int) -> None:
    del done, total


def verify(*, scope: Scope | None = None, notes: str = "", tell: Tell = _quiet) -> Report:
    """Walk the whole tree. `notes`: checkpoints that a witness kept, one after the other."""
    size = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
    walk = _Walk(size, scope or Scope(), tell)
    try:
        walk.compare_with(notes)
        walk.excuse_retired()
        walk.to_the_end()
    except _Bad as bad:
        walk.report.findings.append(bad.finding)
    else:
        walk.report.findings += filter(None, [faults.leaf_after_the_end(size, walk.signer)])
    walk.report.findings += filter(None, [faults.unsealed_entry(), _witnessed_more(size)])
    return walk.report


def last_witnessed(notes: str) -> int:
    """How long the newest log was that a witness saw; 0 when it saw none."""
    for head in sorted(_heads(notes), key=lambda pair: pair[0].size, reverse=True):
        with suppress(NotValid):
            return open_checkpoint(head[1], log_keys()).size
    return 0


def witnessed_sizes(notes: str) -> set[int]:
    """How long the log was each time that a witness saw it."""
    return {head.size for head, _ in _heads(notes)}


class _Bad(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class _Walk:
    """From the first leaf to the newest checkpoint."""

    def __init__(self, size: int, scope: Scope, tell: Tell) -> None:
        self.report = Report(size=size)
        self.signer: Signer = log_signer()
        self._former: Sequence[Key] = former_keys()
        self._scope, self._tell = scope, tell
        self._frontier, self._made = Frontier(), list[Made]()
        self._chained = False
        self._retired = Places()
        self._seen: dict[int, list[tuple[Head, str]]] = defaultdict(list)

    def compare_with(self, notes: str) -> None:
        """What the witness saw is compared where the tree has that size."""
        for head, note in _heads(notes):
            self.report.witnessed += 1
            if head.size > self.report.size:
                _must_be_signed(head, note)
                words = f"the witness saw {head.size} entries, the log holds {self.report.size}"
                raise _Bad(Finding(Fault.TRUNCATED, words, self.report.size))
            self._seen[head.size].append((head, note))

    def excuse_retired(self) -> None:
        """What has left by a retirement that the log itself signed is not missed."""
        try:
            self.report.retirements = all_retired([self.signer.key, *self._former])
        except NotValid as problem:
            words = f"one that is on record is not the log's: {problem}"
            raise _Bad(Finding(Fault.UNSANCTIONED, words)) from None
        self._retired = places_of(self.report.retirements)

    def to_the_end(self) -> None:
        with closing(self._leaves()) as leaves:
            for row in self._checkpoints():
                self._to(row, leaves)
        self._compare_nodes()

    def _to(self, row: Checkpoint, leaves: Leaves) -> None:
        head, ours = self._trusted(row)
        before = self._frontier.size
        self._must_follow(row, before)
        for leaf, values, asked in islice(leaves, head.size - before):
            if ours and not leaf.fits(leaf.index, self.signer):
                raise _Bad(faults.other_leaf(leaf, self.report.size, self.signer))
            if asked:
                self._content(leaf, values)
            self._made += kept(self._frontier.append(leaf.hash))
        self._compare(head, before)
        self.report.leaves = self._frontier.size
        self.report.checkpoints += 1

    def _checkpoints(self) -> Iterator[Checkpoint]:
        rows = Checkpoint.objects.filter(size__lte=self.report.size).order_by("size")
        return rows.iterator(chunk_size=CHECKPOINTS_AT_ONCE)

    def _trusted(self, row: Checkpoint) -> tuple[Head, bool]:
        try:
            head, ours = sealed_head(row, self.signer, self._former)
            if row.size == self.report.size:
                open_checkpoint(row.note, [self.signer.key, *self._former])
        except NotValid as problem:
            words = f"the one of {row.size} entries is not the log's: {problem}"
            raise _Bad(Finding(Fault.FORGED, words, row.size - 1)) from None
        return head, ours

    def _must_follow(self, row: Checkpoint, before: int) -> None:
        """Each names the one before it; only the log's beginning may have unchained ones."""
        if row.previous == before or (row.previous is None and not self._chained):
            self._chained = row.previous is not None
            return
        if row.previous is None or row.previous < before:
            words = f"the one of {row.size} entries does not follow that of {before}"
            raise _Bad(Finding(Fault.FORGED, words, row.size - 1))
        words = f"the checkpoint of {row.previous} entries is gone"
        raise _Bad(Finding(Fault.REMOVED, words, row.previous - 1))

    def _leaves(self) -> Leaves:
        """Every leaf in its place, with its entry's values where they are asked for."""
        for start, found, contents in read_ahead(self._read, range(0, self.report.size, CHUNK)):
            end = min(start + CHUNK, self.report.size)
            for index, leaf in enumerate(found, start):
                if leaf.index != index:
                    raise _Bad(faults.missing_leaf(index, self.report.size))
                yield leaf, contents.get(leaf.entry_id), self._scope.holds(leaf)
            if len(found) != end - start:
                raise _Bad(faults.missing_leaf(start + len(found), self.report.size))
            self._compare_nodes()
            self._tell(end, self.report.size)

    def _read(self, start: int) -> tuple[int, list[LeafRow], dict[int, Values]]:
        found = faults.leaves(start, min(start + CHUNK, self.report.size))
        asked = [leaf.entry_id for leaf in found if self._scope.holds(leaf)]
        try:
            return start, found, faults.entries(asked) if asked else {}
        except StandsTwiceError as problem:
            finding = Finding(Fault.INSERTED, str(problem), None, problem.entry_id)
            raise _Bad(finding) from None

    def _content(self, leaf: LeafRow, values: Values | None) -> None:
        if values is None and leaf.index in self._retired:
            self.report.retired += 1
            return
        self.report.entries += 1
        if values is None:
            raise _Bad(faults.missing_entry(leaf, self.report.size))
        if hash_of(values) != leaf.hash:
            raise _Bad(faults.other_entry(leaf))

    def _compare(self, head: Head, before: int) -> None:
        """The tree as it now is, with what was signed and what the witness saw."""
        root = self._frontier.root()
        if root != head.root:
            words = f"an entry between {before} and {head.size - 1} in the tree is not as signed"
            raise _Bad(Finding(Fault.CHANGED, words, before))
        for seen, note in self._seen.pop(head.size, ()):
            if seen.root != root:
                _must_be_signed(seen, note)
                words = f"the witness saw another log when it had {head.size} entries"
                raise _Bad(Finding(Fault.REWRITTEN, words, head.size - 1))

    def _compare_nodes(self) -> None:
        """Stored subtrees only speed things up, but a proof made with a wrong one would fail."""
        made, self._made = self._made, []
        stored = _stored_nodes(made) if made else {}
        for level, index, expected in made:
            if stored.get((level, index)) != expected:
                words = f"the stored subtree {index} of level {level} is not that of its leaves"
                raise _Bad(Finding(Fault.CHANGED, words, index << level))


def _stored_nodes(made: list[Made]) -> dict[tuple[int, int], bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT level, index, hash FROM audit_node "
            "WHERE (level, index) IN (SELECT * FROM unnest(%s::smallint[], %s::bigint[]))",
            [[level for level, _, _ in made], [index for _, index, _ in made]],
        )
        return {(level, index): bytes(found) for level, index, found in cursor}


def _heads(notes: str) -> list[tuple[Head, str]]:
    """What a witness kept. A line that was cut off as it was written is no finding."""
    found = []
    for note in notes_in(notes):
        with suppress(NotValid):
            found.append((Head.parse(text_of(note)), note))
    return found


def _must_be_signed(head: Head, note: str) -> None:
    try:
        open_checkpoint(note, log_keys())
    except NotValid as problem:
        words = f"the witness holds one of {head.size} entries that is not the log's: {problem}"
        raise _Bad(Finding(Fault.FORGED, words)) from None


def _witnessed_more(size: int) -> Finding | None:
    """The log's own memory of what it gave its witnesses."""
    seen = Witnessing.objects.filter(problem="", size__gt=size).order_by("-size").first()
    if seen is None:
        return None
    words = f"a witness was given a checkpoint of {seen.size} entries, the log has {size}"
    return Finding(Fault.TRUNCATED, words, size)
