"""How long does SQL take, and how long the same answer by other SQL, at the same moment?

What the product sends is captured and sent again as it was, so that both are measured alike: sent
and fetched on a plain cursor, one after the other in turns, each in a transaction rolled back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection, transaction

WARM_UP = 2
# So few are of something so long that it needs no warming up.
FEW = 3
Act = Callable[[], object]
Stopwatch = Callable[[Act], float]

_BOUNDARIES = ("SAVEPOINT", "RELEASE", "ROLLBACK")


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    params: Any = None


@dataclass(frozen=True, slots=True)
class Timed:
    """Medians in milliseconds: the product's SQL, the best by hand, the whole call."""

    product: float
    best: float
    wall: float


def captured(act: Act) -> list[Statement]:
    """The statements that `act` sends, as they are; what it writes is undone."""
    sent: list[Statement] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if not sql.startswith(_BOUNDARIES):
            sent.append(Statement(sql, params))
        return execute(sql, params, many, context)

    with undone(), connection.execute_wrapper(listen):
        act()
    return sent


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def run(statements: Sequence[Statement]) -> list[tuple[Any, ...]]:
    """Send and fetch on a plain cursor; the rows of the last statement."""
    return run_on(connection.connection, statements)


def run_on(opened: Any, statements: Sequence[Statement]) -> list[tuple[Any, ...]]:
    """The same on another of the driver's connections."""
    rows: list[tuple[Any, ...]] = []
    with opened.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.sql, statement.params)
            rows = cursor.fetchall() if cursor.description else []
    return rows


def in_turns(
    product: Sequence[Statement],
    best: Sequence[Statement],
    act: Act,
    repetitions: int,
    stopwatch: Stopwatch,
) -> Timed:
    """Medians of all three, taken in turns so that a busy moment is everybody's."""
    acts: tuple[Act, ...] = (lambda: run(product), lambda: run(best), act)
    taken: tuple[list[float], ...] = ([], [], [])
    for repetition in range(-WARM_UP if repetitions > FEW else 0, repetitions):
        for one, times in zip(acts, taken, strict=True):
            spent = stopwatch(one)
            if repetition >= 0:
                times.append(spent)
    return Timed(*map(median, taken))


def without_rollback(act: Act) -> float:
    """The milliseconds of `act`; what it writes is undone, off the clock."""
    with undone():
        return milliseconds(act)


def with_commit(act: Act) -> float:
    """The milliseconds of `act` as a request of its own, commit included; what it writes stays."""
    return milliseconds(transaction.atomic(act))


def milliseconds(act: Act) -> float:
    """How long `act` takes."""
    started = perf_counter()
    act()
    return 1000 * (perf_counter() - started)
