"""Which rows does a test stand on? One factory per model; every person and place is invented.

Times are explicit: everything happens around `NOW`, a Wednesday, and never at the moment the test
runs. Factories write rows and nothing else: no audit entry, no clock, no flag. A test that wants
those calls the service.
"""

from tests.factories.base import DAY, HOUR, NARRATIVE, NOW, PASSWORD
from tests.factories.case import (
    AssignmentFactory,
    BlindTokenFactory,
    CaseFactory,
    CaseLinkFactory,
    CaseStateChangeFactory,
    EvidenceFactory,
    GrantFactory,
    InvolvedPersonFactory,
    OffenseCodeFactory,
    ReferralFactory,
    VictimFactory,
    WallFactory,
)
from tests.factories.oversight import (
    ClockFactory,
    ClockHoldFactory,
    EntryFactory,
    ExpungeFactory,
    FlagFactory,
    ImportChunkFactory,
    ImportRejectionFactory,
    ImportRunFactory,
    SavedMappingFactory,
    SweepRunFactory,
)
from tests.factories.release import (
    ReleaseFactory,
    ReleaseFileFactory,
    ReleaseItemFactory,
    ReleaseMarkFactory,
)
from tests.factories.reveal import RevealFactory
from tests.factories.sharing import AccessRequestFactory, BrokenGlassFactory, SquadGrantFactory
from tests.factories.unit import (
    AccountFactory,
    HandOverFactory,
    OfficerFactory,
    PolicyFactory,
    ProviderLinkFactory,
    RoleChangeFactory,
    RoleFactory,
    RolePermissionFactory,
    SavedFilterFactory,
    ServiceKeyFactory,
    SquadFactory,
)
from tests.factories.work import DraftFactory, ElementAnswerFactory, ResponseFactory, ReviewFactory

__all__ = [
    "DAY",
    "HOUR",
    "NARRATIVE",
    "NOW",
    "PASSWORD",
    "AccessRequestFactory",
    "AccountFactory",
    "AssignmentFactory",
    "BlindTokenFactory",
    "BrokenGlassFactory",
    "CaseFactory",
    "CaseLinkFactory",
    "CaseStateChangeFactory",
    "ClockFactory",
    "ClockHoldFactory",
    "DraftFactory",
    "ElementAnswerFactory",
    "EntryFactory",
    "EvidenceFactory",
    "ExpungeFactory",
    "FlagFactory",
    "GrantFactory",
    "HandOverFactory",
    "ImportChunkFactory",
    "ImportRejectionFactory",
    "ImportRunFactory",
    "InvolvedPersonFactory",
    "OffenseCodeFactory",
    "OfficerFactory",
    "PolicyFactory",
    "ProviderLinkFactory",
    "ReferralFactory",
    "ReleaseFactory",
    "ReleaseFileFactory",
    "ReleaseItemFactory",
    "ReleaseMarkFactory",
    "ResponseFactory",
    "RevealFactory",
    "ReviewFactory",
    "RoleChangeFactory",
    "RoleFactory",
    "RolePermissionFactory",
    "SavedFilterFactory",
    "SavedMappingFactory",
    "ServiceKeyFactory",
    "SquadFactory",
    "SquadGrantFactory",
    "SweepRunFactory",
    "VictimFactory",
    "WallFactory",
]
