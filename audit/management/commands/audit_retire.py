"""How do months that need not be kept any longer leave the log? In two steps, by two people.

manage.py audit_retire --before YYYY-MM-DD --order TEXT --by NAME --bundles FOLDER
manage.py audit_retire --confirm NUMBER --by NAME --bundles FOLDER
"""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.context import acting_as_system
from audit.ownership import OwnerNotKnown, as_owner
from audit.retirement import NotRetired, ask, bundle_name, confirm
from audit.witness import kept_notes


class Command(BaseCommand):
    help = "Retire months of the log, as its owner: export, then, confirmed by another, detach."

    def add_arguments(self, parser: ArgumentParser) -> None:
        step = parser.add_mutually_exclusive_group(required=True)
        step.add_argument(
            "--before", type=date.fromisoformat, help="ask: months that end before this day"
        )
        step.add_argument("--confirm", type=int, help="the number that asking printed")
        parser.add_argument("--order", default="", help="under what schedule or order; on record")
        parser.add_argument("--by", required=True, help="your name and badge; on record")
        parser.add_argument("--bundles", type=Path, required=True, help="folder of the bundles")

    def handle(self, *args: Any, **options: Any) -> None:
        step = self._ask if options["before"] else self._confirm
        try:
            with as_owner(), acting_as_system("audit_retire"):
                step(options)
        except (NotRetired, OwnerNotKnown) as refused:
            raise CommandError(str(refused)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(
                f"A file can't be read or written: {type(error).__name__}."
            ) from None

    def _ask(self, options: dict[str, Any]) -> None:
        asked, bundles = ask(
            before=options["before"],
            order=options["order"],
            by=options["by"],
            folder=options["bundles"],
            notes=kept_notes(),
            now=timezone.now(),
        )
        for bundle in bundles:
            name = bundle_name(bundle.month)
            self.stdout.write(f"{name}: {bundle.entries:,} entries, SHA-256 {bundle.digest}")
        self.stdout.write(
            "Nothing is retired yet. When a witness has seen that it was asked for, somebody else "
            f"runs audit_retire --confirm {asked.pk}."
        )

    def _confirm(self, options: dict[str, Any]) -> None:
        retired = confirm(
            number=options["confirm"],
            by=options["by"],
            folder=options["bundles"],
            now=timezone.now(),
        )
        for one in retired:
            self.stdout.write(str(one))
        self.stdout.write("Each stands in a table audit_retired_YYYY_MM until that is dropped.")
