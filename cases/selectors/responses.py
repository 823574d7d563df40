"""What does the log ask of an entry on this case, and what does a report still leave out?"""

import json
from collections.abc import Collection, Mapping
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
from cases.selectors.cards import STANDS_FIRST, circumstances_of, standing_flags
from cases.selectors.case_detail import CaseHead, head_of
from cases.selectors.hand_overs import walls_of_officers
from cases.selectors.policy import current_policy
from cases.selectors.staff import takes_nothing

# Other fields of the form settle these.
OWN_FIELDS = frozenset({"narrative", "next_action"})
SHUT_OUT = ", shut out by a wall"

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
    draft = _own_draft(viewer, case)
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
        draft=draft,
        rules=rules,
    )


def _parts(case: Case) -> Any:
    suspects: QuerySet[Any] = InvolvedPerson.objects.filter(
        case=OuterRef("pk"), role=PersonRole.SUSPECT
    )
    row = JSONObject(id="id", pseudonym="pseudonym", named="named", relation="relation")
    return Case.objects.annotate(
        flag_rows=standing_flags(access.WHOLE),
        suspect_rows=ArraySubquery(suspects.values(json=row)),
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


def officers_near(
    case: Case, viewer: Viewer, now: datetime, *, leaving: bool = True
) -> tuple[Choice, ...]:
    """Who could do something on this case: its squad's active officers, and the viewer.

    Without `leaving`, whom it can be given to: not who has handed all over before their last day
    or can't sign in, and it says beside whom a wall shuts out.
    """
    today = localdate(now)
    near = Officer.objects.filter(
        Q(squad=case.squad_id, squad__isnull=False)
        | Q(pk=viewer.officer_id)
        | Q(pk=case.detective_id),
        Q(active_to__isnull=True) | Q(active_to__gt=today),
        active_from__lte=today,
    )
    if leaving:
        return tuple((str(one.pk), f"{one.name} ({one.badge})") for one in near)
    walled = walls_of_officers([case.pk]).get(case.pk, frozenset())
    return tuple(
        (str(one.pk), f"{one.name} ({one.badge}){SHUT_OUT if one.pk in walled else ''}")
        for one in near.exclude(pk__in=takes_nothing())
    )


def _suspect_words(row: Mapping[str, Any]) -> str:
    named = "named" if row["named"] else "unidentified"
    return ", ".join(part for part in (row["pseudonym"], named, row["relation"]) if part)


def _latest_version(case: Case) -> Version | None:
    row = reports_of(case).first()
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


def reports_of(case: Case) -> QuerySet[Any]:
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
                reviews.order_by("-entered_at", "-pk").values(
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
        .order_by(*STANDS_FIRST)
    )
