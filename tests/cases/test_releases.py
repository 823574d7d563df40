"""Does a release go from a case to a PDF that says nothing it should not, past two people?"""

import hashlib
import io
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from audit.events import Event, Outcome
from audit.models import Entry
from cases.enums import MarkDecision, PersonRole, ReleaseState, ResponseKind, RoleCode
from cases.models import Account, Case, Release, ReleaseItem, ReleaseMark, ReleaseResult, Response
from cases.tasks import make_release
from tests.cases.pages import signed_in, words
from tests.factories import (
    AccountFactory,
    CaseFactory,
    GrantFactory,
    InvolvedPersonFactory,
    ResponseFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity, Watch, assert_nothing_leaks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NARRATIVE = (
    "The child was seen at 88 Madeup Street. A neighbor's phone is (816) 555-0177. "
    "The child was born on 02/11/2017. A bruise on the arm was noted. The door was locked."
)
REASON = "Records request of 2 March, a newspaper."


@dataclass(frozen=True)
class Office:
    """Two records clerks who may see one case, and the case."""

    case: Case
    clerk: Account
    other: Account
    as_clerk: Client
    as_other: Client

    def begin(self, profile: str = "public", client: Client | None = None) -> Release:
        given = {"profile": profile, "reason": REASON, "submission_key": str(uuid4())}
        url = reverse("release-new", args=[self.case.pk])
        response = (client or self.as_clerk).post(url, given)
        assert response.status_code == 302, words(response)
        return Release.objects.latest("number")

    def post(self, name: str, release: Release, client: Client | None = None, **given: Any) -> Any:
        return (client or self.as_clerk).post(reverse(name, args=[release.pk]), given)

    def submitted(self, profile: str = "public") -> Release:
        release = self.begin(profile)
        self.post("release-accept-all", release)
        return self.sent(release)

    def sent(self, release: Release) -> Release:
        """Submitted, and made by the task that begins when the request has ended."""
        self.post("release-submit", release)
        make_release(release_id=str(release.pk))
        release.refresh_from_db()
        return release

    def approved(self) -> Release:
        release = self.submitted()
        self.post("release-approve", release, self.as_other, version=release.version)
        release.refresh_from_db()
        assert release.state == ReleaseState.APPROVED
        return release


@pytest.fixture
def office(at_now: None, db: None, child: Identity) -> Office:
    case = CaseFactory.create(open_and_held=True)
    VictimFactory.create(case=case, identity=dict(child))
    InvolvedPersonFactory.create(case=case, role=PersonRole.REPORTER, description="Not a party.")
    ResponseFactory.create(case=case, kind=ResponseKind.SUPPLEMENT, narrative=NARRATIVE)
    clerk, other = (
        AccountFactory.create(role=RoleCode.RECORDS),
        AccountFactory.create(role=RoleCode.RECORDS),
    )
    for account in (clerk, other):
        GrantFactory.create(user=account, content_object=case)
    return Office(case, clerk, other, signed_in(clerk), signed_in(other))


def text_of(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_a_release_goes_from_the_case_to_a_pdf(office: Office, child: Identity) -> None:
    page = office.as_clerk.get(reverse("case-detail", args=[office.case.pk]))
    assert "Prepare a release" in words(page)

    release = office.approved()
    response = office.as_clerk.get(reverse("release-download", args=[release.pk]))

    assert release.number == "R-26-00001"
    assert hashlib.sha256(response.content).hexdigest() == release.result_sha256
    assert response["Content-Disposition"] == 'attachment; filename="R-26-00001.pdf"'
    assert "no-store" in response["Cache-Control"]
    text = " ".join(text_of(response.content).split())
    assert "The door was locked." in text
    assert "RSMo 595.226" in text
    assert "Redaction log" in text
    for gone in ("Madeup", "555", "02/11/2017", "bruise", "Not a party"):
        assert gone not in text
    assert_nothing_leaks(response.content, [child])


def test_every_step_leaves_its_entry(office: Office) -> None:
    release = office.approved()
    office.as_other.get(reverse("release-download", args=[release.pk]))

    left = list(Entry.objects.filter(subject_id=str(release.pk)).values_list("event", flat=True))

    for event in (
        Event.RELEASE_STARTED,
        Event.RELEASE_MARKED,
        Event.RELEASE_SUBMITTED,
        Event.RELEASE_MADE,
        Event.RELEASE_APPROVED,
        Event.RELEASE_DOWNLOADED,
    ):
        assert event in left


def test_the_profile_says_what_is_suggested(office: Office) -> None:
    public, court, prosecutor = (
        office.begin(profile) for profile in ("public", "court", "prosecutor")
    )

    def suggested(release: Release) -> set[str]:
        marks = ReleaseMark.objects.filter(item__release=release)
        return set(marks.values_list("category", flat=True))

    assert {"pseudonym", "address", "health"} <= suggested(public)
    assert "pseudonym" not in suggested(court)
    assert "health" in suggested(court)
    assert suggested(prosecutor) <= {"ssn", "phone", "email", "address"}


def test_a_suggestion_is_left_in_only_for_a_reason(office: Office) -> None:
    release = office.begin()
    mark = ReleaseMark.objects.filter(item__release=release, category="health").get()
    url = reverse("release-item", args=[mark.item_id])

    refused = office.as_clerk.post(url, {f"decision-{mark.pk}": "rejected"})
    blank = office.as_clerk.post(
        url,
        {f"decision-{mark.pk}": "rejected", f"reason-{mark.pk}": "\u200b\u200b\u200b\u200b\u200b"},
    )
    accepted = office.as_clerk.post(
        url, {f"decision-{mark.pk}": "rejected", f"reason-{mark.pk}": "It is public already."}
    )

    assert (refused.status_code, blank.status_code, accepted.status_code) == (422, 422, 302)
    mark.refresh_from_db()
    assert (mark.decision, mark.decided_by) == (MarkDecision.REJECTED, office.clerk)


def test_what_a_profile_insists_on_is_never_left_in(office: Office) -> None:
    release = office.begin()
    item = release.items.get(source__startswith="response")
    mark = ReleaseMark.objects.create(
        item=item, start=0, end=3, category="name", exemption="RSMo 595.226"
    )

    response = office.as_clerk.post(
        reverse("release-item", args=[item.pk]),
        {f"decision-{mark.pk}": "rejected", f"reason-{mark.pk}": "Everybody knows it."},
    )

    assert response.status_code == 422
    mark.refresh_from_db()
    assert mark.decision == MarkDecision.OPEN
    assert denied(Event.RELEASE_MARKED)


def denied(event: Event) -> int:
    return Entry.objects.filter(event=event, outcome=Outcome.DENIED).count()


@pytest.mark.parametrize(
    "drawing",
    [
        {"quote": "the DOOR  was locked"},
        {"start": "0", "end": "9"},
        {"whole": "on"},
    ],
)
def test_a_place_is_drawn_by_hand(office: Office, drawing: dict[str, str]) -> None:
    release = office.begin()
    item = release.items.get(source__startswith="response")
    given = {**drawing, "category": "other", "exemption": "Court order"}

    response = office.as_clerk.post(reverse("release-draw", args=[item.pk]), given)

    assert response.status_code == 302
    mark = item.marks.get(drawn=True)
    assert (mark.exemption, mark.decided_by) == ("Court order", office.clerk)


@pytest.mark.parametrize(
    "drawing",
    [
        {},
        {"quote": "it does not say this"},
        {"start": "5", "end": "5"},
        {"start": "5", "end": "99999"},
        {"start": "-5", "end": "five"},
        {"quote": "door", "exemption": "Because"},
        {"quote": "door", "category": "gossip"},
    ],
)
def test_a_place_that_is_none_is_not_drawn(office: Office, drawing: dict[str, str]) -> None:
    release = office.begin()
    item = release.items.get(source__startswith="response")
    given = {"category": "other", "exemption": "Court order", **drawing}

    response = office.as_clerk.post(reverse("release-draw", args=[item.pk]), given)

    assert response.status_code == 422
    assert not item.marks.filter(drawn=True).exists()


def test_what_was_drawn_is_gone_from_the_pdf_and_can_be_taken_back(office: Office) -> None:
    release = office.begin()
    item = release.items.get(source__startswith="response")
    given = {"quote": "The door was locked", "category": "other", "exemption": "Court order"}
    for _ in range(2):
        office.as_clerk.post(reverse("release-draw", args=[item.pk]), given)
    mark = item.marks.filter(drawn=True).first()
    assert mark
    office.as_clerk.post(reverse("release-undraw", args=[item.pk]), {"mark": str(mark.pk)})
    office.post("release-accept-all", release)
    office.sent(release)

    pdf = office.as_other.get(reverse("release-download", args=[release.pk])).content

    assert item.marks.filter(drawn=True).count() == 1
    assert "locked" not in text_of(pdf)
    assert "Court order" in text_of(pdf)


def test_nothing_is_made_while_a_suggestion_is_open(office: Office) -> None:
    release = office.sent(office.begin())

    assert release.state == ReleaseState.PREPARING
    assert denied(Event.RELEASE_SUBMITTED)


def test_a_long_release_says_how_far_it_is(office: Office) -> None:
    release = office.begin()
    Release.objects.filter(pk=release.pk).update(
        state=ReleaseState.MAKING, parts_done=4, parts_total=10
    )

    page = office.as_clerk.get(reverse("release-detail", args=[release.pk]))

    assert "4 of 10 parts" in words(page)
    assert 'max="10" value="4"' in page.content.decode()
    assert 'hx-trigger="every 2s"' in page.content.decode()


def test_nobody_approves_what_they_had_a_hand_in(office: Office) -> None:
    release = office.submitted()

    response = office.post("release-approve", release, version=release.version)

    assert response.status_code == 403
    release.refresh_from_db()
    assert release.state == ReleaseState.WAITING
    assert denied(Event.ACCESS_DENIED)


def test_whoever_decided_one_mark_does_not_approve_either(office: Office) -> None:
    release = office.begin()
    office.post("release-accept-all", release, office.as_other)
    office.sent(release)

    response = office.post("release-approve", release, office.as_other, version=release.version)

    assert response.status_code == 403


@pytest.mark.parametrize("version", ["", "0" * 64])
def test_a_version_that_nobody_sees_is_not_approved(office: Office, version: str) -> None:
    release = office.submitted()

    office.post("release-approve", release, office.as_other, version=version)

    release.refresh_from_db()
    assert release.state == ReleaseState.WAITING
    assert denied(Event.RELEASE_APPROVED)


def test_a_change_voids_what_was_submitted_and_the_old_version_is_refused(office: Office) -> None:
    release = office.submitted()
    seen = release.version
    item = release.items.get(source__startswith="response")
    given = {"quote": "door", "category": "other", "exemption": "Court order"}
    office.as_clerk.post(reverse("release-draw", args=[item.pk]), given)
    release.refresh_from_db()
    assert (release.state, release.version) == (ReleaseState.PREPARING, "")
    office.sent(release)

    office.post("release-approve", release, office.as_other, version=seen)

    release.refresh_from_db()
    assert release.state == ReleaseState.WAITING
    assert release.version != seen


def test_a_change_voids_an_approval_until_it_was_handed_out(office: Office) -> None:
    release = office.approved()
    item = release.items.get(source__startswith="response")
    given = {"quote": "door", "category": "other", "exemption": "Court order"}

    office.as_clerk.post(reverse("release-draw", args=[item.pk]), given)
    release.refresh_from_db()
    assert (release.state, release.approved_by) == (ReleaseState.PREPARING, None)

    office.sent(release)
    office.post("release-approve", release, office.as_other, version=release.version)
    office.as_clerk.get(reverse("release-download", args=[release.pk]))
    response = office.as_clerk.post(reverse("release-draw", args=[item.pk]), given)
    release.refresh_from_db()

    assert response.status_code == 422
    assert release.state == ReleaseState.APPROVED


def test_what_was_changed_in_the_case_since_is_not_released(office: Office) -> None:
    release = office.submitted()
    Response.objects.update(narrative="The child was seen.")

    office.post("release-approve", release, office.as_other, version=release.version)
    release.refresh_from_db()
    assert release.state == ReleaseState.WAITING

    office.post("release-refresh", release)
    office.post("release-accept-all", release)
    office.sent(release)
    office.post("release-approve", release, office.as_other, version=release.version)
    release.refresh_from_db()
    assert release.state == ReleaseState.APPROVED


def test_an_approved_release_is_not_approved_again(office: Office) -> None:
    release = office.approved()

    office.post("release-approve", release, office.as_other, version=release.version)

    assert Entry.objects.filter(event=Event.RELEASE_APPROVED, outcome=Outcome.ALLOWED).count() == 1
    assert denied(Event.RELEASE_APPROVED) == 1


def test_a_form_sent_twice_begins_one_release(office: Office) -> None:
    given = {"profile": "public", "reason": REASON, "submission_key": str(uuid4())}
    url = reverse("release-new", args=[office.case.pk])

    places = {office.as_clerk.post(url, given)["Location"] for _ in range(2)}

    assert len(places) == Release.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "\u200b" * 20, "too short", "aaaaaaaaaaaaaaaaaaaa"])
