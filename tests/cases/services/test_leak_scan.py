"""Is a name in a stored text found, and told without being told? All names invented."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cases.access import NotPermitted, system_viewer, viewer_for
from cases.models import Case
from cases.services.leak_scan import scan_for_leaks
from tests.cases.pages import Desk
from tests.factories import (
    NOW,
    EntryFactory,
    EvidenceFactory,
    FlagFactory,
    ReferralFactory,
    ResponseFactory,
    SavedFilterFactory,
    VictimFactory,
)
from tests.leaks import assert_nothing_leaks

pytestmark = pytest.mark.django_db

ZEPHYRINE = {"first_name": "Zephyrine", "last_name": "Quillfeather"}


@pytest.fixture
def case(desk: Desk) -> Case:
    case = desk.held_case()
    VictimFactory.create(case=case, identity=ZEPHYRINE)
    return case


def test_a_clean_unit_has_nothing_to_tell(case: Case) -> None:
    ResponseFactory.create(case=case, narrative="V-7Q2MX was seen.")
    out = StringIO()

    call_command("leak_scan", stdout=out)

    assert "1 cases: nothing found." in out.getvalue()


def test_what_leaks_is_told_by_place_and_kind(case: Case) -> None:
    ResponseFactory.create(case=case, narrative="Zephyrine was seen.")
    FlagFactory.create(case=case, comment="ask QUILLFEATHER")
    out = StringIO()

    with pytest.raises(CommandError, match="1 of 1 cases"):
        call_command("leak_scan", stdout=out)

    assert "Response.narrative: first_name in 1" in out.getvalue()
    assert "Flag.comment: last_name in 1" in out.getvalue()
    assert str(case.pk) in out.getvalue()
    assert_nothing_leaks(out.getvalue(), [ZEPHYRINE])


def test_texts_that_belong_to_no_case_are_looked_through(case: Case) -> None:
    kept = SavedFilterFactory.create(name="the one of Zephyrine Quillfeather")
    SavedFilterFactory.create(name="Quillfeather's squad")
    FlagFactory.create(on_officer=True, comment="Quillfeather, Zephyrine")
    EntryFactory.create(subject_type="role", subject_id="x", reason="for zephyrine quillfeather")
    out = StringIO()

    with pytest.raises(CommandError, match="3 texts that belong to no case"):
        call_command("leak_scan", stdout=out)

    assert "SavedFilter.name: name in 1" in out.getvalue()
    assert f"SavedFilter {kept.pk}" in out.getvalue()
    assert "Flag.comment: name in 1" in out.getvalue()
    assert "Entry.reason: name in 1" in out.getvalue()
    assert_nothing_leaks(out.getvalue(), [ZEPHYRINE])


def test_codes_that_a_name_was_typed_into_are_found(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(division="Zephyrine")
    EvidenceFactory.create(case=case, item="Zephyrine-1")
    ReferralFactory.create(case=case, organization="Quillfeather Clinic", reference="Quillfeather")
    EntryFactory.create(subject_type="link", reason="Zephyrine", details={"case": str(case.pk)})

    scan = scan_for_leaks(viewer=system_viewer("test"), now=NOW, limit=1)

    assert {column for column, _ in scan.places} == {
        "Case.division",
        "Evidence.item",
        "Referral.organization",
        "Referral.reference",
        "Entry.reason",
    }


def test_nobody_but_the_machinery_looks(desk: Desk) -> None:
    with pytest.raises(NotPermitted):
        scan_for_leaks(viewer=viewer_for(desk.sergeant), now=NOW, limit=1)

    assert scan_for_leaks(viewer=system_viewer("test"), now=NOW, limit=1).looked_at == 0
