"""What is measured: the case list, the dashboard, the sweep and the audit, each beside its best."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.management import CommandError

from cases.access import Viewer, viewer_for
from cases.enums import RoleCode
from cases.management.bench import best
from cases.management.bench.timing import (
    Statement,
    captured,
    in_turns,
    run,
    undone,
    with_commit,
    without_rollback,
)
from cases.models import Account, Case, Clock, Squad
from cases.models.clock import RUNNING
from cases.selectors.case_detail import case_page
from cases.selectors.cases import PAGE_SIZE, CaseFilters, case_list
from cases.selectors.dashboard import dashboard
from cases.selectors.ranked import PAGE_SIZE as RANKED_SIZE
from cases.services.flagging import on_desk
from cases.services.sweep import run_sweep

# A full sweep writes a flag and an entry for every clock; a few runs are enough.
HEAVY_SHARE = 10
HANDFUL = 5
MICROSECOND = timedelta(microseconds=1)

Row = tuple[Any, ...]
Answer = Sequence[object]


@dataclass(frozen=True, slots=True)
class Measure:
    """A question, how the product answers it, and the SQL that a person would write for it.

    `answer` and `best_answer` take from both what must be the same, else nothing is compared.
    """

    name: str
    act: Callable[[], Any]
    answer: Callable[[Any], Answer]
    best: Sequence[Statement]
    best_answer: Callable[[list[Row]], Answer]
    heavy: bool = False
    asker: UUID | None = None
    """Whose account is bound where the same is asked with row-level security."""


@dataclass(frozen=True, slots=True)
class Result:
    """Milliseconds. `rows`: how many the answer has."""

    name: str
    cases: int
    rows: int
    median_ms: float
    best_sql_ms: float
    ratio: float
    wall_ms: float

    def as_dict(self) -> dict[str, Any]:
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class People:
    """Who asks. `cold`: a detective whose cases are all old and closed."""

    detective: Viewer
    cold: Viewer
    sergeant: Viewer
    captain: Viewer


def people() -> People:
    """The first of each; of the detectives also the one with the oldest cases."""
    first_squad = Squad.objects.order_by("name").first()
    if first_squad is None or first_squad.sergeant_id is None:
        raise CommandError("The scratch database is empty; run again without --keep.")
    seated = Account.objects.filter(officer__squad=first_squad, role__code=RoleCode.DETECTIVE)
    detectives = sorted(seated, key=lambda account: int(account.username[1:]))
    return People(
        detective=viewer_for(detectives[0]),
        cold=viewer_for(detectives[-1]),
        sergeant=viewer_for(Account.objects.get(officer=first_squad.sergeant_id)),
        captain=viewer_for(Account.objects.get(role__code=RoleCode.CAPTAIN)),
    )


def measures(now: datetime) -> Iterator[Measure]:
    """Everything that is measured by SQL; what writes most comes last."""
    who = people()
    for name, viewer in (
        ("detective", who.detective),
        ("detective of cold cases", who.cold),
        ("sergeant", who.sergeant),
        ("captain", who.captain),
    ):
        yield _case_list(f"case list, {name}", viewer, now)
    yield _dashboard("dashboard, sergeant", who.sergeant, now)
    yield _dashboard("dashboard, captain", who.captain, now)
    yield _sweep("incremental sweep, nothing due", now)
    yield _sweep(f"incremental sweep, {HANDFUL} due", _when_due(HANDFUL))
    yield _sweep("full sweep", _when_due(None), heavy=True)


def measured(measure: Measure, cases: int, repetitions: int) -> Result:
    """Raises CommandError when the hand-written SQL answers something else."""
    with undone():
        found = measure.answer(measure.act())
    product = captured(measure.act)
    with undone():
        wanted = measure.best_answer(run(measure.best))
    if list(found) != list(wanted):
        raise CommandError(f"{measure.name}: the product and the SQL by hand disagree.")
    times = max(1, repetitions // HEAVY_SHARE) if measure.heavy else repetitions
    timed = in_turns(product, measure.best, measure.act, times, without_rollback)
    ratio = timed.product / timed.best
    return Result(measure.name, cases, len(found), timed.product, timed.best, ratio, timed.wall)


def _asker(viewer: Viewer, now: datetime, size: int) -> dict[str, Any]:
    return {
        "officer": viewer.officer_id,
        "account": viewer.account_id,
        "squads": sorted(viewer.squad_ids),
        "now": now,
        "size": size + 1,
    }


def _case_list(name: str, viewer: Viewer, now: datetime) -> Measure:
    return Measure(
        name,
        act=lambda: case_list(viewer=viewer, now=now, filters=CaseFilters()),
        answer=lambda page: [row.case_id for row in page.rows],
        best=[Statement(best.case_list(viewer.scope), _asker(viewer, now, PAGE_SIZE))],
        best_answer=lambda rows: _ids(rows)[:PAGE_SIZE],
        asker=viewer.account_id,
    )


def _dashboard(name: str, viewer: Viewer, now: datetime) -> Measure:
    return Measure(
        name,
        act=lambda: dashboard(viewer, now),
        answer=lambda page: [row.case_id for row in page.rows],
        best=[Statement(best.dashboard(viewer.scope), _asker(viewer, now, RANKED_SIZE))],
        best_answer=_ids,
        asker=viewer.account_id,
    )


def _ids(rows: list[Row]) -> list[UUID]:
    return [row[0] for row in rows if row[0] is not None]


def _sweep(name: str, moment: datetime, *, heavy: bool = False) -> Measure:
    sweep = Statement(best.SWEEP, {"now": moment, **on_desk(moment)})
    return Measure(
        name,
        act=lambda: run_sweep(now=moment),
        answer=lambda run: range(run.counts["raised"]),
        best=[sweep] if heavy else [Statement(best.BY_INDEX), sweep],
        best_answer=lambda rows: range(rows[0][0]),
        heavy=heavy,
    )


def _when_due(clocks: int | None) -> datetime:
    """Right after so many more clocks (all, when None) have fallen due."""
    running = Clock.objects.filter(RUNNING, flagged_at__isnull=True).order_by("due_at")
    due = list(running.values_list("due_at", flat=True)[:clocks])
    return max(due) + MICROSECOND


def some_case(viewer: Viewer) -> Case:
    """A case that the viewer holds, the newest entry first."""
    return Case.objects.filter(detective=viewer.officer_id).order_by("-last_entry_at")[0]


def audit_cost(now: datetime, cases: int, repetitions: int) -> Result:
    """A case page with its entry, and the same without: how much the record of a look costs."""
    viewer = people().detective
    case_id = some_case(viewer).pk
    act = lambda: case_page(viewer=viewer, now=now, case_id=case_id)  # noqa: E731
    sent = captured(act)
    silent = [statement for statement in sent if "INSERT INTO" not in statement.sql]
    timed = in_turns(sent, silent, act, repetitions, with_commit)
    return Result(
        "audit of one case page",
        cases,
        len(sent) - len(silent),
        timed.product,
        timed.best,
        timed.product / timed.best,
        timed.wall,
    )
