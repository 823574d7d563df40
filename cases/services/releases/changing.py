"""May this release still be changed, by this viewer, now? Steps inside a service's transaction."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.events import Event
from audit.recorder import record, record_denied
from cases import access
from cases.access import Viewer
from cases.enums import MarkDecision, ReleaseState
from cases.models import Release, ReleaseItem, ReleaseMark, ReleaseResult
from cases.selectors.releases import find_release
from cases.services.releases.errors import ReleaseRefused

LEFT = "This release has left the building. Begin a new one instead."
BUSY = "The PDF is being made. Wait until it is done."
EXPUNGED = "What this release copied was destroyed by a court's order. Begin a new one instead."
WITHDRAWN = "This release was withdrawn. Begin a new one instead."


def locked(viewer: Viewer, release_id: UUID, now: datetime) -> Release:
    """The release, fresh and held until the transaction ends. Raises Hidden, NotPermitted."""
    find_release(viewer, release_id, now)
    return Release.objects.select_for_update(of=("self",)).select_related("case").get(pk=release_id)


def open_for_change(viewer: Viewer, release_id: UUID, now: datetime) -> Release:
    """The same, to be changed: what was submitted or approved before is void from here on.

    Raises Hidden, NotPermitted, ReleaseRefused.
    """
    release = locked(viewer, release_id, now)
    refusal = _refusal(release)
    if refusal:
        refuse(Event.RELEASE_MARKED, release, refusal, now)
    if release.state != ReleaseState.PREPARING:
        void(release, now)
    return release


def item_for_change(viewer: Viewer, item_id: UUID, now: datetime) -> tuple[Release, ReleaseItem]:
    """One text or page of a release that may still be changed. Errors as above."""
    item = ReleaseItem.objects.filter(pk=item_id).select_related("file").first()
    if item is None:
        raise access.Hidden
    return open_for_change(viewer, item.release_id, now), item


def _refusal(release: Release) -> str:
    if release.state == ReleaseState.WITHDRAWN:
        return WITHDRAWN
    if release.state == ReleaseState.MAKING:
        return BUSY
    if not release.wrapped_key:
        return EXPUNGED
    return LEFT if release.downloaded_at else ""


def refuse(event: Event, release: Release, sentence: str, now: datetime) -> None:
    """Leaves a refused attempt behind and raises ReleaseRefused."""
    record_denied(event, at=now, subject_type="release", subject_id=release.pk, reason=sentence)
    raise ReleaseRefused(sentence)


def void(release: Release, now: datetime) -> None:
    """Back to being prepared: the PDF that somebody saw or approved is gone."""
    was = release.state
    ReleaseResult.objects.filter(release=release).delete()
    release.state = ReleaseState.PREPARING
    release.version = release.result_sha256 = ""
    release.approved_by = release.approved_at = None
    release.submitted_by = release.submitted_at = None
    release.save()
    details = {"number": release.number, "was": was}
    note(Event.RELEASE_VOIDED, release, now, **details)


def note(event: Event, release: Release, now: datetime, **details: object) -> None:
    """The entry of a step. Details are codes and counts, never words of a text."""
    about = {"number": release.number, "case": str(release.case_id), **details}
    record(event, at=now, subject_type="release", subject_id=release.pk, details=about)


def content_version(release: Release) -> str:
    """A hash over everything that decides what leaves: texts, pages, places taken out, the PDF."""
    items = [
        {
            "item": str(item.pk),
            "label": item.label,
            "digest": bytes(item.digest).hex(),
            "marks": [_mark_row(mark) for mark in item.marks.all()],
        }
        for item in release.items.defer("sealed_content", "sealed_layout").prefetch_related("marks")
    ]
    body = {
        "number": release.number,
        "profile": release.profile_body,
        "source": bytes(release.source_digest).hex(),
        "items": items,
        "pdf": release.result_sha256,
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _mark_row(mark: ReleaseMark) -> list[Any]:
    place = [mark.start, mark.end, mark.left, mark.top, mark.right, mark.bottom]
    accepted = mark.decision == MarkDecision.ACCEPTED
    return [str(mark.pk), *place, mark.category, mark.exemption, accepted]
