"""Which forms were sent already? And rules for searches, links and expunges that a unit can change."""

from datetime import UTC, datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FINDING = {"searches_in_an_hour": 60, "common_in_cases": 5}
EXPUNGING = {"request_stands": {"hours": 72}}


def add_rules(apps, schema_editor):
    """A new version for a unit whose rules are older than these; its other rules stay."""
    policies = apps.get_model("cases", "Policy").objects
    newest = policies.order_by("-version").first()
    if newest is None or "finding" in newest.body:
        return
    policies.create(
        version=newest.version + 1,
        body={**newest.body, "finding": FINDING, "expunging": EXPUNGING},
        reason="How often one may search, what is too common to link, how long a request waits.",
        created_at=datetime.now(UTC),
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0011_nobodys_writes")]

    operations = [
        migrations.CreateModel(
            name="SubmittedForm",
            fields=[
                ("key", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("submitted_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
    ]
