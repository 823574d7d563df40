"""In what order does it all happen? By time, with sweeps and mornings in between."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time
from heapq import merge
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils.timezone import localdate, make_aware

from audit.context import acting_as, acting_as_system
from audit.events import Event
from audit.recorder import record
from cases.access import Viewer
from cases.management.demo import acts
from cases.management.demo.casting import Casting
from cases.management.demo.dice import Dice
from cases.management.demo.legacy import OldSystem
from cases.management.demo.lives import DAY, HOUR, kept_open, whole_life
from cases.management.demo.names import Names
from cases.management.demo.story import Stage, Step, Story
from cases.management.demo.troubles import TROUBLES
from cases.management.demo.unit import DEPARTED, DETECTIVES, OVERLOADED, Unit, set_up_unit
from cases.models import Account, Case
from cases.selectors.policy import current_policy
from cases.services.importing.engine import silent
from cases.services.importing.runs import import_path
from cases.services.sweep import run_sweep

# When the unit began to work here, and how far back the cases go that it brought along.
BEGAN = 170 * DAY
OLDEST = 545 * DAY
OLD_SHARE = 0.42
OVERLOAD = 22
# Sweeps run every 5 minutes in life; in the demonstration's past, often enough for its charts.
RECENT = 45 * DAY
RECENT_STEP = 6 * HOUR
MORNING = time(8, 30)
# Since when nobody looked at a desk: one sergeant is away, so that flags climb.
UNREAD = {"sergeant_a": 20 * HOUR, "sergeant_b": 5 * DAY, "captain": 40 * HOUR}
LOOKED_AT = 0.6


@transaction.atomic
def load(*, now: datetime, seed: int, cases: int, passwords: dict[str, str]) -> int:
    """Write the demonstration caseload, all or nothing; how many cases. `passwords` by role.

    `cases` is a wish: what every screen needs is there in any case.
    """
    dice = Dice(seed)
    names = Names(dice)
    casting = Casting(dice, names, now)
    unit = set_up_unit(dice, names, now - BEGAN - DAY, passwords)
    stage = Stage(unit, dice, current_policy())
    brings_along(unit, casting, dice, now, round(cases * OLD_SHARE))
    stories = cast(casting, dice, cases - round(cases * OLD_SHARE))
    for step in timeline(stories, now):
        _do(stage, step)
    made = Case.objects.count()
    with acting_as_system("demo"):
        run_sweep(now=now)
        # The unit began months ago; whose account is open begins today, and is not closed as
        # unused, which would leave their cases to nobody.
        Account.objects.filter(is_active=True).update(created_at=now)
        record(Event.DEMO_LOADED, at=now, details={"cases": made, "seed": seed})
    return made


def brings_along(unit: Unit, casting: Casting, dice: Dice, now: datetime, count: int) -> None:
    """Import the old system's cases on the day the unit begins."""
    old = OldSystem(casting, dice, unit)
    cases = old.cases(count, OLDEST, BEGAN + 60 * DAY)
    began_at = now - BEGAN
    account, viewer = unit.accounts["captain"], unit.viewers["captain"]
    with (
        TemporaryDirectory() as folder,
        acting_as(str(account.pk), account.username, clock=lambda: began_at),
    ):
        old.write(Path(folder), cases)
        import_path(
            viewer=viewer,
            now=began_at,
            path=Path(folder),
            squad_name="",
            clock=lambda: began_at,
            tell=silent,
        )


def cast(casting: Casting, dice: Dice, cases: int) -> list[Story]:
    """Every trouble once, one detective with too many cases, and lives for the rest."""
    stories = [story for plot in TROUBLES for story in plot(casting, dice)]
    stories += _too_many_for_one(casting, dice)
    while len(stories) < cases:
        stories.append(_ordinary(casting, dice))
    return stories


def _too_many_for_one(casting: Casting, dice: Dice) -> Iterator[Story]:
    for _ in range(OVERLOAD):
        story = casting.story(OVERLOADED, dice.days(11, 48))
        kept_open(story, dice, lateness=0.22)
        yield story


def _ordinary(casting: Casting, dice: Dice) -> Story:
    """Some still open, the others ended within months; each in its detective's hands."""
    leads = [
        key for keys in DETECTIVES.values() for key in keys if key not in {OVERLOADED, DEPARTED}
    ]
    if dice.chance(0.4):
        story = casting.story(dice.pick(leads), dice.days(7, 90))
        kept_open(story, dice, lateness=0.06)
    else:
        story = casting.story(dice.pick(leads), dice.days(70, BEGAN.days))
        whole_life(story, dice, active_days=dice.number(12, 40), lateness=0.15)
    return story


def timeline(stories: Iterable[Story], now: datetime) -> Iterator[Step]:
    """All that has happened by `now`, in order."""
    told = sorted(
        (step for story in stories for step in story.steps if step.at <= now), key=attrgetter("at")
    )
    ignored = [story for story in stories if story.ignored]
    return iter(
        merge(told, _sweeps(now), _mornings(now, ignored), _weeks(now), key=attrgetter("at"))
    )


def _sweeps(now: datetime) -> Iterator[Step]:
    at = now - BEGAN
    while at < now:
        yield Step(at, "", _sweep)
        at += RECENT_STEP if now - at <= RECENT else DAY


def _sweep(stage: Stage, viewer: Viewer, now: datetime) -> None:
    run_sweep(now=now)


def _mornings(now: datetime, ignored: Iterable[Story]) -> Iterator[Step]:
    """Supervisors look at what is new on their desks, most of the time."""
    for day in range(BEGAN.days, 0, -1):
        at = make_aware(datetime.combine(localdate(now - day * DAY), MORNING))
        for key, unread in UNREAD.items():
            if now - BEGAN <= at <= now - unread:
                yield Step(at, key, acts.reads_flags(LOOKED_AT, ignored))


def _weeks(now: datetime) -> Iterator[Step]:
    """The log of each week is signed on the Wednesday after it; the last one waits for somebody."""
    on = localdate(now - BEGAN - DAY)
    on -= on.weekday() * DAY
    while (at := make_aware(datetime.combine(on + 9 * DAY, MORNING))) <= now - 7 * DAY:
        yield Step(at, "auditor", acts.signs_week(on))
        on += 7 * DAY


def _do(stage: Stage, step: Step) -> None:
    if not step.actor:
        with acting_as_system("sweep"):
            step.act(stage, stage.unit.viewers["captain"], step.at)
        return
    account, viewer = stage.unit.accounts[step.actor], stage.unit.viewers[step.actor]
    with acting_as(str(account.pk), account.username, clock=lambda: step.at):
        step.act(stage, viewer, step.at)
