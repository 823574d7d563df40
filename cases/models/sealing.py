"""How do records use the seal? Keys from settings, places from table and row."""

import secrets
from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from cases import seal
from cases.models.base import Sealed
from cases.models.case import Case

PSEUDONYM_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PSEUDONYM_LENGTH = 5


class Expunged(seal.SealError):
    """The data key was destroyed; the value is gone."""


@lru_cache(maxsize=4)
def _keyring(keys: tuple[tuple[str, bytes], ...]) -> seal.Keyring:
    return seal.Keyring(keys)


def unit_keyring() -> seal.Keyring:
    return _keyring(tuple(settings.SEAL_KEYS))


def give_key(record: Sealed) -> bytes:
    """Set a fresh wrapped data key on an unsaved record and return it in the clear, for use now."""
    data_key, wrapped = unit_keyring().new_key()
    record.key_id, record.wrapped_key = wrapped.key_id, wrapped.wrapped
    return data_key


def key_of(record: Sealed) -> bytes:
    """The record's data key. Raises `Expunged`, `seal.UnknownKey` or `seal.Tampered`."""
    if not record.wrapped_key:
        raise Expunged("The key of this record was destroyed.")
    return unit_keyring().unwrap(seal.WrappedKey(record.key_id, bytes(record.wrapped_key)))


def place_of(record: Sealed) -> str:
    return place(record._meta.db_table, record.pk, "sealed")


def place(table: str, row: UUID | str, field: str) -> str:
    """What binds a ciphertext to its row and field."""
    return f"{table}:{row}:{field}"


def seal_identity_on(record: Sealed, identity: Mapping[str, str]) -> None:
    """Seal `identity` (field name → text) on an unsaved record under a fresh data key."""
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
