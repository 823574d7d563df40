"""What can be revealed, who may reveal it, and is it open for them right now?

A thing is one person's identity or one entry's original text. Nothing here is written, and nothing
is shown without the window that a committed audit entry opened.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import record
from cases import access, seal
from cases.access import Decision, Hidden, Viewer
from cases.enums import REPORTER_REASONS, PersonRole, RevealReason
from cases.models import Case, InvolvedPerson, Response, Reveal, Victim
from cases.models.response import ANSWER_FIELD, NARRATIVE_FIELD
from cases.models.sealing import Expunged, case_key, open_identity_of, open_text
from cases.row_security import Span, reading_as
from cases.selectors.policy import current_policy, reading_of

FIELDS = (
    "first_name",
    "middle_name",
    "last_name",
    "name",
    "nickname",
    "birth_date",
    "phone",
    "email",
    "address",
    "school",
)
LABELS = {"former": "Written down before as"}
UNREADABLE: dict[type[seal.SealError], str] = {
    Expunged: "Expunged by order of a court: the key is destroyed, and nobody can open this.",
    seal.Tampered: (
        "What is sealed here was changed, or belongs elsewhere. It is not shown. Tell whoever runs "
        "the system: this may be an attack."
    ),
    seal.UnknownKey: (
        "The key that seals this is not among the system's keys now. Nothing is lost: tell whoever "
        "runs the system."
    ),
    seal.SealError: "What is sealed here does not open. Tell whoever runs the system.",
}
Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """A sealed thing on a case: the record, and the column of `Reveal` that names it."""

    column: str
    record: Victim | InvolvedPerson | Response

    @property
    def case(self) -> Case:
        return self.record.case

    @property
    def event(self) -> Event:
        is_text = self.column == "response"
        return Event.NARRATIVE_REVEALED if is_text else Event.IDENTITY_REVEALED

    @property
    def looked_at(self) -> Event:
        """The event of a look at its page, whatever the page showed."""
        return Event.REPORT_VIEWED if self.column == "response" else Event.PERSON_VIEWED

    @property
    def is_reporter(self) -> bool:
        record = self.record
        return isinstance(record, InvolvedPerson) and record.role == PersonRole.REPORTER

    @property
    def tells_who_reported(self) -> bool:
        """Whether it is a reporter, or a text on a case that has one: it may name them."""
        if self.is_reporter or not isinstance(self.record, Response):
            return self.is_reporter
        return self.case.people.filter(role=PersonRole.REPORTER, named=True).exists()

    @property
    def is_sealed(self) -> bool:
        """Whether there is anything behind the seal; of an unidentified person there is not."""
        if isinstance(self.record, Response):
            return self.record.sealed_narrative is not None
        return self.record.sealed is not None

    @property
    def reasons(self) -> tuple[RevealReason, ...]:
        return REPORTER_REASONS if self.is_reporter else tuple(RevealReason)


@reading_as(Span.REFUSING)
def person_thing(person_id: UUID) -> Thing:
    """A victim's or an involved person's identity. Raises Hidden."""
    victim = Victim.objects.select_related("case").filter(pk=person_id).first()
    if victim is not None:
        return Thing("victim", victim)
    person = InvolvedPerson.objects.select_related("case").filter(pk=person_id).first()
    if person is None:
        raise Hidden
    return Thing("person", person)


@reading_as(Span.REFUSING)
def text_thing(response_id: UUID) -> Thing:
    """The original text of an entry in the response log. Raises Hidden."""
    response = Response.objects.select_related("case").filter(pk=response_id).first()
    if response is None:
        raise Hidden
    return Thing("response", response)


def may_know_of(viewer: Viewer, thing: Thing) -> bool:
    """Whether it is of a part that the viewer reads; a reporter is of none that a partner does."""
    return access.reads(reading_of(viewer), thing.record)


@reading_as(Span.REFUSING)
def reveal_decision(viewer: Viewer, thing: Thing, now: datetime) -> Decision:
    """What `access` says to revealing this thing."""
    return access.decide_reveal(
        viewer,
        thing.case,
        now,
        is_read=may_know_of(viewer, thing),
        tells_who_reported=thing.tells_who_reported,
    )


def open_window(viewer: Viewer, thing: Thing, session: str, now: datetime) -> Reveal | None:
    """The viewer's window on it in this session, if one is open at `now` and its entry stands."""
    if not session or not reveal_decision(viewer, thing, now).allowed:
        return None
    since = now - current_policy().reveals.shown
    windows = Reveal.objects.filter(
        Exists(Entry.objects.filter(pk=OuterRef("entry_id"), at__gt=since, at__lte=now)),
        account_id=viewer.account_key,
        session=session,
        revealed_at__lte=now,
        revealed_at__gt=since,
        masked_at__gt=now,
        **{thing.column: thing.record.pk},
    )
    return windows.first()


def opened(viewer: Viewer, thing: Thing) -> Rows:
    """What is behind the seal, as label and text: of a text the parts that the viewer reads.

    For whoever holds a window, and nobody else.

    Raises seal.SealError: `Tampered`, `UnknownKey`, `Expunged`.
    """
    if isinstance(thing.record, Response):
        return tuple(_texts(viewer, thing.record))
    return tuple(_named(open_identity_of(thing.record)))


def note_unreadable(thing: Thing, error: seal.SealError, now: datetime) -> None:
    """Leave an entry that it did not open, in the transaction of who asked."""
    record(
        thing.event,
        at=now,
        outcome=Outcome.FAILED,
        subject_type=thing.column,
        subject_id=thing.record.pk,
        details={"case": str(thing.case.pk), "because": type(error).__name__},
    )


def unreadable_words(error: seal.SealError) -> str:
    """Why it does not open, for a reader."""
    kinds = (kind for kind in UNREADABLE if isinstance(error, kind))
    return UNREADABLE[next(kinds, seal.SealError)]


def _named(identity: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    known = [field for field in FIELDS if field in identity]
    for field in (*known, *sorted(set(identity) - set(known))):
        yield LABELS.get(field, field.replace("_", " ").capitalize()), _as_read(field, identity)


def _as_read(field: str, identity: Mapping[str, str]) -> str:
    """A birth date as pages write days; an import may have left another text there."""
    text = identity[field]
    try:
        return f"{date.fromisoformat(text):%-d %b %Y}" if field == "birth_date" else text
    except ValueError:
        return text


def _texts(viewer: Viewer, response: Response) -> Iterator[tuple[str, str]]:
    key, policy = case_key(response.case), current_policy()
    labels = {element.code: element.label for element in policy.elements}
    if response.sealed_narrative:
        narrative = open_text(key, response.pk, NARRATIVE_FIELD, bytes(response.sealed_narrative))
        yield "Narrative", narrative
    answers = response.answers.filter(sealed_text__isnull=False)
    for answer in access.within(answers, reading_of(viewer)):
        place = f"{ANSWER_FIELD}.{answer.element}"
        text = open_text(key, response.pk, place, bytes(answer.sealed_text or b""))
        yield labels.get(answer.element, answer.element), text
