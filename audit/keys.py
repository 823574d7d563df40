"""Which sealing keys did an act use? Counted as they are used, told in the act's transaction.

What is told are ids of keys and how many records of which kind were opened, never what was in them.
The entry tells of an act and is none: whoever only used keys has left no entry of what they did.
"""

from collections import Counter
from datetime import datetime

from audit.context import current
from audit.events import Event
from audit.models import Entry

ACT = "entry"


def key_used(key_id: str, kind: str) -> None:
    """One record of this kind (a table) was opened with this key."""
    context = current()
    if context is not None:
        context.keys[key_id, kind] += 1


def untold() -> bool:
    """Whether keys were used of which no entry tells yet."""
    context = current()
    return context is not None and bool(context.keys)


def entry_of_use(*, at: datetime, act: Entry | None = None) -> Entry | None:
    """The entry of what was used since the last one, not yet saved; None when nothing was.

    In the name of who is bound, whoever `act` names, and findable from the same case.
    """
    context = current()
    if context is None or not context.keys:
        return None
    used, context.keys = context.keys, Counter()
    return Entry(
        at=at,
        event=Event.KEYS_USED,
        actor_id=context.actor.id,
        actor_label=context.actor.label,
        session=context.session,
        source_address=context.source,
        subject_type=ACT if act else "",
        subject_id=str(act.pk) if act else "",
        details={**_counted(used), **(_place_of(act) if act else {})},
    )


def _counted(used: Counter[tuple[str, str]]) -> dict[str, object]:
    by_key, by_kind = Counter[str](), Counter[str]()
    for (key_id, kind), times in used.items():
        by_key[key_id] += times
        by_kind[kind] += times
    return {"keys": dict(sorted(by_key.items())), "opened": dict(sorted(by_kind.items()))}


def _place_of(act: Entry) -> dict[str, object]:
    """Which act that was, and of which case."""
    told: dict[str, object] = {"act": str(act.event)}
    case = act.subject_id if act.subject_type == "case" else act.details.get("case")
    return {**told, "case": case} if case else told
