"""Can the right people act on a flag, and nobody else? And does nothing but the facts end it?"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from audit.events import Event
from audit.models import Entry
from cases.access import Hidden, NotPermitted, Viewer, system_viewer, viewer_for
from cases.enums import FlagStatus
from cases.models import Account, Flag
from cases.services.clocks import refresh_cases
from cases.services.flags import (
    NoComment,
    NoReason,
    NotStanding,
    WaiverNotAhead,
    acknowledge_flag,
    acknowledge_flags,
    request_update,
    waive_flag,
)
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    CaseFactory,
    FlagFactory,
    OfficerFactory,
    ReferralFactory,
    ResponseFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def sergeant() -> Account:
    account: Account = AccountFactory.create(role="sergeant", officer__squad=SquadFactory.create())
    return account


@pytest.fixture
def viewer(sergeant: Account) -> Viewer:
    return viewer_for(sergeant)


@pytest.fixture
def flag(sergeant: Account) -> Flag:
    """Open, on a case of the sergeant's squad."""
    assert sergeant.officer is not None
    made: Flag = FlagFactory.create(case=CaseFactory.create(squad=sergeant.officer.squad))
    return made


def test_acknowledging_says_who_and_when_and_what(
    viewer: Viewer, flag: Flag, sergeant: Account
) -> None:
    acknowledge_flag(viewer=viewer, now=NOW, flag_id=flag.pk, comment="Spoke to the detective.")

    flag.refresh_from_db()
    assert (flag.status, flag.acknowledged_by, flag.acknowledged_at, flag.comment) == (
        FlagStatus.ACKNOWLEDGED,
        sergeant,
        NOW,
        "Spoke to the detective.",
    )
    entry = Entry.objects.get(event=Event.FLAG_ACKNOWLEDGED)
    assert (entry.subject_id, entry.details["case"]) == (str(flag.pk), str(flag.case_id))


def test_acknowledging_twice_changes_nothing(viewer: Viewer, flag: Flag) -> None:
    acknowledge_flag(viewer=viewer, now=NOW, flag_id=flag.pk, comment="First.")
    acknowledge_flag(viewer=viewer, now=NOW + HOUR, flag_id=flag.pk, comment="Second.")

    flag.refresh_from_db()
    assert (flag.comment, flag.acknowledged_at) == ("First.", NOW)
    assert Entry.objects.filter(event=Event.FLAG_ACKNOWLEDGED).count() == 1


def test_an_acknowledged_flag_resolves_when_its_facts_do(viewer: Viewer, flag: Flag) -> None:
    acknowledge_flag(viewer=viewer, now=NOW, flag_id=flag.pk)

    assert flag.case_id is not None
    refresh_cases(case_ids=[flag.case_id], now=NOW)

    flag.refresh_from_db()
    assert flag.status == FlagStatus.RESOLVED


def test_a_comment_is_kept_without_names(viewer: Viewer, flag: Flag, child: Identity) -> None:
    victim = VictimFactory.create(case=flag.case, identity=child)
    words = f"Called about {child['first_name']} {child['last_name']}."

    acknowledge_flag(viewer=viewer, now=NOW, flag_id=flag.pk, comment=words)

    flag.refresh_from_db()
    entry = Entry.objects.get(event=Event.FLAG_ACKNOWLEDGED)
    assert flag.comment == entry.reason == f"Called about {victim.pseudonym}."


def test_what_has_resolved_meanwhile_is_said(viewer: Viewer, sergeant: Account) -> None:
    assert sergeant.officer is not None
    gone = FlagFactory.create(case=CaseFactory.create(squad=sergeant.officer.squad), resolved=True)

    with pytest.raises(NotStanding):
        acknowledge_flag(viewer=viewer, now=NOW, flag_id=gone.pk)


# -- who may ------------------------------------------------------------------------------------


def test_a_flag_that_is_not_there_is_hidden(viewer: Viewer) -> None:
    with pytest.raises(Hidden):
        acknowledge_flag(viewer=viewer, now=NOW, flag_id=uuid4())


def test_another_squads_flag_is_hidden(viewer: Viewer) -> None:
    other = FlagFactory.create(case=CaseFactory.create(squad=SquadFactory.create(led=True)))

    with pytest.raises(Hidden):
        acknowledge_flag(viewer=viewer, now=NOW, flag_id=other.pk)


