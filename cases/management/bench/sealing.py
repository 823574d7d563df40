"""Does sealing keep up with its writers, and do they write as fast while it works?

Writers are processes with connections of their own, which leave entries as requests do, each in a
transaction; the sealer comes every three seconds, as it does in production.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from time import monotonic, process_time, sleep
from typing import Any

from django.db import connection, transaction

from audit.context import acting_as_system
from audit.events import Event
from audit.models import Entry
from audit.recorder import record
from audit.sealing import seal
from audit.selectors import sealing_status
from cases.management.bench.log import Tell

WRITERS = 4
ASKED = 500
SECONDS = 20
EVERY = 3.0
LOOK = 0.25
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Round:
    """`asked`: entries a second, 0 for as many as can be; `worst_lag_s` of what waited for a seal.

    `waiting`: what was not sealed yet when the writers stopped; `sealer_cpu_s`: its own.
    """

    name: str
    asked: int
    reached: float
    waiting: int
    worst_lag_s: float
    sealer_cpu_s: float

    def as_dict(self) -> dict[str, Any]:
        return {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def keeping_up(clock: Clock, tell: Tell) -> Iterator[Round]:
    """At the rate that is asked for, then as fast as they can, each without and with a sealer."""
    for asked in (ASKED, 0):
        for sealing in (False, True):
            done = _round(clock, asked, sealing=sealing)
            tell(f"{done.name}: {done.reached:.0f} entries a second, lag {done.worst_lag_s:.1f} s")
            yield done
            seal(now=clock())


def _round(clock: Clock, asked: int, *, sealing: bool) -> Round:
    before, started = Entry.objects.count(), monotonic()
    connection.close()
    writers = [_Process(target=_write, args=(clock, asked / WRITERS)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    lag, spent, due = timedelta(0), 0.0, started
    while any(writer.is_alive() for writer in writers):
        if sealing and monotonic() >= due:
            due, cpu = due + EVERY, process_time()
            seal(now=clock())
            spent += process_time() - cpu
        lag = max(lag, sealing_status(now=clock()).lag)
        sleep(LOOK)
    took, written = monotonic() - started, Entry.objects.count() - before
    waiting = sealing_status(now=clock()).waiting
    name = "with a sealer" if sealing else "without a sealer"
    return Round(name, asked, written / took, waiting, lag.total_seconds(), spent)


_Process = get_context("fork").Process


def _write(clock: Clock, rate: float) -> None:
    """Entries for some seconds, so many a second; 0 for as many as can be."""
    end, due = monotonic() + SECONDS, monotonic()
    with acting_as_system("bench"):
        while monotonic() < end:
            with transaction.atomic():
                record(
                    Event.CASE_VIEWED,
                    at=clock(),
                    subject_type="case",
                    subject_id="invented",
                    details={"part": "bench"},
                )
            due += 1 / rate if rate else 0
            sleep(max(0.0, due - monotonic()) if rate else 0)
    connection.close()
