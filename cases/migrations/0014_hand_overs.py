"""Whose work goes to others? And rules for hand-overs and reviews of access that a unit can change."""

import uuid
from datetime import UTC, datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.together import Together

HANDING_OVER = {"within": {"business_days": 3}}
ACCESS_REVIEWS = {"every": {"days": 365}, "shown_ahead": {"days": 30}}


def add_rules(apps, schema_editor):
    """A new version for a unit whose rules are older than these; its other rules stay."""
    policies = apps.get_model("cases", "Policy").objects
    newest = policies.order_by("-version").first()
    if newest is None or "handing_over" in newest.body:
        return
    policies.create(
        version=newest.version + 1,
        body={**newest.body, "handing_over": HANDING_OVER, "access_reviews": ACCESS_REVIEWS},
        reason="By when an officer's work is handed over, and how often access is reviewed.",
        created_at=datetime.now(UTC),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0013_service_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="HandOver",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("leaves", "Leaves the unit"),
                            ("moves", "Moves to another squad"),
                        ],
                        max_length=10,
                    ),
                ),
                ("effective_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("due_at", "id"),
            },
        ),
        migrations.AddField(
            model_name="assignment",
            name="left_open",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("left_open", False), ("ended_at__isnull", False), _connector="OR"
                ),
                name="assignment_left_open_has_ended",
            ),
        ),
        Together(
            [
                migrations.AddField(
                    model_name="handover",
                    name="asked_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="handover",
                    name="officer",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_overs",
                        to="cases.officer",
                    ),
                ),
                migrations.AddField(
                    model_name="handover",
                    name="settled_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="handover",
                    name="to_squad",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.squad",
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddConstraint(
                    model_name="handover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("kind__in", ["leaves", "moves"])),
                        name="hand_over_kind_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="handover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "done", "withdrawn"])),
                        name="hand_over_state_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="handover",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("officer",),
                        name="hand_over_waits_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="handover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "moves"), ("to_squad__isnull", False)),
                            models.Q(("kind", "leaves"), ("to_squad__isnull", True)),
                            _connector="OR",
                        ),
                        name="hand_over_moves_somewhere",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="handover",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("state", "waiting"), ("settled_at__isnull", False), _connector="OR"
                        ),
                        name="hand_over_settled_dated",
                    ),
                ),
            ]
        ),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
    ]
