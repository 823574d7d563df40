"""Whoever can't sign in any more: who has their cases then, and who is told?"""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from audit.context import acting_as_system
from audit.events import Event
from audit.models import Entry
from cases.access import system_viewer
from cases.enums import FlagKind, FlagStatus, RoleCode
from cases.models import Account, Case, Flag
from cases.rules.sessions import UNUSED
from cases.services.assignments import OfficerGone, assign_case
from cases.services.reconcile import reconcile
from cases.services.sessions import disable_unused_accounts
from tests.cases.pages import Desk, signed_in, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    FlagFactory,
    ResponseFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

WHY = "Their captain rang from the known number."
SAID = "since the account of whoever has it was closed, and nobody else has the case"


@pytest.fixture
def administrator() -> Account:
    return AccountFactory.create(role=RoleCode.ADMINISTRATOR)


def act(who: Account, account: Account, what: str) -> Any:
    given = {"account": str(account.pk), "act": what, "reason": WHY}
    return signed_in(who).post(reverse("accounts"), given, follow=True)


def worked_case(desk: Desk) -> Case:
    case = desk.held_case()
    ResponseFactory.create(case=case, initial_report=True)
    return case


def orphaned(case: Case) -> Flag | None:
    return Flag.objects.filter(case=case, kind=FlagKind.ORPHANED).first()


def test_a_closed_account_puts_its_cases_on_the_sergeants_desk_at_once(
    desk: Desk, administrator: Account
) -> None:
    case, ended = worked_case(desk), desk.held_case()
    Case.objects.filter(pk=ended.pk).update(
        state="inactive", disposition="inactive", closed_at=NOW - HOUR
    )

    said = words(act(administrator, desk.detective, "close"))

    flag = orphaned(case)
    assert flag is not None
    assert (flag.status, flag.supervisor) == (FlagStatus.OPEN, desk.sergeant.officer)
    assert orphaned(ended) is None
    assert SAID in words(desk.as_sergeant.get(reverse("dashboard")))
    assert "Nobody has their open cases now" in said
    assert "How many: 1." in said
    assert case.number not in said
    assert Entry.objects.filter(event=Event.FLAG_RAISED, subject_id=str(flag.pk)).exists()


def test_who_had_no_case_is_closed_without_a_word(desk: Desk, administrator: Account) -> None:
    assert "Nobody has their open cases now" not in words(
        act(administrator, desk.sergeant, "close")
    )


def test_the_account_open_again_has_its_cases_again(desk: Desk, administrator: Account) -> None:
    case = worked_case(desk)
    act(administrator, desk.detective, "close")

    act(administrator, desk.detective, "open")

    flag = orphaned(case)
    assert flag is not None
    assert flag.status == FlagStatus.RESOLVED
    assert Account.objects.get(pk=desk.detective.pk).closed_at is None


def test_given_to_somebody_else_it_is_nobodys_no_more(desk: Desk, administrator: Account) -> None:
    case = worked_case(desk)
    act(administrator, desk.detective, "close")
    other = AccountFactory.create(officer__squad=desk.squad)

    offered = desk.as_sergeant.get(reverse("case-assign", args=[case.pk])).context["form"]
    keys = {str(key) for key, _ in offered.fields["officer"].choices}
    assert str(other.officer_id) in keys
    assert str(desk.detective.officer_id) not in keys
    desk.as_sergeant.post(
        reverse("case-assign", args=[case.pk]), {"officer": str(other.officer_id)}
    )

    case.refresh_from_db()
    assert case.detective_id == other.officer_id
    flag = orphaned(case)
    assert flag is not None
    assert flag.status == FlagStatus.RESOLVED


def test_nothing_is_given_to_whoever_can_t_sign_in(desk: Desk, administrator: Account) -> None:
    case = worked_case(desk)
    gone = AccountFactory.create(officer__squad=desk.squad)
    act(administrator, gone, "close")
    assert gone.officer is not None

    with pytest.raises(OfficerGone):
        assign_case(
            viewer=system_viewer("test"), now=NOW, case_id=case.pk, officer_id=gone.officer.pk
        )


def test_what_lay_on_a_closed_sergeants_desk_lies_with_who_is_there(
    desk: Desk, administrator: Account
) -> None:
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    case = worked_case(desk)
    flag = FlagFactory.create(case=case, supervisor=desk.sergeant.officer, step="sergeant")

    act(administrator, desk.sergeant, "close")

    flag.refresh_from_db()
    assert flag.supervisor == captain.officer


def test_an_account_that_nobody_used_leaves_its_cases_to_the_sergeant_too(desk: Desk) -> None:
    case = worked_case(desk)
    Account.objects.filter(pk=desk.detective.pk).update(
        last_login=NOW - UNUSED - DAY, created_at=NOW - timedelta(days=400)
    )

    with acting_as_system("accounts"):
        disable_unused_accounts(viewer=system_viewer("accounts"), now=NOW)

    flag = orphaned(case)
    assert flag is not None
    assert flag.supervisor == desk.sergeant.officer


def test_the_night_s_comparison_finds_nothing_to_mend(desk: Desk, administrator: Account) -> None:
    worked_case(desk)
    act(administrator, desk.detective, "close")

    with acting_as_system("reconcile"):
        found = reconcile(viewer=system_viewer("reconcile"), now=NOW + HOUR)

    assert not found.drift
