"""What does the replay look like? How many cases had been flagged by when, as a drawing of lines.

Computes places on a canvas for `templates/replay.svg`; knows nothing about how they are drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

WIDTH, HEIGHT = 960, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 930, 70, 360
TICKS = 5
LABEL_WIDTH = 190


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the template draws. `path`: the rising line; `public_at`: None when not shown."""

    title: str
    summary: str
    path: str
    years: tuple[Mark, ...]
    counts: tuple[Mark, ...]
    end: Mark
    end_y: float
    public_at: Mark | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM

    @property
    def ends_late(self) -> bool:
        """Whether the last mark leaves no room for its label on the right."""
        return self.end.at > RIGHT - LABEL_WIDTH


def picture(
    first_flags: Sequence[datetime], *, cases: int, public_on: date, zone: ZoneInfo
) -> Picture:
    """`first_flags`: when each flagged case was first flagged. Raises ValueError for none."""
    if not first_flags:
        raise ValueError("No case was flagged: there is nothing to draw.")
    moments = sorted(first_flags)
    public_at = datetime.combine(public_on, time.min, zone)
    shown = public_at > moments[0]
    plot = _Plot(
        moments[0], public_at if shown and public_at > moments[-1] else moments[-1], len(moments)
    )
    last = f"{len(moments)} of {cases} cases flagged"
    summary = (
        f"{last}, the first on {_day(moments[0], zone)}, the last on {_day(moments[-1], zone)}."
    )
    if shown:
        summary += f" Made public on {public_on:%Y-%m-%d}."
    return Picture(
        title="Cases flagged over time",
        summary=summary,
        path=plot.path(moments),
        years=plot.years(zone),
        counts=plot.counts(),
        end=Mark(plot.x(moments[-1]), last),
        end_y=plot.y(len(moments)),
        public_at=Mark(plot.x(public_at), f"{public_on:%Y-%m-%d}: made public") if shown else None,
    )


@dataclass(frozen=True, slots=True)
class _Plot:
    """Time to the right from the first flag's year, cases upwards from none."""

    begin: datetime
    finish: datetime
    most: int

    def x(self, at: datetime) -> float:
        whole = (self.finish - self.begin).total_seconds() or 1
        return round(LEFT + (RIGHT - LEFT) * (at - self.begin).total_seconds() / whole, 1)

    def y(self, count: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * count / self.most, 1)

    def path(self, moments: Sequence[datetime]) -> str:
        """A step to the next case at each moment, then level to the end."""
        steps = [f"M{LEFT} {BOTTOM}"]
        for count, at in enumerate(moments, start=1):
            steps.append(f"H{self.x(at)}V{self.y(count)}")
        return "".join([*steps, f"H{self.x(self.finish)}"])

    def years(self, zone: ZoneInfo) -> tuple[Mark, ...]:
        first, last = self.begin.astimezone(zone).year + 1, self.finish.astimezone(zone).year
        starts = (datetime(year, 1, 1, tzinfo=zone) for year in range(first, last + 1))
        return tuple(Mark(self.x(start), str(start.year)) for start in starts)

    def counts(self) -> tuple[Mark, ...]:
        """Round numbers up the side."""
        step = max(1, 10 * round(self.most / TICKS / 10) or round(self.most / TICKS))
        return tuple(Mark(self.y(count), str(count)) for count in range(0, self.most + 1, step))


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
