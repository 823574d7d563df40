"""Is a password on a list of stolen ones? Asked of a file on this machine, and of nobody else.

The file is what the downloader of Have I Been Pwned writes: the SHA-1 of a password a line, in
order, with or without a colon and a count. It is tens of gigabytes long and read where it lies, a
few dozen lines of it for one password.
"""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

DIGITS = 40


def is_listed(password: str, file: Path) -> bool:
    """Raises OSError: a list that was named and can't be read lets no password through."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        return _is_among(lines, wanted)


def _is_among(lines: BinaryIO, wanted: bytes) -> bool:
    """By halves: the line, if there is one, begins at `low` or after it, and before `high`."""
    low, high = 0, lines.seek(0, os.SEEK_END)
    while low < high:
        middle = (low + high) // 2
        at, found = _line_from(lines, middle)
        if found[:DIGITS].upper() == wanted:
            return True
        if found and at < high and found[:DIGITS].upper() < wanted:
            low = at + len(found)
        else:
            high = middle
    return False


def _line_from(lines: BinaryIO, at: int) -> tuple[int, bytes]:
    """The first line that begins there or after it, and where; an empty one at the end."""
    lines.seek(max(at - 1, 0))
    if at:
        lines.readline()
    return lines.tell(), lines.readline()
