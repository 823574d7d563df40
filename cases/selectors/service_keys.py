"""Which machines have keys, and what does one of them read?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from audit.events import Event
from audit.recorder import record
from audit.selectors import sealing_status
from cases.access import Viewer
from cases.enums import FlagStatus, ServiceScope
from cases.models import Flag, ServiceKey
from cases.row_security import Span, reading_as
from cases.selectors.dashboard import last_sweep


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key as whoever manages accounts sees it. `standing`: good, expired or revoked."""

    id: UUID
    name: str
    prefix: str
    scope: str
    made_by: str
    expires_at: datetime
    last_used_at: datetime | None
    standing: str


def service_keys(*, viewer: Viewer, now: datetime) -> tuple[KeyLine, ...]:
    """Every key, by name; leaves an entry."""
    rows = ServiceKey.objects.select_related("created_by")
    lines = tuple(
        KeyLine(
            row.pk,
            row.name,
            row.prefix,
            str(ServiceScope(row.scope).label),
            row.created_by.display_name,
            row.expires_at,
            row.last_used_at,
            _standing(row, now),
        )
        for row in rows
    )
    details = {"role": viewer.role_code, "service_keys": len(lines)}
    record(Event.ACCOUNTS_VIEWED, at=now, details=details)
    return lines


def _standing(row: ServiceKey, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "good" if now < row.expires_at else "expired"


@reading_as(Span.MONITORING)
def sweep_health(now: datetime) -> dict[str, Any]:
    """Whether the sweep runs and the log is sealed, and how many flags nobody has acknowledged, by
    kind; of no case. Asked from outside, since a worker that is down can't say that it is.
    """
    sweep, sealing = last_sweep(now), sealing_status(now=now)
    waiting = Flag.objects.filter(status=FlagStatus.OPEN).order_by("kind").values("kind")
    counts = {row["kind"]: row["flags"] for row in waiting.annotate(flags=Count("pk"))}
    return {
        "as_of": now,
        "swept_at": sweep.finished_at,
        "late": sweep.late,
        "log_late": sealing.is_late,
        "log_waited_seconds": int(sealing.lag.total_seconds()),
        "witnesses_silent": sealing.silent,
        "unacknowledged": sum(counts.values()),
        "unacknowledged_by_kind": counts,
    }
