"""Has the demonstration something true to show everywhere, and does it stay out of production?"""

import io
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import DjangoDbBlocker

from audit.context import acting_as_system
from audit.models import Entry
from cases.access import decide, system_viewer, viewer_for, visible_cases
from cases.enums import (
    CaseState,
    Channel,
    FlagKind,
    FlagStatus,
    OffenseClass,
    Permission,
    ReviewDecision,
    RoleCode,
    Step,
)
from cases.management.demo import sign_ins
from cases.management.demo.casting import Casting
from cases.management.demo.dice import Dice
from cases.management.demo.names import FIRST_NAMES, LAST_NAMES, Names
from cases.management.demo.play import load
from cases.management.demo.troubles import somebody_left
from cases.management.demo.unit import DEPARTED, SIGN_INS
from cases.models import Account, Case, Clock, Draft, Flag, Response, Review, SweepRun, Wall
from cases.models.case import OPEN
from cases.selectors.audit_weeks import reminder, signed_weeks
from cases.services.reconcile import reconcile
from cases.services.sessions import disable_unused_accounts
from tests.factories import CaseFactory
from tests.leaks import assert_database_is_clean

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)
PASSWORDS = sign_ins.new_passwords(SIGN_INS.values())
SMALL = 70

pytestmark = pytest.mark.long


