"""How does the log sign what it holds, and what keeps a leaf where it was put?

One secret, `AUDIT_KEY`, gives the Ed25519 key of checkpoints and the key of the leaves' marks.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from audit.models import Checkpoint
from audit.verifier import DASH, Head, Key, NotValid, open_note

MAC_BYTES = 16


class Signer:
    """Signs in the log's name, and marks what is the log's own."""

    def __init__(self, origin: str, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self._mac_key = hmac.digest(secret, b"caseunit audit mark v1", hashlib.sha256)
        self.key = Key(origin, self._private.public_key().public_bytes_raw())

    def note(self, text: str) -> str:
        """The text as a signed note."""
        blob = self.key.id + self._private.sign(text.encode())
        return f"{text}\n{DASH}{self.key.name} {base64.b64encode(blob).decode()}\n"

    def checkpoint(self, size: int, root: bytes) -> str:
        return self.note(Head(self.key.name, size, root).text)

    def leaf_mac(self, index: int, entry_id: int, leaf: bytes) -> bytes:
        """Who lacks the key can neither change a leaf nor put it elsewhere unseen."""
        place = index.to_bytes(8, "big") + entry_id.to_bytes(8, "big", signed=True)
        return hmac.digest(self._mac_key, b"L" + place + leaf, hashlib.sha256)[:MAC_BYTES]

    def checkpoint_mac(self, row: Checkpoint) -> bytes:
        """Holds the note, the position beside it and the checkpoint before it together."""
        at = row.sealed_at.astimezone(UTC).isoformat()
        after = "" if row.previous is None else f" after {row.previous}"
        words = f"{row.cluster} {row.xid} {row.entry_id} {at}{after}\n{row.note}"
        return hmac.digest(self._mac_key, b"C" + words.encode(), hashlib.sha256)[:MAC_BYTES]


def log_signer() -> Signer:
    """The signer that the settings name."""
    return Signer(settings.AUDIT_ORIGIN, settings.AUDIT_KEY)


def former_keys() -> list[Key]:
    """Public keys that signed before the current one."""
    return [Key.parse(text) for text in settings.AUDIT_FORMER_KEYS]


def log_keys() -> list[Key]:
    """Public keys whose checkpoints count: the current one, and those before it."""
    return [log_signer().key, *former_keys()]


def sealed_head(row: Checkpoint, signer: Signer, former: Sequence[Key]) -> tuple[Head, bool]:
    """What a stored checkpoint says, and whether the current key made it. Raises NotValid.

    The mark of the current key stands for its signature, which takes a hundred times longer to
    check; whoever verifies a whole log checks the newest signature as well.
    """
    ours = hmac.compare_digest(bytes(row.mac), signer.checkpoint_mac(row))
    text = text_of(row.note) if ours else open_note(row.note, former)
    head = Head.parse(text)
    if head.size != row.size:
        raise NotValid(f"it speaks of {head.size} entries")
    return head, ours


def text_of(note: str) -> str:
    """What was signed, signature or not."""
    return note.rpartition("\n\n")[0] + "\n"
