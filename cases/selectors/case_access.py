"""Who can see this case, and by which rule?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import AccessStep, CanSee, Viewer
from cases.selectors.case_detail import CaseHead, case_head


@dataclass(frozen=True, slots=True)
class Path:
    """One rule that lets somebody in, and where it comes from."""

    rule: str
    source: str


@dataclass(frozen=True, slots=True)
class SeerCard:
    account_id: UUID
    label: str
    role: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class AccessPage:
    head: CaseHead
    seers: tuple[SeerCard, ...]


def case_access_page(*, viewer: Viewer, now: datetime, case_id: UUID) -> AccessPage:
    """Everybody who can see the case and the ways that let them. Leaves an entry. Raises Hidden."""
    case, can = access.open_case(viewer, case_id, now)
    record(Event.ACCESS_EXPLAINED, at=now, subject_type="case", subject_id=case.pk)
    seers = tuple(_seer(one) for one in access.who_can_see(case, now))
    return AccessPage(case_head(viewer, case, can, now), seers)


def _seer(one: CanSee) -> SeerCard:
    return SeerCard(
        one.account_id,
        one.label,
        one.role,
        tuple(Path(step.rule, step.source) for step in one.decision.steps if _lets_in(step)),
    )


def _lets_in(step: AccessStep) -> bool:
    """Of all the rules that were asked, those that reach the case."""
    return step.outcome == "granted" and step.rule in access.WAYS
