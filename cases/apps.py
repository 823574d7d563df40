"""How does Django find the cases app, and who watches its tables?"""

from typing import Any

from django.apps import AppConfig
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


def _watch_tables(*, using: str, **given: Any) -> None:
    """A table that a migration has just made refuses writes in nobody's name like the others."""
    if not given.get("plan"):
        return
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regproc('cases_watch') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT cases_watch()")
