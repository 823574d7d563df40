"""Which cases is a case linked to, as far as this viewer may see both?

A link names two cases, so it is shown only to somebody who may see the one and the other; neither
a count nor a gap tells of the rest. Captains see all but what is walled from them, so a suggestion
that nobody below may see waits with them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer
from cases.enums import LinkKind, LinkState, Permission
from cases.models import CaseLink
from cases.selectors.policy import reading_of

SHOWN = 50


@dataclass(frozen=True, slots=True)
class CaseName:
    case_id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class PairCard:
    """Two pseudonyms, and in what they agree."""

    first: str
    second: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkCard:
    link_id: UUID
    kind: str
    state: str
    state_words: str
    sure: str
    cases: tuple[CaseName, CaseName]
    pairs: tuple[PairCard, ...]
    suggested_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LinkPage:
    links: tuple[LinkCard, ...]
    more: bool


# What can be done from each state, and what the button says.
STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    LinkState.SUGGESTED: (
        (LinkState.CONFIRMED.value, "Confirm the link"),
        (LinkState.DISMISSED.value, "Dismiss it"),
    ),
    LinkState.CONFIRMED: ((LinkState.UNDONE.value, "Undo the link"),),
    LinkState.DISMISSED: ((LinkState.CONFIRMED.value, "Confirm it after all"),),
    LinkState.UNDONE: ((LinkState.CONFIRMED.value, "Link them again"),),
}


def links_of_case(viewer: Viewer, now: datetime, case_id: UUID) -> tuple[LinkCard, ...]:
    """The links of a case that the viewer was shown already, this case named first.

    Those to confirm first, then confirmed ones, then what was dismissed or undone.
    """
    own = Q(first_id=case_id) | Q(second_id=case_id)
    cards = [_card(link, viewer, case_id) for link in _seen(viewer, now, own)[:SHOWN]]
    return tuple(sorted(cards, key=lambda card: list(STEPS).index(card.state)))


@transaction.atomic
def waiting_links(*, viewer: Viewer, now: datetime) -> LinkPage:
    """Suggestions that this viewer may decide on, the newest first. Leaves an entry."""
    found = list(_seen(viewer, now, Q(state=LinkState.SUGGESTED))[: SHOWN + 1])
    cards = tuple(_card(link, viewer) for link in found[:SHOWN])
    numbers = sorted({str(case.case_id) for card in cards for case in card.cases})
    record(Event.LINKS_VIEWED, at=now, subject_type="page", details={"cases": numbers})
    return LinkPage(cards, len(found) > SHOWN)


def link_card(viewer: Viewer, now: datetime, link_id: UUID) -> LinkCard:
    """One link. Raises Hidden unless the viewer may see both cases."""
    link = _seen(viewer, now, Q(pk=link_id)).first()
    if link is None:
        raise access.Hidden
    return _card(link, viewer)


def _seen(viewer: Viewer, now: datetime, which: Q) -> QuerySet[CaseLink]:
    reachable = access.visible_cases(viewer, now).values("pk")
    both = CaseLink.objects.filter(which, first_id__in=reachable, second_id__in=reachable)
    read = access.within(both, reading_of(viewer))
    return read.select_related("first", "second", "decided_by")


def _card(link: CaseLink, viewer: Viewer, case_id: UUID | None = None) -> LinkCard:
    cases = [
        CaseName(link.first_id, link.first.number),
        CaseName(link.second_id, link.second.number),
    ]
    turned = case_id == link.second_id
    ends = ("second", "first") if turned else ("first", "second")
    return LinkCard(
        link_id=link.pk,
        kind=str(LinkKind(link.kind).label),
        state=link.state,
        state_words=str(LinkState(link.state).label),
        sure=link.sure,
        cases=(cases[1], cases[0]) if turned else (cases[0], cases[1]),
        pairs=tuple(
            PairCard(pair[ends[0]], pair[ends[1]], tuple(pair["why"])) for pair in link.pairs
        ),
        suggested_at=link.suggested_at,
        decided_at=link.decided_at,
        decided_by=link.decided_by.display_name if link.decided_by else "",
        reason=link.reason,
        steps=STEPS[link.state] if viewer.can(Permission.LOG_RESPONSE) else (),
    )
