"""Whom is a correction about, without saying who they are?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.enums import Permission, PersonRole
from cases.models import Case, InvolvedPerson, Victim
from cases.selectors.case_detail import CaseHead, case_head


@dataclass(frozen=True, slots=True)
class PersonStep:
    """`pseudonym` and `role` are empty on the page that adds somebody."""

    head: CaseHead
    pseudonym: str = ""
    role: str = ""
    is_child: bool = False


def adding_page(*, viewer: Viewer, now: datetime, case_id: UUID) -> PersonStep:
    """The case that somebody is added to. Leaves an entry. Raises Hidden, NotPermitted."""
    return PersonStep(_head(viewer, case_id, now)[1])


def correcting_page(*, viewer: Viewer, now: datetime, case_id: UUID, person_id: UUID) -> PersonStep:
    """Somebody of the case by pseudonym. Leaves an entry. Raises Hidden, NotPermitted."""
    case, head = _head(viewer, case_id, now)
    victim = Victim.objects.filter(case=case, pk=person_id).first()
    if victim is not None:
        return PersonStep(head, victim.pseudonym, "alleged victim", is_child=True)
    person = InvolvedPerson.objects.filter(case=case, pk=person_id).first()
    if person is None:
        raise access.Hidden
    return PersonStep(head, person.pseudonym, str(PersonRole(person.role).label).lower())


def _head(viewer: Viewer, case_id: UUID, now: datetime) -> tuple[Case, CaseHead]:
    case, can = access.open_case(viewer, case_id, now)
    access.demand(Permission.LOG_RESPONSE, can)
    record(Event.CASE_VIEWED, at=now, subject_type="case", subject_id=case.pk)
    return case, case_head(viewer, case, can, now)
