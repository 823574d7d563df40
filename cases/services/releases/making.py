"""How is the PDF of a release made? By a task, from what was accepted, sealed as soon as it is.

Started again after a kill it makes the same bytes; a release that nobody works on any more is
taken up by the next look.
"""

import hashlib
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localtime
from PIL import Image, ImageDraw

from audit.events import Event
from cases.access import Viewer
from cases.enums import FileState, MarkDecision, ReleaseCategory, ReleaseState
from cases.models import Release, ReleaseItem, ReleaseMark, ReleaseResult
from cases.models.release_sealing import ReleaseBox
from cases.rules.release_marks import Piece, Span, uncovered
from cases.rules.release_profiles import profile_of
from cases.selectors.releases import redaction_log
from cases.selectors.workbench import mark_boxes, released_pieces, removed_spans
from cases.services.releases.changing import (
    content_version,
    note,
    open_for_change,
    refuse,
)
from cases.services.releases.known import People
from cases.services.releases.pdf import Cover, PicturePart, Run, TextPart, make_pdf
from cases.services.releases.sources import case_texts, texts_digest

MAKE_TASK = "cases.tasks.make_release"
Clock = Callable[[], datetime]
# A maker that has said nothing for this long is taken for dead.
SILENT = timedelta(minutes=5)
QUALITY = 85
BLOCK = 8
CHANGED = "The case's texts have changed since they were copied. Take them anew, then go on."
STILL_NAMED = "A person of the case is still named in: {}. Mark it there, then ask again."
BROKE = (
    "The PDF could not be made. Nothing left the building; ask again, or tell your administrator."
)


@transaction.atomic
def ask_for_approval(*, viewer: Viewer, now: datetime, release_id: UUID) -> Release:
    """Everything is decided: have the PDF made, to be approved by somebody else.

    Raises Hidden, NotPermitted, ReleaseRefused.
    """
    release = open_for_change(viewer, release_id, now)
    obstacle = _obstacle(release)
    if obstacle:
        refuse(Event.RELEASE_SUBMITTED, release, obstacle, now)
    release.state = ReleaseState.MAKING
    release.submitted_by_id, release.submitted_at = viewer.account_id, now
    release.heartbeat_at, release.error, release.comment = None, "", ""
    release.parts_total, release.parts_done = release.items.count(), 0
    release.save()
    note(Event.RELEASE_SUBMITTED, release, now, parts=release.parts_total)
    transaction.on_commit(
        lambda: current_app.signature(
            MAKE_TASK, kwargs={"release_id": str(release.pk)}
        ).apply_async(),
        robust=True,
    )
    return release


def _obstacle(release: Release) -> str:
    marks = ReleaseMark.objects.filter(item__release=release, decision=MarkDecision.OPEN)
    if open_marks := marks.count():
        return f"{open_marks} suggestions are not decided yet."
    if release.files.filter(state=FileState.READING).exists():
        return "A file is still being read."
    if release.items.filter(file__isnull=False, seen_at__isnull=True).exists():
        return "Not every page of the files was looked over."
    if not release.items.exists():
        return "There is nothing to release."
    return CHANGED if is_stale(release) else ""


def is_stale(release: Release) -> bool:
    """Whether the case says something else than what was copied."""
    return texts_digest(case_texts(release.case)) != bytes(release.source_digest)


def make_release(*, viewer: Viewer, now: datetime, release_id: UUID, clock: Clock) -> None:
    """Make the PDF of a release that was submitted. Again, or too late, it does nothing."""
    del viewer
    release = _claim(release_id, now)
    if release is None:
        return
    try:
        still_named = _still_named(release)
        content, pages = (b"", 0) if still_named else _made(release, clock)
    except Exception as fault:  # noqa: BLE001
        broke = type(fault).__name__
    else:
        _end(release, still_named, content, pages, clock())
        return
    # Raised out here, so that it doesn't carry the fault, whose message may quote a text.
    _fail(release, BROKE, clock())
    raise ReleaseBroke(f"{broke} while a release was made")


def _end(
    release: Release, still_named: list[str], content: bytes, pages: int, now: datetime
) -> None:
    if still_named:
        _fail(release, STILL_NAMED.format("; ".join(still_named)), now)
    else:
        _keep(release, content, pages, now)


class ReleaseBroke(RuntimeError):
    """An unexpected fault. Says of what kind, never about whom."""


@transaction.atomic
def _claim(release_id: UUID, now: datetime) -> Release | None:
    """The release, if nobody else is making it."""
    waiting = Release.objects.filter(
        Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=now - SILENT),
        pk=release_id,
        state=ReleaseState.MAKING,
    )
    release = waiting.select_for_update(of=("self",)).select_related("case").first()
    if release is not None:
        release.heartbeat_at, release.parts_done = now, 0
        release.save(update_fields=["heartbeat_at", "parts_done"])
    return release


def unmade_releases(now: datetime) -> tuple[UUID, ...]:
    """Which releases wait to be made, or lost whoever made them."""
    waiting = Release.objects.filter(
        Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=now - SILENT), state=ReleaseState.MAKING
    )
    return tuple(waiting.values_list("pk", flat=True))


