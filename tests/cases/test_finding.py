"""Does a search find whom it may, tell nobody more, and stand in the log without its terms?"""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.context import acting_as
from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import NotPermitted, viewer_for
from cases.enums import Permission, RoleCode
from cases.models import Account, BlindToken, Case, RolePermission, Victim
from cases.models.sealing import open_identity_of
from cases.policy_default import DEFAULT_POLICY
from cases.rules.finding import SEARCHES_WITHIN
from cases.services.finding import (
    CANDIDATES_SHOWN,
    NothingToLookFor,
    TooManySearches,
    search_identities,
)
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    NOW,
    AccountFactory,
    CaseFactory,
    InvolvedPersonFactory,
    PolicyFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity, Watch, assert_database_is_clean, assert_nothing_leaks

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
BEYOND = "Something lies beyond your reach"
NOBODY = "Nobody on a case that you may see matches"


def find(client: Client, **given: str) -> Any:
    return client.post(reverse("find-person"), given)


def elsewhere(child: Identity) -> Case:
    """A case of another squad about the child."""
    case: Case = CaseFactory.create(squad=SquadFactory.create())
    VictimFactory.create(case=case, identity=child)
    return case


# -- what is found ------------------------------------------------------------------------------


def test_a_child_is_found_by_pseudonym_with_how_sure_and_why(desk: Desk, child: Identity) -> None:
    case = desk.held_case()
    victim = VictimFactory.create(case=case, identity=child)

    response = find(
        desk.as_detective,
        first_name="zéphyrine",
        last_name="O\u2019QUILLFEATHER",
        birth_date=child["birth_date"],
    )

    said = words(response)
    assert f"{case.number} {victim.pseudonym}, alleged victim very likely" in said
    assert "same name, same birth date" in said
    assert child["first_name"] not in said


@pytest.mark.parametrize("role", ["non_offending_caregiver", "suspect", "reporter", "witness"])
def test_everybody_on_a_case_is_found_not_only_children(desk: Desk, role: str) -> None:
    case = desk.held_case()
    person = InvolvedPersonFactory.create(
        case=case, role=role, identity={"first_name": "Guadalupe", "last_name": "Vantrell Peña"}
    )

    said = words(find(desk.as_detective, first_name="Lupita", last_name="Vantrell"))

    assert person.pseudonym in said
    assert "possible" in said
    assert "may be short for the other" in said


@pytest.mark.parametrize(
    "given",
    [
        {"birth_date": "2018-02-09"},
        {"phone": "816.555.0143"},
        {"address": "4117 invented hollow ln."},
    ],
)
def test_a_birth_date_a_number_or_an_address_finds_too(
    desk: Desk, child: Identity, given: dict[str, str]
) -> None:
    victim = VictimFactory.create(case=desk.held_case(), identity=child)

    assert victim.pseudonym in words(find(desk.as_detective, **given))


def test_the_surest_come_first_and_the_rest_is_said_to_be_there(
    desk: Desk, child: Identity
) -> None:
    case = desk.held_case()
    for _ in range(CANDIDATES_SHOWN):
        VictimFactory.create(case=case, identity={"birth_date": child["birth_date"]})
    victim = VictimFactory.create(case=case, identity=child)

    found = search_identities(
        viewer=viewer_for(desk.detective),
        now=NOW,
        identity={"birth_date": child["birth_date"], "phone": child["phone"]},
    )

    assert found.seen[0].pseudonym == victim.pseudonym
    assert len(found.seen) == CANDIDATES_SHOWN
    assert found.more


