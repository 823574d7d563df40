"""Which views of a list did I keep, or somebody share?"""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

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
    return tuple(
        FilterCard(row.pk, row.name, row.query, row.shared, row.account_id == viewer.account_id)
        for row in reachable
    )
