"""Which words does the database hold closed that only the models held before?"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_flag_summary"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="casestatechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "disposition__in",
                        [
                            "cleared_arrest",
                            "cleared_exceptional_A",
                            "cleared_exceptional_B",
                            "cleared_exceptional_C",
                            "cleared_exceptional_D",
                            "cleared_exceptional_E",
                            "cleared_exceptional",
                            "unfounded",
                            "inactive",
                            "",
                        ],
                    )
                ),
                name="state_change_disposition_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "initial_report",
                            "supplement",
                            "victim_seen",
                            "caregiver_contact",
                            "suspect_interview",
                            "forensic_interview_requested",
                            "forensic_interview_held",
                            "medical_exam",
                            "kit_collected",
                            "kit_to_lab",
                            "lab_result",
                            "agency_notified",
                            "prosecutor_submission",
                            "prosecutor_decision",
                        ],
                    )
                ),
                name="draft_kind_known",
            ),
        ),
    ]
