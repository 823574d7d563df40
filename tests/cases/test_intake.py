"""Does a report become one case, sealed, by each channel, after a look for the child?"""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.enums import Channel, PersonRole, RoleCode
from cases.models import Case, InvolvedPerson, Referral, Victim
from cases.models.sealing import open_identity_of
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    CaseFactory,
    OffenseCodeFactory,
    ReferralFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity, Watch, assert_database_is_clean, assert_nothing_leaks

pytestmark = pytest.mark.django_db

CHANNELS = [channel.value for channel in Channel]
SENDING = [Channel.HOTLINE.value, Channel.HOSPITAL.value]


def typed(desk: Desk, channel: str = "scene", **given: Any) -> dict[str, Any]:
    """A report as somebody fills it in: the least that each channel needs."""
    sent = {
        "referral-organization": "Invented Sender",
        "referral-reference": "R-1",
        "report-priority": "2",
    }
    return {
        "report-submission_key": str(uuid4()),
        "report-received_at": "2026-03-11T09:00",
        "report-offense_class": "abuse",
        "report-squad": str(desk.squad.pk),
        "suspect-status": "unknown",
        **(sent if channel in SENDING else {}),
        **given,
    }


def post(desk: Desk, data: dict[str, Any], channel: str = "scene") -> Any:
    return desk.as_sergeant.post(reverse("case-new-intake", args=[channel]), data, follow=True)


def look(desk: Desk, **given: str) -> Any:
    return desk.as_sergeant.post(reverse("case-new", args=["scene"]), given)


# -- the way in ---------------------------------------------------------------------------------


def test_the_four_ways_are_offered_and_an_unknown_one_is_no_page(desk: Desk) -> None:
    said = words(desk.as_detective.get(reverse("case-new-choose")))

    for channel in Channel:
        assert channel.label in said
        url = reverse("case-new", args=[channel.value])
        assert desk.as_detective.get(url).status_code == 200
    assert desk.as_detective.get(reverse("case-new", args=["rumor"])).status_code == 404
    assert desk.as_detective.post(reverse("case-new-intake", args=["rumor"])).status_code == 404


@pytest.mark.parametrize("role", [RoleCode.ADMINISTRATOR, RoleCode.AUDITOR, RoleCode.PARTNER])
def test_who_may_not_open_a_case_finds_no_such_page(desk: Desk, role: str) -> None:
    client = signed_in(AccountFactory.create(role=role))

    assert client.get(reverse("case-new-choose")).status_code == 404
    assert client.get(reverse("case-new", args=["scene"])).status_code == 404
    assert client.post(reverse("case-new-intake", args=["scene"])).status_code == 404
    assert not Case.objects.exists()


def test_the_report_can_only_be_posted(desk: Desk) -> None:
    url = reverse("case-new-intake", args=["scene"])

    assert desk.as_sergeant.get(url).status_code == 405


def test_no_page_of_the_intake_is_stored_by_a_browser(desk: Desk) -> None:
    for response in (look(desk, unknown="on"), post(desk, {})):
        assert "no-store" in response["Cache-Control"]


# -- search before create -----------------------------------------------------------------------


def test_a_case_about_the_child_is_found_by_name_in_any_order_and_case(
    desk: Desk, child: Identity
) -> None:
    case = desk.held_case()
    victim = VictimFactory.create(case=case, identity=child)

    response = look(desk, first_name="o'quillfeather", last_name="ZEPHYRINE")

    assert "1 match: a case may be about this child already" in words(response)
    assert case.number in words(response)
    assert victim.pseudonym in words(response)
    assert "possible same name" in words(response)


def test_how_sure_it_is_and_why_is_said_before_a_case_is_opened(
    desk: Desk, child: Identity
) -> None:
    VictimFactory.create(case=desk.held_case(), identity=child)
    asked = {name: child[name] for name in ("last_name", "birth_date")}

    named = look(desk, first_name=child["first_name"], **asked)
    misheard = look(desk, first_name="Ottoline", **asked)

    assert "very likely same name, same birth date" in words(named)
    assert "likely same last name and birth date" in words(misheard)


