"""What did somebody do or look at? The audit log in words, without identities."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from audit import selectors as log
from audit.inclusion import Inclusion, inclusion_of
from audit.models import Entry
from audit.recorder import MASK
from audit.selectors import Cursor, Filters
from cases.access import Hidden, Viewer
from cases.models import Account, Case, InvolvedPerson, Victim
from cases.row_security import Span, reading_as
from cases.selectors.audit_questions import questions
from cases.selectors.audit_walls import Unseen, beyond_walls, unseen_by
from cases.selectors.audit_words import Names, label, names_of, said, unkept

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for, as people say it: `case` is a number or an id, `actor` a sign-in name or a
    badge, `victim` a pseudonym, `ask` a saved question's code.
    """

    actor: str = ""
    case: str = ""
    victim: str = ""
    ask: str = ""
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
    actor_key: str
    subject: str
    alias: str
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
# Somebody by id or by pseudonym, as a subject or in the details.
PEOPLE = ("victim", "person")


@reading_as(Span.AUDIT)
def log_page(viewer: Viewer, asked: Asked, after: Cursor | None = None) -> LogPage:
    """One page of the log, newest first. `viewer` must hold `see_audit`; the view asks.

    A person or a case that does not exist finds nothing.
    """
    unseen = unseen_by(viewer)
    query = asked_entries(asked, unseen)
    if query is None:
        return LogPage((), "")
    page = log.page_of(query, after=after)
    return LogPage(entry_rows(page.entries, unseen), page.next.token if page.next else "")


def entry_rows(entries: Iterable[Entry], unseen: Unseen) -> tuple[EntryRow, ...]:
    """Entries in words; three queries however many."""
    listed = [
        (entry, unseen.without(_case_ids(entry)), unseen.told(_told(entry))) for entry in entries
    ]
    numbers, aliases = _numbers(one[1] for one in listed), _aliases(one[0] for one in listed)
    names = names_of([entry.subject_id, entry.changes, told] for entry, _, told in listed)
    return tuple(_row(entry, cases, told, numbers, aliases, names) for entry, cases, told in listed)


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry in full. `exactly` is its time to the microsecond, `session` the digest that tells
    one session from another.
    """

    row: EntryRow
    exactly: str
    session: str
    seal: Inclusion


@reading_as(Span.AUDIT)
def entry_page(viewer: Viewer, number: int) -> EntryPage:
    """One entry by its number. `viewer` must hold `see_audit`; the view asks. Raises Hidden."""
    unseen = unseen_by(viewer)
    entry = beyond_walls(Entry.objects.filter(pk=number), unseen).first()
    if entry is None:
        raise Hidden
    exactly = f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
    return EntryPage(entry_rows([entry], unseen)[0], exactly, entry.session, inclusion_of(entry))


def asked_entries(asked: Asked, unseen: Unseen) -> QuerySet[Entry] | None:
    """Every entry that was asked for, newest first; None for a person or case that is not there,
    or that a wall hides.
    """
    filters = _filters(asked)
    if filters is None or {filters.case, filters.person} & unseen.ids:
        return None
    query = beyond_walls(log.matching(filters=filters), unseen)
    return questions()[asked.ask].narrow(query) if asked.ask else query


def _filters(asked: Asked) -> Filters | None:
    actor, case = account_id(asked.actor), case_id(asked.case)
    person, alias = _person(asked.victim)
    if UNKNOWN in (actor, case, person):
        return None
    return Filters(
        actor_id=actor,
        case=case,
        person=person,
        alias=alias,
        event=asked.event,
        outcome=asked.outcome,
        from_at=asked.from_at,
        before_at=asked.before_at,
    )


def account_id(name: str) -> str:
    """An account's id by sign-in name, else by its officer's badge; what the system does is found
    by its own name, as in system:sweep.
    """
    if not name or name.startswith("system:"):
        return name
    found = (
        Account.objects.filter(
            models.Q(username__iexact=name) | models.Q(officer__badge__iexact=name)
        )
        .order_by(models.Case(models.When(username__iexact=name, then=0), default=1))
        .values_list("pk", flat=True)
        .first()
    )
    return str(found) if found else UNKNOWN


@reading_as(Span.AUDIT)
def case_id(asked: str) -> str:
    """A case's id by number; an id stands for itself, the log may outlive the case."""
    if not asked or _is_uuid(asked):
        return str(UUID(asked)) if asked else ""
    found = Case.objects.filter(number__iexact=asked).values_list("pk", flat=True).first()
    return str(found) if found else UNKNOWN


