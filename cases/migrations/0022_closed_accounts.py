"""Since when an account is closed. A case of whoever can't sign in is nobody's: the next sweep is woken
for those of before, which counts from this moment.
"""

from django.db import migrations, models

SINCE = "UPDATE cases_account SET closed_at = now() WHERE NOT is_active;"
WAKE = """
UPDATE cases_case AS held
SET wake_at = now()
FROM cases_account AS account
WHERE account.officer_id = held.detective_id AND account.closed_at IS NOT NULL
  AND held.state NOT IN ('closed', 'inactive');
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0021_wake_walled")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="closed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(SINCE, migrations.RunSQL.noop),
        migrations.RunSQL(WAKE, migrations.RunSQL.noop),
    ]
