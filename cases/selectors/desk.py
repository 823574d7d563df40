"""What else lies on a supervisor's desk: who asks to be let in, who opened a case by themselves?"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists

from cases.access import Viewer
from cases.models import Account
from cases.selectors.access_requests import WaitingRequest, unanswered, waiting_requests
from cases.selectors.break_glass import GlassCard, unseen, unseen_glass


@dataclass(frozen=True, slots=True)
class Desk:
    glass: tuple[GlassCard, ...]
    requests: tuple[WaitingRequest, ...]


def desk(viewer: Viewer, now: datetime) -> Desk:
    """Both, in one query when there is nothing, as on most days."""
    there = Exists(unseen(viewer, now)), Exists(unanswered(viewer, now))
    account = Account.objects.filter(pk=viewer.account_key)
    has_glass, has_requests = account.values_list(*there).first() or (True, True)
    return Desk(
        glass=unseen_glass(viewer, now) if has_glass else (),
        requests=waiting_requests(viewer, now) if has_requests else (),
    )
