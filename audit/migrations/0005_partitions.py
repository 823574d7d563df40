"""Where does an entry lie? In the part of its month, UTC; a month can then leave the log whole.

An entry that no month takes lies among the strays, so that no act fails for want of a month.
`audit_make_months` makes months and takes in the strays of each: rows only ever come into a part as
they were, nothing is updated or deleted. It acts with its owner's rights, for the application's
role makes no tables; what it can be asked for is bounded.

The entries that are there move in the same way. Their columns stay what they were, and so do their
order (`cluster`, `xid`, `id`), their hashes and the numbers that come next.
"""

from django.db import migrations

INDEXES = """
CREATE INDEX audit_entry_at ON audit_entry (at DESC, id DESC);
CREATE INDEX audit_entry_actor ON audit_entry (actor_id, at DESC, id DESC);
CREATE INDEX audit_entry_subject ON audit_entry (subject_type, subject_id, at DESC, id DESC);
CREATE INDEX audit_entry_event ON audit_entry (event, at DESC, id DESC);
CREATE INDEX audit_entry_not_allowed ON audit_entry (at DESC, id DESC)
    WHERE NOT (outcome = 'allowed');
CREATE INDEX audit_entry_details ON audit_entry USING gin (details jsonb_path_ops);
CREATE INDEX audit_entry_order ON audit_entry (cluster, xid, id);
"""

FUNCTIONS = """
CREATE FUNCTION audit_guard(part name) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER %2$I BEFORE UPDATE OR DELETE ON %1$I '
        'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', part, part || '_append_only'
    );
    EXECUTE format(
        'CREATE TRIGGER %2$I BEFORE TRUNCATE ON %1$I '
        'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', part, part || '_no_truncate'
    );
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', part, part || '_append_only');
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', part, part || '_no_truncate');
END;
$$;

CREATE FUNCTION audit_month_name(month date) RETURNS name LANGUAGE sql IMMUTABLE AS
$$ SELECT format('audit_entry_%s', to_char(month, 'YYYY_MM'))::name $$;

CREATE FUNCTION audit_attach(part name, bounds text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'CREATE TABLE %I (LIKE audit_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part
    );
    PERFORM audit_guard(part);
    EXECUTE format('ALTER TABLE audit_entry ATTACH PARTITION %I %s', part, bounds);
END;
$$;

CREATE FUNCTION audit_make_months(months date[]) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    wanted date[];
    month date;
    strays boolean;
BEGIN
    -- An older snapshot would leave out what was committed since.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'audit_make_months needs a transaction that is READ COMMITTED';
    END IF;
    LOCK TABLE audit_entry IN SHARE UPDATE EXCLUSIVE MODE;
    SELECT coalesce(array_agg(DISTINCT one ORDER BY one), '{}') INTO wanted
        FROM (SELECT date_trunc('month', asked)::date AS one FROM unnest(months) AS asked) AS firsts
        WHERE NOT EXISTS (
            SELECT FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass
                AND inhrelid = to_regclass(audit_month_name(one)::text)
        );
    IF cardinality(wanted) > 600 OR wanted[1] < '2000-01-01'
            OR wanted[cardinality(wanted)] > current_date + 400 THEN
        RAISE EXCEPTION 'audit_make_months makes 600 months, from 2000 to a year ahead'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT EXISTS (
        SELECT FROM audit_entry_stray
        WHERE date_trunc('month', at AT TIME ZONE 'UTC')::date = ANY (wanted)
    ) INTO strays;
    IF strays THEN
        ALTER TABLE audit_entry DETACH PARTITION audit_entry_stray;
        DROP TRIGGER audit_entry_stray_append_only ON audit_entry_stray;
        DROP TRIGGER audit_entry_stray_no_truncate ON audit_entry_stray;
        ALTER TABLE audit_entry_stray RENAME TO audit_entry_moving;
    END IF;
    FOREACH month IN ARRAY wanted LOOP
        PERFORM audit_attach(audit_month_name(month), format(
            'FOR VALUES FROM (%L) TO (%L)', month::timestamp AT TIME ZONE 'UTC',
            (month + interval '1 month') AT TIME ZONE 'UTC'
        ));
    END LOOP;
    IF strays THEN
        PERFORM audit_attach('audit_entry_stray', 'DEFAULT');
        INSERT INTO audit_entry SELECT * FROM audit_entry_moving;
        DROP TABLE audit_entry_moving;
    END IF;
    RETURN ARRAY(SELECT to_char(one, 'YYYY-MM') FROM unnest(wanted) AS one);
END;
$$;
"""

GUARD = "SELECT audit_guard('audit_entry');"

# The strays come last: nothing has to be searched for what belongs to a month.
FORWARD = f"""
LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE;
ALTER TABLE audit_entry RENAME TO audit_entry_before;
ALTER SEQUENCE audit_entry_id_seq RENAME TO audit_entry_before_id_seq;
DROP INDEX audit_entry_at, audit_entry_actor, audit_entry_subject, audit_entry_event,
    audit_entry_not_allowed, audit_entry_details, audit_entry_order;
ALTER TABLE audit_entry_before DROP CONSTRAINT audit_entry_pkey;
CREATE TABLE audit_entry (LIKE audit_entry_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (at);
ALTER TABLE audit_entry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;
SELECT setval('audit_entry_id_seq', last_value, is_called) FROM audit_entry_before_id_seq;
{FUNCTIONS}
SELECT audit_attach('audit_entry_stray', 'DEFAULT');
SELECT audit_make_months(ARRAY(
    SELECT month FROM (
        SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')::date AS month
        FROM audit_entry_before
    ) AS months
    WHERE month BETWEEN '2000-01-01' AND current_date + 400
    UNION
    SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + n * interval '1 month')::date
    FROM generate_series(0, 3) AS n
));
INSERT INTO audit_entry SELECT * FROM audit_entry_before;
DROP TABLE audit_entry_before;
ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id, at);
{INDEXES}
{GUARD}
"""  # noqa: S608 - constants

BACKWARD = f"""
LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE;
ALTER TABLE audit_entry RENAME TO audit_entry_parted;
ALTER SEQUENCE audit_entry_id_seq RENAME TO audit_entry_parted_id_seq;
CREATE TABLE audit_entry (LIKE audit_entry_parted INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE audit_entry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;
SELECT setval('audit_entry_id_seq', last_value, is_called) FROM audit_entry_parted_id_seq;
INSERT INTO audit_entry SELECT * FROM audit_entry_parted;
DROP TABLE audit_entry_parted;
ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);
{INDEXES}
{GUARD}
DROP FUNCTION audit_make_months(date[]);
DROP FUNCTION audit_attach(name, text);
DROP FUNCTION audit_month_name(date);
DROP FUNCTION audit_guard(name);
"""  # noqa: S608 - constants


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_chained_checkpoints")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
