"""Is what is typed ever lost: to a second window, a dropped line, an ended session?"""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from cases.models import Account, Case, Response
from tests.factories import PASSWORD, AccountFactory, CaseFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def context(
    transactional_db: None, browser: Browser, live_server: LiveServer
) -> Iterator[BrowserContext]:
    """Two windows of one browser share a session. Refusals are part of these stories."""
    opened = browser.new_context(base_url=live_server.url)
    yield opened
    opened.close()


@pytest.fixture
def detective(context: BrowserContext) -> Account:
    account: Account = AccountFactory.create()
    sign_in(context.new_page(), account)
    return account


@pytest.fixture
def case(detective: Account) -> Case:
    made: Case = CaseFactory.create(open_and_held=True, detective=detective.officer)
    return made


@pytest.fixture
def window(context: BrowserContext, case: Case) -> Page:
    return form_of(context, case)


def sign_in(page: Page, account: Account) -> None:
    page.goto(reverse("sign-in"))
    agree = page.get_by_role("button", name="I understand and agree")
    if agree.count():
        agree.click()
    page.get_by_label("Username").fill(account.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


def form_of(context: BrowserContext, case: Case) -> Page:
    page = context.new_page()
    page.goto(reverse("response-log", args=[case.pk]))
    return page


def write(page: Page, text: str) -> None:
    """Type, and leave the field."""
    page.locator("#id_narrative").fill(text)
    page.locator("#id_contacted").focus()


def state(page: Page, code: str) -> None:
    expect(page.locator(f"#save-state[data-state={code}]")).to_be_visible()


def test_typing_is_saved_after_a_pause_and_scored(window: Page) -> None:
    window.locator("#id_narrative").fill("The child was seen.")

    state(window, "saved")
    expect(window.locator("#save-state")).to_contain_text("Saved ")
    expect(window.locator("#score-said")).to_contain_text("1 of 20 settled, 19 missing")


def test_a_second_window_goes_on_and_the_first_sees_both_texts(
    context: BrowserContext, window: Page, case: Case
) -> None:
    write(window, "From the first window.")
    state(window, "saved")
    second = form_of(context, case)
    expect(second.locator("#id_narrative")).to_have_value("From the first window.")
    write(second, "From the second window.")
    state(second, "saved")

    write(window, "First again.")

    conflict = window.locator("#conflict")
    expect(conflict).to_contain_text("First again.")
    expect(conflict).to_contain_text("From the second window.")
    conflict.get_by_role("button", name="Keep what is in this window").click()
    state(window, "saved")
    expect(form_of(context, case).locator("#id_narrative")).to_have_value("First again.")


def test_a_dropped_line_is_said_and_made_good(context: BrowserContext, window: Page) -> None:
    context.set_offline(True)
    write(window, "Typed while the line was down.")
    expect(window.locator("#save-state")).to_have_text("Not saved, retrying")

    context.set_offline(False)

    state(window, "saved")


def test_signing_in_again_in_another_tab_is_enough(
    context: BrowserContext, window: Page, detective: Account, case: Case
) -> None:
    context.clear_cookies()
    write(window, "Typed after the session had ended.")
    expect(window.locator("#save-problem")).to_contain_text("Sign in again in another tab")
    window.get_by_role("button", name="Log this entry").click()
    expect(window.locator("#id_narrative")).to_have_value("Typed after the session had ended.")

    sign_in(context.new_page(), detective)

    state(window, "saved")
    expect(window.locator("#save-problem")).to_be_empty()
    reopened = form_of(context, case).locator("#id_narrative")
    expect(reopened).to_have_value("Typed after the session had ended.")


def test_a_double_click_logs_once_and_leaves_nothing_in_the_browser(
    window: Page, case: Case
) -> None:
    write(window, "Seen at home.")
    window.locator("#id_incomplete_reason").fill("End of shift.")

    window.get_by_role("button", name="Log this entry").dblclick()

    window.wait_for_url(f"**{reverse('case-detail', args=[case.pk])}")
    expect(window.locator("#messages")).to_contain_text("The entry is in the log.")
    assert Response.objects.count() == 1
    assert window.evaluate("localStorage.length") == 0
    assert "Seen at home" not in window.evaluate("JSON.stringify(sessionStorage)")


def test_keys_walk_the_list_and_can_be_switched_off(context: BrowserContext, case: Case) -> None:
    other = CaseFactory.create(open_and_held=True, detective=case.detective)
    page = context.new_page()
    page.goto(reverse("my-work"))
    links = page.locator("[data-open]")

    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("jk?")
    expect(page.locator("#search")).to_have_value("jk?")

    page.get_by_text("Keyboard shortcuts", exact=True).click()
    page.get_by_role("button", name="Turn keyboard shortcuts off").click()
    page.get_by_text("Keyboard shortcuts", exact=True).click()
    expect(page.get_by_role("button", name="Turn keyboard shortcuts on")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(links.nth(0)).not_to_be_focused()
    assert other.number in page.content()
