"""How does the demonstration caseload get in? Only into an empty database, on one machine."""

import io
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from audit.context import acting_as_system
from audit.months import make_due
from cases.management.demo import sign_ins
from cases.management.demo.play import load
from cases.management.demo.unit import SIGN_INS
from cases.models import Account, Case, Officer

SEED = 2
CASES = 120


class Command(BaseCommand):
    help = "Load the demonstration caseload: invented people, dates running up to today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when there are cases"
        )
        parser.add_argument(
            "--migrate", action="store_true", help="bring the database up to date first"
        )
        parser.add_argument(
            "--seed", type=int, default=SEED, help="another seed tells other stories"
        )
        parser.add_argument("--cases", type=int, default=CASES, help="how many cases, about")
        parser.add_argument(
            "--sign-ins", action="store_true", help="print who can sign in, and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_in_production()
        if options["migrate"]:
            call_command("migrate", interactive=False, verbosity=0)
            call_command("rebuild_blind_index", stdout=io.StringIO())
        if options["if_empty"] or not options["sign_ins"]:
            self._load_into_empty(options)
        if options["sign_ins"]:
            self.stdout.write(sign_in_table())

    def _load_into_empty(self, options: dict[str, Any]) -> None:
        if not is_empty():
            if options["if_empty"]:
                return
            raise CommandError(
                "There are cases or officers in this database already; the demonstration only goes "
                "into an empty one. Start over with: python3 run.py --fresh"
            )
        made = self._load(options["seed"], options["cases"])
        if not options["sign_ins"]:
            self.stdout.write(f"{made} invented cases are loaded.")

    def _load(self, seed: int, cases: int) -> int:
        passwords = sign_ins.new_passwords(SIGN_INS.values())
        with acting_as_system("demo"), transaction.atomic():
            made = load(now=timezone.now(), seed=seed, cases=cases, passwords=passwords)
            make_due(now=timezone.now())
            sign_ins.keep(home(), passwords)
        return made


def refuse_in_production() -> None:
    """Raises CommandError unless these are the settings of one machine."""
    if settings.SESSION_COOKIE_SECURE:
        raise CommandError(
            "These are production settings. The demonstration is for trying the product out; "
            "it makes sign-ins that would open a real unit's door."
        )


def is_empty() -> bool:
    with acting_as_system("demo"):
        return not (Case.objects.exists() or Officer.objects.exists())


def home() -> Path:
    """The folder of servers and keys, which the demonstration's passwords share."""
    return Path(os.environ.get("CASEUNIT_HOME") or settings.BASE_DIR / ".local")


def sign_in_table() -> str:
    """Who can sign in to the demonstration; a sentence when nobody can."""
    passwords = sign_ins.read(home())
    known = set(Account.objects.filter(username__in=passwords).values_list("username", flat=True))
    if not known:
        return "There is no demonstration here to sign in to."
    return sign_ins.table({role: word for role, word in passwords.items() if role in known})
