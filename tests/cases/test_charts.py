"""Do the figures count the open cases one supervises, and lead to the list behind each mark?"""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import FlagKind, FlagStatus, RoleCode, Step
from cases.figures.drawing import figures
from cases.models import Account, Squad
from cases.selectors.charts import (
    IN_TIME,
    LATE,
    WAITING,
    charts,
    flags_of_week,
    monday_of,
    open_cases,
    weekly_flags,
)
from cases.selectors.ranked import NOBODY, Filters
from tests.cases.pages import Desk, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    CaseFactory,
    FlagFactory,
    OfficerFactory,
    SquadFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def squad() -> Squad:
    return SquadFactory.create()


@pytest.fixture
def captain() -> Account:
    return AccountFactory.create(role=RoleCode.CAPTAIN)


def aged(squad: Squad, age: timedelta, **fields: Any) -> Any:
    return CaseFactory.create(squad=squad, received_at=NOW - age, **fields)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (timedelta(0), "0 to 30"),
        (31 * DAY - SECOND, "0 to 30"),
        (31 * DAY, "31 to 60"),
        (61 * DAY - SECOND, "31 to 60"),
        (366 * DAY - SECOND, "181 to 365"),
        (366 * DAY, "over 365"),
        (4000 * DAY, "over 365"),
    ],
)
def test_a_case_counts_in_the_band_of_its_age(
    squad: Squad, captain: Account, age: timedelta, band: str
) -> None:
    aged(squad, age)

    counted = {tally.label: tally.count for tally in open_cases(viewer_for(captain), NOW).ages}

    assert {label for label, count in counted.items() if count} == {band}


@pytest.mark.parametrize(
    ("settled", "required", "band"),
    [
        (0, 20, "0 to 24"),
        (4, 20, "0 to 24"),
        (5, 20, "25 to 49"),
        (9, 20, "25 to 49"),
        (10, 20, "50 to 74"),
        (19, 20, "75 to 99"),
        (20, 20, "100"),
        (None, None, "Not counted"),
    ],
)
def test_a_report_counts_in_the_band_of_its_share(
    squad: Squad, captain: Account, settled: int | None, required: int | None, band: str
) -> None:
    CaseFactory.create(squad=squad, settled=settled, required=required)

    counted = {tally.label: tally.count for tally in open_cases(viewer_for(captain), NOW).shares}

    assert {label for label, count in counted.items() if count} == {band}


def test_load_and_divisions_count_open_cases_and_what_is_past_due(
    squad: Squad, captain: Account
) -> None:
    officer = OfficerFactory.create(squad=squad, name="Invented Amberley")
    for due_at in (NOW - SECOND, NOW, None):
        CaseFactory.create(
            squad=squad, state="active", detective=officer, next_due_at=due_at, division="North"
        )
    CaseFactory.create(squad=squad, division="")
    CaseFactory.create(squad=squad, closed=True, division="North")

    counted = open_cases(viewer_for(captain), NOW)

    assert [(one.label, one.count, one.past_due) for one in counted.detectives] == [
        ("Invented Amberley", 3, 1),
        ("Nobody", 1, 0),
    ]
    assert [(one.label, one.count, one.past_due) for one in counted.divisions] == [
        ("North", 3, 1),
        ("No division", 1, 0),
    ]
    assert counted.total == 4


def test_figures_count_what_the_viewer_supervises(squad: Squad, captain: Account) -> None:
    sergeant = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)
    CaseFactory.create(squad=squad)
    walled = CaseFactory.create(squad=SquadFactory.create())
    WallFactory.create(case=walled, account=captain)
    CaseFactory.create()

    assert open_cases(viewer_for(sergeant), NOW).total == 1
    assert open_cases(viewer_for(captain), NOW).total == 2
    assert open_cases(viewer_for(captain), NOW, Filters(squad=squad.pk)).total == 1


# -- flags over time ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"acknowledge_by": NOW}, WAITING),
        ({"acknowledge_by": NOW - SECOND}, LATE),
        ({"acknowledged": True, "acknowledge_by": NOW - HOUR}, IN_TIME),
        ({"acknowledged": True, "acknowledge_by": NOW - HOUR - SECOND}, LATE),
        ({"resolved": True, "acknowledge_by": NOW - HOUR}, IN_TIME),
        ({"resolved": True, "acknowledge_by": NOW - HOUR - SECOND}, LATE),
        ({"waived": True}, IN_TIME),
        ({"step": Step.CAPTAIN, "acknowledge_by": NOW + HOUR}, LATE),
    ],
)
def test_a_flag_is_in_time_late_or_still_has_time(
    squad: Squad, captain: Account, fields: dict[str, Any], answer: str
) -> None:
    case = CaseFactory.create(squad=squad)
    flag = FlagFactory.create(case=case, raised_at=NOW - 2 * DAY, **fields)
    viewer = viewer_for(captain)
    week = monday_of(date(2026, 3, 11))

    latest = weekly_flags(viewer, NOW)[-1]

    counts = {IN_TIME: latest.in_time, LATE: latest.late, WAITING: latest.waiting}
    assert {name for name, count in counts.items() if count} == {answer}
    for name, count in counts.items():
        rows = flags_of_week(viewer, NOW, Filters(), week, name)
        assert len(rows) == count
    (row,) = flags_of_week(viewer, NOW, Filters(), week)
    assert (row.number, row.status) == (case.number, FlagStatus(flag.status).label)


