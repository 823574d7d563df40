"""Is who somebody is shown for a reason, for five minutes, to one session, and never unrecorded?"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from audit.context import acting_as
from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import AnswerStatus, PersonRole, ResponseKind, RoleCode
from cases.models import Account, Case, CaseUserObjectPermission, Reveal, Victim
from cases.rules.leaks import Identity
from cases.services.responses import AnswerInput, ResponseInput, log_response
from cases.services.victims import PersonInput, add_person, add_victim
from tests.cases.pages import Desk, signed_in, words
from tests.factories import (
    HOUR,
    NOW,
    AccountFactory,
    GrantFactory,
    InvolvedPersonFactory,
    ResponseFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Leaked, Watch, assert_nothing_leaks

pytestmark = pytest.mark.django_db

WHY = "Arranging the forensic interview for tomorrow."
SECOND = timedelta(seconds=1)
WINDOW = timedelta(minutes=5)
CHILD: Identity = {"first_name": "Zephyrine", "last_name": "Quillfeather"}


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case()


@pytest.fixture
def victim(case: Case) -> Victim:
    made: Victim = VictimFactory.create(case=case, identity=dict(CHILD))
    return made


def page(client: Client, person: Any, **headers: str) -> Any:
    return client.get(reverse("person", args=[person.pk]), headers=headers)


def token(client: Client, person: Any) -> str:
    return str(page(client, person).context["form"]["token"].value())


def ask(client: Client, person: Any, headers: Any = None, **fields: str) -> Any:
    asked = {"reason_code": "interview", "reason": WHY} | fields
    if "token" not in asked:
        asked["token"] = token(client, person)
    return client.post(reverse("person-reveal", args=[person.pk]), asked, headers=headers)


def is_shown(response: Any) -> bool:
    try:
        assert_nothing_leaks(response.content, [CHILD])
    except Leaked:
        return True
    return False


def denied(why: str) -> bool:
    """Whether the last entry about an identity says that it was refused, and why."""
    entry = Entry.objects.filter(event=Event.IDENTITY_REVEALED).first()
    assert entry is not None
    return (entry.outcome, entry.details["refused"]) == (Outcome.DENIED, why)


def refused(client: Client, person: Any) -> bool:
    return not is_shown(page(client, person)) and not Reveal.objects.exists()


def test_the_page_says_who_put_the_person_on_record_and_when(desk: Desk, case: Case) -> None:
    person = PersonInput(identity=CHILD, role=PersonRole.REPORTER)
    guest = AccountFactory.create(partner=True)
    GrantFactory.create(user=guest, content_object=case, works=True)
    viewer = viewer_for(desk.detective)
    with acting_as(str(desk.detective.pk), desk.detective.username):
        added = add_person(viewer=viewer, now=NOW, case_id=case.pk, person=person)
        child = add_victim(viewer=viewer, now=NOW, case_id=case.pk, person=person)

    for one in (added, child):
        recorded = page(desk.as_detective, one).context["page"].recorded
        assert desk.detective.display_name in recorded.who
        assert recorded.at == NOW
    assert page(signed_in(guest), child).context["page"].recorded is None


# -- shown, and for how long --------------------------------------------------------------------


def test_a_reason_shows_who_the_child_is_and_stands_on_record(desk: Desk, victim: Victim) -> None:
    assert not is_shown(page(desk.as_detective, victim))

    answer = ask(desk.as_detective, victim)

    assert (answer.status_code, is_shown(answer)) == (302, False)
    shown = page(desk.as_detective, victim)
    assert is_shown(shown)
    assert desk.detective.display_name in words(shown)
    assert WHY in words(shown)
    entry = Entry.objects.get(event=Event.IDENTITY_REVEALED)
    assert entry.outcome == Outcome.ALLOWED
    assert entry.subject_id == str(victim.pk)
    assert entry.details["case"] == str(victim.case_id)
    assert WHY in entry.reason


def test_a_birth_date_is_shown_as_pages_write_days(desk: Desk, case: Case) -> None:
    born = VictimFactory.create(case=case, identity={**CHILD, "birth_date": "2018-02-09"})

    ask(desk.as_detective, born)

    assert "9 Feb 2018" in words(page(desk.as_detective, born))


@pytest.mark.parametrize(
    ("later", "shown"),
    [(WINDOW - SECOND, True), (WINDOW, False), (WINDOW + SECOND, False)],
)
def test_the_window_is_five_minutes(
    desk: Desk, victim: Victim, later: timedelta, shown: bool
) -> None:
    ask(desk.as_detective, victim)

    with time_machine.travel(NOW + later, tick=False):
        assert is_shown(page(desk.as_detective, victim)) is shown


def test_a_clock_set_back_shows_nothing(desk: Desk, victim: Victim) -> None:
    ask(desk.as_detective, victim)

    with time_machine.travel(NOW - SECOND, tick=False):
        assert not is_shown(page(desk.as_detective, victim))


def test_it_can_be_masked_at_once(desk: Desk, victim: Victim) -> None:
    ask(desk.as_detective, victim)

    desk.as_detective.post(reverse("person-mask", args=[victim.pk]))

    assert not is_shown(page(desk.as_detective, victim))
    assert Entry.objects.filter(event=Event.REVEAL_ENDED).count() == 1


def test_a_second_reveal_masks_the_first(desk: Desk, case: Case, victim: Victim) -> None:
    other = VictimFactory.create(case=case)
    ask(desk.as_detective, victim)

    ask(desk.as_detective, other)

    assert not is_shown(page(desk.as_detective, victim))
    assert page(desk.as_detective, other).context["page"].shown


# -- to nobody else -----------------------------------------------------------------------------


def test_nobody_else_sees_it_within_the_window(desk: Desk, victim: Victim) -> None:
    captain = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))
    ask(desk.as_detective, victim)

    assert not is_shown(page(desk.as_sergeant, victim))
    assert not is_shown(page(captain, victim))


def test_another_session_of_the_same_account_does_not_see_it(desk: Desk, victim: Victim) -> None:
    ask(desk.as_detective, victim)

    assert not is_shown(page(signed_in(desk.detective), victim))
    assert is_shown(page(desk.as_detective, victim))


def test_a_form_of_another_session_is_refused(desk: Desk, victim: Victim) -> None:
    elsewhere = token(signed_in(desk.detective), victim)

    answer = ask(desk.as_detective, victim, token=elsewhere)

    assert answer.status_code == 422
    assert denied("garbled")
    assert refused(desk.as_detective, victim)


@pytest.fixture(params=["other squad", "walled", "expired", "sees only", "partner", "records"])
def outsider(request: pytest.FixtureRequest, desk: Desk, case: Case) -> Account:
    """Somebody who may not reveal on this case."""
    role = {"partner": RoleCode.PARTNER, "records": RoleCode.RECORDS}.get(request.param)
    made: Account = AccountFactory.create(role=role or RoleCode.DETECTIVE)
    if request.param == "walled":
        WallFactory.create(case=case, account=made)
    if request.param != "other squad":
        works = request.param not in {"sees only"}
        expired = request.param == "expired"
        GrantFactory.create(user=made, content_object=case, works=works, expired=expired)
    return made


def test_who_may_not_is_refused_on_record(desk: Desk, victim: Victim, outsider: Account) -> None:
    client = signed_in(outsider)

    answer = ask(client, victim, token="")

    assert answer.status_code in {403, 404}
    assert denied("not_permitted")
    assert refused(client, victim)


def test_an_inactive_account_is_shown_nothing(desk: Desk, victim: Victim) -> None:
    ask(desk.as_detective, victim)
    Account.objects.filter(pk=desk.detective.pk).update(is_active=False)

    answer = page(desk.as_detective, victim)

    assert answer.status_code == 302
    assert not is_shown(answer)


def test_a_wall_within_the_window_ends_it(desk: Desk, case: Case, victim: Victim) -> None:
    ask(desk.as_detective, victim)
    WallFactory.create(case=case, account=desk.detective)

    assert page(desk.as_detective, victim).status_code == 404


def test_a_grant_that_ends_within_the_window_ends_it(
    desk: Desk, case: Case, victim: Victim
) -> None:
    friend = AccountFactory.create()
    client = signed_in(friend)
    GrantFactory.create(user=friend, content_object=case, works=True)
    ask(client, victim)
    assert is_shown(page(client, victim))
    assert Reveal.objects.get().elsewhere
    CaseUserObjectPermission.objects.update(ended_at=NOW)

    assert page(client, victim).status_code == 404


# -- asked for in every wrong way ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "fourteen chars"}, "reason"),
        ({"reason": "\u200b" * 40}, "reason"),
        ({"reason": "x" * 40}, "reason"),
        ({"reason_code": ""}, "reason_code"),
        ({"reason_code": "curiosity"}, "reason_code"),
        ({"token": ""}, "missing"),
        ({"token": "made-up"}, "garbled"),
    ],
)
def test_a_bad_form_is_refused_and_kept(
    desk: Desk, victim: Victim, fields: dict[str, str], why: str
) -> None:
    answer = ask(desk.as_detective, victim, **fields)

    assert answer.status_code == 422
    assert denied(why)
    assert refused(desk.as_detective, victim)
    assert answer.context["form"]["reason"].value() == fields.get("reason", WHY)
    assert answer.context["form"]["token"].value() not in ("", fields.get("token", ""))


def test_a_refused_form_goes_through_when_mended(desk: Desk, victim: Victim) -> None:
    answer = ask(desk.as_detective, victim, reason="too short")

    ask(desk.as_detective, victim, token=str(answer.context["form"]["token"].value()))

    assert is_shown(page(desk.as_detective, victim))


def test_a_replayed_form_neither_extends_nor_repeats(desk: Desk, victim: Victim) -> None:
    used = token(desk.as_detective, victim)
    ask(desk.as_detective, victim, token=used)

    with time_machine.travel(NOW + timedelta(minutes=4), tick=False):
        again = ask(desk.as_detective, victim, token=used)
    with time_machine.travel(NOW + WINDOW, tick=False):
        later = ask(desk.as_detective, victim, token=used)
        assert not is_shown(page(desk.as_detective, victim))

    assert (again.status_code, later.status_code) == (422, 422)
    assert Entry.objects.filter(event=Event.IDENTITY_REVEALED, outcome=Outcome.DENIED).count() == 2
    assert Reveal.objects.count() == 1


@pytest.mark.parametrize(
    ("later", "good"), [(timedelta(hours=1), True), (timedelta(hours=1) + SECOND, False)]
)
def test_a_form_is_good_for_an_hour(
    desk: Desk, victim: Victim, later: timedelta, good: bool
) -> None:
    old = token(desk.as_detective, victim)
    for minutes in (25, 50):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            desk.as_detective.get(reverse("my-work"))

    with time_machine.travel(NOW + later, tick=False):
        answer = ask(desk.as_detective, victim, token=old)

    assert (answer.status_code == 302) is good
    assert good or denied("too_old")


def test_a_form_made_for_somebody_else_or_something_else_is_not_called_replayed(
    desk: Desk, victim: Victim
) -> None:
    other = VictimFactory.create(case=victim.case)

    for foreign in (token(desk.as_sergeant, victim), token(desk.as_detective, other)):
        assert ask(desk.as_detective, victim, token=foreign).status_code == 422

    assert denied("garbled")
    assert not denied("replayed")
    assert not Reveal.objects.exists()


@pytest.mark.parametrize("method", ["get", "head", "put", "options"])
def test_nothing_but_a_post_reveals(desk: Desk, victim: Victim, method: str) -> None:
    url = reverse("person-reveal", args=[victim.pk])
    asked = {"reason_code": "interview", "reason": WHY, "token": token(desk.as_detective, victim)}

    answer = getattr(desk.as_detective, method)(url, asked if method == "get" else "")

    assert answer.status_code == 405
    assert denied("not_posted")
    assert refused(desk.as_detective, victim)


def test_parameters_of_a_get_reveal_nothing(desk: Desk, victim: Victim) -> None:
    asked = {"reason_code": "interview", "reason": WHY, "token": token(desk.as_detective, victim)}

    answer = desk.as_detective.get(reverse("person", args=[victim.pk]), asked)

    assert not is_shown(answer)
    assert not Reveal.objects.exists()


def test_a_post_from_another_site_is_refused(desk: Desk, victim: Victim) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.detective)

    answer = ask(client, victim)

    assert answer.status_code == 403
    assert refused(client, victim)
    assert Entry.objects.filter(event=Event.ACCESS_DENIED).exists()


# -- what the page leaves behind ----------------------------------------------------------------


def test_no_copy_stays_and_nothing_is_compressed(desk: Desk, victim: Victim) -> None:
    ask(desk.as_detective, victim)

    shown = page(desk.as_detective, victim, **{"accept-encoding": "gzip"})

    assert is_shown(shown)
    assert "no-store" in shown.headers["Cache-Control"]
    assert shown.headers["Content-Encoding"] == "identity"
    assert shown.headers["Refresh"] == "300"


def test_the_masked_page_is_not_kept_either(desk: Desk, victim: Victim) -> None:
    for answer in (page(desk.as_detective, victim), ask(desk.as_detective, victim, reason="")):
        assert "no-store" in answer.headers["Cache-Control"]
        assert "Refresh" not in answer.headers


def test_a_partial_request_is_no_way_round(desk: Desk, victim: Victim) -> None:
    partial = {"hx-request": "true"}
    assert not is_shown(page(desk.as_detective, victim, **partial))

    answer = ask(desk.as_detective, victim, headers=partial)

    assert (answer.status_code, is_shown(answer)) == (302, False)
    shown = page(desk.as_detective, victim, **partial)
    assert is_shown(shown)
    assert "no-store" in shown.headers["Cache-Control"]


def test_the_name_is_in_no_title_log_entry_or_cache(
    desk: Desk, victim: Victim, watch: Watch
) -> None:
    ask(desk.as_detective, victim, reason="Calling Zephyrine Quillfeather's school about it.")
    shown = page(desk.as_detective, victim)

    title = shown.content.decode().partition("</title>")[0]
    assert_nothing_leaks([title, dict(shown.headers)], [CHILD])
    assert_nothing_leaks([vars(entry) for entry in Entry.objects.all()], [CHILD])
    assert_nothing_leaks([vars(one) for one in Reveal.objects.all()], [CHILD])
    assert_nothing_leaks([watch.logs, watch.tasks], [CHILD])


def test_every_look_at_what_is_shown_is_on_record(desk: Desk, victim: Victim) -> None:
    ask(desk.as_detective, victim)
    page(desk.as_detective, victim)

    looks = Entry.objects.filter(event=Event.PERSON_VIEWED).values_list("details", flat=True)

    assert [look["shown"] for look in looks] == [True, False]


def test_other_pages_stay_masked_within_the_window(desk: Desk, case: Case, victim: Victim) -> None:
    ask(desk.as_detective, victim)

    for name in ("case-detail", "case-access", "why", "response-log"):
        assert not is_shown(desk.as_detective.get(reverse(name, args=[case.pk])))


def test_the_case_page_leads_to_each_person(desk: Desk, case: Case, victim: Victim) -> None:
    caregiver = InvolvedPersonFactory.create(case=case, caregiver=True)

    body = desk.as_detective.get(reverse("case-detail", args=[case.pk])).content.decode()

    for person in (victim, caregiver):
        assert reverse("person", args=[person.pk]) in body


# -- reporters ----------------------------------------------------------------------------------


@pytest.fixture
def reporter(case: Case) -> Any:
    return InvolvedPersonFactory.create(case=case, role=PersonRole.REPORTER, identity=dict(CHILD))


def test_a_reporter_is_shown_on_ones_own_case_for_few_reasons(desk: Desk, reporter: Any) -> None:
    assert ask(desk.as_detective, reporter, reason_code="records_correction").status_code == 422
    assert ask(desk.as_detective, reporter, reason_code="safety_check").status_code == 302
    assert is_shown(page(desk.as_detective, reporter))


@pytest.mark.parametrize("role", [RoleCode.DETECTIVE, RoleCode.CAPTAIN])
def test_no_grant_and_no_reach_shows_a_reporter(case: Case, reporter: Any, role: str) -> None:
    other = AccountFactory.create(role=role, officer__squad=SquadFactory.create())
    GrantFactory.create(user=other, content_object=case, works=True)
    client = signed_in(other)

    answer = ask(client, reporter)

    assert answer.status_code == 403
    assert denied("not_permitted")
    assert refused(client, reporter)


def test_a_partner_does_not_know_of_a_reporter(case: Case, reporter: Any) -> None:
    partner = AccountFactory.create(partner=True)
    GrantFactory.create(user=partner, content_object=case, works=True)
    client = signed_in(partner)

    assert page(client, reporter).status_code == 404
    assert client.post(reverse("person-reveal", args=[reporter.pk]), {}).status_code == 404


# -- original texts -----------------------------------------------------------------------------


@pytest.fixture
def report(case: Case) -> Any:
    made = ResponseFactory.create(case=case, narrative="Zephyrine Quillfeather was seen.")
    type(made).objects.filter(pk=made.pk).update(narrative="V-1 was seen.")
    return made


def original(client: Client, report: Any) -> Any:
    return client.get(reverse("original", args=[report.pk]))


def ask_original(client: Client, report: Any, **fields: str) -> Any:
    asked = {"reason_code": "court", "reason": WHY} | fields
    asked.setdefault("token", str(original(client, report).context["form"]["token"].value()))
    return client.post(reverse("original-reveal", args=[report.pk]), asked)


def test_an_original_is_shown_for_a_reason(desk: Desk, report: Any) -> None:
    assert not is_shown(original(desk.as_detective, report))

    ask_original(desk.as_detective, report)

    shown = original(desk.as_detective, report)
    assert is_shown(shown)
    assert "no-store" in shown.headers["Cache-Control"]
    assert Entry.objects.get(event=Event.NARRATIVE_REVEALED).subject_id == str(report.pk)
    assert not is_shown(original(desk.as_sergeant, report))


@pytest.mark.parametrize(
    ("later", "shown"), [(WINDOW - SECOND, True), (WINDOW, False), (WINDOW + SECOND, False)]
)
def test_an_original_is_masked_after_five_minutes(
    desk: Desk, report: Any, later: timedelta, shown: bool
) -> None:
    ask_original(desk.as_detective, report)

    with time_machine.travel(NOW + later, tick=False):
        assert is_shown(original(desk.as_detective, report)) is shown


def test_an_original_needs_a_reason_too(desk: Desk, report: Any) -> None:
    assert ask_original(desk.as_detective, report, reason="\u200b" * 20).status_code == 422
    assert not is_shown(original(desk.as_detective, report))
    entry = Entry.objects.filter(event=Event.NARRATIVE_REVEALED).first()
    assert entry is not None
    assert entry.outcome == Outcome.DENIED


@pytest.mark.parametrize("reported", [True, False])
def test_a_grant_opens_no_original_that_may_name_the_reporter(
    case: Case, report: Any, reported: bool
) -> None:
    friend = AccountFactory.create()
    GrantFactory.create(user=friend, content_object=case, works=True)
    if reported:
        InvolvedPersonFactory.create(case=case, role=PersonRole.REPORTER)
    client = signed_in(friend)

    answer = ask_original(client, report)

    assert answer.status_code == (403 if reported else 302)
    assert is_shown(original(client, report)) is not reported


def test_an_originals_answers_are_shown_with_it(desk: Desk, case: Case) -> None:
    VictimFactory.create(case=case, identity=dict(CHILD))
    told = AnswerInput(AnswerStatus.ANSWERED, "Said to Zephyrine Quillfeather's aunt.")
    entry = ResponseInput(
        ResponseKind.INITIAL_REPORT,
        NOW - HOUR,
        narrative="The child was seen.",
        answers={"disclosure": told},
        incomplete_reason="End of shift.",
    )
    report = log_response(viewer=viewer_for(desk.detective), now=NOW, case_id=case.pk, entry=entry)
    assert not is_shown(original(desk.as_detective, report))

    ask_original(desk.as_detective, report)

    assert is_shown(original(desk.as_detective, report))
