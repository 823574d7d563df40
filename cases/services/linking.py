"""Which cases may share a child, a suspect or an address? Suggested, then a person decides.

What is compared are blind tokens; no identity is opened. A name that many cases share is common,
not telling, and suggests nothing by itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import Note, record, record_many
from cases import access
from cases.access import Viewer
from cases.enums import LinkState, Permission
from cases.models import BlindToken, Case, CaseLink
from cases.row_security import Span, reading_as
from cases.rules.finding import Form, Why, sure, told
from cases.rules.linking import MEANS, link_kinds
from cases.rules.reasons import LEAST_VISIBLE, says_enough, visible
from cases.rules.redaction import Redactor
from cases.selectors.policy import current_policy
from cases.services.flagging import fetch
from cases.services.narratives import known_people

# Somebody has several forms on a case, so that many rows of one digest are of few cases.
ROWS_FOR_A_CASE = 4
# What a suggestion tells at a glance; more agreeing people make it no surer.
PAIRS_KEPT = 5

MOVES = {
    LinkState.CONFIRMED: frozenset({LinkState.SUGGESTED, LinkState.DISMISSED, LinkState.UNDONE}),
    LinkState.DISMISSED: frozenset({LinkState.SUGGESTED}),
    LinkState.UNDONE: frozenset({LinkState.CONFIRMED}),
}
EVENTS = {
    LinkState.CONFIRMED: Event.LINK_CONFIRMED,
    LinkState.DISMISSED: Event.LINK_DISMISSED,
    LinkState.UNDONE: Event.LINK_UNDONE,
}

_SHARED = """
WITH mine AS (
    SELECT token.digest, token.kind, who.case_id, who.pseudonym, '' AS role
    FROM cases_victim AS who JOIN cases_blindtoken AS token ON token.victim_id = who.id
    WHERE who.case_id = ANY (%(cases)s) AND token.kind = ANY (%(kinds)s)
    UNION ALL
    SELECT token.digest, token.kind, who.case_id, who.pseudonym, who.role
    FROM cases_involvedperson AS who JOIN cases_blindtoken AS token ON token.person_id = who.id
    WHERE who.case_id = ANY (%(cases)s) AND token.kind = ANY (%(kinds)s)
)
SELECT mine.digest, mine.kind, mine.case_id, mine.pseudonym, mine.role,
       coalesce(victim.case_id, person.case_id), coalesce(victim.pseudonym, person.pseudonym),
       coalesce(person.role, '')
