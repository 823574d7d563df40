"""What is to be written about the cases of one batch, and how many rows came to what?

Decided in `deciding`, written in `landing`; a preview stops in between.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from cases import seal
from cases.models import Officer, Referral
from cases.models.sealing import blind
from cases.services.importing.known import KnownCase
from cases.services.importing.rows import CaseRow, EventRow, PersonRow, ReferralRow, packed


@dataclass(frozen=True, slots=True)
class Rejection:
    file: str
    line: int
    reason: str


@dataclass(slots=True)
class Tally:
    """How many rows came to what."""

    landed: int = 0
    changed: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    rejections_count: int = 0

    def count(self, outcome: str) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)


@dataclass(frozen=True, slots=True)
class PlannedResponse:
    response_id: UUID
    row: EventRow
    officer: Officer | None


@dataclass(frozen=True, slots=True)
class PlannedReview:
    row: EventRow
    reviewer: Officer
    report_id: UUID | None
    signs: bool


@dataclass(frozen=True, slots=True)
class PlannedClosing:
    """`row` None: the case's own row says that it ended, and no event does."""

    row: EventRow | None
    disposition: str
    officer: Officer | None
    signer_id: UUID | None


@dataclass(slots=True)
class CasePlan:
    """What is to be written about one case. `known` None: it is new."""

    number: str
    known: KnownCase | None = None
    row: CaseRow | None = None
    rows: tuple[CaseRow, ...] = ()
    people: list[PersonRow] = field(default_factory=list)
    detective: Officer | None = None
    supervisor: Officer | None = None
    reassigned: bool = False
    resupervised: bool = False
    ends: bool = False
    told_anew: bool = False
    responses: list[PlannedResponse] = field(default_factory=list)
    reviews: list[PlannedReview] = field(default_factory=list)
    closings: list[PlannedClosing] = field(default_factory=list)
    referrals: list[ReferralRow] = field(default_factory=list)
    answered: list[Referral] = field(default_factory=list)

    @property
    def exists(self) -> bool:
        return self.known is not None or self.row is not None

    @property
    def touches(self) -> bool:
        """Whether anything is written that rules look at."""
        return bool(
            self.known is None or self.reassigned or self.resupervised or self.ends
            or self.responses or self.reviews or self.closings or self.referrals or self.answered
        )  # fmt: skip


@dataclass(slots=True)
class Plan:
    cases: list[CasePlan] = field(default_factory=list)
    loose: list[ReferralRow] = field(default_factory=list)
    loose_answered: list[Referral] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def case_digest(key: bytes, rows: Iterable[CaseRow]) -> bytes:
    """Of everything that the case's rows say, keyed by the case: it dies with the case's key."""
    return seal.digest(key, "import.case", b"\0".join(sorted(map(packed, rows))).hex())


def event_digest(key: bytes, row: EventRow, part: str = "event") -> bytes:
    """Of one event, keyed by its case; `part` keeps the two reviews that one row may be apart."""
    entered = "" if row.entered_at is None else row.entered_at.isoformat()
    told = [row.occurred_at.isoformat(), entered, row.badge, row.kind, row.text]
    return seal.digest(key, f"import.{part}", json.dumps(told))


def referral_digest(row: ReferralRow) -> bytes:
    return blind("import.referral", packed(row).decode())
