"""A case whose detective stands behind a wall is orphaned: the next sweep is woken for those of
before.
"""

from django.db import migrations

WAKE = """
UPDATE cases_case AS held
SET wake_at = now()
WHERE EXISTS (
    SELECT FROM cases_wall AS wall
    JOIN cases_account AS account ON account.id = wall.account_id
    WHERE wall.case_id = held.id AND wall.lifted_at IS NULL AND account.officer_id = held.detective_id
);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0020_parts")]

    operations = [migrations.RunSQL(WAKE, migrations.RunSQL.noop)]
