"""Who may write to a case at this moment? Whoever holds its row; everybody else waits.

Every write to a case's facts locks the case first, then writes, then refreshes. The sweep skips
cases that are locked, so neither waits for the other.
"""

from uuid import UUID

from cases.models import Case


def lock_case(case_id: UUID) -> Case:
    """The case's row, fresh and held until the transaction ends. For after the access check."""
    return Case.objects.select_for_update(of=("self",)).get(pk=case_id)
