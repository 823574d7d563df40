"""Does a form serve once, and does one that comes without its key, or again, do nothing?"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse

from audit.events import Event, Outcome
from audit.models import Entry
from cases.enums import LinkState, MarkDecision, PersonRole, ReleaseState, RoleCode
from cases.models import (
    Case,
    CaseLink,
    Expunge,
    InvolvedPerson,
    Release,
    ReleaseMark,
    SubmittedForm,
    Victim,
)
from cases.tasks import make_release
from tests.architecture.test_urls import walk
from tests.cases.pages import Desk, signed_in, words
from tests.factories import (
    NOW,
    AccountFactory,
    CaseFactory,
    CaseLinkFactory,
    GrantFactory,
    InvolvedPersonFactory,
    ReleaseFactory,
    ReleaseItemFactory,
    ResponseFactory,
    VictimFactory,
    WallFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

KEY = re.compile(r'name="submission_key" value="([0-9a-f-]{36})"')
REASON = "Compared both reports; the same household."
SOMEBODY = {"role": "witness", "first_name": "Zephyrine", "last_name": "Quillfeather"}
NO_KEY: dict[str, Any] = {"submission_key": None}


def denied(event: Event) -> list[str]:
    rows = Entry.objects.filter(event=event, outcome=Outcome.DENIED).order_by("pk")
    return [row.details.get("refused", "") for row in rows]


def keys_of(client: Client, url: str) -> list[str]:
    return KEY.findall(client.get(url).content.decode())


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case()


# -- people ---------------------------------------------------------------------------------------


def test_a_person_is_added_once_however_often_the_form_is_sent(desk: Desk, case: Case) -> None:
    url = reverse("person-add", args=[case.pk])
    (key,) = keys_of(desk.as_detective, url)

    answers = [desk.as_detective.post(url, {**SOMEBODY, "submission_key": key}) for _ in range(3)]

    assert InvolvedPerson.objects.filter(case=case).count() == 1
    assert {answer.headers["Location"] for answer in answers} == {
        reverse("case-detail", args=[case.pk])
    }
    assert "was sent already" in words(desk.as_detective.get(answers[-1].headers["Location"]))
    assert denied(Event.PERSON_ADDED) == ["replayed", "replayed"]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (None, "missing"),
        ("", "missing"),
        ("0", "garbled"),
        ("\0", "garbled"),
        ("é" * 32, "garbled"),
    ],
    ids=["none", "empty", "short", "nul", "letters"],
)
def test_a_form_without_a_key_of_its_own_does_nothing_and_is_not_called_replayed(
    desk: Desk, case: Case, key: str | None, why: str
) -> None:
    url = reverse("person-add", args=[case.pk])

    answer = desk.as_detective.post(url, {**SOMEBODY, "submission_key": key}, follow=True)

    assert "nothing was done" in words(answer)
    assert denied(Event.PERSON_ADDED) == [why]
    assert not InvolvedPerson.objects.filter(case=case).exists()


def test_what_is_refused_may_be_mended_and_sent_again(desk: Desk, case: Case) -> None:
    url = reverse("person-add", args=[case.pk])
    (key,) = keys_of(desk.as_detective, url)

    wrong = desk.as_detective.post(url, {"role": "witness", "submission_key": key})
    right = desk.as_detective.post(url, {**SOMEBODY, "submission_key": key})

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert KEY.findall(wrong.content.decode()) != [key]
    assert InvolvedPerson.objects.filter(case=case).count() == 1


def test_a_key_serves_one_form_of_one_account(desk: Desk, case: Case) -> None:
    """Another's key, and one of another form, are spent for good."""
    child = VictimFactory.create(case=case)
    (key,) = keys_of(desk.as_detective, reverse("person-add", args=[case.pk]))
    desk.as_detective.post(
        reverse("person-correct", args=[case.pk, child.pk]), {"sex": "M", "submission_key": key}
    )

    for client in (desk.as_sergeant, desk.as_detective):
        client.post(reverse("person-add", args=[case.pk]), {**SOMEBODY, "submission_key": key})

    assert not InvolvedPerson.objects.filter(case=case).exists()
    assert denied(Event.PERSON_ADDED) == ["replayed", "replayed"]


