"""Which roles and rules does a unit start with? Rows that it can change, never constants in code."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

from django.db import migrations

DEFAULT_POLICY = Path(__file__).parent.parent / "rules" / "default_policy.toml"

DETECTIVE = ["view_cases", "create_case", "log_response", "reveal_identity"]
SERGEANT = [
    *DETECTIVE,
    "review_report",
    "assign_case",
    "see_dashboard",
    "acknowledge_flag",
    "waive_flag",
    "close_case",
    "reopen_case",
    "grant_access",
]
ROLES = [
    ("detective", "Detective", "own", DETECTIVE),
    ("sergeant", "Sergeant", "squad", SERGEANT),
    ("captain", "Captain", "all", [*SERGEANT, "see_figures", "import_caseload"]),
    ("records", "Records", "granted", ["view_cases", "prepare_release"]),
    ("partner", "Partner", "granted", ["view_cases"]),
    (
        "administrator",
        "Administrator",
        "none",
        ["manage_accounts", "manage_roles", "edit_policy", "import_caseload"],
    ),
    ("auditor", "Auditor", "none", ["see_audit"]),
]


def seed_roles(apps, schema_editor):
    role_model = apps.get_model("cases", "Role")
    permission_model = apps.get_model("cases", "RolePermission")
    for code, label, scope, permissions in ROLES:
        role = role_model.objects.create(code=code, label=label, scope=scope)
        permission_model.objects.bulk_create(
            [permission_model(role=role, permission=name) for name in permissions]
        )


def seed_policy(apps, schema_editor):
    apps.get_model("cases", "Policy").objects.create(
        version=1,
        body=tomllib.loads(DEFAULT_POLICY.read_text()),
        reason="The rules as they come.",
        created_at=datetime.now(UTC),
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [
        migrations.RunPython(seed_roles, migrations.RunPython.noop),
        migrations.RunPython(seed_policy, migrations.RunPython.noop),
    ]
