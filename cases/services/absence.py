"""What becomes of an officer's cases when nobody can sign in as them any more? They are orphaned.

At once, on a desk that can open them, until they are handed over or the account opens again: a case
of somebody who can't come to it is nobody's. The flags on their own desk go to others.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cases.models import Account, Case
from cases.models.case import OPEN
from cases.row_security import Span, reading_as
from cases.rules.holding import JUST_BEFORE
from cases.services.clocks import refresh_cases
from cases.services.flagging import clear_desk


@reading_as(Span.HANDING_ON)
def lock_held_by(officer_ids: Iterable[UUID | None]) -> None:
    """A step: cases before officers and accounts, as everybody locks."""
    held = Case.objects.select_for_update(no_key=True, of=("self",))
    known = [key for key in officer_ids if key]
    list(held.filter(OPEN, detective__in=known).order_by("pk").values_list("pk"))


def close(account: Account, now: datetime) -> int:
    """A step: nobody signs in any more. How many open cases have nobody by it.

    The caller holds what `lock_held_by` locks, then the account; its sessions end at the next
    request.
    """
    account.is_active, account.closed_at = False, now - JUST_BEFORE
    account.save(update_fields=["is_active", "closed_at"])
    if account.officer_id is None:
        return 0
    return _left_to_others(account.officer_id, now)


def reopen(account: Account, now: datetime) -> None:
    """A step: they have again what is still theirs."""
    account.is_active, account.closed_at = True, None
    account.save(update_fields=["is_active", "closed_at"])
    if account.officer_id is not None:
        _judged_anew(account.officer_id, now)


@reading_as(Span.HANDING_ON)
def _left_to_others(officer_id: UUID, now: datetime) -> int:
    alone = _judged_anew(officer_id, now)
    clear_desk(officer_id, now)
    return alone


@reading_as(Span.HANDING_ON)
def _judged_anew(officer_id: UUID, now: datetime) -> int:
    """Every open case of theirs, and how many those are."""
    cases = list(Case.objects.filter(OPEN, detective=officer_id).values_list("pk", flat=True))
    refresh_cases(case_ids=cases, now=now)
    return len(cases)
