"""Does the database itself refuse a release that must not be, by the name of the broken rule?"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from cases.enums import MarkDecision, ReleaseState
from cases.models import ReleaseResult
from tests.factories import (
    NOW,
    ReleaseFactory,
    ReleaseFileFactory,
    ReleaseItemFactory,
    ReleaseMarkFactory,
)

pytestmark = pytest.mark.django_db

Make = Callable[[], Any]
APPROVED: dict[str, object] = {"state": ReleaseState.APPROVED, "version": "v", "result_sha256": "s"}
BROKEN: list[tuple[str, Make, dict[str, object]]] = [
    ("release_state_known", ReleaseFactory.create, {"state": "gone"}),
    ("release_has_reason", ReleaseFactory.create, {"reason": ""}),
    ("release_approved_by_somebody", ReleaseFactory.create, APPROVED),
    (
        "release_approved_by_another",
        ReleaseFactory.create,
        {"approved_by": models.F("prepared_by")},
    ),
    ("release_file_kind_known", ReleaseFileFactory.create, {"kind": "exe"}),
    ("release_file_state_known", ReleaseFileFactory.create, {"state": "lost"}),
    ("release_mark_category_known", ReleaseMarkFactory.create, {"category": "gossip"}),
    ("release_mark_decision_known", ReleaseMarkFactory.create, {"decision": "perhaps"}),
    ("release_mark_is_a_place", ReleaseMarkFactory.create, {"start": 3}),
    ("release_mark_is_a_place", ReleaseMarkFactory.create, {"start": None, "end": None}),
    (
        "release_mark_cites",
        ReleaseMarkFactory.create,
        {"decision": MarkDecision.ACCEPTED, "exemption": ""},
    ),
    ("release_mark_says_why", ReleaseMarkFactory.create, {"decision": MarkDecision.REJECTED}),
]


@pytest.mark.parametrize(("name", "make", "change"), BROKEN)
def test_a_row_that_breaks_a_rule_is_refused(
    name: str, make: Make, change: dict[str, object]
) -> None:
    row = make()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**change)


TWICE: list[tuple[str, Make]] = [
    (
        "release_file_position",
        lambda: ReleaseFileFactory.create(release=_release(), position=1),
    ),
    (
        "release_file_once",
        lambda: ReleaseFileFactory.create(release=_release(), digest=b"2" * 32),
    ),
    (
        "release_item_position",
        lambda: ReleaseItemFactory.create(release=_release(), position=1),
    ),
]


def _release() -> Any:
    model = ReleaseFactory._meta.model
    assert model is not None
    return model.objects.first() or ReleaseFactory.create()


@pytest.mark.parametrize(("name", "make"), TWICE)
def test_a_second_of_the_same_is_refused(name: str, make: Make) -> None:
    make()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


def test_a_release_has_one_result() -> None:
    release = ReleaseFactory.create(created_at=NOW)
    ReleaseResult.objects.create(release=release, sealed_content=b"1")

    with pytest.raises(IntegrityError), transaction.atomic():
        ReleaseResult.objects.create(release=release, sealed_content=b"2")
