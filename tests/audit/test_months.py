"""Does every entry lie in its month, whenever it is of, and can nothing be changed there either?"""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import tasks
from audit.content import COLUMNS
from audit.events import Event
from audit.models import Entry
from audit.months import begins_at, following, log_months, made_months, make, make_due, month_of
from audit.recorder import record
from audit.sealing import seal
from audit.verification import verify
from tests.audit.sealing_log import entries, parts, rows, run, sealed_log

pytestmark = pytest.mark.django_db

YEAR = timedelta(days=365)
JANUARY, FEBRUARY, MARCH, APRIL, MAY = (date(2026, month, 1) for month in range(1, 6))


def of(at: datetime) -> Entry:
    with transaction.atomic():
        return record(Event.CASE_VIEWED, at=at, subject_type="case", subject_id="invented")


def table_of(entry: Entry) -> str:
    ((name,),) = rows("SELECT tableoid::regclass::text FROM audit_entry WHERE id = %s", entry.pk)
    return str(name)


@pytest.mark.parametrize(
    ("at", "table"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), "audit_entry_2026_03"),
        (datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC), "audit_entry_2026_02"),
        (
            datetime(2026, 2, 28, 19, tzinfo=timezone.get_fixed_timezone(-360)),
            "audit_entry_2026_03",
        ),
        (datetime(2025, 12, 31, tzinfo=UTC), "audit_entry_stray"),
        (datetime(2026, 5, 1, tzinfo=UTC), "audit_entry_stray"),
    ],
    ids=("first moment", "last moment", "by UTC", "before all months", "after all months"),
)
def test_an_entry_lies_in_its_month(at: datetime, table: str) -> None:
    assert table_of(of(at)) == table


def test_each_part_refuses_every_change_by_itself(now: datetime) -> None:
    of(now)
    of(now - YEAR)

    assert len(parts()) == 4
    for part in parts():
        for statement in ("UPDATE {} SET reason = ''", "DELETE FROM {} WHERE false", "TRUNCATE {}"):
            with pytest.raises(Error, match=f"{part} is append-only"), transaction.atomic():
                run(statement.format(part))
        triggers = rows("SELECT tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass", part)
        assert triggers == [("A",), ("A",)]


def test_months_are_made_three_ahead_once_and_on_record(now: datetime) -> None:
    assert make_due(now=now) == ["2026-05", "2026-06"]
    assert make_due(now=now) == []

    assert made_months()[-1] == date(2026, 6, 1)
    assert log_months(now=now).ahead == 3
    assert not log_months(now=now).is_short
    entry = Entry.objects.get()
    assert (entry.event, entry.details) == (
        Event.AUDIT_MONTHS_MADE,
        {"months": ["2026-05", "2026-06"]},
    )


def test_a_new_month_is_as_the_others_are(now: datetime) -> None:
    make_due(now=now)
    described = (
        "SELECT count(*), count(DISTINCT indisprimary) FROM pg_index WHERE indrelid = %s::regclass"
    )

    assert rows(described, "audit_entry_2026_06") == rows(described, "audit_entry_2026_03")
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        run("TRUNCATE audit_entry_2026_06")
    with pytest.raises(Error, match="audit_entry_event_named"), transaction.atomic():
        Entry.objects.create(at=now + 3 * timedelta(days=30), event="Not a name")


def test_months_not_made_are_an_alarm(now: datetime) -> None:
    later = now + timedelta(days=31)

    assert (log_months(now=now).ahead, log_months(now=now).is_short) == (1, True)
    assert log_months(now=later).ahead == 0
    make_due(now=now)
    assert not log_months(now=later).is_short


def test_a_gap_counts_as_the_end(now: datetime) -> None:
    make({date(2026, 6, 1), date(2026, 7, 1)}, now=now)

    assert log_months(now=now).ahead == 1


def test_strays_are_an_alarm_and_move_into_their_months_as_they_were(now: datetime) -> None:
    placed = of(now)
    strays = [of(now - YEAR), of(now + timedelta(days=100)), of(now + timedelta(days=100))]
    before = everything()
    assert log_months(now=now).has_strays

    assert make_due(now=now) == ["2025-03", "2026-05", "2026-06"]

    tables = [table_of(entry) for entry in (placed, *strays)]
    assert tables == [
        "audit_entry_2026_03",
        "audit_entry_2025_03",
        "audit_entry_2026_06",
        "audit_entry_2026_06",
    ]
    assert everything()[:4] == before
    assert not log_months(now=now).has_strays
    assert rows("SELECT to_regclass('audit_entry_moving')") == [(None,)]


def test_strays_that_no_month_takes_stay_and_can_be_read(now: datetime) -> None:
    far, early = of(now + 40 * YEAR), of(datetime(1999, 12, 31, tzinfo=UTC))
    late = of(now - YEAR)

    make_due(now=now)

    assert {table_of(far), table_of(early)} == {"audit_entry_stray"}
    assert table_of(late) == "audit_entry_2025_03"
    assert log_months(now=now).has_strays


def everything() -> list[tuple[object, ...]]:
    return rows(f"SELECT {COLUMNS} FROM audit_entry e ORDER BY e.id")


@pytest.mark.parametrize(
    "asked",
    [
        "'{1999-12-01}'",
        "ARRAY[current_date + 800]",
        "ARRAY(SELECT date '2000-01-01' + 32 * n "
        "FROM generate_series(1, 250) n) || ARRAY(SELECT date '2010-01-01' - 31 * n "
        "FROM generate_series(1, 250) n) || ARRAY[current_date + 3000]",
    ],
    ids=("too early", "too late", "among others"),
)
def test_no_more_is_made_than_a_log_can_want(asked: str) -> None:
    with pytest.raises(Error, match="from 2000 to a year ahead"), transaction.atomic():
        run(f"SELECT audit_make_months({asked})")


