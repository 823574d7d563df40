"""Does anything that leaves the unit name a child, and would it be noticed if it did? (3.4)

The child is named in every form in whatever people type. Then each thing that leaves is asked for:
it says nothing. Then a name is planted behind each of them, past the services: it is found.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from audit.models import Checkpoint
from audit.witness import tell
from cases.access import viewer_for
from cases.enums import PersonRole, ResponseKind, RoleCode
from cases.models import Case, Release
from cases.services.grants import set_wall
from cases.services.releases.preparing import start_release
from cases.services.responses import EvidenceInput, ResponseInput, log_response
from cases.services.victims import PersonInput, add_person, add_victim
from tests.cases.pages import Desk, signed_in
from tests.factories import (
    NOW,
    AccountFactory,
    CaseFactory,
    EntryFactory,
    GrantFactory,
    ReleaseFileFactory,
    ReleaseItemFactory,
    VictimFactory,
)
from tests.leaks import Identity, Leaked, Watch, assert_nothing_leaks

pytestmark = pytest.mark.django_db

CHILD: Identity = {
    "first_name": "Zephyrine",
    "last_name": "Quillfeather",
    "birth_date": "2018-02-09",
    "phone": "(816) 555-0143",
    "address": "4117 Invented Hollow Lane",
    "email": "zq@example.org",
    "ssn": "987-65-4321",
    "school": "Madeup Hollow Elementary School",
}
SAID = (
    "Zephyrine Quillfeather; QUILLFEATHER, Zephyrine; Zephyrine's; Quillfeather\u2019s; "
    "Z\u00e9phyrine; Zephyrin\u0065\u0301; ZEPHYRINE; born 02/09/2018, Feb 9, 2018; "
    "816.555.0143, 555-0143; "
    "4117 Invented Hollow Ln; zq@example.org; 987-65-4321; Madeup Hollow Elementary"
)
ABOUT_THE_CASE = (
    "case-detail",
    "case-access",
    "case-history",
    "case-looks",
    "response-log",
    "person-add",
)
SUMMER = datetime(NOW.year - 1, 7, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Unit:
    """A case about the child, and whoever may carry something of it out of the building."""

    desk: Desk
    case: Case
    release: Release
    as_auditor: Client
    as_captain: Client
    as_clerk: Client


@pytest.fixture
def unit(desk: Desk, settings: Settings) -> Unit:
    settings.AUDIT_WITNESS_EMAIL = "witness@example.invalid"
    case = desk.held_case(received_at=SUMMER)
    CaseFactory.create_batch(9, received_at=SUMMER, squad=desk.squad)
    detective, sergeant = viewer_for(desk.detective), viewer_for(desk.sergeant)
    # Said before anybody knows who the child is, and once more afterwards.
    _name_the_child(desk, case)
    add_victim(viewer=detective, now=NOW, case_id=case.pk, person=PersonInput(identity=dict(CHILD)))
    _name_the_child(desk, case)
    caregiver = PersonInput(
        identity={"first_name": "Ombert"}, role=PersonRole.CAREGIVER, description=SAID
    )
    add_person(viewer=sergeant, now=NOW, case_id=case.pk, person=caregiver)
    clerk = AccountFactory.create(role=RoleCode.RECORDS)
    GrantFactory.create(content_object=case, user=clerk)
    release = start_release(
        viewer=viewer_for(clerk),
        now=NOW,
        case_id=case.pk,
        profile="public",
        reason=SAID,
        submission_key=uuid4(),
    )
    auditor, captain = (
        signed_in(AccountFactory.create(role=role)) for role in (RoleCode.AUDITOR, RoleCode.CAPTAIN)
    )
    return Unit(desk, case, release, auditor, captain, signed_in(clerk))


def _name_the_child(desk: Desk, case: Case) -> None:
    entry = ResponseInput(
        kind=ResponseKind.SUPPLEMENT,
        occurred_at=NOW - HOUR,
        narrative=SAID,
        next_action=SAID[:200],
        evidence=(EvidenceInput("Quillfeather 1", SAID[:200]),),
    )
    log_response(viewer=viewer_for(desk.detective), now=NOW, case_id=case.pk, entry=entry)
    set_wall(
        viewer=viewer_for(desk.sergeant),
        now=NOW,
        case_id=case.pk,
        account_id=AccountFactory.create().pk,
        reason=SAID,
    )


# -- what leaves --------------------------------------------------------------------------------


def export_as_csv(unit: Unit) -> object:
    return unit.as_auditor.post(reverse("audit-export"), {"form": "csv"})


def export_as_json_lines(unit: Unit) -> object:
    return unit.as_auditor.post(reverse("audit-export"), {"form": "jsonl"})


def log_page(unit: Unit) -> object:
    return unit.as_auditor.get(reverse("audit"))


def statistics(unit: Unit) -> object:
    return unit.as_captain.get(reverse("statistics"), {"year": SUMMER.year})


def statistics_file(unit: Unit) -> object:
    return unit.as_captain.get(reverse("statistics-file"), {"year": SUMMER.year})


def redaction_log(unit: Unit) -> object:
    return unit.as_clerk.get(reverse("release-detail", args=[unit.release.pk]))


def names_of_files(unit: Unit) -> object:
    """A file came in under the child's name; what goes out goes under the release's number."""
    page = unit.as_clerk.get(reverse("release-detail", args=[unit.release.pk]))
    exports = (export_as_csv(unit), export_as_json_lines(unit), statistics_file(unit))
    answers = (page, *exports)
    return [dict(answer.items()) for answer in answers if hasattr(answer, "items")]


def mail_to_a_witness(unit: Unit) -> object:
    checkpoint = Checkpoint.objects.order_by("-size").first()
    tell("email", checkpoint or _checkpoint("audit\n1\nhash\n"), now=NOW)
    return mail.outbox


def _checkpoint(note: str) -> Checkpoint:
    return Checkpoint.objects.create(
        size=1, cluster=1, xid=1, entry_id=1, sealed_at=NOW, note=note, mac=b"mac"
    )


def pages(unit: Unit) -> Iterator[tuple[str, Any]]:
    case = unit.case.pk
    people = (*unit.case.victims.all(), *unit.case.people.all())
    for name, arguments in (
        *((name, []) for name in ("my-work", "case-list", "dashboard", "link-list")),
        *((name, [case]) for name in ABOUT_THE_CASE),
        *(("person", [one.pk]) for one in people),
        *(("original", [one.pk]) for one in unit.case.responses.all()),
    ):
        yield name, unit.desk.as_sergeant.get(reverse(name, args=arguments))


def titles(unit: Unit) -> object:
    """What a browser keeps in its history and shows on its tabs; headings and labels as well."""
    found = re.compile(
        r"(?s)<title>.*?</title>|<h[1-3].*?</h[1-3]>|(?:title|alt|aria-label|value)=\"[^\"]*\""
    )
    return [(name, found.findall(page.content.decode())) for name, page in pages(unit)]


def whole_pages(unit: Unit) -> object:
    return [(name, page) for name, page in pages(unit) if page.status_code == 200]


def found_by_a_search(unit: Unit) -> object:
    """What stands in the list of results; the terms stand in their fields, for whoever typed."""
    asked = {name: CHILD[name] for name in ("first_name", "last_name", "birth_date")}
    page = unit.desk.as_sergeant.post(reverse("find-person"), asked).content.decode()
    by_number = unit.desk.as_sergeant.get(reverse("case-list"), {"number": unit.case.number})
    body = page[page.index("<main") :]
    return [re.sub(r"<(?:input|textarea|option)[^>]*>", "", body), by_number]


OUTPUTS: list[Callable[[Unit], object]] = [
    export_as_csv,
    export_as_json_lines,
    log_page,
    statistics,
    statistics_file,
    redaction_log,
    names_of_files,
    mail_to_a_witness,
    titles,
    whole_pages,
    found_by_a_search,
]


@pytest.mark.parametrize("leaving", OUTPUTS)
def test_what_leaves_names_nobody(
    leaving: Callable[[Unit], object], unit: Unit, watch: Watch
) -> None:
    assert_nothing_leaks(leaving(unit), [CHILD], where=leaving.__name__)
    assert_nothing_leaks({"log": watch.logs, "task": watch.tasks, "mail": mail.outbox}, [CHILD])


# -- and if it did ------------------------------------------------------------------------------


def an_entry(unit: Unit, told: str) -> None:
    EntryFactory.create(reason=told)


def details_of_an_entry(unit: Unit, told: str) -> None:
    EntryFactory.create(details={"asked": {"forms": [told]}})


def a_division(unit: Unit, told: str) -> None:
    Case.objects.update(division=told)


def an_item_of_a_release(unit: Unit, told: str) -> None:
    ReleaseItemFactory.create(release=unit.release, label=told, position=99)


def why_a_release(unit: Unit, told: str) -> None:
    Release.objects.update(reason=told)


def an_error_of_a_file(unit: Unit, told: str) -> None:
    ReleaseFileFactory.create(release=unit.release, error=told, state="refused")


def a_checkpoint(unit: Unit, told: str) -> None:
    _checkpoint(f"audit\n1\n{told}\n")


def a_case_number(unit: Unit, told: str) -> None:
    Case.objects.filter(pk=unit.case.pk).update(number=told)


def a_pseudonym(unit: Unit, told: str) -> None:
    VictimFactory.create(case=unit.case, identity=dict(CHILD), pseudonym=told[:12])


def a_narrative(unit: Unit, told: str) -> None:
    unit.case.responses.update(narrative=told)


PLANTS: list[tuple[Callable[[Unit, str], None], Callable[[Unit], object]]] = [
    (an_entry, export_as_csv),
    (an_entry, export_as_json_lines),
    (an_entry, log_page),
    (details_of_an_entry, export_as_csv),
    (details_of_an_entry, export_as_json_lines),
    (a_division, statistics),
    (a_division, statistics_file),
    (an_item_of_a_release, redaction_log),
    (why_a_release, redaction_log),
    (an_error_of_a_file, redaction_log),
    (a_checkpoint, mail_to_a_witness),
    (a_case_number, titles),
    (a_case_number, found_by_a_search),
    (a_narrative, whole_pages),
    (a_pseudonym, titles),
]


@pytest.mark.parametrize("told", ["Z\u00e9phyrine", "QUILLFEATHER"])
def test_each_planted_name_is_found(told: str, unit: Unit) -> None:
    """One unit for all of them: what was planted is taken back before the next."""
    missed = []
    for plant, leaving in PLANTS:
        with transaction.atomic():
            plant(unit, told)
            if not _leaks(leaving(unit)):
                missed.append((plant.__name__, leaving.__name__))
            transaction.set_rollback(True)
        mail.outbox.clear()

    assert missed == []


def _leaks(left: object) -> bool:
    try:
        assert_nothing_leaks(left, [CHILD])
    except Leaked:
        return True
    return False
