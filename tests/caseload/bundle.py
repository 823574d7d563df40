"""How is a made caseload written down? As the import format's four files, and its answers."""

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.caseload import words
from tests.caseload.failures import MODES, TOGETHER, copy_narrative, failed_life
from tests.caseload.life import Life, Maker
from tests.caseload.shape import DAY, VANCOUVER, Shape

OFFICERS = ("badge", "name", "rank", "squad", "active_from", "active_to")
CASES = (
    "case_number", "received_at", "channel", "offense_class", "nibrs", "statute", "patrol_division",
    "victim_first_name", "victim_last_name", "victim_dob", "victim_sex", "caregiver_name",
    "suspect_status", "suspect_name", "assigned_badge", "assigned_at", "supervisor_badge", "status",
    "closed_at", "disposition",
)  # fmt: skip
EVENTS = ("case_number", "occurred_at", "entered_at", "badge", "kind", "text")
REFERRALS = (
    "reference", "case_number", "channel", "organization", "received_at", "acknowledged_at",
    "priority_level",
)  # fmt: skip
EXPECTED = ("case_number", "outcome", "failure_modes")
# Failures need this much time to show before the caseload ends.
LONGEST = 100 * DAY
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Caseload:
    """Where a bundle lies, and the failure modes by case number; none for worked cases."""

    folder: Path
    shape: Shape
    modes: dict[str, tuple[str, ...]]

    @property
    def failed(self) -> dict[str, tuple[str, ...]]:
        return {number: modes for number, modes in self.modes.items() if modes}

    @property
    def worked(self) -> set[str]:
        return {number for number, modes in self.modes.items() if not modes}

    @property
    def names(self) -> set[str]:
        """Every first and last name that must never appear in clear."""
        return {*words.GIVEN, *words.FAMILY}


def write_caseload(
    folder: Path, *, seed: int, worked: int = 60, each: int = 2, shape: Shape = VANCOUVER
) -> Caseload:
    """Write a bundle and its answers: `worked` good cases, and `each` failed ones of every mode."""
    maker = Maker(random.Random(seed), shape)
    lives = [*_worked(maker, worked), *_failed(maker, each), *_copies(maker, each)]
    lives.sort(key=lambda life: life.received_at)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "officers.csv", OFFICERS, _officers(maker, lives))
    _write(folder / "cases.csv", CASES, (_case(shape, life) for life in lives))
    _write(folder / "events.csv", EVENTS, (row for life in lives for row in _events(shape, life)))
    _write(folder / "referrals.csv", REFERRALS, _referrals(shape, lives))
    _write(folder / "expected.csv", EXPECTED, map(_expected, lives))
    return Caseload(folder, shape, {life.number: life.modes for life in lives})


def _worked(maker: Maker, count: int) -> Iterable[Life]:
    """Most have ended; each sixth is so young that it is still open when the caseload ends."""
    for nth in range(count):
        young_at = maker.shape.ends_at - maker.chance.randint(12 * 1440, 19 * 1440) * MINUTE
        received_at = _moment(maker, before=DAY) if nth % 6 else young_at
        yield maker.life(received_at, maker.chance.uniform(20, 120))


def _failed(maker: Maker, each: int) -> Iterable[Life]:
    alone = [(mode,) for mode in MODES if mode != "copied_narrative"]
    for modes in [*alone * each, *TOGETHER]:
        yield failed_life(maker, _moment(maker, before=LONGEST), modes)


def _copies(maker: Maker, each: int) -> Iterable[Life]:
    for _ in range(each):
        first_at = _moment(maker, before=LONGEST)
        pair = [
            failed_life(maker, first_at + after, ("copied_narrative",))
            for after in (0 * DAY, 3 * DAY)
        ]
        copy_narrative(*pair)
        yield from pair


def _moment(maker: Maker, *, before: timedelta) -> datetime:
    """A random minute of the caseload's time, so long before its end."""
    shape = maker.shape
    minutes = (shape.ends_at - shape.starts_at - before) / timedelta(minutes=1)
    return shape.starts_at + timedelta(minutes=maker.chance.randint(0, int(minutes)))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _officers(maker: Maker, lives: Iterable[Life]) -> Iterable[Sequence[str]]:
    shape = maker.shape
    since = (shape.starts_at - 30 * DAY).date().isoformat()
    for squad in range(shape.squads):
        name = f"Watch {squad + 1}"
        yield _officer(maker, f"09{squad:02}", "sergeant", name, since, "")
        for nth in range(shape.detectives):
            yield _officer(maker, f"0{squad}{nth:02}", "detective", name, since, "")
    for life in lives:
        if "departed_officer" in life.modes:
            gone_on = (life.received_at + 16 * DAY).astimezone(shape.zone).date().isoformat()
            yield _officer(maker, life.detective, "detective", "Watch 1", since, gone_on)


def _officer(
    maker: Maker, badge: str, rank: str, squad: str, since: str, until: str
) -> Sequence[str]:
    return badge, f"Constable {maker.chance.choice(words.FAMILY)}", rank, squad, since, until


def _case(shape: Shape, life: Life) -> Sequence[str]:
    return (
        life.number, shape.written(life.received_at), life.channel, life.offense_class, "", "",
        "Harbour", *life.child, life.born_on, life.sex, " ".join(life.caregiver),
        "named" if life.suspect else "unidentified", " ".join(life.suspect or ()),
        life.detective if life.assigned_at else "", _at(shape, life.assigned_at), life.sergeant,
        "closed" if life.closed_at else "open", _at(shape, life.closed_at), life.disposition,
    )  # fmt: skip


def _events(shape: Shape, life: Life) -> Iterable[Sequence[str]]:
    for event in sorted(life.events, key=lambda event: event.entered_at):
        yield (
            life.number, shape.written(event.occurred_at), shape.written(event.entered_at),
            event.badge, event.kind, event.text,
        )  # fmt: skip


def _referrals(shape: Shape, lives: Iterable[Life]) -> Iterable[Sequence[str]]:
    for life in lives:
        if life.referral is not None:
            yield (
                life.referral.reference, life.number, life.referral.channel,
                life.referral.organization, shape.written(life.received_at),
                _at(shape, life.referral.acknowledged_at), life.referral.priority,
            )  # fmt: skip


def _expected(life: Life) -> Sequence[str]:
    return life.number, "failed" if life.modes else "worked", ";".join(life.modes)


def _at(shape: Shape, at: datetime | None) -> str:
    return shape.written(at) if at else ""