def test_a_case_beyond_reach_is_hinted_at_without_a_number(desk: Desk, child: Identity) -> None:
    case = CaseFactory.create(squad=SquadFactory.create())
    victim = VictimFactory.create(case=case, identity=child)

    response = look(desk, first_name=child["first_name"], last_name=child["last_name"])

    assert "A case that you may not open may be about this child" in words(response)
    assert case.number not in response.content.decode()
    assert victim.pseudonym not in response.content.decode()


def test_a_walled_case_is_not_even_hinted_at(desk: Desk, child: Identity) -> None:
    case = desk.held_case()
    VictimFactory.create(case=case, identity=child)
    WallFactory.create(case=case, account=desk.sergeant)

    response = look(desk, first_name=child["first_name"], last_name=child["last_name"])

    assert "No case that you may see" in words(response)
    assert "may not open" not in words(response)


def test_a_stranger_of_the_same_birth_date_elsewhere_is_no_hint(
    desk: Desk, child: Identity
) -> None:
    VictimFactory.create(case=CaseFactory.create(), identity=child)

    response = look(desk, birth_date=child["birth_date"])

    assert "may not open" not in words(response)


def test_the_search_is_on_record_without_what_was_typed(desk: Desk, child: Identity) -> None:
    look(desk, **{name: child[name] for name in ("first_name", "last_name", "birth_date")})

    entry = Entry.objects.get(event=Event.IDENTITY_SEARCHED)
    assert entry.actor_id == str(desk.sergeant.pk)
    assert_nothing_leaks([entry.details, entry.changes, entry.reason], [child])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Give the child's first and last name, or the birth date"),
        ({"first_name": "Invented"}, "Give the child's first and last name, or the birth date"),
        ({"birth_date": "31.02.2020"}, "Birth date: give a day"),
        ({"birth_date": "2026-03-12"}, "this day has not come yet"),
        ({"birth_date": "1880-01-01"}, "over 120 years ago"),
        ({"first_name": "x" * 81}, "at most 80 characters"),
    ],
)
def test_a_search_that_makes_no_sense_says_why(
    desk: Desk, given: dict[str, str], sentence: str
) -> None:
    response = look(desk, **given)

    assert response.status_code == 422
    assert sentence in words(response)


def test_what_was_looked_for_stands_in_the_report(desk: Desk, child: Identity) -> None:
    response = look(desk, first_name=child["first_name"], last_name=child["last_name"])

    body = response.content.decode()
    assert f'value="{child["first_name"]}"' in body
    assert 'value="2026-03-11T10:00"' in body
    assert f'<option value="{desk.squad.pk}" selected>' in body


# -- the report ---------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_opens_a_case_whose_clocks_run(desk: Desk, channel: str) -> None:
    response = post(desk, typed(desk, channel), channel)

    case = Case.objects.get()
    assert f"Case {case.number} is open" in words(response)
    assert (case.channel, case.squad, case.supervisor) == (
        channel,
        desk.squad,
        desk.sergeant.officer,
    )
    assert case.received_at == NOW - HOUR
    assert case.next_due_at is not None
    assert Victim.objects.filter(case=case).count() == 1
    assert Referral.objects.filter(case=case).exists() == (channel in SENDING)
    assert Entry.objects.filter(event=Event.CASE_CREATED, subject_id=str(case.pk)).exists()
    child = Entry.objects.get(event=Event.VICTIM_ADDED, subject_id=str(case.pk))
    assert child.details == {"victim": case.victims.get().pseudonym}
    history = desk.as_sergeant.get(reverse("case-history", args=[case.pk])).context["page"]
    assert history.unexplained == ()


