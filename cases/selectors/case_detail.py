"""What is known about one case, and what has been done on it? Cards for the case page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Reading, Viewer
from cases.enums import (
    AgeBand,
    CaseState,
    Channel,
    Disposition,
    OffenseClass,
    Permission,
    PersonRole,
    Priority,
    Sex,
)
from cases.models import (
    Assignment,
    BrokenGlass,
    Case,
    CaseLink,
    CaseStateChange,
    Draft,
    Evidence,
    InvolvedPerson,
    Referral,
    Victim,
)
from cases.rules.parts import Part
from cases.selectors.break_glass import GlassCard, glass_on_case
from cases.selectors.cards import (
    ClockCard,
    CompletenessCard,
    FlagCard,
    all_clocks,
    clock_card,
    completeness_card,
    flag_cards,
    instant,
    latest_report,
    standing_flags,
)
from cases.selectors.parts import words_of
from cases.selectors.policy import current_policy, reading_of
from cases.selectors.timeline import TimelineItem, case_timeline

# Whether there is a link at all; which of them may be shown is asked only then.
LINKS_IT = Q(first_id=OuterRef("pk")) | Q(second_id=OuterRef("pk"))
RUNNING = ("overdue", "soon", "running")
CLOCK_ORDER = (*RUNNING, "met_late", "met", "stopped")
STEPS = frozenset(
    {
        "assign_case", "close_case", "reopen_case", "grant_access", "prepare_release",
        "log_response", "expunge_identity",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseHead:
    """The identity bar: which case this is, whose, and how long it has been quiet."""

    case_id: UUID
    number: str
    state: str
    is_open: bool
    lead: str
    supervisor: str
    squad: str
    since_entry: timedelta
    flags: tuple[FlagCard, ...] = ()
    can: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class VictimCard:
    person_id: str
    pseudonym: str
    age: str
    sex: str


@dataclass(frozen=True, slots=True)
class PersonCard:
    """`identified` says whether a name is sealed behind the pseudonym."""

    person_id: str
    pseudonym: str
    role: str
    identified: bool
    relation: str
    description: str
    not_interviewed_reason: str


@dataclass(frozen=True, slots=True)
class ReferralCard:
    referral_id: str
    reference: str
    organization: str
    channel: str
    priority: str
    received_at: datetime
    acknowledged_at: datetime | None
    acknowledged_how: str


@dataclass(frozen=True, slots=True)
class EvidenceCard:
    item: str
    description: str
    disposition: str


@dataclass(frozen=True, slots=True)
class CasePage:
    head: CaseHead
    received_at: datetime
    age: timedelta
    channel: str
    offense_class: str
    nibrs: str
    statute: str
    priority: str
    division: str
    disposition: str
    imported: bool
    marks: tuple[str, ...]
    key: tuple[datetime, UUID]
    reading: Reading
    completeness: CompletenessCard | None
    clocks: tuple[ClockCard, ...]
    victims: tuple[VictimCard, ...]
    people: tuple[PersonCard, ...]
    referrals: tuple[ReferralCard, ...]
    evidence: tuple[EvidenceCard, ...]
    timeline: tuple[TimelineItem, ...]
    timeline_capped: bool
    draft_saved_at: datetime | None
    waits_for_me: bool = False
    linked: bool = False
    report_to_review: str = ""
    next_action: "NextAction | None" = None
    glass: tuple[GlassCard, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """The parts that the viewer reads, in words."""
        return words_of(self.reading)

    @property
    def unread(self) -> tuple[str, ...]:
        return tuple(part.label for part in Part if part not in self.reading)

    @property
    def running(self) -> tuple[ClockCard, ...]:
        return tuple(clock for clock in self.clocks if clock.state in RUNNING)

    @property
    def settled_clocks(self) -> tuple[ClockCard, ...]:
        return tuple(clock for clock in self.clocks if clock.state not in RUNNING)

    @property
    def has_steps(self) -> bool:
        """Whether there is anything to do here beside logging a response."""
        return bool(self.draft_saved_at or self.report_to_review or self.head.can & STEPS)


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the last entry that named one says is to be done, by whom and when."""

    what: str
    owner: str
    due_on: date | None


