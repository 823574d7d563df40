"""What does a sergeant read before deciding? The report, what it lacks, what came before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.enums import AnswerStatus, Permission, ResponseKind
from cases.models import Case, Response
from cases.selectors.cards import circumstances_of
from cases.selectors.case_detail import CaseHead, case_head
from cases.selectors.policy import current_policy
from cases.selectors.responses import (
    ElementCard,
    ReportRules,
    ScoreCard,
    reports_of,
    required_elements,
)
from cases.selectors.timeline import AnswerCard


@dataclass(frozen=True, slots=True)
class ReviewedElement:
    """One required element of the report, answered or not, for a comment beside it."""

    code: str
    label: str
    why: str
    critical: bool
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportVersion:
    """A version of the report that a later one replaced, or what was said about it."""

    entered_at: datetime
    who: str
    narrative: str
    answers: tuple[AnswerCard, ...]
    decision: str
    reviewer: str
    comments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    head: CaseHead
    response_id: UUID
    who: str
    occurred_at: datetime
    entered_at: datetime
    narrative: str
    incomplete_reason: str
    imported: bool
    elements: tuple[ReviewedElement, ...]
    score: ScoreCard
    stands: bool
    decision: str
    mine: bool
    earlier: tuple[ReportVersion, ...]


def review_page(*, viewer: Viewer, now: datetime, response_id: UUID) -> ReviewPage:
    """A report as its sergeant reads it, with its earlier versions. Leaves an entry.

    Raises Hidden, NotPermitted.
    """
    report = Response.objects.filter(pk=response_id, kind=ResponseKind.INITIAL_REPORT).first()
    if report is None:
        raise access.Hidden
    case, can = access.open_case(viewer, report.case_id, now)
    access.demand(Permission.REVIEW_REPORT, can)
    record(
        Event.REPORT_VIEWED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        details={"response": str(response_id)},
    )
    versions = list(reports_of(case))
    shown = next(row for row in versions if row.pk == response_id)
    return _review_page(viewer, now, case, can, shown, versions)


def _review_page(
    viewer: Viewer,
    now: datetime,
    case: Case,
    can: frozenset[Permission],
    shown: Any,
    versions: list[Any],
) -> ReviewPage:
    rules = ReportRules(circumstances_of(case), current_policy())
    answers = {answer["element"]: answer for answer in shown.answer_rows}
    labels = {element.code: element.label for element in rules.policy.elements}
    older = versions[versions.index(shown) + 1 :]
    return ReviewPage(
        head=case_head(viewer, case, can, now),
        response_id=shown.pk,
        who=shown.officer.name if shown.officer else "",
        occurred_at=shown.occurred_at,
        entered_at=shown.entered_at,
        narrative=shown.narrative,
        incomplete_reason=shown.incomplete_reason,
        imported=not shown.has_answers,
        elements=tuple(_reviewed(element, answers) for element in required_elements(rules)),
        score=rules.score(answers, shown.narrative_length),
        stands=shown is versions[0],
        decision=shown.review_rows[0]["decision"] if shown.review_rows else "",
        mine=shown.officer_id is not None and shown.officer_id == viewer.officer_id,
        earlier=tuple(_version(row, labels) for row in older),
    )


def _reviewed(element: ElementCard, answers: Mapping[str, Mapping[str, Any]]) -> ReviewedElement:
    answer = answers.get(element.code)
    return ReviewedElement(
        element.code,
        element.label,
        element.why,
        element.critical,
        status_words(answer["status"]) if answer else "Missing",
        answer["text"] if answer else "",
    )


def status_words(status: str) -> str:
    """Empty for an answer, else why there is none."""
    if status == AnswerStatus.ANSWERED:
        return ""
    return "Not done" if status == AnswerStatus.NOT_DONE else "Not applicable"


def _version(row: Any, labels: Mapping[str, str]) -> ReportVersion:
    review = row.review_rows[0] if row.review_rows else None
    return ReportVersion(
        entered_at=row.entered_at,
        who=row.officer.name if row.officer else "",
        narrative=row.narrative,
        answers=tuple(_answers(row.answer_rows, labels)),
        decision=review["decision"] if review else "",
        reviewer=(review["who"] or "") if review else "",
        comments=tuple(_comments(review["comments"], labels)) if review else (),
    )


def _answers(rows: Iterable[Mapping[str, Any]], labels: Mapping[str, str]) -> Iterable[AnswerCard]:
    return (
        AnswerCard(
            labels.get(row["element"], row["element"]), status_words(row["status"]), row["text"]
        )
        for row in rows
    )


def _comments(comments: Mapping[str, str], labels: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((labels.get(code, "The report as a whole"), text) for code, text in comments.items())
