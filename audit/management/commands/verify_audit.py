"""Is the audit log still what was sealed? Says so, or names the first bad entry.

manage.py verify_audit [--from N] [--to N] [--since-witness] [--witness FILE]
"""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.checkpoints import log_signer
from audit.selectors import sealing_status
from audit.verification import Report, Scope, last_witnessed, verify
from audit.witness import kept_notes

TELL_EVERY_SECONDS = 2.0


class Command(BaseCommand):
    help = "Check the audit log against its seals; ends with an error that names what is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", type=int, dest="first", help="first entry number to check")
        parser.add_argument("--to", type=int, dest="last", help="last entry number to check")
        parser.add_argument(
            "--since-witness",
            action="store_true",
            help="only entries sealed after the newest checkpoint that the witness has",
        )
        parser.add_argument(
            "--witness", type=Path, help="checkpoints that a witness kept (default: its file)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        notes = self._notes(options["witness"])
        scope = Scope(options["first"], options["last"], self._since(notes, options))
        self._told_at = time.monotonic()
        report = verify(scope=scope, notes=notes, tell=self._tell)
        for line in _said(report):
            self.stdout.write(line)
        if not report.is_sound:
            raise CommandError("\n".join(["The log is not sound.", *map(str, report.findings)]))
        self.stdout.write(f"The log is sound. Its public key: {log_signer().key.text}")

    def _notes(self, place: Path | None) -> str:
        try:
            return place.read_text(encoding="utf-8") if place else kept_notes()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The witness can't be read: {type(error).__name__}.") from None

    def _since(self, notes: str, options: dict[str, Any]) -> int:
        if not options["since_witness"]:
            return 0
        if not notes.strip():
            raise CommandError("There is no witness to begin at; give --witness FILE.")
        return last_witnessed(notes)

    def _tell(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = time.monotonic()
            self.stderr.write(f"{done:,} of {total:,}")


def _said(report: Report) -> list[str]:
    status = sealing_status(now=timezone.now())
    witness = f"{report.witnessed} checkpoints of the witness" if report.witnessed else "no witness"
    return [
        f"{report.leaves:,} of {report.size:,} leaves, {report.entries:,} entries, "
        f"{report.checkpoints:,} checkpoints, {witness}.",
        *map(str, report.retirements),
        f"{status.waiting:,} entries wait for their seal and could not be checked.",
    ]
