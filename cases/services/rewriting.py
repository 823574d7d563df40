"""Who is named in what was written before they were known? A case's texts are redacted again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Model, Q, QuerySet

from audit.events import Event
from audit.recorder import record, record_key_use
from cases.access import NotPermitted, Viewer
from cases.models import (
    AccessRequest,
    BrokenGlass,
    Case,
    CaseLink,
    CaseStateChange,
    ClockHold,
    ElementAnswer,
    Evidence,
    Expunge,
    Flag,
    InvolvedPerson,
    Referral,
    Release,
    ReleaseMark,
    Response,
    Reveal,
    Review,
    SquadGrant,
    Wall,
)
from cases.models.response import ANSWER_FIELD, NARRATIVE_FIELD
from cases.models.sealing import Expunged, case_key, open_text
from cases.rules.redaction import Redactor
from cases.seal import SealError
from cases.services.clocks import detect_copies, refresh_cases
from cases.services.grants import redact_grants_again
from cases.services.locking import lock_case, take_turn_comparing
from cases.services.narratives import redactor

BATCH = 500


@dataclass(frozen=True, slots=True)
class Written:
    """A table about a case, its columns that hold what somebody wrote, and the way to the case."""

    model: type[Model]
    columns: tuple[str, ...]
    about: str = "case"

    def rows(self, case: Case) -> "QuerySet[Any]":
        """The rows about this case in which something is written."""
        something = reduce(or_, (~Q(**{column: ""}) for column in self.columns))
        return self.model._default_manager.filter(something, **{self.about: case})


# Kept only as they were redacted; the originals of the narrative and the answers are sealed.
WRITTEN = (
    Written(Response, ("incomplete_reason", "contacted", "next_action")),
    Written(CaseStateChange, ("reason",)),
    Written(InvolvedPerson, ("relation", "description", "not_interviewed_reason")),
    Written(Evidence, ("description", "disposition")),
    Written(Referral, ("acknowledged_how",)),
    Written(Flag, ("comment",)),
    Written(ClockHold, ("reason",)),
    Written(Wall, ("reason",)),
    Written(SquadGrant, ("reason",)),
    Written(AccessRequest, ("reason", "answer")),
    Written(BrokenGlass, ("reason",)),
    Written(Reveal, ("reason",)),
    Written(CaseLink, ("reason",), "first"),
    Written(CaseLink, ("reason",), "second"),
    Written(Expunge, ("court_order", "reason", "decision_reason")),
    Written(Release, ("reason", "comment")),
    Written(ReleaseMark, ("reason",), "item__release__case"),
)


def redact_case_again(*, viewer: Viewer, now: datetime, case_id: UUID) -> int:
    """Bring one case's texts up to today's rule; how many changed. For the command line alone.

    Raises NotPermitted, and a SealError when somebody's identity does not open.
    """
    if viewer.account_id is not None:
        raise NotPermitted("Texts are redacted by a new rule from the command line.")
    try:
        return _redact_case_again(case_id, now)
    except SealError:
        with transaction.atomic():
            record_key_use(at=now)
        raise


@transaction.atomic
def _redact_case_again(case_id: UUID, now: datetime) -> int:
    take_turn_comparing()
    case = lock_case(case_id)
    changed = redact_again(case, now)
    if changed:
        refresh_cases(case_ids=[case.pk], now=now)
        record(
            Event.TEXTS_REDACTED,
            at=now,
            subject_type="case",
            subject_id=case.pk,
            details={"changed": changed},
        )
    record_key_use(at=now)
    return changed


def redact_again(case: Case, now: datetime) -> int:
    """Bring every text of a locked case up to who is known now; how many changed.

    From the sealed original where there is one, else from what stands there. Narratives that
    changed are compared for copies anew. Inside the caller's transaction, so that no page ever
    shows the old text once the person is on record.
    """
    redacted = redactor(case)
    changed = sum(_rewritten(written, case, redacted) for written in WRITTEN)
    changed += _comments(case, redacted) + redact_grants_again(case, redacted)
    changed += _item_numbers(case, redacted)
    opened = _Originals(case)
    narratives = _narratives(case, redacted, opened)
    changed += len(narratives) + _answers(case, redacted, opened)
    if narratives:
        detect_copies(response_ids=[response.pk for response in narratives], now=now)
    return changed


class _Originals:
    """The sealed texts of a case. Once its key is destroyed, what stands there is all there is."""

    def __init__(self, case: Case) -> None:
        try:
            self._key = case_key(case)
        except Expunged:
            self._key = b""

    def of(
        self, response: object, field: str, sealed: bytes | memoryview | None, shown: str
    ) -> str:
        if not self._key or not sealed:
            return shown
        return open_text(self._key, str(response), field, bytes(sealed))


def _narratives(case: Case, redacted: Redactor, opened: _Originals) -> list[Response]:
    changed = []
    rows = Response.objects.filter(case=case).only("pk", "narrative", "sealed_narrative")
    for response in rows.iterator(chunk_size=BATCH):
        sealed, shown = response.sealed_narrative, response.narrative
        text = redacted(opened.of(response.pk, NARRATIVE_FIELD, sealed, shown))
        if text != shown:
            response.narrative = text
            changed.append(response)
    Response.objects.bulk_update(changed, ["narrative"], batch_size=BATCH)
    return changed


def _answers(case: Case, redacted: Redactor, opened: _Originals) -> int:
    changed = []
    for answer in ElementAnswer.objects.filter(response__case=case).iterator(chunk_size=BATCH):
        field = f"{ANSWER_FIELD}.{answer.element}"
        original = opened.of(answer.response_id, field, answer.sealed_text, answer.text)
        text = redacted(original.strip())
        if text != answer.text:
            answer.text = text
            changed.append(answer)
    ElementAnswer.objects.bulk_update(changed, ["text"], batch_size=BATCH)
    return len(changed)


def _rewritten(written: Written, case: Case, redacted: Redactor) -> int:
    fits = {column: _fitting(written.model, column, redacted) for column in written.columns}
    changed = [row for row in written.rows(case) if _moved(row, fits)]
    if changed:
        table: Any = written.model._default_manager
        table.bulk_update(changed, list(written.columns), batch_size=BATCH)
    return len(changed)


def _moved(row: Model, fits: Mapping[str, Callable[[str], str]]) -> bool:
    """Set each column anew; whether any is another than before."""
    before = [getattr(row, column) for column in fits]
    for column, fitting in fits.items():
        setattr(row, column, fitting(getattr(row, column)))
    return before != [getattr(row, column) for column in fits]


def _fitting(model: type[Model], column: str, redacted: Redactor) -> Callable[[str], str]:
    """Redacted, and as long as the column takes."""
    field = model._meta.get_field(column)
    limit = field.max_length if isinstance(field, CharField) else None
    return partial(_cut, redacted=redacted, limit=limit)


def _cut(text: str, redacted: Redactor, limit: int | None) -> str:
    return redacted(text)[:limit]


def _item_numbers(case: Case, redacted: Redactor) -> int:
    """Numbers of things, some of which are words. One by one: each stands once on a case."""
    changed = 0
    for item in Evidence.objects.filter(case=case).only("pk", "item"):
        number = redacted.without_them(item.item)
        if number != item.item:
            taken = Evidence.objects.filter(case=case, item=number).exists()
            item.item = f"{number} {item.pk.hex[:4]}" if taken else number
            item.save(update_fields=["item"])
            changed += 1
    return changed


def _comments(case: Case, redacted: Redactor) -> int:
    changed = list(_commented_anew(case, redacted))
    Review.objects.bulk_update(changed, ["comments"], batch_size=BATCH)
    return len(changed)


def _commented_anew(case: Case, redacted: Redactor) -> Iterator[Review]:
    for review in Review.objects.filter(case=case).exclude(comments={}):
        comments = {code: redacted(text) for code, text in review.comments.items()}
        if comments != review.comments:
            review.comments = comments
            yield review