def test_a_number_is_never_given_twice_across_months(now: datetime) -> None:
    numbers = [of(at).pk for at in (now, now - YEAR, now + YEAR, now)]

    assert numbers == sorted(set(numbers))


def test_one_page_of_a_search_goes_through_all_months(now: datetime) -> None:
    written = [of(now - timedelta(days=31 * back)) for back in range(4)]

    assert [entry.pk for entry in Entry.objects.all()] == [entry.pk for entry in written]


@pytest.mark.django_db(transaction=True)
class TestCommitted:
    """What is seen only between transactions, or leaves tables behind."""

    def test_a_log_across_months_is_sealed_in_order_and_sound(self, now: datetime) -> None:
        """Not in the order of its times: strays, months to come, and one of long ago."""
        times = [now, now + 40 * YEAR, now - YEAR, now + timedelta(days=40), now]
        written = [of(at) for at in times]

        assert seal(now=now, batch=2) == 5
        report = verify()

        assert (report.findings, report.entries) == ([], 5)
        sealed = rows("SELECT entry_id FROM audit_leaf ORDER BY index")
        assert sealed == [(entry.pk,) for entry in written]

    def test_what_comes_next_is_read_from_every_months_index_and_never_sorted(
        self, now: datetime
    ) -> None:
        sealed_log(3, now)
        entries(2, now)
        with CaptureQueriesContext(connection) as queries:
            seal(now=now)
        (asked, *_) = [one["sql"] for one in queries if "AND (e.xid, e.id) >" in one["sql"]]
        with transaction.atomic():
            run("SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off")
            plan = "\n".join(str(line) for (line,) in rows(f"EXPLAIN {asked}"))

        assert "Merge Append" in plan
        assert "Sort  (" not in plan
        assert plan.count("_cluster_xid_id_idx") == len(parts())

    def test_moving_strays_changes_nothing_that_was_sealed(self, now: datetime) -> None:
        strays = [of(now - timedelta(days=200 + number)) for number in range(40)]
        seal(now=now, batch=7)
        waiting = of(now - YEAR)

        make_due(now=now)
        assert verify().is_sound
        assert seal(now=now) == 2

        report = verify()
        assert (report.findings, report.entries) == ([], 42)
        assert table_of(waiting) == "audit_entry_2025_03"
        assert "audit_entry_stray" not in {table_of(entry) for entry in strays}

    def test_an_older_snapshot_moves_nothing(self, now: datetime) -> None:
        of(now - YEAR)
        run("SET default_transaction_isolation = 'repeatable read'")
        with pytest.raises(Error, match="READ COMMITTED"):
            make_due(now=now)
        run("RESET default_transaction_isolation")

        assert log_months(now=now).has_strays

    def test_an_entry_put_there_twice_is_found_and_holds_nobody_up(self, now: datetime) -> None:
        """The number is unique within a month only; another's time takes it to another."""
        first = sealed_log(3, now)[1]
        copied = "event, outcome, actor_id, actor_label, session, subject_type, subject_id, reason"
        for days in (20, 40, 41):
            run(
                f"INSERT INTO audit_entry (id, at, {copied}, changes, details) "
                f"SELECT id, at + interval '{days} days', {copied}, '{{}}', '{{}}' "
                f"FROM audit_entry WHERE id = {first.pk} AND at = '{now.isoformat()}'"
            )
        entries(2, now, first=3)

        assert seal(now=now) == 2
        finding = verify().findings[0]
        assert (str(finding), finding.entry_id) == (
            f"inserted: entry {first.pk} stands twice in the log",
            first.pk,
        )

    def test_two_new_entries_of_one_number_are_sealed_once(self, now: datetime) -> None:
        run(
            "INSERT INTO audit_entry (id, at, event, outcome, actor_id, actor_label, session, "
            "subject_type, subject_id, reason, changes, details) "
            f"SELECT 900001, timestamptz '{now.isoformat()}' + n * interval '1 hour', 'exported', "
            "'allowed', 'a', 'a', '', '', '', '', '{}', '{}' FROM generate_series(1, 3) AS n"
        )
        entries(1, now)

        assert seal(now=now) == 2
        assert verify().findings[0].entry_id == 900_001

    def test_the_daily_task_makes_them(self) -> None:
        tasks.make_months()

        assert log_months(now=timezone.now()).ahead == 3
        assert Entry.objects.get().actor_label == "system:make_months"
        tasks.make_months()
        assert Entry.objects.count() == 1

    def test_the_daily_task_says_loudly_what_it_could_not_do(
        self, now: datetime, caplog: pytest.LogCaptureFixture
    ) -> None:
        of(timezone.now() + 2 * YEAR)

        tasks.make_months()

        assert "The audit log lacks months: 3 ahead, strays: True" in caplog.text

    def test_the_command_says_which_there_are_and_makes_what_lacks(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(CommandError, match="0 months are made ahead"):
            call_command("audit_partitions", "--check")
        assert "Made" not in capsys.readouterr().out

        call_command("audit_partitions")

        here = month_of(timezone.now())
        assert f"Made: {here:%Y-%m}" in capsys.readouterr().out
        call_command("audit_partitions", "--check")
        assert f"{following(here):%Y-%m}" in capsys.readouterr().out


def test_a_month_begins_and_ends_by_utc() -> None:
    assert begins_at(JANUARY) == datetime(2026, 1, 1, tzinfo=UTC)
    assert following(date(2026, 12, 1)) == date(2027, 1, 1)
    assert month_of(datetime(2026, 1, 31, 20, tzinfo=timezone.get_fixed_timezone(-360))) == FEBRUARY
