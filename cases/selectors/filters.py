"""Which views of a list did I keep, or somebody share?"""

from dataclasses import dataclass
from urllib.parse import unquote_plus
from uuid import UUID

from django.db.models import Q

from cases import access
from cases.access import Viewer
from cases.models import SavedFilter


@dataclass(frozen=True, slots=True)
class FilterCard:
    filter_id: UUID
    name: str
    query: str
    shared: bool
    mine: bool


def saved_filters(*, viewer: Viewer, screen: str) -> tuple[FilterCard, ...]:
    """The viewer's own filters of a screen, and those that others share."""
    reachable = SavedFilter.objects.filter(
        Q(account=viewer.account_id) | Q(shared=True), screen=screen
    )
    cards = [
        FilterCard(row.pk, row.name, row.query, row.shared, row.account_id == viewer.account_id)
        for row in reachable
    ]
    others = any(not card.mine for card in cards)
    hidden = access.walled_numbers(viewer) if others else set()
    return tuple(card for card in cards if card.mine or not _names_one(card, hidden))


def _names_one(card: FilterCard, hidden: set[str]) -> bool:
    """Whether somebody wrote the number of a case into it that a wall hides."""
    said = f"{card.name} {unquote_plus(card.query)}".casefold()
    return any(number.casefold() in said for number in hidden)
