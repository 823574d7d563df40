"""What does the seal need? Expunging by two people, and who may look whether the seals hold."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.together import Together

GIVEN = (("captain", "expunge_identity"), ("administrator", "see_seals"), ("auditor", "see_seals"))


def seed(apps, schema_editor):
    role_model = apps.get_model("cases", "Role")
    permission_model = apps.get_model("cases", "RolePermission")
    for code, permission in GIVEN:
        role = role_model.objects.filter(code=code).first()
        if role is not None:
            permission_model.objects.get_or_create(role=role, permission=permission)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_closed_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="Expunge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("court_order", models.CharField(max_length=80)),
                ("reason", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Waiting for a second person"),
                            ("withdrawn", "Withdrawn"),
                            ("confirmed", "Confirmed; the last copy of the key is being destroyed"),
                            ("done", "Expunged"),
                        ],
                        default="requested",
                        max_length=12,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_reason", models.TextField(blank=True)),
                (
                    "leaves",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16),
                        blank=True,
                        default=list,
                        editable=False,
                        size=None,
                    ),
                ),
                ("shredded_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-requested_at", "id"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="rolepermission",
            name="role_permission_known",
        ),
        migrations.AlterField(
            model_name="rolepermission",
            name="permission",
            field=models.CharField(
                choices=[
                    ("view_cases", "See cases within reach"),
                    ("create_case", "Open a new case"),
                    ("log_response", "Log responses"),
                    ("review_report", "Approve or return reports"),
                    ("assign_case", "Assign and reassign"),
                    ("see_dashboard", "See the supervisor's dashboard"),
                    ("acknowledge_flag", "Acknowledge flags"),
                    ("waive_flag", "Waive flags with a reason and an end"),
                    ("close_case", "Sign closures"),
                    ("reopen_case", "Reopen cases"),
                    ("grant_access", "Give others access to a case"),
                    ("reveal_identity", "Reveal who a child is, with a reason"),
                    (
                        "expunge_identity",
                        "Expunge an identity by court order, with a second person",
                    ),
                    ("see_figures", "See unit figures"),
                    ("prepare_release", "Prepare releases"),
                    ("import_caseload", "Import a caseload"),
                    ("manage_accounts", "Manage accounts and officers"),
                    ("manage_roles", "Manage role permissions"),
                    ("edit_policy", "Edit the unit's rules"),
                    ("see_audit", "Read the audit log"),
                    ("see_seals", "See whether the seals hold"),
                ],
                max_length=40,
            ),
        ),
        migrations.AddConstraint(
            model_name="rolepermission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "permission__in",
                        [
                            "view_cases",
                            "create_case",
                            "log_response",
                            "review_report",
                            "assign_case",
                            "see_dashboard",
                            "acknowledge_flag",
                            "waive_flag",
                            "close_case",
                            "reopen_case",
                            "grant_access",
                            "reveal_identity",
                            "expunge_identity",
                            "see_figures",
                            "prepare_release",
                            "import_caseload",
                            "manage_accounts",
                            "manage_roles",
                            "edit_policy",
                            "see_audit",
                            "see_seals",
                        ],
                    )
                ),
                name="role_permission_known",
            ),
        ),
        Together(
            [
                migrations.AddField(
                    model_name="expunge",
                    name="case",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="expunges",
                        to="cases.case",
                    ),
                ),
                migrations.AddField(
                    model_name="expunge",
                    name="decided_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="expunge",
                    name="person",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="expunges",
                        to="cases.involvedperson",
                    ),
                ),
                migrations.AddField(
                    model_name="expunge",
                    name="requested_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="expunge",
                    name="victim",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="expunges",
                        to="cases.victim",
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddConstraint(
                    model_name="expunge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["requested", "withdrawn", "confirmed", "done"])
                        ),
                        name="expunge_state_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="expunge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("victim__isnull", True), ("person__isnull", True), _connector="XOR"
                        ),
                        name="expunge_of_one_person",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="expunge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("court_order", ""), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                        ),
                        name="expunge_has_order_and_reason",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="expunge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["requested", "withdrawn"]),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("requested_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="expunge_takes_two_people",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="expunge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(("leaves", []), ("shredded_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="expunge_done_is_shredded",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="expunge",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "withdrawn"), _negated=True),
                        fields=("victim",),
                        name="expunge_once_per_victim",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="expunge",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "withdrawn"), _negated=True),
                        fields=("person",),
                        name="expunge_once_per_person",
                    ),
                ),
            ]
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
