"""What has happened to each synthetic case? A fifth are open, some late, some thin; nobody is real.

Older cases came by import, with a narrative and no answers; the newest were written down here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from cases.enums import Channel, OffenseClass
from cases.management.bench.unit import DETECTIVES, Team, Unit
from cases.management.demo.dice import Dice

DAY = timedelta(days=1)
YEARS = 6
HUNDRED = 100
WRITTEN_HERE = 0.2
OPEN_OF_NEW = 0.6
OPEN_OF_OLD = 0.08
OVERDUE = 0.15
THIN = 0.08
LIMIT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Life:
    """One case, before it is spread over tables. `late`: nothing happened past the limit."""

    id: UUID
    report_id: UUID
    number: str
    channel: Channel
    offense_class: OffenseClass
    team: Team
    detective_id: UUID
    received_at: datetime
    last_entry_at: datetime
    is_open: bool
    written_here: bool
    late: bool
    thin: bool
    unseen: bool

    @property
    def is_flagged(self) -> bool:
        return self.late or self.thin or self.unseen


def lives(unit: Unit, cases: int, now: datetime) -> Iterator[Life]:
    """So many cases, the newest first, dealt to squads in turn."""
    dice = Dice(cases)
    for index in range(cases):
        yield _life(unit, index, index / cases, now, dice)


def _life(unit: Unit, index: int, old: float, now: datetime, dice: Dice) -> Life:
    hand, seat = divmod(index, len(unit.teams))
    team = unit.teams[seat]
    place = _dealt(hand)
    cold = place == DETECTIVES - 1
    is_open = not cold and dice.chance(OPEN_OF_NEW if old < WRITTEN_HERE else OPEN_OF_OLD)
    late = is_open and dice.chance(OVERDUE)
    received_at = now - (365 * YEARS * old + (400 if cold else 75)) * DAY
    return Life(
        id=uuid4(),
        report_id=uuid4(),
        number=f"B{index:07}",
        channel=tuple(Channel)[index % 4],
        offense_class=tuple(OffenseClass)[index % 7],
        team=team,
        detective_id=team.detective_ids[place],
        received_at=received_at,
        last_entry_at=_last_entry(received_at, now, dice, is_open=is_open, late=late),
        is_open=is_open,
        written_here=old < WRITTEN_HERE,
        late=late,
        thin=is_open and dice.chance(THIN),
        unseen=late and dice.chance(0.1),
    )


def _dealt(hand: int) -> int:
    """Which detective of the squad gets its case number `hand`: the first and the last get 1 %."""
    if hand % HUNDRED == 0:
        return 0
    return DETECTIVES - 1 if hand % HUNDRED == 1 else 1 + hand % (DETECTIVES - 2)


def _last_entry(
    received_at: datetime, now: datetime, dice: Dice, *, is_open: bool, late: bool
) -> datetime:
    if late:
        return now - dice.days(15, 60)
    if is_open:
        return now - dice.days(0.01, 13)
    return received_at + dice.days(20, 70)
