"""How does Django find the audit app, and what does the log learn of migrations?"""

import json
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils import timezone
from django.utils.module_loading import import_string

from audit.binding import bind_session, watch_connection
from audit.context import watch_tasks
from audit.events import Event
from audit.ownership import refuse_owner

MIGRATE = "system:migrate"
# Not by the model: the table may stand at an earlier migration than the code.
TELL = """
INSERT INTO audit_entry (at, event, outcome, actor_id, actor_label, session, subject_type,
                         subject_id, reason, changes, details)
SELECT %s, %s, 'allowed', %s, %s, '', '', '', '', '{}', %s
WHERE EXISTS (SELECT FROM audit_entry)
"""


class AuditConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        watch_tasks(import_string("audit.acts.held_to_account"))
        connection_created.connect(refuse_owner, dispatch_uid="audit.refuse_owner")
        connection_created.connect(watch_connection, dispatch_uid="audit.watch_connection")
        pre_migrate.connect(_begin, sender=self)
        post_migrate.connect(self._end, sender=self)

    def _end(self, *, using: str, **given: Any) -> None:
        bind_session("", using=using)
        _tell(given.get("plan") or [], using)


def _begin(*, using: str, **_: Any) -> None:
    """Rows that a migration writes are written in a name, and told of as a migration."""
    bind_session(MIGRATE, using=using)


def _tell(plan: list[Any], using: str) -> None:
    """A log that had begun says when the database changed its shape; making a new one is no act."""
    applied = [f"{one.app_label}.{one.name}{' undone' * back}" for one, back in plan]
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('audit_entry') IS NOT NULL")
        if applied and cursor.fetchone()[0]:
            details = json.dumps({"migrations": applied})
            cursor.execute(TELL, [timezone.now(), Event.SCHEMA_MIGRATED, MIGRATE, MIGRATE, details])
