"""Make the index by which people are found anew, for a new key or new forms of names.

manage.py rebuild_blind_index [--batch N]

People are searched and added meanwhile. A run that was cut off goes on where it was when it is
started again.
"""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.services.tokens import BATCH, OWNERS, Rebuilt, rebuild_tokens


class Command(BaseCommand):
    help = "Make the index by which people are found anew, for a new key or new forms of names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--batch", type=int, default=BATCH, help=f"people a step (default {BATCH})"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = unopened = 0
        with acting_as_system("rebuild_blind_index"):
            for owner in OWNERS:
                after: UUID | None = None
                while (step := self._step(owner, after, options["batch"])).last:
                    after = step.last
                    done, unopened = done + step.people, unopened + step.unopened
                    self.stdout.write(f"{done:,} people…")
                done, unopened = done + step.people, unopened + step.unopened
        self.stdout.write(f"{done:,} people found by today's key and forms now.")
        if unopened:
            self.stderr.write(
                f"{unopened:,} identities do not open; their tokens stay as they were."
            )

    def _step(self, owner: str, after: UUID | None, size: int) -> Rebuilt:
        return rebuild_tokens(
            viewer=system_viewer("rebuild_blind_index"),
            now=timezone.now(),
            owner=owner,
            after=after,
            size=size,
        )
