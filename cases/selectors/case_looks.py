"""Who looked at one case, and when? From the audit log, without what else it says.

A list or a search that showed the case counts too, apart from having opened it; and so does an
attempt that was refused. Other cases that the same look showed are not told here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from audit import selectors as log
from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import record
from audit.selectors import Cursor, Filters
from cases import access
from cases.access import Hidden, Viewer
from cases.enums import Permission
from cases.models import Account, Case
from cases.row_security import Span, reading_as
from cases.selectors.case_detail import CaseHead, case_head

SHOWN_IN_LISTS = (
    Event.CASE_LISTED,
    Event.CASE_SEARCHED,
    Event.DASHBOARD_VIEWED,
    Event.IDENTITY_SEARCHED,
    Event.LINKS_VIEWED,
    Event.REFERRAL_LISTED,
    Event.RELEASE_LISTED,
)
OPENED = (
    Event.ACCESS_EXPLAINED,
    Event.ATTACHMENT_VIEWED,
    Event.CASE_VIEWED,
    Event.EXPORTED,
    Event.EXPUNGE_VIEWED,
    Event.IDENTITY_REVEALED,
    Event.NARRATIVE_REVEALED,
    Event.PAGE_VIEWED,
    Event.PERSON_VIEWED,
    Event.REFERRAL_VIEWED,
    Event.RELEASE_DOWNLOADED,
    Event.RELEASE_FILE_READ,
    Event.RELEASE_VIEWED,
    Event.REPORT_VIEWED,
    Event.RESPONSE_STARTED,
)
OF_SOMEBODY = ~Q(actor_id="")
REFUSED = Q(outcome=Outcome.DENIED)
LISTED = Q(event__in=SHOWN_IN_LISTS) & ~REFUSED
ASKED = Q(event=Event.AUDIT_VIEWED) & ~REFUSED
LOOKED = Q(event__in=OPENED) & ~REFUSED


@dataclass(frozen=True, slots=True)
class Seen:
    """One account's looks at the case, all of them; `asked`: an auditor's, of the log about it."""

    who: str
    name: str
    opened: int
    listed: int
    refused: int
    asked: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    at: datetime
    utc: str
    who: str
    what: str
    how: str
    reason: str


@dataclass(frozen=True, slots=True)
class LooksPage:
    """`head` only for whoever may see the case; an auditor gets its number and nothing else."""

    case_id: UUID
    number: str
    head: CaseHead | None
    seen: tuple[Seen, ...]
    looks: tuple[Look, ...]
    next_token: str


def case_looks(
    *, viewer: Viewer, now: datetime, case_id: UUID, after: Cursor | None = None
) -> LooksPage:
    """For who may give access to the case. What auditors asked of the log stays theirs.

    Leaves an entry. Raises Hidden, NotPermitted.
    """
    case, can = access.open_case(viewer, case_id, now)
    access.demand(Permission.GRANT_ACCESS, can)
    details = {"part": "looks"}
    record(Event.CASE_VIEWED, at=now, subject_type="case", subject_id=case.pk, details=details)
    return _page(case, _looks(case), after, case_head(viewer, case, can, now))


@reading_as(Span.AUDIT)
def case_looks_for_auditor(
    *, viewer: Viewer, now: datetime, case_id: UUID, after: Cursor | None = None
) -> LooksPage:
    """The same for who reads the log: of the case nothing but its number. Leaves an entry.

    Raises Hidden.
    """
    case = access.beyond_walls(Case.objects.filter(pk=case_id), viewer).first()
    if case is None or not viewer.can(Permission.SEE_AUDIT):
        raise Hidden
    details = {"part": "looks", "case": str(case.pk)}
    record(Event.AUDIT_VIEWED, at=now, details=details)
    return _page(case, _looks(case, Event.AUDIT_VIEWED), after, None)


def _looks(case: Case, *more: Event) -> QuerySet[Entry]:
    shown = Q(event__in=(*OPENED, *SHOWN_IN_LISTS, *more)) | REFUSED
    return log.matching(filters=Filters(case=str(case.pk))).filter(shown, OF_SOMEBODY)


def _page(
    case: Case, looks: QuerySet[Entry], after: Cursor | None, head: CaseHead | None
) -> LooksPage:
    page = log.page_of(looks, after=after)
    return LooksPage(
        case_id=case.pk,
        number=case.number,
        head=head,
        seen=tuple(_seen(looks)),
        looks=tuple(_look(entry) for entry in page.entries),
        next_token=page.next.token if page.next else "",
    )


def _seen(looks: QuerySet[Entry]) -> Iterable[Seen]:
    """Everybody by name, who opened it most first; two queries."""
    rows = list(
        looks.order_by()
        .values("actor_id", "actor_label")
        .annotate(
            opened=Count("pk", filter=LOOKED),
            listed=Count("pk", filter=LISTED),
            refused=Count("pk", filter=REFUSED),
            asked=Count("pk", filter=ASKED),
            first_at=Min("at"),
            last_at=Max("at"),
        )
        .order_by("-opened", "-last_at")
    )
    names = _names(row["actor_label"] for row in rows)
    for row in rows:
        yield Seen(
            who=row["actor_label"],
            name=names.get(row["actor_label"], ""),
            opened=row["opened"],
            listed=row["listed"],
            refused=row["refused"],
            asked=row["asked"],
            first_at=row["first_at"],
            last_at=row["last_at"],
        )


def _names(usernames: Iterable[str]) -> Mapping[str, str]:
    rows = Account.objects.filter(username__in=set(usernames))
    return dict(rows.values_list("username", "display_name"))


def _look(entry: Entry) -> Look:
    return Look(
        at=entry.at,
        utc=f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        who=entry.actor_label,
        what=entry.event_label,
        how=_how(entry),
        reason=entry.reason if entry.event in OPENED else "",
    )


def _how(entry: Entry) -> str:
    if entry.outcome == Outcome.DENIED:
        return "refused"
    return "in a list" if entry.event in SHOWN_IN_LISTS else ""
