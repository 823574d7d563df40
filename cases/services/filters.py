"""How is a view of a list kept, shared, and given up?"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.http import QueryDict

from audit.events import Event
from audit.recorder import record
from cases.access import Hidden, Viewer
from cases.models import Case, SavedFilter
from cases.selectors.cases import NO_DIVISION
from cases.selectors.staff_names import clear_of_names


class NamesSomebody(ValueError):
    """What a view is called looks as if it named a person."""


@transaction.atomic
def save_filter(
    *, viewer: Viewer, now: datetime, screen: str, name: str, query: str, shared: bool
) -> SavedFilter:
    """Keep a list's filter under a name; the same name again replaces it.

    Raises Hidden, NamesSomebody.
    """
    if viewer.account_id is None:
        raise Hidden
    if clear_of_names(name) != name:
        raise NamesSomebody("Its name may be a person's. Say what it shows instead.")
    if not _is_a_division(QueryDict(query).get("division", "")):
        raise NamesSomebody("No case is of this division.")
    kept, _ = SavedFilter.objects.update_or_create(
        account_id=viewer.account_id,
        screen=screen,
        name=name,
        defaults={"query": query, "shared": shared},
        create_defaults={"query": query, "shared": shared, "created_at": now},
    )
    record(
        Event.FILTER_SAVED,
        at=now,
        subject_type="filter",
        subject_id=kept.pk,
        details={"screen": screen, "shared": shared},
    )
    return kept


@transaction.atomic
def delete_filter(*, viewer: Viewer, now: datetime, filter_id: UUID) -> str:
    """Give up one's own filter; the screen it belonged to. Raises Hidden for anybody else's."""
    kept = SavedFilter.objects.filter(pk=filter_id, account=viewer.account_id).first()
    if kept is None:
        raise Hidden
    kept.delete()
    record(Event.FILTER_DELETED, at=now, subject_type="filter", subject_id=filter_id)
    return kept.screen


def _is_a_division(name: str) -> bool:
    """Whether it is one that a case is of: the rest of a filter is codes, ids and numbers."""
    return name in ("", NO_DIVISION) or Case.objects.filter(division=name).exists()
