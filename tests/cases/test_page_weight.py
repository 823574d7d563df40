"""How much does a page weigh on the wire, once style sheets and script are there?"""

import pytest
from django.urls import reverse

from cases.enums import ClockKind, RoleCode
from cases.models import Squad
from cases.selectors.cases import PAGE_SIZE
from tests.cases.pages import signed_in
from tests.factories import DAY, NOW, AccountFactory, CaseFactory, ClockFactory, SquadFactory

pytestmark = pytest.mark.django_db

LATER_PAGE_BYTES = 30_000


@pytest.fixture
def squad() -> Squad:
    """With more late cases than any page shows, each with a detective of its own."""
    squad = SquadFactory.create()
    for _ in range(PAGE_SIZE + 1):
        case = CaseFactory.create(
            squad=squad,
            open_and_held=True,
            next_clock=ClockKind.NEXT_SUPPLEMENT,
            next_starts_at=NOW - 2 * DAY,
            next_due_at=NOW - DAY,
        )
        ClockFactory.create(case=case, starts_at=NOW - 2 * DAY, due_at=NOW - DAY)
    return squad


@pytest.mark.parametrize("page", ["dashboard", "case-list"])
def test_a_full_page_is_small_once_compressed(squad: Squad, page: str) -> None:
    client = signed_in(AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad))

    answer = client.get(reverse(page), headers={"accept-encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert 2_000 < len(answer.content) < LATER_PAGE_BYTES


def test_the_length_says_nothing_of_what_is_secret_in_a_page(squad: Squad) -> None:
    client = signed_in(AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad))
    asked = {"accept-encoding": "gzip"}

    lengths = {len(client.get(reverse("case-list"), headers=asked).content) for _ in range(20)}

    assert len(lengths) > 5
