"""Does anything of an uploaded file leave but the picture of its pages, blackened?

What leaves is read with three tools that share no code (pypdf, pdfminer.six, pikepdf with QPDF
below), as text, pictures and metadata, and as raw bytes with every stream opened.
"""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pdfminer.high_level import extract_text
from PIL import Image
from pypdf import PdfReader

from audit.events import Event, Outcome
from audit.models import Entry
from cases.enums import FileState, ReleaseState
from cases.models import Release, ReleaseFile, ReleaseItem
from cases.models.release_sealing import ReleaseBox
from cases.services.releases import reading, uploading
from cases.tasks import make_release, read_release_file, resume_releases
from tests.cases.pages import signed_in, words
from tests.cases.release_files import (
    encrypted_pdf,
    hiding_pdf,
    huge_picture,
    plain_pdf,
    scan,
)
from tests.cases.test_releases import Office, office
from tests.factories import NOW, AccountFactory
from tests.leaks import Identity, Watch, assert_database_is_clean, assert_nothing_leaks

__all__ = ["office"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

FILE_NAME = "Zephyrine Quillfeather.pdf"


def add(office: Office, release: Release, content: bytes, name: str = FILE_NAME) -> Any:
    given = {"file": SimpleUploadedFile(name, content, content_type="text/plain")}
    response = office.as_clerk.post(
        reverse("release-file-add", args=[release.pk]), given, follow=True
    )
    for file in release.files.filter(state=FileState.READING):
        read_release_file(file_id=str(file.pk))
    return response


def look_over_all(office: Office, release: Release) -> None:
    for item in release.items.filter(file__isnull=False):
        office.as_clerk.post(reverse("release-look-over", args=[item.pk]))


def finished(office: Office, release: Release) -> bytes:
    office.post("release-accept-all", release)
    look_over_all(office, release)
    office.post("release-submit", release)
    make_release(release_id=str(release.pk))
    release.refresh_from_db()
    assert release.state == ReleaseState.WAITING, release.error
    content: bytes = office.as_other.get(reverse("release-download", args=[release.pk])).content
    assert content.startswith(b"%PDF-")
    return content


def everything_in(content: bytes) -> Iterator[object]:
    """Text by three tools, metadata, and every object and stream, raw and opened."""
    yield content
    reader = PdfReader(io.BytesIO(content))
    yield [page.extract_text() for page in reader.pages]
    yield {str(key): str(value) for key, value in (reader.metadata or {}).items()}
    yield [str(reader.xmp_metadata), str(reader.outline), str(reader.get_fields())]
    yield extract_text(io.BytesIO(content))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        yield [repr(one) for one in pdf.objects]
        streams = [one for one in pdf.objects if isinstance(one, pikepdf.Stream)]
        yield [one.read_raw_bytes() for one in streams]
        yield [_opened(one) for one in streams]
        yield list(pdf.attachments)


def _opened(stream: pikepdf.Stream) -> bytes:
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:
        return b""


def pictures_of(content: bytes) -> list[Image.Image]:
    return [
        image.image
        for page in PdfReader(io.BytesIO(content)).pages
        for image in page.images
        if image.image
    ]


def test_what_a_pdf_hides_does_not_leave(office: Office, child: Identity) -> None:
    release = office.begin()
    add(office, release, hiding_pdf(child))

    content = finished(office, release)

    for part in everything_in(content):
        assert_nothing_leaks(part, [child], where="the released PDF")
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert {"/AcroForm", "/Names", "/Metadata", "/Outlines"}.isdisjoint(pdf.Root.keys())
        assert not any("/Annots" in page for page in pdf.pages)


def test_the_scan_would_notice(child: Identity) -> None:
    found = []
    for part in everything_in(hiding_pdf(child)):
        try:
            assert_nothing_leaks(part, [child])
        except AssertionError:
            found.append(part)

    assert len(found) >= 7


def test_the_name_on_the_page_is_black_and_the_rest_can_be_read(
    office: Office, child: Identity
) -> None:
    release = office.begin()
    add(office, release, plain_pdf([(f"{child['first_name']} was here.", "The door was locked.")]))
    item = release.items.get(file__isnull=False)
    (mark,) = item.marks.filter(category="name")

    (picture,) = pictures_of(finished(office, release))

    layout = ReleaseBox(release).layout(item)
    start, end = mark.start, mark.end
    assert layout["text"][start:end].strip(" .") == child["first_name"]
    inside = [box for box in layout["boxes"][start:end] if box[2] > box[0]]
    outside = layout["boxes"][layout["text"].index("door") :][:4]
    assert all(_darkest_share(picture, box) > 0.95 for box in inside)
    assert all(0.05 < _darkest_share(picture, box) < 0.8 for box in outside)


def _darkest_share(picture: Image.Image, box: list[int]) -> float:
    grey = picture.convert("L").crop((box[0], box[1], box[2], box[3]))
    dark = sum(grey.histogram()[:96])
    return dark / (grey.width * grey.height)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_scan_leaves_as_a_picture_without_what_stood_beside_it(
    office: Office, child: Identity, kind: str
) -> None:
    release = office.begin()
    add(office, release, scan(child, kind))
    item = release.items.get(file__isnull=False)
    assert not item.has_text
    drawn = {"left": "80", "top": "80", "right": "500", "bottom": "150"}
    response = office.as_clerk.post(
        reverse("release-draw", args=[item.pk]),
        {**drawn, "category": "name", "exemption": "RSMo 595.226"},
    )
    assert response.status_code == 302

    content = finished(office, release)

    for part in everything_in(content):
        assert_nothing_leaks(part, [child])
    (picture,) = pictures_of(content)
    assert not picture.getexif()
    assert "comment" not in picture.info
    assert _darkest_share(picture, [82, 82, 498, 148]) > 0.99
    assert _darkest_share(picture, [0, 200, 800, 1000]) == 0


def test_a_page_that_nobody_looked_over_is_not_released(office: Office, child: Identity) -> None:
    release = office.begin()
    add(office, release, scan(child))
    office.post("release-accept-all", release)

    office.post("release-submit", release)

    release.refresh_from_db()
    assert release.state == ReleaseState.PREPARING


def test_a_name_that_was_left_in_stops_the_release(office: Office, child: Identity) -> None:
    release = office.begin()
    add(office, release, plain_pdf([(f"{child['first_name']} was here.",)]))
    item = release.items.get(file__isnull=False)
    item.marks.all().delete()
    office.post("release-accept-all", release)
    look_over_all(office, release)
    office.post("release-submit", release)

    make_release(release_id=str(release.pk))

    release.refresh_from_db()
    assert release.state == ReleaseState.PREPARING
    assert "File 1, page 1" in release.error


def test_a_rectangle_over_the_name_is_enough(office: Office, child: Identity) -> None:
    release = office.begin()
    add(office, release, plain_pdf([(f"{child['first_name']} was here.",)]))
    item = release.items.get(file__isnull=False)
    item.marks.all().delete()
    office.as_clerk.post(
        reverse("release-draw", args=[item.pk]),
        {"whole": "on", "category": "name", "exemption": "RSMo 595.226"},
    )

    (picture,) = pictures_of(finished(office, release))

    assert _darkest_share(picture, [0, 0, *picture.size]) == 1


REFUSED = [
    ("encrypted", encrypted_pdf, "encrypted or protected"),
    ("protected", lambda: encrypted_pdf(user=""), "encrypted or protected"),
    ("malformed", lambda: b"%PDF-1.7 and nothing more", "damaged"),
    ("not a picture", lambda: b"\xff\xd8\xff and nothing more", "damaged"),
    ("a bomb", huge_picture, "too large"),
]


@pytest.mark.parametrize(("what", "make", "sentence"), REFUSED)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    office: Office, what: str, make: Any, sentence: str
) -> None:
    del what
    release = office.begin()

    add(office, release, make())

    file = release.files.get()
    assert file.state == FileState.REFUSED
    assert sentence in words(office.as_clerk.get(reverse("release-detail", args=[release.pk])))
    assert not file.items.exists()
    assert bytes(file.sealed_content) == b""
    assert Entry.objects.filter(event=Event.RELEASE_FILE_REFUSED).exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ an executable", b"<html>", b"\x89PNG\r\n\x1a\n %PDF-1.7 in disguise"],
)
def test_the_content_says_what_a_file_is(office: Office, content: bytes) -> None:
    release = office.begin()

    add(office, release, content, name="harmless.pdf")

    assert not release.files.exists()


