"""Where do a million rows wait until all rows of their case are there? In a sealed table.

The table is temporary: nobody else sees it and the server drops it with the session. Its rows are
sealed under a key that lives in this process only, and even the case number they are grouped by is
a keyed digest, so that what the server may write to its disk says nothing about anybody.
"""

import hashlib
import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection

from cases.services.importing.rows import (
    CaseRow,
    EventRow,
    ReferralRow,
    StagedRow,
    packed,
    unpacked,
)

FLUSH_ROWS = 5_000
BATCH_CASES = 300
BATCH_ROWS = 15_000
NONCE_BYTES = 12

_CREATE = """
DROP TABLE IF EXISTS import_staged;
CREATE TEMPORARY TABLE import_staged (
    subject bytea NOT NULL, line integer NOT NULL, sealed bytea NOT NULL
)
"""
_INDEX = "CREATE INDEX ON import_staged (subject); ANALYZE import_staged"
_COPY = "COPY import_staged (subject, line, sealed) FROM STDIN"
_SIZES = """
SELECT subject, count(*) FROM import_staged WHERE subject > %s
GROUP BY subject ORDER BY subject LIMIT %s
"""
_ROWS = "SELECT subject, line, sealed FROM import_staged WHERE subject = ANY (%s) ORDER BY line"


@dataclass(slots=True)
class Group:
    """Everything the files say about one case, or about one referral without a case; by line."""

    cases: list[tuple[int, CaseRow]] = field(default_factory=list)
    events: list[tuple[int, EventRow]] = field(default_factory=list)
    referrals: list[tuple[int, ReferralRow]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.cases) + len(self.events) + len(self.referrals)

    @property
    def number(self) -> str:
        rows: tuple[tuple[int, StagedRow], ...] = (*self.cases, *self.events, *self.referrals)
        return rows[0][1].number if rows else ""

    def add(self, line: int, row: StagedRow) -> None:
        if isinstance(row, CaseRow):
            self.cases.append((line, row))
        elif isinstance(row, EventRow):
            self.events.append((line, row))
        else:
            self.referrals.append((line, row))


class Staging:
    """Rows by what they are about. Used once, in one session of the database."""

    def __init__(self) -> None:
        self._seal = AESGCM(AESGCM.generate_key(bit_length=256))
        self._digest_key = secrets.token_bytes(32)
        self._waiting: list[str] = []
        self.count = 0
        _execute(_CREATE)

    def add(self, line: int, row: StagedRow) -> None:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._seal.encrypt(nonce, packed(row), None)
        self._waiting.append(f"\\\\x{self._subject(row).hex()}\t{line}\t\\\\x{sealed.hex()}\n")
        self.count += 1
        if len(self._waiting) >= FLUSH_ROWS:
            self._flush()

    def batches(self) -> Iterator[list[Group]]:
        """Some hundred cases at a time, all rows of a case together."""
        self._flush()
        _execute(_INDEX)
        last = b""
        while sizes := _fetch(_SIZES, (last, BATCH_CASES)):
            subjects = _first(sizes)
            last = subjects[-1]
            yield self._groups(subjects)

    def drop(self) -> None:
        _execute("DROP TABLE IF EXISTS import_staged")

    def _subject(self, row: StagedRow) -> bytes:
        """What groups rows: the case number, or for a referral without one the referral itself."""
        about = row.number
        if isinstance(row, ReferralRow) and not about:
            about = f"\0{row.channel}\0{row.organization}\0{row.reference}"
        return hashlib.blake2b(about.encode(), key=self._digest_key, digest_size=16).digest()

    def _groups(self, subjects: Sequence[bytes]) -> list[Group]:
        groups = {subject: Group() for subject in subjects}
        for subject, line, sealed in _fetch(_ROWS, (list(subjects),)):
            data = bytes(sealed)
            plain = self._seal.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None)
            groups[bytes(subject)].add(line, unpacked(plain))
        return list(groups.values())

    def _flush(self) -> None:
        if self._waiting:
            with connection.cursor() as cursor:
                cursor.copy_expert(_COPY, io.StringIO("".join(self._waiting)))
            self._waiting.clear()


def _first(sizes: Sequence[tuple[Any, ...]]) -> list[bytes]:
    """As many as fit a batch's rows, and at least one."""
    chosen: list[bytes] = []
    rows = 0
    for subject, count in sizes:
        rows += count
        if chosen and rows > BATCH_ROWS:
            break
        chosen.append(bytes(subject))
    return chosen


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
