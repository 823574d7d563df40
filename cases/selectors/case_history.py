"""How did each field of a case come to be what it is? From the audit log alone (decision 18).

What stands in the case now is held against the last version in the log. If they differ, the case
was changed past the services, and the page says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit import selectors as log
from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import MASK, record
from audit.selectors import Filters
from cases import access
from cases.access import Viewer
from cases.models import Case
from cases.models.case import OPEN
from cases.rules.parts import Part
from cases.selectors.audit_words import (
    UNSET,
    UUID_TEXT,
    Names,
    is_same,
    label,
    names_of,
    said,
    unkept,
)
from cases.selectors.case_detail import CaseHead, case_head
from cases.selectors.policy import reading_of
from cases.selectors.versions import FIELDS, values_of

MOST = 500
# What is done to a case and what stands on it. Looks, flags and clocks, which the rules derive,
# and who may see it have pages of their own.
ON_FIELDS = (
    Event.CASE_CREATED,
    Event.CASE_CHANGED,
    Event.CASE_ASSIGNED,
    Event.ASSIGNMENT_ACKNOWLEDGED,
    Event.CASE_STATE_CHANGED,
    Event.CASE_CLOSED,
    Event.CASE_REOPENED,
)
ON_RECORDS = (
    Event.VICTIM_ADDED,
    Event.VICTIM_CHANGED,
    Event.PERSON_ADDED,
    Event.PERSON_CHANGED,
    Event.IDENTITY_CHANGED,
    Event.IDENTITY_EXPUNGED,
    Event.EVIDENCE_CHANGED,
    Event.ATTACHMENT_ADDED,
    Event.REFERRAL_RECEIVED,
    Event.REFERRAL_ACKNOWLEDGED,
    Event.REFERRAL_JOINED,
    Event.RESPONSE_LOGGED,
    Event.REPORT_REVIEWED,
    Event.CLOSURE_REVIEWED,
    Event.CLOCK_HELD,
    Event.CLOCK_RELEASED,
    Event.DIRECT_CHANGE,
)
# Of what an entry holds, what a reader of the case may be told beside the change itself.
TOLD = ("victim", "person", "role", "kind", "decision", "fields", "how", "import", "table")
BY_IMPORT = "Brought by an import"


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    before: str
    after: str

    @property
    def is_first(self) -> bool:
        return self.before == UNSET


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    who: str
    what: str
    reason: str
    differences: tuple[Difference, ...]
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One value, and since when, by whom. No `at`: it was there before the log tells of it."""

    value: str
    at: datetime | None
    who: str


@dataclass(frozen=True, slots=True)
class FieldHistory:
    """Oldest version first. `unexplained`: what stands in the case is not the last version."""

    field: str
    now: str
    versions: tuple[Version, ...]
    unexplained: bool


@dataclass(frozen=True, slots=True)
class HistoryPage:
    head: CaseHead
    fields: tuple[FieldHistory, ...]
    changes: tuple[Change, ...]
    capped: bool

    @property
    def unexplained(self) -> tuple[FieldHistory, ...]:
        return tuple(field for field in self.fields if field.unexplained)


def case_history(*, viewer: Viewer, now: datetime, case_id: UUID) -> HistoryPage:
    """Every version of every field, who and when. Partners see the case's own fields alone, and
    only those who read how it goes on.

    Leaves an entry. Raises Hidden.
    """
    case, can = access.open_case(viewer, case_id, now)
    if Part.PROGRESS not in reading_of(viewer):
        raise access.Hidden
    details = {"part": "history"}
    records = ON_RECORDS if access.may_follow_records(viewer) else ()
    entries = _entries(case, (*ON_FIELDS, *records))
    record(Event.CASE_VIEWED, at=now, subject_type="case", subject_id=case.pk, details=details)
    capped, entries = len(entries) > MOST, entries[:MOST]
    standing = values_of(case)
    names = _names(entries, standing)
    fields = (_field(name, standing[name], entries, names, capped=capped) for name in FIELDS)
    changes = (_change(entry, names) for entry in reversed(entries))
    return HistoryPage(case_head(viewer, case, can, now), tuple(fields), tuple(changes), capped)


def _entries(case: Case, events: Iterable[Event]) -> list[Entry]:
    """What was done to the case, oldest first; lists that merely named it are not it."""
    query = log.matching(filters=Filters(case=str(case.pk)))
    done = query.filter(event__in=tuple(events), outcome=Outcome.ALLOWED)
    return list(done.order_by("at", "id")[: MOST + 1])


def open_cases_between(begin: datetime, end: datetime) -> int:
    """How many cases that are open have something in the log of that time."""
    then = Entry.objects.filter(at__gte=begin, at__lt=end).order_by()
    named = set(then.filter(subject_type="case").values_list("subject_id", flat=True).distinct())
    named |= set(then.values_list("details__case", flat=True).distinct())
    known = (key for key in named if isinstance(key, str) and UUID_TEXT.fullmatch(key))
    return Case.objects.filter(OPEN, pk__in=[*known]).count()


def _names(entries: Iterable[Entry], standing: Mapping[str, str]) -> Names:
    """Everybody and every squad that the versions name, and who acted; one query."""
    told = ([entry.actor_id, entry.changes, entry.details] for entry in entries)
    return names_of([*told, standing])


def _pairs(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Field, before and after; an entry that kept only the new value has no before."""
    for name, value in entry.changes.items():
        match value:
            case [before, after]:
                yield name, _text(before), _text(after)
            case _ if value != MASK:
                yield name, "", _text(value)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _field(
    name: str, standing: str, entries: list[Entry], names: Names, *, capped: bool
) -> FieldHistory:
    versions: list[Version] = []
    last = None
    for entry in entries:
        # What stands beside the case, a referral, has fields of the same names.
        if entry.event not in ON_FIELDS:
            continue
        if "import" in entry.details and not entry.changes:
            last = None
        # A case's first entry tells of every field that was set: of the others that they were not.
        if entry.event == Event.CASE_CREATED and "number" in entry.changes:
            last = ""
        for field, before, after in _pairs(entry):
            if field != name:
                continue
            if not versions and before:
                versions.append(Version(said(name, before, names), None, ""))
            versions.append(Version(said(name, after, names), entry.at, _who(entry, names)))
            last = after
    now = said(name, standing, names)
    unexplained = last is not None and not is_same(last, standing) and not capped
    return FieldHistory(label(name), now, tuple(versions), unexplained)


def _change(entry: Entry, names: Names) -> Change:
    return Change(
        at=entry.at,
        who=_who(entry, names),
        what=entry.event_label,
        reason=entry.reason,
        differences=tuple(
            Difference(label(name), said(name, before, names), said(name, after, names))
            for name, before, after in _pairs(entry)
            if before != after
        ),
        told=(
            *filter(None, [unkept(entry.changes)]),
            *(_told(key, entry.details[key], names) for key in TOLD if entry.details.get(key)),
        ),
    )


def _who(entry: Entry, names: Names) -> str:
    return names.get(entry.actor_id, entry.actor_label)


def _told(key: str, value: object, names: Names) -> str:
    return BY_IMPORT if key == "import" else f"{label(key)}: {said(key, value, names)}"
