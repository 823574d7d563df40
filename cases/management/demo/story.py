"""How is one invented case told? As steps, each of them somebody's act at a moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from cases.access import Viewer
from cases.enums import KIT_CLASSES, SEXUAL_CLASSES, Channel, OffenseClass
from cases.management.demo.dice import Dice
from cases.management.demo.names import Identity
from cases.management.demo.unit import Unit
from cases.rules.policy import Policy


@dataclass(frozen=True)
class Stage:
    """Where the stories play: the unit, chance, and the rules in force."""

    unit: Unit
    dice: Dice
    policy: Policy


Act = Callable[[Stage, Viewer, datetime], None]


@dataclass(frozen=True)
class Step:
    """What somebody (a key of the unit) does at a moment."""

    at: datetime
    actor: str
    act: Act = field(repr=False)


@dataclass
class Story:
    """One case from its report on. `lead` is its detective's key; ids are learned while playing.

    Flags of an `ignored` case lie unread on every desk.
    """

    received_at: datetime
    lead: str
    channel: Channel
    offense_class: OffenseClass
    priority: str = ""
    division: str = ""
    serious_injury: bool = False
    child_witness: bool = False
    child: Identity = field(default_factory=dict, repr=False)
    caregiver: Identity = field(default_factory=dict, repr=False)
    reporter: Identity = field(default_factory=dict, repr=False)
    suspect: Identity | None = field(default=None, repr=False)
    organization: str = ""
    reference: str = ""
    ignored: bool = False
    steps: list[Step] = field(default_factory=list, repr=False)

    case_id: UUID | None = None
    report_id: UUID | None = None
    referral_id: UUID | None = None
    suspect_id: UUID | None = None

    @property
    def squad(self) -> str:
        return self.lead[0]

    @property
    def sergeant(self) -> str:
        return f"sergeant_{self.squad}"

    @property
    def needs_forensic_interview(self) -> bool:
        hurt = self.offense_class == OffenseClass.ABUSE and self.serious_injury
        return hurt or self.offense_class in {*SEXUAL_CLASSES, OffenseClass.EXPLOITATION}

    @property
    def needs_kit(self) -> bool:
        return self.offense_class in KIT_CLASSES

    @property
    def case(self) -> UUID:
        """The case's id. Raises LookupError in a story that has not begun."""
        if self.case_id is None:
            raise LookupError("This story has not begun: it has no case yet.")
        return self.case_id

    def people(self) -> Mapping[str, str]:
        """Full names by the part each plays, as whoever writes a report would use them."""
        known = {"child": self.child, "caregiver": self.caregiver, "suspect": self.suspect or {}}
        return {
            part: f"{identity['first_name']} {identity['last_name']}"
            for part, identity in known.items()
            if identity
        }

    def then(self, after: timedelta, actor: str, act: Act) -> None:
        """Add a step so long after the report came in."""
        self.steps.append(Step(self.received_at + after, actor, act))