@pytest.fixture(scope="class")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loaded once for all that look at it, and rolled back behind them: others find no case."""
    with django_db_blocker.unblock(), transaction.atomic():
        with acting_as_system("test"):
            load(now=NOW, seed=11, cases=SMALL, passwords=PASSWORDS)
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.usefixtures("demo")
class TestCaseload:
    """What every screen needs is there."""

    @pytest.fixture(autouse=True)
    def _database(self, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
        with django_db_blocker.unblock(), transaction.atomic():
            yield
            transaction.set_rollback(True)

    def test_every_channel_and_every_offense_class_comes_up(self) -> None:
        assert set(Case.objects.values_list("channel", flat=True)) == set(Channel)
        assert set(Case.objects.values_list("offense_class", flat=True)) >= set(OffenseClass) - {
            OffenseClass.UNCLASSIFIED
        }

    def test_the_log_s_weeks_are_signed_in_time_but_for_the_last(self) -> None:
        waiting = reminder(NOW)

        assert (len(waiting.weeks), waiting.late) == (1, ())
        assert len(signed_weeks()) > 20
        assert not any(week.was_late for week in signed_weeks())

    def test_every_kind_of_flag_stands_on_what_the_unit_does(self) -> None:
        """Nobody in the demonstration was shown a name: that is left to whoever tries it."""
        standing = Flag.objects.exclude(status=FlagStatus.RESOLVED)

        about_work = set(FlagKind) - {FlagKind.UNUSUAL_REVEALS}
        assert set(standing.values_list("kind", flat=True)) == about_work

    def test_flags_are_in_every_stage_of_life_and_on_every_step(self) -> None:
        assert set(Flag.objects.values_list("status", flat=True)) == set(FlagStatus)
        assert set(Flag.objects.values_list("step", flat=True)) == set(Step)

    def test_only_the_two_planned_reports_are_copies(self) -> None:
        copies = Flag.objects.filter(kind=FlagKind.COPIED_NARRATIVE)

        assert copies.count() == 2
        assert copies.values("case__detective").distinct().count() == 1

    def test_something_is_due_within_the_hours_and_the_days_to_come(self) -> None:
        detective = Account.objects.get(username=RoleCode.DETECTIVE)
        due = Clock.objects.filter(
            case__detective=detective.officer, met_at=None, stopped_at=None, due_at__gt=NOW
        )

        assert due.filter(due_at__lte=NOW + timedelta(hours=12)).exists()
        assert due.filter(due_at__lte=NOW + timedelta(hours=72)).count() >= 3

    def test_somebody_left_and_cases_stayed_behind(self) -> None:
        left = Case.objects.filter(OPEN, detective__active_to__lte=NOW.date())

        assert left.count() == 3
        assert Flag.objects.filter(case__in=left, kind=FlagKind.ORPHANED).count() == 3

    def test_reports_were_returned_and_mended(self) -> None:
        returned = Review.objects.filter(decision=ReviewDecision.RETURNED)

        assert returned.count() == 2
        assert Response.objects.filter(supersedes__in=returned.values("response")).count() == 1

    def test_drafts_walls_states_and_imported_cases_are_there(self) -> None:
        assert Draft.objects.filter(account__username=RoleCode.DETECTIVE).exists()
        assert Wall.objects.count() == 1
        assert set(Case.objects.values_list("state", flat=True)) >= {
            CaseState.RECEIVED,
            CaseState.ACTIVE,
            CaseState.AWAITING_LAB,
            CaseState.AWAITING_PROSECUTOR,
            CaseState.CLOSED,
            CaseState.INACTIVE,
        }
        assert Case.objects.filter(OPEN, import_run__isnull=False).count() == 1

    def test_partners_see_what_was_granted_and_no_more(self) -> None:
        partner = viewer_for(Account.objects.get(username=RoleCode.PARTNER))

        seen = visible_cases(partner, NOW)

        assert seen.count() == 2
        assert all(decide(partner, case, Permission.VIEW_CASES, NOW).allowed for case in seen)

    def test_nothing_happens_after_now(self) -> None:
        for model, field in (
            (Case, "received_at"),
            (Response, "entered_at"),
            (Review, "entered_at"),
            (Flag, "raised_at"),
            (Entry, "at"),
            (SweepRun, "finished_at"),
        ):
            assert not model._default_manager.filter(**{f"{field}__gt": NOW}).exists()

    def test_rows_agree_with_the_facts(self) -> None:
        """Told step by step at past moments, and nothing drifted."""
        assert reconcile(now=NOW).drift == ()

    def test_no_name_stands_in_clear(self) -> None:
        """Officers and accounts sign with theirs; the people of cases never appear."""
        staff = {
            part
            for name in Account.objects.values_list("display_name", flat=True)
            for part in name.split()
        }
        first = [name for name in FIRST_NAMES if name not in staff]
        last = [name for name in LAST_NAMES if name not in staff]
        people = [{"first_name": name} for name in first] + [{"last_name": name} for name in last]

        assert_database_is_clean(people)

    def test_every_role_can_sign_in_with_its_own_password(self) -> None:
        assert {
            role: authenticate(username=role, password=word) for role, word in PASSWORDS.items()
        } == {role: Account.objects.get(username=role) for role in PASSWORDS}

    def test_nobody_of_the_unit_is_closed_as_unused_and_leaves_cases_to_nobody(self) -> None:
        with transaction.atomic():
            closed = disable_unused_accounts(
                viewer=system_viewer("test"), now=NOW + timedelta(days=1)
            )
            left = Account.objects.filter(username__in=PASSWORDS, is_active=True).count()
            transaction.set_rollback(True)

        assert (closed, left) == (0, len(PASSWORDS))

    def test_nobody_else_can_sign_in(self) -> None:
        others = Account.objects.exclude(username__in=PASSWORDS)

        assert others.exists()
        assert not any(account.has_usable_password() for account in others)


@pytest.mark.django_db
class TestCommand:
    def test_refuses_production_settings(self, settings: object) -> None:
        settings.SESSION_COOKIE_SECURE = True  # type: ignore[attr-defined]

        with pytest.raises(CommandError, match="production"):
            call_command("demo", "--if-empty")

    def test_refuses_a_database_with_cases(self) -> None:
        CaseFactory.create()

        with pytest.raises(CommandError, match="already"):
            call_command("demo")

    def test_if_empty_leaves_a_database_with_cases_alone(self) -> None:
        CaseFactory.create()

        call_command("demo", "--if-empty")

        assert Case.objects.count() == 1

    def test_one_start_migrates_loads_if_empty_and_says_only_who_can_sign_in(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CASEUNIT_HOME", str(tmp_path))
        CaseFactory.create()
        said = io.StringIO()

        call_command("demo", "--migrate", "--if-empty", "--sign-ins", stdout=said)

        assert Case.objects.count() == 1
        assert said.getvalue() == "There is no demonstration here to sign in to.\n"

    def test_says_that_there_is_nothing_to_sign_in_to(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CASEUNIT_HOME", str(tmp_path))
        said = io.StringIO()

        call_command("demo", "--sign-ins", stdout=said)

        assert said.getvalue() == "There is no demonstration here to sign in to.\n"


@pytest.mark.parametrize("seed", range(20))
def test_nobody_does_anything_after_they_left(seed: int) -> None:
    dice = Dice(seed)
    stories = somebody_left(Casting(dice, Names(dice), NOW), dice)

    last = max(step.at for story in stories for step in story.steps if step.actor == DEPARTED)

    assert last < min(
        step.at for story in stories for step in story.steps if step.actor == "administrator"
    )


def test_sign_ins_are_for_their_owner_only(tmp_path: Path) -> None:
    sign_ins.keep(tmp_path, PASSWORDS)

    assert stat.S_IMODE((tmp_path / sign_ins.FILE).stat().st_mode) == sign_ins.OWNER_ONLY
    assert sign_ins.read(tmp_path) == PASSWORDS


def test_passwords_differ_between_installations() -> None:
    assert sign_ins.new_passwords(["detective"]) != sign_ins.new_passwords(["detective"])


def test_the_table_names_role_username_and_password() -> None:
    assert sign_ins.table({"detective": "word"}).splitlines() == [
        "Role       Username   Password",
        "Detective  detective  word",
    ]
