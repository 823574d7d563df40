"""How does a server lie? Bundles made by hand, from contents and keys of one's choosing."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from audit.checkpoints import Signer
from audit.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash
from audit.verifier import BUNDLE_KIND, FIELDS, FORMAT, base64_of, bundle_seal

ORIGIN = "invented.example/audit"
KEY = Signer(ORIGIN, bytes(range(32)))
OTHER = Signer(ORIGIN, bytes(range(1, 33)))


def contents(count: int, *, reason: str = "as written") -> list[str]:
    return [
        json.dumps([FORMAT, *(f"{name} {number} {reason}" for name in FIELDS[1:])])
        for number in range(count)
    ]


class Log:
    """A tree of contents, and whatever is to be said of it."""

    def __init__(self, texts: Sequence[str], signer: Signer = KEY) -> None:
        self.texts, self.signer = list(texts), signer
        self._roots, self._nodes = [Frontier().root()], dict[tuple[int, int], bytes]()
        frontier = Frontier()
        for index, text in enumerate(texts):
            leaf = leaf_hash(text.encode())
            self._nodes[0, index] = leaf
            for level, place, found in frontier.append(leaf):
                self._nodes[level, place] = found
            self._roots.append(frontier.root())

    def node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    def note(self, size: int) -> str:
        return self.signer.checkpoint(size, self._roots[size])

    def checkpoint(self, size: int, newest: int | None = None) -> dict[str, Any]:
        line: dict[str, Any] = {"kind": "checkpoint", "note": self.note(size)}
        if newest is not None:
            proof = consistency_proof(size, newest, self.node)
            line["consistency"] = [base64_of(step) for step in proof]
        return line

    def entry(self, index: int, size: int | None = None) -> dict[str, Any]:
        proof = inclusion_proof(index, size or len(self.texts), self.node)
        return {
            "kind": "entry",
            "index": index,
            "content": self.texts[index],
            "inclusion": [base64_of(step) for step in proof],
        }

    def header(self) -> dict[str, Any]:
        return {
            "kind": "header",
            "format": BUNDLE_KIND,
            "origin": self.signer.key.name,
            "fields": FIELDS,
        }

    def bundle(self, *older: int, shown: Iterable[int] | None = None) -> bytes:
        size = len(self.texts)
        lines = [self.header(), self.checkpoint(size)]
        lines += [self.checkpoint(one, size) for one in older]
        lines += [self.entry(index) for index in (range(size) if shown is None else shown)]
        return sealed(lines, self.signer)


def sealed(lines: Iterable[Any], signer: Signer = KEY) -> bytes:
    """The lines, and a last one that signs them."""
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    text = bundle_seal(signer.key.name, body.count(b"\n"), hashlib.sha256(body).digest())
    return body + json.dumps({"kind": "seal", "note": signer.note(text)}).encode() + b"\n"
