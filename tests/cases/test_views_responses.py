"""Is a response asked for in full, kept as it is typed, logged once, and never lost?"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils.timezone import localtime

from audit.events import Event, Outcome
from audit.models import Entry
from cases.enums import Channel, OffenseClass, ResponseKind
from cases.models import Case, Draft, Evidence, Response
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    HOUR,
    NARRATIVE,
    NOW,
    AccountFactory,
    DraftFactory,
    GrantFactory,
    InvolvedPersonFactory,
    ResponseFactory,
    ReviewFactory,
    VictimFactory,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case(channel=Channel.WALK_IN, offense_class=OffenseClass.NON_ABUSE)


def log_url(case: Case) -> str:
    return reverse("response-log", args=[case.pk])


def draft_url(case: Case) -> str:
    return reverse("draft-save", args=[case.pk])


def at(instant: Any) -> str:
    return localtime(instant).strftime("%Y-%m-%dT%H:%M")


def typed(**fields: Any) -> dict[str, Any]:
    """A supplement as the form sends it."""
    return {
        "kind": ResponseKind.SUPPLEMENT,
        "occurred_at": at(NOW - HOUR),
        "narrative": NARRATIVE,
        "submission_key": str(uuid4()),
        "version": "0",
        "step": "log",
    } | fields


def whole_report(desk: Desk, **fields: Any) -> dict[str, Any]:
    """A report that settles all that a non-abuse crime asks."""
    codes = ("intake", "when_where", "people", "suspect", "reporter", "witnesses", "evidence")
    settled = {f"answer-{code}": f"Said of {code}." for code in codes}
    planned = {
        "next_action": "Canvass",
        "next_action_owner": str(desk.detective.officer_id),
        "next_action_due_on": "2026-03-20",
    }
    return typed(kind=ResponseKind.INITIAL_REPORT) | settled | planned | fields


# -- the form -----------------------------------------------------------------------------------


def test_the_form_asks_what_channel_and_class_need(desk: Desk) -> None:
    hotline = desk.held_case(channel=Channel.HOTLINE, offense_class=OffenseClass.NEGLECT)

    text = words(desk.as_detective.get(log_url(hotline)))

    assert "Hotline call id" in text
    assert "State of the home" in text
    assert "Body map" not in text
    assert "Kit number" not in text
    assert "America/Chicago" in text
    assert "0 of 22 settled, 22 missing" in text


def test_opening_the_form_leaves_an_entry_and_few_queries(
    desk: Desk, case: Case, django_assert_max_num_queries: Any
) -> None:
    ResponseFactory.create(case=case, initial_report=True, answers={"intake": "A call."})

    with django_assert_max_num_queries(MAX_QUERIES):
        desk.as_detective.get(log_url(case))

    assert Entry.objects.filter(event=Event.RESPONSE_STARTED, subject_id=case.pk).count() == 1


def test_the_first_entry_is_the_report_and_then_supplements(desk: Desk, case: Case) -> None:
    def kind(query: str = "") -> str:
        return str(desk.as_detective.get(log_url(case) + query).context["form"]["kind"].value())

    assert kind() == ResponseKind.INITIAL_REPORT
    ResponseFactory.create(case=case, initial_report=True)
    assert kind() == ResponseKind.SUPPLEMENT
    assert kind("?kind=victim_seen") == ResponseKind.VICTIM_SEEN
    assert kind("?kind=unheard_of") == ResponseKind.SUPPLEMENT


def test_a_returned_report_is_written_again_from_its_words(desk: Desk, case: Case) -> None:
    report = ResponseFactory.create(
        case=case, initial_report=True, answers={"intake": "A call."}, narrative="First words."
    )
    ReviewFactory.create(response=report, returned=True)

    page = desk.as_detective.get(log_url(case))
    desk.as_detective.post(log_url(case), whole_report(desk))

    form = page.context["form"]
    assert form["narrative"].value() == "First words."
    assert form["answer-intake"].value() == "A call."
    assert "Your sergeant: Say who, or describe them." in words(page)
    assert Response.objects.get(supersedes=report).kind == ResponseKind.INITIAL_REPORT


def test_a_grant_to_see_does_not_open_the_form(desk: Desk, case: Case) -> None:
    other = AccountFactory.create()
    GrantFactory.create(user=other, content_object=case)

    assert signed_in(other).get(log_url(case)).status_code == 403


# -- logging ------------------------------------------------------------------------------------


def test_an_entry_is_logged_once_however_often_it_is_sent(desk: Desk, case: Case) -> None:
    sent = typed(contacted="The neighbor")
    sent |= {"evidence-item-0": "E-1", "evidence-description-0": "Bed sheet"}

    answers = [desk.as_detective.post(log_url(case), sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    entry = Response.objects.get()
    assert (entry.kind, entry.occurred_at, entry.contacted) == (
        ResponseKind.SUPPLEMENT,
        NOW - HOUR,
        "The neighbor",
    )
    assert Evidence.objects.get().item == "E-1"


def test_a_whole_report_needs_no_reason(desk: Desk, case: Case) -> None:
    desk.as_detective.post(log_url(case), whole_report(desk))

    report = Response.objects.get()
    assert report.answers.count() == 9
    case.refresh_from_db()
    assert case.settled == case.required == 9


def test_an_incomplete_report_is_refused_without_a_reason_and_keeps_every_word(
    desk: Desk, case: Case
) -> None:
    sent = whole_report(desk)
    del sent["answer-suspect"]

    refused = desk.as_detective.post(log_url(case), sent)
    assert refused.status_code == 422
    assert "1 required elements are missing" in words(refused)
    assert refused.context["form"]["narrative"].value() == NARRATIVE
    assert not Response.objects.exists()

    accepted = desk.as_detective.post(log_url(case), sent | {"incomplete_reason": "End of shift."})
    assert accepted.status_code == 302
    assert Response.objects.get().incomplete_reason == "End of shift."


def test_not_done_with_a_reason_settles_and_without_one_does_not(desk: Desk, case: Case) -> None:
    sent = whole_report(desk) | {"status-witnesses": "not_done", "answer-witnesses": "  "}
    assert desk.as_detective.post(log_url(case), sent).status_code == 422

    sent["answer-witnesses"] = "Nobody else was there."
    assert desk.as_detective.post(log_url(case), sent).status_code == 302
    answer = Response.objects.get().answers.get(element="witnesses")
    assert (answer.status, answer.text) == ("not_done", "Nobody else was there.")


@pytest.mark.parametrize(
    ("occurred_at", "status"), [(NOW - MINUTE, 302), (NOW, 302), (NOW + MINUTE, 422)]
)
def test_nothing_is_logged_before_it_happened(
    desk: Desk, case: Case, occurred_at: Any, status: int
) -> None:
    sent = typed(occurred_at=at(occurred_at))

    assert desk.as_detective.post(log_url(case), sent).status_code == status


@pytest.mark.parametrize("hour", ["2026-03-08T02:30", "2025-11-02T01:30"])
def test_an_hour_that_the_clock_skips_or_repeats_is_asked_again(
    desk: Desk, case: Case, hour: str
) -> None:
    response = desk.as_detective.post(log_url(case), typed(occurred_at=hour))

    assert response.status_code == 422
    assert "occurred_at" in response.context["form"].errors


def test_half_an_item_of_evidence_is_asked_again(desk: Desk, case: Case) -> None:
    response = desk.as_detective.post(log_url(case), typed() | {"evidence-item-0": "E-1"})

    assert "Give both the item's number and what it is." in words(response)
    assert not Response.objects.exists()


def test_a_suspect_of_another_case_is_refused(desk: Desk, case: Case) -> None:
    theirs = InvolvedPersonFactory.create()
    own = InvolvedPersonFactory.create(case=case)
    sent = typed(kind=ResponseKind.SUSPECT_INTERVIEW)

    assert desk.as_detective.post(log_url(case), sent | {"suspect": theirs.pk}).status_code == 422
    assert desk.as_detective.post(log_url(case), sent | {"suspect": own.pk}).status_code == 302


def test_a_name_that_is_typed_is_read_as_a_pseudonym(
    desk: Desk, case: Case, watch: Any, child: Any
) -> None:
    victim = VictimFactory.create(case=case, identity=dict(child))
    sent = typed(narrative=f"{child['first_name']} was seen.", contacted=child["last_name"])

    page = desk.as_detective.post(log_url(case), sent, follow=True)

    assert f"{victim.pseudonym} was seen." in words(page)
    watch.nothing_leaked([child])


# -- drafts -------------------------------------------------------------------------------------


def test_a_draft_is_kept_with_its_version_and_scored(desk: Desk, case: Case) -> None:
    sent = typed(kind=ResponseKind.INITIAL_REPORT) | {"answer-intake": "A call."}

    answer = desk.as_detective.post(draft_url(case), sent)

    assert answer.status_code == 200
    assert answer.headers["X-Draft-Version"] == "1"
    assert answer.headers["X-Draft-Saved"] == "10:00:00"
    assert "2 of 9 settled, 7 missing" in words(answer)
    assert "Without it nobody can be interviewed or ruled out." in words(answer)


def test_length_alone_earns_nothing(desk: Desk, case: Case) -> None:
    sent = typed(kind=ResponseKind.INITIAL_REPORT)

    short = desk.as_detective.post(draft_url(case), sent | {"narrative": "Seen."})
    long = desk.as_detective.post(draft_url(case), sent | {"version": "1", "narrative": "x" * 900})

    assert "1 of 9 settled" in words(short)
    assert "1 of 9 settled" in words(long)
    assert "The narrative has 5 of at least 400 characters." in words(short)
    assert "of at least 400" not in words(long)


def test_a_draft_goes_on_where_it_was_left(desk: Desk, case: Case) -> None:
    desk.as_detective.post(draft_url(case), typed(narrative="Half a sentence"))

    form = desk.as_detective.get(log_url(case)).context["form"]

    assert form["narrative"].value() == "Half a sentence"
    assert form["version"].value() == 1
    assert form["submission_key"].value() == str(Draft.objects.get().submission_key)


def test_a_draft_is_its_writers_alone(desk: Desk, case: Case) -> None:
    desk.as_detective.post(draft_url(case), typed(narrative="For my eyes"))

    assert "For my eyes" not in words(desk.as_sergeant.get(log_url(case)))


def test_what_another_window_saved_is_shown_beside_mine(desk: Desk, case: Case) -> None:
    desk.as_detective.post(draft_url(case), typed(narrative="The first window."))

    answer = desk.as_detective.post(draft_url(case), typed(narrative="The second window."))

    assert answer.status_code == 409
    assert answer.headers["X-Draft-Version"] == "1"
    assert "In this window The second window. Saved elsewhere The first window." in words(answer)
    refused = Entry.objects.get(event=Event.RESPONSE_DRAFT_SAVED, outcome=Outcome.FAILED)
    assert refused.subject_id == str(case.pk)
    assert desk.as_detective.get(log_url(case)).context["form"]["version"].value() == 1


def test_mine_can_be_kept_after_a_conflict(desk: Desk, case: Case) -> None:
    desk.as_detective.post(draft_url(case), typed(narrative="The first window."))

    kept = desk.as_detective.post(draft_url(case), typed(narrative="Mine.", version="1"))

    assert kept.headers["X-Draft-Version"] == "2"
    assert desk.as_detective.get(log_url(case)).context["form"]["narrative"].value() == "Mine."


def test_without_script_a_button_keeps_the_draft(desk: Desk, case: Case) -> None:
    page = desk.as_detective.post(log_url(case), typed(step="save", narrative="Kept."), follow=True)

    assert "Draft saved 10:00:00." in words(page)
    assert page.context["form"]["narrative"].value() == "Kept."
    assert not Response.objects.exists()


def test_without_script_a_conflict_shows_both_and_keeps_mine_next(desk: Desk, case: Case) -> None:
    desk.as_detective.post(draft_url(case), typed(narrative="The first window."))

    page = desk.as_detective.post(log_url(case), typed(step="save", narrative="Mine."))

    assert page.status_code == 409
    assert "Saved elsewhere The first window." in words(page)
    assert page.context["form"]["narrative"].value() == "Mine."
    assert str(page.context["form"]["version"].value()) == "1"


def test_logging_ends_the_draft(desk: Desk, case: Case) -> None:
    DraftFactory.create(case=case, account=desk.detective)

    desk.as_detective.post(log_url(case), typed())

    assert not Draft.objects.exists()


def test_a_draft_can_be_discarded(desk: Desk, case: Case) -> None:
    DraftFactory.create(case=case, account=desk.detective)
    others = DraftFactory.create(case=case, account=desk.sergeant)

    desk.as_detective.post(reverse("draft-discard", args=[case.pk]))

    assert list(Draft.objects.all()) == [others]


def test_a_session_that_ended_is_told_so_and_nothing_is_kept(
    desk: Desk, case: Case, client: Any
) -> None:
    answer = client.post(draft_url(case), typed())

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")
    assert not Draft.objects.exists()


def test_a_broken_version_or_kind_is_taken_for_the_first(desk: Desk, case: Case) -> None:
    answer = desk.as_detective.post(draft_url(case), typed(version="-1x", kind="bogus"))

    assert answer.headers["X-Draft-Version"] == "1"
    assert Draft.objects.get().kind == ResponseKind.SUPPLEMENT
