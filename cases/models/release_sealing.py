"""How do the parts of a release rest? Sealed under its one data key, each bound to its place."""

import json
from typing import Any

from cases import seal
from cases.models.release import Release, ReleaseFile, ReleaseItem, ReleaseResult
from cases.models.sealing import note_use, place, sealing_key_of

Part = ReleaseFile | ReleaseItem | ReleaseResult


class ReleaseBox:
    """The release's data key, opened once for many parts. The log is told if any of them is."""

    def __init__(self, release: Release) -> None:
        self._release, self._told = release, False
        self._key = sealing_key_of(release)

    def seal(self, part: Part, field: str, content: bytes) -> bytes:
        return seal.encrypt(self._key, content, _place(part, field))

    def open(self, part: Part, field: str) -> bytes:
        """Raises `seal.Tampered` for what does not belong where it stands."""
        if not self._told:
            note_use(self._release)
            self._told = True
        return seal.decrypt(self._key, bytes(getattr(part, field)), _place(part, field))

    def text(self, item: ReleaseItem) -> str:
        """An entry's words, or all that a page's file says is written on it."""
        if item.file_id is None:
            return self.open(item, "sealed_content").decode()
        return str(self.layout(item)["text"])

    def layout(self, item: ReleaseItem) -> dict[str, Any]:
        """`text`, and `boxes`: left, top, right, bottom in pixels for each character of it."""
        if item.sealed_layout is None:
            return {"text": "", "boxes": []}
        return dict(json.loads(self.open(item, "sealed_layout")))

    def digest(self, content: bytes) -> bytes:
        """A keyed digest of something in this release: for equality only."""
        return seal.digest(self._key, "release", content.hex())


def _place(part: Part, field: str) -> str:
    return place(part._meta.db_table, part.pk, field)
