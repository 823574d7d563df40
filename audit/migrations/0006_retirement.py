"""How does a month leave the log? By `audit_retire`, and on record: nothing in it is deleted.

The procedure detaches a month whose every entry is sealed and seen by a witness, once a retirement
and an entry of the same transaction tell of it. What is detached keeps its triggers. It acts with
the rights of who calls it: the application's role can't.
"""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION audit_retire(month date, retirement bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    part name := audit_month_name(month);
    apart name := format('audit_retired_%s', to_char(month, 'YYYY_MM'));
    held bigint;
    unsealed bigint;
    last_leaf bigint;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_inherits
        WHERE inhparent = 'audit_entry'::regclass AND inhrelid = to_regclass(part::text)
    ) THEN
        RAISE EXCEPTION '% is no month of the log', part;
    END IF;
    -- Nothing comes into it meanwhile; who reads it may go on.
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', part);
    EXECUTE format(
        'SELECT count(*), count(*) FILTER (WHERE l.index IS NULL), max(l.index) '
        'FROM %I AS e LEFT JOIN audit_leaf AS l ON l.entry_id = e.id', part
    ) INTO held, unsealed, last_leaf;
    IF unsealed > 0 THEN
        RAISE EXCEPTION '% is not retired: % of its entries are not sealed', part, unsealed;
    END IF;
    IF last_leaf >= coalesce((SELECT max(size) FROM audit_witnessing WHERE problem = ''), 0) THEN
        RAISE EXCEPTION '% is not retired: no witness has seen all of it', part;
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit_retirement AS known
        WHERE known.id = retirement AND known.month_from = audit_retire.month AND known.entries = held
    ) OR NOT EXISTS (
        SELECT FROM audit_entry AS told
        WHERE told.cluster = audit_cluster() AND told.xid = pg_current_xact_id()
            AND told.event = 'audit_month_retired' AND told.subject_id = retirement::text
    ) THEN
        RAISE EXCEPTION '% is not retired: it is not on record', part;
    END IF;
    EXECUTE format('ALTER TABLE audit_entry DETACH PARTITION %I', part);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', part, apart);
END;
$$;
SELECT audit_guard('audit_retirement');
"""

BACKWARD = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM audit_retirement) THEN
        RAISE EXCEPTION 'Months were retired from this log: it can not go back to before that';
    END IF;
END;
$$;
DROP FUNCTION audit_retire(date, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_partitions")]

    operations = [
        migrations.CreateModel(
            name="Retirement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("month_from", models.DateField()),
                ("at", models.DateTimeField()),
                ("entries", models.BigIntegerField()),
                ("note", models.TextField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("entries__gte", 0)), name="audit_retirement_counted"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month_from__day", 1)),
                        name="audit_retirement_of_a_month",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
