"""Are all data keys under the current key? Re-wraps those that are not, while the unit works.

manage.py rotate_keys [--check] [--batch N]
"""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.models.sealing import unit_keyring
from cases.selectors.seals import KeyUse, key_uses
from cases.services.rotation import BATCH, remaining, rotate_keys

SHOWN = 50
TASK = "rotate_keys"


class Command(BaseCommand):
    help = "Re-wrap every data key under the current sealing key. Killed, run it again: it goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="say what remains, change nothing")
        parser.add_argument("--batch", type=int, default=BATCH, help="rows per transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("A batch has at least one row.")
        with acting_as_system(TASK):
            self._handle(options)

    def _handle(self, options: dict[str, Any]) -> None:
        if not options["check"]:
            self._rotate(options["batch"])
        for line in _lines(key_uses()):
            self.stdout.write(line)
        if left := remaining():
            raise CommandError(
                f"{left} data keys are not under {unit_keyring().current_id} yet. Keep the other "
                "keys configured and run this again."
            )
        self.stdout.write(
            f"Every data key is under {unit_keyring().current_id}; the other keys may go."
        )

    def _rotate(self, batch: int) -> None:
        result = rotate_keys(
            viewer=system_viewer(TASK), clock=timezone.now, tell=self._tell, batch=batch
        )
        self._tell(f"{result.rewrapped} data keys re-wrapped, {result.remaining} remain")
        for name in result.broken[:SHOWN]:
            self._tell(f"does not open: {name}")

    def _tell(self, line: str) -> None:
        self.stderr.write(line)
        self.stderr.flush()


def _lines(uses: Iterable[KeyUse]) -> list[str]:
    return [
        f"{use.table} under {use.key_id}{' (current)' if use.current else ''}: {use.rows}"
        f"{f', {use.plain} of them without a shred key' if use.plain else ''}"
        for use in uses
    ]
