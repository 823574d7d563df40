"""What does an officer who leaves or moves have, and who could take each of it?

One sheet serves the page that asks and the service that acts: a choice is good if it stands there.
It holds only what whoever hands over may see; the rest is for `services.hand_overs` to place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q

from audit.events import Event
from audit.recorder import record
from cases.access import Hidden, Viewer, supervised_cases
from cases.enums import ENDED_STATES, HandOverKind, HandOverState, Rank
from cases.models import Case, Draft, Flag, HandOver, Officer, Referral, Response, Squad, Wall
from cases.models.case import OPEN
from cases.models.flag import STANDING
from cases.row_security import Span, reading_as
from cases.rules.handing_over import Candidate, suggest
from cases.selectors.loads import officer_facts
from cases.selectors.policy import current_policy
from cases.selectors.staff import SUPERVISING, supervises, takers

HELD, SUPERVISED, LED = "held", "supervised", "led"
# What can be chosen beside an officer: that it stays open with a named supervisor, or goes along.
OPEN_WITH, KEEP = "open:", "keep"


class Option(NamedTuple):
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One case or squad and who could take it. `part`: held, supervised or led."""

    part: str
    key: UUID
    label: str
    about: str
    options: tuple[Option, ...]
    suggested: str

    @property
    def name(self) -> str:
        """The line's field in the form."""
        return f"{self.part}-{self.key}"


@dataclass(frozen=True, slots=True)
class Beside:
    """What follows its case, or can't be handed over: counts of what the viewer may see."""

    flags: int = 0
    reviews: int = 0
    referrals: int = 0
    drafts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that one hand-over gives away."""

    officer_id: UUID
    name: str
    badge: str
    kind: HandOverKind
    effective_on: date
    to_squad: str
    asked_by: str
    due_at: datetime
    late: bool
    lines: tuple[Line, ...]
    beside: Beside

    def part(self, part: str) -> tuple[Line, ...]:
        """The lines of one part."""
        return tuple(line for line in self.lines if line.part == part)


def hand_over_page(*, viewer: Viewer, now: datetime, officer_id: UUID) -> Sheet:
    """The sheet, and an entry that holds the cases on it. Raises Hidden."""
    sheet = hand_over_sheet(viewer, now, officer_id)
    shown = [str(line.key) for line in sheet.lines if line.part != LED]
    record(
        Event.HAND_OVER_VIEWED,
        at=now,
        subject_type="officer",
        subject_id=officer_id,
        details={"cases": shown},
    )
    return sheet


def waiting_hand_over(officer_id: UUID) -> HandOver | None:
    """The officer's hand-over that is not done yet."""
    waiting = HandOver.objects.filter(officer=officer_id, state=HandOverState.WAITING)
    return waiting.select_related("officer__squad", "to_squad", "asked_by").first()


def hand_over_sheet(viewer: Viewer, now: datetime, officer_id: UUID) -> Sheet:
    """Raises Hidden where nothing waits, or nothing that is the viewer's to hand over."""
    waiting = waiting_hand_over(officer_id)
    if waiting is None or not supervises(viewer, waiting.officer):
        raise Hidden
    officer, kind = waiting.officer, HandOverKind(waiting.kind)
    lines = _Lines(viewer, now, officer, kind)
    return Sheet(
        officer_id=officer.pk,
        name=officer.name,
        badge=officer.badge,
        kind=kind,
        effective_on=waiting.effective_on,
        to_squad=waiting.to_squad.name if waiting.to_squad else "",
        asked_by=waiting.asked_by.display_name if waiting.asked_by else "",
        due_at=waiting.due_at,
        late=now > waiting.due_at,
        lines=lines.all(),
        beside=_beside(viewer, now, officer),
    )


