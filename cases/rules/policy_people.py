"""How is what the policy says of people and their access read: reveals, searches, hand-overs?"""

from dataclasses import dataclass
from datetime import timedelta

from cases.rules.calendar import Limit
from cases.rules.reading import (
    PolicyError,
    Table,
    read_count,
    read_limit,
    read_real_limit,
    read_severity,
)
from cases.rules.reveals import RevealRule, UnusualRevealsRule

# A link joins two cases: what two share can't be too common. The look-up of what is shared reads a
# few rows for each form; far more of them would be a scan.
LEAST_COMMON = 2
MOST_COMMON = 50


@dataclass(frozen=True, slots=True)
class FindingRule:
    """How often an account may look for people, and what is too common to suggest a link."""

    searches_in_an_hour: int
    common_in_cases: int


@dataclass(frozen=True, slots=True)
class ExpungingRule:
    """How long a request to expunge waits for a second person; after that it is made again."""

    request_stands: Limit

    @property
    def stands(self) -> timedelta:
        return self.request_stands.span


@dataclass(frozen=True, slots=True)
class HandingOverRule:
    """By when the work of an officer who leaves or moves has gone to others."""

    within: Limit


@dataclass(frozen=True, slots=True)
class AccessReviewRule:
    """How often every role, grant and wall is looked at again, and how long ahead that shows."""

    every: Limit
    shown_ahead: Limit


def read_handing_over(value: object, path: str) -> HandingOverRule:
    table = Table(value, path)
    rule = HandingOverRule(within=table.need("within", read_limit))
    table.close()
    return rule


def read_access_reviews(value: object, path: str) -> AccessReviewRule:
    table = Table(value, path)
    rule = AccessReviewRule(
        every=table.need("every", read_real_limit),
        shown_ahead=table.need("shown_ahead", read_real_limit),
    )
    table.close()
    return rule


@dataclass(frozen=True, slots=True)
class SharingRule:
    """How long a request for access stands, when it climbs, and how long an emergency lasts."""

    request_stands: Limit
    request_climbs: Limit
    most_waiting: int
    emergency: Limit
    reason_characters: int


def read_sharing(value: object, path: str) -> SharingRule:
    table = Table(value, path)
    rule = SharingRule(
        request_stands=table.need("request_stands", read_real_limit),
        request_climbs=table.need("request_climbs", read_real_limit),
        most_waiting=table.need("most_waiting", read_count),
        emergency=table.need("emergency", read_real_limit),
        reason_characters=table.need("reason_characters", read_count),
    )
    table.close()
    return rule


def read_finding(value: object, path: str) -> FindingRule:
    table = Table(value, path)
    rule = FindingRule(
        searches_in_an_hour=table.need("searches_in_an_hour", read_count),
        common_in_cases=table.need("common_in_cases", _common),
    )
    table.close()
    return rule


def read_expunging(value: object, path: str) -> ExpungingRule:
    table = Table(value, path)
    rule = ExpungingRule(request_stands=table.need("request_stands", read_real_limit))
    table.close()
    return rule


def read_unusual_reveals(value: object, path: str) -> UnusualRevealsRule:
    table = Table(value, path)
    rule = UnusualRevealsRule(
        in_an_hour=table.need("in_an_hour", read_count),
        in_a_day=table.need("in_a_day", read_count),
        elsewhere_in_a_day=table.need("elsewhere_in_a_day", read_count),
        looked_back=table.need("looked_back", read_real_limit),
        severity=table.need("severity", read_severity),
    )
    table.close()
    return rule


def read_reveals(value: object, path: str) -> RevealRule:
    table = Table(value, path)
    rule = RevealRule(
        shown_minutes=table.need("shown_minutes", read_count),
        reason_characters=table.need("reason_characters", read_count),
        most_in_an_hour=table.need("most_in_an_hour", read_count),
        most_in_a_day=table.need("most_in_a_day", read_count),
    )
    table.close()
    return rule


def _common(value: object, path: str) -> int:
    count = read_count(value, path)
    if not LEAST_COMMON <= count <= MOST_COMMON:
        raise PolicyError(f"{path} must be a whole number from {LEAST_COMMON} to {MOST_COMMON}.")
    return count
