"""Which browser, which address, and who is signed in?"""

import logging
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery.contrib.testing.worker import start_worker
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from caseunit.celery import app
from tests.caseload import VANCOUVER, Caseload, write_caseload
from tests.factories import PASSWORD, AccountFactory

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]

SignIn = Callable[[str], Page]

# Milliseconds. Every core is taken while these run, so a page may be long in coming: that is no
# finding, and the benches measure how long.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """The machine's own Chromium; without one, these tests are skipped and say so.

    Playwright keeps an event loop in this thread as long as it runs, beside which Django refuses
    plain queries unless told; so neither outlives the module, nor touches anybody else's tests.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("No Chromium on this machine: install the package chromium.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        launched = _launched(playwright, path)
        yield launched
        launched.close()


def _launched(playwright: Playwright, path: str) -> Browser:
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


@pytest.fixture
def page(transactional_db: None, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A fresh, private page; what the browser itself complains about fails the test."""
    context = browser.new_context(base_url=live_server.url, timezone_id="America/Chicago")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def worker(live_server: LiveServer) -> Iterator[None]:
    """A real worker on the real broker, taking only what this test process sends.

    It has the whole process log errors alone; whoever comes after it hears warnings again.
    """
    eager, root = app.conf.task_always_eager, logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    app.conf.task_always_eager = False
    try:
        with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
            yield
    finally:
        app.conf.task_always_eager = eager
        root.setLevel(level)
        root.handlers[:] = handlers


@pytest.fixture
def sign_in(page: Page) -> SignIn:
    """Sign somebody of a role in through the pages; returns the page they arrive at."""

    def sign_in_as(role: str) -> Page:
        account = AccountFactory.create(role=role)
        page.goto("/sign-in/")
        page.get_by_role("button", name="I understand and agree").click()
        page.get_by_label("Username").fill(account.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    return sign_in_as


@pytest.fixture
def caseload(tmp_path: Path) -> Caseload:
    return write_caseload(tmp_path / "caseload", seed=61, worked=12, each=1, shape=VANCOUVER)


@pytest.fixture
def bundle(caseload: Caseload, tmp_path: Path) -> Path:
    """The caseload as somebody would upload it."""
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("officers", "cases", "events", "referrals"):
            archive.write(caseload.folder / f"{name}.csv", f"{name}.csv")
    return path
