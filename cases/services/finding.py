"""Is there a case about the same person? Looked for without opening an identity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.models import BlindToken, Case
from cases.services.tokens import token_digests

CANDIDATES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that may already be about this child. Only what the viewer may see is named."""

    case_id: UUID
    number: str
    pseudonym: str
    why: tuple[str, ...]
    sure: str


@dataclass(frozen=True, slots=True)
class Candidates:
    seen: tuple[Candidate, ...]
    beyond_reach: bool


# A bare birth date matches every child born that day; only these hint at a case beyond reach.
STRONG = frozenset({"name", "last_name_birth"})
WHY = {
    "name": "same name",
    "birth_date": "same birth date",
    "last_name_birth": "same last name and birth date",
}


@transaction.atomic
def search_identities(*, viewer: Viewer, now: datetime, identity: Mapping[str, str]) -> Candidates:
    """Cases whose victim may be the same child, found by keyed digests without opening anything.

    What the viewer may not see is never named or counted; that something lies beyond their reach
    is said, because a second case about the same child is how reports get lost.
    """
    digests = dict(token_digests(dict(identity)))
    matches = _matches(digests)
    strong = {
        case_id
        for case_id, people in matches.items()
        if any(kinds & STRONG for kinds in people.values())
    }
    visible = set(
        access.visible_cases(viewer, now).filter(pk__in=matches).values_list("pk", flat=True)
    )
    record(
        Event.IDENTITY_SEARCHED,
        at=now,
        subject_type="search",
        details={"forms": sorted(digests), "seen": [str(case) for case in visible]},
    )
    walled = access.walled_from(viewer, strong)
    return Candidates(
        seen=tuple(_candidates(matches, visible)),
        beyond_reach=bool(strong - visible - walled),
    )


def _matches(digests: Mapping[str, bytes]) -> dict[UUID, dict[str, set[str]]]:
    """case → pseudonym → the kinds of token that matched."""
    found: dict[UUID, dict[str, set[str]]] = {}
    tokens = BlindToken.objects.filter(
        digest__in=list(digests.values()), victim__isnull=False
    ).values_list("victim__case_id", "victim__pseudonym", "kind")
    for case_id, pseudonym, kind in tokens:
        found.setdefault(case_id, {}).setdefault(pseudonym, set()).add(kind)
    return found


def _candidates(
    matches: Mapping[UUID, Mapping[str, set[str]]], visible: set[UUID]
) -> Iterable[Candidate]:
    numbers = dict(Case.objects.filter(pk__in=visible).values_list("pk", "number"))
    likely = sorted(
        (
            (case_id, pseudonym, kinds)
            for case_id, people in matches.items()
            if case_id in visible
            for pseudonym, kinds in people.items()
        ),
        key=lambda match: (-len(match[2]), numbers[match[0]]),
    )
    for case_id, pseudonym, kinds in likely[:CANDIDATES_SHOWN]:
        yield Candidate(
            case_id,
            numbers[case_id],
            pseudonym,
            tuple(WHY[kind] for kind in sorted(kinds)),
            _sure(kinds),
        )


def _sure(kinds: set[str]) -> str:
    if {"name", "birth_date"} <= kinds:
        return "very likely"
    return "likely" if "last_name_birth" in kinds else "possible"
