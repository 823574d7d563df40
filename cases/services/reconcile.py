"""Do the rows that lists and sweeps read still say what the facts say? Finds drift, and repairs it.

Every write keeps them up to date; this recomputes them all the same, in batches, each a transaction
of its own, so that a night's work never holds a case up for long. What it had to change is the
drift; what has merely fallen due since the last sweep is not.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from audit.context import Actor
from audit.events import Event
from audit.recorder import record
from cases.access import Viewer, system_viewer
from cases.models import Case, Clock, Flag, Officer, Referral, Response, SweepRun
from cases.models.case import OPEN
from cases.models.clock import RUNNING
from cases.models.flag import STANDING
from cases.selectors.policy import current_policy
from cases.services.clocks import (
    Changes,
    detect_copies,
    refresh_cases,
    refresh_officers,
    refresh_referrals,
)
from cases.services.flagging import Touched, clear_desk, fetch
from cases.services.sweep import sweep_flags

RECONCILER = system_viewer("reconcile")
BATCH = 200
NAMED_IN_ENTRY = 100
# Two reports written at the same moment did not see that they are copies of each other.
RECENT = timedelta(days=3)

_SUMMARISE = "SELECT cases_summarise_flags_of(%(ids)s)"


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that was not as the facts say: on which case, officer or referral, and what."""

    subject: str
    subject_id: UUID
    what: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The heartbeat row, and everything that had drifted."""

    run: SweepRun
    drift: tuple[Drift, ...]


def reconcile(*, now: datetime, fix: bool = True, viewer: Viewer = RECONCILER) -> Reconciliation:
    """Recompute every open case, and whatever still has a flag or a running clock, at `now`.

    Without `fix` nothing is changed but the heartbeat and its audit entry.
    """
    copied = _marked_copies(now) if fix else set()
    keys = _cases_to_check(copied)
    drift = [
        *_in_batches(keys, lambda ids: _check_cases(ids, now), fix=fix),
        *_in_batches(_loose_referrals(), lambda ids: _check_referrals(ids, now), fix=fix),
        *_in_batches(_laden_officers(), lambda ids: _check_officers(ids, now), fix=fix),
    ]
    return Reconciliation(_leave_heartbeat(len(keys), drift, now, viewer, fix=fix), tuple(drift))


@transaction.atomic
def _leave_heartbeat(
    cases: int, drift: Sequence[Drift], now: datetime, viewer: Viewer, *, fix: bool
) -> SweepRun:
    drifted = sorted({str(item.subject_id) for item in drift})
    kinds = Counter(item.what.partition(":")[0] for item in drift)
    counts = {"cases": cases, "drifted": len(drifted), "repaired": fix, **kinds}
    run = SweepRun.objects.create(
        kind="reconcile", as_of=now, started_at=now, finished_at=now, counts=counts
    )
    record(
        Event.RECONCILE_RAN,
        at=now,
        actor=Actor(str(viewer.account_id or viewer.label), viewer.label),
        subject_type="sweep",
        subject_id=run.pk,
        details=counts | {"subjects": drifted[:NAMED_IN_ENTRY]},
    )
    return run


@transaction.atomic
def _marked_copies(now: datetime) -> set[UUID]:
    """Compare recent reports, and those never compared, with the others; cases of new copies."""
    rule = current_policy().copied_narrative
    reports = Response.objects.filter(
        Q(entered_at__gt=now - RECENT) | Q(bands__isnull=True),
        kind__in=rule.kinds,
        narrative_length__gte=rule.narrative_characters,
    )
    return detect_copies(response_ids=list(reports.values_list("pk", flat=True)), now=now)


def _cases_to_check(besides: set[UUID]) -> list[UUID]:
    flagged = Flag.objects.filter(STANDING, case=OuterRef("pk"))
    running = Clock.objects.filter(RUNNING, case=OuterRef("pk"))
    cases = Case.objects.filter(OPEN | Q(Exists(flagged)) | Q(Exists(running)) | Q(pk__in=besides))
    return list(cases.order_by("pk").values_list("pk", flat=True))


def _loose_referrals() -> list[UUID]:
    clocks = Clock.objects.filter(referral=OuterRef("pk"), case__isnull=True)
    loose = Referral.objects.filter(Q(case__isnull=True) | Q(Exists(clocks)))
    return list(loose.order_by("pk").values_list("pk", flat=True))


def _laden_officers() -> list[UUID]:
    holding = Case.objects.filter(OPEN, detective=OuterRef("pk"))
    flagged = Flag.objects.filter(STANDING, officer=OuterRef("pk"))
    officers = Officer.objects.filter(Q(Exists(holding)) | Q(Exists(flagged)))
    return list(officers.order_by("pk").values_list("pk", flat=True))


def _in_batches(
    keys: Sequence[UUID], check: Callable[[Sequence[UUID]], Iterable[Drift]], *, fix: bool
) -> Iterator[Drift]:
    for at in range(0, len(keys), BATCH):
        with transaction.atomic():
            found = tuple(check(keys[at : at + BATCH]))
            if not fix:
                transaction.set_rollback(True)
        yield from found


def _check_cases(ids: Sequence[UUID], now: datetime) -> Iterator[Drift]:
    held = Case.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    list(held.values_list("pk", flat=True))
    for key in _summaries_repaired(ids):
        yield Drift("case", key, "flag summary different")
    sweep_flags(now)
    changes = refresh_cases(case_ids=ids, now=now)
    for officer_id, key in _flags_behind_walls(ids):
        clear_desk(officer_id, now, case_id=key)
        yield Drift("case", key, "flag behind a wall")
    yield from (Drift("case", key, what) for key, what in changes.clocks)
    yield from (Drift("case", key, "columns different") for key in changes.columns)
    yield from _flag_drift("case", changes)


def _summaries_repaired(ids: Sequence[UUID]) -> list[UUID]:
    """Cases whose summary of flags, which the database keeps, was not that of their flags."""
    columns = ("pk", "concerns", "flag_severity", "flags_waived")
    cases = Case.objects.filter(pk__in=ids).values_list(*columns)
    before = {row[0]: row for row in cases}
    fetch(_SUMMARISE, {"ids": list(ids)})
    return [row[0] for row in cases.all() if before[row[0]] != row]


def _flags_behind_walls(ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Officers and the cases of which a flag lies with them although a wall shuts them out."""
    lying = Flag.objects.filter(
        STANDING,
        case__in=ids,
        supervisor__account__walls__case=F("case"),
        supervisor__account__walls__lifted_at__isnull=True,
    )
    rows = lying.order_by("case", "supervisor").values_list("supervisor", "case").distinct()
    return [(officer, case) for officer, case in rows if officer is not None and case is not None]


def _check_referrals(ids: Sequence[UUID], now: datetime) -> Iterator[Drift]:
    sweep_flags(now)
    changes = refresh_referrals(referral_ids=ids, now=now)
    yield from (Drift("referral", key, what) for key, what in changes.clocks)
    yield from _flag_drift("referral", changes)


def _check_officers(ids: Sequence[UUID], now: datetime) -> Iterator[Drift]:
    sweep_flags(now)
    flags = refresh_officers(officer_ids=ids, now=now)
    yield from _flag_drift("officer", Changes(flags=flags))


def _flag_drift(subject: str, changes: Changes) -> Iterator[Drift]:
    flags = changes.flags
    for what, touched in (
        ("flag missing", flags.raised),
        ("flag extra", flags.resolved),
        ("flag different", flags.reworded),
    ):
        yield from (Drift(subject, _subject(flag), f"{what}: {flag.kind}") for flag in touched)


def _subject(flag: Touched) -> UUID:
    """Whom or what the flag is about; a constraint holds that there is one."""
    return next(key for key in (flag.case_id, flag.officer_id, flag.referral_id) if key is not None)