class _Lines:
    """The lines of one sheet, each table read once."""

    def __init__(self, viewer: Viewer, now: datetime, officer: Officer, kind: HandOverKind) -> None:
        self.viewer, self.now, self.officer, self.kind = viewer, now, officer, kind
        seen = supervised_cases(viewer, now).filter(OPEN).select_related("squad")
        self.held = list(seen.filter(detective=officer).order_by("number"))
        led = seen.filter(supervisor=officer).exclude(detective=officer)
        self.supervised = list(led.order_by("number"))
        self.squads = list(Squad.objects.filter(sergeant=officer).order_by("name"))
        self.detectives = takers(now, ranks=(Rank.DETECTIVE,), without=officer.pk)
        supervisors = takers(now, ranks=SUPERVISING, without=officer.pk)
        # Sergeants first: a case waits with its sergeant, and with a captain where there is none.
        self.supervisors = sorted(supervisors, key=lambda one: one.rank == Rank.CAPTAIN)
        cases = [case.pk for case in (*self.held, *self.supervised)]
        self.walled = walls_of_officers(cases)
        self.leads = self._leads()

    def all(self) -> tuple[Line, ...]:
        return (
            *(self._led(squad) for squad in self.squads),
            *self._held(),
            *(self._supervised(case) for case in self.supervised),
        )

    def _leads(self) -> dict[UUID, Officer]:
        """Who would lead each squad then: a sergeant of it, else whoever supervises least."""
        loads = supervised_loads(self.supervisors)
        return {
            squad.pk: found
            for squad in self.squads
            if (found := first_supervisor(self.supervisors, squad.pk, loads)) is not None
        }

    def _led(self, squad: Squad) -> Line:
        lead = self.leads.get(squad.pk)
        options = tuple(_option(one) for one in self.supervisors)
        return Line(LED, squad.pk, squad.name, "Squad", options, str(lead.pk) if lead else "")

    def _held(self) -> Iterable[Line]:
        suggested = self._suggested()
        for case in self.held:
            shut_out = self.walled.get(case.pk, frozenset())
            near = [one for one in self._near(case) if one.pk not in shut_out]
            waits = [one for one in self._waits_with(case) if one.pk not in shut_out]
            options = [_option(one) for one in near]
            if self.kind == HandOverKind.MOVES and self.officer.pk not in shut_out:
                options.append(Option(KEEP, f"Goes along with {self.officer.name}"))
            options += [
                Option(f"{OPEN_WITH}{one.pk}", f"To be assigned by {one.name} ({one.badge})")
                for one in waits
            ]
            open_with = next((one.value for one in options if one.value.startswith(OPEN_WITH)), "")
            chosen = suggested.get(str(case.pk)) or open_with
            yield Line(HELD, case.pk, case.number, _about(case), tuple(options), chosen)

    def _near(self, case: Case) -> list[Officer]:
        """Detectives of the case's squad first, then, for whoever supervises all, the others."""
        own = [one for one in self.detectives if one.squad_id == self._squad_of(case)]
        others = [one for one in self.detectives if one.squad_id != self._squad_of(case)]
        return own + [one for one in others if self._reaches(one)]

    def _reaches(self, officer: Officer) -> bool:
        return supervises(self.viewer, officer)

    def _squad_of(self, case: Case) -> UUID | None:
        return case.squad_id or self.officer.squad_id

    def _waits_with(self, case: Case) -> list[Officer]:
        lead = self.leads.get(case.squad_id) if case.squad_id else None
        sergeant_id = lead.pk if lead else (case.squad.sergeant_id if case.squad else None)
        named = [one for one in self.supervisors if one.pk == sergeant_id]
        return named + [one for one in self.supervisors if one.rank == Rank.CAPTAIN]

    @reading_as(Span.COUNTING)
    def _suggested(self) -> dict[str, str | None]:
        """By all that each has, also what whoever hands over doesn't see, but behind a wall."""
        policy = current_policy()
        loads = officer_facts([one.pk for one in self.detectives], policy, self.now)
        by_squad: dict[UUID | None, list[str]] = defaultdict(list)
        for case in self.held:
            by_squad[self._squad_of(case)].append(str(case.pk))
        walled = {str(key): frozenset(map(str, who)) for key, who in self.walled.items()}
        found: dict[str, str | None] = {}
        for squad_id, cases in by_squad.items():
            near = [
                Candidate(str(one.pk), loads[one.pk].open_cases, len(loads[one.pk].handed_over_at))
                for one in self.detectives
                if one.squad_id == squad_id
            ]
            found |= suggest(cases, near, walled, policy.overloaded)
        return found

    def _supervised(self, case: Case) -> Line:
        shut_out = self.walled.get(case.pk, frozenset())
        free = [one for one in self.supervisors if one.pk not in shut_out]
        options = tuple(_option(one) for one in free)
        likely = self._waits_with(case)
        first = next((one for one in likely if one in free), free[0] if free else None)
        suggested = str(first.pk) if first else ""
        return Line(SUPERVISED, case.pk, case.number, _about(case), options, suggested)


