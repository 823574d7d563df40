"""Does every role see and do exactly what it may, on every kind of record? (law 2)

What is expected stands in `role_by_record.csv`, which a supervisor can read.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from cases.access import (
    Hidden,
    NotPermitted,
    Viewer,
    find_case,
    require,
    viewer_for,
    visible_cases,
    visible_page,
    who_can_see,
)
from cases.enums import Permission, RoleCode
from cases.models import Account, Case
from tests.architecture.unit_of_roles import Cell, Unit, cells, make_unit, table
from tests.factories import NOW, GrantFactory
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db

ROLES = RoleCode.values
SECOND = timedelta(seconds=1)


@pytest.fixture
def unit() -> Unit:
    return make_unit()


def test_the_table_is_complete() -> None:
    tried = {(cell.action, cell.role) for cell in table()}

    assert tried == {(action, role) for action, _ in tried for role in ROLES}
    assert {permission for cell in table() for permission in cell.permissions} == {
        Permission.VIEW_CASES,
        Permission.LOG_RESPONSE,
        Permission.EXPUNGE_IDENTITY,
        Permission.PREPARE_RELEASE,
        Permission.REVEAL_IDENTITY,
        Permission.ACKNOWLEDGE_FLAG,
        Permission.ASSIGN_CASE,
        Permission.CLOSE_CASE,
        Permission.GRANT_ACCESS,
        Permission.REOPEN_CASE,
        Permission.REVIEW_REPORT,
        Permission.WAIVE_FLAG,
    }


def test_each_role_may_do_exactly_what_the_table_says(unit: Unit) -> None:
    viewers = {role: viewer_for(account) for role, account in unit.accounts.items()}

    wrong = [
        f"{cell}, but {permission} is {outcome}"
        for cell in table()
        for permission in cell.permissions
        if (outcome := _outcome(viewers[cell.role], unit.cases[cell.role, cell.kind], permission))
        != cell.outcome
    ]

    assert wrong == []


def _outcome(viewer: Viewer, case: Case, permission: Permission) -> str:
    try:
        require(viewer, case, permission, NOW)
    except Hidden:
        return "hidden"
    except NotPermitted:
        return "refused"
    return "yes"


Reader = Callable[[Viewer, Unit], Iterable[Case]]


def _listed(viewer: Viewer, unit: Unit) -> Iterable[Case]:
    return visible_cases(viewer, NOW)


def _first_page(viewer: Viewer, unit: Unit) -> Iterable[Case]:
    return visible_page(viewer, NOW, size=500)


def _paged(viewer: Viewer, unit: Unit) -> Iterator[Case]:
    before = None
    while page := list(visible_page(viewer, NOW, size=3, before=before)):
        yield from page
        before = (page[-1].last_entry_at, page[-1].pk)


def _found(viewer: Viewer, unit: Unit) -> Iterator[Case]:
    for case in unit.cases.values():
        with suppress(Hidden):
            yield find_case(viewer, case.pk, NOW)


READERS: list[Reader] = [_listed, _first_page, _paged, _found]


def _seen(unit: Unit, read: Reader) -> list[str]:
    return [
        sight
        for role, account in unit.accounts.items()
        for sight in unit.seen(role, read(viewer_for(account), unit))
    ]


def test_every_way_of_reading_shows_exactly_what_may_be_seen(unit: Unit) -> None:
    for read in READERS:
        exact_sets(_seen(unit, read), unit.expected())


def test_a_superuser_is_nobody_special(unit: Unit) -> None:
    Account.objects.update(is_superuser=True)

    for read in READERS:
        exact_sets(_seen(unit, read), unit.expected())


def test_an_inactive_account_sees_nothing(unit: Unit) -> None:
    Account.objects.update(is_active=False)

    for read in READERS:
        exact_sets(_seen(unit, read), set())


def test_who_can_see_a_case_is_said_by_what_enforces(unit: Unit) -> None:
    roles = {account.pk: role for role, account in unit.accounts.items()}

    said = [
        sight
        for case in unit.cases.values()
        for row in who_can_see(case, NOW)
        if row.account_id in roles
        for sight in unit.seen(roles[row.account_id], [case])
    ]

    exact_sets(said, unit.expected())


@pytest.mark.parametrize(
    ("offset", "visible"), [(-SECOND, True), (timedelta(0), False), (SECOND, False)]
)
def test_a_grant_ends_on_the_second(unit: Unit, offset: timedelta, visible: bool) -> None:
    partner = unit.accounts[RoleCode.PARTNER]
    case = unit.cases[RoleCode.PARTNER, "other"]
    grant = GrantFactory.create(user=partner, content_object=case)

    listed = visible_cases(viewer_for(partner), grant.expires_at + offset)

    assert listed.filter(pk=case.pk).exists() is visible


def test_the_table_says_no_as_well_as_yes() -> None:
    outcomes = {cell.outcome for cell in table()}

    assert outcomes == {"yes", "refused", "hidden"}
    assert isinstance(next(cells("view_cases")), Cell)
