"""What does a scanner say? One on loopback that speaks as ClamAV's daemon does, and remembers."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HARMFUL = b"harm the machine it is opened on"


@dataclass
class Scanner:
    """`answer`: in place of its own, as bytes; empty: it hangs up. `most`: bytes that it takes."""

    address: tuple[str, int] = ("", 0)
    answer: bytes | None = None
    most: int = 1 << 30
    seen: list[bytes] = field(default_factory=list)

    def judged(self, content: bytes) -> bytes:
        if self.answer is not None:
            return self.answer
        return b"stream: Test.Harm-1 FOUND\0" if HARMFUL in content else b"stream: OK\0"


class _Asked(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        scanner: Scanner = self.server.scanner  # type: ignore[attr-defined]
        assert self.rfile.read(len(b"zINSTREAM\0")) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4).ljust(4, b"\0"))[0]:
            if len(content) + size > scanner.most:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
            content += self.rfile.read(size)
        scanner.seen.append(content)
        self.wfile.write(scanner.judged(content))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Whoever is refused may hang up first."""


@contextmanager
def scanning() -> Iterator[Scanner]:
    with _Server(("127.0.0.1", 0), _Asked) as server:
        scanner = Scanner(address=("127.0.0.1", server.server_address[1]))
        server.scanner = scanner  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield scanner
        finally:
            server.shutdown()
            thread.join()