def test_who_may_not_add_uses_no_key_up(desk: Desk, case: Case) -> None:
    stranger = signed_in(AccountFactory.create(role=RoleCode.DETECTIVE))
    key = str(uuid4())
    url = reverse("person-add", args=[case.pk])

    assert stranger.post(url, {**SOMEBODY, "submission_key": key}).status_code == 404

    assert not SubmittedForm.objects.exists()
    assert desk.as_detective.get(url, {**SOMEBODY, "submission_key": key}).status_code == 200
    assert not SubmittedForm.objects.exists()


def test_a_correction_sent_again_does_not_undo_a_later_one(desk: Desk, case: Case) -> None:
    child = VictimFactory.create(case=case, sex="F")
    url = reverse("person-correct", args=[case.pk, child.pk])
    first, second = keys_of(desk.as_detective, url) + keys_of(desk.as_detective, url)
    desk.as_detective.post(url, {"sex": "M", "submission_key": first})
    desk.as_detective.post(url, {"sex": "F", "submission_key": second})

    desk.as_detective.post(url, {"sex": "M", "submission_key": first})

    assert Victim.objects.get(pk=child.pk).sex == "F"
    assert denied(Event.IDENTITY_CHANGED) == ["replayed"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_add_one(desk: Desk, case: Case) -> None:
    url, key = reverse("person-add", args=[case.pk]), str(uuid4())

    def send(account: Any) -> int:
        try:
            answer = signed_in(account).post(url, {**SOMEBODY, "submission_key": key})
            return int(answer.status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as together:
        answers = list(together.map(send, [desk.detective, desk.detective]))

    assert answers == [302, 302]
    assert InvolvedPerson.objects.filter(case=case).count() == 1
    assert denied(Event.PERSON_ADDED) == ["replayed"]


# -- expunging, links -----------------------------------------------------------------------------


def test_an_expunge_that_was_refused_is_not_asked_for_by_the_old_form(
    desk: Desk, case: Case
) -> None:
    captain = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))
    child = VictimFactory.create(case=case)
    url = reverse("expunge-request", args=[case.pk])
    (key,) = keys_of(captain, url)
    given = {"pseudonym": child.pseudonym, "court_order": "26CV-118", "reason": REASON}
    captain.post(url, {**given, "submission_key": key})
    request = Expunge.objects.get()
    end = reverse("expunge-withdraw", args=[case.pk, request.pk])
    captain.post(end, {"reason": REASON, "submission_key": keys_of(captain, end)[0]})

    again = captain.post(url, {**given, "submission_key": key})

    assert again.headers["Location"] == reverse("expunge", args=[case.pk])
    assert Expunge.objects.count() == 1
    assert denied(Event.EXPUNGE_REQUESTED) == ["replayed"]


def test_a_link_that_was_undone_is_not_confirmed_by_the_old_form(desk: Desk, case: Case) -> None:
    first, second = sorted((case, desk.held_case()), key=lambda one: one.pk)
    link = CaseLinkFactory.create(first=first, second=second)
    url = reverse("link-decide", args=[link.pk])
    page = reverse("case-detail", args=[first.pk])
    (confirm,) = keys_of(desk.as_detective, page)
    given = {"decision": "confirmed", "reason": REASON, "submission_key": confirm}
    desk.as_detective.post(url, given)
    (undo,) = keys_of(desk.as_detective, page)
    undone = {"decision": "undone", "reason": REASON, "submission_key": undo}
    desk.as_detective.post(url, undone)

    desk.as_detective.post(url, given)

    assert CaseLink.objects.get().state == LinkState.UNDONE
    assert denied(Event.LINK_REFUSED) == ["replayed"]


# -- releases -------------------------------------------------------------------------------------


