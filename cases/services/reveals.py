"""What does it take to be shown who somebody is, or what an entry said in its own words?

A right to it, a reason that says something, a form that serves once, and room under the limits. The
audit entry is written first; the window that stands beside it is all that a later request goes by,
so nothing is shown before the entry is committed (decision 10). Refusals are on record too.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NoReturn
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from audit.events import Event
from audit.models import Entry
from audit.recorder import record, record_denied, record_key_use
from cases import access, seal
from cases.access import Hidden, NotPermitted, Viewer
from cases.enums import Permission, RevealReason
from cases.models import Account, Case, Reveal
from cases.rules.policy import Policy
from cases.rules.reasons import says_enough, visible
from cases.rules.reveals import DAY, RevealFact, excesses, is_too_many
from cases.selectors.policy import current_policy
from cases.selectors.sealed_things import (
    Thing,
    may_know_of,
    note_unreadable,
    opened,
    person_thing,
    reveal_decision,
    text_thing,
    unreadable_words,
)
from cases.services.clocks import refresh_officers
from cases.services.narratives import redactor

WITHHELD = "(Withheld: it could not be cleared of names.)"
NOT_PERMITTED = "Your role does not allow you to reveal this on this case."
NOT_YOURS = "What tells who reported is shown only to those whose own case it is."
CHOOSE = "What for: choose one from the list."
SAY_MORE = "Why: at least {least} letters or digits that somebody else can read, in a sentence."
USED = "This form served already. Nothing was shown this time; give your reason again."
NOTHING = "Nobody is named here: there is nothing to reveal."
ENOUGH = "You have revealed as many as the unit allows for now. Ask your supervisor."


class TokenFault(StrEnum):
    """Why a form carries no token that could serve."""

    MISSING = "missing"
    GARBLED = "garbled"
    TOO_OLD = "too_old"


FAULTS = {
    TokenFault.MISSING: "This form came incomplete. Nothing was shown; give your reason again.",
    TokenFault.GARBLED: "This form was not made for you and this. Nothing was shown; ask again.",
    TokenFault.TOO_OLD: "This form is over an hour old. Nothing was shown; give your reason again.",
}


class RevealRefused(ValueError):
    """Not shown, and why in words for the one who asked. `field`: which of the form's is wrong."""

    field = ""


class WrongReason(RevealRefused):
    """The code is not on the list for this person."""

    field = "reason_code"


class ReasonSaysNothing(RevealRefused):
    """The sentence is missing, or too short to a reader's eye."""

    field = "reason"


class FormUsed(RevealRefused):
    """The form served already; each shows once."""


class FormUnusable(RevealRefused):
    """The form came without its token, with one that is not its own, or too late."""


class TooMany(RevealRefused):
    """The account has revealed as many as the unit allows for now."""


class NothingSealed(RevealRefused):
    """There is nothing behind this pseudonym."""


class Unreadable(RevealRefused):
    """What is sealed does not open: destroyed, changed, or under a key that is not here."""


@dataclass(frozen=True, slots=True)
class RevealAsk:
    """Why, in which session (its digest), and from which form, or why from none."""

    reason_code: str
    reason: str
    session: str
    form_token: UUID | TokenFault


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks for what, when, and by which rules."""

    viewer: Viewer
    now: datetime
    thing: Thing
    ask: RevealAsk
    policy: Policy

    def refuse(self, why: str, error: RevealRefused) -> NoReturn:
        refuse_reveal(viewer=self.viewer, now=self.now, thing=self.thing, why=why)
        raise error


def reveal_identity(*, viewer: Viewer, now: datetime, person_id: UUID, ask: RevealAsk) -> Reveal:
    """Open a window on who a victim or an involved person is, and close any other of the account's.

    Raises Hidden, NotPermitted, RevealRefused.
    """
    return _reveal(_Asking(viewer, now, person_thing(person_id), ask, current_policy()))


def reveal_original(*, viewer: Viewer, now: datetime, response_id: UUID, ask: RevealAsk) -> Reveal:
    """Open a window on the original text of an entry. Errors as for `reveal_identity`."""
    return _reveal(_Asking(viewer, now, text_thing(response_id), ask, current_policy()))


@transaction.atomic
def end_reveal(*, viewer: Viewer, now: datetime, thing: Thing) -> int:
    """Mask at once what the account has open, this and any other; how many windows that were.

    Raises Hidden.
    """
    access.find_case(viewer, thing.case.pk, now)
    for reveal in _standing(viewer, now):
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


def _reveal(asking: _Asking) -> Reveal:
    """What does not open leaves an entry of its own in place of the window's."""
    try:
        with transaction.atomic():
            return _open(asking)
    except seal.SealError as error:
        with transaction.atomic():
            note_unreadable(asking.thing, error, asking.now)
        raise Unreadable(unreadable_words(error)) from None


