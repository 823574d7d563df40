"""What may be done to a month's own table? What may be read in the log may be read in it alone:
`verify_audit` looks into a table that has left the log. Nothing else is handed on.
"""

from django.db import migrations

HEAD = """
CREATE OR REPLACE FUNCTION audit_attach(part name, bounds text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
"""

WITH_RIGHTS = f"""{HEAD}
DECLARE
    reader name;
BEGIN
    EXECUTE format(
        'CREATE TABLE %I (LIKE audit_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part
    );
    PERFORM audit_guard(part);
    FOR reader IN
        SELECT rolname FROM pg_class, aclexplode(relacl) AS given JOIN pg_roles ON oid = grantee
        WHERE pg_class.oid = 'audit_entry'::regclass AND privilege_type = 'SELECT'
            AND grantee <> relowner
    LOOP
        EXECUTE format('GRANT SELECT ON %I TO %I', part, reader);
    END LOOP;
    EXECUTE format('ALTER TABLE audit_entry ATTACH PARTITION %I %s', part, bounds);
END;
$$;
"""  # noqa: S608 - constants

WITHOUT = f"""{HEAD}
BEGIN
    EXECUTE format(
        'CREATE TABLE %I (LIKE audit_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part
    );
    PERFORM audit_guard(part);
    EXECUTE format('ALTER TABLE audit_entry ATTACH PARTITION %I %s', part, bounds);
END;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_retirement")]

    operations = [migrations.RunSQL(WITH_RIGHTS, WITHOUT)]
