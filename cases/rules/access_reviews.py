"""When is access to be looked at again, and is that overdue?"""

from datetime import datetime
from enum import StrEnum

from cases.rules.policy_people import AccessReviewRule


class Standing(StrEnum):
    """How a review stands. Due exactly now is not yet overdue."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"


def review_due(since: datetime, kept_at: datetime | None, rule: AccessReviewRule) -> datetime:
    """So long after it was given, or after somebody last looked and kept it."""
    return max(since, kept_at or since) + rule.every.span


def standing(due_at: datetime, now: datetime, rule: AccessReviewRule) -> Standing:
    """Whether it is overdue, or shows already."""
    if now > due_at:
        return Standing.OVERDUE
    return Standing.SOON if now + rule.shown_ahead.span >= due_at else Standing.LATER
