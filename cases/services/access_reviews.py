"""Is access that was looked at again kept, or removed? Either way with a reason, on record."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import AccessDecision, Scope
from cases.models import AccessReview, Role
from cases.rules.reasons import says_enough, visible
from cases.selectors.access_reviews import GRANT, ROLE, WALL, Item, review_item
from cases.services.grants import end_grant, lift_wall
from cases.services.roles import change_role


class NoReason(ValueError):
    """Keeping says why as much as removing does."""


@transaction.atomic
def review_access(
    *, viewer: Viewer, now: datetime, kind: str, key: str, decision: AccessDecision, reason: str
) -> AccessReview:
    """Keep or remove one role, grant or wall.

    A role is removed by taking all that it allows and reaches, a grant by ending it, a wall by
    lifting it, each under the rules for doing so. Raises Hidden, NotPermitted, NoReason, and what
    these raise.
    """
    item = review_item(viewer=viewer, now=now, kind=kind, key=key)
    if item.own:
        raise NotPermitted("This is your own access. Somebody else looks at it.")
    if not says_enough(reason):
        raise NoReason("Why: say in a sentence why it stays or goes.")
    review = _save(viewer, item, decision, now)
    record(
        Event.ACCESS_REVIEWED,
        at=now,
        subject_type="case" if item.case_id else "role",
        subject_id=item.case_id or key,
        reason=visible(reason),
        details={"kind": kind, "key": key, "decision": decision.value},
    )
    if decision == AccessDecision.REMOVE:
        _remove(viewer, item, visible(reason), now)
    return review


def _save(viewer: Viewer, item: Item, decision: AccessDecision, now: datetime) -> AccessReview:
    review = AccessReview(decision=decision, decided_by_id=viewer.account_id, decided_at=now)
    if item.kind == ROLE:
        review.role = Role.objects.get(code=item.key)
    elif item.kind == GRANT:
        review.grant_id = int(item.key)
    else:
        review.wall_id = UUID(item.key)
    review.save()
    return review


def _remove(viewer: Viewer, item: Item, reason: str, now: datetime) -> None:
    if item.kind == GRANT:
        end_grant(viewer=viewer, now=now, grant_id=int(item.key), reason=reason)
    elif item.kind == WALL:
        lift_wall(viewer=viewer, now=now, wall_id=UUID(item.key), reason=reason)
    else:
        version = Role.objects.values_list("version", flat=True).get(code=item.key)
        change_role(
            viewer=viewer,
            now=now,
            code=item.key,
            version=version,
            scope=Scope.NONE,
            permissions=(),
            reason=reason,
        )
