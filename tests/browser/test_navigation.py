"""Does the header leave the page its room, and does everybody reach every page by it?"""

import pytest
from playwright.sync_api import Page, expect

from cases.enums import RoleCode
from tests.browser.conftest import SignIn

LINE = 56


def height(page: Page) -> float:
    box = page.locator(".cu-header").bounding_box()
    assert box is not None
    return box["height"]


@pytest.mark.parametrize(("width", "lines"), [(320, 2), (640, 1), (1151, 1), (1153, 1), (1280, 1)])
def test_the_header_of_who_has_most_pages_stays_short(
    sign_in: SignIn, width: int, lines: int
) -> None:
    page = sign_in(RoleCode.CAPTAIN)
    page.set_viewport_size({"width": width, "height": 700})

    assert height(page) <= lines * LINE


def test_the_menu_opens_and_closes_by_keyboard_and_when_one_goes_on(sign_in: SignIn) -> None:
    page = sign_in(RoleCode.SERGEANT)
    menu, link = page.locator(".cu-nav__menu"), page.get_by_role("link", name="Officers")
    expect(link).to_be_hidden()

    menu.locator("summary").press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    menu.locator("summary").click()
    page.get_by_role("heading", level=1).click()
    expect(link).to_be_hidden()

    menu.locator("summary").click()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Officers")
    expect(menu.locator("summary")).to_have_class("cu-nav__here")


def test_a_narrow_screen_has_everything_in_the_menu(sign_in: SignIn) -> None:
    page = sign_in(RoleCode.SERGEANT)
    everything = page.locator(".cu-nav__menu a").all_text_contents()
    page.set_viewport_size({"width": 320, "height": 700})

    page.get_by_text("Menu", exact=True).click()

    shown = [link for link in page.locator(".cu-nav a").all() if link.is_visible()]
    assert [link.inner_text() for link in shown] == everything
    assert {"Dashboard", "Cases", "Ask for a case", "Links"} <= set(everything)
