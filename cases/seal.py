"""How is an identity sealed? Envelope encryption, pure: keys and bytes in, bytes out.

One data key per record, wrapped by a key-encryption key that has an id, so that keys rotate by
re-wrapping, together with the record's shred key, so that destroying that one small key makes
every copy of the wrapped key worthless (decision 8). AES-256-GCM throughout; the associated data
binds every ciphertext to its row and field, so a swapped one does not open.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32
TAG_BYTES = 16
PLAIN_WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES
SHREDDABLE = 2
GENERATIONS = 256


class SealError(Exception):
    """A sealed value can't be opened. Never carries any part of the value."""


class UnknownKey(SealError):
    """The key-encryption key that wrapped this data key is not among the configured ones."""


class Tampered(SealError):
    """The ciphertext, its place or its key was changed. `place` is a table, a row and a field."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: the id of what wrapped it, and the wrapped bytes.

    The bytes are the wrapped key alone as long as no shred key took part; since then they begin
    with a form and a generation, which says which of the record's shred keys it was.
    """

    key_id: str
    wrapped: bytes

    @property
    def generation(self) -> int | None:
        """None without a shred key. Raises `Tampered` for bytes of neither form."""
        if len(self.wrapped) == PLAIN_WRAPPED_BYTES:
            return None
        if len(self.wrapped) == PLAIN_WRAPPED_BYTES + 2 and self.wrapped[0] == SHREDDABLE:
            return self.wrapped[1]
        raise Tampered("A wrapped key has neither of the known forms.")


class Keyring:
    """The unit's key-encryption keys. The first is current; the others still open."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        if not keys:
            raise SealError("No sealing key is configured.")
        for key_id, key in keys:
            if len(key) != KEY_BYTES:
                raise SealError(f"Sealing key {key_id!r} must be {KEY_BYTES} bytes long.")
        self._keys = dict(keys)
        self.current_id = keys[0][0]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def wrap(self, data_key: bytes, shred: bytes, generation: int, place: str) -> WrappedKey:
        """Under the current key and `shred`, the record's shred key of this generation."""
        key_id = self.current_id
        sealed = encrypt(_both(self._keys[key_id], shred), data_key, _wrap_place(key_id, place))
        return WrappedKey(key_id, bytes((SHREDDABLE, generation)) + sealed)

    def unwrap(self, wrapped: WrappedKey, shred: bytes | None, place: str) -> bytes:
        """`shred` is None for a key wrapped without one (`WrappedKey.generation`).

        Raises `UnknownKey` for a wrapping key not configured, `Tampered` if it won't open.
        """
        key = self._keys.get(wrapped.key_id)
        if key is None:
            raise UnknownKey(f"Sealing key {wrapped.key_id!r} is not configured.")
        if shred is None:
            return decrypt(key, wrapped.wrapped, f"wrap:{wrapped.key_id}")
        return decrypt(_both(key, shred), wrapped.wrapped[2:], _wrap_place(wrapped.key_id, place))


def new_data_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)


def _both(key: bytes, shred: bytes) -> bytes:
    """A key that needs both: neither alone says anything about it."""
    return hmac.digest(key, b"shred:" + shred, "sha256")


def _wrap_place(key_id: str, place: str) -> str:
    return f"wrap:{key_id}:{place}"


def encrypt(key: bytes, plain: bytes, place: str) -> bytes:
    """Nonce, ciphertext, tag, bound to `place` (table:row:field)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def decrypt(key: bytes, sealed: bytes, place: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise Tampered("A sealed value does not open in its place.", place) from error


def seal_identity(key: bytes, identity: Mapping[str, str], place: str) -> bytes:
    """`identity` maps field names (first_name, last_name, birth_date, …) to text."""
    return encrypt(key, json.dumps(dict(identity), sort_keys=True).encode(), place)


def open_identity(key: bytes, sealed: bytes, place: str) -> dict[str, str]:
    opened = json.loads(decrypt(key, sealed, place))
    return {str(field): str(value) for field, value in opened.items()}


def digest(key: bytes, kind: str, value: str) -> bytes:
    """A keyed digest for equality only; `kind` keeps digests of different things apart."""
    return hmac.new(key, f"{kind}\0{value}".encode(), hashlib.sha256).digest()
