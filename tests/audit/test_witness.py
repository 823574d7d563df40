"""Does a checkpoint reach those who keep it, and is it said loudly when it does not?"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer

import pytest
from django.core import mail
from pytest_django import Settings

from audit.checkpoints import log_keys
from audit.models import Checkpoint, Witnessing
from audit.sealing import seal
from audit.selectors import sealing_status
from audit.verifier import notes_in, open_checkpoint
from audit.witness import AGAIN_AFTER, EVERY, kept_notes, publish
from tests.audit.sealing_log import entries, sealed_log

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)
MINUTE = EVERY["file"]


@pytest.fixture
def kept(tmp_path: Path, settings: Settings) -> Path:
    place = tmp_path / "witness.txt"
    settings.AUDIT_WITNESS_FILE = str(place)
    return place


def more(now: datetime) -> int:
    entries(1, now)
    seal(now=now)
    return Checkpoint.objects.latest("size").size


def test_a_file_keeps_every_checkpoint_in_its_turn(now: datetime, kept: Path) -> None:
    sealed_log(2, now)
    publish(now=now)
    more(now)

    assert publish(now=now + MINUTE - SECOND) == []
    publish(now=now + MINUTE)

    assert publish(now=now + 9 * MINUTE) == []
    heads = [open_checkpoint(note, log_keys()) for note in notes_in(kept_notes())]
    assert [head.size for head in heads] == [2, 3]
    assert kept.read_text() == kept_notes()


@contextmanager
def endpoint(status: int) -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP server of our own, which answers with this status."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/notes?unit=invented", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_endpoint_gets_the_note(now: datetime, settings: Settings) -> None:
    sealed_log(2, now)
    with endpoint(204) as (url, taken):
        settings.AUDIT_WITNESS_URL = url
        publish(now=now)

    assert [body.decode() for body in taken] == [Checkpoint.objects.get().note]
    assert Witnessing.objects.get().problem == ""


@pytest.mark.parametrize("status", [302, 400, 500])
def test_an_endpoint_that_refuses_is_said_loudly(
    now: datetime, settings: Settings, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    sealed_log(2, now)
    with endpoint(status) as (url, _):
        settings.AUDIT_WITNESS_URL = url
        publish(now=now)

    assert Witnessing.objects.get().problem == "Refused"
    assert "A witness did not take a checkpoint: http, Refused" in caplog.text
    assert sealing_status(now=now).silent == ("http",)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "gopher://x/", "nonsense"])
def test_an_endpoint_that_is_not_there_is_said_loudly(
    now: datetime, settings: Settings, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    sealed_log(2, now)
    settings.AUDIT_WITNESS_URL = url
    publish(now=now)

    assert Witnessing.objects.get().problem
    assert "A witness did not take a checkpoint" in caplog.text


def test_an_address_gets_it_once_a_day(now: datetime, settings: Settings) -> None:
    settings.AUDIT_WITNESS_EMAIL = "witness@example.invalid"
    sealed_log(2, now)
    publish(now=now)
    more(now)
    publish(now=now + EVERY["email"] - SECOND)
    assert len(mail.outbox) == 1

    publish(now=now + EVERY["email"])

    assert [note for sent in mail.outbox for note in notes_in(str(sent.body))] == [
        row.note for row in Checkpoint.objects.order_by("size")
    ]
    assert mail.outbox[0].to == ["witness@example.invalid"]


class _Mailbox(StreamRequestHandler):
    """As much of SMTP as it takes to be handed a letter."""

    def handle(self) -> None:
        letters: list[bytes] = self.server.letters  # type: ignore[attr-defined]
        self._say("220 mailbox")
        for line in self.rfile:
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"DATA":
                self._say("354 go on")
                letters.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            self._say("221 bye" if verb == b"QUIT" else "250 ok")
            if verb == b"QUIT":
                return

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


def test_a_mail_server_is_handed_a_note_that_opens(now: datetime, settings: Settings) -> None:
    sealed_log(2, now)
    with TCPServer(("127.0.0.1", 0), _Mailbox) as server:
        letters: list[bytes] = []
        server.letters = letters  # type: ignore[attr-defined]
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        settings.AUDIT_WITNESS_EMAIL = "witness@example.invalid"
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        publish(now=now)
        thread.join()

    (letter,) = letters
    body = message_from_bytes(letter, policy=policy.default).get_content()
    (note,) = notes_in(body.replace("\r\n", "\n"))
    assert open_checkpoint(note, log_keys()).size == 2
    assert Witnessing.objects.get().problem == ""


def test_a_witness_that_failed_is_asked_again_and_the_page_knows(
    now: datetime, settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_WITNESS_FILE = str(tmp_path / "not there" / "witness.txt")
    sealed_log(2, now)
    again = min(AGAIN_AFTER, MINUTE)

    assert [done.problem for done in publish(now=now)] == ["FileNotFoundError"]
    assert publish(now=now + again - SECOND) == []
    assert sealing_status(now=now).silent == ("file",)
    (tmp_path / "not there").mkdir()
    assert [done.problem for done in publish(now=now + again)] == [""]
    assert sealing_status(now=now).silent == ()


def test_one_witness_that_fails_keeps_no_other_from_its_turn(
    now: datetime, kept: Path, settings: Settings
) -> None:
    settings.AUDIT_WITNESS_URL = "http://127.0.0.1:1/"
    sealed_log(2, now)

    assert {done.witness: bool(done.problem) for done in publish(now=now)} == {
        "file": False,
        "http": True,
    }
    assert notes_in(kept.read_text())


def test_a_witness_that_hears_nothing_for_twice_its_time_is_silent(
    now: datetime, kept: Path
) -> None:
    sealed_log(2, now)
    publish(now=now)
    more(now)

    assert sealing_status(now=now + 2 * MINUTE).silent == ()
    assert sealing_status(now=now + 2 * MINUTE + SECOND).silent == ("file",)
    assert kept.exists()


def test_no_witness_and_nothing_sealed_is_no_fault(now: datetime) -> None:
    assert publish(now=now) == []
    assert sealing_status(now=now).witnesses == ()