def test_everybody_typed_in_is_on_the_case_and_sealed(
    desk: Desk, child: Identity, watch: Watch
) -> None:
    caller = {"first_name": "Thessaly", "last_name": "Underbough", "phone": "816-555-0177"}
    present = {"first_name": "Corvane", "last_name": "Mistlethwait"}
    data = typed(
        desk,
        **{f"child-0-{name}": child[name] for name in ("first_name", "last_name", "birth_date")},
        **{f"reporter-{name}": value for name, value in caller.items()},
        **{f"present-0-{name}": value for name, value in present.items()},
        **{
            "child-1-sex": "M",
            "suspect-status": "unidentified",
            "suspect-description": "An adult of about 40.",
            "caregiver-relation": "mother",
        },
    )

    response = post(desk, data)

    case = Case.objects.get()
    first, second = Victim.objects.filter(case=case).order_by("-sex")
    assert {first.sex, second.sex} == {"M", ""}
    named = next(one for one in (first, second) if one.sex == "")
    assert open_identity_of(named)["last_name"] == child["last_name"]
    assert named.age_band == "6-9"
    roles = dict(InvolvedPerson.objects.values_list("role", "named"))
    assert roles == {
        PersonRole.CAREGIVER: False,
        PersonRole.SUSPECT: False,
        PersonRole.REPORTER: True,
        PersonRole.WITNESS: True,
    }
    opened = Entry.objects.get(event=Event.CASE_CREATED)
    told = Entry.objects.filter(actor_id=opened.actor_id, at=NOW, subject_id=str(case.pk))
    aliases = told.values_list("details__victim", "details__person")
    added = aliases.filter(event__in=(Event.VICTIM_ADDED, Event.PERSON_ADDED))
    assert {victim or person for victim, person in added} == {
        *case.victims.values_list("pseudonym", flat=True),
        *case.people.values_list("pseudonym", flat=True),
    }
    everybody = [child, caller, present]
    assert_nothing_leaks(response, everybody)
    assert_database_is_clean(everybody)
    watch.nothing_leaked(everybody)


def test_a_text_about_one_person_never_names_another(desk: Desk, child: Identity) -> None:
    data = typed(
        desk,
        **{"child-0-first_name": child["first_name"], "child-0-last_name": child["last_name"]},
        **{"suspect-status": "unidentified", "reporter-last_name": "Underbough"},
        **{"suspect-description": f"Seen by Underbough beside {child['first_name']}."},
    )

    post(desk, data)

    description = InvolvedPerson.objects.get(role=PersonRole.SUSPECT).description
    assert description.startswith("Seen by P-")
    assert_nothing_leaks(description, [child, {"last_name": "Underbough"}])


def test_a_named_suspect_is_known_as_named(desk: Desk) -> None:
    data = typed(desk, **{"suspect-status": "named", "suspect-last_name": "Mistlethwait"})

    post(desk, data)

    assert InvolvedPerson.objects.get(role=PersonRole.SUSPECT).named


def test_submitting_twice_opens_one_case(desk: Desk) -> None:
    data = typed(desk)

    post(desk, data)
    response = post(desk, data)

    assert response.status_code == 200
    assert Case.objects.count() == 1


def test_two_reports_are_two_cases_with_numbers_in_turn(desk: Desk) -> None:
    post(desk, typed(desk))
    post(desk, typed(desk))

    assert sorted(Case.objects.values_list("number", flat=True)) == ["26-000001", "26-000002"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"report-received_at": ""}, "Received: give the day and time"),
        ({"report-received_at": "yesterday"}, "Received: give day and time"),
        ({"report-received_at": "2026-03-11T10:01"}, "can't have come in later than now"),
        ({"report-offense_class": ""}, "Offense class: choose one"),
        ({"report-offense_class": "theft"}, "Offense class: choose one from the list"),
        ({"report-squad": ""}, "so that a sergeant has the case from the start"),
        ({"report-squad": str(uuid4())}, "Squad: choose one from the list"),
        ({"report-priority": "9"}, "Response priority: choose one from the list"),
        ({"suspect-status": "named"}, "A named suspect needs a name."),
        ({"suspect-status": "unidentified"}, "Describe the unidentified suspect."),
        ({"suspect-last_name": "Mistlethwait"}, "You gave a name: choose “Named”"),
        ({"child-0-birth_date": "2026-03-12"}, "this day has not come yet"),
        ({"child-0-birth_date": "x"}, "Birth date: give a day"),
        ({"caregiver-phone": "0" * 41}, "Telephone: at most 40 characters"),
        ({"caregiver-phone": "555-01"}, "Telephone: give seven digits or more"),
    ],
)
def test_bad_input_gets_a_sentence_and_opens_nothing(
    desk: Desk, given: dict[str, str], sentence: str
) -> None:
    response = post(desk, typed(desk, **given, **{"caregiver-first_name": "Ottoline"}))

    assert response.status_code == 422
    assert sentence in words(response)
    assert 'value="Ottoline"' in response.content.decode()
    assert not Case.objects.exists()
    assert not Victim.objects.exists()


