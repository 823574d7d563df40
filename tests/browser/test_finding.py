"""Does the way from a name to a case, and to a link between two, work in a browser?"""

import pytest
from django.db import transaction
from playwright.sync_api import expect

from cases.enums import RoleCode
from cases.models import Account, Case
from cases.services.linking import suggest_links
from tests.browser.conftest import SignIn
from tests.browser.judged import violations
from tests.factories import NOW, CaseFactory, VictimFactory, WallFactory
from tests.leaks import Identity, assert_nothing_leaks

pytestmark = pytest.mark.django_db(transaction=True)

REASON = "Compared both reports; the same household."


@pytest.fixture
def cases(child: Identity) -> tuple[Case, Case]:
    made = CaseFactory.create(), CaseFactory.create()
    for case in made:
        VictimFactory.create(case=case, identity=child)
    with transaction.atomic():
        suggest_links(case_ids=[made[0].pk], now=NOW)
    return made


@pytest.mark.parametrize("width", [320, 1280])
def test_a_person_is_found_and_nothing_of_them_stands_in_the_address(
    sign_in: SignIn, cases: tuple[Case, Case], child: Identity, width: int
) -> None:
    page = sign_in(RoleCode.CAPTAIN)
    page.set_viewport_size({"width": width, "height": 900})
    if width == 320:
        page.get_by_text("Menu").click()
    page.get_by_role("link", name="Find a person").click()
    page.get_by_label("First name").fill("Zéphyrine")
    page.get_by_label("Last name").fill("O\u2019Quillfeather")
    page.get_by_label("Birth date").fill(child["birth_date"])

    page.get_by_role("button", name="Find", exact=True).click()

    expect(page.get_by_role("heading", name="2 matches")).to_be_visible()
    for case in cases:
        expect(page.get_by_role("link", name=case.number)).to_be_visible()
    assert_nothing_leaks([page.url, page.title()], [child])
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_something_beyond_reach_is_said_and_nothing_more(
    sign_in: SignIn, cases: tuple[Case, Case], child: Identity
) -> None:
    page = sign_in(RoleCode.DETECTIVE)
    page.goto("/people/find/")
    page.get_by_label("First name").fill(child["first_name"])
    page.get_by_label("Last name").fill(child["last_name"])

    page.get_by_role("button", name="Find", exact=True).click()

    expect(page.get_by_text("Something lies beyond your reach")).to_be_visible()
    assert all(case.number not in page.content() for case in cases)
    assert violations(page) == []


def test_a_link_is_confirmed_from_the_list_and_undone_on_the_case(
    sign_in: SignIn, cases: tuple[Case, Case]
) -> None:
    page = sign_in(RoleCode.CAPTAIN)
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Links", exact=True).click()
    expect(page.get_by_role("heading", name=cases[0].number)).to_have_count(2)
    assert violations(page) == []

    same_child = page.locator("section", has_text="Same child")
    same_child.get_by_label("Why").first.fill(REASON)
    same_child.get_by_role("button", name="Confirm the link").click()

    expect(page.get_by_text("The two cases are linked.")).to_be_visible()
    expect(page.get_by_role("heading", name="Links to decide on")).to_be_visible()
    assert violations(page) == []
    page.goto(f"/cases/{cases[0].pk}/")
    linked = page.locator("li", has_text="Same child").filter(has_text="Confirmed")
    linked.get_by_text("Change that").click()
    linked.get_by_label("Why").fill(REASON)
    linked.get_by_role("button", name="Undo the link").click()
    expect(page.get_by_text("The link is undone.")).to_be_visible()


def test_a_wall_hides_the_link_in_the_browser_too(
    sign_in: SignIn, cases: tuple[Case, Case]
) -> None:
    page = sign_in(RoleCode.CAPTAIN)
    WallFactory.create(case=cases[0], account=Account.objects.latest("created_at"))

    page.goto("/links/")

    expect(page.get_by_text("No suggestion between cases")).to_be_visible()
