"""Who was shown an identity, why, and until when? And which rules say how often is too often?"""

import uuid
from datetime import UTC, datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from audit.together import Together

FLAG_KINDS = [
    ("stalled", "Stalled"),
    ("under_documented", "Near-empty report"),
    ("copied_narrative", "Copied narrative"),
    ("orphaned", "Nobody has it"),
    ("referral_unanswered", "Referral unanswered"),
    ("closed_incomplete", "Closed incomplete"),
    ("backfilled", "Written down long after"),
    ("overloaded", "Overloaded"),
    ("unusual_reveals", "Unusually many reveals"),
]
REASONS = [
    ("interview", "Interview: arranging or holding one"),
    ("medical", "Medical: an exam, a kit or treatment"),
    ("child_protection", "Notice to the Children's Division"),
    ("safety_check", "Safety check: finding or protecting somebody"),
    ("family_contact", "Contact with the family"),
    ("court", "Court or prosecutor: warrant, charge, testimony"),
    ("review", "Supervisor's review"),
    ("records_correction", "Records correction"),
]
UNUSUAL = {
    "in_an_hour": 10,
    "in_a_day": 30,
    "elsewhere_in_a_day": 5,
    "looked_back": {"days": 7},
    "severity": 4,
}
REVEALS = {
    "shown_minutes": 5,
    "reason_characters": 15,
    "most_in_an_hour": 20,
    "most_in_a_day": 60,
}


def add_rules(apps, schema_editor):
    """A new version for a unit whose rules are older than reveals; its other rules stay."""
    policies = apps.get_model("cases", "Policy").objects
    newest = policies.order_by("-version").first()
    if newest is None or "reveals" in newest.body:
        return
    flags = {**newest.body["flags"], "unusual_reveals": UNUSUAL}
    policies.create(
        version=newest.version + 1,
        body={**newest.body, "flags": flags, "reveals": REVEALS},
        reason="How often identities may be revealed.",
        created_at=datetime.now(UTC),
    )


def of_a(to, **fields):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name="reveals", to=to, **fields
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_seals")]

    operations = [
        migrations.CreateModel(
            name="Reveal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reason_code", models.CharField(choices=REASONS, max_length=30)),
                ("reason", models.TextField()),
                ("session", models.CharField(editable=False, max_length=32)),
                ("form_token", models.UUIDField(editable=False, unique=True)),
                ("entry_id", models.BigIntegerField(editable=False)),
                ("elsewhere", models.BooleanField(default=False)),
                ("revealed_at", models.DateTimeField()),
                ("masked_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reveals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("case", of_a("cases.case")),
                ("person", of_a("cases.involvedperson", blank=True, null=True)),
                ("response", of_a("cases.response", blank=True, null=True)),
                ("victim", of_a("cases.victim", blank=True, null=True)),
            ],
            options={"ordering": ("-revealed_at", "id")},
        ),
        Together(
            [
                migrations.AddIndex(
                    model_name="reveal",
                    index=models.Index(
                        fields=["account", "-revealed_at"], name="reveal_account_at"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reveal",
                    constraint=models.CheckConstraint(
                        condition=Q(reason_code__in=[code for code, _ in REASONS]),
                        name="reveal_reason_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reveal",
                    constraint=models.CheckConstraint(
                        condition=Q(
                            victim__isnull=False, person__isnull=True, response__isnull=True
                        )
                        | Q(victim__isnull=True, person__isnull=False, response__isnull=True)
                        | Q(victim__isnull=True, person__isnull=True, response__isnull=False),
                        name="reveal_of_one_thing",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reveal",
                    constraint=models.CheckConstraint(
                        condition=~Q(reason=""), name="reveal_has_reason"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reveal",
                    constraint=models.CheckConstraint(
                        condition=~Q(session=""), name="reveal_in_a_session"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reveal",
                    constraint=models.CheckConstraint(
                        condition=Q(masked_at__gte=F("revealed_at")), name="reveal_ends"
                    ),
                ),
            ]
        ),
        migrations.RemoveConstraint(model_name="flag", name="flag_kind_known"),
        migrations.AlterField(
            model_name="flag",
            name="kind",
            field=models.CharField(choices=FLAG_KINDS, max_length=30),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.CheckConstraint(
                condition=Q(kind__in=[kind for kind, _ in FLAG_KINDS]), name="flag_kind_known"
            ),
        ),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
    ]