def test_a_release_needs_a_reason(office: Office, reason: str) -> None:
    given = {"profile": "public", "reason": reason, "submission_key": str(uuid4())}

    response = office.as_clerk.post(reverse("release-new", args=[office.case.pk]), given)

    assert response.status_code == 422
    assert not Release.objects.exists()


def test_an_empty_form_is_answered_in_words_of_its_own(office: Office) -> None:
    response = office.as_clerk.post(reverse("release-new", args=[office.case.pk]), {})

    assert "Who is it for: choose one." in words(response)
    assert "What was asked for: say it." in words(response)
    assert "This field" not in words(response)


def test_the_reason_is_kept_without_names(office: Office, child: Identity) -> None:
    given = {
        "profile": "court",
        "reason": "The court asked about Zephyrine O'Quillfeather.",
        "submission_key": str(uuid4()),
    }

    office.as_clerk.post(reverse("release-new", args=[office.case.pk]), given)

    assert_nothing_leaks(Release.objects.get().reason, [child])


def test_nothing_is_handed_out_before_it_is_made(office: Office) -> None:
    release = office.begin()

    response = office.as_clerk.get(reverse("release-download", args=[release.pk]))

    assert response.status_code == 302
    assert denied(Event.RELEASE_DOWNLOADED)


def test_before_it_is_approved_only_who_is_to_approve_sees_the_pdf(office: Office) -> None:
    release = office.submitted()
    url = reverse("release-download", args=[release.pk])

    refused, shown = office.as_clerk.get(url), office.as_other.get(url)

    assert refused.status_code == 302
    assert denied(Event.RELEASE_DOWNLOADED)
    assert hashlib.sha256(shown.content).hexdigest() == release.result_sha256
    assert shown["Content-Disposition"].endswith('"R-26-00001-not-approved.pdf"')


