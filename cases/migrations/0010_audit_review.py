"""Which weeks of the audit log were signed?"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_releases"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditReview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("week_on", models.DateField()),
                ("signed_at", models.DateTimeField()),
                ("comment", models.TextField()),
                ("found", models.JSONField(default=dict)),
                ("entries", models.PositiveIntegerField()),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-week_on",),
                "constraints": [
                    models.UniqueConstraint(fields=("week_on",), name="audit_review_once_a_week"),
                    models.CheckConstraint(
                        condition=models.Q(("week_on__iso_week_day", 1)),
                        name="audit_review_from_monday",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("comment", ""), _negated=True),
                        name="audit_review_has_comment",
                    ),
                ],
            },
        ),
    ]
