"""What does the log ask of an entry on this case, and what does a report still leave out?"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.timezone import localdate

from audit.events import Event
from audit.recorder import record
from cases import access, seal
from cases.access import Viewer
from cases.enums import AnswerStatus, Permission, PersonRole, ResponseKind
from cases.models import Case, Draft, ElementAnswer, InvolvedPerson, Officer, Response, Review
from cases.models.sealing import key_of, place_of
from cases.rules.documentation import Completeness, completeness
from cases.rules.facts import AnswerFact
from cases.rules.policy import Circumstances, Policy
from cases.selectors.cards import circumstances_of, standing_flags
from cases.selectors.case_detail import CaseHead, case_head, head_of
from cases.selectors.policy import current_policy
from cases.selectors.timeline import AnswerCard

# Other fields of the form settle these.
OWN_FIELDS = frozenset({"narrative", "next_action"})

Choice = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ElementCard:
    """Something that a report on this case must say."""

    code: str
    label: str
    why: str
    critical: bool


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier version of the report, in its redacted words, for writing it again."""

    response_id: UUID
    narrative: str = field(repr=False)
    answers: Mapping[str, tuple[str, str]] = field(repr=False)
    returned: bool = False
    comments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MissingCard:
    label: str
    why: str
    critical: bool


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """How much of a report is settled, what is not and why it matters; never a bare number."""

    settled: int
    required: int
    missing: tuple[MissingCard, ...]
    narrative_length: int
    narrative_least: int

    @property
    def thin(self) -> bool:
        return self.narrative_length < self.narrative_least


@dataclass(frozen=True, slots=True)
class OpenedDraft:
    """What the viewer typed so far, and the version that is."""

    version: int
    saved_at: datetime
    submission_key: UUID
    payload: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReportRules:
    """What decides how complete a report on this case is."""

    circumstances: Circumstances
    policy: Policy

    def score(self, settled: Collection[str], narrative_length: int) -> ScoreCard:
        """What a report that settles these elements still leaves out."""
        facts = {code: AnswerFact(AnswerStatus.ANSWERED, has_content=True) for code in settled}
        case = self.circumstances
        result = completeness(
            case.channel,
            case.offense_class,
            case.serious_injury,
            case.child_witness,
            facts,
            self.policy,
        )
        return score_card(result, narrative_length, self.policy)


@dataclass(frozen=True, slots=True)
class ResponsePage:
    head: CaseHead
    elements: tuple[ElementCard, ...]
    suspects: tuple[Choice, ...]
    officers: tuple[Choice, ...]
    me: str
    latest: Version | None
    draft: OpenedDraft | None
    rules: ReportRules


def response_page(*, viewer: Viewer, now: datetime, case_id: UUID) -> ResponsePage:
    """What the log page asks, for this case and this viewer. Leaves an entry.

    Raises Hidden, NotPermitted.
    """
    case, can = access.open_case(viewer, case_id, now)
    access.demand(Permission.LOG_RESPONSE, can)
    record(Event.RESPONSE_STARTED, at=now, subject_type="case", subject_id=case.pk)
    parts = _parts(case)
    rules = ReportRules(circumstances_of(case), current_policy())
    return ResponsePage(
        head=head_of(case, parts, can, now),
        elements=required_elements(rules),
        suspects=tuple((row["id"], _suspect_words(row)) for row in parts.suspect_rows),
        officers=officers_near(case, viewer, now),
        me=str(viewer.officer_id or ""),
        latest=_latest_version(case),
        draft=_own_draft(viewer, case),
        rules=rules,
    )


def _parts(case: Case) -> Any:
    suspects: QuerySet[Any] = InvolvedPerson.objects.filter(
        case=OuterRef("pk"), role=PersonRole.SUSPECT
    )
    row = JSONObject(id="id", pseudonym="pseudonym", named="named", relation="relation")
    return Case.objects.annotate(
        flag_rows=standing_flags(), suspect_rows=ArraySubquery(suspects.values(json=row))
    ).get(pk=case.pk)


