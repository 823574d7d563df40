"""Does the replay say when a sweep would have raised each flag, and keep the score right?"""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string

from cases.enums import OFFICER_FLAGS, FlagKind
from cases.selectors.picture import BOTTOM, RIGHT, picture
from cases.selectors.replay import (
    MUST_APPEAR,
    CaseReplay,
    Expectation,
    RaisedFlag,
    end_of_record,
    next_sweep,
    replay,
    score,
)
from tests.factories import DAY, HOUR, NOW, CaseFactory, ReferralFactory, ResponseFactory

CHICAGO = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("late", "waits"),
    [(0 * SECOND, 0 * SECOND), (SECOND, 5 * MINUTE - SECOND), (5 * MINUTE - SECOND, SECOND)],
)
def test_the_next_sweep_is_at_most_five_minutes_away(late: timedelta, waits: timedelta) -> None:
    assert next_sweep(NOW + late) == NOW + late + waits


@pytest.mark.django_db
def test_a_flag_is_raised_by_the_first_sweep_after_the_breach_and_gone_when_met() -> None:
    case = CaseFactory.create(received_at=NOW, entered_at=NOW)
    ResponseFactory.create(
        case=case, kind="agency_notified", occurred_at=NOW, entered_at=NOW + 6 * HOUR
    )

    (seen,) = replay(start=None, until=NOW + 7 * HOUR)

    assert (seen.number, [flag.label for flag in seen.flags]) == (
        case.number,
        ["stalled: agency_notified"],
    )
    (flag,) = seen.flags
    assert (flag.since, flag.raised_at) == (NOW + 4 * HOUR, NOW + 4 * HOUR + 5 * MINUTE)
    assert (flag.wait, flag.resolved_at) == (5 * MINUTE, NOW + 6 * HOUR)


@pytest.mark.django_db
def test_what_is_over_before_the_next_sweep_is_never_raised() -> None:
    case = CaseFactory.create(received_at=NOW, entered_at=NOW)
    in_between = NOW + 4 * HOUR + MINUTE
    ResponseFactory.create(
        case=case, kind="agency_notified", occurred_at=NOW, entered_at=in_between
    )

    (seen,) = replay(start=None, until=NOW + 5 * HOUR)

    assert seen.flags == ()


@pytest.mark.django_db
def test_only_the_time_asked_for_is_told() -> None:
    CaseFactory.create(received_at=NOW, entered_at=NOW)
    raised_at = NOW + 4 * HOUR + 5 * MINUTE

    def told(start: datetime | None, until: datetime) -> int:
        return sum(len(case.flags) for case in replay(start=start, until=until))

    assert told(None, raised_at - SECOND) == 0
    assert told(None, raised_at) == 1
    assert told(raised_at, raised_at) == 1
    assert told(raised_at + SECOND, raised_at + SECOND) == 0


@pytest.mark.django_db
def test_the_record_ends_with_the_last_entry() -> None:
    assert end_of_record() is None
    case = CaseFactory.create()
    ResponseFactory.create(case=case, occurred_at=NOW, entered_at=NOW + HOUR)
    assert end_of_record() == NOW + HOUR

    ReferralFactory.create(case=case, acknowledged_at=NOW + DAY)
    assert end_of_record() == NOW + DAY


def seen(number: str, *modes: str, wait: timedelta = MINUTE) -> CaseReplay:
    flags = tuple(
        RaisedFlag(*MUST_APPEAR[mode], since=NOW - wait, raised_at=NOW, resolved_at=None)
        for mode in modes
    )
    return CaseReplay(number, flags)


def test_the_score_counts_right_kinds_wrong_flags_and_ways_to_fail() -> None:
    replays = [
        seen("1", "idle", "thin_report", wait=2 * MINUTE),
        seen("2", "idle"),
        seen("3"),
        seen("4", "backfilled"),
        seen("5"),
    ]
    expected = [
        Expectation("1", ("idle",)),
        Expectation("2", ("idle", "no_report")),
        Expectation("3", ("thin_report",)),
        Expectation("4"),
        Expectation("5"),
        Expectation("6", ("idle",)),
    ]

    result = score(replays, expected)

    assert (result.failed, result.flagged) == (3, ("1",))
    assert result.missed == (("2", "no_report"), ("3", "thin_report"))
    assert (result.worked, result.wrongly_flagged) == (2, ("4",))
    assert [(mode.mode, mode.flagged, mode.cases) for mode in result.modes] == [
        ("thin_report", 0, 1),
        ("no_report", 0, 1),
        ("idle", 2, 2),
    ]
    assert (result.median_wait, result.worst_wait) == (90 * SECOND, 2 * MINUTE)
    assert result.not_on_file == ("6",)


def test_nothing_flagged_has_no_wait() -> None:
    result = score([seen("1")], [Expectation("1", ("idle",))])

    assert (result.median_wait, result.worst_wait) == (None, None)


def test_every_way_to_fail_has_its_flag() -> None:
    assert len(MUST_APPEAR) == 12
    assert {kind for kind, _ in MUST_APPEAR.values()} == set(FlagKind) - OFFICER_FLAGS


# -- the picture --------------------------------------------------------------------------------

PUBLIC_ON = date(2019, 2, 7)
FLAGGED = [datetime(2011 + n, 3, 1, tzinfo=UTC) for n in range(5)]


def test_the_picture_rises_with_each_case_and_ends_on_the_day_it_became_public() -> None:
    drawn = picture(FLAGGED, cases=9, public_on=PUBLIC_ON, zone=CHICAGO)

    assert drawn.path.count("V") == 5
    assert drawn.path.endswith(f"H{float(RIGHT)}")
    assert drawn.public_at is not None
    assert (drawn.public_at.at, drawn.end.label) == (RIGHT, "5 of 9 cases flagged")
    assert [mark.label for mark in drawn.years] == [str(year) for year in range(2012, 2020)]
    assert (drawn.counts[0].at, drawn.counts[-1].label) == (BOTTOM, "5")
    assert "Made public on 2019-02-07." in drawn.summary


def test_a_day_before_the_first_flag_is_not_drawn() -> None:
    drawn = picture(FLAGGED, cases=9, public_on=date(2010, 1, 1), zone=CHICAGO)

    assert drawn.public_at is None
    assert drawn.end.at == RIGHT


def test_nothing_flagged_is_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        picture([], cases=9, public_on=PUBLIC_ON, zone=CHICAGO)


def test_the_drawing_is_well_formed_titled_and_without_styles() -> None:
    drawn = picture(FLAGGED, cases=9, public_on=PUBLIC_ON, zone=CHICAGO)

    text = render_to_string("replay.svg", {"picture": drawn})

    root = ET.fromstring(text)  # noqa: S314
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == "Cases flagged over time"
    assert "2019-02-07: made public" in titles
    assert "style=" not in text
    assert "<style" not in text


@pytest.mark.parametrize(
    ("public_on", "late"), [(date(2019, 2, 7), False), (date(2010, 1, 1), True)]
)
def test_the_last_label_stays_inside(public_on: date, late: bool) -> None:
    assert picture(FLAGGED, cases=9, public_on=public_on, zone=CHICAGO).ends_late is late