def test_a_search_opens_no_identity(
    desk: Desk, child: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = VictimFactory.create(case=desk.held_case(), identity=child)
    Victim.objects.update(sealed=b"broken", wrapped_key=b"broken")

    assert victim.pseudonym in words(find(desk.as_detective, phone=child["phone"]))


def test_a_search_takes_few_queries_however_many_match(desk: Desk, child: Identity) -> None:
    for _ in range(30):
        VictimFactory.create(case=desk.held_case(), identity=child)
    full = {name: child[name] for name in ("first_name", "last_name", "birth_date", "phone")}

    with CaptureQueriesContext(
        connection,
    ) as queries:
        find(desk.as_detective, **full)

    assert len(queries) <= MAX_QUERIES


# -- what is not ---------------------------------------------------------------------------------


def test_another_squad_sees_no_number_but_that_there_is_something(
    desk: Desk, child: Identity
) -> None:
    case = elsewhere(child)

    response = find(desk.as_detective, first_name=child["first_name"], last_name=child["last_name"])

    assert BEYOND in words(response)
    assert_nothing_leaks(response, [{"name": case.number}])
    assert str(case.pk) not in response.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"birth_date": "2018-02-09"},
        {"phone": "816-555-0143"},
        {"address": "4117 Invented Hollow Lane"},
        {"first_name": "Zephyrine", "birth_date": "2018-02-09"},
        {"first_name": "Zefirina", "last_name": "OQuilfeather"},
    ],
)
def test_less_than_a_name_hints_at_nothing_beyond_reach(
    desk: Desk, child: Identity, given: dict[str, str]
) -> None:
    elsewhere(child)

    said = words(find(desk.as_detective, **given))

    assert BEYOND not in said
    assert NOBODY in said


def test_last_name_and_birth_date_do_hint(desk: Desk, child: Identity) -> None:
    elsewhere(child)

    said = words(find(desk.as_detective, last_name="OQuillfeather", birth_date=child["birth_date"]))

    assert BEYOND in said


@pytest.mark.parametrize("role", ["reporter", "witness"])
def test_nobody_learns_by_name_who_reported_elsewhere(
    desk: Desk, child: Identity, role: str
) -> None:
    InvolvedPersonFactory.create(
        case=CaseFactory.create(squad=SquadFactory.create()), role=role, identity=child
    )

    response = find(desk.as_detective, first_name=child["first_name"], last_name=child["last_name"])

    assert BEYOND not in words(response)


def test_a_walled_person_sees_neither_case_nor_hint_nor_count(desk: Desk, child: Identity) -> None:
    case = desk.held_case()
    victim = VictimFactory.create(case=case, identity=child)
    everything = {name: child[name] for name in child}
    nothing = words(find(desk.as_sergeant, first_name="Nobody", last_name="Whatsoever"))
    WallFactory.create(case=case, account=desk.sergeant)

    response = find(desk.as_sergeant, **everything)

    assert victim.pseudonym not in response.content.decode()
    assert BEYOND not in words(response)
    assert NOBODY in words(response)
    assert NOBODY in nothing


def test_a_partner_may_not_search_by_page_or_by_service_whatever_the_role_says(
    desk: Desk, child: Identity
) -> None:
    partner: Account = AccountFactory.create(partner=True)
    RolePermission.objects.create(role=partner.role, permission=Permission.SEARCH_PEOPLE)

    assert find(signed_in(partner), **child).status_code == 404
    with pytest.raises(NotPermitted):
        search_identities(viewer=viewer_for(partner), now=NOW, identity=child)


# -- attempts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role", [RoleCode.RECORDS, RoleCode.PARTNER, RoleCode.ADMINISTRATOR, RoleCode.AUDITOR]
)
def test_other_roles_find_no_such_page_and_the_attempt_is_on_record(
    desk: Desk, role: str, child: Identity
) -> None:
    client = signed_in(AccountFactory.create(role=role))

    assert client.get(reverse("find-person")).status_code == 404
    assert find(client, **child).status_code == 404
    denied = Entry.objects.filter(outcome=Outcome.DENIED)
    assert denied.count() == 2
    assert_nothing_leaks([entry.details for entry in denied], [child])