@pytest.fixture
def release(case: Case) -> tuple[Release, Client, Client]:
    VictimFactory.create(case=case)
    ResponseFactory.create(case=case, narrative="A neighbor's phone is (816) 555-0177.")
    clients = []
    for _ in range(2):
        clerk = AccountFactory.create(role=RoleCode.RECORDS)
        GrantFactory.create(user=clerk, content_object=case)
        clients.append(signed_in(clerk))
    clients[0].post(reverse("release-new", args=[case.pk]), {"profile": "public", "reason": REASON})
    return Release.objects.get(), clients[0], clients[1]


def test_every_form_of_a_release_has_a_key_of_its_own(
    release: tuple[Release, Client, Client],
) -> None:
    prepared, clerk, _ = release
    pages = [reverse("release-detail", args=[prepared.pk])]
    pages += [reverse("release-item", args=[item.pk]) for item in prepared.items.all()]

    for url in pages:
        page = clerk.get(url).content.decode()
        forms = re.findall(r'(?s)<form[^>]*method="post"[^>]*action="/releases/.*?</form>', page)
        found = [KEY.findall(form) for form in forms]
        assert forms
        assert all(len(keys) == 1 for keys in found)
        assert len({keys[0] for keys in found}) == len(found)


def test_a_release_that_came_back_is_not_asked_for_again_by_the_old_form(
    release: tuple[Release, Client, Client],
) -> None:
    prepared, clerk, other = release
    submit = reverse("release-submit", args=[prepared.pk])
    clerk.post(reverse("release-accept-all", args=[prepared.pk]))
    used = {"submission_key": str(uuid4())}
    clerk.post(submit, used)
    make_release(release_id=str(prepared.pk))
    other.post(reverse("release-return", args=[prepared.pk]), {"comment": REASON})

    answer = clerk.post(submit, used, follow=True)

    prepared.refresh_from_db()
    assert prepared.state == ReleaseState.PREPARING
    assert "was sent already" in words(answer)
    assert denied(Event.RELEASE_SUBMITTED) == ["replayed"]


def test_a_mark_is_drawn_once(release: tuple[Release, Client, Client]) -> None:
    prepared, clerk, _ = release
    item = prepared.items.get(source__startswith="response")
    url = reverse("release-draw", args=[item.pk])
    exemption = re.search(
        r'name="exemption".*?<option value="([^"]+)"',
        clerk.get(reverse("release-item", args=[item.pk])).content.decode(),
        re.DOTALL,
    )
    assert exemption
    given = {
        "quote": "neighbor",
        "category": "other",
        "exemption": exemption[1],
        "submission_key": str(uuid4()),
    }

    for _ in range(2):
        clerk.post(url, given)

    assert ReleaseMark.objects.filter(item=item, drawn=True).count() == 1
    assert denied(Event.RELEASE_MARKED) == ["replayed"]


def test_decisions_sent_again_do_not_undo_later_ones(
    release: tuple[Release, Client, Client],
) -> None:
    prepared, clerk, _ = release
    mark = ReleaseMark.objects.filter(item__release=prepared).first()
    assert mark is not None
    url = reverse("release-item", args=[mark.item_id])
    accept = {f"decision-{mark.pk}": "accepted", f"exemption-{mark.pk}": mark.exemption}
    accept["submission_key"] = str(uuid4())
    clerk.post(url, accept)
    clerk.post(reverse("release-accept-all", args=[prepared.pk]))
    ReleaseMark.objects.filter(pk=mark.pk).update(decision=MarkDecision.OPEN)

    clerk.post(url, accept)

    mark.refresh_from_db()
    assert mark.decision == MarkDecision.OPEN
    assert denied(Event.RELEASE_MARKED) == ["replayed"]


def _link(case: Case) -> tuple[Any, ...]:
    first, second = sorted((case, CaseFactory.create()), key=lambda one: one.pk)
    return (CaseLinkFactory.create(first=first, second=second).pk,)


