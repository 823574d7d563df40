"""Which releases are there, how far is one, and what does its workbench show? Cards, never rows."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from audit.events import Event
from audit.models import Entry
from audit.recorder import record
from cases import access
from cases.access import Hidden, Viewer
from cases.enums import FileState, MarkDecision, Permission, ReleaseCategory, ReleaseState
from cases.models import Release, ReleaseFile, ReleaseMark
from cases.rules.release_profiles import Profile, profile_of, profiles
from cases.selectors.case_detail import CaseHead, case_head

LISTED = 100
TONES = {
    ReleaseState.PREPARING: "info",
    ReleaseState.MAKING: "watch",
    ReleaseState.WAITING: "watch",
    ReleaseState.APPROVED: "ok",
    ReleaseState.WITHDRAWN: "quiet",
}


@dataclass(frozen=True, slots=True)
class ReleaseCard:
    """One release in a list."""

    id: UUID
    number: str
    case_number: str
    profile: str
    state: str
    tone: str
    prepared_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FileCard:
    """An uploaded file. Its name is sealed and shown to nobody."""

    position: int
    kind: str
    state: str
    is_reading: bool
    pages: int
    pages_done: int
    error: str


@dataclass(frozen=True, slots=True)
class ItemCard:
    """One text or page and how far its marks are decided."""

    id: UUID
    label: str
    is_page: bool
    undecided: int
    removed: int
    left_in: int
    to_look_over: bool


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the redaction log: what kind, on what ground, by whom, how many."""

    category: str
    exemption: str
    who: str
    count: int


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """A release with everything that its page shows."""

    id: UUID
    head: CaseHead
    number: str
    state_code: str
    state: str
    tone: str
    profile: str
    profile_about: str
    reason: str
    prepared_by: str
    created_at: datetime
    submitted_by: str
    submitted_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    downloaded_at: datetime | None
    parts_total: int
    parts_done: int
    error: str
    comment: str
    version: str
    sha256: str
    pages: int
    size: int
    is_own: bool
    items: tuple[ItemCard, ...]
    files: tuple[FileCard, ...]
    log: tuple[LogLine, ...]

    @property
    def is_making(self) -> bool:
        return self.state_code == ReleaseState.MAKING

    @property
    def is_reading(self) -> bool:
        return any(file.is_reading for file in self.files)

    @property
    def is_busy(self) -> bool:
        return self.is_making or self.is_reading

    @property
    def can_change(self) -> bool:
        return self.state_code == ReleaseState.PREPARING

    @property
    def waits(self) -> bool:
        return self.state_code == ReleaseState.WAITING

    @property
    def is_approved(self) -> bool:
        return self.state_code == ReleaseState.APPROVED

    @property
    def undecided(self) -> int:
        return sum(item.undecided for item in self.items)

    @property
    def to_look_over(self) -> int:
        return sum(item.to_look_over for item in self.items)


def find_release(viewer: Viewer, release_id: UUID, now: datetime) -> Release:
    """The release of a case that the viewer may release. Raises Hidden, NotPermitted."""
    release = (
        Release.objects.select_related("case", "prepared_by", "submitted_by", "approved_by")
        .filter(pk=release_id)
        .first()
    )
    if release is None:
        raise Hidden
    access.require(viewer, release.case, Permission.PREPARE_RELEASE, now)
    return release


def find_release_of(viewer: Viewer, item_id: UUID, now: datetime) -> Release:
    """The release that holds a text or page. Raises Hidden, NotPermitted."""
    release_id = Release.objects.filter(items=item_id).values_list("pk", flat=True).first()
    if release_id is None:
        raise Hidden
    return find_release(viewer, release_id, now)


def release_list(*, viewer: Viewer, now: datetime) -> tuple[ReleaseCard, ...]:
    """The latest releases of the cases that the viewer may see. Leaves an entry."""
    within = access.visible_cases(viewer, now)
    rows = Release.objects.filter(case__in=within).select_related("case", "prepared_by")[:LISTED]
    found = tuple(_card(row) for row in rows)
    record(Event.RELEASE_LISTED, at=now, details={"releases": [card.number for card in found]})
    return found


def _card(row: Release) -> ReleaseCard:
    return ReleaseCard(
        id=row.pk,
        number=row.number,
        case_number=row.case.number,
        profile=profile_of(row.profile_body).label,
        state=ReleaseState(row.state).label,
        tone=TONES[ReleaseState(row.state)],
        prepared_by=row.prepared_by.display_name,
        created_at=row.created_at,
    )


def profile_choices() -> tuple[Profile, ...]:
    """The profiles that a release can have, in the unit's order."""
    return tuple(profiles().values())


