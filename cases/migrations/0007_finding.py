"""How is a person found without being opened, and which cases are linked?"""

import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

SEARCHING = ("detective", "sergeant", "captain")
PERMISSIONS = [
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
    ("search_people", "Find a person by name, birth date or address"),
    ("reveal_identity", "Reveal who a child is, with a reason"),
    ("expunge_identity", "Expunge an identity by court order, with a second person"),
    ("see_figures", "See unit figures"),
    ("prepare_release", "Prepare releases"),
    ("import_caseload", "Import a caseload"),
    ("manage_accounts", "Manage accounts and officers"),
    ("manage_roles", "Manage role permissions"),
    ("edit_policy", "Edit the unit's rules"),
    ("see_audit", "Read the audit log"),
    ("see_seals", "See whether the seals hold"),
]


def seed(apps, schema_editor):
    role_model = apps.get_model("cases", "Role")
    permission_model = apps.get_model("cases", "RolePermission")
    for role in role_model.objects.filter(code__in=SEARCHING):
        permission_model.objects.get_or_create(role=role, permission="search_people")


def unseed(apps, schema_editor):
    apps.get_model("cases", "RolePermission").objects.filter(permission="search_people").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_reveals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="blindtoken",
            name="made_with",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.RemoveConstraint(model_name="rolepermission", name="role_permission_known"),
        migrations.AlterField(
            model_name="rolepermission",
            name="permission",
            field=models.CharField(choices=PERMISSIONS, max_length=40),
        ),
        migrations.AddConstraint(
            model_name="rolepermission",
            constraint=models.CheckConstraint(
                condition=models.Q(permission__in=[code for code, _ in PERMISSIONS]),
                name="role_permission_known",
            ),
        ),
        migrations.RunPython(seed, unseed),
        migrations.CreateModel(
            name="CaseLink",
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
                            ("victim", "Same child"),
                            ("suspect", "Same suspect"),
                            ("address", "Same address"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("suggested", "Suggested"),
                            ("confirmed", "Confirmed"),
                            ("dismissed", "Dismissed"),
                            ("undone", "Undone"),
                        ],
                        default="suggested",
                        max_length=10,
                    ),
                ),
                ("pairs", models.JSONField(default=list)),
                ("sure", models.CharField(max_length=12)),
                ("suggested_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True)),
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
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links_first",
                        to="cases.case",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links_second",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "ordering": ("-suggested_at", "id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "suggested")),
                        fields=["-suggested_at", "id"],
                        name="link_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["victim", "suspect", "address"])),
                        name="link_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["suggested", "confirmed", "dismissed", "undone"])
                        ),
                        name="link_state_known",
                    ),
                    models.UniqueConstraint(
                        fields=("first", "second", "kind"), name="link_stands_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", django.db.models.expressions.F("second"))),
                        name="link_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ["confirmed", "dismissed", "undone"]),
                                _negated=True,
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="link_decided_by_somebody",
                    ),
                ],
            },
        ),
    ]
