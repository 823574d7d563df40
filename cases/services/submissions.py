"""Was this form sent before? Each shows a key of its own, and a key serves once.

The key is taken in the transaction of what the form does: if that is rolled back, so is the key,
and two that arrive at once wait for each other at the table's primary key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from audit.events import Event, Outcome
from audit.recorder import record
from cases.access import Viewer
from cases.models import SubmittedForm

FIELD = "submission_key"
Answer = TypeVar("Answer")


class Unserved(StrEnum):
    """Why a form does not serve."""

    MISSING = "missing"
    GARBLED = "garbled"
    REPLAYED = "replayed"


SENTENCES = {
    Unserved.MISSING: "This form came incomplete, and nothing was done. Open its page again.",
    Unserved.GARBLED: "This form came damaged, and nothing was done. Open its page again.",
    Unserved.REPLAYED: "This form was sent already. It counted once; look at what came of it.",
}


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form as it arrived: the key it carries, and which act it asks for on what."""

    given: str
    event: Event
    subject_type: str
    subject_id: object


@transaction.atomic
def serve_once(
    *,
    viewer: Viewer,
    now: datetime,
    form: SentForm,
    act: Callable[[], Answer],
    done: Callable[[Answer], bool],
) -> Answer | Unserved:
    """What `act` answers, the first time that a form's key arrives; else why it was not called.

    `done` says whether the answer means that it was done; a form whose act was not may be mended
    and sent again. A form that does not serve leaves a refused attempt.
    """
    key = _key(form.given)
    if isinstance(key, UUID):
        row, is_fresh = SubmittedForm.objects.get_or_create(
            key=key, defaults={"account_id": viewer.account_key, "submitted_at": now}
        )
        if is_fresh:
            answer = act()
            if not done(answer):
                row.delete()
            return answer
        key = Unserved.REPLAYED
    record(
        form.event,
        at=now,
        subject_type=form.subject_type,
        subject_id=form.subject_id,
        outcome=Outcome.DENIED,
        reason=SENTENCES[key],
        details={"refused": key.value},
    )
    return key


def _key(given: str) -> UUID | Unserved:
    if not given:
        return Unserved.MISSING
    try:
        return UUID(given)
    except ValueError:
        return Unserved.GARBLED
