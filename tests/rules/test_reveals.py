"""When are reveals unusual, and when are they too many?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases.enums import FlagKind
from cases.policy_default import default_policy
from cases.rules.facts import OfficerFacts
from cases.rules.flags import officer_findings
from cases.rules.reveals import DAY, HOUR, RevealFact, excesses, is_too_many
from cases.rules.words import explanation

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
POLICY = default_policy()
UNUSUAL, RULE = POLICY.unusual_reveals, POLICY.reveals
SECOND = timedelta(seconds=1)


def every(span: timedelta, count: int, *, elsewhere: bool = False) -> list[RevealFact]:
    """So many reveals, the last one now."""
    return [RevealFact(NOW - span * index, elsewhere) for index in range(count)]


def found(reveals: list[RevealFact], now: datetime = NOW) -> list[tuple[str, int]]:
    return [(one.what, one.count) for one in excesses(reveals, UNUSUAL, now)]


def test_ten_in_an_hour_are_usual_and_eleven_are_not() -> None:
    assert found(every(timedelta(minutes=1), 10)) == []
    assert found(every(timedelta(minutes=1), 11)) == [("reveals_in_an_hour", 11)]


@pytest.mark.parametrize(
    ("later", "unusual"), [(HOUR - SECOND, True), (HOUR, False), (HOUR + SECOND, False)]
)
def test_an_hour_is_an_hour(later: timedelta, unusual: bool) -> None:
    ten = every(timedelta(0), 10)

    assert bool(found([*ten, RevealFact(NOW + later)], NOW + later)) is unusual


def test_thirty_in_a_day_are_usual_and_thirty_one_are_not() -> None:
    assert found(every(timedelta(minutes=40), 30)) == []
    assert found(every(timedelta(minutes=40), 31)) == [("reveals_in_a_day", 31)]


def test_five_a_day_elsewhere_are_usual_and_six_are_not() -> None:
    assert found(every(HOUR, 5, elsewhere=True)) == []
    assert found(every(HOUR, 6, elsewhere=True)) == [("reveals_elsewhere", 6)]


@pytest.mark.parametrize(
    ("later", "stands"), [(7 * DAY - SECOND, True), (7 * DAY, False), (7 * DAY + SECOND, False)]
)
def test_what_was_unusual_stands_for_a_week(later: timedelta, stands: bool) -> None:
    burst = every(timedelta(0), 11)

    assert bool(found(burst, NOW + later)) is stands


def test_nothing_after_now_counts() -> None:
    assert found(every(timedelta(0), 11), NOW - SECOND) == []


def test_the_flag_says_how_many() -> None:
    load = OfficerFacts(0, reveals=tuple(every(timedelta(minutes=1), 12)))

    (finding,) = officer_findings(load, POLICY, NOW)

    assert finding.kind == FlagKind.UNUSUAL_REVEALS
    assert explanation(finding, NOW) == "12 reveals within an hour; usual up to 10"


def test_a_load_and_reveals_are_two_findings() -> None:
    load = OfficerFacts(21, reveals=tuple(every(HOUR, 6, elsewhere=True)))

    kinds = [finding.kind for finding in officer_findings(load, POLICY, NOW)]

    assert kinds == [FlagKind.OVERLOADED, FlagKind.UNUSUAL_REVEALS]


@pytest.mark.parametrize(
    ("ago", "refused"), [(HOUR - SECOND, True), (HOUR, False), (HOUR + SECOND, False)]
)
def test_the_twenty_first_within_an_hour_is_refused(ago: timedelta, refused: bool) -> None:
    assert is_too_many([NOW - ago] * 20, RULE, NOW) is refused
    assert not is_too_many([NOW - ago] * 19, RULE, NOW)


@pytest.mark.parametrize("ago", [DAY - SECOND, DAY])
def test_the_sixty_first_within_a_day_is_refused(ago: timedelta) -> None:
    spread = [NOW - ago] + [NOW - HOUR * 2] * 59

    assert is_too_many(spread, RULE, NOW) is (ago < DAY)


def test_the_limits_are_the_policys() -> None:
    assert is_too_many([NOW], replace(RULE, most_in_an_hour=1), NOW)
    assert RULE.shown == timedelta(minutes=5)
