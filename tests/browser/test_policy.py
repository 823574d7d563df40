"""Does a real browser refuse what the policy forbids, and say so to the server?"""

import logging
from threading import Event

import pytest
from django.core.signals import request_started
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

# Seconds, until somebody would give up; a report comes at once or not at all.
PATIENCE = 30
INLINE = """() => {
  const script = document.createElement('script');
  script.textContent = 'window.ran = true';
  document.body.append(script);
  return window.ran === true;
}"""


class _Heard(logging.Handler):
    """Rings when the line comes, from whichever thread."""

    def __init__(self) -> None:
        super().__init__()
        self.rang = Event()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
        self.rang.set()


def test_an_inline_script_does_not_run_and_the_server_hears_of_it(
    transactional_db: None,
    browser: Browser,
    live_server: LiveServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # A worker that another test ran in this process may have left errors alone to be heard.
    caplog.set_level(logging.WARNING, logger="cases.views.browser_reports")
    heard, logger = _Heard(), logging.getLogger("cases.views.browser_reports")
    logger.addHandler(heard)
    came: list[str] = []

    def note(environ: dict[str, str], **_: object) -> None:
        came.append(environ["PATH_INFO"])

    request_started.connect(note)
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.goto("/sign-in/")

    ran = page.evaluate(INLINE)

    rang = heard.rang.wait(PATIENCE)
    context.close()
    request_started.disconnect(note)
    logger.removeHandler(heard)
    assert not ran
    assert "/browser-reports/" in came, "the browser sent no report"
    assert rang
    assert heard.said == ["A browser refused script-src-elem from inline on the page sign-in."]
