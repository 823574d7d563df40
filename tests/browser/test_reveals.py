"""Does somebody see who the child is after giving a reason, and the mask again by themselves?"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from cases.models import Account, Reveal, Victim
from tests.browser.judged import violations
from tests.browser.test_typing import sign_in
from tests.factories import AccountFactory, CaseFactory, ResponseFactory, VictimFactory

pytestmark = pytest.mark.django_db(transaction=True)

CHILD = {"first_name": "Zephyrine", "last_name": "Quillfeather", "birth_date": "2018-02-09"}
WINDOW = timedelta(minutes=5)
REVEAL = "Reveal who this is"


@pytest.fixture
def detective(page: Page) -> Account:
    account: Account = AccountFactory.create()
    page.clock.install()
    sign_in(page, account)
    return account


@pytest.fixture
def victim(detective: Account) -> Victim:
    case = CaseFactory.create(
        open_and_held=True,
        detective=detective.officer,
        received_at=timezone.now() - timedelta(days=1),
    )
    made: Victim = VictimFactory.create(case=case, identity=CHILD)
    return made


def reveal(page: Page, what_for: str = "Interview: arranging or holding one") -> None:
    page.get_by_label("What for").select_option(what_for)
    page.get_by_label("Why").fill("Arranging the forensic interview for tomorrow.")
    page.get_by_role("button", name="Reveal for 5 minutes").click()


def name(page: Page) -> Any:
    return page.get_by_text("Quillfeather")


@pytest.fixture
def shown(page: Page, victim: Victim) -> Page:
    """The child's page, reached from the case's, with the name on it."""
    page.goto(reverse("case-detail", args=[victim.case_id]))
    page.get_by_role("link", name=victim.pseudonym).click()
    # Words that only the new page has, or the one being left is judged in its place.
    expect(page.get_by_role("heading", name=REVEAL)).to_be_visible()
    expect(name(page)).to_have_count(0)
    assert violations(page) == []
    reveal(page)
    expect(name(page)).to_be_visible()
    # Until its script has run, the page has no clock to put forward.
    page.wait_for_load_state()
    return page


def test_a_reason_shows_the_child_and_the_server_masks_it_again(
    shown: Page, victim: Victim
) -> None:
    assert "Quillfeather" not in shown.title() + shown.url
    assert violations(shown) == []

    with time_machine.travel(timezone.now() + WINDOW):
        shown.reload()

        expect(name(shown)).to_have_count(0)
        expect(shown.get_by_role("heading", name=REVEAL)).to_be_visible()
    expect(shown.get_by_text("Arranging the forensic interview")).to_be_visible()


def test_the_page_masks_itself_when_the_time_is_over(shown: Page) -> None:
    with time_machine.travel(timezone.now() + WINDOW):
        shown.clock.fast_forward("05:01")

        expect(shown.get_by_role("heading", name=REVEAL)).to_be_visible()
        expect(name(shown)).to_have_count(0)


def test_masked_by_hand_it_stays_masked_on_the_way_back(shown: Page, victim: Victim) -> None:
    shown.get_by_role("button", name="Mask it now").click()
    expect(shown.get_by_text("Masked again.").first).to_be_visible()

    shown.goto(reverse("case-detail", args=[victim.case_id]))
    shown.go_back()

    expect(name(shown)).to_have_count(0)


def test_the_way_back_after_the_end_shows_the_mask(shown: Page, victim: Victim) -> None:
    shown.goto(reverse("case-detail", args=[victim.case_id]))

    with time_machine.travel(timezone.now() + WINDOW):
        shown.go_back()

        expect(shown.get_by_role("heading", name=REVEAL)).to_be_visible()
        expect(name(shown)).to_have_count(0)


def test_a_refused_reason_says_what_is_wrong_and_is_kept(
    victim: Victim, detective: Account, browser: Browser, live_server: LiveServer
) -> None:
    """In a window of its own: the browser complains about every refusal."""
    window = browser.new_context(base_url=live_server.url).new_page()
    sign_in(window, detective)
    window.goto(reverse("person", args=[victim.pk]))
    window.get_by_label("What for").select_option("Records correction")
    window.get_by_label("Why").fill("Because.")

    window.get_by_role("button", name="Reveal for 5 minutes").click()

    expect(window.get_by_text("Why: at least 15 letters or digits").first).to_be_visible()
    expect(window.get_by_label("Why")).to_have_value("Because.")
    expect(name(window)).to_have_count(0)
    assert not Reveal.objects.exists()
    window.context.close()


def test_an_original_is_shown_and_masked(page: Page, victim: Victim) -> None:
    report = ResponseFactory.create(case=victim.case, narrative="Zephyrine Quillfeather was seen.")
    type(report).objects.filter(pk=report.pk).update(narrative=f"{victim.pseudonym} was seen.")
    page.goto(reverse("case-detail", args=[victim.case_id]))
    page.get_by_role("link", name="The original").click()
    expect(page.get_by_label("What for")).to_be_visible()
    expect(name(page)).to_have_count(0)

    reveal(page, "Court or prosecutor: warrant, charge, testimony")

    expect(name(page)).to_be_visible()
    assert violations(page) == []
    with time_machine.travel(timezone.now() + WINDOW):
        page.reload()
        expect(name(page)).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_narrow_and_wide_windows(shown: Page, width: int) -> None:
    shown.set_viewport_size({"width": width, "height": 800})

    assert shown.evaluate("document.documentElement.scrollWidth") <= width
