"""What is wrong with the open page, for whoever cannot see it or has a narrow screen?

Playwright answers a click before the page behind it is there, so wait for words that only the new
page has first: else the old one is judged, or one that is being taken down.
"""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

NARROW: ViewportSize = {"width": 320, "height": 640}
# What WCAG 2.2 AA asks, and what is held to be good practice.
AXE = "() => axe.run(document, {resultTypes: ['violations']})"
RUNS_OFF = "() => document.documentElement.scrollWidth > window.innerWidth"
Finding = tuple[str, list[str]]


def findings(page: Page) -> list[Finding]:
    return [*violations(page), *too_wide(page)]


def violations(page: Page) -> list[Finding]:
    """Rule and places of each finding. Evaluated, as the page's policy forbids a script tag."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(AXE)["violations"]
    return [(item["id"], [str(node["target"]) for node in item["nodes"]]) for item in found]


def too_wide(page: Page) -> list[Finding]:
    """A finding when somebody with a narrow screen has to scroll sideways."""
    wide = page.viewport_size
    page.set_viewport_size(NARROW)
    runs_off = page.evaluate(RUNS_OFF)
    if wide is not None:
        page.set_viewport_size(wide)
    return [("runs off a narrow screen", [])] if runs_off else []
