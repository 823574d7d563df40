"""How does Django find the cases app, and who watches its tables?"""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections
from django.db.models.signals import post_migrate

from audit.binding import guard_tables
from cases.row_security import GUARDED


class CasesConfig(AppConfig):
    name = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_watch_tables, sender=self)
        guard_tables(GUARDED, function="cases_bind")
        register(_somebody_scans, Tags.security, deploy=True)


def _somebody_scans(**_: Any) -> list[CheckMessage]:
    if settings.SCANNER is not None:
        return []
    said = "Nobody looks through the files that come in."
    return [Warning(said, hint="Set CASEUNIT_SCANNER: docs/operations.md.", id="cases.W001")]


def _watch_tables(*, using: str, **given: Any) -> None:
    """A table that a migration has just made refuses writes in nobody's name like the others."""
    if not given.get("plan"):
        return
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regproc('cases_watch') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT cases_watch()")
