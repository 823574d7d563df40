"""Which case may somebody open in an emergency, although it is not within their reach?"""

from datetime import datetime

from cases.access.deciding import decide
from cases.access.reach import beyond_walls
from cases.enums import Permission
from cases.models import Case
from cases.viewers import Viewer


def case_behind_glass(viewer: Viewer, number: str, now: datetime) -> tuple[Case | None, bool]:
    """The case of this number, and whether the viewer sees it already.

    None for a number that no case has and for a case that a wall hides: nothing breaks a wall.
    """
    named = Case.objects.filter(number__in=[number, number.upper()]).order_by("number")
    case = beyond_walls(named, viewer).first()
    if case is None:
        return None, False
    return case, decide(viewer, case, Permission.VIEW_CASES, now).allowed
