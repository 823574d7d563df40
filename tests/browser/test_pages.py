"""Is every main screen usable by everybody, and silent about who the child is?"""

from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from cases.access import system_viewer
from cases.enums import Channel, OffenseClass, PersonRole, ResponseKind
from cases.models import Case
from cases.services.assignments import assign_case
from cases.services.cases import Intake, create_case
from cases.services.importing.runs import import_path
from cases.services.responses import ResponseInput, log_response
from cases.services.sweep import run_sweep
from cases.services.victims import PersonInput
from tests.browser.conftest import SignIn
from tests.caseload import Caseload
from tests.factories import DAY, NARRATIVE, OfficerFactory, SquadFactory
from tests.leaks import Identity, assert_nothing_leaks

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = system_viewer("test")
SUSPECT = {"first_name": "Ombertine", "last_name": "Vantrellis"}
NARROW: ViewportSize = {"width": 320, "height": 640}
# What WCAG 2.2 AA asks, and what is held to be good practice.
AXE = "() => axe.run(document, {resultTypes: ['violations']})"
PAGES_OF: dict[str, tuple[str, ...]] = {
    "captain": (
        "/dashboard/", "/dashboard/flags/", "/cases/", "/cases/{case}/", "/cases/{case}/access/",
        "/cases/{case}/log/", "/cases/{case}/assign/", "/reports/{report}/review/",
        "/cases/new/", "/cases/new/hospital/", "/my-work/", "/imports/", "/imports/new/",
        "/imports/{run}/",
    ),
    "administrator": ("/roles/", "/roles/detective/", "/imports/"),
    "auditor": ("/audit/",),
}  # fmt: skip


@pytest.fixture
def places(caseload: Caseload, child: Identity) -> dict[str, UUID]:
    """Ids for the addresses: a case about an invented child, its report, and an import."""
    now = timezone.now()
    run = import_path(viewer=SYSTEM, now=now, path=caseload.folder, clock=timezone.now)
    case = _case_about(child, now - 3 * DAY)
    name = f"{child['first_name']} {child['last_name']}"
    entry = ResponseInput(
        kind=ResponseKind.INITIAL_REPORT,
        occurred_at=now - 2 * DAY,
        narrative=f"{name} was seen. {NARRATIVE}",
        incomplete_reason="End of shift.",
    )
    report = log_response(viewer=SYSTEM, now=now - 2 * DAY, case_id=case.pk, entry=entry)
    run_sweep(now=now)
    return {"case": case.pk, "report": report.pk, "run": run.pk}


def _case_about(child: Identity, at: Any) -> Case:
    squad = SquadFactory.create(led=True)
    suspect = PersonInput(
        {"first_name": "Ombertine", "last_name": "Vantrellis"}, PersonRole.SUSPECT
    )
    intake = Intake(
        channel=Channel.WALK_IN,
        received_at=at,
        offense_class=OffenseClass.MOLESTATION,
        victims=(PersonInput(child),),
        people=(suspect,),
        squad_id=squad.pk,
    )
    case = create_case(viewer=SYSTEM, now=at, intake=intake)
    officer = OfficerFactory.create(squad=squad)
    assign_case(viewer=SYSTEM, now=at, case_id=case.pk, officer_id=officer.pk, reason="")
    return case


@pytest.mark.parametrize("role", PAGES_OF)
def test_main_screens_have_no_finding_and_name_nobody(
    role: str, sign_in: SignIn, places: dict[str, UUID], child: Identity
) -> None:
    page = sign_in(role)

    found = {}
    for address in PAGES_OF[role]:
        answer = page.goto(address.format(**places))
        assert answer is not None
        assert answer.status == 200, address
        shown = {"page": page.content(), "title": page.title(), "address": page.url}
        assert_nothing_leaks(shown, [child, SUSPECT], where=address)
        found[address] = [*_violations(page), *_too_wide(page)]

    assert {address: findings for address, findings in found.items() if findings} == {}


def test_the_pages_before_signing_in_have_no_finding(page: Page) -> None:
    page.goto("/sign-in/")
    banner = _violations(page)
    page.get_by_role("button", name="I understand and agree").click()
    expect(page.get_by_label("Username")).to_be_visible()

    assert (banner, _violations(page)) == ([], [])


def test_a_page_that_breaks_a_rule_is_found(page: Page) -> None:
    """The check itself can fail: a picture without words is one finding."""
    page.goto("/sign-in/")
    page.evaluate("() => document.querySelector('main').append(document.createElement('img'))")

    assert "image-alt" in [rule for rule, _ in _violations(page)]


def _too_wide(page: Page) -> list[tuple[str, list[str]]]:
    """A finding when somebody with a narrow screen has to scroll sideways."""
    wide = page.viewport_size
    page.set_viewport_size(NARROW)
    runs_off = page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
    if wide is not None:
        page.set_viewport_size(wide)
    return [("runs off a narrow screen", [])] if runs_off else []


def _violations(page: Page) -> list[tuple[str, list[str]]]:
    """Rule and places of each finding. Evaluated, as the page's policy forbids a script tag."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(AXE)["violations"]
    return [(item["id"], [str(node["target"]) for node in item["nodes"]]) for item in found]