def new_release_head(*, viewer: Viewer, now: datetime, case_id: UUID) -> CaseHead:
    """The case that a release is to be prepared of; an entry. Raises Hidden, NotPermitted."""
    case, can = access.open_case(viewer, case_id, now)
    access.demand(Permission.PREPARE_RELEASE, can)
    record(Event.CASE_VIEWED, at=now, subject_type="case", subject_id=case.pk)
    return case_head(viewer, case, can, now)


def release_page(*, viewer: Viewer, now: datetime, release_id: UUID) -> ReleasePage:
    """Everything about one release; an entry. Raises Hidden, NotPermitted."""
    row = find_release(viewer, release_id, now)
    looked(row, now)
    profile = profile_of(row.profile_body)
    return ReleasePage(
        id=row.pk,
        head=head_of(viewer, row, now),
        number=row.number,
        state_code=row.state,
        state=ReleaseState(row.state).label,
        tone=TONES[ReleaseState(row.state)],
        profile=profile.label,
        profile_about=profile.about,
        reason=row.reason,
        prepared_by=row.prepared_by.display_name,
        created_at=row.created_at,
        submitted_by=row.submitted_by.display_name if row.submitted_by else "",
        submitted_at=row.submitted_at,
        approved_by=row.approved_by.display_name if row.approved_by else "",
        approved_at=row.approved_at,
        downloaded_at=row.downloaded_at,
        parts_total=row.parts_total,
        parts_done=row.parts_done,
        error=row.error,
        comment=row.comment,
        version=row.version,
        sha256=row.result_sha256,
        pages=row.result_pages,
        size=row.result_size,
        is_own=viewer.account_id in hands_of(row),
        items=tuple(_item_card(item) for item in _items(row)),
        files=tuple(_file_card(file) for file in row.files.defer("sealed_content")),
        log=redaction_log(row),
    )


def hands_of(release: Release) -> set[UUID | None]:
    """Everybody who had a hand in what the release holds: none of them approves it."""
    touched = ReleaseMark.objects.filter(item__release=release, decided_by__isnull=False)
    looked = release.items.filter(seen_by__isnull=False)
    return {
        release.prepared_by_id,
        release.submitted_by_id,
        *touched.values_list("decided_by_id", flat=True).distinct(),
        *looked.values_list("seen_by_id", flat=True).distinct(),
        *release.files.values_list("added_by_id", flat=True).distinct(),
    } - {None}


def head_of(viewer: Viewer, row: Release, now: datetime) -> CaseHead:
    case, can = access.open_case(viewer, row.case_id, now)
    return case_head(viewer, case, can, now)


def _items(row: Release) -> QuerySet[Any]:
    def decided(decision: MarkDecision) -> Count:
        return Count("marks", filter=Q(marks__decision=decision))

    items = row.items.defer("sealed_content", "sealed_layout")
    return items.annotate(
        undecided=decided(MarkDecision.OPEN),
        removed=decided(MarkDecision.ACCEPTED),
        left_in=decided(MarkDecision.REJECTED),
    ).order_by("position")


def _item_card(item: Any) -> ItemCard:
    return ItemCard(
        id=item.pk,
        label=item.label,
        is_page=item.file_id is not None,
        undecided=item.undecided,
        removed=item.removed,
        left_in=item.left_in,
        to_look_over=item.file_id is not None and item.seen_at is None,
    )


def _file_card(file: ReleaseFile) -> FileCard:
    return FileCard(
        position=file.position,
        kind=file.kind.upper(),
        state=FileState(file.state).label,
        is_reading=file.state == FileState.READING,
        pages=file.pages,
        pages_done=file.pages_done,
        error=file.error,
    )


def redaction_log(release: Release) -> tuple[LogLine, ...]:
    """What was taken out, by category, exemption and who decided; never what it said."""
    rows = (
        ReleaseMark.objects.filter(item__release=release, decision=MarkDecision.ACCEPTED)
        .order_by()
        .values_list("category", "exemption", "decided_by__display_name")
    )
    order = list(ReleaseCategory.values)
    counted = sorted(Counter(rows).items(), key=lambda one: (order.index(one[0][0]), one[0][1:]))
    return tuple(
        LogLine(ReleaseCategory(category).label, exemption, who, count)
        for (category, exemption, who), count in counted
    )


def looked(release: Release, now: datetime, **details: object) -> Entry:
    return record(
        Event.RELEASE_VIEWED,
        at=now,
        subject_type="release",
        subject_id=release.pk,
        details={"number": release.number, "case": str(release.case_id), **details},
    )
