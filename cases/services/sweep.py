"""What has fallen due since somebody last looked? Flags are raised, settled, returned and moved up.

Every statement is driven by a partial index that holds only what is left to do, so that the cost
follows what has newly fallen due and not the number of cases. All of it is one transaction: a sweep
killed half way has done nothing, and the next one does it. What somebody is working on at this
moment is passed over; their own transaction raises what is due, or the next sweep does.
"""

import json
from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from audit.context import Actor
from audit.events import Event
from audit.recorder import record
from cases.access import Viewer, system_viewer
from cases.enums import FlagKind, Step
from cases.models import Case, Flag, Officer, SweepRun
from cases.models.flag import STANDING
from cases.rules.flags import next_step
from cases.selectors.policy import current_policy
from cases.services.clocks import refresh_cases, refresh_officers
from cases.services.desks import ACTIVE, DESK, HIGHER, PLACED, unit_day
from cases.services.flagging import (
    TOUCHED,
    Touched,
    clear_desk,
    fetch,
    lay,
    on_desk,
    raise_due,
    resolve_settled,
    touch,
)

SWEEPER = system_viewer("sweep")
WOKEN_TOGETHER = 200

# The words of the partial indexes case_wakes, clock_unflagged_due, clock_flagged_settled,
# flag_returns, flag_climbs and flag_stands_once_per_officer.
_WAKES = "wake_at IS NOT NULL AND wake_at <= %(now)s"
_DUE = "met_at IS NULL AND stopped_at IS NULL AND flagged_at IS NULL AND due_at < %(now)s"
_SETTLED = "NOT (met_at IS NULL AND stopped_at IS NULL) AND flagged_at IS NOT NULL"
_RETURNS = "status = 'waived' AND waived_until <= %(now)s"
_CLIMBS = "status = 'open' AND NOT (step = 'commander') AND acknowledge_by < %(now)s"
_LAPSES = """NOT (status = 'resolved') AND officer_id IS NOT NULL
    AND (reasons @> '[{"code": "handed_over"}]' OR kind = 'unusual_reveals')"""
_GONE = """active_to <= %(today)s AND EXISTS (
    SELECT FROM cases_flag WHERE supervisor_id = gone.id AND status <> 'resolved')"""

_PENDING = "\n".join(
    (
        "SELECT EXISTS (SELECT FROM cases_case WHERE",
        _WAKES,
        "), EXISTS (SELECT FROM cases_clock WHERE",
        _DUE,
        "), EXISTS (SELECT FROM cases_clock WHERE",
        _SETTLED,
        "), EXISTS (SELECT FROM cases_flag WHERE",
        _RETURNS,
        "), EXISTS (SELECT FROM cases_flag WHERE",
        _CLIMBS,
        "), EXISTS (SELECT FROM cases_flag WHERE",
        _LAPSES,
        "), EXISTS (SELECT FROM cases_officer AS gone WHERE",
        _GONE,
        ")",
    )
)

# The subject's row is locked with its clock or flag, as by everybody who writes about it.
_CLOCK_OF_CASE = "cases_clock AS it JOIN cases_case AS subject ON subject.id = it.case_id"
_CLOCK_OF_REFERRAL = """cases_clock AS it
    JOIN cases_referral AS subject ON subject.id = it.referral_id AND it.case_id IS NULL"""
_FLAG_ON_CASE = "cases_flag AS it JOIN cases_case AS subject ON subject.id = it.case_id"
_FLAG_ON_OFFICER = "cases_flag AS it JOIN cases_officer AS subject ON subject.id = it.officer_id"
_FLAG_ON_REFERRAL = "cases_flag AS it JOIN cases_referral AS subject ON subject.id = it.referral_id"
_LOCK = "FOR NO KEY UPDATE OF it, subject SKIP LOCKED"
_CLOCKS = (_CLOCK_OF_CASE, _CLOCK_OF_REFERRAL)
_FLAGS = (_FLAG_ON_CASE, _FLAG_ON_OFFICER, _FLAG_ON_REFERRAL)

