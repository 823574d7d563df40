"""Two people write copies of each other's report at the same moment: is the pair still found?"""

from collections.abc import Callable

import pytest

from cases.access import viewer_for
from cases.enums import ResponseKind, RoleCode
from cases.models import Account, Case, Response
from cases.services.responses import ResponseInput, log_response
from tests.cases.services.at_once import wait_until_blocked, workers
from tests.factories import NOW, AccountFactory, CaseFactory, SquadFactory

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "The child was seen at the school and appeared well. " * 9


def test_the_second_waits_for_the_first_and_finds_it() -> None:
    squad = SquadFactory.create(led=True)
    captain: Account = AccountFactory.create(role=RoleCode.CAPTAIN)
    cases = [CaseFactory.create(squad=squad, received_at=NOW) for _ in range(2)]

    def writes(case: Case) -> Callable[[], object]:
        entry = ResponseInput(
            kind=ResponseKind.INITIAL_REPORT,
            occurred_at=NOW,
            narrative=TEXT,
            incomplete_reason="The rest follows.",
        )
        return lambda: log_response(
            viewer=viewer_for(captain), now=NOW, case_id=case.pk, entry=entry
        )

    with workers(writes(cases[0])) as (first,):
        first.wait_until_acted()
        with workers(writes(cases[1])) as (second,):
            wait_until_blocked(second)
            first.commit()
            second.wait_until_acted()
            second.commit()

    reports = Response.objects.filter(case__in=cases)
    assert {report.copy_of_id for report in reports} == {report.pk for report in reports}
