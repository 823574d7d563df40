"""Redact every case's texts by today's rule: after an upgrade that knows more forms of a name.

manage.py redact_again

Case by case, each in its own transaction, beside the unit. Doing it twice changes nothing more.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.models import Case
from cases.seal import SealError
from cases.services.rewriting import redact_case_again

NAME = "redact again"
EVERY = 100


class Command(BaseCommand):
    help = "Redact every case's texts by today's rule, from the sealed originals where they are."

    def handle(self, *args: Any, **options: Any) -> None:
        cases = changed = unopened = 0
        with acting_as_system(NAME):
            total = Case.objects.count()
            for case_id in Case.objects.order_by("pk").values_list("pk", flat=True).iterator():
                try:
                    changed += redact_case_again(
                        viewer=system_viewer(NAME), now=timezone.now(), case_id=case_id
                    )
                except SealError:
                    unopened += 1
                cases += 1
                if cases % EVERY == 0:
                    self.stdout.write(f"{cases:,} of {total:,} cases, {changed:,} texts changed…")
        self.stdout.write(f"{cases:,} cases: {changed:,} texts changed.")
        if unopened:
            raise CommandError(
                f"{unopened:,} cases have an identity that does not open: see Seals."
            )