_MARK_DUE = "UPDATE cases_clock SET flagged_at = %(now)s WHERE id = ANY (%(ids)s) RETURNING id"
_UNMARK = "UPDATE cases_clock SET flagged_at = NULL WHERE id = ANY (%(ids)s) RETURNING id"

_SUBJECT_OF_FLAG = """
WITH subject AS (
    SELECT flag.id AS flag_id, flag.case_id, flag.officer_id, flag.referral_id,
        flag.supervisor_id AS holder_id, %(next_steps)s::jsonb ->> flag.step AS next_step
    FROM cases_flag AS flag
    WHERE flag.id = ANY (%(ids)s)
),"""

_RETURN = "\n".join(
    (
        _SUBJECT_OF_FLAG,
        f"{ACTIVE},",
        f"{PLACED},",
        DESK,
        """
        UPDATE cases_flag AS flag
        SET status = 'open', step = desk.step, supervisor_id = desk.supervisor_id,
            acknowledge_by = %(acknowledge_by)s, waived_until = NULL,
            acknowledged_by_id = NULL, acknowledged_at = NULL
        FROM desk
        WHERE flag.id = desk.flag_id""",
        TOUCHED,
    )
)

# A flag that has reached the top of the unit's own ladder stays there.
_CLIMB = "\n".join(
    (
        _SUBJECT_OF_FLAG,
        f"{ACTIVE},",
        f"{PLACED},",
        HIGHER,
        """
        UPDATE cases_flag AS flag
        SET step = higher.next_step, supervisor_id = higher.supervisor_id,
            acknowledge_by = %(acknowledge_by)s
        FROM higher
        WHERE flag.id = higher.flag_id AND higher.next_step IS NOT NULL""",
        TOUCHED,
    )
)


_LAPSING = Flag.objects.filter(
    Q(reasons__contains=[{"code": "handed_over"}]) | Q(kind=FlagKind.UNUSUAL_REVEALS),
    STANDING,
    officer=OuterRef("pk"),
)


class Pending(NamedTuple):
    """Whether there is anything to do, part by part."""

    wakes: bool
    due: bool
    settled: bool
    returns: bool
    climbs: bool
    lapses: bool
    gone: bool


@transaction.atomic
def run_sweep(
    *, now: datetime, as_of: datetime | None = None, viewer: Viewer = SWEEPER
) -> SweepRun:
    """Bring flags up to `as_of` (default `now`), and leave a heartbeat at `now`.

    Any number may run at once, and each flag is raised once. `counts` of the row returned says how
    many flags were raised, resolved, returned and escalated, and how many cases refreshed.
    """
    moment = as_of or now
    counts = {"raised": 0, "resolved": 0, "returned": 0, "escalated": 0, "refreshed": 0}
    counts |= sweep_flags(moment)
    run = SweepRun.objects.create(
        kind="sweep", as_of=moment, started_at=now, finished_at=now, counts=counts
    )
    actor = Actor(str(viewer.account_id or viewer.label), viewer.label)
    record(
        Event.SWEEP_RAN,
        at=now,
        actor=actor,
        subject_type="sweep",
        subject_id=run.pk,
        details=counts,
    )
    return run


def sweep_flags(moment: datetime) -> Counter[str]:
    """The sweep itself, inside the caller's transaction; how much was done, by name."""
    pending = Pending(*_looked_up(_PENDING, moment)[0])
    done: Counter[str] = Counter()
    if pending.wakes:
        done += _wake(moment)
    if pending.due:
        done += _raise_due(moment)
    if pending.settled:
        done += _resolve_settled(moment)
    if pending.returns:
        done += _return_waived(moment)
    if pending.climbs:
        done += _climb(moment)
    if pending.lapses:
        done += _relieve_officers(moment)
    if pending.gone:
        done += _clear_desks(moment)
    return done


def _wake(moment: datetime) -> Counter[str]:
    """Refresh cases for which a fact comes into force now without anybody writing."""
    waking = Case.objects.filter(wake_at__lte=moment).select_for_update(
        skip_locked=True, no_key=True
    )
    ids = list(waking.order_by("pk").values_list("pk", flat=True))
    done = Counter(refreshed=len(ids))
    # After a migration or a long stop many wake at once: never the facts of all of them in memory.
    for at in range(0, len(ids), WOKEN_TOGETHER):
        flags = refresh_cases(case_ids=ids[at : at + WOKEN_TOGETHER], now=moment).flags
        done += Counter(raised=len(flags.raised), resolved=len(flags.resolved))
    return done


