"""Is every week of the log signed by somebody, once, with a sentence, and loud when it isn't?"""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from audit.context import acting_as
from audit.events import Event
from audit.models import Entry
from cases.access import NotPermitted, viewer_for
from cases.enums import RoleCode
from cases.models import Account, AuditReview
from cases.rules.audit_weeks import week_of, weeks_over
from cases.selectors.audit_weeks import NoSuchWeek, reminder
from cases.selectors.policy import unit_calendar
from cases.services.audit_reviews import NothingSaid, SignedAlready, sign_week
from tests.cases.pages import Desk, signed_in, words
from tests.factories import NOW, AccountFactory, EntryFactory

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
# By Chicago's clock: NOW is a Wednesday; the week before ended on Monday, 9 March, at midnight.
MONDAY = date(2026, 3, 2)
ENDS = datetime(2026, 3, 9, 5, tzinfo=UTC)
DUE = datetime(2026, 3, 12, 5, tzinfo=UTC)
SAID = "Went through every saved question; two reveals asked about."


@pytest.fixture
def auditor() -> Account:
    return AccountFactory.create(role=RoleCode.AUDITOR)


@pytest.fixture
def in_that_week() -> Entry:
    return EntryFactory.create(at=ENDS - timedelta(days=3))


def test_a_week_ends_at_the_units_midnight_and_is_due_three_business_days_later() -> None:
    week = week_of(date(2026, 3, 5), unit_calendar(), 3)

    assert (week.on, week.ends_at, week.due_at) == (MONDAY, ENDS, DUE)
    # The clocks went forward within it.
    assert week.ends_at - week.starts_at == timedelta(days=7) - timedelta(hours=1)


@pytest.mark.parametrize(("now", "over"), [(ENDS - SECOND, 0), (ENDS, 1), (ENDS + SECOND, 1)])
def test_a_week_is_over_when_it_has_ended(now: datetime, over: int) -> None:
    assert len(list(weeks_over(ENDS - SECOND, now, unit_calendar(), 3))) == over


@pytest.mark.parametrize(("now", "late"), [(DUE - SECOND, 0), (DUE, 0), (DUE + SECOND, 1)])
@pytest.mark.usefixtures("in_that_week")
def test_an_unsigned_week_is_loud_once_its_time_is_past(now: datetime, late: int) -> None:
    found = reminder(now)

    assert [week.on for week in found.weeks] == [MONDAY]
    assert len(found.late) == late


@pytest.mark.usefixtures("in_that_week")
def test_the_log_page_reminds_and_then_shouts(auditor: Account) -> None:
    client = signed_in(auditor)
    with time_machine.travel(DUE, tick=False):
        calm = words(client.get(reverse("audit")))
    with time_machine.travel(DUE + SECOND, tick=False):
        loud = words(client.get(reverse("audit")))

    assert "1 week waits for a signature" in calm
    assert "1 week of this log should have been signed, and nobody has." in loud


def test_a_signature_keeps_what_stood_out_and_is_an_entry(
    auditor: Account, in_that_week: Entry
) -> None:
    EntryFactory.create(at=ENDS - SECOND, actor_id="system:sweep")
    EntryFactory.create(at=ENDS, actor_id="system:sweep")

    with acting_as(str(auditor.pk), auditor.username):
        sign_week(viewer=viewer_for(auditor), now=NOW, day=MONDAY, comment=SAID)

    review = AuditReview.objects.get()
    assert (review.week_on, review.signed_by, review.entries) == (MONDAY, auditor, 2)
    assert review.found["system"] == 1
    entry = Entry.objects.get(event=Event.AUDIT_REVIEWED)
    assert (entry.subject_id, entry.reason) == ("2026-03-02", SAID)
    assert reminder(NOW).weeks == ()


@pytest.mark.usefixtures("in_that_week")
def test_a_week_is_signed_once(auditor: Account) -> None:
    viewer = viewer_for(auditor)
    with acting_as(str(auditor.pk), auditor.username):
        sign_week(viewer=viewer, now=NOW, day=MONDAY, comment=SAID)
        with pytest.raises(SignedAlready):
            sign_week(viewer=viewer, now=NOW, day=MONDAY, comment=SAID)

    assert AuditReview.objects.count() == 1


@pytest.mark.parametrize("comment", ["", "ok", "\u200b" * 40, "a" * 40])
@pytest.mark.usefixtures("in_that_week")
def test_a_signature_says_something(auditor: Account, comment: str) -> None:
    with pytest.raises(NothingSaid):
        sign_week(viewer=viewer_for(auditor), now=NOW, day=MONDAY, comment=comment)


@pytest.mark.usefixtures("in_that_week")
def test_only_a_week_of_the_log_that_is_over_is_signed(auditor: Account) -> None:
    for day, now in ((MONDAY, ENDS - SECOND), (date(2026, 2, 23), NOW)):
        with pytest.raises(NoSuchWeek):
            sign_week(viewer=viewer_for(auditor), now=now, day=day, comment=SAID)


@pytest.mark.usefixtures("in_that_week")
def test_only_who_reads_the_log_signs(desk: Desk) -> None:
    with pytest.raises(NotPermitted):
        sign_week(viewer=viewer_for(desk.sergeant), now=NOW, day=MONDAY, comment=SAID)
    for client in (desk.as_sergeant, desk.as_detective):
        for name in ("audit-weeks", "audit-week", "audit-activity", "audit-looks"):
            assert client.get(reverse(name), {"week": MONDAY.isoformat()}).status_code == 404
        for name in ("audit-week-sign", "audit-export"):
            assert client.post(reverse(name), {"week": MONDAY}).status_code == 404


@pytest.mark.usefixtures("at_now", "in_that_week")
def test_the_pages_lead_from_the_reminder_to_the_signature(auditor: Account) -> None:
    client = signed_in(auditor)
    week = {"week": "2026-03-02"}

    refused = client.post(reverse("audit-week-sign"), week | {"comment": "ok"})
    signed = client.post(reverse("audit-week-sign"), week | {"comment": SAID}, follow=True)

    assert refused.status_code == 422
    assert "Say what you looked at" in words(refused)
    assert SAID in words(signed)
    assert "Sign the week" not in words(client.get(reverse("audit-week"), week))
    assert client.get(reverse("audit-week-sign"), week).status_code == 405


@pytest.mark.usefixtures("at_now", "in_that_week")
@pytest.mark.parametrize("week", ["", "x", "2026-03-09", "1999-01-04"])
def test_a_week_that_is_none_is_not_found(auditor: Account, week: str) -> None:
    assert signed_in(auditor).get(reverse("audit-week"), {"week": week}).status_code == 404


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("audit_review_once_a_week", {}),
        ("audit_review_from_monday", {"week_on": date(2026, 3, 3)}),
        ("audit_review_has_comment", {"week_on": date(2026, 2, 23), "comment": ""}),
    ],
)
def test_the_database_holds_it(
    auditor: Account, constraint: str, fields: dict[str, object]
) -> None:
    given = {"week_on": MONDAY, "signed_by": auditor, "signed_at": NOW, "entries": 0}
    AuditReview.objects.create(**given, comment=SAID)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AuditReview.objects.create(**{**given, "comment": SAID, **fields})


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    for name in ("audit-weeks", "audit-week", "audit-activity", "audit-looks"):
        assert client.get(reverse(name)).status_code == 302