def test_an_account_that_was_switched_off_is_asked_to_sign_in(desk: Desk, child: Identity) -> None:
    Account.objects.filter(pk=desk.detective.pk).update(is_active=False)

    assert find(desk.as_detective, **child).status_code == 302
    assert not Entry.objects.filter(event=Event.IDENTITY_SEARCHED).exists()


def test_a_name_in_the_address_searches_for_nothing(desk: Desk, child: Identity) -> None:
    victim = VictimFactory.create(case=desk.held_case(), identity=child)

    response = desk.as_detective.get(reverse("find-person"), dict(child))

    assert victim.pseudonym not in response.content.decode()
    assert_nothing_leaks(response.content, [child])
    assert not Entry.objects.filter(event=Event.IDENTITY_SEARCHED).exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(desk: Desk, method: str) -> None:
    assert getattr(desk.as_detective, method)(reverse("find-person")).status_code == 405


def test_a_replayed_search_finds_the_same_and_changes_nothing(desk: Desk, child: Identity) -> None:
    VictimFactory.create(case=desk.held_case(), identity=child)
    before = Case.objects.values_list("pk", "state", "last_entry_at").get()

    first, second = (words(find(desk.as_detective, phone=child["phone"])) for _ in range(2))

    assert first == second
    assert Case.objects.values_list("pk", "state", "last_entry_at").get() == before
    assert Entry.objects.filter(event=Event.IDENTITY_SEARCHED).count() == 2


def test_without_the_forms_token_nothing_is_searched(desk: Desk, child: Identity) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.detective)

    assert find(strict, **child).status_code == 403
    assert not Entry.objects.filter(event=Event.IDENTITY_SEARCHED).exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Give a first and a last name"),
        ({"first_name": "\u200b\u2060", "last_name": "\ufeff\u200d"}, "Give a first and a last"),
        ({"last_name": "Ashgrove"}, "by itself finds nobody"),
        ({"first_name": "x" * 81, "last_name": "y"}, "First name: at most 80 characters"),
        ({"address": "9 " * 100_000}, "Address: at most 160 characters"),
        ({"birth_date": "2026-02-30"}, "Birth date: give a day"),
        ({"birth_date": "1826-02-09"}, "Birth date: this can't be right"),
        ({"phone": "911"}, "a telephone number"),
    ],
)
def test_what_nobody_can_be_found_by_is_refused(
    desk: Desk, given: dict[str, str], sentence: str
) -> None:
    response = find(desk.as_detective, **given)

    assert response.status_code == 422
    assert sentence in words(response)
    assert not Entry.objects.filter(event=Event.IDENTITY_SEARCHED).exists()


def test_nothing_to_look_for_is_refused_below_the_page_too(desk: Desk) -> None:
    with pytest.raises(NothingToLookFor):
        search_identities(
            viewer=viewer_for(desk.detective), now=NOW, identity={"last_name": "Ashgrove"}
        )


@pytest.mark.parametrize("most", [1, 7])
def test_too_many_searches_within_an_hour_are_refused_and_on_record(
    desk: Desk, child: Identity, most: int
) -> None:
    finding = {"searches_in_an_hour": most, "common_in_cases": 5}
    PolicyFactory.create(body=DEFAULT_POLICY | {"finding": finding})
    viewer = viewer_for(desk.detective)
    with acting_as(str(desk.detective.pk), "detective"):
        for _ in range(most):
            search_identities(viewer=viewer, now=NOW, identity=child)
        with pytest.raises(TooManySearches):
            search_identities(viewer=viewer, now=NOW + SEARCHES_WITHIN - SECOND, identity=child)

    assert Entry.objects.filter(event=Event.IDENTITY_SEARCHED, outcome=Outcome.DENIED).count() == 1
    assert find(desk.as_detective, phone=child["phone"]).status_code == 429
    search_identities(viewer=viewer, now=NOW + SEARCHES_WITHIN, identity=child)


# -- what is left behind -------------------------------------------------------------------------


