#!/usr/bin/env python3
"""Is this extract of the audit log genuine? One file; needs Python 3.11 and `cryptography`.

    python3 -I verifier.py BUNDLE --key KEY [--witness NOTES]

KEY is the log's public key, learned from somewhere else than the bundle: `name+id+key`. NOTES is a
file of checkpoints that a witness kept. Prints what holds, or the first thing that does not; ends
with 0 when valid, 1 when not, 2 when asked wrongly. It never needs the database or the network.

The tree is that of RFC 6962, a checkpoint a signed note in the C2SP tlog-checkpoint format.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HASH_BYTES = 32
KEY_ID_BYTES = 4
ED25519 = b"\x01"
SIGNATURES_MOST = 64
CHECKPOINT_LINES = 3
BUNDLE_KIND = "caseunit audit bundle v1"
FIELDS = (
    "format", "nonce", "cluster", "xid", "id", "at", "event", "outcome", "actor_id", "actor_label",
    "session", "source_address", "subject_type", "subject_id", "reason", "changes", "details",
)  # fmt: skip
FORMAT = "caseunit audit entry v1"
# A signature line begins with an em dash.
DASH = "\u2014 "
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class NotValid(Exception):
    """Something does not hold; the words say what."""


def leaf_hash(content: bytes) -> bytes:
    """RFC 6962: what stands in the tree for an entry."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962: what stands in the tree for two neighbours."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that leaf and proof lead to. Raises NotValid for a proof of the wrong length."""
    if not 0 <= index < size:
        raise NotValid(f"leaf {index} is not in a tree of {size}")
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise NotValid("a proof of inclusion is too long")
        if node % 2 or node == last:
            found = node_hash(step, found)
            while node % 2 == 0:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    if last:
        raise NotValid("a proof of inclusion is too short")
    return found


def check_consistency(
    first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raises NotValid unless the tree of `first` leaves is the beginning of that of `second`."""
    if not 0 < first <= second:
        raise NotValid(f"a tree of {first} can't be the beginning of one of {second}")
    if first == second:
        if proof or first_root != second_root:
            raise NotValid(f"two different trees of {first} leaves")
        return
    steps = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not steps or _roots(first, second, steps) != (first_root, second_root):
        raise NotValid(f"the tree of {first} leaves is not the beginning of that of {second}")


def _roots(first: int, second: int, steps: list[bytes]) -> tuple[bytes, bytes]:
    node, last = first - 1, second - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise NotValid("a proof of consistency is too long")
        if node % 2 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    if last:
        raise NotValid("a proof of consistency is too short")
    return old, new


