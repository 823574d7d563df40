"""When would each flag of a case have been raised and resolved, by its own history?

Walks the moments at which more became known, and between them the moments at which a clock fell
due, with the very functions that the sweep uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

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
    for instant, following in zip_longest(instants, instants[1:]):
        held = {item.finding.name: item for item in _stretch(facts, policy, calendar, instant)}
        for name in [name for name in standing if not _continues(held.get(name), instant)]:
            done.append(replace(standing.pop(name), resolved_at=instant))
        for name, item in held.items():
            if name not in standing and _begins(item, following, until):
                standing[name] = item
    return tuple(sorted((*done, *standing.values()), key=lambda item: item.raised_at))


def _stretch(
    facts: CaseFacts, policy: Policy, calendar: Calendar, instant: datetime
) -> Iterator[Raised]:
    """What holds, or will once it falls due, from `instant` until more becomes known."""
    known = facts.known_at(instant)
    for finding in fact_findings(known, policy):
        yield Raised(finding, instant)
    for clock in clocks(known, policy, calendar):
        if clock.is_running:
            first_late = clock.breach_at + datetime.resolution
            yield Raised(clock_finding(clock, known, policy), max(instant, first_late))


def _continues(item: Raised | None, instant: datetime) -> bool:
    return item is not None and item.raised_at <= instant


def _begins(item: Raised, following: datetime | None, until: datetime) -> bool:
    return item.raised_at <= until and (following is None or item.raised_at < following)
