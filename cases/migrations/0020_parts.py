"""What a partner reads of a case that was shared with them, by their discipline (decision 35).

The unit's rules gain `parts`. `cases_bind` tells, for partners alone, which parts, kinds of responses
and elements those are, and a second, restrictive policy on every table that hangs on a case keeps the
rest back: `cases.access.parts` in SQL. Nothing told, as for everybody of the unit: no restriction.
"""

from datetime import UTC, datetime

from django.db import migrations

# The default rules of that day, for a unit whose rules are older.
READ_BY = {
    "prosecutor": [
        "report",
        "people",
        "suspect",
        "disclosure",
        "medical",
        "evidence",
        "agencies",
        "progress",
    ],
    "child_protection": [
        "report",
        "people",
        "suspect",
        "disclosure",
        "medical",
        "agencies",
        "progress",
    ],
    "advocacy_center": ["report", "people", "disclosure", "medical", "agencies", "progress"],
    "medical": ["report", "people", "disclosure", "medical"],
    "therapist": ["report", "people", "disclosure"],
}
OF_RESPONSES = {
    "initial_report": "report",
    "supplement": "report",
    "victim_seen": "people",
    "caregiver_contact": "people",
    "suspect_interview": "suspect",
    "forensic_interview_requested": "disclosure",
    "forensic_interview_held": "disclosure",
    "medical_exam": "medical",
    "kit_collected": "evidence",
    "kit_to_lab": "evidence",
    "lab_result": "evidence",
    "agency_notified": "agencies",
    "prosecutor_submission": "agencies",
    "prosecutor_decision": "agencies",
}
OF_ELEMENTS = {
    "intake": "report",
    "when_where": "report",
    "people": "people",
    "suspect": "suspect",
    "suspect_access": "suspect",
    "narrative": "report",
    "disclosure": "disclosure",
    "injury": "medical",
    "other_children": "people",
    "agency_notified": "agencies",
    "witnesses": "people",
    "evidence": "evidence",
    "medical": "medical",
    "child_contact": "disclosure",
    "forensic_interview": "disclosure",
    "next_action": "progress",
    "scene_secured": "evidence",
    "scene_present": "people",
    "walk_in_brought_by": "people",
    "walk_in_seen_privately": "disclosure",
    "hotline_call_id": "agencies",
    "hotline_priority": "agencies",
    "hotline_co_investigator": "agencies",
    "hospital_facility": "medical",
    "hospital_clinician": "medical",
    "hospital_exam": "medical",
    "hospital_kit_number": "evidence",
    "hospital_findings": "medical",
    "hospital_discharge_plan": "medical",
    "abuse_mechanism": "medical",
    "abuse_explanation": "people",
    "abuse_body_map": "medical",
    "neglect_home": "people",
    "neglect_food": "people",
    "neglect_medical": "medical",
    "neglect_supervision": "people",
}

FUNCTIONS = """
ALTER FUNCTION cases_bind(text, text, timestamptz, boolean) RENAME TO cases_bind_reach;

-- The parts that a partner reads, as the newest version of the unit's rules says; NULL for the unit.
CREATE FUNCTION cases_bind_parts(
    here_only boolean
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    partner record;
    rules jsonb;
    parts text[];
BEGIN
    SELECT account.discipline INTO partner
    FROM cases_account AS account JOIN cases_role AS role ON role.id = account.role_id
    WHERE account.id = nullif(current_setting('caseunit.account', true), '')::uuid
      AND (account.discipline <> '' OR role.code = 'partner');
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT policy.body INTO rules FROM cases_policy AS policy ORDER BY policy.version DESC LIMIT 1;
    parts := ARRAY(
        SELECT jsonb_array_elements_text(rules -> 'parts' -> 'read_by' -> partner.discipline)
    );
    PERFORM
        set_config('caseunit.parts', parts::text, here_only),
        set_config('caseunit.kinds', ARRAY(
            SELECT of_kind.key FROM jsonb_each_text(rules -> 'parts' -> 'of_responses') AS of_kind
            WHERE of_kind.value = ANY (parts)
        )::text, here_only),
        set_config('caseunit.elements', ARRAY(
            SELECT element ->> 'code' FROM jsonb_array_elements(rules -> 'elements') AS element
            WHERE element ->> 'part' = ANY (parts)
        )::text, here_only),
        set_config('caseunit.may', '', here_only);
END;
$$;

CREATE FUNCTION cases_bind(
    actor text, across text, at timestamptz, here_only boolean
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM cases_bind_reach(actor, across, at, here_only);
    PERFORM set_config('caseunit.parts', '', here_only);
    -- Whoever goes across cases by a door is held by the door.
    IF across = '' THEN
        PERFORM cases_bind_parts(here_only);
    END IF;
END;
$$;
"""

