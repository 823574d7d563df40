"""The database agrees: who is bound sees and writes the rows of the cases that they may see.

`cases_bind` is told who acts (`audit/binding.py`) and works out, once for a transaction, how far
they reach, from the tables that `cases/access` reads. Policies read only that and the row: walls
first, then the columns of the case, then grants, whose end is looked at each time. Nobody bound, or
nobody that is known: no row. Which table has which policy, and which has none, stands in
`cases/row_security.py`; a law holds the two together.

The owner of the tables is not bound by policies: migrations, `audit_retire` and `bench` see all.
"""

from django.db import migrations, models

# What works in the machinery's name and has to do with cases. Any other name sees no case.
SYSTEM = (
    "demo",
    "expunge",
    "figures",
    "import",
    "import_caseload",
    "import_csv",
    "leak scan",
    "rebuild_blind_index",
    "reconcile",
    "redact again",
    "release",
    "replay",
    "rotate_keys",
    "shred store",
    "sweep",
)

FUNCTIONS = """
-- In PL/pgSQL: a statement that never asks for grants need not even read this to be planned.
CREATE FUNCTION cases_granted() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(
        SELECT given.content_object_id
        FROM cases_caseuserobjectpermission AS given
        JOIN cases_account AS account ON account.id = given.user_id
        WHERE account.id = nullif(current_setting('caseunit.grantee', true), '')::uuid
          AND account.discipline = given.discipline AND given.ended_at IS NULL
          AND given.expires_at > nullif(current_setting('caseunit.at', true), '')::timestamptz
        UNION
        SELECT shared.case_id FROM cases_squadgrant AS shared
        WHERE shared.squad_id = nullif(current_setting('caseunit.squad', true), '')::uuid
          AND shared.ended_at IS NULL
          AND shared.expires_at > nullif(current_setting('caseunit.at', true), '')::timestamptz
    );
END;
$$;

-- Cases whose number has a part like these, `most` at the most: behind policies a part of a text is
-- compared without its index. So this looks past them, and asks what the policy asks.
CREATE FUNCTION cases_numbered(
    typed text, raised text, most integer
) RETURNS TABLE (case_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM cases_case WHERE (number LIKE typed OR number LIKE raised) AND (%(seen)s)
    LIMIT most
$$;

-- Texts of other cases that share a band with one of these. An array is compared behind policies
-- without its index; so this looks past them, and gives ids, to those alone who see every case now.
CREATE FUNCTION cases_alike(
    fresh_ids uuid[], kinds text[], until timestamptz, candidates integer
) RETURNS TABLE (fresh_id uuid, other_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT fresh.id, other.id
    FROM cases_response AS fresh
    CROSS JOIN LATERAL (
        SELECT known.id
        FROM cases_response AS known
        WHERE known.bands && fresh.bands
          AND known.case_id <> fresh.case_id
          AND known.kind = ANY (kinds)
          AND known.entered_at <= until
        ORDER BY (
            SELECT count(*) FROM unnest(known.bands) AS band WHERE band = ANY (fresh.bands)
        ) DESC, known.entered_at
        LIMIT candidates
    ) AS other
    WHERE fresh.id = ANY (fresh_ids) AND coalesce(current_setting('caseunit.span', true), '') = 'free'
$$;

CREATE FUNCTION cases_bind(
    actor text, across text, at timestamptz, here_only boolean
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    who record;
    span text := 'none';
BEGIN
    IF across NOT IN ('', 'most', 'free') THEN
        RAISE EXCEPTION 'no such span: %', across USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT account.id, account.officer_id, officer.squad_id, role.scope,
        ARRAY(
            SELECT squad.id FROM cases_squad AS squad
            WHERE squad.sergeant_id = account.officer_id
            UNION
            SELECT officer.squad_id WHERE officer.rank = 'sergeant' AND officer.squad_id IS NOT NULL
        ) AS led,
        ARRAY(
            SELECT wall.case_id FROM cases_wall AS wall
            WHERE wall.account_id = account.id AND wall.lifted_at IS NULL
        ) AS walled,
        EXISTS (
            SELECT FROM cases_rolepermission AS given
            WHERE given.role_id = role.id AND given.permission = 'view_cases'
        ) AS sees,
        EXISTS (
            SELECT FROM cases_rolepermission AS given
            WHERE given.role_id = role.id AND given.permission = 'import_caseload'
        ) AS imports
    INTO who
    FROM cases_account AS account
    JOIN cases_role AS role ON role.id = account.role_id
    LEFT JOIN cases_officer AS officer ON officer.id = account.officer_id
    WHERE account.is_active AND account.id = CASE
        WHEN actor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN actor::uuid
    END;
    IF actor = ANY (%(system)s) OR NOT row_security_active('cases_case') THEN
        span := 'free';
    ELSIF who.id IS NULL AND actor NOT LIKE 'system:%' AND actor <> 'nobody signed in' THEN
        span := 'none';
    ELSIF across = 'free' THEN
        span := 'free';
    ELSIF across = 'most' OR (who.sees AND who.scope = 'all') THEN
        span := CASE WHEN coalesce(who.walled, '{}') = '{}' THEN 'free' ELSE 'most' END;
    ELSIF who.sees THEN
        span := 'some';
    END IF;
    PERFORM
        set_config('caseunit.actor', actor, here_only),
        set_config('caseunit.span', span, here_only),
        set_config('caseunit.at', coalesce(at::text, ''), here_only),
        set_config('caseunit.account', coalesce(who.id::text, ''), here_only),
        set_config(
            'caseunit.grantee', CASE WHEN who.sees THEN who.id::text ELSE '' END, here_only
        ),
        set_config(
            'caseunit.squad',
            CASE WHEN who.sees THEN coalesce(who.squad_id::text, '') ELSE '' END,
            here_only
        ),
        set_config(
            'caseunit.walled',
            CASE WHEN span = 'free' THEN '' ELSE coalesce(who.walled::text, '') END,
            here_only
        ),
        set_config(
            'caseunit.holder',
            CASE WHEN who.sees AND who.scope IN ('own', 'squad') THEN coalesce(who.officer_id::text, '')
                 ELSE '' END,
            here_only
        ),
        set_config(
            'caseunit.supervisor',
            CASE WHEN who.sees AND who.scope = 'squad' THEN coalesce(who.officer_id::text, '') ELSE '' END,
            here_only
        ),
        set_config(
            'caseunit.led',
            CASE WHEN who.sees AND who.scope = 'squad' THEN who.led::text ELSE '' END,
            here_only
        ),
        set_config(
            'caseunit.may',
            concat_ws(
                ' ',
                CASE WHEN span = 'free' OR (who.sees AND who.scope IN ('squad', 'all'))
                     THEN 'loose' END,
                CASE WHEN span = 'free' OR who.imports THEN 'import' END
            ),
            here_only
        );
END;
$$;
"""

