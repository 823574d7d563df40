"""Which case does a supervisor read first, and in which words does the list begin?

Rank: child not seen, then unacknowledged flags by severity, then how many times over its limit the
longest-broken promise is, then the least complete report. `ORDER` is that rule; the page's SQL and
`rank_key` are both made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from cases.enums import ClockKind, FlagKind
from cases.rules.flags import CLOCK_FLAGS

CHILD_NOT_SEEN = "child_not_seen"

# What is wrong with a case, in the order in which a supervisor hears of it, as (one, many).
CONCERNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        CHILD_NOT_SEEN: ("child not yet seen", "children not yet seen"),
        FlagKind.STALLED.value: ("stalled", "stalled"),
        FlagKind.UNDER_DOCUMENTED.value: ("near-empty report", "near-empty reports"),
        FlagKind.ORPHANED.value: ("that nobody has", "that nobody has"),
        FlagKind.REFERRAL_UNANSWERED.value: ("referral unanswered", "referrals unanswered"),
        FlagKind.CLOSED_INCOMPLETE.value: ("closed incomplete", "closed incomplete"),
        FlagKind.COPIED_NARRATIVE.value: ("copied narrative", "copied narratives"),
        FlagKind.BACKFILLED.value: ("written down long after", "written down long after"),
    }
)

LABELS: Mapping[str, str] = MappingProxyType(
    {CHILD_NOT_SEEN: "Child not seen", **{kind.value: str(kind.label) for kind in FlagKind}}
)


class Sense(StrEnum):
    """How a part of the rank sorts. What is not known comes last."""

    HIGHEST_FIRST = "DESC"
    LOWEST_FIRST = "ASC"


ORDER: tuple[tuple[str, Sense], ...] = (
    ("unseen", Sense.HIGHEST_FIRST),
    ("severity", Sense.HIGHEST_FIRST),
    ("times_over", Sense.HIGHEST_FIRST),
    ("completeness", Sense.LOWEST_FIRST),
    ("number", Sense.LOWEST_FIRST),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands. `severity`: highest of what nobody has acknowledged, 0 for nothing.

    `completeness`: the settled share of its report, None where there are no answers to judge.
    `number` only settles ties, so that a page does not shuffle.
    """

    unseen: bool
    severity: int
    times_over: float
    completeness: float | None
    number: str


def rank_key(standing: Standing) -> tuple[tuple[bool, float | str], ...]:
    """Sorts the case that needs somebody most to the front."""
    return tuple(_part(getattr(standing, name), sense) for name, sense in ORDER)


def _part(value: bool | float | str | None, sense: Sense) -> tuple[bool, float | str]:  # noqa: FBT001
    if value is None:
        return (True, 0.0)
    if isinstance(value, str):
        return (False, value)
    return (False, -float(value) if sense is Sense.HIGHEST_FIRST else float(value))


def times_over(starts_at: datetime, due_at: datetime, now: datetime) -> float:
    """How many times its limit a clock has run; 0 until it is past due.

    Past due begins after the due moment. A limit under a second counts as a second.
    """
    if now <= due_at:
        return 0.0
    limit = max(due_at - starts_at, timedelta(seconds=1))
    return (now - starts_at) / limit


def concern_of(kind: str, clock_kind: str) -> str:
    """The concern under which a flag is counted."""
    if kind == FlagKind.STALLED and clock_kind == ClockKind.VICTIM_SEEN:
        return CHILD_NOT_SEEN
    return str(kind)


# The concern of each clock that is past due, flagged or not.
CLOCK_CONCERNS: Mapping[ClockKind, str] = MappingProxyType(
    {clock: concern_of(flag, clock) for clock, flag in CLOCK_FLAGS.items()}
)


def headline(total: int) -> str:
    """ "14 cases need you"; the counts of each concern follow it."""
    if total == 0:
        return "No case needs you right now."
    return "1 case needs you" if total == 1 else f"{total:,} cases need you"


def counted(concern: str, count: int) -> str:
    """ "3 children not yet seen"."""
    one, many = CONCERNS[concern]
    return f"{count:,} {one if count == 1 else many}"