def _release(case: Case) -> tuple[Any, ...]:
    return (ReleaseFactory.create(case=case).pk,)


def _item(case: Case) -> tuple[Any, ...]:
    return (ReleaseItemFactory.create(release__case=case).pk,)


FORMS: tuple[tuple[str, Callable[[Case], tuple[Any, ...]], Event], ...] = (
    ("person-add", lambda case: (case.pk,), Event.PERSON_ADDED),
    ("person-correct", lambda case: (case.pk, case.people.get().pk), Event.IDENTITY_CHANGED),
    ("expunge-request", lambda case: (case.pk,), Event.EXPUNGE_REQUESTED),
    ("expunge-confirm", lambda case: (case.pk, uuid4()), Event.IDENTITY_EXPUNGED),
    ("expunge-withdraw", lambda case: (case.pk, uuid4()), Event.EXPUNGE_WITHDRAWN),
    ("link-decide", _link, Event.LINK_REFUSED),
    ("release-accept-all", _release, Event.RELEASE_MARKED),
    ("release-refresh", _release, Event.RELEASE_REFRESHED),
    ("release-submit", _release, Event.RELEASE_SUBMITTED),
    ("release-approve", _release, Event.RELEASE_APPROVED),
    ("release-return", _release, Event.RELEASE_RETURNED),
    ("release-withdraw", _release, Event.RELEASE_WITHDRAWN),
    ("release-file-add", _release, Event.RELEASE_FILE_ADDED),
    ("release-file-remove", _release, Event.RELEASE_MARKED),
    ("release-item", _item, Event.RELEASE_MARKED),
    ("release-draw", _item, Event.RELEASE_MARKED),
    ("release-undraw", _item, Event.RELEASE_MARKED),
    ("release-look-over", _item, Event.RELEASE_MARKED),
)


@pytest.mark.parametrize(("name", "ids", "event"), FORMS, ids=[form[0] for form in FORMS])
def test_every_one_of_them_asks_for_its_key(
    case: Case, name: str, ids: Callable[[Case], tuple[Any, ...]], event: Event
) -> None:
    InvolvedPersonFactory.create(case=case, role=PersonRole.WITNESS)
    everything = AccountFactory.create(role=RoleCode.CAPTAIN)
    for permission in ("prepare_release", "search_people", "log_response"):
        everything.role.permissions.get_or_create(permission=permission)
    url = reverse(name, args=ids(case))

    answer = signed_in(everything).post(url, NO_KEY)

    assert answer.status_code == 302
    assert denied(event) == ["missing"]
    assert not SubmittedForm.objects.filter(submitted_at=NOW).exists()


@pytest.mark.parametrize("key", [None, "0", str(UUID(int=7))], ids=["none", "short", "whole"])
@pytest.mark.parametrize(("name", "ids", "event"), FORMS, ids=[form[0] for form in FORMS])
def test_what_one_may_not_see_is_not_there_whatever_key_is_sent(
    case: Case, name: str, ids: Callable[[Case], tuple[Any, ...]], event: Event, key: str | None
) -> None:
    InvolvedPersonFactory.create(case=case, role=PersonRole.WITNESS)
    walled = AccountFactory.create(role=RoleCode.CAPTAIN)
    for permission in ("prepare_release", "search_people", "log_response"):
        walled.role.permissions.get_or_create(permission=permission)
    WallFactory.create(case=case, account=walled)
    url = reverse(name, args=ids(case))

    answer = signed_in(walled).post(url, {"submission_key": key})

    assert answer.status_code == 404
    assert not denied(event)
    assert not SubmittedForm.objects.exists()
    assert Entry.objects.filter(event=Event.ACCESS_DENIED, outcome=Outcome.DENIED).exists()


def test_the_list_of_forms_that_serve_once_is_whole() -> None:
    serving = {
        str(pattern.name)
        for _, pattern in walk(get_resolver())
        if getattr(pattern.callback, "serves_once", False)
    }

    assert serving == {name for name, _, _ in FORMS} - {"release-file-add"}
