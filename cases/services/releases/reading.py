"""What is in an uploaded file? Read page by page by a confined program; every page sealed at once.

Started again after a kill it goes on with the next page. A file that can't be read is refused with
a sentence that says why, and its content is deleted.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from audit.events import Event
from audit.recorder import record_key_use
from cases.access import Viewer
from cases.enums import FileState
from cases.models import Release, ReleaseFile, ReleaseItem
from cases.models.release_sealing import ReleaseBox
from cases.services.releases import rasterising
from cases.services.releases.changing import note
from cases.services.releases.errors import FileRefused
from cases.services.releases.known import People
from cases.services.releases.preparing import suggest_on

Clock = Callable[[], datetime]
MOST_PAGES = 200
MOST_IN_RELEASE = 500
SILENT = timedelta(minutes=5)
PATIENCE = 60
ROOT = Path(__file__).resolve().parents[3]
SENTENCES = {
    rasterising.ENCRYPTED: "The PDF is encrypted or protected. Save it without a password first.",
    rasterising.MALFORMED: "The file is damaged, or is not what its beginning says. Scan it anew.",
    rasterising.TOO_LARGE: "A page of the file is too large to be read. Scan it anew, smaller.",
}
SLOW = "The file takes too long to read. Print it and scan it anew."
NO_PAGES = "The file has no pages."
MANY_IN_RELEASE = f"A release holds at most {MOST_IN_RELEASE} pages of files. Begin another."
MANY_PAGES = f"The file has more than {MOST_PAGES} pages. Split it."


def read_file(*, viewer: Viewer, now: datetime, file_id: UUID, clock: Clock) -> None:
    """Turn a file into pages with suggestions. Again, or beside another reader, it does nothing."""
    del viewer
    file = _claim(file_id, now)
    if file is None:
        return
    try:
        _read(file, clock)
    except FileRefused as refused:
        _refuse(file, str(refused), clock())
        return
    except Exception as fault:  # noqa: BLE001
        broke = type(fault).__name__
    else:
        _finish(file, clock())
        return
    # Raised out here, so that it doesn't carry the fault, whose message may quote the file.
    _refuse(file, SENTENCES[rasterising.MALFORMED], clock())
    raise ReadingBroke(f"{broke} while a file was read")


def _read(file: ReleaseFile, clock: Clock) -> None:
    """Every page that is not kept yet. Raises FileRefused."""
    content = ReleaseBox(file.release).open(file, "sealed_content")
    _count(file, content)
    people = People(file.release.case)
    for number in range(file.pages_done, file.pages):
        head, picture = _asked(content, file.kind, str(number))
        _keep(file, number, head, picture, people, clock())


class ReadingBroke(RuntimeError):
    """An unexpected fault. Says of what kind, never about whom."""


@transaction.atomic
def _claim(file_id: UUID, now: datetime) -> ReleaseFile | None:
    """The file, if nobody else reads it."""
    waiting = ReleaseFile.objects.filter(
        Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=now - SILENT),
        pk=file_id,
        state=FileState.READING,
    )
    file = waiting.select_for_update(of=("self",)).select_related("release__case").first()
    if file is not None:
        file.heartbeat_at = now
        file.save(update_fields=["heartbeat_at"])
    return file


def unread_files(now: datetime) -> tuple[UUID, ...]:
    """Which files wait to be read, or lost whoever read them."""
    waiting = ReleaseFile.objects.filter(
        Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=now - SILENT), state=FileState.READING
    )
    return tuple(waiting.values_list("pk", flat=True))


def _count(file: ReleaseFile, content: bytes) -> None:
    """How many pages there are. Raises FileRefused."""
    head, _ = _asked(content, file.kind, "-")
    file.pages = int(head["pages"])
    if not file.pages:
        raise FileRefused(NO_PAGES)
    if file.pages > MOST_PAGES:
        raise FileRefused(MANY_PAGES)
    others = file.release.items.filter(file__isnull=False).exclude(file=file).count()
    if others + file.pages > MOST_IN_RELEASE:
        raise FileRefused(MANY_IN_RELEASE)
    ReleaseFile.objects.filter(pk=file.pk).update(pages=file.pages)


def _asked(content: bytes, kind: str, page: str) -> tuple[dict[str, Any], bytes]:
    """What the confined program says of a page. Raises FileRefused."""
    command = [sys.executable, "-I", "-c", _PROGRAM, str(ROOT), kind, page]
    try:
        done = subprocess.run(  # noqa: S603
            command, input=content, capture_output=True, timeout=PATIENCE, check=False, env={}
        )
    except subprocess.TimeoutExpired:
        raise FileRefused(SLOW) from None
    if done.returncode:
        raise FileRefused(SENTENCES[rasterising.MALFORMED])
    told, _, picture = done.stdout.partition(b"\n")
    head = dict(json.loads(told))
    if "refused" in head:
        raise FileRefused(SENTENCES[str(head["refused"])])
    return head, picture


# Isolated, it finds neither the folder nor the environment of whoever starts it.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from cases.services.releases.rasterising import main; main()"
)


@transaction.atomic
def _keep(
    file: ReleaseFile,
    number: int,
    head: dict[str, Any],
    picture: bytes,
    people: People,
    now: datetime,
) -> None:
    """One page with its suggestions; how far it is stands in the same transaction."""
    release = Release.objects.select_for_update().get(pk=file.release_id)
    box = ReleaseBox(release)
    last = release.items.order_by("-position").values_list("position", flat=True).first() or 0
    item = ReleaseItem(
        release=release,
        file=file,
        position=last + 1,
        label=f"File {file.position}, page {number + 1} of {file.pages}",
        source=f"file:{file.pk}:{number}",
        digest=box.digest(picture),
        width=head["width"],
        height=head["height"],
        has_text=bool(head["text"].strip()),
    )
    item.sealed_content = box.seal(item, "sealed_content", picture)
    layout = json.dumps({"text": head["text"], "boxes": head["boxes"]}).encode()
    item.sealed_layout = box.seal(item, "sealed_layout", layout)
    item.save(force_insert=True)
    suggest_on(release, item, head["text"], people)
    file.pages_done, file.heartbeat_at = number + 1, now
    file.save(update_fields=["pages_done", "heartbeat_at"])
    record_key_use(at=now)


@transaction.atomic
def _finish(file: ReleaseFile, now: datetime) -> None:
    file.state = FileState.READ
    file.save(update_fields=["state"])
    note(Event.RELEASE_FILE_READ, file.release, now, file=file.position, pages=file.pages)


@transaction.atomic
def _refuse(file: ReleaseFile, sentence: str, now: datetime) -> None:
    """Nothing of it stays but that it was there."""
    file.items.all().delete()
    file.state, file.error = FileState.REFUSED, sentence
    file.sealed_content = b""
    file.save(update_fields=["state", "error", "sealed_content"])
    note(Event.RELEASE_FILE_REFUSED, file.release, now, file=file.position, reason=sentence)