def _open(asking: _Asking) -> Reveal:
    """The entry first, then the window, then the proof that there is something to show."""
    elsewhere = not _authorize(asking)
    _require_reason(asking)
    _require_fresh_form(asking)
    _require_room(asking, elsewhere=elsewhere)
    _mask(asking.viewer, asking.now)
    words = _cleared(asking.thing.case, asking.ask.reason)
    entry = _told(asking, words, elsewhere=elsewhere)
    reveal = _window(asking, entry, words, elsewhere=elsewhere)
    opened(asking.viewer, asking.thing)
    record_key_use(at=asking.now, act=entry)
    if asking.viewer.officer_id:
        refresh_officers(officer_ids=[asking.viewer.officer_id], now=asking.now)
    return reveal


def _told(asking: _Asking, words: str, *, elsewhere: bool) -> Entry:
    thing, ask = asking.thing, asking.ask
    return record(
        thing.event,
        at=asking.now,
        subject_type=thing.column,
        subject_id=thing.record.pk,
        reason=f"{RevealReason(ask.reason_code).label}. {words}",
        details={"case": str(thing.case.pk), "reason": ask.reason_code, "elsewhere": elsewhere},
    )


def _window(asking: _Asking, entry: Entry, words: str, *, elsewhere: bool) -> Reveal:
    thing, ask = asking.thing, asking.ask
    return Reveal.objects.create(
        account_id=asking.viewer.account_key,
        case=thing.case,
        reason_code=ask.reason_code,
        reason=words,
        session=ask.session,
        form_token=ask.form_token,
        entry_id=entry.pk,
        elsewhere=elsewhere,
        revealed_at=asking.now,
        masked_at=asking.now + asking.policy.reveals.shown,
        **{f"{thing.column}_id": thing.record.pk},
    )


def _authorize(asking: _Asking) -> bool:
    """Whether the case is the viewer's own business. Raises Hidden, NotPermitted."""
    viewer, thing, now = asking.viewer, asking.thing, asking.now
    decision = reveal_decision(viewer, thing, now)
    if decision.allowed:
        return access.is_own_case(decision)
    refuse_reveal(viewer=viewer, now=now, thing=thing, why="not_permitted")
    sees = access.decide(viewer, thing.case, Permission.VIEW_CASES, now).allowed
    if not (sees and may_know_of(viewer, thing)):
        raise Hidden
    raise NotPermitted(NOT_YOURS if thing.tells_who_reported else NOT_PERMITTED)


def _require_reason(asking: _Asking) -> None:
    if asking.ask.reason_code not in asking.thing.reasons:
        asking.refuse("reason_code", WrongReason(CHOOSE))
    least = asking.policy.reveals.reason_characters
    if not says_enough(asking.ask.reason, least):
        asking.refuse("reason", ReasonSaysNothing(SAY_MORE.format(least=least)))


def _require_fresh_form(asking: _Asking) -> None:
    """The account's row is held from here on: one reveal of an account after the other."""
    Account.objects.select_for_update(no_key=True, of=("self",)).get(pk=asking.viewer.account_key)
    token = asking.ask.form_token
    if isinstance(token, TokenFault):
        asking.refuse(token.value, FormUnusable(FAULTS[token]))
    if not asking.ask.session:
        asking.refuse("no_session", FormUnusable(FAULTS[TokenFault.GARBLED]))
    if Reveal.objects.filter(form_token=token).exists():
        asking.refuse("replayed", FormUsed(USED))


def _require_room(asking: _Asking, *, elsewhere: bool) -> None:
    """Beyond the limit nothing is shown; nor what is unusual, to an account with no supervisor."""
    if not asking.thing.is_sealed:
        asking.refuse("nothing_sealed", NothingSealed(NOTHING))
    now, policy = asking.now, asking.policy
    past = Reveal.objects.filter(
        account_id=asking.viewer.account_key, revealed_at__gt=now - DAY, revealed_at__lte=now
    )
    known = [RevealFact(at, far) for at, far in past.values_list("revealed_at", "elsewhere")]
    with_this = [*known, RevealFact(now, elsewhere)]
    unheard = asking.viewer.officer_id is None
    if is_too_many((one.at for one in known), policy.reveals, now) or (
        unheard and excesses(with_this, policy.unusual_reveals, now)
    ):
        asking.refuse("too_many", TooMany(ENOUGH))


def _cleared(case: Case, reason: str) -> str:
    """The reason as it is read, without the names of the case's people."""
    try:
        return redactor(case)(visible(reason))
    except seal.SealError:
        return WITHHELD


def _standing(viewer: Viewer, now: datetime) -> QuerySet[Reveal]:
    return Reveal.objects.filter(account_id=viewer.account_key, masked_at__gt=now)


def _mask(viewer: Viewer, now: datetime) -> int:
    return _standing(viewer, now).update(masked_at=now)
