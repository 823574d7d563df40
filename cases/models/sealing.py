"""How do records use the seal? Keys from settings, shred keys from the store, places from rows."""

import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from audit.keys import key_used
from cases import seal, shreds
from cases.models.base import Sealed
from cases.models.case import Case

PSEUDONYM_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PSEUDONYM_LENGTH = 5


class Expunged(seal.SealError):
    """The data key was destroyed; the value is gone."""


class StoreUnusable(seal.SealError):
    """The shred store is missing or damaged: until it is back, nothing opens and nothing seals."""


@lru_cache(maxsize=4)
def _keyring(keys: tuple[tuple[str, bytes], ...]) -> seal.Keyring:
    return seal.Keyring(keys)


def unit_keyring() -> seal.Keyring:
    return _keyring(tuple(settings.SEAL_KEYS))


@lru_cache(maxsize=4)
def _tree(path: Path, _changed: tuple[int, int, int]) -> shreds.ShredTree:
    return shreds.load(path)


def unit_shreds() -> shreds.ShredTree:
    """The store as it stands now: what another process destroyed is gone here too."""
    path = Path(settings.SHRED_STORE)
    try:
        state = path.stat()
        return _tree(path, (state.st_ino, state.st_mtime_ns, state.st_size))
    except (OSError, shreds.ShredStoreError) as error:
        raise StoreUnusable("The shred store can't be read.") from error


def give_key(record: Sealed) -> bytes:
    """Set a fresh wrapped data key on a record and return it in the clear, for use now.

    A record keeps its shred key for life: what was sealed on it before goes with it.
    """
    data_key = seal.new_data_key()
    set_key(record, data_key, generation_of(record) or 0)
    return data_key


def set_key(record: Sealed, data_key: bytes, generation: int) -> None:
    """Wrap `data_key` for the record under the current key and its shred key of `generation`."""
    place, shred = record_place(record), _shred(record, generation)
    wrapped = unit_keyring().wrap(data_key, shred, generation, place)
    record.key_id, record.wrapped_key = wrapped.key_id, wrapped.wrapped


def key_of(record: Sealed) -> bytes:
    """The record's data key, to open what is sealed with it: the log is told of the use.

    Raises `Expunged`, `StoreUnusable`, `seal.UnknownKey` or `seal.Tampered`.
    """
    key = sealing_key_of(record)
    note_use(record)
    return key


def note_use(record: Sealed) -> None:
    """The log will be told which key opened something on this record."""
    key_used(record.key_id, str(record._meta.model_name))


def rewrap(record: Sealed) -> None:
    """Wrap the record's key anew, under the current one. Whoever rotates tells of it in one."""
    set_key(record, sealing_key_of(record), generation_of(record) or 0)


def sealing_key_of(record: Sealed) -> bytes:
    """The same, for whoever seals more with it and opens nothing. Raises as `key_of`."""
    if not record.wrapped_key:
        raise Expunged("The key of this record was destroyed.")
    wrapped = seal.WrappedKey(record.key_id, bytes(record.wrapped_key))
    generation = wrapped.generation
    shred = None if generation is None else _shred(record, generation)
    return unit_keyring().unwrap(wrapped, shred, record_place(record))


def generation_of(record: Sealed) -> int | None:
    """Which of its shred keys the record uses; None for none. Raises `seal.Tampered`."""
    if not record.wrapped_key:
        return None
    return seal.WrappedKey(record.key_id, bytes(record.wrapped_key)).generation


def leaf_of(record: Sealed, generation: int) -> str:
    """Where the record's shred key stands in the store."""
    return shreds.leaf_of(record_place(record), generation)


def _shred(record: Sealed, generation: int) -> bytes:
    try:
        return unit_shreds().key(leaf_of(record, generation))
    except shreds.Shredded as error:
        raise Expunged("The key of this record was destroyed.") from error


def record_place(record: Sealed) -> str:
    return f"{record._meta.db_table}:{record.pk}"


def place_of(record: Sealed) -> str:
    return place(record._meta.db_table, record.pk, "sealed")


def place(table: str, row: UUID | str, field: str) -> str:
    """What binds a ciphertext to its row and field."""
    return f"{table}:{row}:{field}"


def seal_identity_on(record: Sealed, identity: Mapping[str, str]) -> None:
    """Seal `identity` (field name → text) on a record under a fresh data key."""
    key = give_key(record)
    given = {field: value for field, value in identity.items() if value}
    record.sealed = seal.seal_identity(key, given, place_of(record))


def open_identity_of(record: Sealed) -> dict[str, str]:
    """For redaction when text is written, and for a reveal. Callers that show it audit it first."""
    if not record.sealed:
        return {}
    return seal.open_identity(key_of(record), bytes(record.sealed), place_of(record))


def new_case_key(case: Case) -> bytes:
    """The key that seals a case's narratives."""
    return give_key(case)


def case_key(case: Case) -> bytes:
    return key_of(case)


def seal_text(key: bytes, row: UUID | str, field: str, text: str) -> bytes:
    """`field` is `table.column`, as in `response.narrative`."""
    return seal.encrypt(key, text.encode(), place("text", row, field))


def open_text(key: bytes, row: UUID | str, field: str, sealed_text: bytes) -> str:
    return seal.decrypt(key, bytes(sealed_text), place("text", row, field)).decode()


def blind(kind: str, value: str) -> bytes:
    """A keyed digest under the separate digest key: for equality only."""
    return seal.digest(settings.DIGEST_KEY, kind, value)


def new_pseudonym(prefix: str) -> str:
    """As in V-7Q2MX: random, so it says nothing about the name; a constraint keeps it unique."""
    return f"{prefix}-" + "".join(
        secrets.choice(PSEUDONYM_LETTERS) for _ in range(PSEUDONYM_LENGTH)
    )