def case_page(*, viewer: Viewer, now: datetime, case_id: UUID, only: str = "") -> CasePage:
    """Everything on the case page that the viewer reads; `only` narrows the timeline to one type.

    Leaves an entry.
    Raises Hidden.
    """
    case, can = access.open_case(viewer, case_id, now)
    policy = current_policy()
    reading = reading_of(viewer)
    parts = _parts(case, viewer, reading)
    timeline, capped = case_timeline(
        case, policy, reading, states=parts.state_rows, held=parts.held_rows
    )
    record(Event.CASE_VIEWED, at=now, subject_type="case", subject_id=case.pk)
    report = parts.reports[0] if parts.reports else None
    return CasePage(
        head=head_of(case, parts, can, now),
        received_at=case.received_at,
        age=now - case.received_at,
        channel=str(Channel(case.channel).label),
        offense_class=str(OffenseClass(case.offense_class).label),
        nibrs=case.nibrs,
        statute=case.statute,
        priority=str(Priority(case.priority).label),
        division=case.division,
        disposition=str(Disposition(case.disposition).label) if case.disposition else "",
        imported=case.import_run_id is not None,
        marks=tuple(_marks(case)),
        key=(case.last_entry_at, case.pk),
        reading=reading,
        completeness=completeness_card(case, policy) if Part.SUPERVISION in reading else None,
        clocks=_clocks(parts.clock_rows, now),
        victims=tuple(_victim(row) for row in parts.victim_rows),
        people=tuple(_person(row) for row in parts.person_rows),
        referrals=tuple(_referral(row) for row in parts.referral_rows),
        evidence=tuple(EvidenceCard(**row) for row in parts.evidence_rows),
        timeline=tuple(item for item in timeline if only in ("", item.type)),
        timeline_capped=capped,
        draft_saved_at=parts.drafts_saved[0] if parts.drafts_saved else None,
        linked=parts.linked,
        waits_for_me=_waits_for(viewer, case, parts.held_rows),
        report_to_review=_to_review(report, can),
        next_action=_next_action(timeline),
        glass=glass_on_case(viewer, now, case) if parts.broken else (),
    )


def case_head(viewer: Viewer, case: Case, can: frozenset[Permission], now: datetime) -> CaseHead:
    """The identity bar of a case that was opened already, for pages about one step on it."""
    flags = standing_flags(reading_of(viewer))
    return head_of(case, Case.objects.annotate(flag_rows=flags).get(pk=case.pk), can, now)


def head_of(case: Case, parts: Any, can: frozenset[Permission], now: datetime) -> CaseHead:
    """The identity bar; `parts` carries `flag_rows`, as `standing_flags` fetched them."""
    is_open = case.state not in (CaseState.CLOSED, CaseState.INACTIVE)
    return CaseHead(
        case_id=case.pk,
        number=case.number,
        state=str(CaseState(case.state).label),
        is_open=is_open,
        lead=case.detective.name if case.detective else "",
        supervisor=case.supervisor.name if case.supervisor else "",
        squad=case.squad.name if case.squad else "",
        since_entry=now - case.last_entry_at,
        flags=flag_cards(parts.flag_rows, now),
        can=frozenset(permission.value for permission in can),
    )