@pytest.mark.parametrize(("more", "kept"), [(0, True), (1, False)])
def test_a_file_is_as_large_as_allowed(
    office: Office, monkeypatch: pytest.MonkeyPatch, more: int, kept: bool
) -> None:
    release = office.begin()
    content = plain_pdf([("The door was locked.",)])
    monkeypatch.setattr(uploading, "MOST_BYTES", len(content) - more)

    add(office, release, content)

    assert release.files.exists() is kept
    refused = Entry.objects.filter(event=Event.RELEASE_FILE_ADDED, outcome=Outcome.DENIED)
    assert refused.exists() is not kept


@pytest.mark.parametrize(("pages", "state"), [(2, FileState.READ), (3, FileState.REFUSED)])
def test_a_file_has_as_many_pages_as_allowed(
    office: Office, monkeypatch: pytest.MonkeyPatch, pages: int, state: FileState
) -> None:
    monkeypatch.setattr(reading, "MOST_PAGES", 2)
    release = office.begin()

    add(office, release, plain_pdf([("The door was locked.",)] * pages))

    assert release.files.get().state == state


def test_a_reader_that_takes_too_long_is_stopped(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PROGRAM", "import signal; signal.pause()")
    monkeypatch.setattr(reading, "PATIENCE", 0.3)
    release = office.begin()

    add(office, release, plain_pdf([("The door was locked.",)]))

    assert "too long" in release.files.get().error


def test_a_reader_has_little_memory_and_writes_no_file(tmp_path: Path) -> None:
    program = (
        "from cases.services.releases.rasterising import _limit; import pathlib, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); _limit()"
        "\ntry: x = bytearray(3 << 30)\nexcept MemoryError: print('no memory')"
        "\ntry: pathlib.Path(sys.argv[1]).write_bytes(b'x' * 10)\nexcept OSError: print('no file')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "kept")],
        capture_output=True, text=True, check=False, cwd=reading.ROOT,
    )  # fmt: skip

    assert done.stdout.split("\n")[:2] == ["no memory", "no file"]


def test_reading_goes_on_where_it_was_killed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = office.begin()
    real, calls = reading._asked, []

    def killed(content: bytes, kind: str, page: str) -> Any:
        calls.append(page)
        if page == "2" and calls.count("2") == 1:
            raise KeyboardInterrupt
        return real(content, kind, page)

    monkeypatch.setattr(reading, "_asked", killed)
    with pytest.raises(KeyboardInterrupt):
        add(office, release, plain_pdf([(f"Page {at}.",) for at in range(4)]))
    file = release.files.get()
    assert (file.state, file.pages_done) == (FileState.READING, 2)

    resume_releases()
    assert ReleaseFile.objects.get().state == FileState.READING
    ReleaseFile.objects.update(heartbeat_at=NOW - reading.SILENT)
    resume_releases()
    assert ReleaseFile.objects.get().state == FileState.READING
    ReleaseFile.objects.update(heartbeat_at=NOW - reading.SILENT * 2)
    resume_releases()

    assert ReleaseFile.objects.get().state == FileState.READ
    assert calls.count("0") == calls.count("1") == 1
    assert release.items.filter(file=file).count() == 4


def test_a_reader_that_breaks_says_nothing_of_what_it_read(
    office: Office, monkeypatch: pytest.MonkeyPatch, child: Identity
) -> None:
    def broken(content: bytes, kind: str, page: str) -> Any:
        raise ZeroDivisionError(child["first_name"])

    monkeypatch.setattr(reading, "_asked", broken)
    release = office.begin()

    with pytest.raises(reading.ReadingBroke) as caught:
        add(office, release, plain_pdf([("The door was locked.",)]))

    assert_nothing_leaks(caught.value, [child])
    assert release.files.get().state == FileState.REFUSED


def test_a_file_without_the_forms_token_is_refused(office: Office) -> None:
    release = office.begin()
    client = Client(enforce_csrf_checks=True)
    client.force_login(office.clerk)

    response = client.post(
        reverse("release-file-add", args=[release.pk]),
        {"file": SimpleUploadedFile("a.pdf", plain_pdf([("The door was locked.",)]))},
    )

    assert response.status_code == 403
    assert not release.files.exists()


def test_a_file_in_a_release_twice_is_refused(office: Office) -> None:
    release = office.begin()
    content = plain_pdf([("The door was locked.",)])

    add(office, release, content)
    add(office, release, content)

    assert release.files.count() == 1


def test_a_file_is_taken_out_with_its_pages(office: Office) -> None:
    release = office.begin()
    add(office, release, plain_pdf([("The door was locked.",)]))

    office.post("release-file-remove", release, position="1")

    assert not release.files.exists()
    assert not release.items.filter(file__isnull=False).exists()


@pytest.fixture
def files(child: Identity) -> list[bytes]:
    """Made before anybody watches: the library that writes EXIF says so in its log."""
    return [hiding_pdf(child), scan(child)]


def test_nothing_of_a_file_rests_in_clear_or_is_said(
    office: Office, child: Identity, files: list[bytes], watch: Watch
) -> None:
    release = office.begin()
    for file in files:
        add(office, release, file)
    item = release.items.filter(file__isnull=False).first()
    assert item
    office.as_clerk.post(
        reverse("release-draw", args=[item.pk]),
        {"quote": child["last_name"], "category": "name", "exemption": "RSMo 595.226"},
    )
    for one in release.items.all():
        page = office.as_clerk.get(reverse("release-item", args=[one.pk]))
        assert_nothing_leaks(page, [child])

    finished(office, release)

    assert_database_is_clean([child])
    watch.nothing_leaked([child])
    watch.no_models_in_contexts(Release, ReleaseFile, ReleaseItem)


def test_the_picture_of_a_page_is_for_those_who_prepare(office: Office, child: Identity) -> None:
    release = office.begin()
    add(office, release, scan(child))
    item = release.items.get(file__isnull=False)
    url = reverse("release-picture", args=[item.pk])

    shown = office.as_clerk.get(url)
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    assert signed_in(AccountFactory.create()).get(url).status_code == 404

    finished(office, release)
    assert office.as_other.get(url).status_code == 404


def test_the_same_files_give_the_same_bytes_in_another_process(
    office: Office, child: Identity
) -> None:
    """What goes into the PDF is handed to a fresh interpreter with another hash seed."""
    release = office.begin()
    add(office, release, hiding_pdf(child))
    add(office, release, scan(child))
    first = finished(office, release)
    content = plain_pdf([("The door was locked.", "An é, a ł and a 漢.")])

    made = {_made_elsewhere(content, seed) for seed in ("1", "2")}
    item = release.items.get(source__startswith="response")
    given = {"quote": "door", "category": "other", "exemption": "Court order"}
    office.as_clerk.post(reverse("release-draw", args=[item.pk]), given)
    mark = item.marks.get(drawn=True)
    office.as_clerk.post(reverse("release-undraw", args=[item.pk]), {"mark": str(mark.pk)})

    assert len(made) == 1
    assert finished(office, release) == first


PROGRAM = """
import hashlib, sys
from cases.services.releases.pdf import Cover, PicturePart, Run, TextPart, make_pdf
from cases.services.releases.rasterising import _answer
head, picture = _answer(sys.stdin.buffer.read(), "pdf", "0")
removed = Run("[removed: name; A]", True)
runs = (Run("The \\u00e9, \\u0142, \\u6f22 door "), removed, Run(" was.\\n" * 90))
cover = Cover("Unit", "R-26-00001", (("Case", "1"),), (("Name", "A", "B. Invented", "1"),))
content, pages = make_pdf(cover, [TextPart("One", runs), PicturePart("Two", lambda: picture)])
print(hashlib.sha256(picture).hexdigest(), hashlib.sha256(content).hexdigest(), pages)
"""


def _made_elsewhere(content: bytes, seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=content, capture_output=True, check=True,
        cwd=reading.ROOT, env={"PYTHONHASHSEED": seed},
    )  # fmt: skip
    told = done.stdout.decode().strip()
    assert json.dumps(told)
    assert told.endswith(" 4")
    return told
