"""Does a release say what of the case it leaves out?"""

import pytest

from cases.enums import ResponseKind
from cases.services.releases import sources
from cases.services.releases.sources import case_texts
from tests.factories import NOW, CaseFactory, ResponseFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("entries", "said"), [(2, False), (3, True)])
def test_entries_beyond_the_limit_are_named_as_left_out(
    entries: int,
    said: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "MOST_TEXTS", 2)
    case = CaseFactory.create()
    for number in range(entries):
        ResponseFactory.create(
            case=case, kind=ResponseKind.SUPPLEMENT, narrative=f"Entry {number}.", entered_at=NOW
        )

    texts = case_texts(case)

    assert len([one for one in texts if one.source.startswith("response:")]) == 2
    assert any(one.label == "What is left out" for one in texts) is said
