"""What is taken out? Suggestions are accepted or rejected by a person, and places drawn by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from cases.access import Viewer
from cases.enums import MarkDecision, ReleaseCategory
from cases.models import Release, ReleaseItem, ReleaseMark
from cases.models.release_sealing import ReleaseBox
from cases.rules.reasons import says_enough, visible
from cases.rules.release_marks import quoted
from cases.rules.release_profiles import Profile, profile_of
from cases.services.narratives import redactor
from cases.services.releases.changing import item_for_change, note, open_for_change, refuse
from cases.services.releases.errors import ReleaseRefused

LEAST_REASON = 5
MOST_MARKS = 2_000
CITE = "Choose an exemption from the profile's list."


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decided about one suggestion."""

    decision: str
    exemption: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What somebody marked by hand: a phrase, from-to in a text, a rectangle, or all of it.

    `box` is left, top, right, bottom in the page picture's pixels.
    """

    category: str
    exemption: str
    quote: str = ""
    start: int | None = None
    end: int | None = None
    box: tuple[int, int, int, int] | None = None
    whole: bool = False


@transaction.atomic
def decide_marks(
    *, viewer: Viewer, now: datetime, item_id: UUID, choices: Mapping[UUID, Choice]
) -> int:
    """Accept or reject suggestions on one text or page; how many changed. All of them or none.

    Raises Hidden, NotPermitted, ReleaseRefused.
    """
    release, item = item_for_change(viewer, item_id, now)
    profile, redact = profile_of(release.profile_body), redactor(release.case)
    marks = {mark.pk: mark for mark in item.marks.all()}
    changed = []
    for mark_id, choice in choices.items():
        mark = marks.get(mark_id)
        if mark is None:
            raise ReleaseRefused("This page has changed meanwhile. Look at it again.")
        if _decide(mark, choice, profile, release, now):
            mark.reason = redact(mark.reason)
            mark.decided_by_id, mark.decided_at = viewer.account_id, now
            changed.append(mark)
    _save(changed)
    note(Event.RELEASE_MARKED, release, now, item=str(item.pk), **_counts(changed))
    return len(changed)


def _decide(
    mark: ReleaseMark, choice: Choice, profile: Profile, release: Release, now: datetime
) -> bool:
    """Whether the mark is another one now. Raises ReleaseRefused."""
    reason = visible(choice.reason) if choice.decision == MarkDecision.REJECTED else ""
    after = (choice.decision, choice.exemption or mark.exemption, reason)
    if after == (mark.decision, mark.exemption, mark.reason):
        return False
    if choice.decision not in MarkDecision.values or after[1] not in profile.exemptions:
        raise ReleaseRefused(CITE)
    if choice.decision == MarkDecision.REJECTED:
        label = ReleaseCategory(mark.category).label
        if profile.insists(mark.category) and not mark.drawn:
            refuse(Event.RELEASE_MARKED, release, f"{label}: this profile never leaves it in.", now)
        if not says_enough(reason, LEAST_REASON):
            raise ReleaseRefused(f"{label}: say why it may stay in.")
    mark.decision, mark.exemption, mark.reason = after
    return True


def _save(marks: list[ReleaseMark]) -> None:
    ReleaseMark.objects.bulk_update(
        marks, ["decision", "exemption", "reason", "decided_by", "decided_at"]
    )


def _counts(marks: list[ReleaseMark]) -> dict[str, int]:
    decided = [mark.decision for mark in marks]
    return {
        "accepted": decided.count(MarkDecision.ACCEPTED),
        "rejected": decided.count(MarkDecision.REJECTED),
    }


@transaction.atomic
def accept_all(*, viewer: Viewer, now: datetime, release_id: UUID) -> int:
    """Accept every suggestion that nobody has decided; how many. Errors as above."""
    release = open_for_change(viewer, release_id, now)
    marks = list(ReleaseMark.objects.filter(item__release=release, decision=MarkDecision.OPEN))
    for mark in marks:
        mark.decision = MarkDecision.ACCEPTED
        mark.decided_by_id, mark.decided_at = viewer.account_id, now
    _save(marks)
    note(Event.RELEASE_MARKED, release, now, **_counts(marks))
    return len(marks)


@transaction.atomic
def draw_mark(*, viewer: Viewer, now: datetime, item_id: UUID, drawing: Drawing) -> int:
    """Mark by hand what no suggestion found; how many places. A phrase is marked everywhere.

    Raises Hidden, NotPermitted, ReleaseRefused.
    """
    release, item = item_for_change(viewer, item_id, now)
    profile = profile_of(release.profile_body)
    if drawing.exemption not in profile.exemptions:
        raise ReleaseRefused(CITE)
    if drawing.category not in ReleaseCategory.values:
        raise ReleaseRefused("Choose a category from the list.")
    if item.marks.count() >= MOST_MARKS:
        raise ReleaseRefused("There are too many marks here. Take out the whole of it.")
    places = _places(ReleaseBox(release), item, drawing)
    ReleaseMark.objects.bulk_create(_drawn(item, drawing, place, viewer, now) for place in places)
    note(
        Event.RELEASE_MARKED,
        release,
        now,
        item=str(item.pk),
        drawn=len(places),
        category=drawing.category,
    )
    return len(places)


Place = dict[str, int]


def _places(box: ReleaseBox, item: ReleaseItem, drawing: Drawing) -> list[Place]:
    if drawing.box is not None or (drawing.whole and item.file_id):
        return [_rectangle(item, drawing.box or (0, 0, item.width, item.height))]
    text = box.text(item)
    if drawing.whole:
        return [{"start": 0, "end": max(1, len(text))}]
    if drawing.quote.strip():
        found = [{"start": start, "end": end} for start, end in quoted(text, drawing.quote)]
        if not found:
            raise ReleaseRefused("This phrase does not stand here. Copy it as it is written.")
        return found[:MOST_MARKS]
    start, end = drawing.start, drawing.end
    if start is None or end is None or not 0 <= start < end <= len(text):
        raise ReleaseRefused("Say what to take out: a phrase, or from which character to which.")
    return [{"start": start, "end": end}]


def _rectangle(item: ReleaseItem, box: tuple[int, int, int, int]) -> Place:
    left, top, right, bottom = box
    left, top = max(0, left), max(0, top)
    right, bottom = min(item.width, right), min(item.height, bottom)
    if not item.file_id or left >= right or top >= bottom:
        raise ReleaseRefused("The rectangle lies outside the page, or has no size.")
    return {"left": left, "top": top, "right": right, "bottom": bottom}


def _drawn(
    item: ReleaseItem, drawing: Drawing, place: Place, viewer: Viewer, now: datetime
) -> ReleaseMark:
    return ReleaseMark(
        item=item,
        **place,
        category=drawing.category,
        exemption=drawing.exemption,
        drawn=True,
        decision=MarkDecision.ACCEPTED,
        decided_by_id=viewer.account_id,
        decided_at=now,
    )


@transaction.atomic
def remove_mark(*, viewer: Viewer, now: datetime, item_id: UUID, mark_id: UUID) -> None:
    """Take back what was drawn by hand. A suggestion is rejected instead. Errors as above."""
    release, item = item_for_change(viewer, item_id, now)
    gone, _ = item.marks.filter(pk=mark_id, drawn=True).delete()
    note(Event.RELEASE_MARKED, release, now, item=str(item.pk), removed=gone)


@transaction.atomic
def look_over(*, viewer: Viewer, now: datetime, item_id: UUID) -> None:
    """Say that one has looked a page over. No program reads what a picture shows."""
    release, item = item_for_change(viewer, item_id, now)
    item.seen_by_id, item.seen_at = viewer.account_id, now
    item.save(update_fields=["seen_by", "seen_at"])
    note(Event.RELEASE_MARKED, release, now, item=str(item.pk), looked_over=True)
