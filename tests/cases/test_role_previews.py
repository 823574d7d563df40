"""Does a preview of a role count exactly what people see once the change holds, whatever it is?"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cases.access import Viewer, viewer_for, visible_cases
from cases.enums import Discipline, Permission, RoleCode, Scope
from cases.models import Account, Role
from cases.selectors.roles import Change, effect_of
from tests.cases.test_roles import change, permissions_of
from tests.factories import (
    NOW,
    AccountFactory,
    CaseFactory,
    GrantFactory,
    SquadFactory,
    SquadGrantFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
ROLES = (RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.CAPTAIN, RoleCode.RECORDS)
Seen = dict[Any, set[Any]]


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_preview_counts_what_the_change_then_does(data: st.DataObject) -> None:
    with transaction.atomic():
        _try_one_change(data)
        transaction.set_rollback(True)


def _try_one_change(data: st.DataObject) -> None:
    administrator = viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    _unit(data)
    people = list(Account.objects.select_related("role"))
    code = data.draw(st.sampled_from([*ROLES, RoleCode.PARTNER]))
    wanted = _wanted(data, code)
    if wanted == Change(Scope(Role.objects.get(code=code).scope), permissions_of(code)):
        return

    counted = effect_of(administrator, NOW, code, wanted)
    before = _seen(people)
    change(administrator, code, scope=wanted.scope, permissions=wanted.permissions)
    after = _seen(people)

    more, less = _beyond(after, before), _beyond(before, after)
    assert (counted.gaining, counted.gained) == more
    assert (counted.losing, counted.lost) == less
    assert counted.people == sum(one.is_active and one.role.code == code for one in people)


def _wanted(data: st.DataObject, code: str) -> Change:
    permissions = permissions_of(code) - {Permission.VIEW_CASES}
    if data.draw(st.sampled_from([True, True, False])):
        permissions |= {Permission.VIEW_CASES}
    return Change(data.draw(st.sampled_from(Scope)), permissions)


def _seen(people: list[Account]) -> Seen:
    """Case by case what each sees, as an account that is read anew."""
    viewers: list[Viewer] = [viewer_for(one) for one in people]
    return {
        one.account_id: set(visible_cases(one, NOW).values_list("pk", flat=True)) for one in viewers
    }


def _beyond(some: Seen, others: Seen) -> tuple[int, int]:
    """How many people see more in `some`, and how many cases somebody does."""
    more = [cases - others[key] for key, cases in some.items() if cases - others[key]]
    return len(more), len(set().union(*more))


def _unit(data: st.DataObject) -> None:
    """Two squads, two people of each role, one of them of no squad, and some who are closed."""
    squads = [SquadFactory.create(), SquadFactory.create()]
    of = AccountFactory.create
    people: list[Account] = [
        *(of(role=RoleCode.DETECTIVE, officer__squad=squad) for squad in (*squads, None)),
        *(of(role=RoleCode.SERGEANT, officer__squad=squad) for squad in (*squads, None)),
        of(role=RoleCode.SERGEANT, officer__squad=squads[0], is_active=False),
        of(role=RoleCode.CAPTAIN),
        of(role=RoleCode.CAPTAIN),
        of(role=RoleCode.RECORDS),
        of(role=RoleCode.RECORDS),
        of(partner=True),
        of(partner=True),
    ]
    officers = [one.officer for one in people if one.officer]
    for _ in range(data.draw(st.integers(0, 6))):
        case = CaseFactory.create(
            squad=data.draw(st.sampled_from([None, *squads])),
            detective=data.draw(st.sampled_from([None, *officers])),
            supervisor=data.draw(st.sampled_from([None, *officers])),
        )
        for account in data.draw(st.lists(st.sampled_from(people), unique=True, max_size=3)):
            GrantFactory.create(
                user=account,
                content_object=case,
                granted_at=NOW - timedelta(days=9),
                expires_at=NOW + data.draw(st.integers(0, 1)) * SECOND,
            )
        for squad in data.draw(st.lists(st.sampled_from(squads), unique=True)):
            SquadGrantFactory.create(
                case=case,
                squad=squad,
                granted_at=NOW - timedelta(days=9),
                expires_at=NOW + data.draw(st.integers(0, 1)) * SECOND,
            )
        for account in data.draw(st.lists(st.sampled_from(people), unique=True, max_size=4)):
            lifted = data.draw(st.sampled_from([None, NOW]))
            WallFactory.create(case=case, account=account, lifted_at=lifted)
    if data.draw(st.booleans()):
        Account.objects.filter(pk=people[-1].pk).update(discipline=Discipline.PROSECUTOR)
