"""Which cases does a viewer see at all, as a queryset? The same reach that `deciding` asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from cases.access.granting import granted_cases
from cases.enums import Permission, Scope
from cases.models import Case, Officer, Wall
from cases.row_security import Span, reading_as
from cases.viewers import Viewer

Row = TypeVar("Row", bound=Model)
# So many that have a part of a number in common are found one by one.
FEW_NUMBERED = 60
# Where a case stands in every list: its last substantive entry, and its id among equals.
Key = tuple[datetime, UUID]


def visible_cases(viewer: Viewer, now: datetime) -> QuerySet[Case]:
    """Every case this viewer may see at `now`, unordered; walls always subtracted."""
    if not viewer.can(Permission.VIEW_CASES):
        return Case.objects.none()
    if viewer.scope == Scope.ALL:
        return beyond_walls(Case.objects.all(), viewer)
    first, *more = granted_cases(viewer, now)
    if reach := _reach(viewer):
        more.append(Case.objects.filter(reach).order_by().values_list("pk"))
    return beyond_walls(Case.objects.filter(pk__in=first.union(*more)), viewer)


def supervised_cases(viewer: Viewer, now: datetime) -> QuerySet[Case]:
    """What this viewer supervises by the role's own reach: all cases, or those of their squads and
    those that name them as supervisor.

    A grant lets somebody see a case, it makes nobody its supervisor; so a list of what needs a
    supervisor reads two indexes and no grants.
    """
    if not viewer.can(Permission.VIEW_CASES) or viewer.scope not in (Scope.ALL, Scope.SQUAD):
        return Case.objects.none()
    within = Q() if viewer.scope == Scope.ALL else _supervision(viewer)
    return beyond_walls(Case.objects.filter(within), viewer)


def _supervision(viewer: Viewer) -> Q:
    led = Q(squad_id__in=sorted(viewer.squad_ids))
    return led | Q(supervisor_id=viewer.officer_id) if viewer.officer_id else led


def supervises_all(viewer: Viewer) -> bool:
    """Whether this viewer supervises every case but those behind a wall."""
    return viewer.scope == Scope.ALL and viewer.can(Permission.VIEW_CASES)


def visible_page(
    viewer: Viewer,
    now: datetime,
    *,
    size: int,
    before: Key | None = None,
    matching: Q | None = None,
    upwards: bool = False,
) -> QuerySet[Case]:
    """The newest `size` visible cases by last substantive entry, strictly before the given key.

    Of those that match, where something is to match; `upwards` the nearest after the key instead.
    Each way of reaching a case is walked along its own ordered index and gives at most `size`
    rows; only those few are merged, so the cost doesn't follow the number of old cases.
    """
    if not viewer.can(Permission.VIEW_CASES):
        return Case.objects.none()
    walk = _Walk(viewer, size, before, matching or Q(), upwards)
    legs = [walk.along(reach) for reach in _reaches(viewer)]
    if viewer.scope != Scope.ALL:
        legs += [walk.along(Q(pk__in=granted)) for granted in granted_cases(viewer, now)]
    if len(legs) == 1:
        return legs[0]
    within = [leg.values("pk") for leg in legs]
    merged = within[0].union(*within[1:])
    return Case.objects.filter(pk__in=merged).order_by(*walk.order)[:size]


def numbered(part: str) -> Q:
    """Cases with this part in their number, in either case.

    Few are found by the index, past row-level security, by a function that asks the same. Of many,
    the next are never far on the way through a list.
    """
    patterns = [f"%{connection.ops.prep_for_like_query(one)}%" for one in (part, part.upper())]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT case_id FROM cases_numbered(%s, %s, %s)", [*patterns, FEW_NUMBERED + 1]
        )
        found = [key for (key,) in cursor.fetchall()]
    if len(found) <= FEW_NUMBERED:
        return Q(pk__in=found)
    return Q(number__contains=part) | Q(number__contains=part.upper())


@dataclass(frozen=True, slots=True)
class _Walk:
    """From where, in which direction and how far cases are walked along an index."""

    viewer: Viewer
    size: int
    edge: Key | None
    matching: Q
    upwards: bool

    @property
    def order(self) -> tuple[str, str]:
        return ("last_entry_at", "id") if self.upwards else ("-last_entry_at", "-id")

    def along(self, reach: Q) -> QuerySet[Case]:
        cases = Case.objects.filter(reach, self.matching, self._beyond_edge())
        return beyond_walls(cases, self.viewer).order_by(*self.order)[: self.size]

    def _beyond_edge(self) -> Q:
        if self.edge is None:
            return Q()
        entry, key = self.edge
        if self.upwards:
            newer = Q(last_entry_at__gt=entry) | Q(last_entry_at=entry, id__gt=key)
            return Q(last_entry_at__gte=entry) & newer
        older = Q(last_entry_at__lt=entry) | Q(last_entry_at=entry, id__lt=key)
        return Q(last_entry_at__lte=entry) & older


def _reaches(viewer: Viewer) -> list[Q]:
    """The ways a role itself reaches cases, one per ordered index."""
    if viewer.scope == Scope.ALL:
        return [Q()]
    reaches = []
    if viewer.scope == Scope.SQUAD:
        reaches += [Q(squad_id=squad) for squad in sorted(viewer.squad_ids)]
        if viewer.officer_id:
            reaches.append(Q(supervisor_id=viewer.officer_id))
    if viewer.scope in (Scope.SQUAD, Scope.OWN) and viewer.officer_id:
        reaches.append(Q(detective_id=viewer.officer_id))
    return reaches


def _reach(viewer: Viewer) -> Q:
    combined = Q()
    for reach in _reaches(viewer):
        combined |= reach
    return combined


def beyond_walls(rows: QuerySet[Row], viewer: Viewer, *, case: str = "pk") -> QuerySet[Row]:
    """The rows but those whose case, in the column `case`, a wall hides from the viewer."""
    if viewer.account_id is None:
        return rows
    walls = Wall.objects.filter(
        case=OuterRef(case), account_id=viewer.account_id, lifted_at__isnull=True
    )
    return rows.filter(~Exists(walls))


def is_walled(case: Case, account_id: UUID) -> bool:
    """Whether a wall stands between the account and the case."""
    walls = Wall.objects.filter(case=case, account_id=account_id, lifted_at__isnull=True)
    return walls.exists()


def is_officer_walled(case: Case, officer: Officer) -> bool:
    """The same for the account of an officer, who may have none."""
    walls = Wall.objects.filter(case=case, account__officer=officer, lifted_at__isnull=True)
    return walls.exists()


def walls_between(account_ids: Iterable[UUID], case_ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """The pairs (account, case) between which a wall stands."""
    walls = Wall.objects.filter(
        account_id__in=list(account_ids), case_id__in=list(case_ids), lifted_at__isnull=True
    )
    return set(walls.values_list("account_id", "case_id"))


def walls_around(viewer: Viewer) -> tuple[UUID, ...]:
    """The cases that stand behind a wall for the viewer. For a key, never to be shown."""
    return tuple(sorted(viewer.walled))


@reading_as(Span.WALLS)
def walled_numbers(viewer: Viewer) -> set[str]:
    """The numbers of those, to be kept from what others have written down. Never to be shown."""
    if not viewer.walled:
        return set()
    return set(Case.objects.filter(pk__in=viewer.walled).values_list("number", flat=True))


def walled_from(viewer: Viewer, case_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these cases a wall hides from the viewer, so that not even a hint of them shows."""
    walls = Wall.objects.filter(
        case_id__in=list(case_ids), account_id=viewer.account_key, lifted_at__isnull=True
    )
    return set(walls.values_list("case_id", flat=True))
