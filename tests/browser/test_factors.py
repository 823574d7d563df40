"""Do a passkey, an invitation and a password asked again work in a real browser?"""

from urllib.parse import urlencode

import pytest
from django.conf import settings as configured
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings

from audit.events import Event
from audit.models import Entry
from cases.access import system_viewer
from cases.enums import RoleCode
from cases.services.invitations import invite
from tests.browser.judged import findings
from tests.factories import PASSWORD, AccountFactory, RoleFactory

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "lantern gravel otter piano"
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
    looked = [findings(page)]
    page.get_by_role("link", name="Add an authenticator app").click()
    expect(page.get_by_role("heading", name="Add an authenticator app")).to_be_visible()
    looked.append(findings(page))
    page.goto("/second-factor/passkey/")
    looked.append(findings(page))
    page.get_by_label("What you call it").fill("This machine")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    looked.append(findings(page))
    page.goto("/second-factor/")
    looked.append(findings(page))

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    _give_password(page, account.username)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    looked.append(findings(page))
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(lambda url: "sign-in" not in url)

    assert Entry.objects.filter(event=Event.SIGNED_IN).latest("id").details["second"] == "webauthn"
    assert [found for found in looked if found] == []


def test_an_invitation_is_accepted(page: Page) -> None:
    RoleFactory.create(code=RoleCode.AUDITOR)
    token = invite(
        viewer=system_viewer("test"),
        now=timezone.now(),
        username="r.invented",
        display_name="R. Invented",
        role_code=RoleCode.AUDITOR,
    )
    page.goto(f"/invitation/?{urlencode({'t': token})}")
    looked = [findings(page)]
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("The same again").fill(NEW)
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("button", name="I understand and agree")).to_be_visible()

    _give_password(page, "r.invented", NEW)

    expect(page.get_by_role("link", name="R. Invented")).to_be_visible()
    assert [found for found in looked if found] == []


def test_a_dangerous_act_asks_for_the_password_and_goes_on(page: Page) -> None:
    administrator = AccountFactory.create(role=RoleCode.ADMINISTRATOR)
    other = AccountFactory.create(role=RoleCode.DETECTIVE)
    _give_password(page, administrator.username)
    _let_ten_minutes_pass(page)
    page.goto("/accounts/")
    page.get_by_label("Which account").select_option(str(other.pk))
    page.get_by_text("Close the account").click()
    page.get_by_label("Why").fill("Left the unit on Monday, says the captain.")
    page.get_by_role("button", name="Do it").click()

    expect(page.get_by_role("heading", name="Your password again")).to_be_visible()
    found = findings(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_text("The account is closed.")).to_be_visible()
    other.refresh_from_db()
    assert not other.is_active
    assert found == []


def _let_ten_minutes_pass(page: Page) -> None:
    key = next(
        one["value"]
        for one in page.context.cookies()
        if one["name"] == configured.SESSION_COOKIE_NAME
    )
    session = SessionStore(key)
    session["proved"] -= 600
    session.save()


def _give_password(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in/")
    page.get_by_role("button", name="I understand and agree").click()
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in/"))
