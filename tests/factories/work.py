"""What was done on a test's case? Responses with sealed narratives, answers, reviews, drafts."""

import uuid
from collections.abc import Mapping
from typing import Any

import factory
from factory.django import DjangoModelFactory

from cases.enums import AnswerStatus, ResponseKind, ReviewDecision, ReviewSubject
from cases.models import Draft, ElementAnswer, Response, Review
from cases.models.sealing import seal_identity_on, seal_text, sealing_key_of
from tests.factories.base import DAY, HOUR, NARRATIVE, NOW
from tests.factories.case import CaseFactory
from tests.factories.unit import AccountFactory, OfficerFactory


class ResponseFactory(DjangoModelFactory[Response]):
    """An entry written down an hour after it happened. `narrative` is sealed too, as it stands.

    `answers={"intake": "text", …}` adds answered elements.
    """

    class Meta:
        model = Response
        skip_postgeneration_save = True

    case: Any = factory.SubFactory(CaseFactory)
    kind: Any = ResponseKind.SUPPLEMENT
    occurred_at: Any = NOW - 2 * DAY
    entered_at: Any = factory.LazyAttribute(lambda response: response.occurred_at + HOUR)
    narrative: Any = NARRATIVE

    class Params:
        initial_report = factory.Trait(kind=ResponseKind.INITIAL_REPORT)
        thin = factory.Trait(narrative="Officer responded. Nothing further.")

    @classmethod
    def _create(cls, model_class: type[Response], *args: Any, **kwargs: Any) -> Response:
        response = model_class(**kwargs)
        response.narrative_length = kwargs.get("narrative_length", len(response.narrative))
        response.sealed_narrative = seal_text(
            sealing_key_of(response.case), response.pk, "response.narrative", response.narrative
        )
        response.save(force_insert=True)
        return response

    @factory.post_generation
    def answers(
        self: Response,
        create: bool,
        extracted: Mapping[str, str] | None,
        **kwargs: Any,
    ) -> None:
        for element, text in (extracted or {}).items():
            ElementAnswerFactory.create(response=self, element=element, text=text)
        if extracted:
            self.has_answers = True
            self.save(update_fields=["has_answers"])


class ElementAnswerFactory(DjangoModelFactory[ElementAnswer]):
    class Meta:
        model = ElementAnswer

    response: Any = factory.SubFactory(ResponseFactory, initial_report=True, has_answers=True)
    element: Any = "intake"
    status: Any = AnswerStatus.ANSWERED
    text: Any = "Stated in the report."


class DraftFactory(DjangoModelFactory[Draft]):
    """A draft whose sealed content is `payload`."""

    class Meta:
        model = Draft

    case: Any = factory.SubFactory(CaseFactory)
    account: Any = factory.SubFactory(AccountFactory)
    kind: Any = ResponseKind.SUPPLEMENT
    saved_at: Any = NOW - HOUR
    submission_key: Any = factory.LazyFunction(uuid.uuid4)
    payload: Any = factory.LazyFunction(lambda: {"narrative": "Not finished."})

    @classmethod
    def _create(cls, model_class: type[Draft], *args: Any, **kwargs: Any) -> Draft:
        payload = kwargs.pop("payload")
        draft = model_class(**kwargs)
        seal_identity_on(draft, payload)
        draft.save(force_insert=True)
        return draft


class ReviewFactory(DjangoModelFactory[Review]):
    """A sergeant's approval of a report.

    `returned` names what is missing; `closure` signs a case's end.
    """

    class Meta:
        model = Review

    subject: Any = ReviewSubject.REPORT
    response: Any = factory.SubFactory(ResponseFactory, initial_report=True)
    case: Any = factory.LazyAttribute(lambda review: review.response.case)
    decision: Any = ReviewDecision.APPROVED
    reviewer: Any = factory.SubFactory(OfficerFactory, sergeant=True)
    occurred_at: Any = NOW - DAY
    entered_at: Any = factory.SelfAttribute("occurred_at")

    class Params:
        returned = factory.Trait(
            decision=ReviewDecision.RETURNED, comments={"suspect": "Say who, or describe them."}
        )
        closure = factory.Trait(
            subject=ReviewSubject.CLOSURE, response=None, case=factory.SubFactory(CaseFactory)
        )
