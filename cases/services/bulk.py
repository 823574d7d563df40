"""What can be done with many cases at once? Each on its own terms; a refused one stops none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.access import Hidden, NotPermitted, Viewer
from cases.services.assignments import AlreadyTheirs, OfficerWalled, assign_case
from cases.services.locking import lock_cases


@dataclass(frozen=True, slots=True)
class Done:
    """How many of the chosen cases it was done for; `words` says so to whoever asked."""

    chosen: int
    refused: int = 0
    unchanged: int = 0
    walled: int = 0

    @property
    def words(self) -> str:
        """As in "12 of 13 done; 1 not permitted."."""
        done = self.chosen - self.refused - self.unchanged - self.walled
        parts = [f"{done} of {self.chosen} done"]
        if self.refused:
            parts.append(f"{self.refused} not permitted")
        if self.walled:
            parts.append(f"{self.walled} not given: a wall stands between them and the case")
        if self.unchanged:
            parts.append(f"{self.unchanged} were so already")
        return "; ".join(parts) + "."


@transaction.atomic
def assign_cases(
    *, viewer: Viewer, now: datetime, case_ids: Iterable[UUID], officer_id: UUID, reason: str
) -> Done:
    """Give several cases to one detective. Raises OfficerGone; nothing is assigned then.

    All are locked first: who took them one by one could wait for somebody who waits for them.
    """
    lock_cases(case_ids := tuple(case_ids))

    def assign(case_id: UUID) -> None:
        assign_case(viewer=viewer, now=now, case_id=case_id, officer_id=officer_id, reason=reason)

    return _each(case_ids, assign)


def _each(case_ids: tuple[UUID, ...], act: Callable[[UUID], None]) -> Done:
    refused = unchanged = walled = 0
    for case_id in case_ids:
        try:
            with transaction.atomic():
                act(case_id)
        except (Hidden, NotPermitted):
            refused += 1
        except OfficerWalled:
            walled += 1
        except AlreadyTheirs:
            unchanged += 1
    return Done(len(case_ids), refused, unchanged, walled)