BACK = """
DROP FUNCTION cases_bind(text, text, timestamptz, boolean);
DROP FUNCTION cases_numbered(text, text, integer);
DROP FUNCTION cases_alike(uuid[], text[], timestamptz, integer);
DROP FUNCTION cases_granted();
"""


def told(name, kind):
    """What `cases_bind` left, looked up once for a statement, and only where it is asked for.

    Written out: a function would be read and taken apart each time that a statement is planned.
    """
    return f"(SELECT nullif(current_setting('caseunit.{name}', true), '')::{kind})"


def told_some(name):
    """The same, of several ids; none where nobody is bound."""
    ids = f"coalesce(nullif(current_setting('caseunit.{name}', true), ''), '{{}}')"
    return f"((SELECT {ids}::uuid[])::uuid[])"


def may(what):
    permitted = "string_to_array(current_setting('caseunit.may', true), ' ')"
    return f"(SELECT '{what}' = ANY ({permitted}))"


def beyond_walls(column):
    return f"{column} <> ALL {told_some('walled')}"


# They are cheap, since every row asks. Who sees nothing holds, leads and is granted nothing; who
# sees all has no walls.
SEES_ALL = "(SELECT current_setting('caseunit.span', true) IN ('free', 'most'))"
SEES_FREELY = "(SELECT current_setting('caseunit.span', true) = 'free')"
CASE_ITSELF = f"""{beyond_walls("id")} AND (
    {SEES_ALL}
    OR squad_id = ANY {told_some("led")}
    OR detective_id = {told("holder", "uuid")}
    OR supervisor_id = {told("supervisor", "uuid")}
    OR id = ANY ((SELECT cases_granted())::uuid[])
)"""


