"""What left the building, redacted by whom, approved by whom?"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.together import Together


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_narratives"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="Release",
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
                        ("key_id", models.CharField(blank=True, editable=False, max_length=64)),
                        ("wrapped_key", models.BinaryField(null=True)),
                        ("sealed", models.BinaryField(null=True)),
                        ("number", models.CharField(max_length=12, unique=True)),
                        ("profile", models.SlugField(max_length=40)),
                        ("profile_body", models.JSONField()),
                        ("reason", models.TextField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("preparing", "Being prepared"),
                                    ("making", "PDF being made"),
                                    ("waiting", "Waiting for approval"),
                                    ("approved", "Approved"),
                                    ("withdrawn", "Withdrawn"),
                                ],
                                default="preparing",
                                max_length=12,
                            ),
                        ),
                        ("submission_key", models.UUIDField(editable=False, unique=True)),
                        ("source_digest", models.BinaryField(max_length=32)),
                        ("created_at", models.DateTimeField()),
                        ("submitted_at", models.DateTimeField(blank=True, null=True)),
                        ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                        ("parts_total", models.PositiveIntegerField(default=0)),
                        ("parts_done", models.PositiveIntegerField(default=0)),
                        ("error", models.TextField(blank=True)),
                        ("version", models.CharField(blank=True, max_length=64)),
                        ("result_sha256", models.CharField(blank=True, max_length=64)),
                        ("result_pages", models.PositiveIntegerField(default=0)),
                        ("result_size", models.PositiveIntegerField(default=0)),
                        ("approved_at", models.DateTimeField(blank=True, null=True)),
                        ("downloaded_at", models.DateTimeField(blank=True, null=True)),
                        ("comment", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ("-created_at", "-number"),
                    },
                ),
                migrations.CreateModel(
                    name="ReleaseFile",
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
                        ("position", models.PositiveIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[("pdf", "PDF"), ("png", "PNG"), ("jpeg", "JPEG")],
                                max_length=4,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("reading", "Being read"),
                                    ("read", "Read"),
                                    ("refused", "Refused"),
                                ],
                                default="reading",
                                max_length=8,
                            ),
                        ),
                        ("size", models.PositiveIntegerField()),
                        ("pages", models.PositiveIntegerField(default=0)),
                        ("pages_done", models.PositiveIntegerField(default=0)),
                        ("digest", models.BinaryField(max_length=32)),
                        ("sealed_label", models.BinaryField()),
                        ("sealed_content", models.BinaryField()),
                        ("error", models.TextField(blank=True)),
                        ("added_at", models.DateTimeField()),
                        ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ("position",),
                    },
                ),
                migrations.CreateModel(
                    name="ReleaseItem",
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
                        ("position", models.PositiveIntegerField()),
                        ("label", models.CharField(max_length=120)),
                        ("source", models.CharField(blank=True, max_length=80)),
                        ("digest", models.BinaryField(max_length=32)),
                        ("sealed_content", models.BinaryField()),
                        ("sealed_layout", models.BinaryField(null=True)),
                        ("width", models.PositiveIntegerField(default=0)),
                        ("height", models.PositiveIntegerField(default=0)),
                        ("has_text", models.BooleanField(default=True)),
                        ("seen_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ("position",),
                    },
                ),
                migrations.CreateModel(
                    name="ReleaseMark",
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
                        ("start", models.PositiveIntegerField(blank=True, null=True)),
                        ("end", models.PositiveIntegerField(blank=True, null=True)),
                        ("left", models.PositiveIntegerField(blank=True, null=True)),
                        ("top", models.PositiveIntegerField(blank=True, null=True)),
                        ("right", models.PositiveIntegerField(blank=True, null=True)),
                        ("bottom", models.PositiveIntegerField(blank=True, null=True)),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("name", "Name"),
                                    ("pseudonym", "Pseudonym"),
                                    ("address", "Home or temporary address"),
                                    ("email", "E-mail address"),
                                    ("phone", "Phone number"),
                                    ("ssn", "Social security number"),
                                    ("birth_date", "Birth date"),
                                    ("workplace", "Workplace"),
                                    ("health", "Health information"),
                                    ("test_result", "Test result"),
                                    ("physical", "Physical characteristics"),
                                    ("image", "Image"),
                                    ("other", "Other"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("exemption", models.CharField(blank=True, max_length=60)),
                        ("drawn", models.BooleanField(default=False)),
                        (
                            "decision",
                            models.CharField(
                                choices=[
                                    ("open", "Not decided"),
                                    ("accepted", "Removed"),
                                    ("rejected", "Left in"),
                                ],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ("start", "end", "top", "left", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="ReleaseResult",
                    fields=[
                        (
                            "release",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="result",
                                serialize=False,
                                to="cases.release",
                            ),
                        ),
                        ("sealed_content", models.BinaryField()),
                    ],
                ),
            ]
        ),
        Together(
            [
                migrations.AddField(
                    model_name="release",
                    name="approved_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="release",
                    name="case",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="cases.case",
                    ),
                ),
                migrations.AddField(
                    model_name="release",
                    name="prepared_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="release",
                    name="submitted_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="releasefile",
                    name="added_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="releasefile",
                    name="release",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="cases.release",
                    ),
                ),
                migrations.AddField(
                    model_name="releaseitem",
                    name="file",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="cases.releasefile",
                    ),
                ),
                migrations.AddField(
                    model_name="releaseitem",
                    name="release",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="cases.release",
                    ),
                ),
                migrations.AddField(
                    model_name="releaseitem",
                    name="seen_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="releasemark",
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
                    model_name="releasemark",
                    name="item",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="marks",
                        to="cases.releaseitem",
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddIndex(
                    model_name="release",
                    index=models.Index(fields=["case", "created_at"], name="release_case"),
                ),
                migrations.AddConstraint(
                    model_name="release",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["preparing", "making", "waiting", "approved", "withdrawn"],
                            )
                        ),
                        name="release_state_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="release",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="release_has_reason"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="release",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_by__isnull", False),
                                ("state", "approved"),
                                models.Q(("result_sha256", ""), _negated=True),
                                models.Q(("version", ""), _negated=True),
                            ),
                            models.Q(("state", "approved"), _negated=True),
                            _connector="OR",
                        ),
                        name="release_approved_by_somebody",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="release",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(
                                models.Q(("approved_by", models.F("prepared_by")), _negated=True),
                                models.Q(("approved_by", models.F("submitted_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="release_approved_by_another",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasefile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("kind__in", ["pdf", "png", "jpeg"])),
                        name="release_file_kind_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasefile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("state__in", ["reading", "read", "refused"])),
                        name="release_file_state_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasefile",
                    constraint=models.UniqueConstraint(
                        fields=("release", "position"), name="release_file_position"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasefile",
                    constraint=models.UniqueConstraint(
                        fields=("release", "digest"), name="release_file_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releaseitem",
                    constraint=models.UniqueConstraint(
                        fields=("release", "position"), name="release_item_position"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasemark",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "category__in",
                                [
                                    "name",
                                    "pseudonym",
                                    "address",
                                    "email",
                                    "phone",
                                    "ssn",
                                    "birth_date",
                                    "workplace",
                                    "health",
                                    "test_result",
                                    "physical",
                                    "image",
                                    "other",
                                ],
                            )
                        ),
                        name="release_mark_category_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasemark",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("decision__in", ["open", "accepted", "rejected"])),
                        name="release_mark_decision_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasemark",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("end__gt", models.F("start")),
                                ("end__isnull", False),
                                ("left__isnull", True),
                                ("start__isnull", False),
                            ),
                            models.Q(
                                ("bottom__gt", models.F("top")),
                                ("bottom__isnull", False),
                                ("left__isnull", False),
                                ("right__gt", models.F("left")),
                                ("right__isnull", False),
                                ("start__isnull", True),
                                ("top__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="release_mark_is_a_place",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasemark",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "accepted"), _negated=True),
                            models.Q(("exemption", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="release_mark_cites",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="releasemark",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "rejected"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="release_mark_says_why",
                    ),
                ),
            ]
        ),
    ]
