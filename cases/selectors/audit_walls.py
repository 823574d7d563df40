"""What of the audit log stands behind a wall for whoever reads it?

An entry about a walled case, or about a thing on one, is not there for them; a list that showed it
among others keeps the others. Most readers are walled from nothing: then nothing more is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from audit.models import Entry
from audit.selectors import touching
from cases import access
from cases.access import Viewer
from cases.models import (
    AccessRequest,
    BrokenGlass,
    CaseLink,
    Expunge,
    Flag,
    InvolvedPerson,
    Referral,
    Release,
    ReleaseItem,
    Response,
    Reveal,
    SquadGrant,
    Victim,
    Wall,
)
from cases.row_security import Span, reading_as

# A thing on a case, the way to the case, and how an address names it.
THINGS: tuple[tuple[type[Model], str, str], ...] = (
    (Victim, "case", "person_id"),
    (InvolvedPerson, "case", "person_id"),
    (Response, "case", "response_id"),
    (Referral, "case", "referral_id"),
    (Release, "case", "release_id"),
    (ReleaseItem, "release__case", "item_id"),
    (ReleaseItem, "release__case", "page_id"),
    (Expunge, "case", "expunge_id"),
    (CaseLink, "first", "link_id"),
    (CaseLink, "second", "link_id"),
    (Wall, "case", "wall_id"),
    (SquadGrant, "case", "share_id"),
    (BrokenGlass, "case", "glass_id"),
    (AccessRequest, "case", "request_id"),
    (Flag, "case", "flag_id"),
    (Reveal, "case", "reveal_id"),
)


@dataclass(frozen=True)
class Unseen:
    """Ids of walled cases, and of the things on them by how an address names them."""

    cases: frozenset[str] = frozenset()
    things: tuple[tuple[str, str], ...] = ()

    @cached_property
    def ids(self) -> frozenset[str]:
        return self.cases | {key for _, key in self.things}

    def without(self, cases: Iterable[str]) -> list[str]:
        """A list of case ids as somebody walled may know it."""
        return [case for case in cases if case not in self.cases]

    def told(self, details: Mapping[str, object]) -> Mapping[str, object]:
        """An entry's details, each list in them without what they may not know of: what the
        machinery found on a night, say, by ids or as a table and an id."""
        if not self.cases:
            return details
        return {name: self._known(value) for name, value in details.items()}

    def _known(self, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [one for one in value if not self._names(one)]

    def _names(self, item: object) -> bool:
        return str(item).rpartition(" ")[2] in self.ids


@reading_as(Span.WALLS)
def unseen_by(viewer: Viewer) -> Unseen:
    """What this reader is walled from. One query for most, a few more for whoever is."""
    walled = access.walls_around(viewer)
    if not walled:
        return Unseen()
    return Unseen(frozenset(map(str, walled)), tuple(_things(walled)))


def _things(walled: tuple[UUID, ...]) -> Iterator[tuple[str, str]]:
    for model, way, name in THINGS:
        keys = model._default_manager.filter(**{f"{way}__in": walled}).order_by()
        yield from ((name, str(key)) for key in keys.values_list("pk", flat=True))


def beyond_walls(entries: QuerySet[Entry], unseen: Unseen) -> QuerySet[Entry]:
    """The entries but those about something that the reader is walled from."""
    if not unseen.cases:
        return entries
    about = Q(subject_id__in=unseen.ids)
    about |= reduce(or_, (touching(case, listed=False) for case in unseen.cases))
    for name, key in unseen.things:
        about |= Q(details__contains={"route_arguments": {name: key}})
    return entries.exclude(pk__in=Entry.objects.filter(about).order_by().values("pk"))
