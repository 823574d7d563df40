"""Does the viewer find exactly the entries it asks for, each once, page by page?"""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from audit.context import Actor
from audit.events import Event, Outcome
from audit.models import Entry
from audit.recorder import record
from audit.selectors import BadCursor, Cursor, Filters, entries, matching
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db

FIRST, SECOND = Actor("1", "first"), Actor("2", "second")


@pytest.fixture
def log(now: datetime) -> dict[str, Entry]:
    """Five entries, a second apart."""
    return {
        "viewed": record(
            Event.CASE_VIEWED, at=now, actor=FIRST, subject_type="case", subject_id="A"
        ),
        "listed": record(
            Event.CASE_LISTED,
            at=now + timedelta(seconds=1),
            actor=FIRST,
            subject_type="case",
            details={"cases": ["A", "B"]},
        ),
        "revealed": record(
            Event.IDENTITY_REVEALED,
            at=now + timedelta(seconds=2),
            actor=SECOND,
            subject_type="victim",
            subject_id="V",
            details={"case": "A"},
        ),
        "denied": record(
            Event.CASE_VIEWED,
            at=now + timedelta(seconds=3),
            actor=SECOND,
            subject_type="case",
            subject_id="B",
            outcome=Outcome.DENIED,
        ),
        "other": record(Event.SIGNED_IN, at=now + timedelta(seconds=4), actor=SECOND),
    }


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"viewed", "listed", "revealed", "denied", "other"}),
        (Filters(actor_id="1"), {"viewed", "listed"}),
        (Filters(event=Event.CASE_VIEWED), {"viewed", "denied"}),
        (Filters(outcome=Outcome.DENIED), {"denied"}),
        (Filters(subject_type="case"), {"viewed", "listed", "denied"}),
        (Filters(subject_type="victim", subject_id="V"), {"revealed"}),
        (Filters(case="A"), {"viewed", "listed", "revealed"}),
        (Filters(case="B"), {"listed", "denied"}),
        (Filters(case="B", actor_id="1"), {"listed"}),
        (Filters(case="C"), set()),
    ],
)
def test_each_filter_finds_exactly_its_entries(
    log: dict[str, Entry], filters: Filters, expected: set[str]
) -> None:
    found = entries(filters=filters).entries

    exact_sets([entry.pk for entry in found], [log[name].pk for name in expected])


@pytest.mark.parametrize(
    ("offset", "since", "until"),
    [
        (-timedelta(microseconds=1), True, False),
        (timedelta(0), True, False),
        (timedelta(microseconds=1), False, True),
    ],
)
def test_times_include_their_start_and_exclude_their_end(
    log: dict[str, Entry], now: datetime, offset: timedelta, since: bool, until: bool
) -> None:
    bound = now + offset

    after = entries(filters=Filters(from_at=bound)).entries
    before = entries(filters=Filters(before_at=bound)).entries

    assert (log["viewed"] in after, log["viewed"] in before) == (since, until)


def test_newest_stand_first(log: dict[str, Entry]) -> None:
    assert entries().entries == list(log.values())[::-1]


@pytest.mark.parametrize("filters", [Filters(), Filters(case="A")])
@pytest.mark.parametrize("size", [1, 2, 4, 5, 6])
def test_pages_hold_every_entry_once_even_at_the_same_instant(
    now: datetime, size: int, filters: Filters
) -> None:
    made = [
        record(Event.CASE_VIEWED, at=now, subject_type="case", subject_id="A") for _ in range(5)
    ]
    seen: list[Entry] = []

    page = entries(filters=filters, limit=size)
    seen += page.entries
    while page.next:
        page = entries(filters=filters, limit=size, after=Cursor.parse(page.next.token))
        seen += page.entries

    assert seen == made[::-1]


def test_what_touched_a_case_is_found_by_index_and_not_by_walking_the_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = matching(filters=Filters(case="A"))[:50].explain()

    for month in ("2026_02", "2026_03", "2026_04", "stray"):
        assert f"audit_entry_{month}_details_idx" in plan
        assert f"audit_entry_{month}_subject_type_subject_id_at_id_idx" in plan
        assert f"audit_entry_{month}_at_id_idx" not in plan


def test_the_last_page_says_so(now: datetime) -> None:
    record(Event.CASE_VIEWED, at=now)

    assert entries(limit=1).next is None


@pytest.mark.parametrize(
    "token", ["", "x", "2026-03-02T15:00:00+00:00", "2026-03-02T15:00:00_7", "now_7", "_"]
)
def test_a_damaged_page_marker_is_refused_in_words(token: str) -> None:
    with pytest.raises(BadCursor, match="first page"):
        Cursor.parse(token)
