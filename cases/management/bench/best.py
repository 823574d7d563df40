"""What is the best SQL for each answer, written by hand for this schema and nothing else?

It gives the same answers as the product, walls and grants included, and says nothing that the pages
don't show. Parameters: `officer`, `account`, `squads`, `now`, and `size`, a page's rows and one.
"""

from cases.enums import Scope
from cases.rules.ranking import CONCERNS

_NOT_WALLED = """NOT EXISTS (
    SELECT FROM cases_wall AS wall
    WHERE wall.case_id = one.id AND wall.account_id = %(account)s AND wall.lifted_at IS NULL
)"""

_NEWEST = "ORDER BY one.last_entry_at DESC, one.id DESC LIMIT %(size)s"

_BY_COLUMN = """SELECT one.id, one.last_entry_at FROM cases_case AS one
WHERE {condition} AND {not_walled} {newest}"""


def _leg(sql: str, condition: str = "TRUE") -> str:
    return sql.format(condition=condition, not_walled=_NOT_WALLED, newest=_NEWEST)


_ALL = _leg(_BY_COLUMN)
_HELD = _leg(_BY_COLUMN, "one.detective_id = %(officer)s")
_SUPERVISED = _leg(_BY_COLUMN, "one.supervisor_id = %(officer)s")

_LED = _leg("""SELECT newest.id, newest.last_entry_at
FROM unnest(%(squads)s::uuid[]) AS led (id) CROSS JOIN LATERAL (
    SELECT one.id, one.last_entry_at FROM cases_case AS one
    WHERE one.squad_id = led.id AND {not_walled} {newest}
) AS newest""")

_GRANTED = _leg("""SELECT one.id, one.last_entry_at
FROM cases_caseuserobjectpermission AS given JOIN cases_case AS one
  ON one.id = given.content_object_id
WHERE given.user_id = %(account)s AND given.expires_at > %(now)s AND given.ended_at IS NULL
  AND {not_walled} {newest}""")

_LEGS = {
    Scope.ALL: (_ALL,),
    Scope.SQUAD: (_LED, _SUPERVISED, _HELD, _GRANTED),
    Scope.OWN: (_HELD, _GRANTED),
}

_CASE_LIST = """
WITH reach AS ({legs}), page AS (
    SELECT id, last_entry_at FROM reach ORDER BY last_entry_at DESC, id DESC LIMIT %(size)s
)
SELECT one.id, one.number, one.state, one.offense_class, one.channel, one.received_at,
    one.last_entry_at, one.next_clock, one.next_due_at, one.settled, one.required, one.missing,
    one.reported, one.carries, detective.name,
    ARRAY(
        SELECT jsonb_build_object('kind', flag.kind, 'status', flag.status,
            'severity', flag.severity, 'reasons', flag.reasons)
        FROM cases_flag AS flag
        WHERE flag.case_id = one.id AND flag.status <> 'resolved'
        ORDER BY flag.severity DESC, flag.raised_at, flag.id
    )
FROM page JOIN cases_case AS one ON one.id = page.id
LEFT JOIN cases_officer AS detective ON detective.id = one.detective_id
ORDER BY page.last_entry_at DESC, page.id DESC"""


def case_list(scope: Scope) -> str:
    """The first page of the case list with all that its rows show."""
    return _CASE_LIST.format(legs=" UNION ".join(f"({leg})" for leg in _LEGS[scope]))


# -- the dashboard ------------------------------------------------------------------------------

_FRESH = """
fresh AS MATERIALIZED (
    SELECT case_id, max(severity) AS severity, array_agg(DISTINCT concern) AS concerns
    FROM (
        SELECT case_id, severity,
            CASE kind WHEN 'victim_seen' THEN 'child_not_seen'
                      WHEN 'assignment' THEN 'orphaned'
                      WHEN 'referral_acknowledged' THEN 'referral_unanswered'
                      ELSE 'stalled' END AS concern
        FROM cases_clock
        WHERE met_at IS NULL AND stopped_at IS NULL AND flagged_at IS NULL
          AND due_at < %(now)s AND case_id IS NOT NULL
        UNION ALL
        SELECT case_id, severity,
            CASE WHEN clock_kind = 'victim_seen' THEN 'child_not_seen' ELSE kind END
        FROM cases_flag
        WHERE status = 'waived' AND waived_until <= %(now)s AND case_id IS NOT NULL
    ) AS unswept
    GROUP BY case_id
)"""

