"""Are the failed cases of a made caseload flagged once it is imported, and no worked one?"""

import copy
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from cases.access import system_viewer
from cases.enums import ClockKind
from cases.models import Case, Flag, ImportRun, Officer, Policy, Response
from cases.selectors.replay import SWEEP_EVERY, CaseReplay, Expectation, replay, score
from cases.services.importing.runs import import_path
from cases.services.sweep import run_sweep
from tests.caseload import MODES, SYDNEY, VANCOUVER, Caseload, Shape, write_caseload
from tests.factories import PolicyFactory
from tests.leaks import assert_database_is_clean

IMPORTER = system_viewer("import")


def _settle_in(settings: Settings, shape: Shape) -> None:
    settings.TIME_ZONE = shape.time_zone
    settings.HOLIDAYS = shape.holidays


def _import(caseload: Caseload) -> ImportRun:
    at = caseload.shape.ends_at
    return import_path(
        viewer=IMPORTER, now=at, path=caseload.folder, squad_name="", clock=lambda: at
    )


def _replayed(until: datetime) -> dict[str, CaseReplay]:
    return {case.number: case for case in replay(start=None, until=until)}


def _missed(caseload: Caseload, replays: Mapping[str, CaseReplay]) -> list[tuple[str, str]]:
    return [
        (number, mode)
        for number, modes in caseload.failed.items()
        for mode in modes
        if replays[number].first((MODES[mode].flag, MODES[mode].clock)) is None
    ]


def _wrongly_flagged(caseload: Caseload, replays: Mapping[str, CaseReplay]) -> list[str]:
    return [number for number in sorted(caseload.worked) if replays[number].flags]


def test_the_same_seed_makes_the_same_caseload(tmp_path: Path) -> None:
    first = write_caseload(tmp_path / "first", seed=5, worked=8, each=1)
    second = write_caseload(tmp_path / "second", seed=5, worked=8, each=1)
    other = write_caseload(tmp_path / "other", seed=6, worked=8, each=1)

    written = [
        {path.name: path.read_bytes() for path in made.folder.iterdir()}
        for made in (first, second, other)
    ]
    assert written[0] == written[1]
    assert written[0] != written[2]


def test_every_way_to_fail_is_in_a_caseload(tmp_path: Path) -> None:
    made = write_caseload(tmp_path, seed=5, worked=4, each=1)

    assert {mode for modes in made.failed.values() for mode in modes} == set(MODES)
    assert any(len(modes) > 1 for modes in made.failed.values())


@pytest.mark.django_db
@pytest.mark.parametrize("shape", [VANCOUVER, SYDNEY], ids=lambda shape: shape.holidays)
@pytest.mark.parametrize("seed", [3, None], ids=["known", "any"])
def test_every_failure_is_flagged_and_no_worked_case(
    seed: int | None, shape: Shape, tmp_path: Path, settings: Settings
) -> None:
    """`any` draws another caseload in every run; a failure shows its seed."""
    seed = seed or random.SystemRandom().randrange(1_000_000)
    _settle_in(settings, shape)
    caseload = write_caseload(tmp_path, seed=seed, shape=shape)

    run = _import(caseload)
    replays = _replayed(shape.ends_at)

    assert [str(rejection.reason) for rejection in run.rejections.all()] == []
    assert Case.objects.count() == len(caseload.modes)
    assert _missed(caseload, replays) == []
    assert _wrongly_flagged(caseload, replays) == []


@pytest.mark.django_db
def test_a_flag_comes_within_one_sweep_of_the_breach(tmp_path: Path, settings: Settings) -> None:
    _settle_in(settings, VANCOUVER)
    caseload = write_caseload(tmp_path, seed=17, worked=5, each=1)
    _import(caseload)

    replays = replay(start=None, until=VANCOUVER.ends_at)
    result = score(replays, [Expectation(*item) for item in caseload.modes.items()])

    assert len(result.flagged) == result.failed == len(caseload.failed)
    assert result.worst_wait is not None
    assert timedelta(0) <= result.worst_wait <= SWEEP_EVERY


