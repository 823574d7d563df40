"""How does a release begin? The case's texts are copied, and what the profile closes is marked."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import localtime

from audit.events import Event
from cases import access
from cases.access import Viewer
from cases.enums import Permission
from cases.models import Case, Release, ReleaseItem, ReleaseMark
from cases.models.release_sealing import ReleaseBox
from cases.models.sealing import give_key
from cases.row_security import Span, reading_as
from cases.rules.reasons import says_enough, visible
from cases.rules.release_profiles import Profile, profile_of, profiles
from cases.rules.release_suggestions import suggestions
from cases.services.narratives import redactor
from cases.services.releases.changing import note, open_for_change
from cases.services.releases.errors import ReleaseRefused
from cases.services.releases.known import People
from cases.services.releases.sources import SourceText, case_texts, texts_digest

NUMBER_LOCK = 4_203
NO_REASON = "Say what was asked for and by what kind of reader, in at least 15 characters."


@transaction.atomic
def start_release(
    *,
    viewer: Viewer,
    now: datetime,
    case_id: UUID,
    profile: str,
    reason: str,
    submission_key: UUID,
) -> Release:
    """Copy the case's texts and mark what the profile closes. Sent twice, it begins one release.

    Raises Hidden, NotPermitted, ReleaseRefused.
    """
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.PREPARE_RELEASE, now)
    chosen = profiles().get(profile)
    if chosen is None:
        raise ReleaseRefused("Choose a profile from the list.")
    if not says_enough(reason):
        raise ReleaseRefused(NO_REASON)
    _lock_numbers()
    existing = Release.objects.filter(
        submission_key=submission_key, case=case, prepared_by_id=viewer.account_id
    ).first()
    return existing or _begin(viewer, now, case, chosen, reason, submission_key)


def _begin(
    viewer: Viewer, now: datetime, case: Case, profile: Profile, reason: str, key: UUID
) -> Release:
    texts = case_texts(case)
    release = Release(
        number=_next_number(now),
        case=case,
        profile=profile.code,
        profile_body=dict(profile.body),
        reason=redactor(case)(visible(reason)),
        submission_key=key,
        source_digest=texts_digest(texts),
        prepared_by_id=viewer.account_key,
        created_at=now,
    )
    give_key(release)
    release.save(force_insert=True)
    copied = [_copy(release, at, one) for at, one in enumerate(texts, start=1)]
    note(
        Event.RELEASE_STARTED,
        release,
        now,
        profile=profile.code,
        texts=len(copied),
        suggestions=sum(copied),
    )
    return release


@transaction.atomic
def take_texts_anew(*, viewer: Viewer, now: datetime, release_id: UUID) -> int:
    """Copy what the case says now; how many texts changed. What was decided on the others stays.

    Raises Hidden, NotPermitted, ReleaseRefused.
    """
    release = open_for_change(viewer, release_id, now)
    box = ReleaseBox(release)
    texts = case_texts(release.case)
    kept = {item.source: item for item in release.items.filter(file__isnull=True)}
    changed = [one for one in texts if not _same(box, kept.get(one.source), one)]
    gone = [source for source in kept if source not in {one.source for one in texts}]
    renewed = [*gone, *(one.source for one in changed)]
    release.items.filter(source__in=renewed, file__isnull=True).delete()
    last = release.items.order_by("-position").values_list("position", flat=True).first() or 0
    for at, one in enumerate(changed, start=last + 1):
        _copy(release, at, one)
    release.source_digest = texts_digest(texts)
    release.save(update_fields=["source_digest"])
    note(Event.RELEASE_REFRESHED, release, now, changed=len(renewed))
    return len(renewed)


def _same(box: ReleaseBox, item: ReleaseItem | None, text: SourceText) -> bool:
    return item is not None and bytes(item.digest) == box.digest(text.text.encode())


def _copy(release: Release, position: int, one: SourceText) -> int:
    box = ReleaseBox(release)
    item = ReleaseItem(
        release=release,
        position=position,
        label=one.label,
        source=one.source,
        digest=box.digest(one.text.encode()),
    )
    item.sealed_content = box.seal(item, "sealed_content", one.text.encode())
    item.save(force_insert=True)
    return suggest_on(release, item, one.text, None)


def suggest_on(release: Release, item: ReleaseItem, text: str, people: People | None) -> int:
    """Mark what the release's profile closes in a text; how many places. None is decided yet."""
    profile = profile_of(release.profile_body)
    known = people.named_in(text) if people else ()
    marks = [
        ReleaseMark(
            item=item,
            start=one.start,
            end=one.end,
            category=one.category,
            exemption=profile.cites(one.category),
        )
        for one in suggestions(text, profile, known)
    ]
    ReleaseMark.objects.bulk_create(marks)
    return len(marks)


def _lock_numbers() -> None:
    """One release at a time takes the next number; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])


@reading_as(Span.NUMBERS)
def _next_number(now: datetime) -> str:
    """As in R-26-00001: the unit's year, then a running number within it."""
    prefix = f"R-{localtime(now):%y}-"
    taken = (
        Release.objects.filter(number__startswith=prefix)
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    return f"{prefix}{int(taken.removeprefix(prefix)) + 1 if taken else 1:05d}"
