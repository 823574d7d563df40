"""Has anything fallen due? Looks at once, or as of another moment.

manage.py sweep [--as-of T]
"""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audit.context import acting_as_system
from cases.services.sweep import run_sweep

WORDS = ("raised", "resolved", "returned", "escalated")


class Command(BaseCommand):
    help = "Raise flags for what has fallen due; the worker does the same every five minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as-of",
            type=_moment,
            help="look at this moment, as in 2026-03-02T09:00 (default: now)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as_system("sweep"):
            run = run_sweep(now=timezone.now(), as_of=options["as_of"])
        done = ", ".join(f"{run.counts[word]} {word}" for word in WORDS)
        self.stdout.write(f"Flags as of {timezone.localtime(run.as_of):%Y-%m-%d %H:%M}: {done}.")


def _moment(text: str) -> datetime:
    """A moment; without an offset, in the unit's time zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no moment; write it as 2026-03-02T09:00.") from error
    return at if timezone.is_aware(at) else timezone.make_aware(at)
