"""How does what an entry of the log holds read? Fields, codes and ids in the unit's own words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import TextChoices, Value
from django.db.models.functions import Concat
from django.utils.timezone import localtime

from audit.events import Event
from audit.recorder import MASK
from cases.enums import (
    AgeBand,
    CaseState,
    Channel,
    ClockKind,
    Disposition,
    FlagKind,
    OffenseClass,
    PersonRole,
    Priority,
    ResponseKind,
    ReviewDecision,
    RoleCode,
    Sex,
    Step,
)
from cases.models import Account, Officer, Squad

Names = Mapping[str, str]
UNSET = "not set"
LABELS = {
    "child_witness": "Child witness",
    "closed_at": "Ended",
    "happened_at": "Happened",
    "is_active": "Active",
    "nibrs": "NIBRS code",
    "offense_class": "Offense class",
    "received_at": "Received",
    "serious_injury": "Serious injury",
}
VOCABULARIES: Mapping[str, tuple[type[TextChoices], ...]] = {
    "act": (Event,),
    "age_band": (AgeBand,),
    "channel": (Channel,),
    "clock": (ClockKind,),
    "decision": (ReviewDecision,),
    "disposition": (Disposition,),
    "event": (Event,),
    "kind": (ResponseKind, FlagKind),
    "offense_class": (OffenseClass,),
    "priority": (Priority,),
    "role": (PersonRole, RoleCode),
    "sex": (Sex,),
    "state": (CaseState,),
    "step": (Step,),
}
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Seconds and a zone: what `isoformat` makes of a moment, and nobody types.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")


def label(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def said(name: str, value: object, names: Names) -> str:
    """What a field of this name holds. `names` says who or what an id is."""
    if isinstance(value, Mapping):
        return "; ".join(
            f"{_plain(str(key))} {said(key, one, names)}" for key, one in value.items()
        )
    if isinstance(value, list):
        return ", ".join(said(name, one, names) for one in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, ""):
        return UNSET
    return names.get(str(value)) or _word(name, str(value))


def is_same(one: str, other: str) -> bool:
    """Whether two kept values are one; entries of before kept a moment as it was given, in any
    zone.
    """
    if MOMENT.fullmatch(one) and MOMENT.fullmatch(other):
        return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    return one == other


def unkept(changes: Mapping[str, object]) -> str:
    """Which fields were written that the log keeps no value of; empty for none."""
    names = ", ".join(label(name) for name, value in changes.items() if value == MASK)
    return f"Written, values not kept: {names}" if names else ""


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _word(name: str, value: str) -> str:
    for vocabulary in VOCABULARIES.get(name, ()):
        if value in vocabulary.values:
            return str(vocabulary(value).label)
    return _moment(value) if MOMENT.fullmatch(value) else value


def _moment(value: str) -> str:
    return f"{localtime(datetime.fromisoformat(value)):%-d %b %Y %H:%M}"


def names_of(values: Iterable[object]) -> Names:
    """Officers, squads and accounts among ids, however deep they lie in the values; one query."""
    ids = {UUID(text) for value in values for text in _texts(value) if UUID_TEXT.fullmatch(text)}
    if not ids:
        return {}
    called = Concat("display_name", Value(" ("), "username", Value(")"))
    officers = Officer.objects.filter(pk__in=ids).order_by().values_list("pk", "name")
    squads = Squad.objects.filter(pk__in=ids).order_by().values_list("pk", "name")
    accounts = Account.objects.filter(pk__in=ids).order_by().values_list("pk", called)
    return {str(pk): name for pk, name in officers.union(squads, accounts, all=True)}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value
