"""Whatever is written in whatever order, do the rows kept up to date say what the rules say?

Random lives of a small caseload, in facts. After each write only `refresh_cases` runs, now and
then a sweep. At the end clocks and flags must be what the rules compute from the facts at that
moment, and reconcile must find no drift.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cases.enums import ENDED_STATES, CaseState, ResponseKind
from cases.models import Case, Clock, Flag, Officer, Referral, Response
from cases.rules.clocks import clocks
from cases.rules.flags import findings
from cases.selectors.facts import case_facts
from cases.selectors.policy import current_policy, unit_calendar
from cases.services.clocks import detect_copies, refresh_cases
from cases.services.reconcile import reconcile
from cases.services.sweep import run_sweep
from tests.factories import (
    DAY,
    HOUR,
    NARRATIVE,
    NOW,
    AssignmentFactory,
    CaseFactory,
    CaseStateChangeFactory,
    ClockHoldFactory,
    EvidenceFactory,
    InvolvedPersonFactory,
    OfficerFactory,
    ReferralFactory,
    ResponseFactory,
    ReviewFactory,
    SquadFactory,
)

pytestmark = pytest.mark.django_db

CASES = 2


@dataclass
class World:
    """A caseload and the moment it is."""

    now: datetime = NOW
    cases: list[Case] = field(default_factory=list)
    officers: list[Officer] = field(default_factory=list)

    def written(self, case: Case, also: frozenset[UUID] = frozenset()) -> None:
        refresh_cases(case_ids={case.pk, *also}, now=self.now)


@dataclass(frozen=True)
class Step:
    """One thing that happens: which, on which case, how long ago it was, and a further choice."""

    act: str
    case: int
    ago: timedelta
    pick: int
    later: timedelta


def responds(world: World, case: Case, step: Step) -> None:
    kind = ResponseKind.values[step.pick % len(ResponseKind.values)]
    ResponseFactory.create(
        case=case, kind=kind, occurred_at=world.now - step.ago, entered_at=world.now
    )
    world.written(case)


def reports(world: World, case: Case, step: Step) -> None:
    text = (NARRATIVE, "Thin.", f"{NARRATIVE} More was found on case {step.case}.")[step.pick % 3]
    made = ResponseFactory.create(
        case=case,
        initial_report=True,
        narrative=text,
        occurred_at=world.now - step.ago,
        entered_at=world.now,
        answers={"intake": "By a call."} if step.pick % 2 else {},
    )
    copied = detect_copies(response_ids=[made.pk], now=world.now)
    world.written(case, frozenset(copied))


def reviews(world: World, case: Case, _step: Step) -> None:
    report = Response.objects.filter(case=case, kind="initial_report").order_by("entered_at").last()
    if report is not None:
        ReviewFactory.create(case=case, response=report, occurred_at=world.now)
        world.written(case)


def assigns(world: World, case: Case, step: Step) -> None:
    again = case.assignments.exists()
    case.assignments.filter(ended_at__isnull=True).update(ended_at=world.now)
    AssignmentFactory.create(
        case=case,
        officer=world.officers[step.pick % len(world.officers)],
        assigned_at=world.now,
        acknowledged_at=None if again else world.now,
        reassignment=again,
    )
    world.written(case)


def acknowledges(world: World, case: Case, _step: Step) -> None:
    case.assignments.filter(acknowledged_at__isnull=True).update(acknowledged_at=world.now)
    world.written(case)


def ends(world: World, case: Case, step: Step) -> None:
    changed: dict[str, Any]
    if case.state in ENDED_STATES:
        changed = {"state": CaseState.REOPENED, "disposition": "", "closed_at": None}
    else:
        changed = {"state": CaseState.INACTIVE, "disposition": "inactive", "closed_at": world.now}
    Case.objects.filter(pk=case.pk).update(**changed)
    signer = world.officers[0] if step.pick % 2 else None
    CaseStateChangeFactory.create(
        case=case,
        state=changed["state"],
        disposition=changed["disposition"],
        occurred_at=world.now,
        signed_by=signer,
    )
    world.written(case)


def waits(world: World, case: Case, step: Step) -> None:
    if case.state in ENDED_STATES:
        return
    state = (CaseState.AWAITING_LAB, CaseState.ACTIVE)[step.pick % 2]
    Case.objects.filter(pk=case.pk).update(state=state)
    CaseStateChangeFactory.create(case=case, state=state, occurred_at=world.now)
    world.written(case)


def refers(world: World, case: Case, step: Step) -> None:
    ReferralFactory.create(case=case, received_at=world.now - step.ago, entered_at=world.now)
    world.written(case)


def answers(world: World, case: Case, _step: Step) -> None:
    Referral.objects.filter(case=case, acknowledged_at=None).update(acknowledged_at=world.now)
    world.written(case)


def suspects(world: World, case: Case, _step: Step) -> None:
    InvolvedPersonFactory.create(case=case, entered_at=world.now)
    world.written(case)


def collects(world: World, case: Case, _step: Step) -> None:
    EvidenceFactory.create(case=case, entered_at=world.now)
    world.written(case)


def holds(world: World, case: Case, step: Step) -> None:
    kind = ("victim_seen", "next_supplement")[step.pick % 2]
    begins = world.now + step.later
    ClockHoldFactory.create(
        case=case,
        clock_kind=kind,
        starts_at=begins,
        ends_at=begins + 5 * DAY,
        entered_at=world.now,
    )
    world.written(case)


def leaves(world: World, case: Case, step: Step) -> None:
    officer = world.officers[step.pick % len(world.officers)]
    officer.active_to = max(officer.active_from, (world.now + step.later).date())
    officer.save()
    world.written(case, frozenset(one.pk for one in world.cases))


def sweeps(world: World, _case: Case, _step: Step) -> None:
    run_sweep(now=world.now)


ACTS: dict[str, Callable[[World, Case, Step], None]] = {
    act.__name__: act
    for act in (
        responds,
        reports,
        reviews,
        assigns,
        acknowledges,
        ends,
        waits,
        refers,
        answers,
        suspects,
        collects,
        holds,
        leaves,
        sweeps,
    )
}

steps = st.lists(
    st.builds(
        Step,
        act=st.sampled_from(sorted(ACTS)),
        case=st.integers(0, CASES - 1),
        ago=st.sampled_from([timedelta(0), HOUR, 2 * DAY, 10 * DAY]),
        pick=st.integers(0, 20),
        later=st.sampled_from([timedelta(0), HOUR, 3 * DAY, 20 * DAY]),
    ),
    max_size=14,
)


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lived=steps, rest=st.sampled_from([timedelta(0), HOUR, 4 * DAY, 40 * DAY]))
def test_rows_kept_up_to_date_agree_with_the_rules(lived: list[Step], rest: timedelta) -> None:
    with transaction.atomic():
        world = new_world()
        for step in lived:
            world.now += step.later
            case = world.cases[step.case]
            case.refresh_from_db()
            ACTS[step.act](world, case, step)
        world.now += rest
        run_sweep(now=world.now)

        agrees(world)
        transaction.set_rollback(True)


def new_world() -> World:
    squad = SquadFactory.create(led=True)
    world = World(
        cases=CaseFactory.create_batch(
            CASES, squad=squad, received_at=NOW, entered_at=NOW, offense_class="rape"
        ),
        officers=[
            OfficerFactory.create(squad=squad),
            OfficerFactory.create(squad=squad, active_from=date(2026, 3, 20)),
        ],
    )
    for case in world.cases:
        world.written(case)
    return world


def agrees(world: World) -> None:
    policy, calendar = current_policy(), unit_calendar()
    for key, facts in case_facts([case.pk for case in world.cases]).items():
        found = clocks(facts.known_at(world.now), policy, calendar)
        rows = Clock.objects.filter(case=key).values_list(
            "kind", "key", "starts_at", "due_at", "met_at", "stopped_at"
        )
        assert set(rows) == {
            (one.kind, one.key, one.starts_at, one.breach_at, one.met_at, one.stopped_at)
            for one in found
        }
        flags = Flag.objects.filter(case=key).exclude(status="resolved")
        expected = findings(facts, policy, calendar, world.now)
        assert sorted(flags.values_list("kind", "clock_kind", "clock_key")) == sorted(
            one.name for one in expected
        )
    assert reconcile(now=world.now, fix=False).drift == ()