def from_base64(text: str, length: int | None = None) -> bytes:
    """Bytes of the one spelling that encodes them. Raises NotValid."""
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise NotValid("a value is not base64") from None
    if base64.b64encode(found).decode() != text or length not in (None, len(found)):
        raise NotValid("a value in base64 has the wrong form")
    return found


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass(frozen=True)
class Key:
    """Who signs: a name, and an Ed25519 public key. `text` is how it is handed on."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        material = self.name.encode() + b"\n" + ED25519 + self.public
        return hashlib.sha256(material).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64_of(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        material = from_base64(encoded, 1 + HASH_BYTES)
        key = cls(name, material[1:])
        if material[:1] != ED25519 or not is_key_name(name) or key.id.hex() != key_id:
            raise NotValid("the key has the wrong form; it reads name+id+key")
        return key


def is_key_name(name: str) -> bool:
    """Neither empty nor with spaces or a plus."""
    return bool(name) and "+" not in name and not any(sign.isspace() for sign in name)


def open_note(note: str, keys: Sequence[Key]) -> str:
    """The text of a signed note. Raises NotValid unless a key that is known signed exactly it."""
    text, separator, block = note.rpartition("\n\n")
    lines = block.split("\n")
    if not separator or lines.pop() != "" or not lines or CONTROL.search(note):
        raise NotValid("a note has the wrong form")
    if len(lines) > SIGNATURES_MOST:
        raise NotValid("a note has too many signatures")
    text += "\n"
    signed = [_signed(text, line, keys) for line in lines]
    if not any(signed):
        raise NotValid("a note is not signed by the log's key")
    return text


def _signed(text: str, line: str, keys: Sequence[Key]) -> bool:
    """False for a key that is not known: such lines are passed over."""
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not is_key_name(name):
        raise NotValid("a signature line has the wrong form")
    blob = from_base64(encoded)
    key_id, signature = blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:]
    known = [key for key in keys if (key.name, key.id) == (name, key_id)]
    for key in known:
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            raise NotValid("a signature of the log's key does not fit its note") from None
    return bool(known)


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: the tree of this log had this root when it had this many leaves."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64_of(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Head":
        lines = text.split("\n")
        if len(lines) != CHECKPOINT_LINES + 1 or lines[-1] or not lines[0]:
            raise NotValid("a checkpoint has the wrong form")
        return cls(lines[0], number(lines[1]), from_base64(lines[2], HASH_BYTES))


def open_checkpoint(note: str, keys: Sequence[Key]) -> Head:
    """Raises NotValid unless it is a checkpoint that a known key signed in its own name."""
    head = Head.parse(open_note(note, keys))
    if head.origin not in {key.name for key in keys}:
        raise NotValid("a checkpoint is of another log")
    return head


def number(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise NotValid("a number has the wrong form")
    return int(text)


def notes_in(text: str) -> list[str]:
    """The signed notes of a file that holds them one after the other."""
    found: list[list[str]] = []
    inside = False
    for line in text.split("\n"):
        if not found or (not line.startswith(DASH) and inside):
            found.append([])
        inside = line.startswith(DASH)
        found[-1].append(line)
    return [note for lines in found if (note := "\n".join(lines).strip("\n") + "\n").strip()]


@dataclass
class Found:
    """What a bundle has shown so far."""

    heads: dict[int, Head] = field(default_factory=dict)
    entries: int = 0
    first: int = -1
    last: int = -1
    agreed: int = 0


def verify(data: bytes, key: Key, witnessed: Sequence[Head] = ()) -> Found:
    """What a genuine bundle holds. Raises NotValid."""
    lines = _signed_lines(data, key)
    found = Found()
    for line in lines:
        record = json.loads(line)
        READERS[str(record["kind"])](record, key, found)
    if not found.heads:
        raise NotValid("the bundle holds no checkpoint")
    _compare(found, witnessed)
    return found


def _compare(found: Found, witnessed: Sequence[Head]) -> None:
    """The newest that the witness saw of this log must be there; all that are there must agree."""
    newest = next(iter(found.heads))
    seen = [head for head in witnessed if head.size <= newest]
    for head in sorted(seen, key=lambda one: one.size, reverse=True):
        there = found.heads.get(head.size)
        if there is None and not found.agreed:
            raise NotValid(
                f"the log's state of {head.size} entries, seen by the witness, is left out"
            )
        if there not in (None, head):
            raise NotValid(f"the witness saw another log when it had {head.size} entries")
        found.agreed += there is not None
    if witnessed and not seen:
        raise NotValid(
            "the witness saw only a longer log; the bundle is older than its checkpoints"
        )


def _signed_lines(data: bytes, key: Key) -> list[str]:
    """Every line but the last, which signs all that stand before it."""
    body, newline, seal = data.removesuffix(b"\n").rpartition(b"\n")
    if not newline or not data.endswith(b"\n"):
        raise NotValid("the bundle has been cut off")
    record = json.loads(seal.decode())
    if not isinstance(record, dict) or record.keys() != {"kind", "note"}:
        raise NotValid("the bundle's last line is not its seal")
    if seal != json.dumps({"kind": "seal", "note": record["note"]}).encode():
        raise NotValid("the bundle's seal has the wrong form")
    above = body + newline
    digest = hashlib.sha256(above).digest()
    if open_note(record["note"], [key]) != bundle_seal(key.name, above.count(newline), digest):
        raise NotValid("the bundle is not as it was sealed")
    return body.decode().split("\n")


def bundle_seal(origin: str, lines: int, digest: bytes) -> str:
    """What the log signs of a whole bundle. Its first line keeps it from being a checkpoint."""
    return f"{origin} bundle\n{lines}\n{base64_of(digest)}\n"


def _read_header(record: dict[str, Any], key: Key, found: Found) -> None:
    if record["format"] != BUNDLE_KIND or record["fields"] != list(FIELDS):
        raise NotValid("the bundle is of a version that this verifier does not know")
    if record["origin"] != key.name or found.heads:
        raise NotValid("the bundle is of another log")


def _read_checkpoint(record: dict[str, Any], key: Key, found: Found) -> None:
    """The newest comes first; every older one proves that it is the newest's beginning."""
    head = open_checkpoint(record["note"], [key])
    if found.heads:
        newest = next(iter(found.heads.values()))
        proof = [from_base64(step, HASH_BYTES) for step in record["consistency"]]
        check_consistency(head.size, head.root, newest.size, newest.root, proof)
    found.heads[head.size] = head


