"""Who lets a release go? Somebody who had no hand in it, and who saw exactly what goes."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from cases.access import NotPermitted, Viewer
from cases.enums import ReleaseState
from cases.models import Release, ReleaseResult
from cases.models.release_sealing import ReleaseBox
from cases.rules.reasons import says_enough, visible
from cases.seal import SealError
from cases.selectors.releases import hands_of
from cases.services.narratives import redactor
from cases.services.releases.changing import content_version, locked, note, refuse, void
from cases.services.releases.errors import ReleaseRefused
from cases.services.releases.making import CHANGED, is_stale

STALE = "This is not the version that waits for approval. Look at the release again."
NOT_WAITING = "This release does not wait for approval."
NOT_APPROVED = "This release is not approved."
UNOPENED = "The PDF can't be opened, or is not the one that was made. Tell your administrator."
OWN = "You had a hand in this release. Somebody else approves it."


@transaction.atomic
def approve_release(*, viewer: Viewer, now: datetime, release_id: UUID, version: str) -> Release:
    """Let exactly the version that the viewer saw go.

    Raises Hidden, NotPermitted, ReleaseRefused.
    """
    release = _waiting(viewer, now, release_id, Event.RELEASE_APPROVED)
    current = content_version(release)
    seen = hmac.compare_digest(version, release.version) and current == release.version
    if not seen:
        refuse(Event.RELEASE_APPROVED, release, STALE, now)
    if is_stale(release):
        refuse(Event.RELEASE_APPROVED, release, CHANGED, now)
    release.state = ReleaseState.APPROVED
    release.approved_by_id, release.approved_at = viewer.account_id, now
    release.save()
    note(
        Event.RELEASE_APPROVED,
        release,
        now,
        version=release.version,
        sha256=release.result_sha256,
    )
    return release


def _waiting(viewer: Viewer, now: datetime, release_id: UUID, event: Event) -> Release:
    """The release, if it waits and the viewer had no hand in it. Raises as its callers say."""
    release = locked(viewer, release_id, now)
    if release.state != ReleaseState.WAITING:
        refuse(event, release, NOT_WAITING, now)
    if viewer.account_id is None or viewer.account_id in hands_of(release):
        raise NotPermitted(OWN)
    return release


@transaction.atomic
def return_release(*, viewer: Viewer, now: datetime, release_id: UUID, comment: str) -> Release:
    """Give it back to be changed, and say what is wrong. Errors as above."""
    release = _waiting(viewer, now, release_id, Event.RELEASE_RETURNED)
    if not says_enough(comment):
        raise ReleaseRefused("Say what is wrong, in at least 15 characters.")
    void(release, now)
    release.comment = redactor(release.case)(visible(comment))
    release.save(update_fields=["comment"])
    note(Event.RELEASE_RETURNED, release, now)
    return release


@transaction.atomic
def withdraw_release(*, viewer: Viewer, now: datetime, release_id: UUID, reason: str) -> Release:
    """Nothing of it is to leave (any more). What was copied goes; its number and log stay."""
    release = locked(viewer, release_id, now)
    if release.state in (ReleaseState.MAKING, ReleaseState.WITHDRAWN):
        refuse(Event.RELEASE_WITHDRAWN, release, "This release can't be withdrawn now.", now)
    if not says_enough(reason):
        raise ReleaseRefused("Say why, in at least 15 characters.")
    ReleaseResult.objects.filter(release=release).delete()
    release.files.all().delete()
    release.state = ReleaseState.WITHDRAWN
    release.comment = redactor(release.case)(visible(reason))
    release.save()
    note(Event.RELEASE_WITHDRAWN, release, now)
    return release


@dataclass(frozen=True, slots=True)
class Handed:
    """A PDF and what it may be called."""

    name: str
    content: bytes


@transaction.atomic
def hand_out(*, viewer: Viewer, now: datetime, release_id: UUID) -> Handed:
    """The PDF as approved; before that, for whoever is to approve it and for nobody else.

    Raises Hidden, NotPermitted, ReleaseRefused.
    """
    release = locked(viewer, release_id, now)
    if release.state == ReleaseState.WAITING:
        return _to_be_approved(viewer, release, now)
    if release.state != ReleaseState.APPROVED:
        refuse(Event.RELEASE_DOWNLOADED, release, NOT_APPROVED, now)
    content = _content(release, now)
    if release.downloaded_at is None:
        release.downloaded_at = now
        release.save(update_fields=["downloaded_at"])
    note(Event.RELEASE_DOWNLOADED, release, now, sha256=release.result_sha256)
    return Handed(f"{release.number}.pdf", content)


def _to_be_approved(viewer: Viewer, release: Release, now: datetime) -> Handed:
    if viewer.account_id in hands_of(release):
        refuse(Event.RELEASE_DOWNLOADED, release, NOT_APPROVED, now)
    content = _content(release, now)
    note(Event.RELEASE_VIEWED, release, now, pdf=release.result_sha256)
    return Handed(f"{release.number}-not-approved.pdf", content)


def _content(release: Release, now: datetime) -> bytes:
    """The PDF that was made, if it still opens and is the very one."""
    try:
        content = ReleaseBox(release).open(release.result, "sealed_content")
    except (SealError, ReleaseResult.DoesNotExist):
        content = b""
    if hashlib.sha256(content).hexdigest() != release.result_sha256:
        refuse(Event.RELEASE_DOWNLOADED, release, UNOPENED, now)
    return content
