"""What a report lacks and whether there is one stand on the case, beside how much it settles.

A list reads them there, and no longer every answer of every report. Existing cases: whether there
is a report is told at once; what one lacks by the next sweep, which is woken for it.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

TELL = """
UPDATE cases_case AS held
SET reported = TRUE, wake_at = CASE WHEN settled < required THEN now() ELSE wake_at END
WHERE EXISTS (
    SELECT FROM cases_response WHERE case_id = held.id AND kind = 'initial_report'
);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0018_row_security")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="missing",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="case", name="reported", field=models.BooleanField(default=False)
        ),
        migrations.RunSQL(TELL, migrations.RunSQL.noop),
    ]
