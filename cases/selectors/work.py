"""What must I do next? A detective's open cases, the most pressing first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet

from audit.events import Event
from audit.recorder import record
from cases import access
from cases.access import Viewer, visible_cases
from cases.enums import CaseState, ClockKind, FlagKind, ReviewDecision, Scope
from cases.models import Case, Draft
from cases.models.case import OPEN
from cases.rules.policy import Policy
from cases.selectors.cards import (
    CompletenessCard,
    FlagCard,
    completeness_card,
    flag_cards,
    latest_report,
    running_state,
    standing_flags,
)
from cases.selectors.filters import FilterCard, saved_filters
from cases.selectors.policy import current_policy

SCREEN = "work"
LIMIT = 300

# The sections in the order of the page; a case stands in the first that it belongs to.
SECTIONS = (
    ("overdue", "Overdue"),
    ("soon", "Due in 72 hours"),
    ("returned", "Returned to me"),
    ("thin", "Near-empty reports"),
    ("drafts", "Unfinished drafts"),
    ("rest", "Everything else"),
)


@dataclass(frozen=True, slots=True)
class WorkFilters:
    """`show` is a section's code, `number` a part of a case number; empty means all."""

    show: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One open case, without a name."""

    case_id: UUID
    number: str
    age: timedelta
    state: str
    clock: str
    due_at: datetime | None
    left: timedelta | None
    since_entry: timedelta
    completeness: CompletenessCard
    flags: tuple[FlagCard, ...]
    draft_saved_at: datetime | None
    report_id: str
    belongs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    label: str
    rows: tuple[WorkRow, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """How many cases belong to a section, whichever section they stand in."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class WorkPage:
    sections: tuple[Section, ...]
    tickets: tuple[Ticket, ...]
    open_cases: int
    capped: bool
    saved: tuple[FilterCard, ...]

    @property
    def nothing_due(self) -> bool:
        """Whether no case needs anything today."""
        return not any(ticket.count for ticket in self.tickets if ticket.code != "rest")


def my_work(*, viewer: Viewer, now: datetime, filters: WorkFilters) -> WorkPage:
    """The viewer's open cases by section, and an entry that holds their ids."""
    found = _rows(viewer, now)
    rows = [row for row in found if _is_wanted(row, filters)]
    record(
        Event.CASE_LISTED,
        at=now,
        subject_type="list",
        subject_id=SCREEN,
        details={"cases": [str(row.case_id) for row in rows]},
    )
    return WorkPage(
        sections=_sections(rows, filters),
        tickets=_tickets(found),
        open_cases=len(found),
        capped=len(found) == LIMIT,
        saved=saved_filters(viewer=viewer, screen=SCREEN),
    )


def work_order(*, viewer: Viewer, now: datetime, filters: WorkFilters) -> list[UUID]:
    """The ids of my work in the order of its page, for going to the next and the previous."""
    rows = [row for row in _rows(viewer, now) if _is_wanted(row, filters)]
    return [row.case_id for section in _sections(rows, filters) for row in section.rows]


def _rows(viewer: Viewer, now: datetime) -> list[WorkRow]:
    """A partner has no desk here: even the order would tell what is late."""
    if viewer.is_partner:
        return []
    policy = current_policy()
    return [_row(case, now, policy) for case in _open_cases(viewer, now)]


def _open_cases(viewer: Viewer, now: datetime) -> QuerySet[Any]:
    drafts: QuerySet[Any] = Draft.objects.filter(case=OuterRef("pk"), account=viewer.account_id)
    return (
        visible_cases(viewer, now)
        .filter(OPEN, _mine(viewer))
        .annotate(
            flag_rows=standing_flags(access.WHOLE),
            reports=latest_report(),
            drafts_saved=ArraySubquery(drafts.values("saved_at")),
        )
        .order_by("next_due_at", "last_entry_at", "id")[:LIMIT]
    )


def _mine(viewer: Viewer) -> Q:
    """Whoever reaches a squad's or the unit's cases still works only those they hold."""
    if viewer.scope in (Scope.SQUAD, Scope.ALL):
        return Q(detective=viewer.officer_id) if viewer.officer_id else Q(pk__in=[])
    return Q()


def _row(case: Any, now: datetime, policy: Policy) -> WorkRow:
    report = case.reports[0] if case.reports else None
    saved_at = case.drafts_saved[0] if case.drafts_saved else None
    flags = flag_cards(case.flag_rows, now)
    return WorkRow(
        case_id=case.pk,
        number=case.number,
        age=now - case.received_at,
        state=str(CaseState(case.state).label),
        clock=str(ClockKind(case.next_clock).label) if case.next_clock else "",
        due_at=case.next_due_at,
        left=case.next_due_at - now if case.next_due_at else None,
        since_entry=now - case.last_entry_at,
        completeness=completeness_card(case, policy),
        flags=flags,
        draft_saved_at=saved_at,
        report_id=report["id"] if report else "",
        belongs=_belongs(case, report, flags, now, has_draft=saved_at is not None),
    )


def _belongs(
    case: Case, report: Any, flags: Iterable[FlagCard], now: datetime, *, has_draft: bool
) -> frozenset[str]:
    due = running_state(case.next_due_at, now) if case.next_due_at else ""
    returned = bool(report) and report["decisions"][:1] == [ReviewDecision.RETURNED]
    thin = any(flag.kind == FlagKind.UNDER_DOCUMENTED for flag in flags)
    holds = {
        "overdue": due == "overdue",
        "soon": due == "soon",
        "returned": returned,
        "thin": thin,
        "drafts": has_draft,
    }
    return frozenset(code for code, true in holds.items() if true) or frozenset({"rest"})


def _is_wanted(row: WorkRow, filters: WorkFilters) -> bool:
    shown = not filters.show or filters.show in row.belongs
    return shown and filters.number.upper() in row.number.upper()


def _sections(rows: list[WorkRow], filters: WorkFilters) -> tuple[Section, ...]:
    placed: dict[str, list[WorkRow]] = {code: [] for code, _ in SECTIONS}
    for row in rows:
        placed[filters.show or _first_section(row)].append(row)
    return tuple(
        Section(code, label, tuple(placed[code])) for code, label in SECTIONS if placed[code]
    )


def _first_section(row: WorkRow) -> str:
    return next(code for code, _ in SECTIONS if code in row.belongs)


def _tickets(rows: list[WorkRow]) -> tuple[Ticket, ...]:
    count = partial(_count, rows)
    return tuple(Ticket(code, label, count(code)) for code, label in SECTIONS if code != "rest")


def _count(rows: list[WorkRow], code: str) -> int:
    return sum(code in row.belongs for row in rows)
