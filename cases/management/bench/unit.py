"""Who works in the synthetic unit? Squads of 5,000 cases and twelve detectives, with accounts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.utils.timezone import localdate

from cases.enums import Discipline, Rank, RoleCode
from cases.models import Account, Officer, Role, Squad
from cases.services.importing.copying import copy_rows

SQUAD_CASES = 5_000
DETECTIVES = 12
FEWEST_SQUADS = 2
SERVED = timedelta(days=3_000)


@dataclass(frozen=True, slots=True)
class Team:
    """One squad. Its first detective has 50 of 5,000 cases, its last one 50 cold ones."""

    squad_id: UUID
    sergeant_id: UUID
    detective_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """`account_ids` by officer; the others by their role."""

    teams: tuple[Team, ...]
    captain_id: UUID
    account_ids: dict[UUID | str, UUID]


def make_unit(cases: int, now: datetime) -> Unit:
    """Write as many squads, officers and accounts as so many cases need."""
    squads = max(FEWEST_SQUADS, round(cases / SQUAD_CASES))
    teams = tuple(
        Team(uuid4(), uuid4(), tuple(uuid4() for _ in range(DETECTIVES))) for _ in range(squads)
    )
    unit = Unit(teams, uuid4(), {})
    copy_rows(Squad, ("id", "name", "sergeant_id"), _squads(teams))
    copy_rows(
        Officer, ("id", "badge", "name", "rank", "squad_id", "active_from"), _officers(unit, now)
    )
    copy_rows(Account, _ACCOUNT, _accounts(unit, now))
    return unit


_ACCOUNT = (
    "id",
    "username",
    "display_name",
    "role_id",
    "officer_id",
    "discipline",
    "password",
    "created_at",
)


def _squads(teams: tuple[Team, ...]) -> Iterator[tuple[object, ...]]:
    for number, team in enumerate(teams):
        yield team.squad_id, f"Squad {number:03}", team.sergeant_id


def _ranks(unit: Unit) -> Iterator[tuple[UUID, Rank, UUID | None]]:
    yield unit.captain_id, Rank.CAPTAIN, None
    for team in unit.teams:
        yield team.sergeant_id, Rank.SERGEANT, team.squad_id
        for officer_id in team.detective_ids:
            yield officer_id, Rank.DETECTIVE, team.squad_id


def _officers(unit: Unit, now: datetime) -> Iterator[tuple[object, ...]]:
    since = localdate(now - SERVED)
    for number, (officer_id, rank, squad_id) in enumerate(_ranks(unit)):
        yield officer_id, str(number), f"Officer {number:05}", rank, squad_id, since


def _accounts(unit: Unit, now: datetime) -> Iterator[tuple[object, ...]]:
    """Nobody can sign in: the bench opens their sessions itself."""
    roles = dict(Role.objects.values_list("code", "pk"))
    locked = make_password(None)
    for number, (officer_id, rank, _) in enumerate(_ranks(unit)):
        key = unit.account_ids[officer_id] = uuid4()
        yield key, f"o{number}", f"Officer {number:05}", roles[rank], officer_id, "", locked, now
    for code in (RoleCode.ADMINISTRATOR, RoleCode.AUDITOR, RoleCode.RECORDS, RoleCode.PARTNER):
        key = unit.account_ids[code] = uuid4()
        about = Discipline.MEDICAL if code == RoleCode.PARTNER else ""
        yield key, str(code), str(code.label), roles[code], None, about, locked, now
