"""Does a passkey work in a real browser, under the page's own policy?"""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect
from pytest_django import Settings

from audit.events import Event
from audit.models import Entry
from cases.enums import RoleCode
from tests.factories import PASSWORD, AccountFactory

pytestmark = pytest.mark.django_db(transaction=True)

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_opens_the_account(page: Page, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    _give_password(page, account.username)
    expect(page.get_by_text("Before anything else opens")).to_be_visible()
    looked = [_findings(page)]
    page.get_by_role("link", name="Add an authenticator app").click()
    looked.append(_findings(page))
    page.goto("/second-factor/passkey/")
    looked.append(_findings(page))
    page.get_by_label("What you call it").fill("This machine")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    looked.append(_findings(page))
    page.goto("/second-factor/")
    looked.append(_findings(page))

    page.get_by_role("button", name="Sign out").click()
    _give_password(page, account.username)
    looked.append(_findings(page))
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(lambda url: "sign-in" not in url)

    assert Entry.objects.filter(event=Event.SIGNED_IN).latest("id").details["second"] == "webauthn"
    assert [found for found in looked if found] == []


def _give_password(page: Page, username: str) -> None:
    page.goto("/sign-in/")
    page.get_by_role("button", name="I understand and agree").click()
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in/"))


def _findings(page: Page) -> list[str]:
    """What axe finds, and whether a narrow screen has to scroll sideways."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("() => axe.run(document)")["violations"]
    wide = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    if page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"):
        found.append({"id": "runs off a narrow screen"})
    assert wide is not None
    page.set_viewport_size(wide)
    return [f"{page.url}: {item['id']}" for item in found]
