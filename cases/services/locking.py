"""Who may write to a case at this moment? Whoever holds its row; everybody else waits.

Every write to a case's facts locks the case first, then writes, then refreshes. The sweep skips
cases that are locked, so neither waits for the other.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from cases.models import Case, Officer

COPIES_LOCK = 7_302_615_004


def take_turn_comparing() -> None:
    """For whoever writes a text that is compared with texts of other cases: one at a time, until
    the transaction ends, and before any case is locked.

    Two that write copies of each other at once would each miss the other's, or wait for each
    other's case for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COPIES_LOCK])


def lock_officers(officer_ids: Iterable[UUID | None]) -> None:
    """For whoever gives a case to somebody, after the case is locked and before it is judged.

    Whether they are still there can't change then until the transaction ends.
    """
    chosen = Officer.objects.select_for_update(no_key=True, of=("self",))
    list(chosen.filter(pk__in={key for key in officer_ids if key}).order_by("pk").values_list("pk"))


def lock_case(case_id: UUID) -> Case:
    """The case's row, fresh and held until the transaction ends. For after the access check."""
    return Case.objects.select_for_update(of=("self",)).get(pk=case_id)
