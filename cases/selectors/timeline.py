"""What happened on a case, newest first? Entries, reviews, assignments and states in one line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from cases.access import Reading, within
from cases.enums import AnswerStatus, CaseState, Disposition, ResponseKind
from cases.models import Case, ElementAnswer, Response, Review
from cases.rules.parts import Part
from cases.rules.policy import Policy
from cases.selectors.cards import instant

LIMIT = 200
# Closer together than this, the two times of an entry say the same.
SAME_TIME = timedelta(hours=1)

TYPES = (
    ("report", "Reports"),
    ("response", "Responses"),
    ("review", "Reviews"),
    ("assignment", "Assignments"),
    ("state", "States"),
)


# What is of one part alone; reports and responses are of many.
OF_PART = {"review": Part.SUPERVISION, "assignment": Part.PROGRESS, "state": Part.PROGRESS}


def types_in(reading: Reading) -> tuple[tuple[str, str], ...]:
    """The types that a reader may find, each with its label."""
    return tuple(
        (code, label) for code, label in TYPES if code not in OF_PART or OF_PART[code] in reading
    )


@dataclass(frozen=True, slots=True)
class AnswerCard:
    label: str
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A next action as an entry named it."""

    what: str
    owner: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One thing that happened. `gap` is how long it took to be written down, None when at once."""

    type: str
    label: str
    occurred_at: datetime
    entered_at: datetime
    who: str
    text: str = ""
    note: str = ""
    gap: timedelta | None = None
    late: bool = False
    tone: str = ""
    answers: tuple[AnswerCard, ...] = ()
    comments: tuple[tuple[str, str], ...] = ()
    response_id: str = ""
    next_action: Planned | None = None


def case_timeline(
    case: Case,
    policy: Policy,
    reading: Reading,
    *,
    states: Iterable[Mapping[str, Any]],
    held: Iterable[Mapping[str, Any]],
) -> tuple[list[TimelineItem], bool]:
    """The case's timeline, newest first, and whether older responses were left off.

    As far as `reading` goes, which `states` and `held` are held to already.
    """
    rows = list(_responses(case, reading))
    labels = {element.code: element.label for element in policy.elements}
    items = [
        *(item for row in rows[:LIMIT] for item in _of_response(row, labels, reading)),
        *(_of_state(row) for row in states),
        *(_of_assignment(row) for row in held),
    ]
    late_by = policy.backfilled.late_by.span
    timed = [_with_gap(item, late_by) for item in items] if _supervises(reading) else items
    timed.sort(key=lambda item: (item.occurred_at, item.entered_at), reverse=True)
    return timed, len(rows) > LIMIT


def _supervises(reading: Reading) -> bool:
    """Whether it is told what was late, lacking or returned."""
    return Part.SUPERVISION in reading


def _responses(case: Case, reading: Reading) -> QuerySet[Any]:
    answers: QuerySet[Any] = ElementAnswer.objects.filter(response=OuterRef("pk"))
    reviews: QuerySet[Any] = Review.objects.filter(response=OuterRef("pk"))
    answers, reviews = within(answers, reading), within(reviews, reading)
    return (
        within(Response.objects.filter(case=case), reading)
        .annotate(
            answer_rows=ArraySubquery(
                answers.values(json=JSONObject(element="element", status="status", text="text"))
            ),
            review_rows=ArraySubquery(
                reviews.values(
                    json=JSONObject(
                        decision="decision",
                        comments="comments",
                        occurred_at="occurred_at",
                        entered_at="entered_at",
                        who=F("reviewer__name"),
                    )
                )
            ),
        )
        .select_related("officer", "next_action_owner", "suspect")
        .defer("bands", "sealed_narrative")
        .order_by("-entered_at", "-id")[: LIMIT + 1]
    )


def _of_response(row: Any, labels: Mapping[str, str], reading: Reading) -> Iterator[TimelineItem]:
    kind = ResponseKind(row.kind)
    yield TimelineItem(
        type="report" if kind == ResponseKind.INITIAL_REPORT else "response",
        label=str(kind.label),
        occurred_at=row.occurred_at,
        entered_at=row.entered_at,
        who=row.officer.name if row.officer else "",
        text=row.narrative,
        note=" ".join(_notes(row, reading)),
        answers=tuple(_answer(answer, labels) for answer in row.answer_rows),
        response_id=str(row.pk),
        next_action=_planned(row) if Part.PROGRESS in reading else None,
    )
    for review in row.review_rows:
        yield _of_review(review, labels)


def _notes(row: Any, reading: Reading) -> Iterator[str]:
    if row.supersedes_id:
        yield "Replaces the version before."
    if row.contacted and Part.PEOPLE in reading:
        yield f"Contacted: {row.contacted.rstrip('.')}."
    if row.suspect and Part.SUSPECT in reading:
        yield f"With {row.suspect.pseudonym}."
    if row.incomplete_reason and _supervises(reading):
        yield f"Incomplete because: {row.incomplete_reason}"


def _planned(row: Any) -> Planned | None:
    if not row.next_action:
        return None
    owner = row.next_action_owner.name if row.next_action_owner else ""
    return Planned(row.next_action, owner, row.next_action_due_on)


def _answer(row: Mapping[str, Any], labels: Mapping[str, str]) -> AnswerCard:
    status = "" if row["status"] == AnswerStatus.ANSWERED else AnswerStatus(row["status"]).label
    return AnswerCard(labels.get(row["element"], row["element"]), str(status), row["text"])


def _of_review(row: Mapping[str, Any], labels: Mapping[str, str]) -> TimelineItem:
    returned = row["decision"] == "returned"
    comments = {
        labels.get(code, "The report as a whole"): text for code, text in row["comments"].items()
    }
    return TimelineItem(
        type="review",
        label="Report returned" if returned else "Report approved",
        occurred_at=instant(row["occurred_at"]),
        entered_at=instant(row["entered_at"]),
        who=row["who"] or "",
        tone="returned" if returned else "approved",
        comments=tuple(comments.items()),
    )


def _of_state(row: Mapping[str, Any]) -> TimelineItem:
    label = str(CaseState(row["state"]).label)
    ended = f": {Disposition(row['disposition']).label}" if row["disposition"] else ""
    return TimelineItem(
        type="state",
        label=f"{label}{ended}",
        occurred_at=instant(row["occurred_at"]),
        entered_at=instant(row["entered_at"]),
        who=row["who"] or "",
        note=f"Signed by {row['signed']}." if row["signed"] else "",
        text=row["reason"],
    )


def _of_assignment(row: Mapping[str, Any]) -> TimelineItem:
    acknowledged = row["acknowledged_at"] is not None
    return TimelineItem(
        type="assignment",
        label=f"Assigned to {row['who']}",
        occurred_at=instant(row["assigned_at"]),
        entered_at=instant(row["entered_at"]),
        who=row["by"] or "",
        note="" if acknowledged or row["ended_at"] else "Not yet acknowledged.",
    )


def _with_gap(item: TimelineItem, late_by: timedelta) -> TimelineItem:
    gap = item.entered_at - item.occurred_at
    return item if gap < SAME_TIME else replace(item, gap=gap, late=gap > late_by)
