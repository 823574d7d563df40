"""Do months leave the log only whole, sealed, seen, by two people and on record?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, IntegrityError, transaction
from pytest_django import Settings

from audit.checkpoints import Signer, log_signer
from audit.events import Event
from audit.exporting import NotAsSealed, export
from audit.faults import Fault
from audit.models import Checkpoint, Entry, Leaf, Retirement
from audit.months import made_months, make
from audit.recorder import record
from audit.retired import Places, opened, signed
from audit.retirement import NotRetired, ask, bundle_name, confirm
from audit.sealing import seal
from audit.verification import Scope, verify
from audit.verifier import NotValid, verdict
from audit.witness import publish
from cases.models import Account, Case
from cases.selectors.lockout import is_lock, last_turn
from tests.audit.sealing_log import as_owner, entries, rows, run
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db(transaction=True)

DECEMBER, JANUARY = date(2024, 12, 1), date(2025, 1, 1)
BEFORE = date(2025, 2, 1)
OLD = datetime(2024, 12, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ORDER = "records schedule PD-12, item 7"
SHE, HE = "R. Invented, badge 4417", "S. Invented, badge 5520"


@pytest.fixture(autouse=True)
def months(transactional_db: None, now: datetime) -> Iterator[None]:
    """Two months that are old enough, beside those around now."""
    make({DECEMBER, JANUARY}, now=now)
    yield
    if found := rows(r"SELECT relname FROM pg_class WHERE relname ~ '^audit_retired_\d{4}_\d{2}$'"):
        with as_owner():
            run(*(f"DROP TABLE {name}" for (name,) in found))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.AUDIT_WITNESS_FILE = str(tmp_path / "witness.txt")
    (tmp_path / "bundles").mkdir()
    return tmp_path / "bundles"


@pytest.fixture
def log(now: datetime) -> list[Entry]:
    """Twelve old entries over two months, whose order in the tree is not that of their times."""
    written = []
    for number in range(12):
        written += entries(1, OLD + ((number * 5) % 12) * DAY, first=number)
        written += entries(1, now, first=100 + number)
    see(now)
    return written


def see(at: datetime) -> None:
    """Seal it all, and let the witness see it."""
    seal(now=at, batch=5)
    publish(now=at)


def asked_for(folder: Path, now: datetime) -> Entry:
    entry, _ = ask(before=BEFORE, order=ORDER, by=SHE, folder=folder, notes="", now=now)
    return entry


def retire(folder: Path, now: datetime) -> None:
    asked = asked_for(folder, now)
    see(now + 2 * MINUTE)
    confirm(number=asked.pk, by=HE, folder=folder, now=now + 3 * MINUTE)
    see(now + 4 * MINUTE)


def old(log: list[Entry]) -> list[Entry]:
    return [entry for entry in log if entry.at.year < 2026]


def test_what_is_retired_is_gone_from_the_log_and_missed_by_nobody(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    retire(folder, now)

    assert not Entry.objects.filter(pk__in=[entry.pk for entry in old(log)]).exists()
    assert Leaf.objects.filter(entry_id__in=[entry.pk for entry in old(log)]).count() == 12
    assert DECEMBER not in made_months()
    report = verify(notes=(folder.parent / "witness.txt").read_text())
    assert (report.findings, report.retired) == ([], 12)
    assert (report.entries, report.leaves) == (report.size - 12, report.size)
    assert [str(one) for one in report.retirements] == [
        f"{count} entries of {month}: retired on 2026-03-02 by {HE}, asked by {SHE}, "
        f"under “{ORDER}”."
        for count, month in ((2, "2024-12"), (10, "2025-01"))
    ]
    told = list(Entry.objects.filter(event=Event.AUDIT_MONTH_RETIRED).order_by("pk"))
    assert [entry.details["month"] for entry in told] == ["2024-12", "2025-01"]
    assert {entry.reason for entry in told} == {ORDER}


def test_verification_says_it_in_words(log: list[Entry], now: datetime, folder: Path) -> None:
    retire(folder, now)
    out = StringIO()

    call_command("verify_audit", stdout=out)

    assert "retired on 2026-03-02" in out.getvalue()
    assert "removed" not in out.getvalue()
    assert "The log is sound." in out.getvalue()


def test_the_log_goes_on_afterwards(log: list[Entry], now: datetime, folder: Path) -> None:
    retire(folder, now)
    entries(3, now, first=200)

    assert seal(now=now) == 3
    assert verify().is_sound
    assert verify(scope=Scope(first_entry=log[5].pk, last_entry=log[12].pk)).is_sound


def test_what_was_retired_stands_apart_unchanged_and_can_not_be_changed(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    retire(folder, now)

    assert rows("SELECT count(*) FROM audit_retired_2025_01") == [(10,)]
    for statement in ("UPDATE {} SET reason = ''", "DELETE FROM {}", "TRUNCATE {}"):
        with pytest.raises(Error, match="append-only"):
            run(statement.format("audit_retired_2025_01"))
    run("DROP TABLE audit_retired_2025_01")
    assert verify().is_sound


def test_the_bundle_proves_to_a_stranger_what_was_retired(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    retire(folder, now)
    for month, count in ((DECEMBER, 2), (JANUARY, 10)):
        place = folder / bundle_name(month)
        valid, words = verdict(place.read_bytes(), log_signer().key.text)
        assert valid
        assert words[0].startswith(f"VALID: {count} entries")
        assert place.stat().st_mode & 0o777 == 0o600


def test_an_export_of_the_rest_is_valid_and_a_selection(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    retire(folder, now)
    bundle = folder / "rest.jsonl"

    call_command("export_audit", str(bundle), stdout=StringIO())

    valid, words = verdict(bundle.read_bytes(), log_signer().key.text)
    assert valid
    assert "They are a selection" in words[2]


def refused(words: str, folder: Path, now: datetime, **given: object) -> None:
    said = {"before": BEFORE, "order": ORDER, "by": SHE, "folder": folder, "notes": "", "now": now}
    with pytest.raises(NotRetired, match=words):
        ask(**said | given)  # type: ignore[arg-type]
    assert not Entry.objects.filter(event=Event.AUDIT_RETIREMENT_ASKED).exists()


@pytest.mark.parametrize("empty", ["", "  ", "PD-12", "\u200b" * 30, "." * 30])
@pytest.mark.parametrize("of", ["order", "by"])
def test_whoever_asks_says_who_and_why(
    log: list[Entry], now: datetime, folder: Path, of: str, empty: str
) -> None:
    refused("Name the order", folder, now, **{of: empty})


def test_nothing_younger_than_a_year_is_asked_for(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    refused("a year at least", folder, now, before=date(2026, 3, 1))
    refused("a year at least", folder, datetime(2026, 1, 31, tzinfo=UTC))


def test_before_the_log_there_is_nothing_to_ask_for(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    refused("no month before", folder, now, before=date(2024, 12, 31))


def test_what_is_not_sealed_is_refused(log: list[Entry], now: datetime, folder: Path) -> None:
    entries(1, OLD, first=50)
    refused("not sealed", folder, now)


def test_what_no_witness_saw_is_refused(log: list[Entry], now: datetime, folder: Path) -> None:
    entries(1, OLD, first=50)
    seal(now=now)
    refused("No witness has seen all of 2024-12", folder, now)


def test_a_month_of_a_case_that_is_open_stays(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    """Its history would begin in the middle; once the case has ended, the month may leave."""
    case = CaseFactory.create(received_at=OLD)
    with transaction.atomic():
        told = {"details": {"case": str(case.pk)}, "subject_type": "referral", "subject_id": "1"}
        record(Event.REFERRAL_RECEIVED, at=OLD, **told)  # type: ignore[arg-type]
    see(now + 2 * MINUTE)

    refused("2024-12 holds the history of 1 cases that are open", folder, now)

    Case.objects.filter(pk=case.pk).update(state="closed", disposition="unfounded")
    retire(folder, now + 4 * MINUTE)
    assert DECEMBER not in made_months()


def test_what_is_not_as_sealed_is_refused_and_no_file_is_left(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    with as_owner():
        run(f"UPDATE audit_entry SET reason = '' WHERE id = {old(log)[0].pk}")

    refused("run verify_audit", folder, now)
    assert not (folder / bundle_name(DECEMBER)).exists()


def test_a_bundle_that_is_there_is_not_written_over(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    (folder / bundle_name(DECEMBER)).write_text("Something else.")

    with pytest.raises(FileExistsError):
        asked_for(folder, now)


def stays(words: str, folder: Path, now: datetime, number: int, by: str = HE) -> None:
    with pytest.raises(NotRetired, match=words):
        confirm(number=number, by=by, folder=folder, now=now)
    assert {DECEMBER, JANUARY} <= set(made_months())
    assert not Retirement.objects.exists()
    assert not Entry.objects.filter(event=Event.AUDIT_MONTH_RETIRED).exists()


def test_nobody_confirms_what_nobody_asked_for(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    for number in (0, log[0].pk):
        stays("Nothing was asked for", folder, now, number)


def test_what_was_asked_for_is_good_for_thirty_days(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    asked = asked_for(folder, now)
    see(now + 2 * MINUTE)

    stays("Nothing was asked for", folder, now + 30 * DAY + MINUTE, asked.pk)
    stays("Nothing was asked for", folder, now - MINUTE, asked.pk)


@pytest.mark.parametrize("by", [SHE, SHE.upper(), "R. Invented - badge 44 17", f"\u200b{SHE}"])
def test_somebody_else_confirms(log: list[Entry], now: datetime, folder: Path, by: str) -> None:
    asked = asked_for(folder, now)
    see(now + 2 * MINUTE)

    stays("Somebody else", folder, now + 3 * MINUTE, asked.pk, by)


def test_nothing_leaves_before_the_witness_knows_of_it(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    asked = asked_for(folder, now)
    stays("No witness has seen yet", folder, now + MINUTE, asked.pk)
    seal(now=now)
    stays("No witness has seen yet", folder, now + MINUTE, asked.pk)


def test_the_bundle_is_the_one_that_was_written(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    asked = asked_for(folder, now)
    see(now + 2 * MINUTE)
    place = folder / bundle_name(JANUARY)
    whole = place.read_bytes()
    place.write_bytes(whole[:-1])
    stays("not the file that was written", folder, now + 3 * MINUTE, asked.pk)

    place.unlink()
    with pytest.raises(FileNotFoundError):
        confirm(number=asked.pk, by=HE, folder=folder, now=now + 3 * MINUTE)
    assert {DECEMBER, JANUARY} <= set(made_months())


def test_what_came_into_the_month_since_keeps_it(
    log: list[Entry], now: datetime, folder: Path
) -> None:
    asked = asked_for(folder, now)
    entries(1, OLD, first=50)
    see(now + 2 * MINUTE)

    stays("no longer what was written out", folder, now + 3 * MINUTE, asked.pk)


def test_it_happens_once(log: list[Entry], now: datetime, folder: Path) -> None:
    retire(folder, now)
    asked = Entry.objects.get(event=Event.AUDIT_RETIREMENT_ASKED)

    with pytest.raises(NotRetired, match="no longer what was written out"):
        confirm(number=asked.pk, by=HE, folder=folder, now=now + 5 * MINUTE)
    assert Retirement.objects.count() == 2


def test_the_commands_ask_and_confirm(folder: Path) -> None:
    """By the clock of today; each step says what comes next."""
    entries(3, OLD)
    see(datetime.now(UTC))
    out, bundles = StringIO(), f"--bundles={folder}"

    call_command(
        "audit_retire",
        "--before=2025-02-01",
        f"--order={ORDER}",
        f"--by={SHE}",
        bundles,
        stdout=out,
    )
    number = Entry.objects.get(event=Event.AUDIT_RETIREMENT_ASKED).pk
    assert f"audit_retire --confirm {number}" in out.getvalue()
    assert "audit-2024-12.jsonl: 1 entries" not in out.getvalue()
    with pytest.raises(CommandError, match="No witness has seen yet"):
        call_command("audit_retire", f"--confirm={number}", f"--by={HE}", bundles)
    see(datetime.now(UTC) + 2 * MINUTE)
    with pytest.raises(CommandError, match="can't be read or written: FileNotFoundError"):
        call_command("audit_retire", f"--confirm={number}", f"--by={HE}", "--bundles=/nowhere")
    call_command("audit_retire", f"--confirm={number}", f"--by={HE}", bundles, stdout=out)

    assert "3 entries of 2024-12: retired on" in out.getvalue()
    assert verify().is_sound


def test_a_lock_is_said_anew_before_its_entry_leaves(
    account: Account, now: datetime, folder: Path
) -> None:
    with transaction.atomic():
        locked = record(Event.ACCOUNT_LOCKED, at=OLD, subject_type="account", subject_id=account.pk)
        for event in (Event.ACCOUNT_LOCKED, Event.ACCOUNT_RELEASED):
            record(event, at=OLD + DAY, subject_type="account", subject_id="somebody")
    see(now)

    retire(folder, now)

    turn = last_turn(account.pk)
    assert turn is not None
    assert is_lock(turn)
    assert turn.details == {"since": OLD.isoformat(), "retired_entry": locked.pk}
    assert Entry.objects.filter(event=Event.ACCOUNT_LOCKED).count() == 1
    assert verify().is_sound


class TestPastTheProcedure:
    """What the owner does by hand."""

    BY_HAND = "SELECT audit_retire('2024-12-01', 1)"

    def test_without_a_record_nothing_is_detached(self, log: list[Entry]) -> None:
        with pytest.raises(Error, match="it is not on record"):
            run(self.BY_HAND)
        assert DECEMBER in made_months()

    def test_a_record_of_another_transaction_does_not_do(
        self, log: list[Entry], now: datetime
    ) -> None:
        row = Retirement.objects.create(month_from=DECEMBER, at=now, entries=2, note="")
        with transaction.atomic():
            record(Event.AUDIT_MONTH_RETIRED, at=now, subject_type="a", subject_id=row.pk)

        with pytest.raises(Error, match="it is not on record"):
            run(f"SELECT audit_retire('2024-12-01', {row.pk})")

    def test_what_is_not_sealed_or_seen_stays(self, log: list[Entry], now: datetime) -> None:
        entries(1, OLD, first=50)
        with pytest.raises(Error, match="1 of its entries are not sealed"):
            run(self.BY_HAND)
        seal(now=now)
        with pytest.raises(Error, match="no witness has seen all of it"):
            run(self.BY_HAND)

    def test_a_month_that_is_none_is_refused(self) -> None:
        with pytest.raises(Error, match="audit_entry_2019_01 is no month of the log"):
            run("SELECT audit_retire('2019-01-01', 1)")

    def test_a_detached_month_is_found_and_where_it_stands(self, log: list[Entry]) -> None:
        first = min(old(log), key=lambda entry: entry.pk)
        run("ALTER TABLE audit_entry DETACH PARTITION audit_entry_2024_12")

        finding = verify().findings[0]

        assert (finding.fault, finding.entry_id) == (Fault.REMOVED, first.pk)
        assert finding.words.endswith(
            "stands in audit_entry_2024_12, which left the log without a retirement"
        )
        run("ALTER TABLE audit_entry_2024_12 RENAME TO audit_retired_2024_12")
        assert (
            verify()
            .findings[0]
            .words.endswith(
                "stands in audit_retired_2024_12, which left the log without a retirement"
            )
        )
        run("DROP TABLE audit_retired_2024_12")
        assert str(verify().findings[0]) == f"removed: entry {first.pk} is gone"

    def test_a_retirement_that_the_log_did_not_sign_excuses_nothing(
        self, log: list[Entry], now: datetime, folder: Path
    ) -> None:
        retire(folder, now)
        true = Retirement.objects.latest("pk")
        said = opened(true, [log_signer().key])
        stranger = Signer("caseunit/audit", bytes(32))
        checkpoint = Checkpoint.objects.latest("size").note
        notes = (
            signed(said, stranger),
            checkpoint,
            true.note.replace(HE, SHE),
            signed(replace(said, month="2024-12"), log_signer()),
            signed(replace(said, places=said.places[:-1]), log_signer()),
            "",
        )
        for note in notes:
            row = Retirement.objects.create(
                month_from=JANUARY, at=now, entries=said.entries, note=note
            )
            finding = verify().findings[0]
            assert finding.fault == Fault.UNSANCTIONED
            with pytest.raises(NotAsSealed, match="not the log's"):
                export(BytesIO(), scope=Scope())
            with as_owner():
                run(f"DELETE FROM audit_retirement WHERE id = {row.pk}")
        assert verify().is_sound

    def test_a_retirement_taken_away_is_found(
        self, log: list[Entry], now: datetime, folder: Path
    ) -> None:
        retire(folder, now)
        with as_owner():
            run("DELETE FROM audit_retirement")

        finding = verify().findings[0]
        assert finding.fault == Fault.REMOVED
        assert "audit_retired_2025_01" in finding.words or "audit_retired_2024_12" in finding.words

    def test_what_is_removed_beside_a_retirement_is_found(
        self, log: list[Entry], now: datetime, folder: Path
    ) -> None:
        retire(folder, now)
        victim = log[7]
        with as_owner():
            run(f"DELETE FROM audit_entry WHERE id = {victim.pk}")

        assert str(verify().findings[0]) == f"removed: entry {victim.pk} is gone"

    def test_the_log_can_not_go_back_to_before_its_retirements(
        self, log: list[Entry], now: datetime, folder: Path
    ) -> None:
        retire(folder, now)

        with pytest.raises(Error, match="can not go back"):
            call_command("migrate", "audit", "0005", verbosity=0)
        # What came after it did go back.
        call_command("migrate", "audit", verbosity=0)

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"entries": -1}, "audit_retirement_counted"),
            ({"month_from": date(2025, 1, 2)}, "audit_retirement_of_a_month"),
        ],
    )
    def test_a_retirement_is_of_a_whole_month(
        self, now: datetime, change: dict[str, object], constraint: str
    ) -> None:
        fields: dict[str, object] = {"month_from": JANUARY, "at": now, "entries": 0, "note": ""}
        with pytest.raises(IntegrityError, match=constraint):
            Retirement.objects.create(**{**fields, **change})

    @pytest.mark.parametrize(
        "statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET note=''"]
    )
    def test_a_retirement_can_not_be_changed(self, statement: str) -> None:
        with pytest.raises(Error, match="audit_retirement is append-only"):
            run(statement.format("audit_retirement"))


def test_places_are_runs() -> None:
    places = Places.of([7, 1, 2, 3, 9])

    assert places.runs == ((1, 3), (7, 7), (9, 9))
    assert [index for index in range(12) if index in places] == [1, 2, 3, 7, 9]
    assert len(places) == 5
    assert [places.meet(start, start + 2) for start in (0, 4, 5, 6, 10)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert 0 not in Places()


def test_a_retirement_of_another_log_is_none(now: datetime) -> None:
    row = Retirement(
        month_from=JANUARY, at=now, entries=0, note=Signer("a/b", bytes(32)).note("x\ny\n")
    )

    with pytest.raises(NotValid):
        opened(row, [log_signer().key])
