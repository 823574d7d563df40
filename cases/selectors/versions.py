"""Which fields of a case have a history, and what does the log keep of a change to them?

None of them identifies anybody; what does is sealed, and of it the log says only that it changed.
"""

from collections.abc import Mapping
from datetime import datetime

from cases.models import Case

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
    after = values_of(case)
    return {
        name: [before.get(name, ""), after[name]]
        for name in FIELDS
        if before.get(name, "") != after[name]
    }


def _column(name: str) -> str:
    return f"{name}_id" if name in POINTERS else name


def _kept(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.isoformat() if isinstance(value, datetime) else str(value)
