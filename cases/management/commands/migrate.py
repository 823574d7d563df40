"""How does the database get its shape? By its owner, who then gives the application its rights."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.core.management.commands import migrate

from audit.ownership import OwnerNotKnown, as_owner
from cases.rights import grant_rights

ONE_ROLE = (
    "The application signs in as the owner of its own tables, which is good for a trial only: "
    "such a role can take the log's protection off. docs/operations.md, Two database roles."
)


class Command(migrate.Command):
    help = "Bring the database up to date, as the owner of its tables, and give out the rights."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with as_owner(using=options["database"]):
                super().handle(*args, **options)
                if settings.ONE_DATABASE_ROLE:
                    self.stderr.write(ONE_ROLE)
                else:
                    grant_rights(using=options["database"])
        except (OwnerNotKnown, ImproperlyConfigured) as refused:
            raise CommandError(str(refused)) from None
