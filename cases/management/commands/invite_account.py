"""Who invites the first administrator? Whoever may run commands on the server."""

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
from cases.services.invitations import Taken, invite

NAME = "invite account"


class Command(BaseCommand):
    help = "Make an account and print its invitation, good once and for 72 hours; leaves an entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("display_name", help="As colleagues know them.")
        parser.add_argument("--role", default=RoleCode.ADMINISTRATOR, choices=RoleCode.values)

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as_system(NAME):
            try:
                token = invite(
                    viewer=system_viewer(NAME),
                    now=timezone.now(),
                    username=options["username"],
                    display_name=options["display_name"],
                    role_code=options["role"],
                )
            except Taken as refused:
                raise CommandError(str(refused)) from refused
        host = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost"
        self.stdout.write(f"https://{host}{reverse('invitation')}?{urlencode({'t': token})}")