def seen(table, column, of):
    """The row that `column` names is one that is seen. OFFSET: row by row, never all at once."""
    return f"EXISTS (SELECT FROM {of} AS above WHERE above.id = {table}.{column} OFFSET 0)"


def by_case(table, column="case_id"):
    of_case = seen(table, column, "cases_case")
    return f"{beyond_walls(column)} AND ({SEES_ALL} OR {of_case})"


def by_case_or_loose(table):
    return f"CASE WHEN case_id IS NULL THEN {may('loose')} ELSE {by_case(table)} END"


def below(table, *ways):
    sides = " OR ".join(seen(table, column, of) for column, of in ways)
    return f"{SEES_FREELY} OR {sides}"


IMPORTS = may("import")
BY_CASE = (
    "assignment",
    "brokenglass",
    "casestatechange",
    "clockhold",
    "draft",
    "evidence",
    "expunge",
    "involvedperson",
    "release",
    "response",
    "review",
    "victim",
)
POLICIES = {
    "cases_case": CASE_ITSELF,
    **{f"cases_{name}": by_case(f"cases_{name}") for name in BY_CASE},
    # How often somebody revealed lately counts, and is masked, whatever they may see by now.
    "cases_reveal": f"account_id = {told('account', 'uuid')} OR {by_case('cases_reveal')}",
    **{
        f"cases_{name}": by_case_or_loose(f"cases_{name}") for name in ("clock", "flag", "referral")
    },
    "cases_caselink": (
        f"({by_case('cases_caselink', 'first_id')}) AND ({by_case('cases_caselink', 'second_id')})"
    ),
    "cases_elementanswer": below("cases_elementanswer", ("response_id", "cases_response")),
    "cases_releasefile": below("cases_releasefile", ("release_id", "cases_release")),
    "cases_releaseitem": below("cases_releaseitem", ("release_id", "cases_release")),
    "cases_releaseresult": below("cases_releaseresult", ("release_id", "cases_release")),
    "cases_releasemark": below("cases_releasemark", ("item_id", "cases_releaseitem")),
    "cases_blindtoken": below(
        "cases_blindtoken", ("victim_id", "cases_victim"), ("person_id", "cases_involvedperson")
    ),
    "cases_importrun": IMPORTS,
    "cases_importchunk": IMPORTS,
    "cases_importrejection": IMPORTS,
}


def forward():
    yield FUNCTIONS.replace("%(seen)s", CASE_ITSELF).replace(
        "%(system)s", f"ARRAY[{', '.join(f'''$x$system:{one}$x$''' for one in SYSTEM)}]"
    )
    for table, rule in POLICIES.items():
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        yield f"CREATE POLICY cases_seen ON {table} USING ({rule}) WITH CHECK ({rule});"


def backward():
    for table in POLICIES:
        yield f"DROP POLICY cases_seen ON {table};"
        yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
    yield BACK


class Migration(migrations.Migration):
    dependencies = [("cases", "0017_sharing")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("concerns", []), _negated=True),
                fields=["supervisor"],
                name="case_concerns_led",
            ),
        ),
        migrations.RunSQL("\n".join(forward()), "\n".join(backward())),
    ]
