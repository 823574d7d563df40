"""Whom does a test let in beside the case's own people: squads, who asks, and in an emergency?"""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from cases.models import AccessRequest, BrokenGlass, GrantPurpose, RequestState, SquadGrant
from tests.factories.base import DAY, HOUR, NOW
from tests.factories.case import CaseFactory
from tests.factories.unit import AccountFactory, SquadFactory


class SquadGrantFactory(DjangoModelFactory[SquadGrant]):
    """A live grant to a squad to see a case; `works=True` to work it too."""

    class Meta:
        model = SquadGrant

    case: Any = factory.SubFactory(CaseFactory)
    squad: Any = factory.SubFactory(SquadFactory)
    may: Any = factory.LazyAttribute(lambda grant: "work_case" if grant.works else "view_case")
    purpose: Any = GrantPurpose.JOINT_WORK
    reason: Any = "Both squads look for the same suspect."
    granted_at: Any = NOW - 2 * DAY
    expires_at: Any = NOW + 7 * DAY

    class Params:
        works = False


class AccessRequestFactory(DjangoModelFactory[AccessRequest]):
    """A detective's request of two days ago that nobody has answered; `refused` is over."""

    class Meta:
        model = AccessRequest

    account: Any = factory.SubFactory(AccountFactory)
    number: Any = factory.Sequence(lambda n: f"T26-9{n:05d}")
    reason: Any = "The same suspect as in mine."
    asked_at: Any = NOW - 2 * DAY
    climbs_at: Any = factory.LazyAttribute(lambda request: request.asked_at + DAY)
    lapses_at: Any = factory.LazyAttribute(lambda request: request.asked_at + 7 * DAY)

    class Params:
        refused = factory.Trait(
            state=RequestState.REFUSED,
            case=factory.SubFactory(CaseFactory),
            decided_by=factory.SubFactory(AccountFactory, role="sergeant"),
            decided_at=NOW - DAY,
            answer="Not the same suspect.",
        )
        approved = factory.Trait(
            state=RequestState.APPROVED,
            case=factory.SubFactory(CaseFactory),
            decided_by=factory.SubFactory(AccountFactory, role="sergeant"),
            decided_at=NOW - DAY,
            granted_until=NOW + DAY,
        )


class BrokenGlassFactory(DjangoModelFactory[BrokenGlass]):
    """A sergeant's, half an hour ago, seen by nobody."""

    class Meta:
        model = BrokenGlass

    case: Any = factory.SubFactory(CaseFactory)
    account: Any = factory.SubFactory(AccountFactory, role="sergeant")
    reason: Any = "A child is in danger tonight."
    broken_at: Any = NOW - HOUR / 2
    ends_at: Any = NOW + HOUR / 2
