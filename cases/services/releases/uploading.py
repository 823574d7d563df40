"""How does a file come into a release? By its content, not its name; sealed before it is read."""

from datetime import datetime
from uuid import UUID

from celery import current_app
from django.db import transaction

from audit.events import Event
from audit.recorder import record_denied
from cases.access import Viewer
from cases.enums import FileState
from cases.models import Release, ReleaseFile
from cases.models.release_sealing import ReleaseBox
from cases.services.releases.changing import note, open_for_change, refuse
from cases.services.releases.errors import FileRefused
from cases.services.scanning import NotClean, scan

READ_TASK = "cases.tasks.read_release_file"
MOST_BYTES = 25 << 20
MOST_FILES = 20
LABEL_LENGTH = 200
BEGINNINGS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"))
# Readers look for a PDF's mark this far in; so does whoever hides one behind something else.
PDF_WITHIN = 1024
LARGE = f"The file is larger than {MOST_BYTES >> 20} MB. Split it."
STRANGE = "Only a PDF, a PNG or a JPEG can be added, whatever the file is called."
EMPTY = "The file is empty."
MANY = f"A release holds at most {MOST_FILES} files."
TWICE = "This file is in the release already."


@transaction.atomic
def add_file(
    *, viewer: Viewer, now: datetime, release_id: UUID, label: str, content: bytes
) -> ReleaseFile:
    """Have it scanned, seal it and have it read. `label` is the name it came with, sealed as well.

    Raises Hidden, NotPermitted, FileRefused.
    """
    release = open_for_change(viewer, release_id, now)
    kind = _kind(release, content, now)
    _have_it_scanned(release, content, now)
    box = ReleaseBox(release)
    file = ReleaseFile(
        release=release,
        position=_next_position(release),
        kind=kind,
        size=len(content),
        digest=box.digest(content),
        added_by_id=viewer.account_key,
        added_at=now,
    )
    if release.files.filter(digest=file.digest).exists():
        raise FileRefused(TWICE)
    if release.files.count() >= MOST_FILES:
        raise FileRefused(MANY)
    file.sealed_content = box.seal(file, "sealed_content", content)
    file.sealed_label = box.seal(file, "sealed_label", label[:LABEL_LENGTH].encode())
    file.save(force_insert=True)
    note(Event.RELEASE_FILE_ADDED, release, now, kind=file.kind, size=file.size)
    _have_it_read(file)
    return file


def _next_position(release: Release) -> int:
    last = release.files.order_by("-position").values_list("position", flat=True).first()
    return (last or 0) + 1


def _kind(release: Release, content: bytes, now: datetime) -> str:
    """What the content is. Raises FileRefused."""
    if not content:
        raise FileRefused(EMPTY)
    if len(content) > MOST_BYTES:
        refuse(Event.RELEASE_FILE_ADDED, release, LARGE, now)
    kind = next((kind for start, kind in BEGINNINGS if content.startswith(start)), "")
    if not kind or (kind != "pdf" and BEGINNINGS[0][0] in content[:PDF_WITHIN]):
        refuse(Event.RELEASE_FILE_ADDED, release, STRANGE, now)
    return kind


def _have_it_scanned(release: Release, content: bytes, now: datetime) -> None:
    """Before anything reads or keeps it. Raises FileRefused."""
    try:
        scan(content)
    except NotClean as refused:
        record_denied(
            Event.RELEASE_FILE_REFUSED,
            at=now,
            subject_type="release",
            subject_id=release.pk,
            reason=str(refused),
            details=refused.told,
        )
        raise FileRefused(str(refused)) from None


def _have_it_read(file: ReleaseFile) -> None:
    arguments = {"file_id": str(file.pk)}
    transaction.on_commit(
        lambda: current_app.signature(READ_TASK, kwargs=arguments).apply_async(), robust=True
    )


@transaction.atomic
def remove_file(*, viewer: Viewer, now: datetime, release_id: UUID, position: int) -> None:
    """Take a file and its pages out again. Raises Hidden, NotPermitted, ReleaseRefused."""
    release = open_for_change(viewer, release_id, now)
    files = release.files.filter(position=position).exclude(state=FileState.READING)
    gone, _ = files.delete()
    note(Event.RELEASE_MARKED, release, now, removed_files=bool(gone))
