"""Is every entry of a case in a release of it, however many there are?"""

import pytest

from cases.enums import ResponseKind
from cases.services.releases import sources
from cases.services.releases.sources import case_texts
from tests.factories import NOW, CaseFactory, ResponseFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("entries", [1, 2, 3, 7])
def test_every_entry_is_there_in_the_order_they_came(
    entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "CHUNK", 2)
    case = CaseFactory.create()
    for number in range(entries):
        ResponseFactory.create(
            case=case, kind=ResponseKind.SUPPLEMENT, narrative=f"Entry {number}.", entered_at=NOW
        )

    texts = [one.text for one in case_texts(case) if one.source.startswith("response:")]

    assert sorted(texts) == [f"Entry {number}." for number in range(entries)]
