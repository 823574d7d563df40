"""How is an identity sealed? Envelope encryption, pure: keys and bytes in, bytes out.

One data key per record, wrapped by a key-encryption key that comes from the environment and has an
id, so that keys rotate by re-wrapping. AES-256-GCM throughout; the associated data binds every
ciphertext to its row and field, so a swapped one does not open.
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


class SealError(Exception):
    """A sealed value can't be opened. Never carries any part of the value."""


class UnknownKey(SealError):
    """The key-encryption key that wrapped this data key is not among the configured ones."""


class Tampered(SealError):
    """The ciphertext, its place or its key was changed."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: the id of what wrapped it, and the wrapped bytes."""

    key_id: str
    wrapped: bytes


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

    def new_key(self) -> tuple[bytes, WrappedKey]:
        """A fresh data key, in the clear for use now and wrapped for storage."""
        data_key = AESGCM.generate_key(bit_length=256)
        return data_key, self.wrap(data_key)

    def wrap(self, data_key: bytes) -> WrappedKey:
        key_id = self.current_id
        return WrappedKey(key_id, encrypt(self._keys[key_id], data_key, f"wrap:{key_id}"))

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        """Raises `UnknownKey` for a wrapping key not configured, `Tampered` if it won't open."""
        key = self._keys.get(wrapped.key_id)
        if key is None:
            raise UnknownKey(f"Sealing key {wrapped.key_id!r} is not configured.")
        return decrypt(key, wrapped.wrapped, f"wrap:{wrapped.key_id}")


def encrypt(key: bytes, plain: bytes, place: str) -> bytes:
    """Nonce, ciphertext, tag, bound to `place` (table:row:field)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def decrypt(key: bytes, sealed: bytes, place: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise Tampered("A sealed value does not open in its place.") from error


def seal_identity(key: bytes, identity: Mapping[str, str], place: str) -> bytes:
    """`identity` maps field names (first_name, last_name, birth_date, …) to text."""
    return encrypt(key, json.dumps(dict(identity), sort_keys=True).encode(), place)


def open_identity(key: bytes, sealed: bytes, place: str) -> dict[str, str]:
    opened = json.loads(decrypt(key, sealed, place))
    return {str(field): str(value) for field, value in opened.items()}


def digest(key: bytes, kind: str, value: str) -> bytes:
    """A keyed digest for equality only; `kind` keeps digests of different things apart."""
    return hmac.new(key, f"{kind}\0{value}".encode(), hashlib.sha256).digest()
