"""Does nothing come in that a scanner has not called clean, where the agency names one?"""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from audit.events import Event, Outcome
from audit.models import Entry
from cases.enums import RoleCode
from cases.models import ImportChunk, ImportRun, ReleaseFile
from cases.services import scanning as scanning_service
from cases.services.scanning import PIECE, NotClean, scan
from tests.cases.pages import signed_in, words
from tests.cases.release_files import plain_pdf
from tests.cases.scanner import HARMFUL, Scanner, scanning
from tests.cases.test_releases import Office, office
from tests.factories import AccountFactory

__all__ = ["office"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

CSV = b"case,name\n26-1,somebody\n"
BAD = CSV + HARMFUL
LETTER = plain_pdf([("A letter.",)])


@pytest.fixture
def scanner(settings: Settings) -> Iterator[Scanner]:
    with scanning() as one:
        settings.SCANNER = one.address
        yield one


@pytest.fixture
def client() -> Client:
    return signed_in(AccountFactory.create(role=RoleCode.ADMINISTRATOR))


def upload(client: Client, data: bytes) -> Any:
    return client.post(reverse("import-new"), {"file": SimpleUploadedFile("a.csv", data)})


def add(office: Office, content: bytes) -> Any:
    release = office.begin()
    given = {"file": SimpleUploadedFile("letter.pdf", content)}
    return office.as_clerk.post(reverse("release-file-add", args=[release.pk]), given, follow=True)


def refused() -> dict[str, object]:
    kept_out = (Event.IMPORT_FAILED, Event.RELEASE_FILE_REFUSED)
    entry = Entry.objects.get(event__in=kept_out)
    assert entry.outcome == Outcome.DENIED
    assert entry.reason
    return dict(entry.details)


# What is scanned


def test_a_clean_import_comes_in_and_was_scanned_whole(client: Client, scanner: Scanner) -> None:
    data = CSV + b"26-2,somebody else\n" * (PIECE // 10)

    assert upload(client, data).status_code == 302
    assert scanner.seen == [data]


def test_a_harmful_import_stays_out(client: Client, scanner: Scanner) -> None:
    answer = upload(client, BAD)

    assert answer.status_code == 422
    assert "could harm the machine on which it is opened" in words(answer)
    assert not ImportRun.objects.exists()
    assert not ImportChunk.objects.exists()
    assert refused() == {"scanner": "found", "name": "Test.Harm-1"}


def test_a_clean_file_of_a_release_comes_in(office: Office, scanner: Scanner) -> None:
    content = LETTER

    add(office, content)

    assert ReleaseFile.objects.count() == 1
    assert scanner.seen == [content]


def test_a_harmful_file_of_a_release_stays_out(office: Office, scanner: Scanner) -> None:
    answer = add(office, LETTER + HARMFUL)

    assert "could harm the machine on which it is opened" in words(answer)
    assert not ReleaseFile.objects.exists()
    assert refused() == {"scanner": "found", "name": "Test.Harm-1"}


def test_without_a_scanner_nobody_is_asked(client: Client, settings: Settings) -> None:
    assert settings.SCANNER is None

    assert upload(client, BAD).status_code == 302


# What is no answer


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"stream: OK",
        b"stream: OK FOUND OK\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"x" * 10_000,
        b"\xff\xfe\0",
    ],
)
def test_what_says_neither_lets_nothing_in(
    client: Client, office: Office, scanner: Scanner, said: bytes
) -> None:
    scanner.answer = said

    answer = upload(client, CSV)

    assert answer.status_code == 422
    assert "could not be scanned" in words(answer)
    assert refused() == {"scanner": "no answer"}
    assert "could not be scanned" in words(add(office, LETTER))
    assert not ImportRun.objects.exists()
    assert not ReleaseFile.objects.exists()


def test_a_scanner_that_is_not_there_lets_nothing_in(
    client: Client, office: Office, settings: Settings
) -> None:
    settings.SCANNER = ("127.0.0.1", 1)

    assert "could not be scanned" in words(upload(client, CSV))
    assert "could not be scanned" in words(add(office, LETTER))
    assert not ImportRun.objects.exists()
    assert not ReleaseFile.objects.exists()


def test_a_scanner_that_only_listens_lets_nothing_in(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning_service, "ANSWER_SECONDS", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.SCANNER = deaf.getsockname()
        with pytest.raises(NotClean, match="could not be scanned"):
            scan(CSV)


def test_a_file_larger_than_the_scanner_takes_stays_out(client: Client, scanner: Scanner) -> None:
    scanner.most = 1000

    answer = upload(client, CSV + b"26-2,somebody else\n" * PIECE)

    assert answer.status_code == 422
    assert "larger than the scanner takes" in words(answer)
    assert refused() == {"scanner": "too large"}
    assert not ImportRun.objects.exists()


def test_a_name_that_is_no_name_is_not_repeated(client: Client, scanner: Scanner) -> None:
    scanner.answer = b"stream: Maria Invented <b> FOUND\0"

    upload(client, CSV)

    assert refused() == {"scanner": "found", "name": ""}


def test_a_scanner_may_listen_on_a_socket_of_this_machine(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning_service, "ANSWER_SECONDS", 0.01)
    settings.SCANNER = str(tmp_path / "none.ctl")
    with pytest.raises(NotClean, match="could not be scanned"):
        scan(CSV)

    with socket.socket(socket.AF_UNIX) as here:
        here.bind(settings.SCANNER)
        here.listen()
        with pytest.raises(NotClean):
            scan(CSV)
        asked, _ = here.accept()
        with asked:
            assert asked.recv(10) == b"zINSTREAM\0"


@pytest.mark.parametrize("named", [False, True])
def test_the_check_before_an_installation_says_that_nobody_scans(
    settings: Settings, named: bool
) -> None:
    settings.SCANNER = ("127.0.0.1", 3310) if named else None

    said = [one.id for one in run_checks(include_deployment_checks=True)]

    assert ("cases.W001" in said) is not named
