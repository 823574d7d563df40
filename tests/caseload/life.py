"""How does a case look that met every promise, some of them in the last tenth of the time?"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.caseload import words
from tests.caseload.shape import DAY, HOUR, Shape

SEXUAL = ("rape", "sodomy", "molestation")
INTERVIEWED = (*SEXUAL, "exploitation")
KIT = ("rape", "sodomy")
CLASSES = (*SEXUAL, "exploitation", "abuse", "neglect", "non_abuse", "unclassified")
CHANNELS = ("scene", "walk_in", "hotline", "hospital")
SEEN_WITHIN = {"1": 3 * HOUR, "2": 24 * HOUR, "3": 72 * HOUR, "": 24 * HOUR}
NEARLY = 0.9
LAG = timedelta(minutes=7)
SHARES = (0.2, 0.5, NEARLY, NEARLY, 1.0)


@dataclass
class Event:
    kind: str
    occurred_at: datetime
    entered_at: datetime
    text: str = ""
    badge: str = ""


@dataclass
class Referral:
    reference: str
    channel: str
    organization: str
    acknowledged_at: datetime | None
    priority: str = ""


@dataclass
class Life:
    """One case, its events as they were planned, and what is known to be wrong with it."""

    number: str
    received_at: datetime
    channel: str
    offense_class: str
    detective: str
    sergeant: str
    child: tuple[str, str]
    born_on: str
    sex: str
    caregiver: tuple[str, str]
    suspect: tuple[str, str] | None
    assigned_at: datetime | None
    closed_at: datetime | None = None
    disposition: str = ""
    referral: Referral | None = None
    events: list[Event] = field(default_factory=list)
    modes: tuple[str, ...] = ()

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    def without(self, *kinds: str) -> None:
        self.events = [event for event in self.events if event.kind not in kinds]

    @property
    def names(self) -> tuple[str, ...]:
        people = (self.child, self.caregiver, self.suspect)
        return tuple(f"{person[0]} {person[1]}" for person in people if person)


class Maker:
    """Makes lives. A share of each limit says how late, within it, each promise was kept."""

    def __init__(self, chance: random.Random, shape: Shape) -> None:
        self.chance = chance
        self.shape = shape
        self.made = 0

    def life(self, received_at: datetime, days: float, **given: object) -> Life:
        """A worked case open for so many days, signed at the end; still open if that lies ahead."""
        self.made += 1
        case = self._front(received_at, given)
        self._first_days(case)
        if case.offense_class in INTERVIEWED:
            self._interview(case)
        if case.offense_class in KIT:
            self._kit(case)
        last = self._supplements(case, received_at + days * DAY)
        self._closing(case, last)
        return case

    def after(self, start: datetime, limit: timedelta) -> datetime:
        """Within the limit, to the minute: early, at nine tenths of it, or at its very end."""
        minutes = limit.total_seconds() / 60 * self.chance.choice(SHARES)
        return start + timedelta(minutes=int(minutes))

    def log(self, case: Life, kind: str, entered_at: datetime, *, text: str = "") -> Event:
        """Written down a few minutes after it happened, and in time all the same."""
        occurred_at = max(entered_at - LAG, case.received_at)
        event = Event(kind, occurred_at, entered_at, text, case.detective)
        case.events.append(event)
        return event

    def _front(self, received_at: datetime, given: dict[str, object]) -> Life:
        chance, shape = self.chance, self.shape
        squad = chance.randrange(shape.squads)
        channel = str(given.get("channel") or chance.choice(CHANNELS))
        named = given.get("named", chance.random() < 0.6)
        case = Life(
            number=f"{received_at:%Y}/K/{self.made:05}",
            received_at=received_at,
            channel=channel,
            offense_class=str(given.get("offense_class") or chance.choice(CLASSES)),
            detective=f"0{squad}{chance.randrange(shape.detectives):02}",
            sergeant=f"09{squad:02}",
            child=words.person(chance),
            born_on=f"{received_at.year - chance.randint(1, 16)}-{chance.randint(1, 12):02}-09",
            sex=chance.choice("FM"),
            caregiver=words.person(chance),
            suspect=words.person(chance) if named else None,
            assigned_at=None,
        )
        due = shape.next_business_day(received_at)
        case.assigned_at = self.after(received_at, due - received_at)
        if channel in ("hotline", "hospital"):
            case.referral = self._referral(case)
        return case

    def _referral(self, case: Life) -> Referral:
        hotline = case.channel == "hotline"
        return Referral(
            reference=f"{'H' if hotline else 'M'}-{self.made:06}",
            channel=case.channel,
            organization="Provincial hotline" if hotline else "St. Nowhere Infirmary",
            acknowledged_at=self.after(case.received_at, 24 * HOUR),
            priority=self.chance.choice("123") if hotline else "",
        )

    def _first_days(self, case: Life) -> None:
        start = case.received_at
        priority = case.referral.priority if case.referral else ""
        call = str(self.chance.randint(10_000, 99_999))
        self.log(case, "agency_notified", self.after(start, 4 * HOUR), text=call)
        self.log(case, "victim_seen", self.after(start, SEEN_WITHIN[priority]))
        self.log(case, "caregiver_contact", self.after(start, 48 * HOUR))
        text = words.narrative(self.chance, case.names)
        report = self.log(case, "initial_report", self.after(start, 12 * HOUR), text=text)
        reviewed_at = self.after(report.entered_at, 24 * HOUR)
        case.events.append(Event("sergeant_review", reviewed_at, reviewed_at, "", case.sergeant))

    def _interview(self, case: Life) -> None:
        start = case.received_at
        self.log(case, "forensic_interview_requested", self.after(start, 72 * HOUR))
        self.log(case, "forensic_interview_held", self.after(start, 10 * DAY))

    def _kit(self, case: Life) -> None:
        exam = self.log(case, "medical_exam", case.received_at + 8 * HOUR)
        collected = self.log(case, "kit_collected", self.after(exam.occurred_at, 14 * DAY))
        self.log(case, "kit_to_lab", self.after(collected.occurred_at, 14 * DAY))

    def _supplements(self, case: Life, until: datetime) -> datetime:
        """Each within its limit of the last substantive entry; returns the time of the last."""
        last = case.received_at
        while last < min(until, self.shape.ends_at):
            limit = 10 * DAY if last < case.received_at + 10 * DAY else 14 * DAY
            text = f"Follow-up: {self.chance.choice(words.SUBJECTS)}."
            last = self.log(case, "supplement", self.after(last, limit), text=text).occurred_at
        return last

    def _closing(self, case: Life, last: datetime) -> None:
        if case.suspect:
            self.log(case, "suspect_interview", case.received_at + 6 * DAY)
        case.closed_at = last + self.chance.choice((2, 40)) * HOUR
        signed_at = case.closed_at - 5 * HOUR
        case.events.append(Event("sergeant_review", signed_at, signed_at, "", case.sergeant))
        named = ("cleared_arrest", "cleared_exceptional_A", "cleared_exceptional_E")
        case.disposition = self.chance.choice(named if case.suspect else ("unfounded", "inactive"))
        self._cut(case)

    def _cut(self, case: Life) -> None:
        """What lies after closing, or after the caseload's end, has not happened."""
        ends_at = self.shape.ends_at
        if case.closed_at is not None and case.closed_at > ends_at:
            case.closed_at, case.disposition = None, ""
        limit = case.closed_at or ends_at
        case.events = [event for event in case.events if event.entered_at <= limit]
        if case.assigned_at and case.assigned_at > limit:
            case.assigned_at = None
        if (
            case.referral
            and case.referral.acknowledged_at
            and case.referral.acknowledged_at > limit
        ):
            case.referral.acknowledged_at = None
