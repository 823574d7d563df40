"""Who lets the last administrator in again? Whoever may run commands on the server."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.models import Account
from cases.services.lockout import NoReason, NotLocked, release_account

NAME = "release account"


class Command(BaseCommand):
    help = "Let an account that wrong passwords locked sign in again; leaves an audit entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="How you know who asked.")

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(username=options["username"]).first()
        if account is None:
            raise CommandError("No such account.")
        with acting_as_system(NAME):
            try:
                release_account(
                    viewer=system_viewer(NAME),
                    now=timezone.now(),
                    account_id=account.pk,
                    reason=options["reason"],
                )
            except (NoReason, NotLocked) as refused:
                raise CommandError(str(refused)) from refused
        self.stdout.write("Released.")