def test_behind_a_wall_it_is_hidden(viewer: Viewer, flag: Flag, sergeant: Account) -> None:
    WallFactory.create(case=flag.case, account=sergeant)

    with pytest.raises(Hidden):
        acknowledge_flag(viewer=viewer, now=NOW, flag_id=flag.pk)


def test_the_detective_of_the_case_may_not(flag: Flag) -> None:
    detective = AccountFactory.create(role="detective")
    assert flag.case is not None
    flag.case.detective = detective.officer
    flag.case.save()

    with pytest.raises(NotPermitted):
        acknowledge_flag(viewer=viewer_for(detective), now=NOW, flag_id=flag.pk)


def test_the_system_may_not(flag: Flag) -> None:
    with pytest.raises(NotPermitted):
        acknowledge_flag(viewer=system_viewer("test"), now=NOW, flag_id=flag.pk)


def on_own_officer(sergeant: Account) -> Flag:
    squad = sergeant.officer.squad if sergeant.officer else None
    made: Flag = FlagFactory.create(on_officer=True, officer=OfficerFactory.create(squad=squad))
    return made


def on_another_officer(_sergeant: Account) -> Flag:
    officer = OfficerFactory.create(squad=SquadFactory.create())
    made: Flag = FlagFactory.create(on_officer=True, officer=officer)
    return made


def on_themselves(sergeant: Account) -> Flag:
    made: Flag = FlagFactory.create(on_officer=True, officer=sergeant.officer)
    return made


def on_a_referral(_sergeant: Account) -> Flag:
    made: Flag = FlagFactory.create(on_referral=True, referral=ReferralFactory.create())
    return made


@pytest.mark.parametrize(
    ("make", "role", "outcome"),
    [
        (on_own_officer, "sergeant", None),
        (on_own_officer, "captain", None),
        (on_own_officer, "detective", Hidden),
        (on_another_officer, "sergeant", Hidden),
        (on_another_officer, "captain", None),
        (on_themselves, "sergeant", Hidden),
        (on_a_referral, "sergeant", None),
        (on_a_referral, "captain", None),
        (on_a_referral, "detective", Hidden),
        (on_a_referral, "administrator", Hidden),
    ],
)
def test_flags_beyond_cases_belong_to_supervisors(
    sergeant: Account,
    make: Callable[[Account], Flag],
    role: str,
    outcome: type[Exception] | None,
) -> None:
    flag = make(sergeant)
    account = sergeant if role == "sergeant" else AccountFactory.create(role=role)

    if outcome is None:
        acknowledge_flag(viewer=viewer_for(account), now=NOW, flag_id=flag.pk)
    else:
        with pytest.raises(outcome):
            acknowledge_flag(viewer=viewer_for(account), now=NOW, flag_id=flag.pk)

    flag.refresh_from_db()
    assert (flag.status == FlagStatus.ACKNOWLEDGED) is (outcome is None)


# -- in bulk ------------------------------------------------------------------------------------


def test_in_bulk_one_refusal_stops_none_of_the_others(sergeant: Account, viewer: Viewer) -> None:
    assert sergeant.officer is not None
    squad = sergeant.officer.squad
    own = CaseFactory.create_batch(12, squad=squad, received_at=NOW - 5 * HOUR)
    other = CaseFactory.create(squad=SquadFactory.create(led=True), received_at=NOW - 5 * HOUR)

    result = acknowledge_flags(
        viewer=viewer, now=NOW, case_ids=[case.pk for case in [*own, other]], comment="Calling."
    )

    assert result.words == "12 of 13 done; 1 not permitted."
    assert result.refused == (other.pk,)
    acknowledged = Flag.objects.filter(status=FlagStatus.ACKNOWLEDGED)
    assert set(acknowledged.values_list("case", flat=True)) == {case.pk for case in own}


def test_in_bulk_what_no_sweep_has_seen_yet_is_raised_first(
    sergeant: Account, viewer: Viewer
) -> None:
    assert sergeant.officer is not None
    case = CaseFactory.create(squad=sergeant.officer.squad, received_at=NOW - 5 * HOUR)

    acknowledge_flags(viewer=viewer, now=NOW, case_ids=[case.pk], comment="Calling.")

    flag = Flag.objects.get(case=case)
    assert (flag.clock_kind, flag.status) == ("agency_notified", FlagStatus.ACKNOWLEDGED)


