"""How often may one account reveal, and when has it been so often that a supervisor should know?"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.rules.calendar import Limit

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UnusualRevealsRule:
    """More than any of these within any hour or day of the time looked back on is unusual."""

    in_an_hour: int
    in_a_day: int
    elsewhere_in_a_day: int
    looked_back: Limit
    severity: int


@dataclass(frozen=True, slots=True)
class RevealRule:
    """How long a reveal shows, what its reason must say, and how many there may be at all."""

    shown_minutes: int
    reason_characters: int
    most_in_an_hour: int
    most_in_a_day: int

    @property
    def shown(self) -> timedelta:
        return timedelta(minutes=self.shown_minutes)


@dataclass(frozen=True, slots=True)
class RevealFact:
    """One reveal. `elsewhere`: on a case that is neither the officer's own nor their squad's."""

    at: datetime
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Excess:
    """What was unusual: the most within any one hour or day, and how many are usual."""

    what: str
    count: int
    limit: int


def excesses(
    reveals: Iterable[RevealFact], rule: UnusualRevealsRule, now: datetime
) -> tuple[Excess, ...]:
    """What was unusual in the time looked back on; nothing when all was as usual."""
    since = now - rule.looked_back.span
    known = sorted((one for one in reveals if since < one.at <= now), key=lambda one: one.at)
    moments = [one.at for one in known]
    elsewhere = [one.at for one in known if one.elsewhere]
    found = (
        Excess("reveals_in_an_hour", _most_within(HOUR, moments), rule.in_an_hour),
        Excess("reveals_in_a_day", _most_within(DAY, moments), rule.in_a_day),
        Excess("reveals_elsewhere", _most_within(DAY, elsewhere), rule.elsewhere_in_a_day),
    )
    return tuple(excess for excess in found if excess.count > excess.limit)


def is_too_many(moments: Iterable[datetime], rule: RevealRule, now: datetime) -> bool:
    """Whether one more at `now`, after those at these moments, would be beyond the most."""
    before = list(moments)
    return (
        _since(now - HOUR, before) >= rule.most_in_an_hour
        or _since(now - DAY, before) >= rule.most_in_a_day
    )


def _since(start: datetime, moments: Iterable[datetime]) -> int:
    return sum(at > start for at in moments)


def _most_within(span: timedelta, moments: Sequence[datetime]) -> int:
    """The most of these moments, in order, that lie less than `span` apart."""
    window: deque[datetime] = deque()
    most = 0
    for at in moments:
        window.append(at)
        while at - window[0] >= span:
            window.popleft()
        most = max(most, len(window))
    return most
