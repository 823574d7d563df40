"""Who is behind a pseudonym, or what did an entry say, and who has been shown it? Two pages.

A window that is open shows what is sealed; everybody else, and everybody afterwards, sees the mask.
Every look is on record before the page can leave.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localtime

from audit.events import Event
from audit.models import Entry
from audit.recorder import record, record_key_use
from cases import access, seal
from cases.access import Hidden, Viewer
from cases.enums import AgeBand, PersonRole, ResponseKind, RevealReason, Sex
from cases.models import InvolvedPerson, Response, Reveal, Victim
from cases.selectors.audit_words import names_of
from cases.selectors.case_detail import CaseHead, case_head
from cases.selectors.policy import current_policy, reading_of
from cases.selectors.sealed_things import (
    Rows,
    Thing,
    may_know_of,
    note_unreadable,
    open_window,
    opened,
    person_thing,
    reveal_decision,
    text_thing,
    unreadable_words,
)

HISTORY = 100


@dataclass(frozen=True, slots=True)
class WindowCard:
    """What is shown, and until when; `left` is never longer than the server would show it."""

    rows: Rows
    masked_at: datetime
    left: timedelta

    @property
    def seconds(self) -> int:
        return max(1, ceil(self.left.total_seconds()))


@dataclass(frozen=True, slots=True)
class RevealCard:
    """One time that somebody was shown it."""

    who: str
    role: str
    at: datetime
    what_for: str
    why: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """Who put the person on record, and when."""

    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Mention:
    """An entry in the response log that names the person."""

    response_id: UUID
    label: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class About:
    """What anybody who sees the case may read about the thing."""

    key: UUID
    name: str
    role: str = ""
    facts: Rows = ()
    texts: Rows = ()
    mentions: tuple[Mention, ...] = ()
    is_expunged: bool = False


@dataclass(frozen=True, slots=True)
class RevealPage:
    """`shown` is the only part that can hold an identity; `trouble` says why it does not open.

    `history` and `recorded` are None for whoever does not belong to the unit; `recorded` also where
    the log does not tell.
    """

    head: CaseHead
    about: About
    is_sealed: bool
    tells_who_reported: bool
    may_reveal: bool
    reasons: tuple[RevealReason, ...]
    minutes: int
    least: int
    history: tuple[RevealCard, ...] | None
    recorded: Recorded | None
    shown: WindowCard | None
    trouble: str


def person_page(*, viewer: Viewer, now: datetime, person_id: UUID, session: str) -> RevealPage:
    """A victim's or an involved person's page. Leaves an entry. Raises Hidden."""
    thing = person_thing(person_id)
    return _page(viewer, now, thing, session)


def original_page(*, viewer: Viewer, now: datetime, response_id: UUID, session: str) -> RevealPage:
    """An entry as pages show it, and its original while a window is open. Leaves an entry.

    Raises Hidden.
    """
    return _page(viewer, now, text_thing(response_id), session)


def _page(viewer: Viewer, now: datetime, thing: Thing, session: str) -> RevealPage:
    case, can = access.open_case(viewer, thing.case.pk, now)
    if not may_know_of(viewer, thing):
        raise Hidden
    window = open_window(viewer, thing, session, now)
    details = {"case": str(case.pk), thing.column: str(thing.record.pk), "shown": bool(window)}
    look = record(thing.looked_at, at=now, subject_type="case", subject_id=case.pk, details=details)
    shown, trouble = _shown(viewer, window, thing, look) if window else (None, "")
    rule = current_policy().reveals
    return RevealPage(
        head=case_head(viewer, case, can, now),
        about=_about(viewer, thing),
        is_sealed=thing.is_sealed,
        tells_who_reported=thing.tells_who_reported,
        may_reveal=reveal_decision(viewer, thing, now).allowed,
        reasons=thing.reasons,
        minutes=rule.shown_minutes,
        least=rule.reason_characters,
        history=_history(thing) if access.may_know_who_revealed(viewer) else None,
        recorded=_recorded(thing) if access.may_follow_records(viewer) else None,
        shown=shown,
        trouble=trouble,
    )


def _shown(
    viewer: Viewer, window: Reveal, thing: Thing, look: Entry
) -> tuple[WindowCard | None, str]:
    """What an open window shows, or why it can't. The log is told of the key before it is shown."""
    try:
        rows = opened(viewer, thing)
    except seal.SealError as error:
        note_unreadable(thing, error, look.at)
        return None, unreadable_words(error)
    record_key_use(at=look.at, act=look)
    return WindowCard(rows, window.masked_at, window.masked_at - look.at), ""


def _about(viewer: Viewer, thing: Thing) -> About:
    one = thing.record
    if isinstance(one, Victim):
        facts = (("Age", str(AgeBand(one.age_band).label)), ("Sex", str(Sex(one.sex).label)))
        gone = not one.wrapped_key
        return About(one.pk, one.pseudonym, "Alleged victim", facts, is_expunged=gone)
    if isinstance(one, InvolvedPerson):
        role = str(PersonRole(one.role).label)
        return About(
            one.pk,
            one.pseudonym,
            role,
            tuple(_facts(one)),
            mentions=tuple(_mentions(viewer, one)),
            is_expunged=not one.wrapped_key,
        )
    kind = str(ResponseKind(one.kind).label)
    return About(one.pk, f"{kind}, {localtime(one.occurred_at):%-d %b %Y}", texts=_redacted(one))


def _facts(person: InvolvedPerson) -> Iterator[tuple[str, str]]:
    yield "Known", "named" if person.named else "unidentified"
    if person.relation:
        yield "Relation", person.relation
    if person.description:
        yield "Description", person.description
    if person.not_interviewed_reason:
        yield "Not interviewed", person.not_interviewed_reason


def _mentions(viewer: Viewer, person: InvolvedPerson) -> Iterator[Mention]:
    """The entries that say they were about this person, of those that the viewer reads."""
    entries = Response.objects.filter(suspect=person).order_by("-occurred_at")
    entries = access.within(entries, reading_of(viewer))
    for key, kind, at in entries.values_list("pk", "kind", "occurred_at")[:HISTORY]:
        yield Mention(key, str(ResponseKind(kind).label), at)


def _redacted(response: Response) -> Rows:
    """The text as every page shows it."""
    return (("Narrative", response.narrative),) if response.narrative else ()


def _recorded(thing: Thing) -> Recorded | None:
    """From the entry that whoever is added leaves."""
    if isinstance(thing.record, Response):
        return None
    named = Q(details__contains={thing.column: thing.record.pseudonym})
    about = Entry.objects.filter(named, subject_type="case", subject_id=str(thing.case.pk))
    entry = about.filter(event__in=(Event.VICTIM_ADDED, Event.PERSON_ADDED)).last()
    if entry is None:
        return None
    return Recorded(names_of([entry.actor_id]).get(entry.actor_id, entry.actor_label), entry.at)


def _history(thing: Thing) -> tuple[RevealCard, ...]:
    reveals = Reveal.objects.filter(**{thing.column: thing.record.pk}).order_by("-revealed_at")
    return tuple(
        RevealCard(
            who=one.account.display_name,
            role=one.account.role.label,
            at=one.revealed_at,
            what_for=str(RevealReason(one.reason_code).label),
            why=one.reason,
        )
        for one in reveals.select_related("account__role")[:HISTORY]
    )
