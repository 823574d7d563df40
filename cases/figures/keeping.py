"""Who counts the figures, and how old may they be? A worker does each minute; a page, if it must.

Only counts and what is drawn of them are kept, never a case, under a key that holds ids alone. The
ranked table beside them is read anew for every page.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from redis.exceptions import RedisError

from cases.access import Viewer, walls_around
from cases.enums import Permission
from cases.figures.drawing import figures
from cases.models import Account, RolePermission
from cases.rules.policy import Policy
from cases.selectors.charts import charts
from cases.selectors.policy import current_policy
from cases.selectors.ranked import Filters
from cases.viewers import viewers_for

# What the worker keeps ready. Older than this, the worker is gone: the page counts by itself.
NEVER_OLDER = timedelta(minutes=5)
# What a filter narrows, nobody counts ahead.
NARROWED_KEPT_FOR = timedelta(minutes=1)
# The worker has other things to do: whoever is left is counted in the next minute, or by the page.
COUNTING_ENDS_AFTER = timedelta(seconds=30)
_ALL = Filters()


@dataclass(frozen=True, slots=True)
class Figures:
    """The drawn figures as they stood at `as_of`; `open` cases in all, and their divisions."""

    as_of: datetime
    open: int
    divisions: tuple[str, ...]
    drawn: SafeString


def figures_for(
    viewer: Viewer, now: datetime, filters: Filters, policy: Policy | None = None
) -> Figures:
    """What was counted last for this viewer and filter; counted here if that is too old, by the
    policy in force, which the caller may have read."""
    oldest = now - (NARROWED_KEPT_FOR if filters.narrows else NEVER_OLDER)
    key = _key(viewer, filters)
    kept: Figures | None = _kept(key)
    if kept is not None and oldest < kept.as_of <= now:
        return kept
    return _count(viewer, now, filters, key, policy)


def _count(
    viewer: Viewer, now: datetime, filters: Filters, key: str, policy: Policy | None
) -> Figures:
    """Count and draw, and keep it for whoever asks next. Stands without a cache too."""
    counted = charts(viewer, now, filters, policy)
    shown = figures(counted.open_cases, counted.weeks, filters)
    made = Figures(
        as_of=now,
        open=counted.open_cases.total,
        divisions=tuple(sorted({tally.key for tally in counted.open_cases.divisions})),
        drawn=render_to_string("dashboard/_figures.html", {"figures": shown}),
    )
    with suppress(RedisError):
        cache.set(key, made, timeout=int(NEVER_OLDER.total_seconds()))
    return made


def count_ahead(*, clock: Callable[[], datetime]) -> int:
    """Count for everybody who may see the page, unnarrowed. Returns for how many."""
    supervise = RolePermission.objects.filter(permission=Permission.SEE_DASHBOARD)
    accounts = Account.objects.filter(is_active=True, role__in=supervise.values("role"))
    started, policy = clock(), current_policy()
    done = 0
    for viewer in viewers_for(accounts.order_by("pk")):
        if clock() - started > COUNTING_ENDS_AFTER:
            break
        _count(viewer, clock(), _ALL, _key(viewer, _ALL), policy)
        done += 1
    return done


def _kept(key: str) -> Any:
    """What was made before. A supervisor's page must stand without the cache too."""
    with suppress(RedisError):
        return cache.get(key)
    return None


def _key(viewer: Viewer, filters: Filters) -> str:
    """Changes with whatever changes what the viewer supervises: a new wall shows in no count."""
    squads = sorted(map(str, viewer.squad_ids))
    reach = (viewer.scope, viewer.can(Permission.VIEW_CASES), squads, walls_around(viewer))
    asked = (filters.squad, filters.detective, filters.division)
    digest = hashlib.sha256(repr((reach, asked)).encode()).hexdigest()[:32]
    return f"figures:{viewer.account_id}:{digest}"
