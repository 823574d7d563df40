"""What else lies on a supervisor's desk: who asks to be let in, who opened a case by themselves,
whose work is to be handed over, which change of a role waits, which access nobody reviewed?
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Exists, Model, QuerySet, Value
from django.db.models.expressions import Combinable

from cases.access import Viewer
from cases.rules.policy import Policy
from cases.selectors.access_requests import WaitingRequest, unanswered, waiting_requests
from cases.selectors.access_reviews import Overdue, late_reviews, overdue_reviews
from cases.selectors.break_glass import GlassCard, unseen, unseen_glass
from cases.selectors.officers import Waiting, hand_overs_to_do, hand_overs_waiting
from cases.selectors.role_changes import changes_waiting, may_approve, waiting_changes

_NO = Value(value=False, output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class Lies:
    """Of what there is any, whosever it is: only then is it asked for."""

    glass: bool = True
    requests: bool = True
    hand_overs: bool = True
    role_changes: bool = True
    late_roles: bool = True
    late_grants: bool = True
    late_walls: bool = True


@dataclass(frozen=True, slots=True)
class Desk:
    glass: tuple[GlassCard, ...]
    requests: tuple[WaitingRequest, ...]
    hand_overs: tuple[Waiting, ...]
    role_changes: tuple[tuple[UUID, str], ...]
    overdue: Overdue


def lying(viewer: Viewer, now: datetime, policy: Policy) -> tuple[Combinable, ...]:
    """The columns of `Lies`, for a query that is sent anyhow."""
    seconds = may_approve(viewer)
    late = late_reviews(viewer, now, policy.access_reviews) if seconds else (None, None, None)
    return (
        Exists(unseen(viewer, now)),
        Exists(unanswered(viewer, now)),
        Exists(hand_overs_waiting()),
        Exists(changes_waiting()) if seconds else _NO,
        *(_any(rows) for rows in late),
    )


def lies(found: tuple[bool, ...] | None) -> Lies:
    """Those columns' values; whoever has no row to read them from asks for everything."""
    return Lies(*found) if found else Lies()


def desk(viewer: Viewer, now: datetime, there: Lies) -> Desk:
    """What of it is this viewer's: nothing is asked for of which there is none."""
    seconds = may_approve(viewer)
    late = seconds and (there.late_roles or there.late_grants or there.late_walls)
    return Desk(
        glass=unseen_glass(viewer, now) if there.glass else (),
        requests=waiting_requests(viewer, now) if there.requests else (),
        hand_overs=hand_overs_to_do(viewer, now) if there.hand_overs else (),
        role_changes=waiting_changes() if seconds and there.role_changes else (),
        overdue=overdue_reviews(viewer, now) if late else Overdue(),
    )


def _any(rows: QuerySet[Model] | None) -> Combinable:
    return _NO if rows is None else Exists(rows)