_RANK = "unseen DESC, severity DESC, times_over DESC, completeness NULLS LAST, number"
_PAGE_RANK = ", ".join(f"page.{part}" for part in _RANK.split(", "))

_DASHBOARD = """
WITH {fresh}, subject AS MATERIALIZED (
    SELECT one.id, one.number, one.concerns::text[] AS known, one.flag_severity AS severity,
        one.next_starts_at, one.next_due_at, one.settled, one.required
    FROM cases_case AS one
    WHERE one.concerns <> '{{}}' AND {reach} AND {not_walled}
      AND NOT EXISTS (SELECT FROM fresh WHERE fresh.case_id = one.id)
    UNION ALL
    SELECT one.id, one.number, one.concerns::text[] || fresh.concerns,
        greatest(one.flag_severity, fresh.severity), one.next_starts_at, one.next_due_at,
        one.settled, one.required
    FROM fresh JOIN cases_case AS one ON one.id = fresh.case_id
    WHERE {reach} AND {not_walled}
), ranked AS MATERIALIZED (
    SELECT id, number, known, severity, 'child_not_seen' = ANY (known) AS unseen,
        severity > 0 OR 'child_not_seen' = ANY (known) AS needs,
        CASE WHEN next_due_at < %(now)s
             THEN date_part('epoch', %(now)s - next_starts_at)
                  / greatest(date_part('epoch', next_due_at - next_starts_at), 1)
             ELSE 0 END AS times_over,
        settled::float / nullif(required, 0) AS completeness
    FROM subject
), total AS (
    SELECT count(*) FILTER (WHERE needs) AS needing,
        count(*) FILTER (WHERE NOT needs) AS acknowledged, {counts}
    FROM ranked
), page AS (
    SELECT * FROM ranked WHERE needs ORDER BY {rank} LIMIT %(size)s - 1
)
SELECT page.id, total.*, page.number, page.known, one.state, one.offense_class,
    one.received_at, one.settled, one.required, page.severity, squad.name, detective.name,
    ARRAY(
        SELECT jsonb_build_object('severity', severity, 'kind', kind, 'clock', clock_kind,
            'status', status, 'since', since, 'reasons', reasons)
        FROM cases_flag WHERE case_id = page.id AND status <> 'resolved'
    ),
    ARRAY(
        SELECT jsonb_build_object('severity', severity, 'kind', kind, 'key', key,
            'due_at', due_at, 'reasons', reasons)
        FROM cases_clock
        WHERE case_id = page.id AND met_at IS NULL AND stopped_at IS NULL AND due_at < %(now)s
    ),
    ARRAY(
        SELECT jsonb_build_object('id', flag.id, 'officer', laden.name, 'reasons', flag.reasons)
        FROM cases_flag AS flag JOIN cases_officer AS laden ON laden.id = flag.officer_id
        WHERE flag.status <> 'resolved' AND ({officers})
    ),
    ARRAY(
        SELECT jsonb_build_object('id', sent.id, 'organization', sent.organization,
            'due_at', clock.due_at, 'flag', flag.id, 'status', flag.status)
        FROM cases_clock AS clock JOIN cases_referral AS sent ON sent.id = clock.referral_id
        LEFT JOIN cases_flag AS flag ON flag.referral_id = sent.id AND flag.status <> 'resolved'
        WHERE clock.case_id IS NULL AND clock.met_at IS NULL AND clock.stopped_at IS NULL
          AND clock.due_at < %(now)s
    ),
    (
        SELECT to_jsonb(run) FROM cases_sweeprun AS run
        WHERE kind = 'sweep' AND finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1
    )
FROM total LEFT JOIN page ON TRUE LEFT JOIN cases_case AS one ON one.id = page.id
LEFT JOIN cases_squad AS squad ON squad.id = one.squad_id
LEFT JOIN cases_officer AS detective ON detective.id = one.detective_id
ORDER BY {page_rank}"""

_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE needs AND '{concern}' = ANY (known)) AS {concern}"
    for concern in CONCERNS
)

_SUPERVISION = {
    Scope.ALL: "TRUE",
    Scope.SQUAD: "(one.squad_id = ANY (%(squads)s) OR one.supervisor_id = %(officer)s)",
}
_OFFICERS = {Scope.ALL: "TRUE", Scope.SQUAD: "laden.squad_id = ANY (%(squads)s)"}


def dashboard(scope: Scope) -> str:
    """What needs this supervisor, counted and ranked, with the reasons of the first page."""
    return _DASHBOARD.format(
        fresh=_FRESH,
        reach=_SUPERVISION[scope],
        not_walled=_NOT_WALLED,
        rank=_RANK,
        page_rank=_PAGE_RANK,
        counts=_COUNTS,
        officers=_OFFICERS[scope],
    )