def _raise_due(moment: datetime) -> Counter[str]:
    ids = _claim(_CLOCKS, _DUE, moment)
    fetch(_MARK_DUE, {"ids": ids, "now": moment})
    return Counter(raised=len(raise_due(ids, moment)))


def _resolve_settled(moment: datetime) -> Counter[str]:
    """Settle what was met or stopped by somebody who did not refresh the case."""
    ids = _claim(_CLOCKS, _SETTLED, moment)
    fetch(_UNMARK, {"ids": ids})
    return Counter(resolved=len(resolve_settled(ids, moment)))


def _return_waived(moment: datetime) -> Counter[str]:
    """A waiver has an end; the flag is then open again, on the desk it would be raised to now."""
    returned = _moved(_RETURN, _claim(_FLAGS, _RETURNS, moment), moment)
    return Counter(returned=len(lay(Event.FLAG_RETURNED, returned, moment)))


def _climb(moment: datetime) -> Counter[str]:
    """Move up what nobody acknowledged in time."""
    moved = _moved(_CLIMB, _claim(_FLAGS, _CLIMBS, moment), moment)
    return Counter(escalated=len(lay(Event.FLAG_ESCALATED, moved, moment)))


def _moved(sql: str, ids: list[Any], moment: datetime) -> tuple[Touched, ...]:
    policy = current_policy()
    steps = {step.value: next_step(step, policy) for step in Step}
    return touch(sql, {"ids": ids, "next_steps": json.dumps(steps), **on_desk(moment)})


def _relieve_officers(moment: datetime) -> Counter[str]:
    """Cases handed over and reveals made long enough ago count no more, without anybody writing."""
    laden = Officer.objects.filter(Exists(_LAPSING)).select_for_update(
        skip_locked=True, no_key=True
    )
    ids = list(laden.order_by("pk").values_list("pk", flat=True))
    flags = refresh_officers(officer_ids=ids, now=moment)
    return Counter(raised=len(flags.raised), resolved=len(flags.resolved))


def _clear_desks(moment: datetime) -> Counter[str]:
    """What lies with somebody whose first day gone has come lies with somebody who is there, before
    anybody has handed over the rest."""
    sql = " ".join(("SELECT id FROM cases_officer AS gone WHERE", _GONE, "ORDER BY id"))
    locked = f"{sql} FOR NO KEY UPDATE SKIP LOCKED"
    moved = [clear_desk(key, moment, but_locked=True) for (key,) in _looked_up(locked, moment)]
    return Counter(rerouted=sum(len(flags) for flags in moved))


def _claim(kinds: tuple[str, ...], condition: str, moment: datetime) -> list[Any]:
    """Ids of the rows that meet the condition, locked with their subjects; locked ones left out."""
    found: list[Any] = []
    for kind in kinds:
        sql = " ".join(("SELECT it.id FROM", kind, "WHERE", condition, "ORDER BY it.id", _LOCK))
        found += [row_id for (row_id,) in _looked_up(sql, moment)]
    return found


_BY_INDEX = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
_INDEXES_ONLY = "; ".join(f"SET LOCAL {name} = off" for name in _BY_INDEX)
_AS_EVER = "; ".join(f"SET LOCAL {name} TO DEFAULT" for name in _BY_INDEX)


def _looked_up(sql: str, moment: datetime) -> list[tuple[Any, ...]]:
    """The rows, found through indexes and row by row, whatever the table's statistics say.

    Most clocks past due were flagged long ago. The planner does not know that the two go together,
    expects to meet one that was not soon, and would read the whole table without meeting any; or
    expects to meet many, and would read every case for the few that are there.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES_ONLY)
        cursor.execute(sql, {"now": moment, "today": unit_day(moment)})
        rows = list(cursor.fetchall())
        cursor.execute(_AS_EVER)
    return rows