def _parts(case: Case, viewer: Viewer, reading: Reading) -> Any:
    """Everything small that belongs to the case and is read, in one query."""
    rows_of = partial(_rows_of, reading)
    drafts: QuerySet[Any] = Draft.objects.filter(case=OuterRef("pk"), account=viewer.account_id)
    return Case.objects.annotate(
        flag_rows=standing_flags(reading),
        clock_rows=all_clocks(reading),
        reports=latest_report(),
        victim_rows=rows_of(Victim, "id", "pseudonym", "age_band", "sex"),
        person_rows=rows_of(
            InvolvedPerson,
            *("id", "pseudonym", "role", "named"),
            *("relation", "description", "not_interviewed_reason"),
        ),
        referral_rows=rows_of(
            Referral,
            *("id", "reference", "organization", "channel", "priority", "received_at"),
            *("acknowledged_at", "acknowledged_how"),
        ),
        evidence_rows=rows_of(Evidence, "item", "description", "disposition"),
        state_rows=rows_of(
            CaseStateChange,
            *("state", "disposition", "occurred_at", "entered_at", "reason"),
            who=F("officer__name"),
            signed=F("signed_by__name"),
        ),
        held_rows=rows_of(
            Assignment,
            *("officer_id", "assigned_at", "entered_at", "acknowledged_at", "ended_at"),
            who=F("officer__name"),
            by=F("assigned_by__display_name"),
        ),
        drafts_saved=ArraySubquery(drafts.values("saved_at")),
        broken=Exists(BrokenGlass.objects.filter(case=OuterRef("pk"))),
        linked=Exists(CaseLink.objects.filter(LINKS_IT)),
    ).get(pk=case.pk)


def _rows_of(reading: Reading, model: type[Model], *fields: str, **expressions: F) -> ArraySubquery:
    """A case's rows of a model as JSON, in the model's own order, as far as they are read."""
    rows: QuerySet[Any] = access.within(model._default_manager.filter(case=OuterRef("pk")), reading)
    named = {name: F(name) for name in fields} | expressions
    return ArraySubquery(rows.values(json=JSONObject(**named)))


def _clocks(rows: list[Mapping[str, Any]], now: datetime) -> tuple[ClockCard, ...]:
    """What is late first, then what comes due; what is settled last."""
    cards = [clock_card(row, now) for row in rows]
    return tuple(sorted(cards, key=lambda card: (CLOCK_ORDER.index(card.state), card.due_at)))


def _marks(case: Case) -> Iterator[str]:
    if case.serious_injury:
        yield "Serious injury"
    if case.child_witness:
        yield "Child witness"


def _victim(row: Mapping[str, Any]) -> VictimCard:
    return VictimCard(
        person_id=row["id"],
        pseudonym=row["pseudonym"],
        age=str(AgeBand(row["age_band"]).label),
        sex=Sex(row["sex"]).alone,
    )


def _person(row: Mapping[str, Any]) -> PersonCard:
    return PersonCard(
        person_id=row["id"],
        pseudonym=row["pseudonym"],
        role=str(PersonRole(row["role"]).label),
        identified=row["named"],
        relation=row["relation"],
        description=row["description"],
        not_interviewed_reason=row["not_interviewed_reason"],
    )


def _referral(row: Mapping[str, Any]) -> ReferralCard:
    return ReferralCard(
        referral_id=row["id"],
        reference=row["reference"],
        organization=row["organization"],
        channel=str(Channel(row["channel"]).label),
        priority=str(Priority(row["priority"]).label),
        received_at=instant(row["received_at"]),
        acknowledged_at=instant(row["acknowledged_at"]) if row["acknowledged_at"] else None,
        acknowledged_how=row["acknowledged_how"],
    )


def _waits_for(viewer: Viewer, case: Case, held: list[Mapping[str, Any]]) -> bool:
    """Whether this viewer has the case and has not said so."""
    if viewer.officer_id is None or case.detective_id != viewer.officer_id:
        return False
    return any(row["ended_at"] is None and row["acknowledged_at"] is None for row in held)


def _to_review(report: Mapping[str, Any] | None, can: frozenset[Permission]) -> str:
    waits = report is not None and not report["decisions"] and Permission.REVIEW_REPORT in can
    return report["id"] if report and waits else ""


def _next_action(timeline: list[TimelineItem]) -> NextAction | None:
    named = (item.next_action for item in timeline if item.next_action is not None)
    action = next(named, None)
    return NextAction(action.what, action.owner, action.due_on) if action else None