FROM mine
CROSS JOIN LATERAL (
    SELECT token.victim_id, token.person_id FROM cases_blindtoken AS token
    WHERE token.digest = mine.digest LIMIT %(most)s
) AS other
LEFT JOIN cases_victim AS victim ON victim.id = other.victim_id
LEFT JOIN cases_involvedperson AS person ON person.id = other.person_id
WHERE coalesce(victim.case_id, person.case_id) <> mine.case_id"""


class NotDecidable(ValueError):
    """The link is not in a state from which this is a step."""


class NoReason(ValueError):
    """Every decision on a link says why."""


@dataclass(frozen=True, slots=True, order=True)
class _One:
    """Somebody on a case. `role` "" is the alleged victim."""

    case_id: UUID
    pseudonym: str
    role: str


@dataclass(slots=True)
class _Link:
    pairs: list[tuple[_One, _One, frozenset[Why]]] = field(default_factory=list)


@reading_as(Span.LINKS)
def suggest_links(*, case_ids: Collection[UUID], now: datetime) -> int:
    """Suggest links between these cases and any other; how many are new.

    Inside the caller's transaction, after people were added. A link that somebody has decided on is
    not suggested again.
    """
    links = _links(case_ids)
    known = set(
        CaseLink.objects.filter(
            first_id__in={key[0] for key in links}, second_id__in={key[1] for key in links}
        ).values_list("first_id", "second_id", "kind")
    )
    fresh = [_suggestion(key, link, now) for key, link in links.items() if key not in known]
    CaseLink.objects.bulk_create(fresh, ignore_conflicts=True)
    notes = (Note("link", link.pk, details=_about(link)) for link in fresh)
    record_many(Event.LINK_SUGGESTED, notes, at=now)
    return len(fresh)


def _about(link: CaseLink) -> dict[str, object]:
    return {"kind": link.kind, "cases": [str(link.first_id), str(link.second_id)]}


def _suggestion(key: tuple[UUID, UUID, str], link: _Link, now: datetime) -> CaseLink:
    pairs = sorted(link.pairs, key=lambda pair: list(type(sure(pair[2]))).index(sure(pair[2])))
    return CaseLink(
        first_id=key[0],
        second_id=key[1],
        kind=key[2],
        pairs=[
            {"first": one.pseudonym, "second": other.pseudonym, "why": [why.value for why in said]}
            for one, other, reasons in pairs[:PAIRS_KEPT]
            for said in [told(reasons)]
        ],
        sure=sure(pairs[0][2]).value,
        suggested_at=now,
    )


def _links(case_ids: Collection[UUID]) -> dict[tuple[UUID, UUID, str], _Link]:
    pairs = _pairs(case_ids)
    born = _with_birth_dates(chain.from_iterable(pairs))
    links: dict[tuple[UUID, UUID, str], _Link] = defaultdict(_Link)
    for (one, other), why in pairs.items():
        both_born = one.pseudonym in born and other.pseudonym in born
        for kind in link_kinds(one.role, other.role, why, both_born=both_born):
            first, second = sorted((one, other))
            links[first.case_id, second.case_id, kind.value].pairs.append((first, second, why))
    return links


def _pairs(case_ids: Collection[UUID]) -> dict[tuple[_One, _One], frozenset[Why]]:
    """Two people on different cases → in what they agree, each pair once."""
    common = current_policy().finding.common_in_cases
    by_digest: dict[bytes, list[tuple[Form, _One, _One]]] = defaultdict(list)
    values = {
        "cases": list(case_ids),
        "kinds": [form.value for form in MEANS],
        "most": ROWS_FOR_A_CASE * common,
    }
    for digest, kind, *who in fetch(_SHARED, values):
        one, other = _One(*who[:3]), _One(*who[3:])
        by_digest[bytes(digest)].append((Form(kind), one, other))
    found: dict[tuple[_One, _One], set[Why]] = defaultdict(set)
    for rows in by_digest.values():
        if len({person.case_id for row in rows for person in row[1:]}) > common:
            continue
        for form, one, other in rows:
            found[min(one, other), max(one, other)].add(MEANS[form])
    return {pair: frozenset(why) for pair, why in found.items()}


def _with_birth_dates(people: Iterable[_One]) -> set[str]:
    names = {one.pseudonym for one in people}
    tokens = BlindToken.objects.filter(kind=Form.BIRTH_DATE)
    victims = tokens.filter(victim__pseudonym__in=names).values_list("victim__pseudonym", flat=True)
    others = tokens.filter(person__pseudonym__in=names).values_list("person__pseudonym", flat=True)
    return {*victims, *others} if names else set()


@transaction.atomic
def decide_link(
    *, viewer: Viewer, now: datetime, link_id: UUID, decision: LinkState, reason: str
) -> CaseLink:
    """Confirm or dismiss a suggestion, or undo a link. By somebody who works on both cases.

    Raises Hidden when either case is out of reach, so that a link tells of no case; NotPermitted,
    NoReason, NotDecidable.
    """
    link = CaseLink.objects.select_for_update().filter(pk=link_id).first()
    if link is None:
        raise access.Hidden
    cases = [access.find_case(viewer, case_id, now) for case_id in (link.first_id, link.second_id)]
    for case in cases:
        access.require(viewer, case, Permission.LOG_RESPONSE, now)
    if not says_enough(reason):
        raise NoReason(f"Say why, in at least {LEAST_VISIBLE} letters.")
    if viewer.account_id is None:
        raise NotDecidable("A person decides on a link.")
    if decision not in MOVES or link.state not in MOVES[decision]:
        raise NotDecidable("Somebody has decided on this link meanwhile. Look again.")
    before, link.state = link.state, decision
    link.decided_at, link.decided_by_id = now, viewer.account_id
    link.reason = _cleared(cases, visible(reason))
    link.save(update_fields=["state", "decided_at", "decided_by", "reason"])
    record(
        EVENTS[decision],
        at=now,
        subject_type="link",
        subject_id=link.pk,
        reason=link.reason,
        changes={"state": [before, decision.value]},
        details=_about(link),
    )
    return link


def _cleared(cases: Iterable[Case], reason: str) -> str:
    """Without the people of either case."""
    return Redactor([person for case in cases for person in known_people(case)])(reason)