def test_a_pdf_that_was_swapped_or_expunged_is_not_handed_out(office: Office) -> None:
    release = office.approved()
    url = reverse("release-download", args=[release.pk])
    sealed = ReleaseResult.objects.get(release=release).sealed_content

    ReleaseResult.objects.update(sealed_content=bytes(sealed)[:-1] + b"?")
    swapped = office.as_clerk.get(url)
    ReleaseResult.objects.update(sealed_content=sealed)
    Release.objects.update(wrapped_key=None)
    expunged = office.as_clerk.get(url)

    assert (swapped.status_code, expunged.status_code) == (302, 302)
    assert denied(Event.RELEASE_DOWNLOADED) == 2
    item = release.items.first()
    assert item
    assert office.as_clerk.get(reverse("release-item", args=[item.pk])).status_code == 404
    assert office.as_clerk.get(reverse("release-detail", args=[release.pk])).status_code == 200
    office.post("release-refresh", release)
    assert denied(Event.RELEASE_MARKED) == 1


def test_a_returned_release_says_what_is_wrong(office: Office) -> None:
    release = office.submitted()

    silent = office.post("release-return", release, office.as_other, comment="no")
    said = office.post(
        "release-return", release, office.as_other, comment="The second text is cut too much."
    )

    release.refresh_from_db()
    assert (silent.status_code, said.status_code) == (422, 302)
    assert (release.state, release.result_sha256) == (ReleaseState.PREPARING, "")
    page = office.as_clerk.get(reverse("release-detail", args=[release.pk]))
    assert "The second text is cut too much." in words(page)


