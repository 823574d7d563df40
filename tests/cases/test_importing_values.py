"""What does a cell mean, and where is it refused? Tables of what other departments write."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.enums import AgeBand
from cases.services.importing.errors import RowRefused
from cases.services.importing.values import (
    at_clock,
    band_of_age,
    birth_day,
    identity_of_name,
    iso_day,
    iso_instant,
    local_instant,
    yes,
)

CHICAGO = ZoneInfo("America/Chicago")
MIDNIGHT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02T09:00-06:00", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("2026-03-02T09:00:30+00:00", datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)),
        ("2026-03-02 09:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
    ],
)
def test_iso_instants(text: str, instant: datetime) -> None:
    assert iso_instant(text, "x") == instant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("yesterday", "not an ISO 8601 time"),
        ("2026-03-02T09:00", "no offset"),
        ("0001-01-01T00:00+14:00", "outside the calendar"),
        ("1899-12-31T00:00Z", "before 1900"),
    ],
)
def test_what_is_no_iso_instant(text: str, why: str) -> None:
    with pytest.raises(RowRefused, match=why):
        iso_instant(text, "x")


def test_iso_days_from_1900_on() -> None:
    assert iso_day("1900-01-01", "x") == date(1900, 1, 1)
    with pytest.raises(RowRefused, match="before 1900"):
        iso_day("1899-12-31", "x")


@pytest.mark.parametrize(
    ("text", "formats", "instant"),
    [
        ("3/2/2026 9:05", ("%m/%d/%Y %H:%M",), datetime(2026, 3, 2, 15, 5, tzinfo=UTC)),
        ("02.03.2026", ("%m/%d/%Y", "%d.%m.%Y"), MIDNIGHT),
        (
            "03/02/2026 12:05:09 AM",
            ("%m/%d/%Y %I:%M:%S %p",),
            datetime(2026, 3, 2, 6, 5, 9, tzinfo=UTC),
        ),
        ("2026-03-02T00:00:00+01:00", ("iso",), datetime(2026, 3, 1, 23, tzinfo=UTC)),
        # The hour that a clock change leaves out, and the first of the one that it repeats.
        ("3/8/2026 2:30", ("%m/%d/%Y %H:%M",), datetime(2026, 3, 8, 8, 30, tzinfo=UTC)),
        ("11/1/2026 1:30", ("%m/%d/%Y %H:%M",), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_local_instants(text: str, formats: tuple[str, ...], instant: datetime) -> None:
    assert local_instant(text, formats, CHICAGO, "x") == instant


def test_a_date_in_none_of_the_formats_is_refused_without_its_text() -> None:
    with pytest.raises(RowRefused, match=r"any of the date formats given: %d\.%m\.%Y") as refused:
        local_instant("Zephyrine", ("%d.%m.%Y",), CHICAGO, "x")
    assert "Zephyrine" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("1545", 15, 45), ("830", 8, 30), ("5", 0, 5), ("0", 0, 0), ("0005", 0, 5),
        ("15:45", 15, 45), ("15.45", 15, 45), ("3:45 PM", 15, 45), ("12:05 a.m.", 0, 5),
        ("12:00pm", 12, 0), ("8:30:00.000", 8, 30), ("2359", 23, 59),
    ],
)  # fmt: skip
def test_times_of_day(text: str, hour: int, minute: int) -> None:
    read = at_clock(MIDNIGHT, text, CHICAGO, "x").astimezone(CHICAGO)

    assert (read.hour, read.minute, read.date()) == (hour, minute, date(2026, 3, 2))


def test_2400_is_the_end_of_the_day() -> None:
    assert at_clock(MIDNIGHT, "2400", CHICAGO, "x") == datetime(2026, 3, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2401", "1260", "25:00", "13:00 PM", "0:00 AM", "noon", "-5", "²"]
)
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(RowRefused, match="not a time of day"):
        at_clock(MIDNIGHT, text, CHICAGO, "x")


@pytest.mark.parametrize(
    ("text", "formats", "day"),
    [
        ("02/09/18", ("%m/%d/%y",), date(2018, 2, 9)),
        ("03/03/26", ("%m/%d/%y",), date(1926, 3, 3)),
        ("03/02/26", ("%m/%d/%y",), date(2026, 3, 2)),
        ("2018-02-09", ("iso",), date(2018, 2, 9)),
    ],
)
def test_birth_days_lie_before_the_report(text: str, formats: tuple[str, ...], day: date) -> None:
    assert birth_day(text, formats, date(2026, 3, 2), "x") == day


@pytest.mark.parametrize("text", ["2026-03-03", "1905-01-01"])
def test_a_birth_day_nobody_alive_has(text: str) -> None:
    with pytest.raises(RowRefused, match="no birth date of somebody alive"):
        birth_day(text, ("iso",), date(2026, 3, 2), "x")


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("0", AgeBand.UNDER_3), ("2", AgeBand.UNDER_3), ("3", AgeBand.FROM_3),
        ("9", AgeBand.FROM_6), ("10", AgeBand.FROM_10), ("17", AgeBand.FROM_16),
        ("18", AgeBand.ADULT), ("45", AgeBand.ADULT),
        ("7 yrs", AgeBand.FROM_6), ("7.0", AgeBand.FROM_6),
        ("8 mo", AgeBand.UNDER_3),
        ("3 weeks", AgeBand.UNDER_3), ("-1", AgeBand.UNKNOWN), ("120", AgeBand.ADULT),
    ],
)  # fmt: skip
def test_ages(text: str, band: AgeBand) -> None:
    assert band_of_age(text, "x") == band


@pytest.mark.parametrize("text", ["121", "seven", "7-9", "99999999999"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(RowRefused, match="not an age"):
        band_of_age(text, "x")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Odalys Brackwater", "Odalys", "Brackwater"),
        ("Brackwater, Odalys", "Odalys", "Brackwater"),
        ("Odalys  Ann Brackwater", "Odalys Ann", "Brackwater"),
        ("Odalys Brackwater Jr.", "Odalys", "Brackwater Jr."),
        ("Brackwater Odalys, Jr", "Brackwater", "Odalys Jr"),
        ("Odalys", "", "Odalys"),
        ("", "", ""),
    ],
)
def test_names_in_one_cell(text: str, first: str, last: str) -> None:
    identity = identity_of_name(text)

    assert (identity.get("first_name", ""), identity.get("last_name", "")) == (first, last)


@pytest.mark.parametrize(
    ("text", "means"),
    [("Y", True), ("yes", True), ("1", True), ("N", False), ("", False), ("0", False)],
)
def test_yes_and_no(text: str, means: bool) -> None:
    assert yes(text, "x") is means


def test_neither_yes_nor_no() -> None:
    with pytest.raises(RowRefused, match="neither yes nor no"):
        yes("perhaps", "x")


@given(st.text(max_size=40))
def test_no_text_brings_anything_but_a_value_or_a_refusal(text: str) -> None:
    for read in (
        lambda: iso_instant(text, "x"),
        lambda: iso_day(text, "x"),
        lambda: local_instant(text, ("%m/%d/%Y", "iso"), CHICAGO, "x"),
        lambda: at_clock(MIDNIGHT, text, CHICAGO, "x"),
        lambda: birth_day(text, ("iso", "%m/%d/%y"), date(2026, 3, 2), "x"),
        lambda: band_of_age(text, "x"),
        lambda: yes(text, "x"),
        lambda: identity_of_name(text),
    ):
        assert _sentence(read).startswith("x ")


def _sentence(read: Callable[[], object]) -> str:
    try:
        read()
    except RowRefused as refused:
        return str(refused)
    return "x means something."
