"""Does the bench compare like with like, in databases of its own, and leave none behind?"""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from cases.access import visible_cases
from cases.management.bench.caseload import build
from cases.management.bench.measures import Result, measured, measures, people
from cases.management.bench.people import KEPT, build_people, people_measures
from cases.management.bench.report import report
from cases.management.bench.timing import Statement, captured, run
from cases.models import Case, Clock, Flag, Response, SweepRun, Wall
from cases.models.clock import RUNNING
from tests.factories import NOW

FEW = 120
FEWEST = 500
KEYS = {"name", "cases", "rows", "median_ms", "best_sql_ms", "ratio", "wall_ms"}
MOST_QUERIES = 14


@pytest.fixture
def caseload(db: None) -> None:
    build(FEW, NOW)


@pytest.mark.usefixtures("caseload")
class TestCaseload:
    def test_every_case_has_five_responses(self) -> None:
        assert Case.objects.count() == FEW
        assert Response.objects.count() == 5 * FEW

    def test_nothing_is_due_that_no_sweep_has_seen(self) -> None:
        unseen = Clock.objects.filter(RUNNING, flagged_at__isnull=True)

        assert unseen.exists()
        assert not unseen.filter(due_at__lt=NOW).exists()

    def test_what_a_case_says_about_its_clocks_and_flags_is_so(self) -> None:
        for case in Case.objects.prefetch_related("clocks", "flags"):
            running = [clock.due_at for clock in case.clocks.all() if clock.met_at is None]
            standing = {flag.kind for flag in case.flags.all() if flag.status != "resolved"}

            assert case.next_due_at == min(running, default=None)
            assert bool(standing) == bool(case.concerns or case.flags_waived)

    def test_there_are_walls_grants_and_flags_without_a_case(self) -> None:
        who = people()

        assert Wall.objects.exists()
        assert Flag.objects.filter(officer__isnull=False).exists()
        assert Flag.objects.filter(referral__isnull=False).exists()
        for viewer in (who.detective, who.cold):
            held = Case.objects.filter(detective=viewer.officer_id)
            assert visible_cases(viewer, NOW).count() > held.count() > 0


@pytest.mark.usefixtures("caseload")
class TestMeasures:
    def test_the_product_and_the_best_sql_give_the_same_answers(self) -> None:
        results = {item.name: measured(item, FEW, 1) for item in measures(NOW)}

        assert {"case list, detective", "case list, sergeant", "case list, captain"} <= set(results)
        assert results["case list, captain"].rows == 50
        assert results["dashboard, captain"].rows > 0
        assert results["incremental sweep, nothing due"].rows == 0
        assert results["incremental sweep, 5 due"].rows >= 5
        unflagged = Clock.objects.filter(RUNNING, flagged_at__isnull=True)
        assert results["full sweep"].rows == unflagged.count()

    def test_measuring_leaves_nothing_behind(self) -> None:
        sweep = next(item for item in measures(NOW) if item.name == "full sweep")
        before = Flag.objects.count()

        measured(sweep, FEW, 1)

        assert Flag.objects.count() == before
        assert not SweepRun.objects.exists()

    def test_another_answer_is_not_compared(self) -> None:
        first = next(measures(NOW))
        (query,) = first.best
        shorter = replace(first, best=[Statement(query.sql, query.params | {"size": 2})])

        with pytest.raises(CommandError, match="disagree"):
            measured(shorter, FEW, 1)

    def test_what_was_captured_can_be_sent_again(self) -> None:
        statements = captured(lambda: Case.objects.filter(number="B0000007").first())

        assert len(statements) == 1
        assert len(run(statements)) == 1


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture(scope="module")
def bench(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> list[dict[str, Any]]:
    """One whole run; what it leaves of databases and of rows in the real one is in the last row."""
    out = io.StringIO()
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        before = databases()
        options = {"cases": FEWEST, "json": True, "pages": True, "repetitions": 1}
        call_command("bench", stdout=out, stderr=io.StringIO(), **options)
        left = {found for found in databases() - before if found.startswith(name)}
        rows = Case.objects.count()
        back = connection.settings_dict["NAME"] == name
    return [*json.loads(out.getvalue()), {"left": left, "rows": rows, "back": back}]


@pytest.mark.xdist_group("bench")
class TestRun:
    def test_rows_for_a_program_have_these_keys(self, bench: list[dict[str, Any]]) -> None:
        *results, _ = bench
        timed = [row for row in results if "queries" not in row]

        assert {frozenset(row) for row in timed} == {frozenset(KEYS)}
        assert {row["cases"] for row in results} == {FEWEST // 10, FEWEST}
        assert all(row["median_ms"] > 0 and row["best_sql_ms"] > 0 for row in timed)

    def test_every_page_keeps_within_its_queries(self, bench: list[dict[str, Any]]) -> None:
        pages = {row["name"]: row["queries"] for row in bench if "queries" in row}

        assert len(pages) == 14
        assert {name: count for name, count in pages.items() if count > MOST_QUERIES} == {}

    def test_the_real_database_is_not_touched(self, bench: list[dict[str, Any]]) -> None:
        assert bench[-1] == {"left": set(), "rows": 0, "back": True}


def test_growth_is_from_a_tenth() -> None:
    few = Result("a list", 10, 5, median_ms=2.0, best_sql_ms=1.0, ratio=2.0, wall_ms=9.0)

    lines = list(report([few], [replace(few, cases=100, median_ms=3.0)]))

    assert lines[1].split()[-1] == "1.5"


def test_too_few_cases_are_refused() -> None:
    with pytest.raises(CommandError, match="give 500 or more"):
        call_command("bench", cases=FEWEST - 1)


@pytest.mark.django_db
class TestPeople:
    def test_somebody_is_found_alike_by_both(self) -> None:
        build_people(FEWEST, NOW)

        found = [measured(one, FEWEST, 1) for one in people_measures(FEWEST)]

        assert [result.rows for result in found] == [1, len(KEPT) - 1, 1]
        assert all(result.ratio > 0 for result in found)

    def test_too_few_people_say_nothing(self) -> None:
        with pytest.raises(CommandError, match="says nothing"):
            call_command("bench", people=FEWEST - 1)
