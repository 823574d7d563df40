"""What does a page about one step on a case show beside the step's form?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.enums import Permission
from cases.models import Referral
from cases.selectors.case_detail import CaseHead, case_head
from cases.selectors.policy import current_policy
from cases.selectors.responses import Choice, officers_near


@dataclass(frozen=True, slots=True)
class StepPage:
    """`about` is a sentence on what the step is about, where the case alone does not say it."""

    head: CaseHead
    officers: tuple[Choice, ...] = ()
    dispositions: tuple[Choice, ...] = ()
    lead_id: str = ""
    about: str = ""


def step_page(*, viewer: Viewer, now: datetime, case_id: UUID, permission: Permission) -> StepPage:
    """The case that the step is about. Leaves an entry. Raises Hidden, NotPermitted."""
    return _page(viewer, case_id, permission, now)


def referral_step(*, viewer: Viewer, now: datetime, referral_id: UUID) -> StepPage:
    """The case whose referral is to be acknowledged; an entry. Raises Hidden, NotPermitted."""
    referral = Referral.objects.filter(pk=referral_id, case__isnull=False).first()
    if referral is None or referral.case_id is None:
        raise access.Hidden
    about = f"{referral.organization}, their reference {referral.reference}."
    return _page(viewer, referral.case_id, Permission.LOG_RESPONSE, now, about=about)


def _page(
    viewer: Viewer, case_id: UUID, permission: Permission, now: datetime, *, about: str = ""
) -> StepPage:
    case, can = access.open_case(viewer, case_id, now)
    access.demand(permission, can)
    record(Event.CASE_VIEWED, at=now, subject_type="case", subject_id=case.pk)
    return StepPage(
        head=case_head(viewer, case, can, now),
        officers=officers_near(case, viewer, now, leaving=False),
        dispositions=_dispositions() if permission == Permission.CLOSE_CASE else (),
        lead_id=str(case.detective_id or ""),
        about=about,
    )


def _dispositions() -> tuple[Choice, ...]:
    """Those that the unit's rules let somebody choose."""
    return tuple((item.value, str(item.label)) for item in current_policy().dispositions)