def test_in_bulk_single_flags_too(viewer: Viewer, flag: Flag) -> None:
    result = acknowledge_flags(
        viewer=viewer, now=NOW, flag_ids=[flag.pk, uuid4()], comment="Calling."
    )

    assert (result.done, len(result.refused)) == (1, 1)


@pytest.mark.parametrize("comment", ["", "  \n"])
def test_in_bulk_a_comment_is_required(viewer: Viewer, flag: Flag, comment: str) -> None:
    with pytest.raises(NoComment):
        acknowledge_flags(viewer=viewer, now=NOW, flag_ids=[flag.pk], comment=comment)

    flag.refresh_from_db()
    assert flag.status == FlagStatus.OPEN


def test_asking_for_an_update_stands_on_the_flags_and_in_the_log(
    sergeant: Account, viewer: Viewer
) -> None:
    assert sergeant.officer is not None
    case = CaseFactory.create(
        squad=sergeant.officer.squad, received_at=NOW - 5 * HOUR, open_and_held=True
    )

    result = request_update(
        viewer=viewer, now=NOW, case_ids=[case.pk], comment="When is the interview?"
    )

    assert result.words == "1 of 1 done."
    assert set(Flag.objects.filter(case=case).values_list("status", "comment")) == {
        (FlagStatus.ACKNOWLEDGED, "When is the interview?")
    }
    entry = Entry.objects.get(event=Event.UPDATE_REQUESTED)
    assert (entry.subject_id, entry.reason) == (str(case.pk), "When is the interview?")
    assert entry.details["detective"] == str(case.detective_id)


def test_asking_needs_a_question(viewer: Viewer) -> None:
    with pytest.raises(NoComment):
        request_update(viewer=viewer, now=NOW, case_ids=[], comment=" ")


# -- waiving ------------------------------------------------------------------------------------


def test_waiving_sets_aside_until_a_moment(viewer: Viewer, flag: Flag) -> None:
    waive_flag(
        viewer=viewer, now=NOW, flag_id=flag.pk, reason="The lab is closed.", until=NOW + DAY
    )

    flag.refresh_from_db()
    assert (flag.status, flag.waived_until, flag.comment) == (
        FlagStatus.WAIVED,
        NOW + DAY,
        "The lab is closed.",
    )
    entry = Entry.objects.get(event=Event.FLAG_WAIVED)
    assert (entry.reason, entry.changes) == ("The lab is closed.", {"status": ["open", "waived"]})


def test_a_waived_flag_is_not_raised_again_while_it_stands(
    sergeant: Account, viewer: Viewer
) -> None:
    assert sergeant.officer is not None
    case = CaseFactory.create(squad=sergeant.officer.squad, received_at=NOW - 5 * HOUR)
    refresh_cases(case_ids=[case.pk], now=NOW)
    flag = Flag.objects.get(case=case)
    waive_flag(viewer=viewer, now=NOW, flag_id=flag.pk, reason="By phone.", until=NOW + DAY)

    refresh_cases(case_ids=[case.pk], now=NOW + HOUR)
    assert [item.status for item in Flag.objects.filter(case=case)] == [FlagStatus.WAIVED]

    ResponseFactory.create(case=case, kind="agency_notified", occurred_at=NOW, entered_at=NOW)
    refresh_cases(case_ids=[case.pk], now=NOW + HOUR)
    assert [item.status for item in Flag.objects.filter(case=case)] == [FlagStatus.RESOLVED]


@pytest.mark.parametrize("until", [NOW - DAY, NOW])
def test_a_waiver_ends_later(viewer: Viewer, flag: Flag, until: datetime) -> None:
    with pytest.raises(WaiverNotAhead):
        waive_flag(viewer=viewer, now=NOW, flag_id=flag.pk, reason="Wait.", until=until)


def test_a_waiver_of_a_moment_is_one(viewer: Viewer, flag: Flag) -> None:
    until = NOW + timedelta(seconds=1)

    assert (
        waive_flag(viewer=viewer, now=NOW, flag_id=flag.pk, reason="Wait.", until=until).status
        == FlagStatus.WAIVED
    )


def test_a_waiver_needs_a_reason(viewer: Viewer, flag: Flag) -> None:
    with pytest.raises(NoReason):
        waive_flag(viewer=viewer, now=NOW, flag_id=flag.pk, reason=" ", until=NOW + DAY)
