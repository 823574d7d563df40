"""Is every main screen usable by everybody, and silent about who the child is?"""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from cases.enums import RoleCode
from cases.models import Account
from tests.browser.judged import Finding, findings, too_wide, violations
from tests.browser.places import SUSPECT, Places, make_places
from tests.browser.screens import PAGES_OF, page_name
from tests.caseload import Caseload
from tests.leaks import Identity, assert_nothing_leaks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

# A form on each page of a kind that says what is wrong, and who sends it.
FORMS_OF = {
    RoleCode.CAPTAIN: (
        "/links/", "/people/find/", "/cases/{case}/expunge/request/", "/cases/{case}/close/",
    ),
    RoleCode.DETECTIVE: ("/people/{victim}/", "/cases/{case}/people/add/"),
    RoleCode.RECORDS: ("/cases/{case}/release/",),
    RoleCode.ADMINISTRATOR: ("/accounts/locked/",),
    RoleCode.AUDITOR: ("/audit/week/?week={week}",),
}  # fmt: skip
SEND_EMPTY = """() => {
  const form = document.querySelector('main form[method=post]');
  form.querySelectorAll('textarea').forEach((field) => { field.value = ''; });
  form.submit();
}"""


@pytest.fixture
def places(caseload: Caseload, child: Identity) -> Places:
    return make_places(caseload, child)


def test_every_screen_has_no_finding_and_names_nobody(
    browser: Browser,
    live_server: LiveServer,
    places: Places,
    child: Identity,
) -> None:
    """One caseload for all of it: each role opens its pages, at both widths.

    The checker takes a second a page, so it sees each page once, for the first role.
    """
    found: dict[str, list[Finding]] = {}
    checked: set[str] = set()
    for role, addresses in PAGES_OF.items():
        page, complaints = _at_the_desk_of(places.accounts[role], browser, live_server.url)
        for address in addresses:
            answer = page.goto(address.format(**places.ids))
            assert answer is not None
            status = [] if answer.ok else [(str(answer.status), [page.url])]
            shown = {"page": page.content(), "title": page.title(), "address": page.url}
            assert_nothing_leaks(shown, [child, SUSPECT], where=f"{address} for {role}")
            new = page_name(address) not in checked
            wrong = findings(page) if new else too_wide(page)
            found[f"{role} {address}"] = [*status, *wrong, *complaints]
            checked.add(page_name(address))
            complaints.clear()
        page.context.close()

    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def test_what_is_refused_is_said_on_a_page_without_a_finding(
    browser: Browser, live_server: LiveServer, places: Places
) -> None:
    """Forms sent with nothing in them, past what the browser itself would ask for."""
    found = {}
    for role, addresses in FORMS_OF.items():
        page, _ = _at_the_desk_of(places.accounts[role], browser, live_server.url)
        for address in addresses:
            page.goto(address.format(**places.ids))
            page.evaluate(SEND_EMPTY)
            expect(page.get_by_role("alert").first).to_be_visible()
            found[f"{role} {address}"] = findings(page)
        page.context.close()

    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def _at_the_desk_of(account: Account, browser: Browser, root: str) -> tuple[Page, list[Finding]]:
    """A signed-in page, and what the browser complains about. A page that is refused or does not
    exist is answered so, which is no complaint.
    """
    client = Client()
    client.force_login(account)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(base_url=root, timezone_id="America/Chicago")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": root}])
    page = context.new_page()
    complaints: list[Finding] = []
    page.on("pageerror", lambda error: complaints.append(("script", [str(error)])))
    page.on("console", lambda said: complaints.extend(_complaint(said)))
    return page, complaints


def _complaint(said: ConsoleMessage) -> list[Finding]:
    heard = said.type in {"error", "warning"} and "Failed to load resource" not in said.text
    return [("console", [said.text])] if heard else []


def test_the_pages_before_signing_in_have_no_finding(page: Page) -> None:
    page.goto("/sign-in/")
    banner = findings(page)
    page.get_by_role("button", name="I understand and agree").click()
    expect(page.get_by_label("Username")).to_be_visible()

    assert (banner, findings(page)) == ([], [])


def test_a_page_that_breaks_a_rule_is_found(page: Page) -> None:
    """The check itself can fail: a picture without words is one finding."""
    page.goto("/sign-in/")
    page.evaluate("() => document.querySelector('main').append(document.createElement('img'))")

    assert "image-alt" in [rule for rule, _ in violations(page)]
