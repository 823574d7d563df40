"""What do pages show when every filter of access is taken out of the selectors on purpose?

Nothing more: row-level security keeps back what the queryset should have.
"""

import sys
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from cases.access import Viewer
from cases.enums import RoleCode
from cases.models import Account, Case, Victim
from tests.cases.pages import Desk, signed_in, words
from tests.cases.test_row_security import fill
from tests.everywhere import every_address
from tests.factories import AccountFactory, CaseFactory, FlagFactory, WallFactory

pytestmark = pytest.mark.django_db


def every_case(_viewer: Viewer, _now: datetime, **narrowed: Any) -> Any:
    rows = Case.objects.order_by("-last_entry_at", "-id")
    return rows[: narrowed["size"]] if "size" in narrowed else rows.order_by()


def every_row(rows: Any, _viewer: Viewer, *, case: str = "pk") -> Any:
    return rows


UNFILTERED = {
    "visible_cases": every_case,
    "supervised_cases": every_case,
    "visible_page": every_case,
    "beyond_walls": every_row,
}


@pytest.fixture
def unfiltered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in list(sys.modules.items()):
        if name == "cases" or name.startswith("cases."):
            for filter_, free in UNFILTERED.items():
                if hasattr(module, filter_):
                    monkeypatch.setattr(module, filter_, free)


def _told(client: Client, case: Case) -> dict[str, set[str]]:
    """On which pages something of this case stands."""
    secrets = {case.number, *Victim.objects.filter(case=case).values_list("pseudonym", flat=True)}
    found = {}
    for name, address in every_address():
        answer = client.get(address)
        if answer.status_code == 200 and not answer.streaming:
            said = words(answer) if answer["Content-Type"].startswith("text/html") else ""
            if told := {secret for secret in secrets if secret in said}:
                found[name] = told
    return found


@pytest.mark.usefixtures("unfiltered")
@pytest.mark.parametrize("role", [RoleCode.DETECTIVE, RoleCode.SERGEANT, RoleCode.CAPTAIN])
def test_no_page_shows_more_without_its_filter(desk: Desk, role: str) -> None:
    mine = CaseFactory.create(
        open_and_held=True, squad=desk.squad, detective=desk.detective.officer
    )
    other = CaseFactory.create(open_and_held=True)
    captain: Account = AccountFactory.create(role=RoleCode.CAPTAIN)
    WallFactory.create(case=other, account=captain)
    for case in (mine, other):
        fill(case, AccountFactory.create())
        FlagFactory.create(case=case, kind="under_documented")
    asking = {
        RoleCode.DETECTIVE: desk.detective,
        RoleCode.SERGEANT: desk.sergeant,
        RoleCode.CAPTAIN: captain,
    }
    client = signed_in(asking[RoleCode(role)])

    assert "case-list" in _told(client, mine)
    assert _told(client, other) == {}
