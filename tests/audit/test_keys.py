"""Is every use of a sealing key told, once, with its act or not at all?"""

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, connection, transaction
from django.test import Client

from audit.context import acting_as_system
from audit.events import Event
from audit.guard import UnauditedResponse, UntoldKeyUse
from audit.keys import key_used
from audit.models import Entry
from audit.recorder import Note, record_many
from cases.models import Account
from tests.factories import NOW

pytestmark = [
    pytest.mark.unbound,
    pytest.mark.django_db,
    pytest.mark.urls("tests.audit.urls"),
]

REFUSE = """
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no room left'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON audit_entry FOR EACH ROW
    WHEN (NEW.event = 'keys_used') EXECUTE FUNCTION pg_temp.refuse()
"""


@pytest.fixture
def signed_in(client: Client, account: Account, settings: LazySettings) -> Client:
    settings.AUDIT_REFUSE_UNAUDITED = True
    with acting_as_system("test"):
        client.force_login(account)
    return client


def told() -> list[dict[str, Any]]:
    return list(Entry.objects.filter(event=Event.KEYS_USED).values_list("details", flat=True))


def test_what_was_opened_is_told_beside_the_act_with_key_and_count_alone(
    signed_in: Client, account: Account
) -> None:
    signed_in.get("/opened/")

    act, use = Entry.objects.order_by("pk")
    assert act.event == Event.CASE_VIEWED
    assert use.event == Event.KEYS_USED
    assert (use.actor_id, use.session) == (str(account.pk), act.session)
    assert (use.subject_type, use.subject_id) == ("entry", str(act.pk))
    assert use.details == {
        "keys": {"k1": 1},
        "opened": {"victim": 1},
        "act": "case_viewed",
        "case": "41",
    }


def test_many_uses_of_one_act_are_one_entry() -> None:
    with acting_as_system("seen"), transaction.atomic():
        for kind in ("victim", "victim", "case"):
            key_used("k2", kind)
        key_used("k1", "victim")
        record_many(Event.CASE_CHANGED, [Note("case", 1), Note("case", 2)], at=NOW)

    assert told() == [
        {
            "keys": {"k1": 1, "k2": 3},
            "opened": {"case": 1, "victim": 3},
            "act": "case_changed",
            "case": "1",
        }
    ]


def test_a_use_is_not_the_entry_that_a_page_owes(signed_in: Client) -> None:
    with pytest.raises(UnauditedResponse):
        signed_in.get("/opened-alone/")


def test_what_was_opened_after_the_entry_and_not_told_is_refused(signed_in: Client) -> None:
    with pytest.raises(UntoldKeyUse, match="opened-late"):
        signed_in.get("/opened-late/")


def test_production_tells_of_it_before_the_page_leaves(
    signed_in: Client, settings: LazySettings
) -> None:
    settings.AUDIT_REFUSE_UNAUDITED = False

    response = signed_in.get("/opened-late/")

    assert response.status_code == 200
    assert told() == [{"keys": {"k1": 1}, "opened": {"victim": 1}}]


@pytest.mark.parametrize("page", ["opened", "opened-late"])
def test_nothing_is_shown_when_it_cannot_be_told(
    signed_in: Client, settings: LazySettings, page: str
) -> None:
    settings.AUDIT_REFUSE_UNAUDITED = False
    with connection.cursor() as cursor:
        cursor.execute(REFUSE)

    with pytest.raises(DatabaseError, match="no room left"), transaction.atomic():
        signed_in.get(f"/{page}/")


def test_what_a_refused_request_opened_is_told_too(signed_in: Client) -> None:
    assert signed_in.get("/opened-and-refused/").status_code == 403

    assert told() == [{"keys": {"k1": 1}, "opened": {"victim": 1}, "act": "access_denied"}]


def test_a_task_that_opened_something_and_did_not_tell_is_refused(settings: LazySettings) -> None:
    settings.AUDIT_REFUSE_UNAUDITED = True

    with pytest.raises(UntoldKeyUse, match="'forgetful'"), acting_as_system("forgetful"):
        key_used("k1", "victim")


def test_production_tells_of_a_tasks_use(settings: LazySettings) -> None:
    settings.AUDIT_REFUSE_UNAUDITED = False

    with acting_as_system("forgetful"):
        key_used("k1", "victim")

    assert told() == [{"keys": {"k1": 1}, "opened": {"victim": 1}}]
    assert Entry.objects.get().actor_id == "system:forgetful"
