"""Has the log a table for each month, and for those to come? Makes what lacks.

manage.py audit_partitions [--check]
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.context import acting_as_system
from audit.months import log_months, made_months, make_due


class Command(BaseCommand):
    help = "Make the audit log's months up to three ahead, and move strays into theirs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="make nothing; only say")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            with acting_as_system("audit_partitions"):
                made = make_due(now=timezone.now())
            self.stdout.write(f"Made: {', '.join(made) or 'nothing'}.")
        for month in made_months():
            self.stdout.write(f"{month:%Y-%m}")
        months = log_months(now=timezone.now())
        if months.is_short:
            strays = ", and entries lie outside of all months" if months.has_strays else ""
            raise CommandError(f"{months.ahead} months are made ahead{strays}.")
