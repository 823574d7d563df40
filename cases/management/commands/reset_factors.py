"""Who helps the last administrator whose phone is lost? Whoever may run commands here."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.models import Account
from cases.services.factors import NoFactor, reset_factors
from cases.services.lockout import NoReason

NAME = "reset factors"


class Command(BaseCommand):
    help = "Take an account's second factors away; its next sign-in enrols anew. Leaves an entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="How you know who asked.")

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(username=options["username"]).first()
        if account is None:
            raise CommandError("No such account.")
        with acting_as_system(NAME):
            try:
                reset_factors(
                    viewer=system_viewer(NAME),
                    now=timezone.now(),
                    account_id=account.pk,
                    reason=options["reason"],
                )
            except (NoReason, NoFactor) as refused:
                raise CommandError(str(refused)) from refused
        self.stdout.write("Reset.")
