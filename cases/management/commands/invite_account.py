"""Who invites the first administrator, or the last one anew? Whoever may run commands here."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.enums import RoleCode
from cases.models import Account
from cases.services.invitations import NotOpen, Taken, invite, invite_again
from cases.services.lockout import NoReason

NAME = "invite account"


class Command(BaseCommand):
    help = "Make an account and print its invitation, good once and for 72 hours; leaves an entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("display_name", nargs="?", default="", help="As colleagues know them.")
        parser.add_argument("--again", metavar="REASON", help="A new link for an account.")
        parser.add_argument("--role", default=RoleCode.ADMINISTRATOR, choices=RoleCode.values)

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as_system(NAME):
            try:
                token = _again(options) if options["again"] else _first(options)
            except (Taken, NotOpen, NoReason) as refused:
                raise CommandError(str(refused)) from refused
        host = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost"
        self.stdout.write(f"https://{host}{reverse('invitation')}?{urlencode({'t': token})}")


def _first(options: dict[str, Any]) -> str:
    return invite(
        viewer=system_viewer(NAME),
        now=timezone.now(),
        username=options["username"],
        display_name=options["display_name"],
        role_code=options["role"],
    )


def _again(options: dict[str, Any]) -> str:
    account = Account.objects.filter(username=options["username"]).first()
    if account is None:
        raise NotOpen("There is no such account.")
    return invite_again(
        viewer=system_viewer(NAME),
        now=timezone.now(),
        account_id=account.pk,
        reason=options["again"],
    )
