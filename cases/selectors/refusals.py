"""Who was refused, where, and by which rule? For an administrator, without a word about a case.

What a wall hides reads as what does not exist, here too: a number that somebody tried must not be
found out by asking an administrator why it was refused. So nobody's own attempts are shown either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import record
from cases import access
from cases.access import AccessStep, Hidden, Viewer
from cases.enums import Permission
from cases.models import Account, Case
from cases.row_security import Span, reading_as
from cases.selectors.audit_walls import THINGS, beyond_walls, unseen_by

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request. `route` is the page's name, never its address."""

    number: int
    at: datetime
    who: str
    route: str
    status: int


@dataclass(frozen=True, slots=True)
class RefusalPage:
    """`steps`: every rule that was asked about the record; none where there is no such record.

    `of_record`: the page is about a record at all. As things stand now, not when it was refused.
    """

    refusal: Refusal
    role: str
    is_active: bool
    permissions: frozenset[Permission]
    of_record: bool
    steps: tuple[AccessStep, ...]


def refusals(*, viewer: Viewer, now: datetime) -> tuple[Refusal, ...]:
    """The newest refused requests of everybody else. Leaves an entry. Raises Hidden."""
    _demand(viewer)
    record(Event.ACCESS_EXPLAINED, at=now, subject_type="page", subject_id="refusals")
    entries = list(_refused(viewer)[:SHOWN])
    people = Account.objects.annotate(key=Cast("pk", TextField()))
    asking = people.filter(key__in={entry.actor_id for entry in entries})
    names = dict(asking.values_list("key", "display_name"))
    return tuple(_card(one, names.get(one.actor_id, one.actor_label)) for one in entries)


@reading_as(Span.EXPLAINING)
def refusal_page(*, viewer: Viewer, now: datetime, number: int) -> RefusalPage:
    """One of them, explained by the function that decides. Leaves an entry. Raises Hidden."""
    _demand(viewer)
    entry = next((one for one in _refused(viewer).filter(pk=number)), None)
    if entry is None:
        raise Hidden
    account = Account.objects.select_related("role").filter(pk=entry.actor_id).first()
    if account is None:
        raise Hidden
    details = {"entry": entry.pk}
    record(
        Event.ACCESS_EXPLAINED,
        at=now,
        subject_type="account",
        subject_id=account.pk,
        details=details,
    )
    asker, arguments = access.viewer_for(account), entry.details.get("route_arguments") or {}
    case = _case(arguments, asker)
    steps = access.decide(asker, case, Permission.VIEW_CASES, now).steps if case else ()
    return RefusalPage(
        refusal=_card(entry, account.display_name),
        role=account.role.label,
        is_active=account.is_active,
        permissions=asker.permissions,
        of_record=bool(arguments),
        steps=steps,
    )


def _demand(viewer: Viewer) -> None:
    if not viewer.can(Permission.MANAGE_ROLES):
        raise Hidden


def _refused(viewer: Viewer) -> Any:
    """Signed-in people's refused requests, the newest first; neither the reader's own, nor those
    about what a wall hides from the reader.
    """
    refused = Entry.objects.filter(
        event=Event.ACCESS_DENIED, outcome=Outcome.DENIED, subject_type="route"
    )
    others = refused.exclude(actor_id__in=["", str(viewer.account_key)])
    return beyond_walls(others, unseen_by(viewer)).order_by("-at", "-id")


def _card(entry: Entry, who: str) -> Refusal:
    return Refusal(
        number=entry.pk,
        at=entry.at,
        who=who,
        route=entry.subject_id.replace("-", " "),
        status=int(entry.details.get("status", 0)),
    )


def _case(arguments: Mapping[str, str], asker: Viewer) -> Case | None:
    """The case that the address named; None for none, and for one that is walled from the asker."""
    ids = [key for key in _case_ids(arguments) if key is not None]
    return access.beyond_walls(Case.objects.filter(pk__in=ids[:1]), asker).first()


def _case_ids(arguments: Mapping[str, str]) -> Iterator[UUID | None]:
    if "case_id" in arguments:
        yield UUID(arguments["case_id"])
    for model, way, name in THINGS:
        if name in arguments:
            found = model._default_manager.filter(pk=arguments[name])
            yield found.values_list(f"{way}_id", flat=True).first()
