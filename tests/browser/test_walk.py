"""Does the main job work, end to end, for somebody who only has the pages?"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cases.enums import ClockKind, FlagKind, FlagStatus, ResponseKind
from cases.models import Case, Flag
from cases.models.case import OPEN
from tests.browser.conftest import SignIn
from tests.caseload import Caseload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]

# Milliseconds: how long a worker may take before somebody would give up.
PATIENCE = 60_000
SILENCE = ClockKind.NEXT_SUPPLEMENT
ENTRY = "The school's office was called back; records will follow by mail this week."


def test_a_caseload_goes_in_and_a_quiet_case_is_taken_up(
    sign_in: SignIn, bundle: Path, caseload: Caseload
) -> None:
    page = sign_in("captain")
    _import(page, bundle)
    assert Case.objects.count() == len(caseload.modes)
    flag = _stalled_only_by_silence()

    _open_from_dashboard(page, flag)
    _log_supplement(page)

    flag.refresh_from_db()
    assert flag.status == FlagStatus.RESOLVED
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="cases need you")).to_be_visible()
    expect(page.get_by_role("link", name=_number(flag), exact=True)).to_have_count(0)


def _import(page: Page, bundle: Path) -> None:
    page.goto("/imports/new/")
    page.get_by_label("File").set_input_files(bundle)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Every row would land")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Done").first).to_be_visible(timeout=PATIENCE)


def _stalled_only_by_silence() -> Flag:
    """The standing flag of an open case that nothing else is wrong with but the silence."""
    quiet = Case.objects.filter(OPEN).exclude(flags__in=Flag.objects.exclude(clock_kind=SILENCE))
    return Flag.objects.filter(case__in=quiet, kind=FlagKind.STALLED).latest("since")


def _open_from_dashboard(page: Page, flag: Flag) -> None:
    page.goto("/dashboard/")
    page.get_by_role("link", name=_number(flag), exact=True).click()
    expect(page.get_by_text("Stalled").first).to_be_visible()


def _log_supplement(page: Page) -> None:
    page.get_by_role("link", name="Log response").first.click()
    page.get_by_label("What was done").select_option(ResponseKind.SUPPLEMENT)
    page.get_by_label("Narrative").fill(ENTRY)
    page.get_by_role("button", name="Log this entry").click()
    expect(page.get_by_text(ENTRY).first).to_be_visible()


def _number(flag: Flag) -> str:
    assert flag.case is not None
    return flag.case.number