@pytest.mark.parametrize("channel", SENDING)
def test_who_sends_a_report_is_asked_for(desk: Desk, channel: str) -> None:
    data = typed(desk, channel, **{"referral-organization": "", "referral-reference": ""})

    response = post(desk, data, channel)

    assert response.status_code == 422
    assert words(response).count("fill this in") == 4


def test_the_hotline_gives_a_priority(desk: Desk) -> None:
    response = post(desk, typed(desk, "hotline", **{"report-priority": ""}), "hotline")

    assert "the hotline gives one; choose it" in words(response)


def test_a_report_that_is_on_record_is_not_opened_again(desk: Desk) -> None:
    sent = {"channel": Channel.HOSPITAL, "organization": "Invented Sender"}
    case = desk.held_case()
    ReferralFactory.create(reference="R-1", **sent)
    ReferralFactory.create(reference="R-2", case=case, **sent)
    again = typed(desk, "hospital", **{"referral-reference": "R-2"})

    response = post(desk, typed(desk, "hospital"), "hospital")
    of_ones_own = post(desk, again, "hospital")

    assert response.status_code == of_ones_own.status_code == 422
    assert "on record already, on no case that you may see" in words(response)
    assert f"on record already, on case {case.number}. Log it there" in words(of_ones_own)
    assert (
        not Case.objects.filter(channel=Channel.HOSPITAL, division="")
        .exclude(referrals__reference="R-1")
        .exists()
    )


def test_a_detective_goes_on_to_the_case_they_opened(desk: Desk) -> None:
    response = desk.as_detective.post(
        reverse("case-new-intake", args=["scene"]), typed(desk), follow=True
    )

    assert response.redirect_chain[-1][0] == reverse("case-detail", args=[Case.objects.get().pk])


def test_who_will_not_see_the_case_is_told_so(desk: Desk) -> None:
    other = SquadFactory.create(led=True)

    response = post(desk, typed(desk, **{"report-squad": str(other.pk)}))

    assert "The squad's sergeant assigns it" in words(response)
    assert response.status_code == 200


def test_received_is_read_by_the_units_clock(desk: Desk) -> None:
    post(desk, typed(desk, **{"report-received_at": "2026-03-07T23:30"}))

    assert Case.objects.get().received_at.isoformat() == "2026-03-08T05:30:00+00:00"


def test_codes_in_force_are_offered(desk: Desk) -> None:
    OffenseCodeFactory.create(code="11D", label="Invented present code")
    OffenseCodeFactory.create(
        code="11X", label="Invented past code", valid_to=(NOW - DAY - timedelta(hours=12)).date()
    )

    said = words(look(desk, unknown="on"))

    assert "Invented present code" in said
    assert "Invented past code" not in said


def test_codes_are_not_asked_for_before_there_are_any(desk: Desk) -> None:
    assert "NIBRS" not in words(look(desk, unknown="on"))


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_asks_what_it_alone_can_tell(desk: Desk, channel: str) -> None:
    own = {
        "scene": "Who was present",
        "walk_in": "Who brought the child",
        "hotline": "Call id",
        "hospital": "Facility",
    }
    url = reverse("case-new", args=[channel])

    said = words(desk.as_sergeant.post(url, {"unknown": "on"}))

    assert {key for key, text in own.items() if text in said} == {channel}


def test_no_address_of_the_intake_takes_a_query(desk: Desk, child: Identity) -> None:
    response = look(desk, first_name=child["first_name"], last_name=child["last_name"])

    actions = re.findall(r'(?:action|href)="([^"]*)"', response.content.decode())
    assert actions
    assert_nothing_leaks(actions, [child])


def test_opening_a_case_keeps_its_budget(desk: Desk) -> None:
    look(desk, unknown="on")

    with CaptureQueriesContext(connection) as asked:
        look(desk, first_name="Invented", last_name="Nobody")

    assert len([one for one in asked if "SAVEPOINT" not in one["sql"]]) < MAX_QUERIES
