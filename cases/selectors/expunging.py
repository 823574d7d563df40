"""Which expunges are asked for on a case, and of whom could one be asked?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.enums import ExpungeState, Permission
from cases.models import Case, Expunge, InvolvedPerson, Victim
from cases.selectors.policy import current_policy


@dataclass(frozen=True, slots=True)
class ExpungeCard:
    """One request or expunge. `may_confirm`: the viewer is a second person, and it still waits."""

    expunge_id: UUID
    pseudonym: str
    court_order: str
    reason: str
    state: str
    waits: bool
    may_confirm: bool
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    shredded_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExpungePage:
    case_id: UUID
    number: str
    waits_for: str
    choices: tuple[tuple[str, str], ...]
    cards: tuple[ExpungeCard, ...]


def expunge_page(*, viewer: Viewer, now: datetime, case_id: UUID) -> ExpungePage:
    """For whoever may expunge. Raises Hidden, NotPermitted."""
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.EXPUNGE_IDENTITY, now)
    rows = case.expunges.select_related("victim", "person", "requested_by", "decided_by")
    page = ExpungePage(
        case_id=case.pk,
        number=case.number,
        waits_for=str(current_policy().expunging.request_stands),
        choices=_choices(case),
        cards=tuple(_card(row, viewer) for row in rows),
    )
    record(Event.EXPUNGE_VIEWED, at=now, subject_type="case", subject_id=case.pk)
    return page


def expunge_card(
    *, viewer: Viewer, now: datetime, case_id: UUID, expunge_id: UUID
) -> tuple[ExpungePage, ExpungeCard]:
    """One of them with its case. Raises Hidden, NotPermitted."""
    page = expunge_page(viewer=viewer, now=now, case_id=case_id)
    for card in page.cards:
        if card.expunge_id == expunge_id:
            return page, card
    raise access.Hidden


def _choices(case: Case) -> tuple[tuple[str, str], ...]:
    """Everybody on the case who still has a sealed identity, and no expunge under way."""
    asked = case.expunges.exclude(state=ExpungeState.WITHDRAWN)
    people: list[Victim | InvolvedPerson] = [*case.victims.all(), *case.people.all()]
    taken = set(asked.values_list("victim_id", flat=True)) | set(
        asked.values_list("person_id", flat=True)
    )
    return tuple(
        (one.pseudonym, f"{one.pseudonym}, {_part(one)}")
        for one in people
        if one.wrapped_key and one.pk not in taken
    )


def _part(one: Victim | InvolvedPerson) -> str:
    return "alleged victim" if isinstance(one, Victim) else one.get_role_display().lower()


def _card(row: Expunge, viewer: Viewer) -> ExpungeCard:
    waits = row.state == ExpungeState.REQUESTED
    person = row.victim or row.person
    return ExpungeCard(
        expunge_id=row.pk,
        pseudonym=person.pseudonym if person else "",
        court_order=row.court_order,
        reason=row.reason,
        state=row.get_state_display(),
        waits=waits,
        may_confirm=waits and row.requested_by_id != viewer.account_id,
        asked_by=row.requested_by.display_name,
        asked_at=row.requested_at,
        decided_by=row.decided_by.display_name if row.decided_by else "",
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        shredded_at=row.shredded_at,
    )
