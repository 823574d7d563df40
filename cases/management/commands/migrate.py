"""How does the database get its shape? By its owner, who then gives the application its rights."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.core.management.commands import migrate

from audit.ownership import OwnerNotKnown, as_owner
from cases.rights import grant_rights


class Command(migrate.Command):
    help = "Bring the database up to date, as the owner of its tables, and give out the rights."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with as_owner(using=options["database"]):
                super().handle(*args, **options)
                grant_rights(using=options["database"])
        except (OwnerNotKnown, ImproperlyConfigured) as refused:
            raise CommandError(str(refused)) from None
