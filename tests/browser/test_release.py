"""Does a release go its whole way in a browser: prepared, marked, drawn, approved, downloaded?"""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from cases.enums import RoleCode
from cases.models import Account, Case, Release
from tests.browser.conftest import SignIn
from tests.browser.judged import violations
from tests.cases.release_files import plain_pdf
from tests.factories import (
    PASSWORD,
    AccountFactory,
    CaseFactory,
    GrantFactory,
    ResponseFactory,
    VictimFactory,
)
from tests.leaks import Identity, assert_nothing_leaks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]

PATIENCE = 60_000
LATER = datetime(2100, 1, 1, tzinfo=UTC)
NARRATIVE = (
    "The child was seen at 88 Madeup Street. A bruise on the arm was noted. "
    "The child has brown hair. The door was locked."
)


@pytest.fixture
def case(transactional_db: None, child: Identity) -> Case:
    case = CaseFactory.create(open_and_held=True)
    VictimFactory.create(case=case, identity=dict(child))
    ResponseFactory.create(case=case, narrative=NARRATIVE)
    return case


def test_a_release_goes_its_whole_way(
    sign_in: SignIn, browser: Browser, case: Case, child: Identity, tmp_path: Path
) -> None:
    page = sign_in(RoleCode.RECORDS)
    clerk = Account.objects.get(role__code=RoleCode.RECORDS)
    GrantFactory.create(user=clerk, content_object=case, expires_at=LATER)
    _begin(page, case)
    _decide_the_text(page)
    _add_a_page(page, child, tmp_path)
    _submit(page)

    other = _second_person(page, browser, case)
    content = _approve_and_download(other)

    release = Release.objects.get()
    assert hashlib.sha256(content).hexdigest() == release.result_sha256
    text = " ".join(
        " ".join(one.extract_text() for one in PdfReader(io.BytesIO(content)).pages).split()
    )
    assert "has brown hair" in text
    for gone in ("Madeup", "bruise", "door"):
        assert gone not in text
    assert_nothing_leaks(content, [child])
    other.context.close()


def _begin(page: Page, case: Case) -> None:
    page.goto(f"/cases/{case.pk}/")
    page.get_by_role("link", name="Prepare a release").click()
    page.get_by_text("Public records request").click()
    page.get_by_label("What was asked for").fill("A newspaper's request of 2 March.")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Release R-")).to_be_visible()
    assert violations(page) == []


def _decide_the_text(page: Page) -> None:
    """One left in, one drawn by hand, the others accepted."""
    page.get_by_role("link", name="Supplement").first.click()
    looks = page.get_by_role("group", name="Physical characteristics")
    looks.get_by_text("Leave in").click()
    looks.get_by_label("Why it may stay in").fill("It is in the public bulletin.")
    page.get_by_role("button", name="Save decisions").click()
    expect(page.get_by_text("1 decision saved.")).to_be_visible()
    page.get_by_label("Phrase").fill("the door was locked")
    page.get_by_label("What it is").select_option("other")
    page.get_by_label("Exemption", exact=True).select_option("Court order")
    page.get_by_role("button", name="Mark it").click()
    expect(page.get_by_text("Marked.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Release R-").click()
    page.get_by_role("button", name="Accept all").click()
    expect(page.get_by_text("suggestions accepted.")).to_be_visible()


def _add_a_page(page: Page, child: Identity, folder: Path) -> None:
    """Its page comes in by itself; the name on it is suggested, a rectangle drawn by mouse."""
    path = folder / "letter.pdf"
    path.write_bytes(plain_pdf([(f"{child['first_name']} was here.", "Nothing else.")]))
    page.get_by_label("PDF, PNG or JPEG").set_input_files(path)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="File 1, page 1 of 1").click(timeout=PATIENCE)
    picture = page.get_by_role("img", name="Picture of this page")
    picture.scroll_into_view_if_needed()
    place = picture.bounding_box()
    assert place
    page.mouse.move(place["x"] + 50, place["y"] + 120)
    page.mouse.down()
    page.mouse.move(place["x"] + 150, place["y"] + 180)
    page.mouse.up()
    assert int(page.get_by_label("Right").input_value()) > int(
        page.get_by_label("Left").input_value()
    )
    page.get_by_label("What it is").select_option("image")
    page.get_by_role("button", name="Mark it").click()
    expect(page.get_by_text("Marked.")).to_be_visible()
    page.get_by_role("button", name="I have looked this page over").click()
    expect(page.get_by_text("Looked over")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Release R-").click()
    page.get_by_role("button", name="Accept all").click()


def _submit(page: Page) -> None:
    page.get_by_role("button", name="Make the PDF and ask for approval").click()
    expect(page.get_by_text("Waiting for approval")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Somebody else approves it.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve this version")).to_have_count(0)


def _second_person(page: Page, browser: Browser, case: Case) -> Page:
    account = AccountFactory.create(role=RoleCode.RECORDS)
    GrantFactory.create(user=account, content_object=case, expires_at=LATER)
    root = page.url.split("/releases/")[0]
    other = browser.new_context(base_url=root, java_script_enabled=False).new_page()
    other.goto("/sign-in/")
    other.get_by_role("button", name="I understand and agree").click()
    other.get_by_label("Username").fill(account.username)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    return other


def _approve_and_download(page: Page) -> bytes:
    """Without script."""
    page.goto("/releases/")
    page.get_by_role("link", name="R-").click()
    page.get_by_role("button", name="Approve this version").click()
    expect(page.get_by_text("The release is approved.")).to_be_visible()
    with page.expect_download() as began:
        page.get_by_role("link", name="Download R-").click()
    assert began.value.suggested_filename == f"{Release.objects.get().number}.pdf"
    return Path(began.value.path()).read_bytes()
