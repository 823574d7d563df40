"""How do entries of the log reach somebody who has to check them elsewhere?

manage.py export_audit FILE [--from N] [--to N] [--witness FILE]
"""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from audit.checkpoints import log_signer
from audit.context import acting_as_system
from audit.events import Event
from audit.exporting import Exported, NotAsSealed, NothingSealed, export
from audit.recorder import record
from audit.tree import TreeDamaged
from audit.verification import Scope
from audit.witness import kept_notes


class Command(BaseCommand):
    help = "Write sealed entries with their proofs, for audit/verifier.py to check anywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to write; must not exist")
        parser.add_argument("--from", type=int, dest="first", help="first entry number")
        parser.add_argument("--to", type=int, dest="last", help="last entry number")
        parser.add_argument(
            "--witness", type=Path, help="checkpoints that a witness kept (default: its file)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scope = Scope(options["first"], options["last"])
        with acting_as_system("export_audit"):
            _on_record(scope)
            exported = self._write(options["file"], scope, options["witness"])
        self.stdout.write(
            f"{exported.entries:,} entries, in the log of {exported.size:,}. To check it:\n"
            f"python3 -I verifier.py {options['file'].name} --key '{log_signer().key.text}'"
        )

    def _write(self, place: Path, scope: Scope, witness: Path | None) -> Exported:
        try:
            notes = witness.read_text(encoding="utf-8") if witness else kept_notes()
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"A file can't be opened: {type(error).__name__}.") from None
        try:
            with os.fdopen(descriptor, "wb") as out:
                return export(out, scope=scope, notes=notes)
        except (NothingSealed, NotAsSealed, TreeDamaged) as problem:
            place.unlink()
            raise CommandError(str(problem)) from None


def _on_record(scope: Scope) -> None:
    """Before anything is written: what can't be recorded isn't done."""
    with transaction.atomic():
        record(
            Event.EXPORTED,
            at=timezone.now(),
            subject_type="audit_log",
            details={"from_entry": scope.first_entry, "to_entry": scope.last_entry},
        )