def first_supervisor(
    supervisors: Sequence[Officer], squad_id: UUID | None, loads: Mapping[UUID, int]
) -> Officer | None:
    """A sergeant of the squad, else the sergeant who supervises least, else a captain."""
    return min(
        supervisors,
        key=lambda one: (
            one.rank == Rank.CAPTAIN,
            one.squad_id != squad_id,
            loads.get(one.pk, 0),
            one.badge,
        ),
        default=None,
    )


def supervised_loads(supervisors: Iterable[Officer]) -> dict[UUID, int]:
    """How many open cases each of them supervises."""
    rows = Case.objects.filter(OPEN, supervisor__in=supervisors).order_by()
    counted = rows.values_list("supervisor").annotate(count=Count("pk"))
    return {key: count for key, count in counted if key is not None}


def walls_of_officers(case_ids: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Case → officers whom a wall shuts out of it."""
    rows = Wall.objects.filter(
        case__in=list(case_ids), lifted_at__isnull=True, account__officer__isnull=False
    ).values_list("case_id", "account__officer_id")
    walled: dict[UUID, set[UUID]] = defaultdict(set)
    for case_id, officer_id in rows:
        if officer_id is not None:
            walled[case_id].add(officer_id)
    return {key: frozenset(who) for key, who in walled.items()}


def desks_for(cases: Iterable[Case], now: datetime, *, without: UUID) -> dict[UUID, UUID | None]:
    """Case → its own supervisor if they may see it, else its squad's sergeant, else a captain."""
    cases = list(cases)
    walled = walls_of_officers(case.pk for case in cases)
    people = takers(now, ranks=SUPERVISING, without=without)
    captains = [one for one in people if one.rank == Rank.CAPTAIN]
    leads = dict(Squad.objects.values_list("pk", "sergeant_id"))
    found: dict[UUID, UUID | None] = {}
    for case in cases:
        near = (case.supervisor_id, leads.get(case.squad_id) if case.squad_id else None)
        asked = [*(one for key in near for one in people if one.pk == key), *captains, *people]
        shut_out = walled.get(case.pk, frozenset())
        found[case.pk] = next((one.pk for one in asked if one.pk not in shut_out), None)
    return found


def _option(officer: Officer) -> Option:
    squad = officer.squad.name if officer.squad else "no squad"
    return Option(str(officer.pk), f"{officer.name} ({officer.badge}), {squad}")


def _about(case: Case) -> str:
    return str(case.get_state_display())


def _beside(viewer: Viewer, now: datetime, officer: Officer) -> Beside:
    seen = supervised_cases(viewer, now)
    theirs = seen.filter(OPEN).filter(Q(detective=officer) | Q(supervisor=officer))
    flags = Flag.objects.filter(STANDING, supervisor=officer)
    unreviewed = Response.objects.filter(
        case__in=seen.filter(OPEN, supervisor=officer).values("pk"),
        kind="initial_report",
        reviews__isnull=True,
        superseded_by__isnull=True,
    )
    drafts = Draft.objects.filter(account__officer=officer, case__in=seen.values("pk"))
    unanswered = Referral.objects.filter(case__in=theirs.values("pk"), acknowledged_at=None)
    return Beside(
        flags=flags.filter(Q(case__isnull=True) | Q(case__in=seen.values("pk"))).count(),
        reviews=unreviewed.count(),
        referrals=unanswered.count(),
        drafts=tuple(drafts.order_by("case__number").values_list("case__number", flat=True)),
    )


def open_with_them(officer_id: UUID) -> Q:
    """Every open case that is an officer's to work or to supervise, whoever asks."""
    return ~Q(state__in=list(ENDED_STATES)) & (Q(detective=officer_id) | Q(supervisor=officer_id))
