"""In which order do cases need a supervisor? Found, counted and ranked by one query.

The list is read from clocks that are past due, so it is right even when no sweep has run; standing
flags add what has no clock. What a flag says about its case is summarised on the case's row by the
database itself, so one pass over partial indexes is enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from cases.access import Viewer, supervised_cases
from cases.models import Case
from cases.models.case import OPEN
from cases.rules.ranking import CLOCK_CONCERNS, CONCERNS, ORDER

PAGE_SIZE = 25
NOBODY: Literal["none"] = "none"

NEEDS = "needs"
ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. `detective` may be "none": cases that nobody has."""

    squad: UUID | None = None
    detective: UUID | Literal["none"] | None = None
    division: str = ""
    kind: str = ""
    show: str = NEEDS
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Whether only some of the supervised cases are asked for."""
        return bool(self.squad or self.detective or self.division)


def narrowed(cases: QuerySet[Case], filters: Filters) -> QuerySet[Case]:
    """The cases of a squad, a detective (or nobody) and a division, as far as each is asked for."""
    if filters.squad:
        cases = cases.filter(squad_id=filters.squad)
    if filters.detective == NOBODY:
        cases = cases.filter(detective__isnull=True)
    elif isinstance(filters.detective, UUID):
        cases = cases.filter(detective_id=filters.detective)
    return cases.filter(division=filters.division) if filters.division else cases


_REACH = (
    "id",
    "number",
    "next_due_at",
    "next_starts_at",
    "concerns",
    "flag_severity",
    "flags_waived",
    "settled",
    "required",
)

# `fresh`: what no sweep has dealt with, clocks past due without a flag and waivers that have ended.
_SQL = """
WITH rule AS (
    SELECT * FROM unnest(%(clocks)s::text[], %(concerns)s::text[]) AS rule (clock, concern)
), fresh AS MATERIALIZED (
    SELECT case_id, max(severity) AS severity, array_agg(DISTINCT concern) AS concerns
    FROM (
        SELECT clock.case_id, clock.severity, rule.concern
        FROM cases_clock AS clock JOIN rule ON rule.clock = clock.kind
        WHERE clock.met_at IS NULL AND clock.stopped_at IS NULL AND clock.flagged_at IS NULL
          AND clock.due_at < %(now)s AND clock.case_id IS NOT NULL
        UNION ALL
        SELECT case_id, severity,
            CASE WHEN kind = 'stalled' AND clock_kind = 'victim_seen'
                 THEN 'child_not_seen' ELSE kind END
        FROM cases_flag
        WHERE status = 'waived' AND waived_until <= %(now)s AND case_id IS NOT NULL
    ) AS unhandled
    GROUP BY case_id
), subject AS MATERIALIZED (
    SELECT reach.id, reach.number,
        CASE WHEN fresh.case_id IS NULL AND reach.concerns = '{{}}' THEN '{{stalled}}'
             ELSE coalesce(fresh.concerns, '{{}}') || reach.concerns::text[] END AS known,
        fresh.case_id IS NOT NULL OR reach.concerns = '{{}}' AS unflagged,
        coalesce(greatest(reach.flag_severity, fresh.severity), 0) AS severity,
        CASE WHEN reach.next_due_at < %(now)s
             THEN date_part('epoch', %(now)s - reach.next_starts_at)
                  / greatest(date_part('epoch', reach.next_due_at - reach.next_starts_at), 1)
             ELSE 0 END AS times_over,
        reach.settled::float / nullif(reach.required, 0) AS completeness
    FROM ({reach}) AS reach LEFT JOIN fresh ON fresh.case_id = reach.id
    WHERE reach.concerns <> '{{}}' OR fresh.case_id IS NOT NULL OR reach.flags_waived = 0
), ranked AS (
    SELECT *, 'child_not_seen' = ANY (known) AS unseen,
        severity > 0 OR 'child_not_seen' = ANY (known) OR unflagged AS needs
    FROM subject
), total AS (
    SELECT count(*) FILTER (WHERE needs) AS needing,
        count(*) FILTER (WHERE NOT needs) AS acknowledged,
        count(*) FILTER (
            WHERE needs = %(needing)s AND (%(kind)s = '' OR %(kind)s = ANY (known))
        ) AS listed,
        json_build_object({counts}) AS concerns
    FROM ranked
), page AS (
    SELECT * FROM ranked
    WHERE needs = %(needing)s AND (%(kind)s = '' OR %(kind)s = ANY (known))
    ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
), card AS (
    SELECT page.*, one.state, one.offense_class, one.received_at, one.settled, one.required,
        squad.name AS squad, detective.name AS detective
    FROM page JOIN cases_case AS one ON one.id = page.id
    LEFT JOIN cases_squad AS squad ON squad.id = one.squad_id
    LEFT JOIN cases_officer AS detective ON detective.id = one.detective_id
)
SELECT total.*, (SELECT coalesce(json_agg(card ORDER BY {order}), '[]') FROM card) FROM total
"""
_ORDER = ", ".join(f"{name} {sense.value} NULLS LAST" for name, sense in ORDER)
_COUNTS = ", ".join(
    f"'{concern}', count(*) FILTER (WHERE needs AND '{concern}' = ANY (known))"
    for concern in CONCERNS
)


@dataclass(frozen=True, slots=True)
class Ranking:
    needing: int
    acknowledged: int
    listed: int
    concerns: Mapping[str, int]
    cards: Sequence[Mapping[str, Any]]

    @property
    def case_ids(self) -> list[UUID]:
        return [UUID(card["id"]) for card in self.cards]


def ranked(viewer: Viewer, now: datetime, filters: Filters) -> Ranking:
    """The page's cases in order, and the counts of the whole list, in one query."""
    try:
        sql, params = ranking_query(viewer, now, filters)
    except EmptyResultSet:
        return Ranking(0, 0, 0, {}, ())
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        needing, acknowledged, listed, concerns, cards = cursor.fetchone()
    return Ranking(needing, acknowledged, listed, concerns, cards)


def ranking_query(viewer: Viewer, now: datetime, filters: Filters) -> tuple[str, dict[str, Any]]:
    """The SQL of the ranked table. Raises EmptyResultSet for somebody who supervises nothing.

    What has concerns and what is late without any are asked for apart: behind policies an array is
    compared by an index where it stands alone, and not in an OR.
    """
    cases = narrowed(supervised_cases(viewer, now), filters).order_by().values(*_REACH)
    late = cases.filter(OPEN, concerns=[], next_due_at__lt=now)
    both = cases.filter(~Q(concerns=[])).union(late, all=True)
    reach, reach_params = _named(both, "reach")
    params = {
        **reach_params,
        "now": now,
        "clocks": [clock.value for clock in CLOCK_CONCERNS],
        "concerns": list(CLOCK_CONCERNS.values()),
        "kind": filters.kind,
        "needing": filters.show != ACKNOWLEDGED,
        "limit": PAGE_SIZE,
        "offset": (filters.page - 1) * PAGE_SIZE,
    }
    return _SQL.format(reach=reach, order=_ORDER, counts=_COUNTS), params


def _named(query: QuerySet[Case, Any], prefix: str) -> tuple[str, dict[str, Any]]:
    """A queryset's SQL with named parameters, to stand inside hand-written SQL."""
    sql, values = query.query.sql_with_params()
    names = [f"{prefix}_{index}" for index in range(len(values))]
    first, *rest = sql.split("%s")
    named = first + "".join(f"%({name})s{part}" for name, part in zip(names, rest, strict=True))
    return named, dict(zip(names, values, strict=True))
