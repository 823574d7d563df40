"""Which access was looked at again, and which changes of roles wait for a second person?"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0015_identity_providers"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        choices=[("keep", "Keep"), ("remove", "Remove")], max_length=10
                    ),
                ),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="cases.caseuserobjectpermission",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="cases.role",
                    ),
                ),
                (
                    "wall",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="cases.wall",
                    ),
                ),
            ],
            options={
                "ordering": ("-decided_at", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["keep", "remove"])),
                        name="access_review_decision_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("grant__isnull", True),
                                ("role__isnull", False),
                                ("wall__isnull", True),
                            ),
                            models.Q(
                                ("grant__isnull", False),
                                ("role__isnull", True),
                                ("wall__isnull", True),
                            ),
                            models.Q(
                                ("grant__isnull", True),
                                ("role__isnull", True),
                                ("wall__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="access_review_of_one_thing",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a second person"),
                            ("applied", "In force"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                ("base_version", models.PositiveIntegerField()),
                (
                    "scope_before",
                    models.CharField(
                        choices=[
                            ("none", "No cases"),
                            ("granted", "Only cases granted to them"),
                            ("own", "Cases they hold or are granted"),
                            ("squad", "Their squad's cases"),
                            ("all", "All cases"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "scope_after",
                    models.CharField(
                        choices=[
                            ("none", "No cases"),
                            ("granted", "Only cases granted to them"),
                            ("own", "Cases they hold or are granted"),
                            ("squad", "Their squad's cases"),
                            ("all", "All cases"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "permissions_before",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "permissions_after",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("needs_second", models.BooleanField()),
                ("reason", models.TextField()),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="cases.role",
                    ),
                ),
            ],
            options={
                "ordering": ("-proposed_at", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "applied", "refused", "withdrawn"])
                        ),
                        name="role_change_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("scope_before__in", ["none", "granted", "own", "squad", "all"])
                        ),
                        name="role_change_scope_before_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("scope_after__in", ["none", "granted", "own", "squad", "all"])
                        ),
                        name="role_change_scope_after_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="role_change_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("needs_second", True), ("state", "applied"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("proposed_by__isnull", False),
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="role_change_takes_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "waiting"), ("decided_at__isnull", False), _connector="OR"
                        ),
                        name="role_change_decided_dated",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("role",),
                        name="role_change_waits_once",
                    ),
                ],
            },
        ),
    ]