def test_neither_log_nor_url_nor_cache_nor_title_tells_whom_somebody_looked_for(
    desk: Desk, child: Identity, watch: Watch
) -> None:
    VictimFactory.create(case=desk.held_case(), identity={**child, "phone": "816-555-0199"})

    response = find(desk.as_detective, **child)

    assert "no-store" in response["Cache-Control"]
    assert_nothing_leaks(dict(response.items()), [child])
    entry = Entry.objects.get(event=Event.IDENTITY_SEARCHED)
    assert_nothing_leaks([entry.details, entry.changes, entry.reason], [child])
    assert "last_name_birth" in entry.details["forms"]
    assert_database_is_clean([child])
    title = response.content.decode().partition("<title>")[2].partition("</title>")[0]
    assert_nothing_leaks(title, [child])
    watch.no_models_in_contexts(Case, Victim)
    assert_nothing_leaks({"log": watch.logs, "task": watch.tasks}, [child])


# -- another key ---------------------------------------------------------------------------------


NEW_KEY = ("t2", bytes(range(32)))


def test_the_index_is_made_anew_for_a_new_key_while_people_are_found(
    desk: Desk, child: Identity, settings: Any
) -> None:
    victims = [VictimFactory.create(case=desk.held_case(), identity=child) for _ in range(3)]
    InvolvedPersonFactory.create(case=victims[0].case, unidentified=True)
    old = settings.BLIND_KEYS
    before = set(BlindToken.objects.values_list("digest", flat=True))

    settings.BLIND_KEYS = [NEW_KEY, *old]
    assert _found(desk, child) == {victim.pseudonym for victim in victims}
    call_command("rebuild_blind_index", batch=2)
    settings.BLIND_KEYS = [NEW_KEY]

    assert _found(desk, child) == {victim.pseudonym for victim in victims}
    assert set(BlindToken.objects.values_list("made_with", flat=True)) == {"t2.2"}
    assert not before & set(BlindToken.objects.values_list("digest", flat=True))
    assert open_identity_of(victims[0]) == child


def test_a_rebuild_that_was_cut_off_goes_on_where_it_was(
    desk: Desk, child: Identity, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        VictimFactory.create(case=desk.held_case(), identity=child)
    settings.BLIND_KEYS = [NEW_KEY, *settings.BLIND_KEYS]
    opened: list[object] = []

    def fails_at_the_fourth(record: Victim) -> dict[str, str]:
        if len(opened) == 3:
            raise ConnectionError
        opened.append(record.pk)
        return open_identity_of(record)

    with monkeypatch.context() as patch:
        patch.setattr("cases.services.tokens.open_identity_of", fails_at_the_fourth)
        with pytest.raises(ConnectionError):
            call_command("rebuild_blind_index", batch=2)
    done = set(BlindToken.objects.filter(made_with="t2.2").values_list("victim_id", flat=True))
    assert done == set(opened[:2])
    assert len(_found(desk, child)) == 5

    call_command("rebuild_blind_index", batch=2)

    rebuilt = Entry.objects.filter(event=Event.BLIND_INDEX_REBUILT)
    assert sum(entry.details["people"] for entry in rebuilt) == 5
    assert set(BlindToken.objects.values_list("made_with", flat=True)) == {"t2.2"}


def test_an_identity_that_does_not_open_keeps_its_tokens_and_is_counted(
    desk: Desk, child: Identity, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    VictimFactory.create(case=desk.held_case(), identity=child)
    Victim.objects.update(sealed=b"tampered with, far too short to open")
    settings.BLIND_KEYS = [NEW_KEY, *settings.BLIND_KEYS]

    call_command("rebuild_blind_index")

    assert "1 identities do not open" in capsys.readouterr().err
    assert len(_found(desk, child)) == 1


def _found(desk: Desk, identity: Identity) -> set[str]:
    found = search_identities(viewer=viewer_for(desk.detective), now=NOW, identity=identity)
    return {candidate.pseudonym for candidate in found.seen}