def _person(pseudonym: str) -> tuple[str, str]:
    """The id and pseudonym of a victim or an involved person."""
    if not pseudonym:
        return "", ""
    found = _named(pseudonym__iexact=pseudonym)
    return next(iter(found.items()), (UNKNOWN, ""))


def _named(**of: object) -> Mapping[str, str]:
    """Person id → pseudonym, of victims and involved persons; one query."""
    victims = Victim.objects.filter(**of).order_by().values_list("pk", "pseudonym")
    people = InvolvedPerson.objects.filter(**of).order_by().values_list("pk", "pseudonym")
    return {str(pk): alias for pk, alias in victims.union(people)}


def _aliases(entries: Iterable[Entry]) -> Mapping[str, str]:
    """Person id → pseudonym, of all that a page of entries are about; one query."""
    ids = {UUID(key) for entry in entries if (key := _person_key(entry))}
    return _named(pk__in=ids) if ids else {}


def _person_key(entry: Entry) -> str:
    about = entry.subject_id if entry.subject_type in PEOPLE else ""
    arguments = entry.details.get("route_arguments")
    routed = arguments.get("person_id", "") if isinstance(arguments, dict) else ""
    keys = (about, routed, *(entry.details.get(key, "") for key in PEOPLE))
    return next((str(key) for key in keys if _is_uuid(str(key))), "")


def _pseudonym(entry: Entry) -> str:
    """Of whoever the entry itself names so."""
    named = (entry.details.get(key) for key in PEOPLE)
    return next((name for name in named if name and not _is_uuid(str(name))), "")


def _told(entry: Entry) -> Mapping[str, object]:
    """The details that are not shown as case numbers or as a pseudonym."""
    return {
        name: value
        for name, value in entry.details.items()
        if value != {}
        and (name not in _AS_NUMBERS or isinstance(value, int))
        and name not in PEOPLE
    }


def _numbers(named: Iterable[list[str]]) -> Mapping[str, str]:
    """Case id → number, of all the cases that a page of entries names; one query."""
    ids = {case for cases in named for case in cases[:CASES_SHOWN]}
    rows = Case.objects.filter(pk__in=[UUID(case) for case in ids]).values_list("pk", "number")
    return {str(pk): number for pk, number in rows}


def _case_ids(entry: Entry) -> list[str]:
    """Ids of the cases that an entry names; elsewhere `cases` may be a count."""
    one, many = entry.details.get("case"), entry.details.get("cases")
    found = [entry.subject_id] if entry.subject_type == "case" else []
    found += [str(one)] if one else []
    found += [str(case) for case in many] if isinstance(many, list) else []
    arguments = entry.details.get("route_arguments")
    if isinstance(arguments, dict) and "case_id" in arguments:
        found.append(str(arguments["case_id"]))
    return [case for case in dict.fromkeys(found) if _is_uuid(case)]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _row(
    entry: Entry,
    cases: list[str],
    told: Mapping[str, object],
    numbers: Mapping[str, str],
    aliases: Mapping[str, str],
    names: Names,
) -> EntryRow:
    alias = aliases.get(_person_key(entry)) or _pseudonym(entry)
    shown = cases[:CASES_SHOWN]
    return EntryRow(
        number=entry.pk,
        at=entry.at,
        utc=f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        event=entry.event_label,
        outcome=entry.outcome,
        actor=entry.actor_label or "nobody signed in",
        actor_key=entry.actor_label if entry.actor_id else "",
        subject=""
        if alias or entry.subject_type in ("", "case", "cases_case")
        else _subject(entry, names),
        alias=alias,
        cases=tuple(numbers.get(case, case) for case in shown),
        more_cases=len(cases) - len(shown),
        reason=entry.reason,
        changes=tuple(_changes(entry.changes, names)),
        details=tuple(f"{label(name)}: {said(name, value, names)}" for name, value in told.items()),
        source=entry.source_address or "",
    )


def _subject(entry: Entry, names: Names) -> str:
    """What it is about, by name where it is somebody or something of the unit's own."""
    if not entry.subject_id:
        return ""
    kind = entry.subject_type.removeprefix("cases_").replace("_", " ")
    return f"{kind} {names.get(entry.subject_id, entry.subject_id)}"


def _changes(changes: Mapping[str, object], names: Names) -> Iterator[str]:
    for name, value in changes.items():
        match value:
            case [before, after]:
                came = "" if before in (None, "") else f"{said(name, before, names)} → "
                yield f"{label(name)}: {came}{said(name, after, names)}"
            case _ if value != MASK:
                yield f"{label(name)}: {said(name, value, names)}"
    if rest := unkept(changes):
        yield rest
