"""What does sealing need? Columns that the database fills in, and tables that only grow.

Entries that were there before get this migration's transaction number: their order is their id's.
"""

import django.contrib.postgres.functions
from django.db import migrations, models

import audit.fields
from audit.together import Together

SEALED = ("audit_leaf", "audit_node", "audit_checkpoint", "audit_epoch", "audit_witnessing")

# Not a column default by itself: a default holds no subquery.
CLUSTER = """
CREATE FUNCTION audit_cluster() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT system_identifier FROM pg_control_system() $$;
"""

REFUSE = """
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Record a new entry that corrects the earlier one.';
END;
$$;
"""

GUARD = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""

UNGUARD = """
DROP TRIGGER {table}_no_truncate ON {table};
DROP TRIGGER {table}_append_only ON {table};
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]

    operations = [
        migrations.RunSQL(CLUSTER, "DROP FUNCTION audit_cluster()"),
        migrations.RunSQL(REFUSE, migrations.RunSQL.noop),
        Together(
            [
                migrations.CreateModel(
                    name="Checkpoint",
                    fields=[
                        ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("note", models.TextField()),
                        ("mac", models.BinaryField()),
                        ("cluster", models.BigIntegerField()),
                        ("xid", audit.fields.Xid8Field()),
                        ("entry_id", models.BigIntegerField()),
                        ("sealed_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Epoch",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("cluster", models.BigIntegerField()),
                        ("first_leaf", models.BigIntegerField()),
                        ("began_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Leaf",
                    fields=[
                        ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("entry_id", models.BigIntegerField()),
                        ("hash", models.BinaryField()),
                        ("mac", models.BinaryField()),
                    ],
                    options={
                        "verbose_name_plural": "leaves",
                    },
                ),
                migrations.CreateModel(
                    name="Node",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("level", models.SmallIntegerField()),
                        ("index", models.BigIntegerField()),
                        ("hash", models.BinaryField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Witnessing",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                        ("size", models.BigIntegerField()),
                        ("witness", models.CharField(max_length=8)),
                        ("problem", models.CharField(blank=True, max_length=120)),
                    ],
                ),
            ]
        ),
        Together(
            [
                migrations.AddField(
                    model_name="entry",
                    name="cluster",
                    field=models.BigIntegerField(
                        db_default=audit.fields.ThisCluster(), editable=False
                    ),
                ),
                migrations.AddField(
                    model_name="entry",
                    name="nonce",
                    field=models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(), editable=False
                    ),
                ),
                migrations.AddField(
                    model_name="entry",
                    name="xid",
                    field=audit.fields.Xid8Field(
                        db_default=audit.fields.ThisTransaction(), editable=False
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddIndex(
                    model_name="entry",
                    index=models.Index(fields=["cluster", "xid", "id"], name="audit_entry_order"),
                ),
                migrations.AddIndex(
                    model_name="checkpoint",
                    index=models.Index(
                        fields=["cluster", "-size"], name="audit_checkpoint_by_cluster"
                    ),
                ),
                migrations.AddIndex(
                    model_name="checkpoint",
                    index=models.Index(fields=["sealed_at"], name="audit_checkpoint_sealed_at"),
                ),
                migrations.AddConstraint(
                    model_name="checkpoint",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("size__gt", 0)), name="audit_checkpoint_not_empty"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="epoch",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("first_leaf__gte", 0)), name="audit_epoch_from_zero"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="leaf",
                    constraint=models.UniqueConstraint(
                        fields=("entry_id",), name="audit_leaf_once_for_an_entry"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="leaf",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("index__gte", 0)), name="audit_leaf_from_zero"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="node",
                    constraint=models.UniqueConstraint(
                        fields=("level", "index"), name="audit_node_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="node",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("level__gt", 0)), name="audit_node_above_the_leaves"
                    ),
                ),
                migrations.AddIndex(
                    model_name="witnessing",
                    index=models.Index(fields=["witness", "-at"], name="audit_witnessing_latest"),
                ),
                migrations.AddConstraint(
                    model_name="witnessing",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("witness__in", ("file", "email", "http"))),
                        name="audit_witnessing_known",
                    ),
                ),
            ]
        ),
        *(
            migrations.RunSQL(GUARD.format(table=table), UNGUARD.format(table=table))
            for table in SEALED
        ),
    ]
