"""Does anything that is stored in clear still name somebody?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.services.leak_scan import scan_for_leaks

NAME = "leak scan"


class Command(BaseCommand):
    help = "Look for identities in what is stored in clear; says where and what kind, never what."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, default=1_000, help="So many of the newest cases.")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as_system(NAME):
            scan = scan_for_leaks(
                viewer=system_viewer(NAME), now=timezone.now(), limit=options["cases"]
            )
        for (column, kind), count in sorted(scan.places.items()):
            self.stdout.write(f"{column}: {kind} in {count}")
        for case_id in scan.cases:
            self.stdout.write(f"case {case_id}")
        for row in scan.elsewhere:
            self.stdout.write(row)
        if scan.places:
            raise CommandError(
                f"{len(scan.cases)} of {scan.looked_at} cases hold something, and "
                f"{len(scan.elsewhere)} texts that belong to no case."
            )
        self.stdout.write(f"{scan.looked_at} cases: nothing found.")
