"""What does the unit keep? One file per entity; this one names them all."""

from cases.models.access_request import AccessRequest, RequestState
from cases.models.access_review import AccessReview
from cases.models.account import Account, Role, RolePermission
from cases.models.assignment import Assignment
from cases.models.audit_review import AuditReview
from cases.models.broken_glass import BrokenGlass
from cases.models.case import Case, CaseStateChange, OffenseCode
from cases.models.clock import Clock, ClockHold
from cases.models.evidence import Evidence
from cases.models.expunging import Expunge
from cases.models.flag import Flag
from cases.models.grant import (
    GRANTABLE,
    UNCHOSEN_PURPOSES,
    CaseGroupObjectPermission,
    CaseUserObjectPermission,
    GrantPurpose,
    SquadGrant,
    Wall,
)
from cases.models.hand_over import HandOver
from cases.models.importing import ImportChunk, ImportRejection, ImportRun, SavedMapping
from cases.models.linking import CaseLink
from cases.models.officer import Officer, Squad
from cases.models.policy import Policy
from cases.models.provider import ProviderLink, SpentAnswer
from cases.models.referral import Referral
from cases.models.release import (
    Release,
    ReleaseFile,
    ReleaseItem,
    ReleaseMark,
    ReleaseResult,
)
from cases.models.response import Draft, ElementAnswer, Response
from cases.models.reveal import Reveal
from cases.models.review import Review
from cases.models.role_change import RoleChange
from cases.models.saved_filter import SavedFilter
from cases.models.service_key import ServiceKey
from cases.models.submission import SubmittedForm
from cases.models.sweep import SweepRun
from cases.models.victim import BlindToken, InvolvedPerson, Victim

__all__ = [
    "GRANTABLE",
    "UNCHOSEN_PURPOSES",
    "AccessRequest",
    "AccessReview",
    "Account",
    "Assignment",
    "AuditReview",
    "BlindToken",
    "BrokenGlass",
    "Case",
    "CaseGroupObjectPermission",
    "CaseLink",
    "CaseStateChange",
    "CaseUserObjectPermission",
    "Clock",
    "ClockHold",
    "Draft",
    "ElementAnswer",
    "Evidence",
    "Expunge",
    "Flag",
    "GrantPurpose",
    "HandOver",
    "ImportChunk",
    "ImportRejection",
    "ImportRun",
    "InvolvedPerson",
    "OffenseCode",
    "Officer",
    "Policy",
    "ProviderLink",
    "Referral",
    "Release",
    "ReleaseFile",
    "ReleaseItem",
    "ReleaseMark",
    "ReleaseResult",
    "RequestState",
    "Response",
    "Reveal",
    "Review",
    "Role",
    "RoleChange",
    "RolePermission",
    "SavedFilter",
    "SavedMapping",
    "ServiceKey",
    "SpentAnswer",
    "Squad",
    "SquadGrant",
    "SubmittedForm",
    "SweepRun",
    "Victim",
    "Wall",
]
