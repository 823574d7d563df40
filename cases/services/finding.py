"""Is there a case about the same person? Looked for without opening an identity.

What the viewer may not see is never named or counted. That something lies beyond their reach is
said when the whole name, or last name and birth date, agree (decision 11), because a second case
about the same child is how reports get lost; a walled case is never hinted at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import record, record_denied
from cases import access
from cases.access import NotPermitted, Viewer
from cases.enums import Permission, PersonRole
from cases.models import Account, BlindToken
from cases.row_security import Span, reading_as
from cases.rules.finding import SEARCHES_WITHIN, TELLING, Probe, Sure, Why, sure, told
from cases.selectors.policy import current_policy
from cases.services.tokens import asked_for

# What one reads through before opening a case; that there are more is said.
CANDIDATES_SHOWN = 20
# Who may look through names for whoever reported, or saw, learns nothing of cases beyond reach.
HINTED = frozenset({"", PersonRole.SUSPECT.value, PersonRole.CAREGIVER.value})
ORDER = list(Sure)

_OF_VICTIM = ("victim__case_id", "victim__pseudonym")
_OF_PERSON = ("person__case_id", "person__pseudonym", "person__role")


class TooManySearches(Exception):
    """So many searches in an hour are not one case's work."""


class NothingToLookFor(ValueError):
    """No form of what was typed is one that people are found by."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person on a case that the viewer may see, who may be the one looked for, and why."""

    case_id: UUID
    number: str
    pseudonym: str
    role: str
    why: tuple[str, ...]
    sure: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """What was found. `more` says that there are weaker ones that are not shown."""

    seen: tuple[Candidate, ...]
    beyond_reach: bool
    more: bool = False


@dataclass(slots=True)
class _Match:
    """Somebody on a case, and in what they agree. `role` "" is the alleged victim."""

    case_id: UUID
    pseudonym: str
    role: str
    why: set[Why] = field(default_factory=set)

    @property
    def tells(self) -> bool:
        return bool(self.why & TELLING) and self.role in HINTED


@reading_as(Span.FINDING)
@transaction.atomic
def search_identities(*, viewer: Viewer, now: datetime, identity: Mapping[str, str]) -> Candidates:
    """People who may be the one described, on the cases that the viewer may see.

    `identity` has any of first_name, last_name, name, birth_date (ISO), address, phone. Every
    search is on record with the forms it asked for, never the terms. Raises NotPermitted,
    NothingToLookFor, and TooManySearches, which is on record as a refused attempt.
    """
    if not (viewer.can(Permission.SEARCH_PEOPLE) or viewer.can(Permission.CREATE_CASE)):
        raise NotPermitted("Your role does not allow you to look for people.")
    probes = asked_for(identity)
    if not probes:
        raise NothingToLookFor("Nothing was given that people are found by.")
    asked = sorted({probe.form.value for probe in probes.values()})
    _within_bounds(viewer, now, asked)
    matches = _matches(probes)
    visible = _visible(viewer, now, matches)
    seen = [match for match in matches if match.case_id in visible]
    shown = {str(match.case_id) for match in seen}
    record(
        Event.IDENTITY_SEARCHED,
        at=now,
        subject_type="search",
        details={"forms": asked, "cases": sorted(shown)},
    )
    telling = {match.case_id for match in matches if match.tells} - visible.keys()
    return Candidates(
        seen=tuple(_candidates(seen, visible)),
        beyond_reach=bool(telling - access.walled_from(viewer, telling)),
        more=len(seen) > CANDIDATES_SHOWN,
    )


def _within_bounds(viewer: Viewer, now: datetime, asked: list[str]) -> None:
    """One search of an account at a time, and no more than a person needs."""
    if viewer.account_id is None:
        return
    Account.objects.select_for_update().get(pk=viewer.account_id)
    lately = Entry.objects.filter(
        event=Event.IDENTITY_SEARCHED,
        actor_id=str(viewer.account_id),
        outcome=Outcome.ALLOWED,
        at__gt=now - SEARCHES_WITHIN,
    )
    most = current_policy().finding.searches_in_an_hour
    if lately.order_by()[:most].count() < most:
        return
    record_denied(
        Event.IDENTITY_SEARCHED,
        at=now,
        subject_type="search",
        reason="Too many searches within an hour.",
        details={"forms": asked},
    )
    raise TooManySearches(
        f"You have searched {most} times within an hour. Wait, or ask your sergeant."
    )


def _matches(probes: Mapping[bytes, Probe]) -> list[_Match]:
    found: dict[str, _Match] = {}
    for digest, *who in token_rows(list(probes)):
        case_id, pseudonym, role = _owner(who)
        match = found.setdefault(pseudonym, _Match(case_id, pseudonym, role))
        match.why.add(probes[bytes(digest)].why)
    return list(found.values())


def token_rows(digests: list[bytes]) -> Iterable[tuple[Any, ...]]:
    """The look-up itself: one probe of the index for each digest, and who they are of."""
    tokens = BlindToken.objects.filter(digest__in=digests)
    return tokens.values_list("digest", *_OF_VICTIM, *_OF_PERSON)


def _owner(who: list[Any]) -> tuple[UUID, str, str]:
    of_victim, of_person = who[: len(_OF_VICTIM)], who[len(_OF_VICTIM) :]
    return (of_victim[0], of_victim[1], "") if of_victim[0] else tuple(of_person)


def _visible(viewer: Viewer, now: datetime, matches: list[_Match]) -> dict[UUID, str]:
    """The numbers of those cases that the viewer may see."""
    ids = {match.case_id for match in matches}
    return dict(access.visible_cases(viewer, now).filter(pk__in=ids).values_list("pk", "number"))


def _candidates(seen: list[_Match], numbers: Mapping[UUID, str]) -> Iterator[Candidate]:
    def rank(match: _Match) -> tuple[int, int, str]:
        return ORDER.index(sure(match.why)), -len(told(match.why)), numbers[match.case_id]

    for match in sorted(seen, key=rank)[:CANDIDATES_SHOWN]:
        yield Candidate(
            case_id=match.case_id,
            number=numbers[match.case_id],
            pseudonym=match.pseudonym,
            role=role_words(match.role),
            why=tuple(one.value for one in told(match.why)),
            sure=sure(match.why).value,
        )


def role_words(role: str) -> str:
    """As in "suspect"; "" is the alleged victim."""
    words = {"": "alleged victim", PersonRole.REPORTER.value: "reporter"}
    return words.get(role) or str(PersonRole(role).label).lower()