# -- the sweep ----------------------------------------------------------------------------------

# Few are due of the many that the planner expects: through indexes, row by row.
BY_INDEX = (
    "SET LOCAL enable_seqscan = off; "
    "SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off"
)

# One statement raises what is due, notes each flag, and leaves the heartbeat and its entry.
SWEEP = """
WITH due AS (
    SELECT clock.id, clock.case_id, clock.kind, clock.key, clock.due_at, clock.severity,
        clock.reasons, subject.supervisor_id, subject.squad_id
    FROM cases_clock AS clock JOIN cases_case AS subject ON subject.id = clock.case_id
    WHERE clock.met_at IS NULL AND clock.stopped_at IS NULL AND clock.flagged_at IS NULL
      AND clock.due_at < %(now)s
    FOR NO KEY UPDATE OF clock, subject SKIP LOCKED
), marked AS (
    UPDATE cases_clock SET flagged_at = %(now)s FROM due WHERE cases_clock.id = due.id
), active AS MATERIALIZED (
    SELECT id, rank FROM cases_officer
    WHERE active_from <= %(today)s AND (active_to IS NULL OR active_to > %(today)s)
), raised AS (
    INSERT INTO cases_flag (id, case_id, kind, clock_kind, clock_key, status, severity, reasons,
        since, raised_at, step, supervisor_id, acknowledge_by, comment)
    SELECT gen_random_uuid(), due.case_id,
        CASE due.kind WHEN 'assignment' THEN 'orphaned'
                      WHEN 'referral_acknowledged' THEN 'referral_unanswered'
                      ELSE 'stalled' END,
        due.kind, due.key, 'open', due.severity, due.reasons, due.due_at, %(now)s, 'sergeant',
        coalesce(own.id, lead.id), %(acknowledge_by)s, ''
    FROM due
    LEFT JOIN cases_squad AS squad ON squad.id = due.squad_id
    LEFT JOIN active AS own ON own.id = due.supervisor_id AND NOT EXISTS ({walled})
    LEFT JOIN active AS lead ON lead.id = squad.sergeant_id AND own.id IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id, case_id, kind, clock_kind, step, supervisor_id
), noted AS (
    INSERT INTO audit_entry (at, event, outcome, actor_id, actor_label, session, subject_type,
        subject_id, reason, changes, details)
    SELECT %(now)s, 'flag_raised', 'allowed', 'system:rules', 'system:rules', '', 'flag',
        id::text, '', '{{}}', jsonb_build_object('case', case_id, 'kind', kind,
            'clock', clock_kind, 'step', step, 'supervisor', supervisor_id)
    FROM raised
), ran AS (
    INSERT INTO cases_sweeprun (kind, as_of, started_at, finished_at, counts)
    SELECT 'sweep', %(now)s, %(now)s, %(now)s, jsonb_build_object('raised', count(*))
    FROM raised
    RETURNING id, counts
), heartbeat AS (
    INSERT INTO audit_entry (at, event, outcome, actor_id, actor_label, session, subject_type,
        subject_id, reason, changes, details)
    SELECT %(now)s, 'sweep_ran', 'allowed', 'system:sweep', 'system:sweep', '', 'sweep',
        id::text, '', '{{}}', counts
    FROM ran
)
SELECT count(*),
    EXISTS (SELECT FROM cases_case WHERE wake_at <= %(now)s),
    EXISTS (SELECT FROM cases_clock
            WHERE flagged_at IS NOT NULL AND NOT (met_at IS NULL AND stopped_at IS NULL)),
    EXISTS (SELECT FROM cases_flag WHERE status = 'waived' AND waived_until <= %(now)s),
    EXISTS (SELECT FROM cases_flag WHERE status = 'open' AND step <> 'commander'
            AND acknowledge_by < %(now)s),
    EXISTS (SELECT FROM cases_flag WHERE status <> 'resolved' AND officer_id IS NOT NULL
            AND (reasons @> '[{{"code": "handed_over"}}]' OR kind = 'unusual_reveals'))
FROM raised""".format(  # noqa: S608
    walled="""
        SELECT FROM cases_wall AS wall JOIN cases_account AS account ON account.id = wall.account_id
        WHERE wall.case_id = due.case_id AND wall.lifted_at IS NULL
          AND account.officer_id = due.supervisor_id"""
)
