"""How does a case know its flags without counting them? The database keeps the summary at every write."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION cases_summarise_flags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM cases_summarise_flags_of(ARRAY(SELECT DISTINCT case_id FROM after_rows WHERE case_id IS NOT NULL));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM cases_summarise_flags_of(ARRAY(SELECT DISTINCT case_id FROM before_rows WHERE case_id IS NOT NULL));
    ELSE
        PERFORM cases_summarise_flags_of(ARRAY(
            SELECT case_id FROM after_rows WHERE case_id IS NOT NULL
            UNION SELECT case_id FROM before_rows WHERE case_id IS NOT NULL));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION cases_summarise_flags_of(case_ids uuid[]) RETURNS void LANGUAGE sql AS $$
    UPDATE cases_case SET concerns = now_is.concerns, flag_severity = now_is.severity, flags_waived = now_is.waived
    FROM (
        SELECT subject.id,
            coalesce(array_agg(DISTINCT CASE WHEN flag.kind = 'stalled' AND flag.clock_kind = 'victim_seen'
                                             THEN 'child_not_seen' ELSE flag.kind END)
                     FILTER (WHERE flag.status IN ('open', 'acknowledged')), '{}') AS concerns,
            coalesce(max(flag.severity) FILTER (WHERE flag.status = 'open'), 0) AS severity,
            count(*) FILTER (WHERE flag.status = 'waived') AS waived
        FROM unnest(case_ids) AS subject (id)
        LEFT JOIN cases_flag AS flag ON flag.case_id = subject.id AND flag.status <> 'resolved'
        GROUP BY subject.id
    ) AS now_is
    WHERE cases_case.id = now_is.id
      AND (cases_case.concerns, cases_case.flag_severity, cases_case.flags_waived)
          IS DISTINCT FROM (now_is.concerns::varchar[], now_is.severity, now_is.waived);
$$;

CREATE TRIGGER flag_summary_insert AFTER INSERT ON cases_flag
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION cases_summarise_flags();
CREATE TRIGGER flag_summary_update AFTER UPDATE ON cases_flag
    REFERENCING NEW TABLE AS after_rows OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION cases_summarise_flags();
CREATE TRIGGER flag_summary_delete AFTER DELETE ON cases_flag
    REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION cases_summarise_flags();
"""

UNDO = """
DROP TRIGGER flag_summary_insert ON cases_flag;
DROP TRIGGER flag_summary_update ON cases_flag;
DROP TRIGGER flag_summary_delete ON cases_flag;
DROP FUNCTION cases_summarise_flags();
DROP FUNCTION cases_summarise_flags_of(uuid[]);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_seed")]
    operations = [migrations.RunSQL(FUNCTION, UNDO)]
