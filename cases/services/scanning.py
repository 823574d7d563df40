"""Would a file harm whoever opens it? The agency's scanner says, before anything reads or keeps it.

ClamAV's daemon, asked as it asks to be [clamd(8), INSTREAM]: each piece after its length, and a
length of nought at the end. Without CASEUNIT_SCANNER nobody is asked. What was not scanned, for
whatever reason, does not come in.
"""

import logging
import re
import socket
import struct
from typing import Any, NoReturn

from django.conf import settings

CONNECT_SECONDS = 5
ANSWER_SECONDS = 120
LONGEST_ANSWER = 4096
PIECE = 1 << 20
CLEAN = "stream: OK"
NAME = re.compile(r"[\w.:/@+()-]{1,100}", re.ASCII)
HARMFUL = (
    "The scanner found something in this file that could harm the machine on which it is opened. "
    "The file was not kept. Don't open it, and tell whoever looks after your machines."
)
LARGE = (
    "The file is larger than the scanner takes, so it was not kept. Split it, or have your "
    "administrator raise what the scanner takes."
)
SILENT = (
    "The file could not be scanned, so it was not kept. Try again in a few minutes; if it happens "
    "again, tell your administrator."
)

log = logging.getLogger(__name__)


class NotClean(ValueError):
    """The file stays out. The message says why, for whoever sent it; `told` is for the entry."""

    def __init__(self, sentence: str, **told: str) -> None:
        super().__init__(sentence)
        self.told: dict[str, object] = dict(told)


class Scan:
    """One file on its way past the scanner: `write` pieces of it, `finish`, and always `close`."""

    def __init__(self) -> None:
        """Raises NotClean when the scanner is not there."""
        self._socket: socket.socket | None = None
        address: Any = settings.SCANNER
        if address is None:
            return
        try:
            self._socket = _connected(address)
            self._socket.settimeout(ANSWER_SECONDS)
            self._socket.sendall(b"zINSTREAM\0")
        except OSError as error:
            self.close()
            raise _silent(error) from None

    def write(self, data: bytes) -> None:
        """Raises NotClean when the scanner takes no more."""
        if self._socket is None:
            return
        try:
            for start in range(0, len(data), PIECE):
                piece = data[start : start + PIECE]
                self._socket.sendall(struct.pack("!L", len(piece)) + piece)
        except OSError:
            # It says why before it hangs up; OK is none of what it can say then.
            _refuse(self._answer())

    def finish(self) -> None:
        """Raises NotClean unless the scanner says that there is nothing."""
        if self._socket is None:
            return
        try:
            self._socket.sendall(struct.pack("!L", 0))
        except OSError:
            _refuse(self._answer())
        answer = self._answer()
        if answer != CLEAN:
            _refuse(answer)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _answer(self) -> str:
        """What it says; empty when that does not come, or not to its end."""
        said = b""
        try:
            while self._socket and not said.endswith(b"\0") and len(said) < LONGEST_ANSWER:
                piece = self._socket.recv(LONGEST_ANSWER)
                if not piece:
                    return ""
                said += piece
        except OSError:
            return ""
        return said.rstrip(b"\0").decode("ascii", "replace")


def scan(content: bytes) -> None:
    """A whole file. Raises NotClean."""
    one = Scan()
    try:
        one.write(content)
        one.finish()
    finally:
        one.close()


def _connected(address: Any) -> socket.socket:
    """`address` is a host and a port, or the path of a socket on this machine."""
    if not isinstance(address, str):
        return socket.create_connection(address, timeout=CONNECT_SECONDS)
    here = socket.socket(socket.AF_UNIX)
    try:
        here.settimeout(CONNECT_SECONDS)
        here.connect(address)
    except OSError:
        here.close()
        raise
    return here


def _refuse(answer: str) -> NoReturn:
    """Raises NotClean, whatever the scanner says."""
    if answer.endswith(" FOUND"):
        name = answer.removeprefix("stream: ").removesuffix(" FOUND")
        raise NotClean(HARMFUL, scanner="found", name=name if NAME.fullmatch(name) else "")
    if answer.startswith("INSTREAM size limit exceeded"):
        raise NotClean(LARGE, scanner="too large")
    log.warning("The scanner says neither that a file is clean nor that it is not.")
    raise NotClean(SILENT, scanner="no answer")


def _silent(error: OSError) -> NotClean:
    log.warning("The scanner does not answer (%s).", type(error).__name__)
    return NotClean(SILENT, scanner="no answer")