BACK = """
DROP FUNCTION cases_bind(text, text, timestamptz, boolean);
DROP FUNCTION cases_bind_parts(boolean);
ALTER FUNCTION cases_bind_reach(text, text, timestamptz, boolean) RENAME TO cases_bind;
"""

TOLD = "nullif(current_setting('caseunit.{name}', true), '')"
# Looked up once for a statement.
WHOLE = f"(SELECT {TOLD.format(name='parts')} IS NULL)"


def in_part(part):
    """Where nothing was told, all that is asked for is among what is read."""
    return f"(SELECT '{part}' = ANY (coalesce({TOLD.format(name='parts')}, '{{{part}}}')::text[]))"


def among(column, name):
    return f"{WHOLE} OR {column} = ANY ((SELECT {TOLD.format(name=name)}::text[])::text[])"


OWN = "account_id = (SELECT nullif(current_setting('caseunit.account', true), '')::uuid)"
RESTRICTED = {
    **{f"cases_{name}": in_part("progress") for name in ("assignment", "casestatechange")},
    **{
        f"cases_{name}": in_part("supervision")
        for name in ("brokenglass", "clock", "clockhold", "flag", "review")
    },
    "cases_evidence": in_part("evidence"),
    "cases_referral": in_part("agencies"),
    "cases_victim": in_part("people"),
    **{
        f"cases_{name}": WHOLE
        for name in (
            "blindtoken",
            "draft",
            "expunge",
            "importchunk",
            "importrejection",
            "importrun",
            "release",
            "releasefile",
            "releaseitem",
            "releasemark",
            "releaseresult",
        )
    },
    "cases_reveal": f"{WHOLE} OR {OWN}",
    "cases_response": among("kind", "kinds"),
    "cases_elementanswer": among("element", "elements"),
    "cases_involvedperson": f"""CASE role WHEN 'reporter' THEN {WHOLE}
        WHEN 'suspect' THEN {in_part("suspect")} ELSE {in_part("people")} END""",
    "cases_caselink": f"""CASE kind WHEN 'suspect' THEN {in_part("suspect")}
        ELSE {in_part("people")} END""",
}


def forward():
    yield FUNCTIONS
    for table, rule in RESTRICTED.items():
        yield f"CREATE POLICY cases_part ON {table} AS RESTRICTIVE USING ({rule});"


def backward():
    for table in RESTRICTED:
        yield f"DROP POLICY cases_part ON {table};"
    yield BACK


def add_rules(apps, schema_editor):
    """A new version for a unit whose rules are older than these; its other rules stay."""
    policies = apps.get_model("cases", "Policy").objects
    newest = policies.order_by("-version").first()
    if newest is None or "parts" in newest.body:
        return
    elements = [_of_part(element) for element in newest.body["elements"]]
    parts = {"read_by": READ_BY, "of_responses": OF_RESPONSES}
    policies.create(
        version=newest.version + 1,
        body={**newest.body, "elements": elements, "parts": parts},
        reason="What a partner reads of a case, by their discipline.",
        created_at=datetime.now(UTC),
    )


def _of_part(element):
    """An element of the unit's own belongs to none, and no partner reads it."""
    part = OF_ELEMENTS.get(element["code"])
    return {**element, "part": part} if part else element


class Migration(migrations.Migration):
    dependencies = [("cases", "0019_missing_elements")]

    operations = [
        migrations.RunPython(add_rules, migrations.RunPython.noop),
        migrations.RunSQL("\n".join(forward()), "\n".join(backward())),
    ]
