"""What promises, findings and imports does a test stand on?"""

import hashlib
from typing import Any

import factory
from factory.django import DjangoModelFactory

from audit.events import Event
from audit.models import Entry
from cases.enums import ClockKind, ExpungeState, FlagKind, FlagStatus, ImportState
from cases.models import (
    Clock,
    ClockHold,
    Expunge,
    Flag,
    ImportChunk,
    ImportRejection,
    ImportRun,
    SavedMapping,
    SweepRun,
)
from cases.models.sealing import give_key
from tests.factories.base import DAY, HOUR, NOW
from tests.factories.case import CaseFactory, ReferralFactory, VictimFactory
from tests.factories.unit import AccountFactory, OfficerFactory


class ClockFactory(DjangoModelFactory[Clock]):
    """A running clock due tomorrow; `overdue` since yesterday; `met` and `stopped` have ended."""

    class Meta:
        model = Clock

    case: Any = factory.SubFactory(CaseFactory)
    kind: Any = ClockKind.NEXT_SUPPLEMENT
    starts_at: Any = NOW - 3 * DAY
    due_at: Any = NOW + DAY

    class Params:
        overdue = factory.Trait(due_at=NOW - DAY)
        met = factory.Trait(met_at=NOW - HOUR)
        stopped = factory.Trait(stopped_at=NOW - HOUR)
        loose = factory.Trait(
            case=None,
            referral=factory.SubFactory(ReferralFactory),
            kind=ClockKind.REFERRAL_ACKNOWLEDGED,
        )


class ClockHoldFactory(DjangoModelFactory[ClockHold]):
    class Meta:
        model = ClockHold

    case: Any = factory.SubFactory(CaseFactory)
    clock_kind: Any = ClockKind.VICTIM_SEEN
    reason: Any = "The child is in hospital care."
    author: Any = factory.SubFactory(AccountFactory, role="sergeant")
    starts_at: Any = NOW - DAY
    ends_at: Any = NOW + DAY
    entered_at: Any = factory.SelfAttribute("starts_at")


class FlagFactory(DjangoModelFactory[Flag]):
    """An open flag on a stalled case, raised two hours ago.

    Traits: `acknowledged`, `waived` (until tomorrow), `resolved`; `on_officer` and `on_referral`
    change its subject.
    """

    class Meta:
        model = Flag

    case: Any = factory.SubFactory(CaseFactory)
    kind: Any = FlagKind.STALLED
    clock_kind: Any = factory.LazyAttribute(
        lambda flag: ClockKind.NEXT_SUPPLEMENT if flag.kind == FlagKind.STALLED else ""
    )
    severity: Any = 3
    since: Any = NOW - DAY
    raised_at: Any = NOW - 2 * HOUR
    acknowledge_by: Any = factory.LazyAttribute(lambda flag: flag.raised_at + DAY)

    class Params:
        acknowledged = factory.Trait(
            status=FlagStatus.ACKNOWLEDGED,
            acknowledged_at=NOW - HOUR,
            acknowledged_by=factory.SubFactory(AccountFactory, role="sergeant"),
            comment="Spoken to the detective.",
        )
        waived = factory.Trait(
            status=FlagStatus.WAIVED, waived_until=NOW + DAY, comment="Waiting for a court date."
        )
        resolved = factory.Trait(status=FlagStatus.RESOLVED, resolved_at=NOW - HOUR)
        on_officer = factory.Trait(
            case=None, officer=factory.SubFactory(OfficerFactory), kind=FlagKind.OVERLOADED
        )
        on_referral = factory.Trait(
            case=None,
            referral=factory.SubFactory(ReferralFactory),
            kind=FlagKind.REFERRAL_UNANSWERED,
        )


class SweepRunFactory(DjangoModelFactory[SweepRun]):
    """A sweep that ended a minute before `NOW`."""

    class Meta:
        model = SweepRun

    as_of: Any = NOW - HOUR / 60
    started_at: Any = factory.SelfAttribute("as_of")
    finished_at: Any = factory.SelfAttribute("as_of")


class SavedMappingFactory(DjangoModelFactory[SavedMapping]):
    class Meta:
        model = SavedMapping

    name: Any = factory.Sequence(lambda n: f"mapping-{n}")
    body: Any = factory.LazyFunction(dict)
    created_at: Any = NOW - DAY


class ExpungeFactory(DjangoModelFactory[Expunge]):
    """A captain's request about a victim, waiting for a second person; `done` is finished."""

    class Meta:
        model = Expunge

    case: Any = factory.SubFactory(CaseFactory)
    victim: Any = factory.LazyAttribute(lambda expunge: VictimFactory.create(case=expunge.case))
    court_order: Any = "26CV-001234"
    reason: Any = "Expungement was ordered."
    requested_by: Any = factory.SubFactory(AccountFactory, role="captain")
    requested_at: Any = NOW - HOUR

    class Params:
        done = factory.Trait(
            state=ExpungeState.DONE,
            decided_by=factory.SubFactory(AccountFactory, role="captain"),
            decided_at=NOW,
            shredded_at=NOW,
        )


class ImportRunFactory(DjangoModelFactory[ImportRun]):
    """An import of a bundle that is done. Its key seals its chunks."""

    class Meta:
        model = ImportRun

    source: Any = "bundle"
    digest: Any = factory.Sequence(lambda n: hashlib.sha256(f"run {n}".encode()).digest())
    state: Any = ImportState.DONE
    created_at: Any = NOW - 2 * DAY

    @classmethod
    def _create(cls, model_class: type[ImportRun], *args: Any, **kwargs: Any) -> ImportRun:
        run = model_class(**kwargs)
        give_key(run)
        run.save(force_insert=True)
        return run


class ImportChunkFactory(DjangoModelFactory[ImportChunk]):
    class Meta:
        model = ImportChunk

    run: Any = factory.SubFactory(ImportRunFactory)
    position: Any = factory.Sequence(lambda n: n)
    sealed: Any = b"sealed bytes"


class ImportRejectionFactory(DjangoModelFactory[ImportRejection]):
    class Meta:
        model = ImportRejection

    run: Any = factory.SubFactory(ImportRunFactory)
    file: Any = "cases.csv"
    line: Any = factory.Sequence(lambda n: n + 2)
    reason: Any = "channel is not one of the known ones"


class EntryFactory(DjangoModelFactory[Entry]):
    """An audit entry of somebody invented."""

    class Meta:
        model = Entry

    at: Any = NOW - HOUR
    event: Any = Event.CASE_VIEWED
    actor_id: Any = factory.Sequence(lambda n: f"invented-{n}")
    actor_label: Any = factory.SelfAttribute("actor_id")
