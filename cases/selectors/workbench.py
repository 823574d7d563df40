"""What does the workbench of a release show? One text or page, and every mark on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.recorder import record_key_use
from cases.access import Hidden, Viewer
from cases.enums import MarkDecision, ReleaseCategory, ReleaseState
from cases.models import Release, ReleaseItem, ReleaseMark
from cases.models.release_sealing import ReleaseBox
from cases.rules.release_marks import Piece, Span, pieces, remaining
from cases.rules.release_profiles import Profile, profile_of
from cases.seal import SealError
from cases.selectors.case_detail import CaseHead
from cases.selectors.releases import find_release, hands_of, head_of, looked


@dataclass(frozen=True, slots=True)
class MarkCard:
    """A place that is marked. Its words are not part of the card. `box` is in pixels, on pages."""

    id: UUID
    label: str
    category: str
    decision: str
    exemption: str
    reason: str
    drawn: bool
    insists: bool
    boxes: tuple[tuple[int, int, int, int], ...] = ()

    @property
    def rectangles(self) -> tuple[tuple[int, int, int, int], ...]:
        """Left, top, width, height, as a drawing has them."""
        return tuple((box[0], box[1], box[2] - box[0], box[3] - box[1]) for box in self.boxes)


@dataclass(frozen=True, slots=True)
class Shown:
    """A stretch of a text as the workbench shows it: its words and the marks over it."""

    text: str
    marks: tuple[MarkCard, ...]

    @property
    def numbers(self) -> str:
        """As in the list of marks beside the text."""
        return ",".join(mark.label.partition(".")[0] for mark in self.marks)

    @property
    def tone(self) -> str:
        """The strongest of what was decided about it."""
        decisions = {mark.decision for mark in self.marks}
        order = (MarkDecision.ACCEPTED, MarkDecision.OPEN, MarkDecision.REJECTED)
        return next((one.value for one in order if one in decisions), "")


@dataclass(frozen=True, slots=True)
class Workbench:
    """One text or page with its marks, and where to go from here."""

    item_id: UUID
    release_id: UUID
    number: str
    head: CaseHead
    label: str
    position: int
    count: int
    can_change: bool
    is_page: bool
    has_text: bool
    seen_at: datetime | None
    width: int
    height: int
    length: int
    shown: tuple[Shown, ...]
    marks: tuple[MarkCard, ...]
    exemptions: tuple[str, ...]
    previous_id: UUID | None
    next_id: UUID | None

    @property
    def has_suggestions(self) -> bool:
        return any(not mark.drawn for mark in self.marks)


def workbench(*, viewer: Viewer, now: datetime, item_id: UUID) -> Workbench:
    """One text or page to work on; an entry. Raises Hidden, NotPermitted."""
    item = ReleaseItem.objects.filter(pk=item_id).select_related("file").first()
    if item is None:
        raise Hidden
    release = find_release(viewer, item.release_id, now)
    look = looked(release, now, item=str(item.pk))
    profile, box = profile_of(release.profile_body), _box_of(release)
    layout = box.layout(item) if item.file_id else {"text": "", "boxes": []}
    text = box.text(item) if not item.file_id else ""
    record_key_use(at=now, act=look)
    cards = {
        str(mark.pk): _mark_card(mark, profile, at, layout)
        for at, mark in enumerate(item.marks.all(), start=1)
    }
    spans = [_span(mark) for mark in item.marks.all() if mark.start is not None]
    ids = list(release.items.order_by("position").values_list("pk", flat=True))
    at = ids.index(item.pk)
    return Workbench(
        item_id=item.pk,
        release_id=release.pk,
        number=release.number,
        head=head_of(viewer, release, now),
        label=item.label,
        position=at + 1,
        count=len(ids),
        can_change=release.state == ReleaseState.PREPARING,
        is_page=item.file_id is not None,
        has_text=item.has_text,
        seen_at=item.seen_at,
        width=item.width,
        height=item.height,
        length=len(text),
        shown=_shown(text, spans, cards) if text else (),
        marks=tuple(cards.values()),
        exemptions=profile.exemptions,
        previous_id=ids[at - 1] if at else None,
        next_id=ids[at + 1] if at + 1 < len(ids) else None,
    )


def _box_of(release: Release) -> ReleaseBox:
    """Raises Hidden for a release whose key was destroyed."""
    try:
        return ReleaseBox(release)
    except SealError as error:
        raise Hidden from error


def _mark_card(
    mark: ReleaseMark, profile: Profile, number: int, layout: Mapping[str, Any]
) -> MarkCard:
    label = ReleaseCategory(mark.category).label
    return MarkCard(
        id=mark.pk,
        label=f"{number}. {label}",
        category=label,
        decision=mark.decision,
        exemption=mark.exemption,
        reason=mark.reason,
        drawn=mark.drawn,
        insists=profile.insists(mark.category) and not mark.drawn,
        boxes=mark_boxes(mark, layout["boxes"]),
    )


def _shown(text: str, spans: Iterable[Span], cards: Mapping[str, MarkCard]) -> tuple[Shown, ...]:
    return tuple(
        Shown(piece.text, tuple(cards[span.key] for span in piece.over))
        for piece in pieces(text, spans)
    )


def _span(mark: ReleaseMark) -> Span:
    return Span(mark.start or 0, mark.end or 0, mark.category, mark.exemption, str(mark.pk))


def removed_spans(item: ReleaseItem) -> list[Span]:
    """What was accepted on a text."""
    return [
        _span(mark)
        for mark in item.marks.all()
        if mark.decision == MarkDecision.ACCEPTED and mark.start is not None
    ]


def released_pieces(text: str, item: ReleaseItem) -> tuple[Piece, ...]:
    """What of a text is released."""
    return remaining(text, removed_spans(item))


Box = tuple[int, int, int, int]
PAD = 2


def mark_boxes(mark: ReleaseMark, boxes: list[list[int]]) -> tuple[Box, ...]:
    """Where a mark lies on the page's picture: one rectangle, or one for each line of its text."""
    if mark.left is not None:
        return ((mark.left, mark.top or 0, mark.right or 0, mark.bottom or 0),)
    lines: list[list[int]] = []
    for left, top, right, bottom in boxes[mark.start or 0 : mark.end or 0]:
        if right <= left or bottom <= top:
            continue
        if lines and top < lines[-1][3] and bottom > lines[-1][1]:
            last = lines[-1]
            lines[-1] = [
                min(last[0], left), min(last[1], top), max(last[2], right), max(last[3], bottom)
            ]  # fmt: skip
        else:
            lines.append([left, top, right, bottom])
    return tuple((one[0] - PAD, one[1] - PAD, one[2] + PAD, one[3] + PAD) for one in lines)


def page_picture(*, viewer: Viewer, now: datetime, item_id: UUID) -> bytes:
    """The picture of an uploaded page, for its workbench only; an entry. Raises Hidden."""
    item = ReleaseItem.objects.filter(pk=item_id, file__isnull=False).first()
    if item is None:
        raise Hidden
    release = find_release(viewer, item.release_id, now)
    if viewer.account_id not in hands_of(release) and release.state != ReleaseState.PREPARING:
        raise Hidden
    look = looked(release, now, item=str(item.pk), picture=True)
    picture = _box_of(release).open(item, "sealed_content")
    record_key_use(at=now, act=look)
    return picture