def test_a_week_begins_on_monday_midnight_by_the_units_clock(
    squad: Squad, captain: Account
) -> None:
    case = CaseFactory.create(squad=squad)
    midnight = NOW.replace(day=9, hour=5, minute=0)
    for kind, raised_at in (
        (FlagKind.STALLED, midnight - SECOND),
        (FlagKind.BACKFILLED, midnight),
    ):
        FlagFactory.create(case=case, kind=kind, raised_at=raised_at)

    before, latest = weekly_flags(viewer_for(captain), NOW)[-2:]

    assert (before.starts_on, before.raised, before.stalled) == (date(2026, 3, 2), 1, 1)
    assert (latest.starts_on, latest.raised, latest.stalled) == (date(2026, 3, 9), 1, 0)


def test_twelve_weeks_are_shown_and_what_is_older_is_not(squad: Squad, captain: Account) -> None:
    FlagFactory.create(case=CaseFactory.create(squad=squad), raised_at=NOW - 90 * DAY)

    weeks = weekly_flags(viewer_for(captain), NOW)

    assert (len(weeks), sum(week.raised for week in weeks)) == (12, 0)


def test_flags_of_other_squads_are_not_counted(squad: Squad) -> None:
    sergeant = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)
    FlagFactory.create(case=CaseFactory.create(squad=SquadFactory.create()))

    assert weekly_flags(viewer_for(sergeant), NOW)[-1].raised == 0


def test_counting_all_takes_few_queries(squad: Squad, captain: Account) -> None:
    CaseFactory.create_batch(5, squad=squad)
    viewer = viewer_for(captain)

    with CaptureQueriesContext(connection) as asked:
        charts(viewer, NOW)

    assert len(asked) <= 4


# -- drawn --------------------------------------------------------------------------------------


def test_every_mark_leads_to_its_list_and_stands_in_the_table(
    squad: Squad, captain: Account
) -> None:
    officer = OfficerFactory.create(squad=squad)
    CaseFactory.create(squad=squad, state="active", detective=officer, settled=3, required=20)
    CaseFactory.create(squad=squad, division="")
    FlagFactory.create(case=CaseFactory.create(squad=squad))
    drawn = charts(viewer_for(captain), NOW)

    for figure in figures(drawn.open_cases, drawn.weeks, Filters()):
        assert figure.marks
        assert len(figure.table.rows) == len(figure.marks)
        for mark in figure.marks:
            urls = [mark.url] if mark.url else [part.url for part in mark.parts]
            assert all(url.startswith("/") for url in urls)
            assert all(0 <= part.size <= 200 for part in mark.parts)


def test_a_mark_of_the_load_leads_to_that_detectives_open_cases(desk: Desk) -> None:
    case = desk.held_case()
    nobodys = CaseFactory.create(squad=desk.squad, supervisor=desk.sergeant.officer)
    page = desk.as_sergeant.get(reverse("dashboard")).content.decode()
    officer = desk.detective.officer
    assert officer is not None

    links = re.findall(r'<a href="(/cases/\?[^"]*detective=[^"]*)">', page)

    held, loose = (
        next(link for link in links if f"detective={key}" in link) for key in (officer.pk, NOBODY)
    )
    said = words(desk.as_sergeant.get(held.replace("&amp;", "&")))
    assert case.number in said
    assert nobodys.number not in said
    said = words(desk.as_sergeant.get(loose.replace("&amp;", "&")))
    assert nobodys.number in said
    assert case.number not in said


def test_the_list_behind_a_week_names_its_flags_and_leaves_an_entry(desk: Desk) -> None:
    case = desk.held_case()
    FlagFactory.create(case=case, raised_at=NOW - HOUR)

    response = desk.as_sergeant.get(reverse("flag-list"), {"week": "2026-03-09"})

    assert case.number in words(response)
    entry = Entry.objects.get(event=Event.DASHBOARD_VIEWED)
    assert entry.details == {"cases": [str(case.pk)], "week": "2026-03-09"}


@pytest.mark.parametrize("query", ["?week=x", "?week=2026-13-40", "", "?answer=x"])
def test_a_damaged_week_shows_the_present_one(desk: Desk, query: str) -> None:
    response = desk.as_sergeant.get(reverse("flag-list") + query)

    assert "Flags raised in the week of 9 Mar 2026" in words(response)


def test_a_detective_over_the_limit_stands_out(desk: Desk) -> None:
    for _ in range(21):
        desk.held_case()

    said = words(desk.as_sergeant.get(reverse("dashboard")))

    assert "1 over the limit of 20 open cases" in said
