"""Is the store of shred keys there, and does it fit the data? Makes it once, before there are data.

manage.py shred_store [--create]
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.context import acting_as_system
from cases import shreds
from cases.selectors.seals import key_uses

NAME = "shred store"


class Command(BaseCommand):
    help = "Check the store of shred keys; with --create, make it if nothing needs an older one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--create", action="store_true", help="make it if it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.SHRED_STORE)
        if options["create"] and not path.exists():
            self._create(path)
        try:
            tree = shreds.load(path)
        except shreds.ShredStoreError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"The store of shred keys is there, with {len(tree.nodes)} nodes.")

    def _create(self, path: Path) -> None:
        with acting_as_system(NAME):
            uses = key_uses()
        if any(use.rows > use.plain for use in uses):
            raise CommandError(
                "There are records that an earlier store protects. Put that file back: a new one "
                "could never open them."
            )
        try:
            shreds.create(path)
        except OSError:
            raise CommandError("The folder of the shred store can't be written.") from None
