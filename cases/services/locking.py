"""Who may write to a case at this moment? Whoever holds its row; everybody else waits.

Every write to a case's facts locks the case first, then writes, then refreshes. The sweep skips
cases that are locked, so neither waits for the other. Who needs more than a case takes cases, then
officers, then squads: in one order no two wait for each other.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from cases.models import Case, Officer, Squad

COPIES_LOCK = 7_302_615_004


def take_turn_comparing() -> None:
    """For whoever writes a text that is compared with texts of other cases: one at a time, until
    the transaction ends, and before any case is locked.

    Two that write copies of each other at once would each miss the other's, or wait for each
    other's case for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COPIES_LOCK])


def lock_cases(case_ids: Iterable[UUID]) -> None:
    """For whoever writes on many within one transaction; says nothing of which are there."""
    held = Case.objects.select_for_update(of=("self",)).filter(pk__in=set(case_ids))
    list(held.order_by("pk").values_list("pk"))


def lock_officers(officer_ids: Iterable[UUID | None]) -> None:
    """For whoever gives a case to somebody, after the case is locked and before it is judged.

    Whether they are still there, and in which squad, can't change then until the transaction ends.
    """
    chosen = Officer.objects.select_for_update(no_key=True, of=("self",))
    list(chosen.filter(pk__in={key for key in officer_ids if key}).order_by("pk").values_list("pk"))


def lock_everybody() -> None:
    """The same for whoever gives cases to many, whom they choose only then."""
    lock_officers(Officer.objects.values_list("pk", flat=True))


def led_squad(squad_id: UUID) -> Squad:
    """A squad with its sergeant, who stays it until the transaction ends: for whoever puts a case
    under them, after officers are locked.

    Locked first and read then: one statement could show the sergeant of before.
    """
    list(Squad.objects.select_for_update(no_key=True).filter(pk=squad_id).values_list("pk"))
    return Squad.objects.select_related("sergeant").get(pk=squad_id)


def lock_case(case_id: UUID) -> Case:
    """The case's row, fresh and held until the transaction ends. For after the access check."""
    return Case.objects.select_for_update(of=("self",)).get(pk=case_id)