def test_a_withdrawn_release_keeps_its_number_and_nothing_else(office: Office) -> None:
    release = office.approved()

    office.post("release-withdraw", release, reason="The request was taken back.")

    release.refresh_from_db()
    assert release.state == ReleaseState.WITHDRAWN
    assert office.as_clerk.get(reverse("release-download", args=[release.pk])).status_code == 302
    assert office.begin().number == "R-26-00002"


POSTS = (
    "release-accept-all",
    "release-refresh",
    "release-submit",
    "release-approve",
    "release-return",
    "release-withdraw",
    "release-file-add",
    "release-file-remove",
)


@pytest.mark.parametrize("name", POSTS)
def test_looking_changes_nothing(office: Office, name: str) -> None:
    release = office.begin()

    assert office.as_clerk.get(reverse(name, args=[release.pk])).status_code == 405


@pytest.mark.parametrize("who", ["another's clerk", "walled", "ended", "sergeant", "inactive"])
def test_nobody_else_gets_near_a_release(office: Office, who: str, at_now: None) -> None:
    release = office.submitted()
    item = release.items.first()
    assert item
    account = {
        "another's clerk": lambda: AccountFactory.create(role=RoleCode.RECORDS),
        "sergeant": lambda: AccountFactory.create(role=RoleCode.SERGEANT),
    }.get(who, lambda: AccountFactory.create(role=RoleCode.RECORDS))()
    if who in ("walled", "ended", "inactive"):
        traits: dict[str, Any] = {"expired": True} if who == "ended" else {}
        GrantFactory.create(user=account, content_object=office.case, **traits)
    if who == "walled":
        WallFactory.create(case=office.case, account=account)
    client = signed_in(account)
    if who == "inactive":
        Account.objects.filter(pk=account.pk).update(is_active=False)
    gone = 302 if who == "inactive" else 404

    for name in ("release-detail", "release-download"):
        response = client.get(reverse(name, args=[release.pk]))
        assert response.status_code == gone
    for name in POSTS:
        response = client.post(reverse(name, args=[release.pk]), {"version": release.version})
        assert response.status_code == gone, name
    for name in ("release-item", "release-draw", "release-undraw", "release-look-over"):
        response = client.post(reverse(name, args=[item.pk]))
        assert response.status_code == gone, name
    assert client.post(reverse("release-new", args=[office.case.pk])).status_code == gone

    release.refresh_from_db()
    assert release.state == ReleaseState.WAITING
    if who != "inactive":
        assert denied(Event.ACCESS_DENIED) >= len(POSTS)


