"""What is access shared for, with which squads, who asked for it, and who took it in an emergency?"""

import uuid
from datetime import UTC, datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.together import Together

PARTNERS_AS_GIVEN = """
    UPDATE cases_caseuserobjectpermission AS given SET discipline = account.discipline
    FROM cases_account AS account WHERE account.id = given.user_id AND account.discipline <> ''
"""


SHARING = {
    "request_stands": {"days": 7},
    "request_climbs": {"hours": 24},
    "most_waiting": 10,
    "emergency": {"hours": 1},
    "reason_characters": 15,
}


def add_rules(apps, schema_editor):
    """A new version for a unit whose rules are older than these; its other rules stay."""
    policies = apps.get_model("cases", "Policy").objects
    newest = policies.order_by("-version").first()
    if newest is None or "sharing" in newest.body:
        return
    policies.create(
        version=newest.version + 1,
        body={**newest.body, "sharing": SHARING},
        reason="How long a request for access stands and an emergency lasts.",
        created_at=datetime.now(UTC),
    )


def let_sergeants_break_glass(apps, schema_editor):
    sergeant = apps.get_model("cases", "Role").objects.filter(code="sergeant").first()
    if sergeant is not None:
        permissions = apps.get_model("cases", "RolePermission").objects
        permissions.get_or_create(role=sergeant, permission="break_glass")