def _items(release: Release) -> list[ReleaseItem]:
    return list(release.items.select_related("file").prefetch_related("marks").order_by("position"))


def _still_named(release: Release) -> list[str]:
    """Labels of what would still name a person; none where the profile lets names go."""
    if not profile_of(release.profile_body).suggests(ReleaseCategory.NAME):
        return []
    people, box = People(release.case), ReleaseBox(release)
    return [
        item.label
        for item in _items(release)
        if people.named_in(uncovered(box.text(item), _covered(item, box)))
    ]


def _covered(item: ReleaseItem, box: ReleaseBox) -> list[Span]:
    """What is taken out of a text; on a page also what lies under a rectangle."""
    spans = removed_spans(item)
    if item.file_id is None:
        return spans
    drawn = [one for one in _accepted(item) if one.left is not None]
    hidden = [
        at
        for at, letter in enumerate(box.layout(item)["boxes"])
        if any(_inside(letter, mark) for mark in drawn)
    ]
    return [*spans, *(Span(at, at + 1, "") for at in hidden)]


def _inside(letter: list[int], mark: ReleaseMark) -> bool:
    left, top, right, bottom = letter
    return (
        (mark.left or 0) <= left
        and (mark.top or 0) <= top
        and right <= (mark.right or 0)
        and bottom <= (mark.bottom or 0)
    )


def _accepted(item: ReleaseItem) -> list[ReleaseMark]:
    return [mark for mark in item.marks.all() if mark.decision == MarkDecision.ACCEPTED]


def _made(release: Release, clock: Clock) -> tuple[bytes, int]:
    box = ReleaseBox(release)
    parts = [_part(item, box) for item in _items(release)]
    done = iter(range(1, len(parts) + 1))

    def beat() -> None:
        Release.objects.filter(pk=release.pk).update(parts_done=next(done), heartbeat_at=clock())

    return make_pdf(_cover(release), parts, beat)


def _part(item: ReleaseItem, box: ReleaseBox) -> TextPart | PicturePart:
    if item.file_id is not None:
        return PicturePart(item.label, lambda: blackened(item, box))
    runs = tuple(_run(piece) for piece in released_pieces(box.text(item), item))
    return TextPart(item.label, runs)


def _run(piece: Piece) -> Run:
    """Why it went, and never how long it was."""
    if not piece.over:
        return Run(piece.text)
    labels = dict.fromkeys(ReleaseCategory(one.category).label.lower() for one in piece.over)
    grounds = dict.fromkeys(one.exemption for one in piece.over)
    return Run(f"[removed: {', '.join(labels)}; {', '.join(grounds)}]", removed=True)


def blackened(item: ReleaseItem, box: ReleaseBox) -> bytes:
    """The page's picture with what was accepted painted over, as a new JPEG without metadata."""
    boxes = box.layout(item)["boxes"]
    with Image.open(io.BytesIO(box.open(item, "sealed_content"))) as stored:
        page = Image.new("RGB", stored.size, "white")
        page.paste(stored)
    pen = ImageDraw.Draw(page)
    for mark in _accepted(item):
        for place in mark_boxes(mark, boxes):
            pen.rectangle(_whole_blocks(place), fill="black")
    out = io.BytesIO()
    page.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _whole_blocks(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The blocks of a JPEG that a rectangle touches: what it drew of a letter ends with them."""
    left, top, right, bottom = box
    return (
        left // BLOCK * BLOCK,
        top // BLOCK * BLOCK,
        -(-right // BLOCK) * BLOCK - 1,
        -(-bottom // BLOCK) * BLOCK - 1,
    )


def _cover(release: Release) -> Cover:
    profile = profile_of(release.profile_body)
    log = tuple(
        (line.category, line.exemption, line.who, f"{line.count:,}")
        for line in redaction_log(release)
    )
    lines = (
        ("Case", release.case.number),
        ("Released to", profile.label),
        ("Prepared", f"{localtime(release.created_at):%-d %b %Y}"),
        ("Removed", "Words in [brackets] and black areas stand for what was removed, and why."),
    )
    return Cover(str(settings.UNIT_NAME), release.number, lines, log)


@transaction.atomic
def _keep(release: Release, content: bytes, pages: int, now: datetime) -> None:
    current = Release.objects.select_for_update().get(pk=release.pk)
    if current.state != ReleaseState.MAKING:
        return
    result = ReleaseResult(release=current)
    result.sealed_content = ReleaseBox(current).seal(result, "sealed_content", content)
    result.save()
    current.state = ReleaseState.WAITING
    current.result_sha256 = hashlib.sha256(content).hexdigest()
    current.result_pages, current.result_size = pages, len(content)
    current.version = content_version(current)
    current.save()
    note(Event.RELEASE_MADE, current, now, pages=pages, sha256=current.result_sha256)


@transaction.atomic
def _fail(release: Release, sentence: str, now: datetime) -> None:
    current = Release.objects.select_for_update().get(pk=release.pk)
    if current.state != ReleaseState.MAKING:
        return
    current.state, current.error = ReleaseState.PREPARING, sentence
    current.submitted_by = current.submitted_at = None
    current.save()
    note(Event.RELEASE_FAILED, current, now)
