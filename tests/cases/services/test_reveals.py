"""Does a reveal need its right, its room and its entry, and does a supervisor hear of many?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from audit.context import Context
from audit.events import Event, Outcome
from audit.models import Entry
from cases import seal
from cases.access import Hidden, Viewer, viewer_for
from cases.enums import FlagKind, FlagStatus, RoleCode
from cases.models import Account, Case, Flag, Policy, Reveal, Victim
from cases.policy_default import DEFAULT_POLICY
from cases.rules.policy import PolicyError
from cases.selectors.dashboard import dashboard
from cases.selectors.policy import current_policy
from cases.selectors.reveals import person_page
from cases.services.reveals import (
    FormUnusable,
    FormUsed,
    NothingSealed,
    ReasonSaysNothing,
    RevealAsk,
    TooMany,
    Unreadable,
    reveal_identity,
    reveal_original,
)
from cases.services.sweep import run_sweep
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    CaseFactory,
    GrantFactory,
    InvolvedPersonFactory,
    ResponseFactory,
    RevealFactory,
    SquadFactory,
    VictimFactory,
)

pytestmark = pytest.mark.django_db

SESSION = "5" * 32
MINUTE = timedelta(minutes=1)
WHY = "Arranging the forensic interview for tomorrow."


@pytest.fixture
def detective() -> Account:
    made: Account = AccountFactory.create(officer__squad=SquadFactory.create(led=True))
    return made


@pytest.fixture
def viewer(detective: Account) -> Viewer:
    return viewer_for(detective)


@pytest.fixture
def case(detective: Account) -> Case:
    officer = detective.officer
    assert officer is not None
    made: Case = CaseFactory.create(open_and_held=True, detective=officer, squad=officer.squad)
    return made


@pytest.fixture
def victim(case: Case) -> Victim:
    made: Victim = VictimFactory.create(case=case)
    return made


def reveal(viewer: Viewer, person: Any, now: Any = NOW, **fields: Any) -> Reveal:
    asked = {"reason_code": "interview", "reason": WHY, "session": SESSION} | fields
    asked.setdefault("form_token", uuid4())
    return reveal_identity(viewer=viewer, now=now, person_id=person.pk, ask=RevealAsk(**asked))


def shown(viewer: Viewer, person: Any, now: Any = NOW) -> Any:
    return person_page(viewer=viewer, now=now, person_id=person.pk, session=SESSION)


def last(outcome: Outcome) -> dict[str, Any]:
    return dict(Entry.objects.filter(outcome=outcome).latest("id").details)


# -- what does not open -------------------------------------------------------------------------


def swap(victim: Victim) -> None:
    other = VictimFactory.create(case=victim.case)
    Victim.objects.filter(pk=victim.pk).update(sealed=other.sealed)


def change(victim: Victim) -> None:
    spoilt = bytearray(bytes(victim.sealed or b""))
    spoilt[-1] ^= 1
    Victim.objects.filter(pk=victim.pk).update(sealed=bytes(spoilt))


def forget_key(victim: Victim) -> None:
    kept = bytes(victim.wrapped_key or b"")
    Victim.objects.filter(pk=victim.pk).update(key_id="gone", wrapped_key=kept)


def expunge(victim: Victim) -> None:
    Victim.objects.filter(pk=victim.pk).update(wrapped_key=None)


BROKEN = [(swap, "Tampered"), (change, "Tampered"), (forget_key, "UnknownKey")]


@pytest.mark.parametrize(("spoil", "because"), [*BROKEN, (expunge, "Expunged")])
def test_what_does_not_open_says_so_and_is_on_record_as_failed(
    viewer: Viewer, victim: Victim, spoil: Any, because: str
) -> None:
    spoil(victim)

    with pytest.raises(Unreadable) as refused:
        reveal(viewer, victim)

    assert str(refused.value)
    assert last(Outcome.FAILED)["because"] == because
    assert not Reveal.objects.exists()
    assert not Entry.objects.filter(event=Event.IDENTITY_REVEALED, outcome=Outcome.ALLOWED).exists()


@pytest.mark.parametrize(("spoil", "because"), [*BROKEN, (expunge, "Expunged")])
def test_what_is_spoilt_within_the_window_is_not_shown(
    viewer: Viewer, victim: Victim, spoil: Any, because: str
) -> None:
    reveal(viewer, victim)
    spoil(victim)

    page = shown(viewer, victim)

    assert page.shown is None
    assert page.trouble
    assert last(Outcome.FAILED)["because"] == because


def test_a_text_sealed_for_another_entry_is_not_shown(viewer: Viewer, case: Case) -> None:
    first, second = ResponseFactory.create_batch(2, case=case)
    type(first).objects.filter(pk=first.pk).update(sealed_narrative=second.sealed_narrative)

    with pytest.raises(Unreadable):
        reveal_original(
            viewer=viewer,
            now=NOW,
            response_id=first.pk,
            ask=RevealAsk("court", WHY, SESSION, uuid4()),
        )

    assert last(Outcome.FAILED)["because"] == "Tampered"


def test_nobody_is_behind_an_unidentified_person(viewer: Viewer, case: Case) -> None:
    unknown = InvolvedPersonFactory.create(case=case, unidentified=True)
    type(unknown).objects.filter(pk=unknown.pk).update(sealed=None)

    with pytest.raises(NothingSealed):
        reveal(viewer, unknown)


# -- the entry comes first ----------------------------------------------------------------------


REFUSE = """
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no room left'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON audit_entry
FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse();
"""


@contextmanager
def unwritable_log() -> Iterator[None]:
    """A database whose audit table refuses every new row."""
    with connection.cursor() as cursor:
        cursor.execute(REFUSE)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON audit_entry")


def test_without_an_entry_there_is_no_window(viewer: Viewer, victim: Victim) -> None:
    with (
        unwritable_log(),
        pytest.raises(DatabaseError, match="no room left"),
        transaction.atomic(),
    ):
        reveal(viewer, victim)

    assert not Reveal.objects.exists()
    assert shown(viewer, victim).shown is None


def test_a_window_without_its_entry_shows_nothing(viewer: Viewer, victim: Victim) -> None:
    RevealFactory.create(
        account_id=viewer.account_id, victim=victim, session=SESSION, entry_id=2**40
    )

    assert shown(viewer, victim).shown is None


def test_the_entry_is_written_before_anything_is_opened(
    viewer: Viewer, victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the order of what the database and the seal are asked to do."""
    order: list[str] = []
    plain = seal.open_identity

    def opening(*args: Any) -> dict[str, str]:
        order.append("opened")
        return plain(*args)

    def asking(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "audit_entry"'):
            order.append("recorded")
        return execute(sql, *rest)

    reveal(viewer, victim)
    monkeypatch.setattr(seal, "open_identity", opening)
    with connection.execute_wrapper(asking):
        assert shown(viewer, victim).shown is not None

    assert order == ["recorded", "opened", "recorded"]


# -- how many -----------------------------------------------------------------------------------


def revealed(viewer: Viewer, case: Case, count: int, **fields: Any) -> None:
    """So many in the last minutes."""
    for index in range(count):
        RevealFactory.create(
            account_id=viewer.account_id,
            victim=VictimFactory.create(case=case),
            revealed_at=NOW - MINUTE * (index + 1),
            **fields,
        )


def flags() -> list[Flag]:
    return list(Flag.objects.filter(kind=FlagKind.UNUSUAL_REVEALS))


@pytest.mark.parametrize(("before", "flagged"), [(9, 0), (10, 1)])
def test_the_eleventh_within_an_hour_is_flagged_to_the_sergeant(
    viewer: Viewer, case: Case, victim: Victim, before: int, flagged: int
) -> None:
    revealed(viewer, case, before)

    reveal(viewer, victim)

    assert len(flags()) == flagged
    for flag in flags():
        assert case.squad is not None
        assert flag.officer_id == viewer.officer_id
        assert flag.supervisor_id == case.squad.sergeant_id
        assert flag.reasons[0]["code"] == "reveals_in_an_hour"


def test_one_flag_stands_however_many_follow(viewer: Viewer, case: Case, victim: Victim) -> None:
    revealed(viewer, case, 12)

    reveal(viewer, victim)
    reveal(viewer, victim, NOW + MINUTE)

    assert [flag.reasons[0]["params"]["count"] for flag in flags()] == [14]


def test_few_on_others_cases_are_unusual(viewer: Viewer, detective: Account) -> None:
    for index in range(6):
        victim = VictimFactory.create()
        GrantFactory.create(user=detective, content_object=victim.case, works=True)
        reveal(viewer, victim, NOW + MINUTE * index)

    (flag,) = flags()
    assert flag.reasons[0] == {"code": "reveals_elsewhere", "params": {"count": 6, "limit": 5}}


def test_the_supervisor_sees_it_beside_the_list(viewer: Viewer, case: Case, victim: Victim) -> None:
    revealed(viewer, case, 10)
    reveal(viewer, victim)
    captain = viewer_for(AccountFactory.create(role=RoleCode.CAPTAIN))

    page = dashboard(captain, NOW)

    assert [row.officer_id for row in page.officers] == [viewer.officer_id]
    assert page.officers[0].reasons == ("11 reveals within an hour; usual up to 10",)


@pytest.mark.parametrize(
    ("later", "status"),
    [
        (7 * DAY - timedelta(seconds=1), FlagStatus.OPEN),
        (7 * DAY, FlagStatus.RESOLVED),
    ],
)
def test_the_flag_stands_for_a_week_after_the_last_excess(
    viewer: Viewer, case: Case, victim: Victim, later: timedelta, status: str
) -> None:
    for _ in range(10):
        RevealFactory.create(account_id=viewer.account_id, victim=victim)
    reveal(viewer, victim)

    run_sweep(now=NOW + later)

    assert [flag.status for flag in flags()] == [status]


@pytest.mark.parametrize(("before", "refused"), [(19, False), (20, True)])
def test_beyond_the_most_nothing_is_shown(
    viewer: Viewer,
    case: Case,
    victim: Victim,
    before: int,
    refused: bool,
    somebody_acts: Context,
) -> None:
    revealed(viewer, case, before)

    if refused:
        with pytest.raises(TooMany):
            reveal(viewer, victim)
    else:
        reveal(viewer, victim)

    somebody_acts.write_deferred()
    assert Reveal.objects.filter(victim=victim).exists() is not refused
    denied = Entry.objects.filter(outcome=Outcome.DENIED)
    assert [entry.details["refused"] for entry in denied] == ["too_many"] * refused


def test_an_account_without_a_supervisor_is_refused_what_would_be_flagged(
    case: Case, victim: Victim
) -> None:
    from_outside = AccountFactory.create(role=RoleCode.DETECTIVE, officer=None)
    GrantFactory.create(user=from_outside, content_object=case, works=True)
    viewer = viewer_for(from_outside)
    revealed(viewer, case, 5, elsewhere=True)

    with pytest.raises(TooMany):
        reveal(viewer, victim)


# -- asked below the page -----------------------------------------------------------------------


def test_an_inactive_account_is_refused_on_record(
    detective: Account, victim: Victim, somebody_acts: Context
) -> None:
    detective.is_active = False
    detective.save(update_fields=["is_active"])

    with pytest.raises(Hidden):
        reveal(viewer_for(detective), victim)

    somebody_acts.write_deferred()
    assert last(Outcome.DENIED)["refused"] == "not_permitted"


def test_outside_a_session_nothing_is_revealed(viewer: Viewer, victim: Victim) -> None:
    with pytest.raises(FormUnusable):
        reveal(viewer, victim, session="")


def test_a_used_form_is_refused_to_everybody(viewer: Viewer, victim: Victim) -> None:
    token = uuid4()
    reveal(viewer, victim, form_token=token)

    with pytest.raises(FormUsed):
        reveal(viewer, victim, form_token=token)


@pytest.mark.parametrize("reason", ["", "too short", "\u200b" * 30, "a" * 30])
def test_a_reason_that_says_nothing_is_refused(viewer: Viewer, victim: Victim, reason: str) -> None:
    with pytest.raises(ReasonSaysNothing):
        reveal(viewer, victim, reason=reason)


def test_the_reason_is_kept_as_it_is_read(viewer: Viewer, victim: Victim) -> None:
    kept = reveal(viewer, victim, reason="Arranging\u200b the \n interview for tomorrow")

    assert kept.reason == "Arranging the interview for tomorrow"


def test_a_name_in_the_reason_becomes_a_pseudonym(viewer: Viewer, case: Case) -> None:
    child = VictimFactory.create(
        case=case, identity={"first_name": "Zephyrine", "last_name": "Quillfeather"}
    )

    kept = reveal(viewer, child, reason="Calling the school of Zephyrine Quillfeather")

    assert "Zephyrine" not in kept.reason
    assert child.pseudonym in kept.reason


# -- rules of a unit that is older than reveals -------------------------------------------------


def test_older_rules_get_a_new_version_and_are_not_rewritten() -> None:
    older = {key: value for key, value in DEFAULT_POLICY.items() if key != "reveals"}
    flags = {**older["flags"]}
    del flags["unusual_reveals"]
    older["flags"] = flags | {"overloaded": {**flags["overloaded"], "open_cases": 7}}
    Policy.objects.all().delete()
    Policy.objects.create(version=4, body=older, reason="Ours.", created_at=NOW)
    with pytest.raises(PolicyError):
        current_policy()

    import_module("cases.migrations.0006_reveals").add_rules(apps, None)

    assert list(Policy.objects.values_list("version", flat=True)) == [5, 4]
    assert Policy.objects.get(version=4).body == older
    policy = current_policy()
    assert policy.reveals.shown_minutes == 5
    assert policy.unusual_reveals.in_an_hour == 10
    assert policy.overloaded.open_cases == 7


def test_rules_that_have_it_stay_as_they_are() -> None:
    before = list(Policy.objects.values_list("version", flat=True))

    import_module("cases.migrations.0006_reveals").add_rules(apps, None)

    assert list(Policy.objects.values_list("version", flat=True)) == before
