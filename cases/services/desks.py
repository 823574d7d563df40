"""On whose desk does a flag lie? On a named, active officer's, wherever the unit has one.

The SQL here is joined into the statements that raise, return and move flags, so that one statement
serves one flag and ten thousand. It is computed in the database because the sweep never loads rows.

The order: the case's supervisor, the sergeant of its squad, a captain (their own squad first), any
other sergeant. Whoever is walled off from the case is passed over, and so is an officer whose own
load the flag is about. Parameter: `today`, the day in the unit's time zone.
"""

from datetime import date, datetime

from cases.selectors.policy import unit_calendar

# Who is on duty today, once for the whole statement.
_ON_DUTY = """
SELECT id, rank, badge, squad_id
FROM cases_officer
WHERE active_from <= %(today)s AND (active_to IS NULL OR active_to > %(today)s)
  AND NOT EXISTS (
      SELECT FROM cases_account AS account
      WHERE account.officer_id = cases_officer.id AND account.closed_at IS NOT NULL
  )"""
ACTIVE = f"active AS MATERIALIZED ({_ON_DUTY})"
# The same without one whose desk is cleared.
ACTIVE_OTHERS = f"active AS MATERIALIZED ({_ON_DUTY} AND id <> %(leaver)s)"

# Needs `subject` (case_id, officer_id, referral_id, …): its rows, with who could be asked first.
PLACED = """
placed AS (
    SELECT subject.*,
        coalesce(cases_case.squad_id, load.squad_id) AS squad_id,
        cases_case.supervisor_id AS own_id,
        squad.sergeant_id AS lead_id,
        ARRAY(
            SELECT account.officer_id
            FROM cases_wall AS wall
            JOIN cases_account AS account ON account.id = wall.account_id
            WHERE wall.case_id = subject.case_id
              AND wall.lifted_at IS NULL
              AND account.officer_id IS NOT NULL
            UNION ALL
            SELECT subject.officer_id WHERE subject.officer_id IS NOT NULL
        ) AS passed_over
    FROM subject
    LEFT JOIN cases_case ON cases_case.id = subject.case_id
    LEFT JOIN cases_officer AS load ON load.id = subject.officer_id
    LEFT JOIN cases_squad AS squad ON squad.id = coalesce(cases_case.squad_id, load.squad_id)
)"""

# Whose desk a flag starts on: the rows of `placed` with supervisor_id and step.
DESK = """
desk AS (
    SELECT placed.*,
        coalesce(own.id, lead.id, other.id) AS supervisor_id,
        CASE WHEN coalesce(own.rank, lead.rank, other.rank, 'captain') = 'captain'
             THEN 'captain' ELSE 'sergeant' END AS step
    FROM placed
    LEFT JOIN active AS own ON own.id = placed.own_id AND own.id <> ALL (placed.passed_over)
    LEFT JOIN active AS lead ON lead.id = placed.lead_id AND lead.id <> ALL (placed.passed_over)
    LEFT JOIN LATERAL (
        SELECT active.id, active.rank
        FROM active
        WHERE own.id IS NULL
          AND lead.id IS NULL
          AND active.rank IN ('captain', 'sergeant')
          AND active.id <> ALL (placed.passed_over)
        ORDER BY
            (active.rank = 'captain') DESC,
            (active.squad_id = placed.squad_id) DESC NULLS LAST,
            active.badge
        LIMIT 1
    ) AS other ON TRUE
)"""

# The next desk up: a captain other than the holder, else the holder, else anybody left. The rows of
# `placed`, which must carry holder_id, with supervisor_id.
HIGHER = """
higher AS (
    SELECT placed.*, up.id AS supervisor_id
    FROM placed
    LEFT JOIN LATERAL (
        SELECT active.id
        FROM active
        WHERE (active.rank IN ('captain', 'sergeant') OR active.id = placed.holder_id)
          AND active.id <> ALL (placed.passed_over)
        ORDER BY
            CASE
                WHEN active.rank = 'captain' AND active.id IS DISTINCT FROM placed.holder_id THEN 1
                WHEN active.rank = 'captain' THEN 2
                WHEN active.id = placed.holder_id THEN 3
                ELSE 4
            END,
            (active.squad_id = placed.squad_id) DESC NULLS LAST,
            active.badge
        LIMIT 1
    ) AS up ON TRUE
)"""


# A flag never lies on a desk that can't open its case. Captains reach every case; a sergeant who
# got it because nobody else was left becomes the case's supervisor. Parameter: `flags`.
ENTRUST = """
UPDATE cases_case AS subject
SET supervisor_id = holder.id
FROM cases_flag AS flag
JOIN cases_officer AS holder ON holder.id = flag.supervisor_id AND holder.rank = 'sergeant'
JOIN cases_case AS before ON before.id = flag.case_id
WHERE flag.id = ANY (%(flags)s::uuid[])
  AND subject.id = before.id
  AND subject.supervisor_id IS DISTINCT FROM holder.id
  AND NOT EXISTS (
      SELECT FROM cases_squad AS squad
      WHERE squad.id = subject.squad_id
        AND (squad.sergeant_id = holder.id OR squad.id = holder.squad_id)
  )
RETURNING subject.id, before.supervisor_id, holder.id"""


def unit_day(now: datetime) -> date:
    """The day it is at the unit."""
    return now.astimezone(unit_calendar().time_zone).date()