def _read_entry(record: dict[str, Any], key: Key, found: Found) -> None:
    del key
    if not found.heads:
        raise NotValid("an entry stands before the checkpoint that holds it")
    index, head = record["index"], next(iter(found.heads.values()))
    if type(index) is not int or index <= found.last:
        raise NotValid("entries are out of order")
    values = json.loads(record["content"])
    if not isinstance(values, list) or len(values) != len(FIELDS) or values[0] != FORMAT:
        raise NotValid(f"entry at {index} has the wrong form")
    proof = [from_base64(step, HASH_BYTES) for step in record["inclusion"]]
    leaf = leaf_hash(record["content"].encode())
    if root_of_inclusion(index, head.size, leaf, proof) != head.root:
        raise NotValid(f"entry {values[FIELDS.index('id')]} is not in the tree at {index}")
    found.first = index if found.first < 0 else found.first
    found.last, found.entries = index, found.entries + 1


READERS: dict[str, Callable[[dict[str, Any], Key, Found], None]] = {
    "header": _read_header,
    "checkpoint": _read_checkpoint,
    "entry": _read_entry,
}
# What malformed input can raise on its way through json, base64, slicing and hashing.
MALFORMED = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip


def verdict(data: bytes, key_text: str, witness_notes: str = "") -> tuple[bool, list[str]]:
    """Whether all of it holds, and what to say. Never raises, whatever the input."""
    try:
        key = Key.parse(key_text)
        witnessed = [open_checkpoint(note, [key]) for note in notes_in(witness_notes)]
        found = verify(data, key, witnessed)
    except NotValid as problem:
        return False, [f"NOT VALID: {problem}."]
    except MALFORMED:
        return False, ["NOT VALID: the bundle is malformed."]
    return True, list(_said(found))


def _said(found: Found) -> Iterator[str]:
    newest = next(iter(found.heads.values()))
    yield f"VALID: {found.entries} entries of {newest.origin}, in the log of {newest.size} entries."
    if found.entries:
        yield f"They stand at {found.first} to {found.last}; each is as it was when it was sealed."
    if found.entries and found.last - found.first + 1 != found.entries:
        yield "They are a selection: between them stand entries that this bundle does not hold."
    yield f"{len(found.heads)} checkpoints are signed by the log, one the beginning of the other."
    if found.agreed:
        yield f"{found.agreed} checkpoints of the witness agree."
    else:
        yield "No witness was asked: who held the log's key could have written all of it anew."


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Check an extract of the audit log.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", required=True, help="the log's public key: name+id+key")
    parser.add_argument("--witness", type=Path, help="checkpoints that a witness kept")
    asked = parser.parse_args(arguments)
    try:
        data = asked.bundle.read_bytes()
        notes = asked.witness.read_text(encoding="utf-8") if asked.witness else ""
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"A file can't be read: {type(error).__name__}.\n")
        return 2
    valid, words = verdict(data, asked.key, notes)
    sys.stdout.write("\n".join(words) + "\n")
    return 0 if valid else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
