"""Do pages say dates and spans as people do?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from cases.selectors.cards import running_state, short_label
from cases.templatetags.unit import day, in_words, late_or_left, moment, moment_tag

INSTANT = datetime(2026, 11, 23, 20, 2, tzinfo=UTC)


def test_an_instant_is_said_in_the_units_time_zone() -> None:
    assert moment(INSTANT) == "23 Nov 2026 14:02"
    assert moment(datetime(2026, 7, 4, 5, 0, tzinfo=UTC)) == "4 Jul 2026 00:00"
    assert moment(None) == ""


def test_a_time_element_is_readable_by_machines() -> None:
    assert moment_tag(INSTANT) == (
        '<time datetime="2026-11-23T20:02:00+00:00">23 Nov 2026 14:02</time>'
    )


def test_a_day_is_the_units_day() -> None:
    assert day(datetime(2026, 11, 24, 5, 59, tzinfo=UTC)) == "23 Nov 2026"
    assert day(datetime(2026, 11, 24, 6, 0, tzinfo=UTC)) == "24 Nov 2026"
    assert day(date(2026, 11, 24)) == "24 Nov 2026"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=59), "under a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=41, hours=23), "41 days"),
        (timedelta(days=1200), "1,200 days"),
        (-timedelta(days=6), "6 days"),
        (None, ""),
    ],
)
def test_a_span_is_said_in_one_unit_and_never_rounded_up(span: timedelta, said: str) -> None:
    assert in_words(span) == said


def test_what_is_left_and_what_is_late_read_differently() -> None:
    assert late_or_left(timedelta(hours=5)) == "in 5 hours"
    assert late_or_left(-timedelta(days=6)) == "6 days late"


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("Suspect's relation and present access", "suspect's relation and present access"),
        ("Children's Division notified: time and call id", "Children's Division notified"),
        ("Reporter: name, role", "reporter"),
        ("Next action, its owner", "next action"),
        ("Food", "food"),
    ],
)
def test_a_label_reads_inside_a_sentence(label: str, short: str) -> None:
    assert short_label(label) == short


def test_due_exactly_now_is_not_late() -> None:
    second = timedelta(seconds=1)

    assert running_state(INSTANT, INSTANT + second) == "overdue"
    assert running_state(INSTANT, INSTANT) == "soon"
    assert running_state(INSTANT + timedelta(hours=72) + second, INSTANT) == "running"
