"""How many people would see more or fewer cases if a role reached otherwise? Exact, set-based.

Each way of reaching a case is a set of pairs (account, case), made by joins along indexes; what a
change does is the difference of two such sets, whoever many people have the role. A test holds the
pairs to `visible_cases`, person by person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from cases.access.deciding import GRANTED, HOLDS, LEADS, REACHES_ALL, SHARED, SUPERVISES
from cases.access.granting import live_grants, live_squad_grants
from cases.access.reach import walls_around
from cases.enums import Permission, Rank, Scope
from cases.models import Account, Case, Wall
from cases.viewers import Viewer

Pairs = QuerySet[Any, Any]

# From the least to the widest reach; each holds what the one before it holds.
WIDTH = (Scope.NONE, Scope.GRANTED, Scope.OWN, Scope.SQUAD, Scope.ALL)
_NOTHING = -1


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a role would reach, and whether it may see cases at all."""

    scope: Scope
    sees: bool

    @property
    def width(self) -> int:
        """Comparable: of two reaches the wider one sees all that the other sees."""
        if not self.sees:
            return _NOTHING
        return max(WIDTH.index(self.scope), WIDTH.index(Scope.GRANTED))


@dataclass(frozen=True, slots=True)
class Counted:
    people: int = 0
    cases: int = 0


def difference(
    people: QuerySet[Account],
    narrow: Reach,
    wide: Reach,
    now: datetime,
    *,
    asker: Viewer | None = None,
) -> Counted:
    """How many of these people see cases by `wide` that they don't by `narrow`, and how many
    cases; walls subtracted from both, and what a wall hides from `asker` not counted."""
    if wide.width <= narrow.width:
        return Counted()
    but = _unseen(asker)
    known = [*_pairs(people, narrow, now), _walled(people)]
    if wide.scope == Scope.ALL:
        return _all_but(people, known, but)
    return _counted(_union(_pairs(people, wide, now), but), _union(known, but))


def paths(
    account: Account, scope: Scope, now: datetime, *, asker: Viewer | None = None
) -> dict[str, int]:
    """By which rules one account reaches how many cases, walls subtracted; a case may have several.

    The rules are named as `decide` names them. What a wall hides from `asker` is not counted.
    """
    people = Account.objects.filter(pk=account.pk, is_active=True)
    but = _unseen(asker)
    shut_out = _union([_walled(people)], but)
    found = {
        rule: _counted(_union(ways, but), shut_out).cases
        for rule, ways in _ways(people, scope, now)
    }
    if scope == Scope.ALL and people.exists():
        found[REACHES_ALL] = _all_but(people, [_walled(people)], but).cases
    return found


def _unseen(asker: Viewer | None) -> list[UUID]:
    return list(walls_around(asker)) if asker else []


def _pairs(people: QuerySet[Account], reach: Reach, now: datetime) -> list[Pairs]:
    if not reach.sees:
        return []
    return [pairs for _, ways in _ways(people, reach.scope, now) for pairs in ways]


def _ways(
    people: QuerySet[Account], scope: Scope, now: datetime
) -> Iterator[tuple[str, list[Pairs]]]:
    """The rules that let somebody in, but for reaching all, each as pairs of account and case."""
    if scope in (Scope.OWN, Scope.SQUAD):
        yield HOLDS, [_along(people, "officer__cases")]
    if scope == Scope.SQUAD:
        yield SUPERVISES, [_along(people, "officer__supervised")]
        sergeants = people.filter(officer__rank=Rank.SERGEANT)
        yield (
            LEADS,
            [
                _along(people, "officer__squads_led__cases"),
                _along(sergeants, "officer__squad__cases"),
            ],
        )
    granted = live_grants(now).filter(user__in=people.order_by().values("pk"))
    yield GRANTED, [granted.order_by().values_list("user_id", "content_object_id")]
    shared = live_squad_grants(now).filter(squad__officers__account__in=people.values("pk"))
    yield SHARED, [shared.order_by().values_list("squad__officers__account", "case_id")]


def _along(people: QuerySet[Account], path: str) -> Pairs:
    there = people.filter(Q(**{f"{path}__isnull": False})).order_by()
    return there.values_list("pk", path)


def _walled(people: QuerySet[Account]) -> Pairs:
    walls = Wall.objects.filter(account__in=people.order_by().values("pk"), lifted_at__isnull=True)
    return walls.order_by().values_list("account_id", "case_id")


def _union(legs: list[Pairs], but: list[UUID]) -> tuple[str, list[Any]]:
    """The pairs of all legs as SQL, without those of some cases; of none, an empty set."""
    parts: list[str] = []
    params: list[Any] = []
    for leg in legs:
        try:
            sql, values = leg.query.sql_with_params()
        except EmptyResultSet:
            continue
        wanted = " WHERE id <> ALL (%s::uuid[])" if but else ""
        parts.append(f"SELECT person, id FROM ({sql}) AS leg (person, id){wanted}")  # noqa: S608
        params += [*values, but] if but else values
    if not parts:
        return "SELECT NULL::uuid AS person, NULL::uuid AS id WHERE FALSE", []
    return " UNION ".join(parts), params


def _counted(some: tuple[str, list[Any]], less: tuple[str, list[Any]]) -> Counted:
    sql = (
        "SELECT count(DISTINCT person), count(DISTINCT id) FROM "  # noqa: S608
        f"(({some[0]}) EXCEPT ({less[0]})) AS pairs"
    )
    return Counted(*_fetch(sql, [*some[1], *less[1]]))


def _all_but(people: QuerySet[Account], known: list[Pairs], but: list[UUID]) -> Counted:
    """Every person and case, but for the known pairs: whoever knows all cases sees none more, and
    a case that all know is seen by none more."""
    size, cases = people.count(), Case.objects.exclude(pk__in=but).count()
    sql, params = _union(known, but)
    by = "SELECT count(*) FROM (SELECT {0} FROM pairs GROUP BY {0} HAVING count(*) = %s) AS full_"
    whole = (
        f"WITH pairs AS MATERIALIZED ({sql}) SELECT ({by.format('person')}), ({by.format('id')})"
    )
    knowing, known_to_all = _fetch(whole, [*params, cases, size])
    return Counted(size - knowing if cases else 0, cases - known_to_all if size else 0)


def _fetch(sql: str, params: list[Any]) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        first, second = cursor.fetchone()
    return first, second


def reach_of(scope: Scope, permissions: frozenset[Permission]) -> Reach:
    """The reach that a role's scope and permissions make."""
    return Reach(scope, Permission.VIEW_CASES in permissions)