def test_a_list_shows_the_releases_of_visible_cases_only(office: Office) -> None:
    release = office.begin()
    stranger = signed_in(AccountFactory.create(role=RoleCode.RECORDS))

    assert release.number in words(office.as_other.get(reverse("releases")))
    assert release.number not in words(stranger.get(reverse("releases")))


def test_pages_and_tables_name_nobody(office: Office, child: Identity, watch: Watch) -> None:
    release = office.submitted()
    pages = [reverse("release-detail", args=[release.pk]), reverse("releases")]
    pages += [reverse("release-item", args=[item.pk]) for item in release.items.all()]
    narrower = {key: child[key] for key in ("first_name", "last_name")}

    for url in pages:
        assert_nothing_leaks(office.as_clerk.get(url), [narrower])

    watch.nothing_leaked([narrower])
    watch.no_models_in_contexts(Release, ReleaseItem, ReleaseMark)


def test_the_texts_of_a_release_rest_sealed(office: Office) -> None:
    release = office.begin()

    for item in release.items.all():
        assert b"door" not in bytes(item.sealed_content)


def test_the_same_release_gives_the_same_bytes(office: Office) -> None:
    release = office.submitted()
    first = release.result_sha256
    item = release.items.get(source__startswith="response")
    given = {"quote": "door", "category": "other", "exemption": "Court order"}
    office.as_clerk.post(reverse("release-draw", args=[item.pk]), given)
    mark = item.marks.get(drawn=True)
    office.as_clerk.post(reverse("release-undraw", args=[item.pk]), {"mark": str(mark.pk)})

    again = office.sent(release)

    assert again.result_sha256 == first
