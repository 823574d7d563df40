"""How fast is the product with many cases, beside the best SQL for the same answers?

manage.py bench [--cases N] [--json] [--pages] [--keep]
manage.py bench --people N [--json] [--keep]
manage.py bench --log N [--json] [--keep]
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from audit.context import acting_as_system
from audit.ownership import OwnerNotKnown, as_owner
from cases.management.bench.caseload import build
from cases.management.bench.guarded import guarded
from cases.management.bench.log import ENTRIES, build_log, verified
from cases.management.bench.measures import Result, audit_cost, measured, measures
from cases.management.bench.pages import PageResult, measured_pages
from cases.management.bench.people import PEOPLE, build_people, people_measures
from cases.management.bench.report import Results, guarded_report, people_report, report
from cases.management.bench.scratch import ScratchDatabases, mark_filled, tidy
from cases.management.bench.sealing import keeping_up

CASES = 100_000
FEWEST = 500
GROWTH = 10
REPETITIONS = 31


class Command(BaseCommand):
    help = "Time the product with N and with N/10 synthetic cases, in a scratch database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, default=CASES, help=f"N (default {CASES})")
        parser.add_argument(
            "--people",
            type=int,
            nargs="?",
            const=PEOPLE,
            help=f"only: how fast somebody is found among N people (N when left out: {PEOPLE})",
        )
        parser.add_argument(
            "--log",
            type=int,
            nargs="?",
            const=ENTRIES,
            help=f"only: how long an audit log of N entries takes to verify (N: {ENTRIES})",
        )
        parser.add_argument(
            "--guarded",
            action="store_true",
            help="only: what row-level security costs lists and searches, with N cases",
        )
        parser.add_argument("--json", action="store_true", help="print rows for a program")
        parser.add_argument("--pages", action="store_true", help="whole pages too")
        parser.add_argument(
            "--keep", action="store_true", help="keep the scratch databases and take them up again"
        )
        parser.add_argument(
            "--repetitions", type=int, default=REPETITIONS, help=f"(default {REPETITIONS})"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # As whom the application signs in, before the owner does.
        self.sign_in = dict(connection.settings_dict)
        try:
            with as_owner():
                self._measure(options)
        except OwnerNotKnown as refused:
            raise CommandError(str(refused)) from None

    def _measure(self, options: Mapping[str, Any]) -> None:
        if options["people"] is not None:
            self._find(options["people"], options)
            return
        if options["log"] is not None:
            self._verify(options["log"], options)
            return
        cases = options["cases"]
        if cases < FEWEST:
            raise CommandError(f"--cases {cases} says nothing; give {FEWEST} or more.")
        if options["guarded"]:
            self._guard(cases, options)
            return
        with ScratchDatabases(keep=options["keep"]) as databases:
            few, many = (self._run(databases, size, options) for size in (cases // GROWTH, cases))
        if options["json"]:
            rows = [result.as_dict() for results in (few, many) for result in results]
            self.stdout.write(json.dumps(rows, indent=1))
        else:
            self.stdout.write("\n".join(report(few, many)))

    def _guard(self, cases: int, options: Mapping[str, Any]) -> None:
        """Lists and searches as the application with an account bound, and as the owner."""
        self._tell(f"A scratch database for {cases:,} cases…")
        with (
            acting_as_system("bench"),
            ScratchDatabases(keep=options["keep"]) as databases,
            databases.of(cases) as filled_at,
        ):
            now = filled_at or timezone.now()
            if filled_at is None:
                build(cases, now)
                tidy()
                mark_filled(now)
            found = list(guarded(now, cases, options["repetitions"], self.sign_in))
        if options["json"]:
            self.stdout.write(json.dumps([one.as_dict() for one in found], indent=1))
        else:
            self.stdout.write("\n".join(guarded_report(found)))

    def _find(self, people: int, options: Mapping[str, Any]) -> None:
        """Somebody looked for among so many people, beside a plain index in the same run."""
        if people < FEWEST:
            raise CommandError(f"--people {people} says nothing; give {FEWEST} or more.")
        self._tell(f"A scratch database with {people:,} people…")
        with (
            acting_as_system("bench"),
            ScratchDatabases(keep=options["keep"]) as databases,
            databases.of(f"people_{people}") as filled_at,
        ):
            if filled_at is None:
                build_people(people, timezone.now())
                tidy()
                mark_filled(timezone.now())
            times = options["repetitions"]
            found = [measured(one, people, times) for one in people_measures(people)]
        if options["json"]:
            self.stdout.write(json.dumps([one.as_dict() for one in found], indent=1))
        else:
            self.stdout.write("\n".join(people_report(found)))

    def _verify(self, entries: int, options: Mapping[str, Any]) -> None:
        """A sealed log of so many entries, verified whole."""
        if entries < FEWEST:
            raise CommandError(f"--log {entries} says nothing; give {FEWEST} or more.")
        with (
            acting_as_system("bench"),
            ScratchDatabases(keep=options["keep"]) as databases,
            databases.of(f"log_{entries}") as filled_at,
        ):
            if filled_at is None:
                build_log(entries, timezone.now(), self._tell)
                tidy()
                mark_filled(timezone.now())
            found = verified()
        # Writers' transactions come after all that was sealed in bulk: a log of their own.
        with (
            acting_as_system("bench"),
            ScratchDatabases(keep=False) as databases,
            databases.of("sealing"),
        ):
            rounds = [one.as_dict() for one in keeping_up(timezone.now, self._tell)]
        self.stdout.write(json.dumps([found.as_dict(), *rounds], indent=1))

    def _run(self, databases: ScratchDatabases, cases: int, options: Mapping[str, Any]) -> Results:
        self._tell(f"A scratch database for {cases:,} cases…")
        with acting_as_system("bench"), databases.of(cases) as filled_at:
            now = filled_at or timezone.now()
            if filled_at is None:
                build(cases, now)
                tidy()
                mark_filled(now)
            return list(self._results(cases, now, options))

    def _results(
        self, cases: int, now: datetime, options: Mapping[str, Any]
    ) -> Iterator[Result | PageResult]:
        times = options["repetitions"]
        found: Iterable[Result | PageResult] = chain(
            measured_pages(cases, times, self.sign_in) if options["pages"] else (),
            [audit_cost(now, cases, times)],
            (measured(measure, cases, times) for measure in measures(now)),
        )
        for result in found:
            self._tell(f"{result.name}: {result.wall_ms:.1f} ms")
            yield result
        tidy()

    def _tell(self, words: str) -> None:
        self.stderr.write(words)
