"""What shape did the audit table start with?"""

import django.contrib.postgres.indexes
import django.core.serializers.json
from django.db import migrations, models

import audit.events


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("event", models.CharField(choices=audit.events.event_choices, max_length=40)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("allowed", "Allowed"),
                            ("denied", "Denied"),
                            ("failed", "Failed"),
                        ],
                        default="allowed",
                        max_length=8,
                    ),
                ),
                ("actor_id", models.CharField(blank=True, max_length=64)),
                ("actor_label", models.CharField(blank=True, max_length=150)),
                ("session", models.CharField(blank=True, max_length=32)),
                ("source_address", models.GenericIPAddressField(blank=True, null=True)),
                ("subject_type", models.CharField(blank=True, max_length=40)),
                ("subject_id", models.CharField(blank=True, max_length=64)),
                ("reason", models.TextField(blank=True)),
                (
                    "changes",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
                (
                    "details",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "ordering": ("-at", "-id"),
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="audit_entry_at"),
                    models.Index(fields=["actor_id", "-at", "-id"], name="audit_entry_actor"),
                    models.Index(
                        fields=["subject_type", "subject_id", "-at", "-id"],
                        name="audit_entry_subject",
                    ),
                    models.Index(fields=["event", "-at", "-id"], name="audit_entry_event"),
                    models.Index(
                        condition=models.Q(("outcome", "allowed"), _negated=True),
                        fields=["-at", "-id"],
                        name="audit_entry_not_allowed",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["details"], name="audit_entry_details", opclasses=["jsonb_path_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["allowed", "denied", "failed"])),
                        name="audit_entry_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("event__regex", "^[a-z][a-z_]+$")),
                        name="audit_entry_event_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("subject_id", ""),
                            models.Q(("subject_type", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="audit_entry_subject_has_type",
                    ),
                ],
            },
        ),
    ]
