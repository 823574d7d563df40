"""Which fields of a case have a history, and what does the log keep of a change to them?

None of them identifies anybody; what does is sealed, and of it the log says only that it changed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db.models import Model

from cases.models import Case, InvolvedPerson, Referral, Victim

FIELDS = (
    "number",
    "state",
    "disposition",
    "closed_at",
    "detective",
    "supervisor",
    "squad",
    "priority",
    "offense_class",
    "channel",
    "division",
    "nibrs",
    "statute",
    "serious_injury",
    "child_witness",
    "received_at",
    "happened_at",
)
OFFICERS = frozenset({"detective", "supervisor"})
POINTERS = OFFICERS | {"squad"}
Values = Mapping[str, str]


def values_of(case: Case) -> Values:
    """Every field as the log keeps it: text, ids and ISO instants; empty where there is nothing."""
    return {name: _kept(getattr(case, _column(name))) for name in FIELDS}


def changes_since(before: Values, case: Case) -> dict[str, list[str]]:
    """Each field that is another now, as `[before, after]`."""
    return differences(before, values_of(case))


def _column(name: str) -> str:
    return f"{name}_id" if name in POINTERS else name


def _kept(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    # In UTC, as it is read back: a form gives the unit's own time, and both are one moment.
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def values_of_person(person: Victim | InvolvedPerson) -> Values:
    """What stands in clear of somebody and is one of a few words; texts about them are not told."""
    if isinstance(person, Victim):
        return _values(person, ("age_band", "sex"))
    return {"role": person.role, "identified": _kept(person.named)}


def values_of_referral(referral: Referral) -> Values:
    """What came in, without the sender's reference: somebody may have typed a name there."""
    return _values(referral, ("channel", "organization", "priority", "received_at"))


def _values(record: Model, names: tuple[str, ...]) -> Values:
    return {name: _kept(getattr(record, name)) for name in names}


def differences(before: Values, after: Values) -> dict[str, list[str]]:
    """Each value that is another now, as `[before, after]`; before is empty for what is new."""
    return {
        name: [before.get(name, ""), value]
        for name, value in after.items()
        if before.get(name, "") != value
    }
