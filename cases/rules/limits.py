"""How often may somebody do what costs, or takes with it, and what holds while nobody can count?

Reveals and searches for a person are bound by the unit's policy and counted in its tables
(`rules/reveals.py`, `rules/finding.py`); wrong passwords by the audit log. Here stands the rest:
what a program would do a thousand times where a person does it ten (decision 32).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Without(StrEnum):
    """What holds while the count that all processes share can't be reached."""

    # Each process counts for itself, to a share of the limit.
    ALONE = "alone"
    # Nothing of it is done until they can count again.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Limit:
    """No more than `most` in a slot of time as long as `within`; slots begin on the hour's grid."""

    name: str
    most: int
    within: timedelta
    without: Without

    def slot(self, now: datetime) -> int:
        """Which slot this moment is in."""
        return int(now.timestamp() // self.within.total_seconds())

    def seconds_left(self, now: datetime) -> int:
        """Until the next slot begins, in whole seconds."""
        slot = self.within.total_seconds()
        return ceil(slot - now.timestamp() % slot)


# By account. A person turns a page every few seconds, and not for a quarter of an hour on end.
PAGES = Limit("pages", 1_000, QUARTER, Without.ALONE)
EXPORTS = Limit("exports", 30, HOUR, Without.REFUSED)
UPLOADS = Limit("uploads", 30, HOUR, Without.REFUSED)
# By address. A whole unit may stand behind one.
ANONYMOUS = Limit("anonymous", 1_000, QUARTER, Without.ALONE)
SIGN_INS = Limit("sign-ins", 150, QUARTER, Without.ALONE)
REPORTS = Limit("reports", 60, QUARTER, Without.REFUSED)
# By key. A monitoring system asks once or twice a minute.
MACHINES = Limit("machines", 30, MINUTE, Without.REFUSED)
EVERY = (PAGES, EXPORTS, UPLOADS, ANONYMOUS, SIGN_INS, REPORTS, MACHINES)
