"""Who was let in to one case or shut out of it, and why can somebody see it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import AccessStep, Hidden, NotPermitted, Viewer
from cases.enums import Permission
from cases.models import Account, Case, Wall

# What "may X do Y here" is asked for, one person at a time.
EXPLAINED = (
    Permission.VIEW_CASES,
    Permission.LOG_RESPONSE,
    Permission.REVEAL_IDENTITY,
    Permission.ASSIGN_CASE,
    Permission.CLOSE_CASE,
    Permission.GRANT_ACCESS,
)
GRANT_WORDS = {access.GRANT_VIEW: "see the case", access.GRANT_WORK: "work on the case"}


@dataclass(frozen=True, slots=True)
class GrantCard:
    grant_id: int
    who: str
    may: str
    reason: str
    by: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class WallCard:
    wall_id: UUID
    who: str
    reason: str
    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Seer:
    account_id: UUID
    name: str
    role: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one person may do one thing here, and every rule that was asked."""

    what: str
    allowed: bool
    steps: tuple[AccessStep, ...]


@dataclass(frozen=True, slots=True)
class Person:
    account_id: UUID
    name: str
    role: str
    answers: tuple[Answer, ...]

    @property
    def key(self) -> str:
        """The account's id as a choice."""
        return str(self.account_id)


@dataclass(frozen=True, slots=True)
class WhyPage:
    """Who can see a case and why. Grants and walls only for whoever may give and lift them."""

    case_id: UUID
    number: str
    seers: tuple[Seer, ...]
    person: Person | None
    may_grant: bool
    choices: tuple[tuple[str, str], ...]
    grants: tuple[GrantCard, ...]
    walls: tuple[WallCard, ...]


@dataclass(frozen=True, slots=True)
class GuardedCase:
    """The case of a grant or wall form, and the accounts that can be chosen."""

    case_id: UUID
    number: str
    choices: tuple[tuple[str, str], ...]


def why_page(
    *, viewer: Viewer, now: datetime, case_id: UUID, account_id: UUID | None = None
) -> WhyPage:
    """The case's access, explained by the functions that enforce it. Leaves an entry.

    Somebody who can't see the case is explained only to whoever may give access. Raises Hidden.
    """
    case, may = access.open_case(viewer, case_id, now)
    seers = access.who_can_see(case, now)
    may_grant = Permission.GRANT_ACCESS in may
    known = {seer.account_id for seer in seers}
    asked = account_id if account_id and (may_grant or account_id in known) else None
    record(
        Event.ACCESS_EXPLAINED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        details={"account": str(asked)} if asked else {},
    )
    return WhyPage(
        case_id=case.pk,
        number=case.number,
        seers=tuple(
            Seer(seer.account_id, seer.label, seer.role, _ways(seer.decision.steps))
            for seer in seers
        ),
        person=_person(case, asked, now) if asked else None,
        may_grant=may_grant,
        choices=_accounts(viewer) if may_grant else (),
        grants=_grants(case, now) if may_grant else (),
        walls=_walls(case) if may_grant else (),
    )


def guarded_case(*, viewer: Viewer, now: datetime, case_id: UUID) -> GuardedCase:
    """The case whose grants and walls the viewer may change. Leaves an entry.

    Raises Hidden, NotPermitted.
    """
    case, may = access.open_case(viewer, case_id, now)
    if Permission.GRANT_ACCESS not in may:
        raise NotPermitted("Your role does not allow you to give others access to a case.")
    details = {"part": "access"}
    record(Event.CASE_VIEWED, at=now, subject_type="case", subject_id=case.pk, details=details)
    return GuardedCase(case.pk, case.number, _accounts(viewer))


def grant_card(*, viewer: Viewer, now: datetime, case_id: UUID, grant_id: int) -> GrantCard:
    """A live grant on the case. Raises Hidden."""
    case, _ = access.open_case(viewer, case_id, now)
    found = [card for card in _grants(case, now) if card.grant_id == grant_id]
    if not found:
        raise Hidden
    return found[0]


def wall_card(*, viewer: Viewer, now: datetime, case_id: UUID, wall_id: UUID) -> WallCard:
    """A standing wall on the case. Raises Hidden."""
    case, _ = access.open_case(viewer, case_id, now)
    found = [card for card in _walls(case) if card.wall_id == wall_id]
    if not found:
        raise Hidden
    return found[0]


def _ways(steps: Sequence[AccessStep]) -> tuple[str, ...]:
    """The rules that let somebody in, each with its source."""
    return tuple(
        f"{step.rule} {step.source}".strip()
        for step in steps
        if step.outcome == "granted" and step.rule in access.WAYS
    )


def _person(case: Case, account_id: UUID, now: datetime) -> Person:
    account = Account.objects.filter(pk=account_id)
    role = account.values_list("role__label", flat=True).first()
    if role is None:
        raise Hidden
    (viewer,) = access.viewers_for(account)
    answers = (
        (permission, access.decide(viewer, case, permission, now)) for permission in EXPLAINED
    )
    return Person(
        account_id,
        viewer.label,
        role,
        tuple(
            Answer(str(permission.label), decision.allowed, decision.steps)
            for permission, decision in answers
        ),
    )


def _accounts(viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """Active accounts but the viewer's own, as choices."""
    accounts = Account.objects.filter(is_active=True)
    if viewer.account_id is not None:
        accounts = accounts.exclude(pk=viewer.account_id)
    rows = accounts.order_by("display_name").values_list(
        "pk", "display_name", "role__label", "organization"
    )
    return tuple(
        (str(pk), f"{name} ({', '.join(filter(None, (role, organization)))})")
        for pk, name, role, organization in rows
    )


def _grants(case: Case, now: datetime) -> tuple[GrantCard, ...]:
    return tuple(
        GrantCard(
            grant_id=grant.pk,
            who=grant.user.display_name,
            may=GRANT_WORDS.get(grant.permission.codename, grant.permission.codename),
            reason=grant.reason,
            by=grant.granted_by.display_name if grant.granted_by else "",
            since=grant.granted_at,
            until=grant.expires_at,
        )
        for grant in access.live_grants_on(case, now)
    )


def _walls(case: Case) -> tuple[WallCard, ...]:
    walls = Wall.objects.filter(case=case, lifted_at__isnull=True).select_related(
        "account", "set_by"
    )
    return tuple(
        WallCard(
            wall_id=wall.pk,
            who=wall.account.display_name,
            reason=wall.reason,
            by=wall.set_by.display_name,
            since=wall.set_at,
        )
        for wall in walls.order_by("set_at")
    )
