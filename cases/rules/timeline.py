"""When would each flag of a case have been raised and resolved, by its own history?

Walks the moments at which more became known, and between them the moments at which a clock fell
due, with the very functions that the sweep uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from cases.enums import FlagKind
from cases.rules.calendar import Calendar
from cases.rules.clocks import clocks
from cases.rules.facts import CaseFacts
from cases.rules.flags import Finding, clock_finding, fact_findings
from cases.rules.policy import Policy

_Name = tuple[FlagKind, str, str]


@dataclass(frozen=True, slots=True)
class Raised:
    """A finding from the first moment at which it held to the first at which it no longer did."""

    finding: Finding
    raised_at: datetime
    resolved_at: datetime | None = None

    def stands_at(self, now: datetime) -> bool:
        return self.raised_at <= now and (self.resolved_at is None or now < self.resolved_at)


def timeline(
    facts: CaseFacts, policy: Policy, calendar: Calendar, until: datetime
) -> tuple[Raised, ...]:
    """Every flag the case would have had up to and including `until`, in the order raised.

    At any `now` up to `until`, those that stand are exactly what `findings` says then.
    """
    done: list[Raised] = []
    standing: dict[_Name, Raised] = {}
    instants = [instant for instant in facts.instants() if instant <= until]
    for instant, following in pairwise((*instants, until + datetime.resolution)):
        known = facts.known_at(instant)
        held = {
            item.finding.name: item
            for item in _stretch(known, policy, calendar, instant, following)
        }
        over = [name for name in standing if not _continues(held.get(name), instant)]
        done.extend(replace(standing.pop(name), resolved_at=instant) for name in over)
        standing = {**held, **standing}
    return tuple(sorted((*done, *standing.values()), key=lambda item: item.raised_at))


def _stretch(
    known: CaseFacts, policy: Policy, calendar: Calendar, instant: datetime, following: datetime
) -> Iterator[Raised]:
    """What holds at `instant`, or once it falls due, until more becomes known."""
    for finding in fact_findings(known, policy):
        yield Raised(finding, instant)
    for clock in clocks(known, policy, calendar):
        first_late = clock.breach_at + datetime.resolution
        if clock.is_running and first_late < following:
            yield Raised(clock_finding(clock, known, policy), max(instant, first_late))


def _continues(item: Raised | None, instant: datetime) -> bool:
    return item is not None and item.raised_at <= instant
