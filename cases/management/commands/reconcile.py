"""Do lists and flags still say what the facts say? Recomputes every open case and repairs drift.

manage.py reconcile [--dry-run]
"""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audit.context import acting_as_system
from cases.models import Case
from cases.services.reconcile import Drift, reconcile

SHOWN = 50


class Command(BaseCommand):
    help = "Recompute every open case from its facts, report what had drifted, and repair it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="report only, repair nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        fix = not options["dry_run"]
        with acting_as_system("reconcile"):
            result = reconcile(now=timezone.now(), fix=fix)
            lines = _lines(result.drift)
        for line in lines:
            self.stdout.write(line)
        drifted = result.run.counts["drifted"]
        end = "repaired" if fix else "not repaired (dry run)"
        self.stdout.write(
            f"{result.run.counts['cases']} cases recomputed; {drifted} had drifted"
            f"{f', {end}' if drifted else ''}."
        )


def _lines(drift: Iterable[Drift]) -> list[str]:
    shown = list(drift)[: SHOWN + 1]
    keys = [item.subject_id for item in shown]
    numbers = dict(Case.objects.filter(pk__in=keys).values_list("pk", "number"))
    lines = [
        f"{item.subject} {numbers.get(item.subject_id, item.subject_id)}: {item.what}"
        for item in shown[:SHOWN]
    ]
    return [*lines, "…"] if len(shown) > SHOWN else lines
