"""What becomes of a write in nobody's name, past the application?

The application says in `caseunit.actor` who acts (`audit/binding.py`). A row that is written while
nobody is named there is refused; only whoever owns the tables may, and then the trigger itself
leaves the entry: database user, table, row and fields, never a value.

`cases_watch` puts the triggers on every table of `cases` that lacks them; it runs after each
`migrate`, so that a new table can't be forgotten. ALWAYS: a session in replica mode is seen too.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION cases_require_owner(watched regclass, act text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = watched), 'USAGE')
    THEN
        RAISE EXCEPTION '% of % is refused: nobody is named as acting', act, watched
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Only the application writes here; it sets caseunit.actor.';
    END IF;
END;
$$;

CREATE FUNCTION cases_direct_entry(
    watched name, act text, row_id text, case_id text, changed jsonb
) RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO audit_entry (
        at, event, outcome, actor_id, actor_label, session, source_address,
        subject_type, subject_id, reason, changes, details
    ) VALUES (
        clock_timestamp(), 'direct_change', 'allowed',
        left('database:' || session_user, 64), left('database:' || session_user, 64), '',
        inet_client_addr(), left(watched, 40), left(row_id, 64), '', changed,
        jsonb_strip_nulls(jsonb_build_object(
            'operation', lower(act), 'table', watched, 'database_user', session_user,
            'case', case_id
        ))
    );
$$;

CREATE FUNCTION cases_direct_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    before jsonb := '{}';
    after jsonb := '{}';
    one jsonb;
BEGIN
    PERFORM cases_require_owner(TG_RELID, TG_OP);
    IF TG_OP <> 'INSERT' THEN before := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN after := to_jsonb(NEW); END IF;
    one := before || after;
    PERFORM cases_direct_entry(
        TG_TABLE_NAME, TG_OP, one ->> TG_ARGV[0],
        one ->> CASE TG_TABLE_NAME WHEN 'cases_case' THEN 'id' ELSE 'case_id' END,
        coalesce(
            (SELECT jsonb_object_agg(key, '(sealed)') FROM jsonb_object_keys(one) AS key
             WHERE before -> key IS DISTINCT FROM after -> key),
            '{}'
        )
    );
    RETURN NULL;
END;
$$;

CREATE FUNCTION cases_direct_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM cases_require_owner(TG_RELID, TG_OP);
    PERFORM cases_direct_entry(TG_TABLE_NAME, TG_OP, '', NULL, '{}');
    RETURN NULL;
END;
$$;

CREATE FUNCTION cases_watch() RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    watched record;
    put integer := 0;
BEGIN
    FOR watched IN
        SELECT relname AS name, coalesce(attname, '') AS key
        FROM pg_class
        LEFT JOIN pg_index ON indrelid = pg_class.oid AND indisprimary
        LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum = indkey[0]
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND relname LIKE 'cases\\_%'
          AND NOT EXISTS (
              SELECT FROM pg_trigger
              WHERE tgrelid = pg_class.oid AND tgname = 'cases_direct_change'
          )
    LOOP
        EXECUTE format(
            'CREATE TRIGGER cases_direct_change AFTER INSERT OR UPDATE OR DELETE ON %1$I '
            'FOR EACH ROW WHEN (coalesce(current_setting(''caseunit.actor'', true), '''') = '''') '
            'EXECUTE FUNCTION cases_direct_change(%2$L)', watched.name, watched.key
        );
        EXECUTE format(
            'CREATE TRIGGER cases_direct_no_truncate BEFORE TRUNCATE ON %1$I '
            'FOR EACH STATEMENT EXECUTE FUNCTION cases_direct_truncate()', watched.name
        );
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER cases_direct_change', watched.name);
        EXECUTE format(
            'ALTER TABLE %I ENABLE ALWAYS TRIGGER cases_direct_no_truncate', watched.name
        );
        put := put + 1;
    END LOOP;
    RETURN put;
END;
$$;

SELECT cases_watch();
"""

BACKWARD = """
DROP FUNCTION cases_watch();
DROP FUNCTION cases_direct_truncate() CASCADE;
DROP FUNCTION cases_direct_change() CASCADE;
DROP FUNCTION cases_direct_entry(name, text, text, text, jsonb);
DROP FUNCTION cases_require_owner(regclass, text);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_audit_review"), ("audit", "0003_sealing")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
