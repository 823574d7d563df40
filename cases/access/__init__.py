"""Who may see or do what? This room alone decides, and every decision explains itself.

The order: a wall denies before anything else is asked; then the role's permission; then reach by
assignment, squad, role scope or an explicit grant. Lists use the same reach as a queryset. Nothing
here asks whether somebody is a superuser. What one may not see does not exist: `Hidden` is a 404.

Grants are django-guardian's direct-foreign-key rows; guardian's own checks and lists are not used
(they bypass walls and expiry; see the decision record on access).
"""

from cases.access.deciding import (
    GRANTED,
    HOLDS,
    LEADS,
    REACHES_ALL,
    SHARED,
    SUPERVISES,
    WAYS,
    AccessStep,
    Decision,
    Hidden,
    NotPermitted,
    decide,
    demand,
    find_case,
    open_case,
    permissions_on,
    require,
)
from cases.access.effects import (
    WIDTH,
    Counted,
    Reach,
    difference,
    paths,
    reach_of,
)
from cases.access.emergency import case_behind_glass
from cases.access.granting import (
    GRANT_VIEW,
    GRANT_WORK,
    WORK_PERMISSIONS,
    AnyGrant,
    grants_standing,
    live_grants,
    live_grants_on,
    live_squad_grants_on,
    squad_grants_standing,
)
from cases.access.reach import (
    Key,
    beyond_walls,
    is_officer_walled,
    is_walled,
    numbered,
    supervised_cases,
    supervises_all,
    visible_cases,
    visible_page,
    walled_from,
    walled_numbers,
    walls_around,
    walls_between,
)
from cases.access.revealing import (
    OWN_WAYS,
    decide_reveal,
    is_own_case,
    may_follow_records,
    may_know_who_reported,
    may_know_who_revealed,
)
from cases.access.seeing import (
    CanSee,
    who_can_see,
)
from cases.viewers import Viewer, system_viewer, viewer_for, viewers_for

__all__ = [
    "GRANTED",
    "GRANT_VIEW",
    "GRANT_WORK",
    "HOLDS",
    "LEADS",
    "OWN_WAYS",
    "REACHES_ALL",
    "SHARED",
    "SUPERVISES",
    "WAYS",
    "WIDTH",
    "WORK_PERMISSIONS",
    "AccessStep",
    "AnyGrant",
    "CanSee",
    "Counted",
    "Decision",
    "Hidden",
    "Key",
    "NotPermitted",
    "Reach",
    "Viewer",
    "beyond_walls",
    "case_behind_glass",
    "decide",
    "decide_reveal",
    "demand",
    "difference",
    "find_case",
    "grants_standing",
    "is_officer_walled",
    "is_own_case",
    "is_walled",
    "live_grants",
    "live_grants_on",
    "live_squad_grants_on",
    "may_follow_records",
    "may_know_who_reported",
    "may_know_who_revealed",
    "numbered",
    "open_case",
    "paths",
    "permissions_on",
    "reach_of",
    "require",
    "squad_grants_standing",
    "supervised_cases",
    "supervises_all",
    "system_viewer",
    "viewer_for",
    "viewers_for",
    "visible_cases",
    "visible_page",
    "walled_from",
    "walled_numbers",
    "walls_around",
    "walls_between",
    "who_can_see",
]