def nobody_breaks_glass(apps, schema_editor):
    """Before this there was no such permission, and no role may hold one that nobody knows."""
    permissions = apps.get_model("cases", "RolePermission").objects
    permissions.filter(permission="break_glass").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("cases", "0016_access_reviews"),
    ]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="AccessRequest",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("number", models.CharField(max_length=40)),
                        ("reason", models.TextField()),
                        ("asked_at", models.DateTimeField()),
                        ("climbs_at", models.DateTimeField()),
                        ("lapses_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("approved", "Approved"),
                                    ("refused", "Refused"),
                                    ("lapsed", "Nobody answered"),
                                ],
                                default="waiting",
                                max_length=20,
                            ),
                        ),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        ("answer", models.TextField(blank=True)),
                        ("granted_until", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ("-asked_at", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="BrokenGlass",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("broken_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField()),
                        ("supervisor_seen_at", models.DateTimeField(blank=True, null=True)),
                        ("captain_seen_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ("-broken_at", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="SquadGrant",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "may",
                            models.CharField(
                                choices=[("view_case", "view_case"), ("work_case", "work_case")],
                                max_length=20,
                            ),
                        ),
                        (
                            "purpose",
                            models.CharField(
                                choices=[
                                    ("joint_work", "Working the case together"),
                                    ("cover", "Covering for somebody"),
                                    ("interview", "Forensic interview"),
                                    ("medical", "Medical exam or treatment"),
                                    ("prosecution", "Charge, warrant or trial"),
                                    ("child_protection", "Protecting the child"),
                                    ("therapy", "Therapy or support of the family"),
                                    ("release", "Preparing a release"),
                                    ("review", "Review of the work"),
                                    ("intake", "Took the report"),
                                    ("emergency", "Emergency"),
                                ],
                                max_length=30,
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("granted_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                    ],
                ),
            ]
        ),
        migrations.RemoveConstraint(
            model_name="rolepermission",
            name="role_permission_known",
        ),
        Together(
            [
                migrations.AddField(
                    model_name="caseuserobjectpermission",
                    name="discipline",
                    field=models.CharField(
                        blank=True,
                        choices=[
                            ("advocacy_center", "Advocacy center"),
                            ("prosecutor", "Prosecutor"),
                            ("medical", "Medical"),
                            ("child_protection", "Child protection"),
                            ("therapist", "Therapist"),
                        ],
                        max_length=30,
                    ),
                ),
                migrations.AddField(
                    model_name="caseuserobjectpermission",
                    name="purpose",
                    field=models.CharField(
                        blank=True,
                        choices=[
                            ("joint_work", "Working the case together"),
                            ("cover", "Covering for somebody"),
                            ("interview", "Forensic interview"),
                            ("medical", "Medical exam or treatment"),
                            ("prosecution", "Charge, warrant or trial"),
                            ("child_protection", "Protecting the child"),
                            ("therapy", "Therapy or support of the family"),
                            ("release", "Preparing a release"),
                            ("review", "Review of the work"),
                            ("intake", "Took the report"),
                            ("emergency", "Emergency"),
                        ],
                        max_length=30,
                    ),
                ),
            ]
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
                    (
                        "break_glass",
                        "Open any case for an hour in an emergency, in everybody's sight",
                    ),
                    ("search_people", "Find a person by name, birth date or address"),
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
        Together(
            [
                migrations.AddConstraint(
                    model_name="caseuserobjectpermission",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
                                    "joint_work",
                                    "cover",
                                    "interview",
                                    "medical",
                                    "prosecution",
                                    "child_protection",
                                    "therapy",
                                    "release",
                                    "review",
                                    "intake",
                                    "emergency",
                                    "",
                                ],
                            )
                        ),
                        name="grant_purpose_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="caseuserobjectpermission",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "discipline__in",
                                [
                                    "advocacy_center",
                                    "prosecutor",
                                    "medical",
                                    "child_protection",
                                    "therapist",
                                    "",
                                ],
                            )
                        ),
                        name="grant_discipline_known",
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
                                    "break_glass",
                                    "search_people",
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
            ]
        ),
        Together(
            [
                migrations.AddField(
                    model_name="accessrequest",
                    name="account",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="accessrequest",
                    name="case",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to="cases.case",
                    ),
                ),
                migrations.AddField(
                    model_name="accessrequest",
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
                    model_name="brokenglass",
                    name="account",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="broken_glass",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="brokenglass",
                    name="captain_seen_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="brokenglass",
                    name="case",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="broken_glass",
                        to="cases.case",
                    ),
                ),
                migrations.AddField(
                    model_name="brokenglass",
                    name="supervisor_seen_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="squadgrant",
                    name="case",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="squad_grants",
                        to="cases.case",
                    ),
                ),
                migrations.AddField(
                    model_name="squadgrant",
                    name="granted_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="squadgrant",
                    name="squad",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="cases.squad",
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddIndex(
                    model_name="accessrequest",
                    index=models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["number"],
                        name="request_waiting_number",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="accessrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "approved", "refused", "lapsed"])
                        ),
                        name="request_state_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="accessrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="request_has_reason"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="accessrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("state__in", ["waiting", "lapsed"]), _negated=True),
                                models.Q(
                                    ("case__isnull", True),
                                    ("decided_at__isnull", True),
                                    ("decided_by__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("state__in", ["approved", "refused"]), _negated=True),
                                models.Q(
                                    ("case__isnull", False),
                                    ("decided_at__isnull", False),
                                    ("decided_by__isnull", False),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="request_decided_by_somebody",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="accessrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("climbs_at__gte", models.F("asked_at")),
                            ("lapses_at__gt", models.F("asked_at")),
                        ),
                        name="request_ends",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="accessrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), _negated=True),
                            models.Q(("answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="request_refused_with_reason",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="accessrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("granted_until__isnull", False), ("state", "approved")),
                            models.Q(
                                models.Q(("state", "approved"), _negated=True),
                                ("granted_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="request_approved_until",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="accessrequest",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("account", "number"),
                        name="request_waits_once",
                    ),
                ),
                migrations.AddIndex(
                    model_name="brokenglass",
                    index=models.Index(
                        condition=models.Q(
                            ("supervisor_seen_at__isnull", True),
                            ("captain_seen_at__isnull", True),
                            _connector="OR",
                        ),
                        fields=["case"],
                        name="glass_unseen",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="brokenglass",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="glass_has_reason"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="brokenglass",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("broken_at"))),
                        name="glass_ends",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="brokenglass",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("supervisor_seen_at__isnull", True),
                                ("supervisor_seen_by__isnull", True),
                            ),
                            models.Q(
                                ("supervisor_seen_at__isnull", False),
                                ("supervisor_seen_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="glass_supervisor_is_named",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="brokenglass",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("captain_seen_at__isnull", True), ("captain_seen_by__isnull", True)
                            ),
                            models.Q(
                                ("captain_seen_at__isnull", False),
                                ("captain_seen_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="glass_captain_is_named",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="brokenglass",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("supervisor_seen_by", models.F("account")), _negated=True),
                            models.Q(("captain_seen_by", models.F("account")), _negated=True),
                        ),
                        name="glass_seen_by_another",
                    ),
                ),
                migrations.AddIndex(
                    model_name="squadgrant",
                    index=models.Index(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["squad", "case"],
                        name="squad_grant_squad",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="squadgrant",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("may__in", ["view_case", "work_case"])),
                        name="squad_grant_may_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="squadgrant",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
                                    "joint_work",
                                    "cover",
                                    "interview",
                                    "medical",
                                    "prosecution",
                                    "child_protection",
                                    "therapy",
                                    "release",
                                    "review",
                                    "intake",
                                    "emergency",
                                ],
                            )
                        ),
                        name="squad_grant_purpose_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="squadgrant",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("granted_at"))),
                        name="squad_grant_ends",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="squadgrant",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="squad_grant_has_reason",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="squadgrant",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("case", "squad"),
                        name="squad_grant_stands_once",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(PARTNERS_AS_GIVEN, migrations.RunSQL.noop),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
        migrations.RunPython(let_sergeants_break_glass, nobody_breaks_glass),
    ]
