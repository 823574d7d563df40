"""Is every referral answered?"""

from datetime import datetime

import pytest

from cases.enums import (
    ClockKind,
)
from cases.rules.clocks import referral_clock
from cases.rules.facts import ReferralFact
from tests.rules.building import (
    CALENDAR,
    DAY,
    HOUR,
    POLICY,
    SECOND,
    T0,
    case,
    clock_of,
    closed,
    late,
)


@pytest.mark.parametrize("now", [T0 + 24 * HOUR - SECOND, T0 + 24 * HOUR])
def test_a_referral_may_wait_a_day(now: datetime) -> None:
    facts = case(referrals=(ReferralFact("r", T0, T0),))

    assert ("referral_acknowledged", "r") not in late(facts, now)
    assert ("referral_acknowledged", "r") in late(facts, T0 + 24 * HOUR + SECOND)


def test_an_acknowledgement_counts_from_when_it_was_written_down() -> None:
    answered = ReferralFact("r", T0, T0, T0 + HOUR, T0 + 30 * HOUR)
    facts = case(referrals=(answered,))

    assert ("referral_acknowledged", "r") in late(facts, T0 + 30 * HOUR - SECOND)
    assert ("referral_acknowledged", "r") not in late(facts, T0 + 30 * HOUR)
    assert clock_of(facts, ClockKind.REFERRAL_ACKNOWLEDGED, "r").met_at == T0 + HOUR


def test_each_referral_has_its_own_clock() -> None:
    referrals = (ReferralFact("one", T0, T0, T0 + HOUR), ReferralFact("two", T0, T0))

    assert late(case(referrals=referrals), T0 + 25 * HOUR) >= {("referral_acknowledged", "two")}
    assert ("referral_acknowledged", "one") not in late(case(referrals=referrals), T0 + 25 * HOUR)


def test_a_referral_that_arrives_on_a_closed_case_does_not_go_quiet() -> None:
    facts = case(
        states=(closed(T0 + DAY),),
        referrals=(ReferralFact("new", T0 + 2 * DAY, T0 + 2 * DAY), ReferralFact("old", T0, T0)),
    )

    assert late(facts, T0 + 9 * DAY) == {("referral_acknowledged", "new")}


def test_a_referral_without_a_case_has_the_same_clock() -> None:
    referral = ReferralFact("r", T0, T0)

    loose = referral_clock(referral, POLICY, CALENDAR)

    assert loose == clock_of(case(referrals=(referral,)), ClockKind.REFERRAL_ACKNOWLEDGED, "r")
