"""Are the small questions of access exact: of whom, on which case, from and until which moment?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Exists, OuterRef

from cases import access
from cases.enums import RoleCode
from cases.models import Account, BrokenGlass, Case, Squad
from tests.factories import (
    NOW,
    AccountFactory,
    BrokenGlassFactory,
    CaseFactory,
    GrantFactory,
    SquadFactory,
    SquadGrantFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


# -- a grant at a past moment -------------------------------------------------------------------

STOOD: tuple[tuple[dict[str, Any], bool], ...] = (
    ({}, True),
    ({"granted_at": NOW}, True),
    ({"granted_at": NOW + TICK}, False),
    ({"expires_at": NOW + TICK}, True),
    ({"expires_at": NOW}, False),
    ({"ended_at": NOW + TICK}, True),
    ({"ended_at": NOW}, False),
    ({"ended_at": NOW - TICK}, False),
)


def _stood() -> list[tuple[bool, bool]]:
    """Of each moment: whether a grant stood then to the account, and to its squad."""
    moment = OuterRef("broken_at"), OuterRef("case_id"), OuterRef("account_id")
    rows = BrokenGlass.objects.annotate(
        own=Exists(access.grants_standing(*moment)),
        shared=Exists(access.squad_grants_standing(*moment)),
    )
    return list(rows.values_list("own", "shared"))


def _moment() -> tuple[Account, Squad, Case]:
    """Something that an account, of a squad, did on a case at NOW."""
    squad = SquadFactory.create()
    account = AccountFactory.create(officer__squad=squad)
    moment = BrokenGlassFactory.create(account=account, broken_at=NOW, ends_at=NOW + DAY)
    return account, squad, moment.case


@pytest.mark.parametrize(("when", "stood"), STOOD)
def test_a_grant_stood_from_when_it_was_given_until_it_ended(
    when: dict[str, Any], stood: bool
) -> None:
    account, squad, case = _moment()
    given = {"granted_at": NOW - DAY, "expires_at": NOW + DAY} | when

    GrantFactory.create(user=account, content_object=case, **given)
    assert _stood() == [(stood, False)]
    SquadGrantFactory.create(squad=squad, case=case, **given)
    assert _stood() == [(stood, stood)]


def test_a_grant_stood_for_whom_and_for_what_it_was_given() -> None:
    account, squad, case = _moment()
    GrantFactory.create(content_object=case)
    GrantFactory.create(user=account)
    SquadGrantFactory.create(case=case)
    SquadGrantFactory.create(squad=squad)

    assert _stood() == [(False, False)]


# -- walls --------------------------------------------------------------------------------------


def _walled(account: Account, case: Case) -> tuple[bool, ...]:
    """What every question about this wall answers."""
    viewer = access.viewer_for(account)
    cases = Case.objects.filter(pk=case.pk)
    assert account.officer
    return (
        access.is_walled(case, account.pk),
        access.is_officer_walled(case, account.officer),
        access.walls_between([account.pk], [case.pk]) == {(account.pk, case.pk)},
        access.walled_from(viewer, [case.pk]) == {case.pk},
        case.pk in access.walls_around(viewer),
        access.walled_numbers(viewer) == {case.number},
        not access.beyond_walls(cases, viewer).exists(),
    )


def test_a_wall_stands_between_one_account_and_one_case() -> None:
    account, case = AccountFactory.create(role=RoleCode.CAPTAIN), CaseFactory.create()
    WallFactory.create(case=case)
    WallFactory.create(account=account, lifted_at=NOW)
    WallFactory.create(case=case, account=account, lifted_at=NOW)
    assert not any(_walled(account, case))

    WallFactory.create(case=case, account=account)
    assert all(_walled(account, case))

    other = WallFactory.create(account=account).case
    assert access.walls_between([account.pk], [case.pk]) == {(account.pk, case.pk)}
    assert access.walled_from(access.viewer_for(account), [case.pk]) == {case.pk}
    assert access.walled_numbers(access.viewer_for(account)) == {case.number, other.number}


def test_a_wall_before_another_case_leaves_this_one_open() -> None:
    account, case = AccountFactory.create(role=RoleCode.CAPTAIN), CaseFactory.create()
    WallFactory.create(account=account)

    assert not access.is_walled(case, account.pk)
    assert account.officer
    assert not access.is_officer_walled(case, account.officer)
    assert account.pk in {one.account_id for one in access.who_can_see(case, NOW)}
    assert access.walls_between([account.pk], [case.pk]) == set()
    assert access.walled_from(access.viewer_for(account), [case.pk]) == set()


# -- until when, and in which order -------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((4, 59), "until 31 Mar 2026 23:59"),
        ((5, 0), "until the end of 31 Mar 2026"),
        ((5, 1), "until 1 Apr 2026 00:01"),
        ((6, 0), "until 1 Apr 2026 01:00"),
        ((17, 0), "until 1 Apr 2026 12:00"),
    ],
)
def test_an_end_is_told_by_the_units_clock(ends: tuple[int, int], words: str) -> None:
    assert access.until_words(datetime(2026, 4, 1, *ends, tzinfo=UTC)) == words


@pytest.mark.parametrize(
    ("live", "make"),
    [
        (access.live_grants_on, lambda case, **when: GrantFactory.create(
            content_object=case, **when
        )),
        (access.live_squad_grants_on, lambda case, **when: SquadGrantFactory.create(
            case=case, **when
        )),
    ],
)  # fmt: skip
def test_what_ends_first_stands_first(live: Callable[..., Any], make: Callable[..., Any]) -> None:
    case = CaseFactory.create()
    late, soon, over = (make(case, expires_at=NOW + end) for end in (2 * DAY, DAY, timedelta(0)))
    make(CaseFactory.create())

    assert list(live(case, NOW)) == [soon, late]
    assert list(live(case, NOW - TICK)) == [over, soon, late]