@pytest.mark.django_db
def test_a_sweep_flags_the_failed_and_leaves_the_worked_alone(
    tmp_path: Path, settings: Settings
) -> None:
    _settle_in(settings, VANCOUVER)
    caseload = write_caseload(tmp_path, seed=23, worked=25, each=1)
    _import(caseload)

    run_sweep(now=VANCOUVER.ends_at)

    flagged = set(Flag.objects.values_list("case__number", flat=True)) - {None}
    assert flagged <= set(caseload.failed)
    open_and_orphaned = Case.objects.filter(
        state="active",
        number__in=[n for n, modes in caseload.failed.items() if "unassigned" in modes],
        detective=None,
    ).values_list("number", flat=True)
    assert set(open_and_orphaned) <= flagged


@pytest.mark.django_db
def test_importing_the_same_bundle_again_changes_nothing(
    tmp_path: Path, settings: Settings
) -> None:
    _settle_in(settings, VANCOUVER)
    caseload = write_caseload(tmp_path, seed=29, worked=6, each=1)
    _import(caseload)
    before = (set(Case.objects.values_list("pk", "source_digest")), Response.objects.count())

    again = _import(caseload)

    assert (again.landed, again.changed, again.rejected) == (0, 0, 0)
    assert (
        set(Case.objects.values_list("pk", "source_digest")),
        Response.objects.count(),
    ) == before


@pytest.mark.django_db
def test_no_name_of_a_bundle_stands_in_clear(tmp_path: Path, settings: Settings) -> None:
    """Officers sign with their names; everybody else's is sealed, also inside the narratives."""
    _settle_in(settings, VANCOUVER)
    caseload = write_caseload(tmp_path, seed=31, worked=6, each=1)

    _import(caseload)

    officers = " ".join(Officer.objects.values_list("name", flat=True))
    people = [{"first_name": name} for name in caseload.names if name not in officers]
    assert_database_is_clean(people)


@pytest.mark.django_db
def test_worked_cases_stand_close_to_every_limit(tmp_path: Path, settings: Settings) -> None:
    """A rule that allowed a little less than the policy says would be noticed, clock by clock."""
    _settle_in(settings, VANCOUVER)
    caseload = write_caseload(tmp_path, seed=37, worked=60, each=1)
    _import(caseload)
    body = Policy.objects.latest("version").body

    unnoticed = []
    for clock in CUT:
        PolicyFactory.create(body=_with_less_time(body, clock))
        if not _wrongly_flagged(caseload, _replayed(VANCOUVER.ends_at)):
            unnoticed.append(clock)

    assert unnoticed == []


CUT = (
    ClockKind.INITIAL_REPORT,
    ClockKind.REFERRAL_ACKNOWLEDGED,
    ClockKind.VICTIM_SEEN,
    ClockKind.AGENCY_NOTIFIED,
    ClockKind.CAREGIVER_CONTACT,
    ClockKind.SERGEANT_REVIEW,
    ClockKind.FORENSIC_INTERVIEW_REQUESTED,
    ClockKind.FORENSIC_INTERVIEW_HELD,
    ClockKind.KIT_COLLECTED,
    ClockKind.KIT_TO_LAB,
    ClockKind.NEXT_SUPPLEMENT,
)


def _with_less_time(body: Mapping[str, Any], clock: str) -> dict[str, Any]:
    """The policy with 0.85 of one clock's limits, rounded down to whole hours."""
    changed = copy.deepcopy(dict(body))
    rule = changed["clocks"][clock]
    for name in ("limit", "first_limit"):
        if name in rule:
            rule[name] = _less(rule[name])
    if "by_priority" in rule:
        rule["by_priority"] = {level: _less(limit) for level, limit in rule["by_priority"].items()}
    return changed


def _less(limit: Mapping[str, int]) -> dict[str, int]:
    ((unit, amount),) = limit.items()
    return {"hours": int(amount * (24 if unit == "days" else 1) * 0.85)}
