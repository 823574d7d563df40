"""What can this person see, and by which rules? Counts for who manages people; for who may see the
cases themselves, the cases that both see."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.events import Event
from audit.recorder import record
from cases.access import Hidden, Viewer, beyond_walls, paths, viewers_for, visible_cases
from cases.enums import Permission, Scope
from cases.models import Account
from cases.row_security import Span, reading_as

CASES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Path:
    """One rule and how many cases it opens to them."""

    rule: str
    cases: int


@dataclass(frozen=True, slots=True)
class SeenCase:
    case_id: UUID
    number: str
    state: str


@dataclass(frozen=True, slots=True)
class ReachPage:
    """`total`: cases they see, however many rules lead there; `cases`: those both see.

    Neither counts what a wall hides from whoever asks.
    """

    name: str
    role: str
    scope: str
    is_active: bool
    total: int
    paths: tuple[Path, ...]
    may: tuple[str, ...]
    shows_cases: bool
    cases: tuple[SeenCase, ...]
    officer_id: UUID | None
    account_id: UUID


@reading_as(Span.EXPLAINING)
def reach_page(*, viewer: Viewer, now: datetime, account_id: UUID) -> ReachPage:
    """One account's reach, by the rules that enforce it, and an entry. Raises Hidden."""
    rows = Account.objects.filter(pk=account_id).select_related("role", "officer")
    account = rows.first()
    if account is None or not _may_ask(viewer, account):
        raise Hidden
    (person,) = viewers_for(Account.objects.filter(pk=account_id))
    shows = _supervises(viewer, account)
    seen = beyond_walls(visible_cases(person, now), viewer)
    both = seen.filter(pk__in=visible_cases(viewer, now).order_by().values("pk")) if shows else None
    listed = both.order_by("-last_entry_at", "-pk")[:CASES_SHOWN] if both is not None else ()
    cases = tuple(SeenCase(one.pk, one.number, str(one.get_state_display())) for one in listed)
    record(
        Event.REACH_VIEWED,
        at=now,
        subject_type="account",
        subject_id=account_id,
        details={"cases": [str(one.case_id) for one in cases]},
    )
    total = (seen if both is None else both).count()
    return ReachPage(
        name=account.display_name,
        role=account.role.label,
        scope=str(Scope(account.role.scope).label),
        is_active=account.is_active,
        total=total,
        paths=() if shows else _paths(viewer, person, account, now),
        may=tuple(str(one.label) for one in Permission if person.can(one)),
        shows_cases=shows,
        cases=cases,
        officer_id=account.officer_id,
        account_id=account.pk,
    )


def _paths(viewer: Viewer, person: Viewer, account: Account, now: datetime) -> tuple[Path, ...]:
    if not person.can(Permission.VIEW_CASES):
        return ()
    found = paths(account, person.scope, now, asker=viewer)
    return tuple(Path(rule, count) for rule, count in found.items())


def _may_ask(viewer: Viewer, account: Account) -> bool:
    manages = viewer.can(Permission.MANAGE_ROLES) or viewer.can(Permission.MANAGE_ACCOUNTS)
    return manages or _supervises(viewer, account)


def _supervises(viewer: Viewer, account: Account) -> bool:
    """Whoever gives access knows whom it reaches: all, or the people of their squads."""
    if not viewer.can(Permission.GRANT_ACCESS):
        return False
    if viewer.scope == Scope.ALL:
        return True
    squad_id = account.officer.squad_id if account.officer else None
    return viewer.scope == Scope.SQUAD and squad_id in viewer.squad_ids