def _own_draft(viewer: Viewer, case: Case) -> OpenedDraft | None:
    """Nobody else's opens."""
    draft = Draft.objects.filter(case=case, account=viewer.account_id).first()
    if draft is None:
        return None
    plain = seal.decrypt(key_of(draft), bytes(draft.sealed or b""), place_of(draft))
    return OpenedDraft(draft.version, draft.saved_at, draft.submission_key, json.loads(plain))


def report_score(
    *,
    viewer: Viewer,
    now: datetime,
    case_id: UUID,
    settled: Collection[str],
    narrative_length: int,
) -> ScoreCard:
    """What a report that settles these elements still leaves out. Raises Hidden."""
    case = access.find_case(viewer, case_id, now)
    rules = ReportRules(circumstances_of(case), current_policy())
    return rules.score(settled, narrative_length)


def required_elements(rules: ReportRules) -> tuple[ElementCard, ...]:
    """The elements in the order they are asked."""
    case = rules.circumstances
    return tuple(
        ElementCard(element.code, element.label, element.why, element.is_critical(case))
        for element in rules.policy.elements_for(case)
    )


def score_card(result: Completeness, narrative_length: int, policy: Policy) -> ScoreCard:
    """Critical elements first."""
    missing = sorted(result.missing, key=lambda item: not item.critical)
    return ScoreCard(
        settled=result.settled,
        required=result.required,
        missing=tuple(MissingCard(item.label, item.why, item.critical) for item in missing),
        narrative_length=narrative_length,
        narrative_least=policy.under_documented.narrative_characters,
    )


def officers_near(case: Case, viewer: Viewer, now: datetime) -> tuple[Choice, ...]:
    """Who could do something on this case: its squad's active officers, and the viewer."""
    today = localdate(now)
    near = Officer.objects.filter(
        Q(squad=case.squad_id, squad__isnull=False)
        | Q(pk=viewer.officer_id)
        | Q(pk=case.detective_id),
        Q(active_to__isnull=True) | Q(active_to__gt=today),
        active_from__lte=today,
    )
    return tuple((str(officer.pk), f"{officer.name} ({officer.badge})") for officer in near)


def _suspect_words(row: Mapping[str, Any]) -> str:
    named = "named" if row["named"] else "unidentified"
    return ", ".join(part for part in (row["pseudonym"], named, row["relation"]) if part)


def _latest_version(case: Case) -> Version | None:
    row = _reports(case).first()
    if row is None:
        return None
    review = row.review_rows[0] if row.review_rows else None
    return Version(
        response_id=row.pk,
        narrative=row.narrative,
        answers={
            answer["element"]: (answer["status"], answer["text"]) for answer in row.answer_rows
        },
        returned=review is not None and review["decision"] == "returned",
        comments=review["comments"] if review else {},
    )


def _reports(case: Case) -> QuerySet[Any]:
    """The versions of the report with answers and reviews, the one that stands first."""
    answers: QuerySet[Any] = ElementAnswer.objects.filter(response=OuterRef("pk"))
    reviews: QuerySet[Any] = Review.objects.filter(response=OuterRef("pk"))
    return (
        Response.objects.filter(case=case, kind=ResponseKind.INITIAL_REPORT)
        .annotate(
            answer_rows=ArraySubquery(
                answers.values(json=JSONObject(element="element", status="status", text="text"))
            ),
            review_rows=ArraySubquery(
                reviews.order_by("-entered_at").values(
                    json=JSONObject(
                        decision="decision",
                        comments="comments",
                        entered_at="entered_at",
                        who="reviewer__name",
                    )
                )
            ),
        )
        .select_related("officer")
        .defer("bands", "sealed_narrative")
        .order_by("-entered_at", "-occurred_at")
    )


# -- review -------------------------------------------------------------------------------------


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
    versions = list(_reports(case))
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
        head=case_head(case, can, now),
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
