"""What did the unit bring along from its old records system?

Closed cases, and one that was forgotten: written as the import format's four files and imported on
the day the unit began to work here, so that imported cases stand beside the unit's own, judged on
what such an import carries.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.utils.timezone import localtime

from cases.enums import Disposition, ResponseKind
from cases.management.demo import wording
from cases.management.demo.casting import Casting
from cases.management.demo.dice import Dice
from cases.management.demo.lives import SEEN_WITHIN
from cases.management.demo.story import Story
from cases.management.demo.unit import DEPARTED, DETECTIVES, Unit

OFFICERS = ("badge", "name", "rank", "squad", "active_from", "active_to")
CASES = (
    "case_number", "received_at", "channel", "offense_class", "nibrs", "statute", "patrol_division",
    "victim_first_name", "victim_last_name", "victim_dob", "victim_sex", "caregiver_name",
    "suspect_status", "suspect_name", "assigned_badge", "assigned_at", "supervisor_badge", "status",
    "closed_at", "disposition",
)  # fmt: skip
EVENTS = ("case_number", "occurred_at", "entered_at", "badge", "kind", "text")
REFERRALS = (
    "reference", "case_number", "channel", "organization", "received_at", "acknowledged_at",
    "priority_level",
)  # fmt: skip
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LAG = timedelta(minutes=20)
NEVER_HEARD = 2


@dataclass(frozen=True)
class Old:
    """A story as the old system kept it: when it ended, if it did, and what was written down."""

    number: str
    story: Story
    closed_at: datetime | None
    events: Sequence[tuple[ResponseKind | str, datetime, str]]

    @property
    def disposition(self) -> str:
        if self.closed_at is None:
            return ""
        return Disposition.CLEARED_ARREST if self.story.suspect else Disposition.INACTIVE


class OldSystem:
    """Makes old cases, all of them worked but for a few."""

    def __init__(self, casting: Casting, dice: Dice, unit: Unit) -> None:
        self._casting = casting
        self._dice = dice
        self._unit = unit

    def cases(self, count: int, oldest: timedelta, youngest: timedelta) -> list[Old]:
        """The first few closed without hearing the person named; the last one was forgotten."""
        leads = [key for keys in DETECTIVES.values() for key in keys if key != DEPARTED]
        made = []
        for nth in range(count):
            age = self._dice.hours(youngest / HOUR, oldest / HOUR)
            forgotten, unheard = nth == count - 1, nth < NEVER_HEARD
            story = self._casting.story(self._dice.pick(leads), age, named=unheard or None)
            made.append(self._old(f"OLD-{nth:04}", story, heard=not unheard, forgotten=forgotten))
        return made

    def write(self, folder: Path, cases: Sequence[Old]) -> None:
        """The bundle's four files."""
        _write(folder / "officers.csv", OFFICERS, self._officers())
        _write(folder / "cases.csv", CASES, map(self._case, cases))
        _write(folder / "events.csv", EVENTS, (row for old in cases for row in self._rows(old)))
        _write(
            folder / "referrals.csv",
            REFERRALS,
            (_referral(old) for old in cases if old.story.organization),
        )

    def _old(self, number: str, story: Story, *, heard: bool, forgotten: bool) -> Old:
        start, dice = story.received_at, self._dice
        ends_at = start + dice.days(28, 55)
        report_at = start + dice.hours(4, 10)
        events: list[tuple[ResponseKind | str, datetime, str]] = [
            (ResponseKind.AGENCY_NOTIFIED, start + dice.hours(1, 3), "4417093"),
            (ResponseKind.VICTIM_SEEN, start + dice.hours(0.5, SEEN_WITHIN[story.priority]), ""),
            (ResponseKind.INITIAL_REPORT, report_at, wording.report(dice, story.people())),
            ("sergeant_review", report_at + dice.hours(2, 20), ""),
            (ResponseKind.CAREGIVER_CONTACT, start + dice.hours(15, 40), ""),
        ]
        if story.needs_forensic_interview:
            events.append(
                (ResponseKind.FORENSIC_INTERVIEW_REQUESTED, start + dice.hours(24, 60), "")
            )
            events.append((ResponseKind.FORENSIC_INTERVIEW_HELD, start + dice.days(4, 9), ""))
        at = start + 8 * DAY
        if story.suspect and heard:
            events.append((ResponseKind.SUSPECT_INTERVIEW, at, ""))
        while at < ends_at:
            text = wording.entry(dice, ResponseKind.SUPPLEMENT, story.people())
            events.append((ResponseKind.SUPPLEMENT, at, text))
            at += dice.days(8, 12)
        if not forgotten:
            events.append(("sergeant_review", ends_at - 2 * HOUR, ""))
        return Old(number, story, None if forgotten else ends_at, events)

    def _officers(self) -> Iterable[Sequence[str]]:
        for officer in self._unit.officers.values():
            squad = officer.squad.name if officer.squad else ""
            yield officer.badge, officer.name, officer.rank, squad, f"{officer.active_from}", ""

    def _case(self, old: Old) -> Sequence[str]:
        story, suspect = old.story, old.story.suspect
        return (
            old.number, _at(story.received_at), story.channel, story.offense_class, "", "",
            story.division, story.child["first_name"], story.child["last_name"],
            story.child["birth_date"], self._dice.pick("FFM"), story.people()["caregiver"],
            "named" if suspect else "unidentified", story.people().get("suspect", ""),
            self._badge(story.lead), _at(story.received_at + HOUR / 2), self._badge(story.sergeant),
            "closed" if old.closed_at else "open", _at(old.closed_at), old.disposition,
        )  # fmt: skip

    def _rows(self, old: Old) -> Iterable[Sequence[str]]:
        for kind, at, text in old.events:
            who = old.story.sergeant if kind == "sergeant_review" else old.story.lead
            yield old.number, _at(at), _at(at + LAG), self._badge(who), kind, text

    def _badge(self, key: str) -> str:
        return self._unit.officers[key].badge


def _referral(old: Old) -> Sequence[str]:
    story = old.story
    return (
        story.reference, old.number, story.channel, story.organization, _at(story.received_at),
        _at(story.received_at + 5 * HOUR), story.priority,
    )  # fmt: skip


def _at(at: datetime | None) -> str:
    return localtime(at).isoformat(timespec="minutes") if at else ""


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
