"""May this viewer be shown who somebody is, or what an entry said in its own words?

`decide` answers first. Beyond it stands one rule: who reported, and a text that may name them, are
for those whose own case it is; no grant opens them and no reach over all cases.
"""

from datetime import datetime

from cases.access.deciding import HOLDS, LEADS, SUPERVISES, AccessStep, Decision, decide
from cases.enums import Permission
from cases.models import Case
from cases.viewers import Viewer

# By these rules a case is somebody's own business; a grant or a reach over all cases is not.
OWN_WAYS = frozenset({HOLDS, SUPERVISES, LEADS})
PARTS_READ = "partners read the parts of their discipline, and never who reported"
OWN_CASE_ONLY = "who reported is for those whose own case it is"


def may_know_who_revealed(viewer: Viewer) -> bool:
    """Whether the viewer may read who was shown an identity, when and why; a partner never."""
    return _is_of_the_unit(viewer)


def may_follow_records(viewer: Viewer) -> bool:
    """Whether the viewer may read how what stands on a case changed; partners its own fields."""
    return _is_of_the_unit(viewer)


def _is_of_the_unit(viewer: Viewer) -> bool:
    return not viewer.is_partner


def decide_reveal(
    viewer: Viewer, case: Case, now: datetime, *, is_read: bool, tells_who_reported: bool
) -> Decision:
    """Whether the viewer may reveal a thing on the case at `now`, and every rule that was asked.

    `is_read`: it is of a part that the viewer reads. `tells_who_reported`: it is a reporter's
    identity, or a text that may name one.
    """
    decision = decide(viewer, case, Permission.REVEAL_IDENTITY, now)
    theirs = is_own_case(decision) or not tells_who_reported
    return Decision(
        decision.allowed and is_read and theirs,
        (
            *decision.steps,
            _step(PARTS_READ, passed=is_read, asked=viewer.is_partner),
            _step(OWN_CASE_ONLY, passed=theirs, asked=tells_who_reported),
        ),
    )


def is_own_case(decision: Decision) -> bool:
    """Whether the viewer holds the case, supervises it or leads its squad."""
    return any(step.rule in OWN_WAYS and step.outcome == "granted" for step in decision.steps)


def _step(rule: str, *, passed: bool, asked: bool) -> AccessStep:
    if not asked:
        return AccessStep(rule, "not applicable")
    return AccessStep(rule, "granted" if passed else "denied")
