"""What do the two import commands share? All but which file they are given, and how it is read."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.services.importing.errors import ImportRefused
from cases.services.importing.reports import finished, progress
from cases.services.importing.runs import import_path


class ImportCommand(BaseCommand):
    """Acts as the system under `task`, tells how far it is, and prints the outcome."""

    task: str
    path_help: str

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help=self.path_help)
        parser.add_argument("--squad", default="", help="the squad that all cases go to")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
        parser.add_argument("--strict", action="store_true", help="fail when a row did not land")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with acting_as_system(self.task):
                run = import_path(
                    viewer=system_viewer(self.task),
                    now=timezone.now(),
                    path=options["path"],
                    mapping=options.get("mapping", ""),
                    squad_name=options["squad"],
                    clock=timezone.now,
                    tell=progress(self.stderr),
                )
                told = finished(run, as_json=options["json"])
        except ImportRefused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(told)
        if options["strict"] and run.rejected:
            raise CommandError("Not every row landed; see the list.")
