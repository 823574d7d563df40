"""What did somebody do or look at? The audit log in words, without identities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from audit import selectors as log
from audit.models import Entry
from audit.selectors import Cursor, Filters
from cases.access import Viewer
from cases.models import Account, Case

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for, as people say it: `case` is a number, `actor` a sign-in name."""

    actor: str = ""
    case: str = ""
    event: str = ""
    outcome: str = ""
    from_at: datetime | None = None
    before_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry. `at` is shown in the unit's time, `utc` beside it; `cases` are case numbers."""

    number: int
    at: datetime
    utc: str
    event: str
    outcome: str
    actor: str
    subject: str
    cases: tuple[str, ...]
    more_cases: int
    reason: str
    changes: tuple[str, ...]
    details: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class LogPage:
    rows: tuple[EntryRow, ...]
    next_token: str


CASES_SHOWN = 5
# Ids and lists that are shown as case numbers instead.
_AS_NUMBERS = frozenset({"case", "cases"})


def log_page(viewer: Viewer, asked: Asked, after: Cursor | None = None) -> LogPage:
    """One page of the log, newest first. `viewer` must hold `see_audit`; the view asks.

    A person or a case that does not exist finds nothing.
    """
    del viewer
    filters = _filters(asked)
    if filters is None:
        return LogPage((), "")
    page = log.entries(filters=filters, after=after)
    numbers = _numbers(page.entries)
    rows = tuple(_row(entry, numbers) for entry in page.entries)
    return LogPage(rows, page.next.token if page.next else "")


def _filters(asked: Asked) -> Filters | None:
    actor, case = _actor_id(asked.actor), _case_id(asked.case)
    if UNKNOWN in (actor, case):
        return None
    return Filters(
        actor_id=actor,
        case=case,
        event=asked.event,
        outcome=asked.outcome,
        from_at=asked.from_at,
        before_at=asked.before_at,
    )


def _actor_id(username: str) -> str:
    """An account's id; what the system does is found by its own name, as in system:sweep."""
    if not username or username.startswith("system:"):
        return username
    found = Account.objects.filter(username__iexact=username).values_list("pk", flat=True).first()
    return str(found) if found else UNKNOWN


def _case_id(number: str) -> str:
    if not number:
        return ""
    found = Case.objects.filter(number__iexact=number).values_list("pk", flat=True).first()
    return str(found) if found else UNKNOWN


def _numbers(entries: Iterable[Entry]) -> Mapping[str, str]:
    """Case id → number, of all the cases that a page of entries names; one query."""
    ids = {case for entry in entries for case in _case_ids(entry)[:CASES_SHOWN]}
    rows = Case.objects.filter(pk__in=[UUID(case) for case in ids]).values_list("pk", "number")
    return {str(pk): number for pk, number in rows}


def _case_ids(entry: Entry) -> list[str]:
    """Ids of the cases that an entry names; elsewhere `cases` may be a count."""
    one, many = entry.details.get("case"), entry.details.get("cases")
    found = [entry.subject_id] if entry.subject_type == "case" else []
    found += [str(one)] if one else []
    found += [str(case) for case in many] if isinstance(many, list) else []
    return [case for case in dict.fromkeys(found) if _is_uuid(case)]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _row(entry: Entry, numbers: Mapping[str, str]) -> EntryRow:
    cases = _case_ids(entry)
    shown = cases[:CASES_SHOWN]
    return EntryRow(
        number=entry.pk,
        at=entry.at,
        utc=f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        event=entry.event_label,
        outcome=entry.outcome,
        actor=entry.actor_label or "nobody signed in",
        subject="" if entry.subject_type in ("", "case") else _subject(entry),
        cases=tuple(numbers.get(case, case) for case in shown),
        more_cases=len(cases) - len(shown),
        reason=entry.reason,
        changes=tuple(_change(name, value) for name, value in entry.changes.items()),
        details=tuple(
            f"{_plain(name)}: {_said(value)}"
            for name, value in entry.details.items()
            if name not in _AS_NUMBERS or isinstance(value, int)
        ),
        source=entry.source_address or "",
    )


def _subject(entry: Entry) -> str:
    return f"{_plain(entry.subject_type)} {entry.subject_id}".strip()


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _change(name: str, value: object) -> str:
    match value:
        case [before, after]:
            return f"{_plain(name)}: {_said(before) or 'nothing'} → {_said(after) or 'nothing'}"
        case _:
            return f"{_plain(name)}: {_said(value)}"


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_said(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{_plain(str(key))} {_said(item)}" for key, item in value.items())
    return "" if value is None else str(value)
