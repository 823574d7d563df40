"""How do pages show a flag, a clock, a report's completeness? As cards of words and spans."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from cases.access import Reading, within
from cases.enums import Channel, ClockKind, FlagKind, FlagStatus, OffenseClass
from cases.models import Case, Clock, Flag, Response, Review
from cases.models.flag import STANDING
from cases.rules.flags import Reason
from cases.rules.policy import Circumstances, Policy
from cases.rules.words import sentence

ALERT_SEVERITY = 4
SOON = timedelta(hours=72)
NAMED_MISSING = 3
# `rules.clocks.submitted_reports` in SQL, its last version first.
STANDS_FIRST = ("-entered_at", "-occurred_at", "-pk")


@dataclass(frozen=True, slots=True)
class FlagCard:
    """`tone` is alert, watch or quiet; `detail` the reasons in words, true when they are read."""

    kind: str
    label: str
    detail: str
    tone: str


@dataclass(frozen=True, slots=True)
class ClockCard:
    """`state` is overdue, soon, running, met, met_late or stopped. `left` is negative when late."""

    kind: str
    label: str
    state: str
    due_at: datetime
    left: timedelta
    met_at: datetime | None = None
    late: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CompletenessCard:
    """What is settled and what is missing, or `words` for what can't be counted."""

    words: str = ""
    settled: int | None = None
    required: int | None = None
    missing: tuple[str, ...] = ()
    more: int = 0


# -- flags --------------------------------------------------------------------------------------


def standing_flags(reading: Reading) -> ArraySubquery:
    """A case's standing flags as JSON, gravest first, for annotating cases; as far as read."""
    flags: QuerySet[Any] = within(Flag.objects.filter(STANDING, case=OuterRef("pk")), reading)
    return ArraySubquery(
        flags.order_by("-severity", "raised_at", "pk").values(
            json=JSONObject(kind="kind", status="status", severity="severity", reasons="reasons")
        )
    )


def flag_cards(rows: Iterable[Mapping[str, Any]], now: datetime) -> tuple[FlagCard, ...]:
    """The cards of what `standing_flags` fetched."""
    return tuple(flag_card(row, now) for row in rows)


def flag_card(row: Mapping[str, Any], now: datetime) -> FlagCard:
    """One flag: kind, status, severity and reasons ({"code", "params"}) as the row holds them."""
    reasons = (Reason(reason["code"], reason.get("params", {})) for reason in row["reasons"])
    detail = "; ".join(sentence(reason, now) for reason in reasons)
    return FlagCard(row["kind"], str(FlagKind(row["kind"]).label), detail, _flag_tone(row))


def _flag_tone(row: Mapping[str, Any]) -> str:
    if row["status"] == FlagStatus.WAIVED:
        return "quiet"
    grave = row["severity"] >= ALERT_SEVERITY and row["status"] == FlagStatus.OPEN
    return "alert" if grave else "watch"


# -- clocks -------------------------------------------------------------------------------------


def all_clocks(reading: Reading) -> ArraySubquery:
    """A case's clocks as JSON, the first due first, for annotating cases; as far as read."""
    clocks: QuerySet[Any] = within(Clock.objects.filter(case=OuterRef("pk")), reading)
    return ArraySubquery(
        clocks.order_by("due_at", "id").values(
            json=JSONObject(kind="kind", due_at="due_at", met_at="met_at", stopped_at="stopped_at")
        )
    )


def clock_card(row: Mapping[str, Any], now: datetime) -> ClockCard:
    """One clock of what `all_clocks` fetched."""
    due_at = instant(row["due_at"])
    met_at = instant(row["met_at"]) if row["met_at"] else None
    label = str(ClockKind(row["kind"]).label)
    if met_at is not None:
        late = met_at - due_at if met_at > due_at else None
        state = "met_late" if late else "met"
        return ClockCard(row["kind"], label, state, due_at, due_at - now, met_at, late)
    state = "stopped" if row["stopped_at"] else running_state(due_at, now)
    return ClockCard(row["kind"], label, state, due_at, due_at - now)


def running_state(due_at: datetime, now: datetime) -> str:
    """Due exactly now is not yet late."""
    if now > due_at:
        return "overdue"
    return "soon" if due_at <= now + SOON else "running"


def instant(text: str) -> datetime:
    """An instant as PostgreSQL writes it into JSON."""
    return datetime.fromisoformat(text)


# -- completeness -------------------------------------------------------------------------------


def latest_report() -> ArraySubquery:
    """The version of a case's initial report that stands and what was decided on it, as JSON in a
    list of at most one.
    """
    decided: QuerySet[Any] = Review.objects.filter(response=OuterRef("pk"))
    reports: QuerySet[Any] = Response.objects.filter(case=OuterRef("pk"), kind="initial_report")
    return ArraySubquery(
        reports.order_by(*STANDS_FIRST).values(
            json=JSONObject(
                id=F("pk"),
                decisions=ArraySubquery(decided.order_by("-entered_at", "-pk").values("decision")),
            )
        )[:1]
    )


def completeness_card(case: Case, policy: Policy) -> CompletenessCard:
    """What the report that stands settles, of what such a case must say, as the rules left it."""
    if not case.reported:
        imported_without = "responses" not in case.carries
        return CompletenessCard("Imported without reports" if imported_without else "No report yet")
    if case.settled is None:
        return CompletenessCard("Imported: judged by its narrative alone")
    labels = {element.code: element.label for element in policy.elements}
    named = tuple(short_label(labels.get(code, code)) for code in case.missing[:NAMED_MISSING])
    return CompletenessCard(
        settled=case.settled,
        required=case.required,
        missing=named,
        more=len(case.missing) - len(named),
    )


def circumstances_of(case: Case) -> Circumstances:
    """What about the case decides which elements its report must settle."""
    return Circumstances(
        Channel(case.channel),
        OffenseClass(case.offense_class),
        case.serious_injury,
        case.child_witness,
    )


def short_label(label: str) -> str:
    """An element's label up to its first comma, colon or semicolon, for inside a sentence."""
    head = re.split(r"[,;:(]", label)[0].strip()
    words = head.split()
    proper = len(words) > 1 and words[1][:1].isupper()
    return head if proper else head[:1].lower() + head[1:]
