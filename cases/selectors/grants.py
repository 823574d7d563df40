"""Who was let in to one case or shut out of it, and why can somebody see it?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import AccessStep, Hidden, NotPermitted, Viewer
from cases.enums import Discipline, Permission
from cases.models import Account, Case, GrantPurpose, Squad, Wall
from cases.selectors.parts import words_of
from cases.selectors.policy import reading_of

# What "may X do Y here" is asked for, one person at a time.
EXPLAINED = (
    Permission.VIEW_CASES,
    Permission.LOG_RESPONSE,
    Permission.REVEAL_IDENTITY,
    Permission.ASSIGN_CASE,
    Permission.CLOSE_CASE,
    Permission.GRANT_ACCESS,
)
# Before a squad's id among choices of whom to share a case with.
SQUAD = "squad:"
GRANT_WORDS = {access.GRANT_VIEW: "see the case", access.GRANT_WORK: "work on the case"}


@dataclass(frozen=True, slots=True)
class GrantCard:
    """Access by name. `share_id` stands for a squad's, `grant_id` for a person's."""

    who: str
    may: str
    purpose: str
    reason: str
    by: str
    since: datetime
    until: datetime
    grant_id: int | None = None
    share_id: UUID | None = None


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
class Way:
    """One rule that lets a person in, and what takes it away: an access by name ends, the case is
    given to somebody else, or a wall is set. `grant_id` and `share_id` as on a `GrantCard`.
    """

    rule: str
    source: str
    removed_by: str
    grant_id: int | None = None
    share_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person explained. `reads`: a partner's parts of the case in words, None for the unit."""

    account_id: UUID
    name: str
    role: str
    answers: tuple[Answer, ...]
    ways: tuple[Way, ...]
    reads: tuple[str, ...] | None = None

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
    """The case of a grant or wall form, the accounts that can be chosen, and whom to share it with
    by kind. `held_by`: the accounts of who has it and who supervises it.
    """

    case_id: UUID
    number: str
    choices: tuple[tuple[str, str], ...]
    recipients: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    held_by: frozenset[str]


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
    holders = Account.objects.filter(officer__in=(case.detective_id, case.supervisor_id))
    return GuardedCase(
        case.pk,
        case.number,
        _accounts(viewer),
        _recipients(viewer),
        frozenset(str(key) for key in holders.values_list("pk", flat=True)),
    )


def grant_card(*, viewer: Viewer, now: datetime, case_id: UUID, grant_id: int) -> GrantCard:
    """A live grant on the case. Raises Hidden."""
    case, _ = access.open_case(viewer, case_id, now)
    found = [card for card in _grants(case, now) if card.grant_id == grant_id]
    if not found:
        raise Hidden
    return found[0]


def squad_card(*, viewer: Viewer, now: datetime, case_id: UUID, share_id: UUID) -> GrantCard:
    """A live grant to a squad on the case. Raises Hidden."""
    case, _ = access.open_case(viewer, case_id, now)
    found = [card for card in _grants(case, now) if card.share_id == share_id]
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
        tuple(_removable(case, viewer, now)),
        words_of(reading_of(viewer)) if viewer.is_partner else None,
    )


def _removable(case: Case, viewer: Viewer, now: datetime) -> Iterator[Way]:
    """Every rule that lets this person see the case, each with what takes it away."""
    decision = access.decide(viewer, case, Permission.VIEW_CASES, now)
    for step in decision.steps if decision.allowed else ():
        if step.outcome == "granted" and step.rule in access.WAYS:
            yield from _ways_of(step, case, viewer, now)


def _ways_of(step: AccessStep, case: Case, viewer: Viewer, now: datetime) -> Iterator[Way]:
    if step.rule == access.GRANTED:
        for grant in access.live_grants_on(case, now).filter(user_id=viewer.account_id):
            yield Way(step.rule, step.source, "grant", grant_id=grant.pk)
    elif step.rule == access.SHARED and viewer.member_of:
        for share in access.live_squad_grants_on(case, now).filter(squad_id=viewer.member_of):
            yield Way(step.rule, step.source, "share", share_id=share.pk)
    else:
        removed_by = "wall" if step.rule == access.REACHES_ALL else "assign"
        yield Way(step.rule, step.source, removed_by)


def _accounts(viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """Active accounts but the viewer's own, as choices."""
    return tuple((key, words) for key, words, _ in _named(viewer))


def _recipients(viewer: Viewer) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Whom a case can be shared with: the unit's people, partners by discipline, squads."""
    named = _named(viewer, role__permissions__permission=Permission.VIEW_CASES)
    squads = Squad.objects.values_list("pk", "name")
    groups = {
        "People of the unit": tuple((key, words) for key, words, partner in named if not partner),
        "Partners": tuple((key, words) for key, words, partner in named if partner),
        "Squads": tuple((f"{SQUAD}{pk}", name) for pk, name in squads),
    }
    return tuple((name, choices) for name, choices in groups.items() if choices)


def _named(viewer: Viewer, **only: Permission) -> list[tuple[str, str, bool]]:
    """Account id, name in words, and whether it is a partner's."""
    accounts = Account.objects.filter(is_active=True, **only)
    if viewer.account_id is not None:
        accounts = accounts.exclude(pk=viewer.account_id)
    rows = accounts.order_by("display_name").values_list(
        "pk", "display_name", "role__label", "discipline", "organization"
    )
    return [
        (str(pk), _in_words(name, role, discipline, organization), bool(discipline))
        for pk, name, role, discipline, organization in rows
    ]


def _in_words(name: str, role: str, discipline: str, organization: str) -> str:
    what = str(Discipline(discipline).label) if discipline else role
    return f"{name} ({', '.join(filter(None, (what, organization)))})"


def _grants(case: Case, now: datetime) -> tuple[GrantCard, ...]:
    """Those to people and those to squads, the first to end first."""
    people = [
        GrantCard(
            who=grant.user.display_name,
            may=GRANT_WORDS[grant.permission.codename],
            grant_id=grant.pk,
            **_terms(grant),
        )
        for grant in access.live_grants_on(case, now)
    ]
    squads = [
        GrantCard(
            who=grant.squad.name, may=GRANT_WORDS[grant.may], share_id=grant.pk, **_terms(grant)
        )
        for grant in access.live_squad_grants_on(case, now)
    ]
    return tuple(sorted([*people, *squads], key=lambda card: card.until))


def _terms(grant: access.AnyGrant) -> dict[str, Any]:
    return {
        "purpose": str(GrantPurpose(grant.purpose).label) if grant.purpose else "",
        "reason": grant.reason,
        "by": grant.granted_by.display_name if grant.granted_by else "",
        "since": grant.granted_at,
        "until": grant.expires_at,
    }


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
