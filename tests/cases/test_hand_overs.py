"""When an officer leaves or moves, does everything they have get a new owner, or a named desk?"""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate

from audit.events import Event
from audit.models import Entry
from cases.access import Hidden, NotPermitted, Viewer, viewer_for, visible_cases
from cases.enums import (
    ClockKind,
    FlagKind,
    HandOverKind,
    HandOverState,
    Rank,
    RoleCode,
    Step,
)
from cases.models import Account, Assignment, Case, Flag, HandOver, Officer, Squad
from cases.models.grant import CaseUserObjectPermission
from cases.selectors.hand_overs import HELD, KEEP, LED, OPEN_WITH, Sheet, hand_over_sheet
from cases.services.accounts import LastManager, set_active
from cases.services.assignments import OfficerGone, assign_case
from cases.services.clocks import refresh_cases
from cases.services.closing import reopen_case
from cases.services.departures import close_departed_accounts
from cases.services.hand_overs import NotOffered, Stale, complete_hand_over
from cases.services.officers import (
    BadDeparture,
    NoReason,
    NothingWaits,
    deactivate_officer,
    move_officer,
    withdraw_hand_over,
)
from cases.services.reconcile import reconcile
from tests.cases.pages import Desk, signed_in, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    DraftFactory,
    FlagFactory,
    GrantFactory,
    HandOverFactory,
    OfficerFactory,
    SquadFactory,
    WallFactory,
)
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db

TODAY = localdate(NOW)
WHY = "Their last day was told by the captain."


def administrator() -> Viewer:
    return viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))


def leaves(account: Account, *, on: Any = TODAY) -> HandOver:
    assert account.officer is not None
    return deactivate_officer(
        viewer=administrator(), now=NOW, officer_id=account.officer.pk, on=on, reason=WHY
    )


def opened_again(account: Account) -> None:
    set_active(viewer=administrator(), now=NOW, account_id=account.pk, active=True, reason=WHY)


def suggestions(sheet: Sheet, **changed: str) -> dict[str, str]:
    return {line.name: line.suggested for line in sheet.lines} | changed


def hand_all_over(viewer: Viewer, officer: Officer, now: Any = NOW, **changed: str) -> Sheet:
    sheet = hand_over_sheet(viewer, now, officer.pk)
    choices = suggestions(sheet, **changed)
    complete_hand_over(viewer=viewer, now=now, officer_id=officer.pk, choices=choices)
    return sheet


def clocks_of(case: Case) -> dict[tuple[str, str], Any]:
    return {(one.kind, one.key): one.due_at for one in case.clocks.all()}


def orphaned(case: Case) -> Flag | None:
    return Flag.objects.filter(case=case, kind=FlagKind.ORPHANED).exclude(status="resolved").first()


def test_who_is_gone_today_leaves_nothing_quiet(desk: Desk) -> None:
    case, officer = desk.held_case(), desk.detective.officer
    GrantFactory.create(user=desk.detective, content_object=CaseFactory.create())

    waiting = leaves(desk.detective)

    flag = orphaned(case)
    assert flag is not None
    assert flag.supervisor == desk.sergeant.officer
    desk.detective.refresh_from_db()
    assert not desk.detective.is_active
    assert not CaseUserObjectPermission.objects.filter(ended_at=None).exists()
    assert desk.as_detective.get(reverse("my-work")).headers["Location"].startswith("/sign-in/")
    assert (waiting.state, waiting.officer) == (HandOverState.WAITING, officer)
    assert waiting.due_at > NOW + DAY


@pytest.mark.parametrize(("day", "opens"), [(1, True), (0, False), (-1, False)])
def test_no_page_opens_from_the_day_they_are_gone(desk: Desk, day: int, *, opens: bool) -> None:
    Officer.objects.filter(account=desk.detective).update(active_to=TODAY + day * DAY)

    response = desk.as_detective.get(reverse("my-work"))

    assert (response.status_code == 200) is opens
    closed = close_departed_accounts(viewer=administrator(), now=NOW)
    assert closed == (0 if opens else 1)
    told = Entry.objects.filter(event=Event.ACCOUNT_CHANGED).values_list(
        "subject_id", "changes", "reason"
    )
    why = "The officer is no longer with the unit."
    ends = [] if opens else [(str(desk.detective.pk), {"is_active": [True, False]}, why)]
    assert list(told) == ends


def test_everything_goes_to_whoever_has_least_and_each_must_acknowledge(desk: Desk) -> None:
    cases = [desk.held_case() for _ in range(3)]
    busy = OfficerFactory.create(squad=desk.squad)
    CaseFactory.create_batch(2, open_and_held=True, detective=busy, squad=desk.squad)
    idle = OfficerFactory.create(squad=desk.squad)
    refresh_cases(case_ids=[case.pk for case in cases], now=NOW)
    due = {case.pk: clocks_of(case) for case in cases}
    leaves(desk.detective)

    assert desk.detective.officer is not None
    hand_all_over(viewer_for(desk.sergeant), desk.detective.officer)

    takers = sorted(Case.objects.filter(pk__in=due).values_list("detective__badge", flat=True))
    assert takers == sorted([idle.badge, idle.badge, busy.badge])
    for case in cases:
        assert orphaned(case) is None
        clock = case.clocks.get(kind=ClockKind.REASSIGNMENT_ACKNOWLEDGED)
        assert (clock.starts_at, clock.met_at) == (NOW, None)
        assert due[case.pk].items() <= clocks_of(case).items()
    entry = Entry.objects.get(event=Event.HAND_OVER_DONE)
    assert entry.details == {"kind": "leaves", "given": 3, "left_open": 0, "kept": 0}


def test_a_case_left_open_is_orphaned_at_once_with_a_named_sergeant(desk: Desk) -> None:
    case = desk.held_case(received_at=NOW - timedelta(minutes=5))
    mover, squad = desk.detective.officer, SquadFactory.create(led=True)
    assert mover is not None
    move_officer(
        viewer=administrator(), now=NOW, officer_id=mover.pk, squad_id=squad.pk, reason=WHY
    )

    choice = f"{OPEN_WITH}{desk.sergeant.officer_id}"
    hand_all_over(viewer_for(desk.sergeant), mover, **{f"{HELD}-{case.pk}": choice})

    case.refresh_from_db()
    assert (case.detective, case.supervisor) == (None, desk.sergeant.officer)
    flag = orphaned(case)
    assert flag is not None
    assert flag.supervisor == desk.sergeant.officer
    mover.refresh_from_db()
    assert (mover.squad, mover.active_to) == (squad, None)


def test_a_case_that_goes_along_changes_squad_and_supervisor(desk: Desk) -> None:
    case, mover = desk.held_case(), desk.detective.officer
    squad = SquadFactory.create(led=True)
    GrantFactory.create(user=desk.detective, content_object=CaseFactory.create())
    assert mover is not None
    captain = viewer_for(AccountFactory.create(role=RoleCode.CAPTAIN))
    move_officer(viewer=captain, now=NOW, officer_id=mover.pk, squad_id=squad.pk, reason=WHY)

    hand_all_over(captain, mover, **{f"{HELD}-{case.pk}": KEEP})

    case.refresh_from_db()
    assert (case.detective, case.squad, case.supervisor) == (mover, squad, squad.sergeant)
    assert orphaned(case) is None
    assert not CaseUserObjectPermission.objects.filter(ended_at=None).exists()


def test_what_the_actor_may_not_see_goes_to_who_may_and_is_not_told(desk: Desk) -> None:
    shown, walled = desk.held_case(), desk.held_case()
    squad = SquadFactory.create(led=True)
    elsewhere = CaseFactory.create(
        squad=squad, open_and_held=True, detective=desk.detective.officer
    )
    AssignmentFactory.create(case=elsewhere, officer=desk.detective.officer)
    WallFactory.create(case=walled, account=desk.sergeant)
    shut_out = AccountFactory.create(role=RoleCode.CAPTAIN, officer__badge="A0000")
    WallFactory.create(case=walled, account=shut_out)
    captain = AccountFactory.create(role=RoleCode.CAPTAIN, officer__badge="A0001")
    OfficerFactory.create(squad=desk.squad)
    leaves(desk.detective)
    url = reverse("hand-over", args=[desk.detective.officer_id])

    page = desk.as_sergeant.get(url)
    sent = {row.name: row.suggested for row in page.context["sheet"].lines}
    done = desk.as_sergeant.post(url, sent, follow=True)

    for response in (page, done):
        assert walled.number not in words(response)
        assert elsewhere.number not in words(response)
    assert "1 case is handed over." in words(done)
    assert shown.number in words(page)
    for case in (walled, elsewhere):
        case.refresh_from_db()
        assert case.detective is None
        flag = orphaned(case)
        assert flag is not None
        assert flag.supervisor == case.supervisor
    assert (walled.supervisor, elsewhere.supervisor) == (captain.officer, squad.sergeant)
    entries = Entry.objects.filter(actor_id=str(desk.sergeant.pk))
    assert not [entry for entry in entries if str(walled.pk) in str(vars(entry))]


def test_a_sergeants_squads_cases_and_flags_go_to_named_supervisors(desk: Desk) -> None:
    leaver, squad = desk.sergeant.officer, desk.squad
    case = desk.held_case()
    captain = AccountFactory.create(role=RoleCode.CAPTAIN)
    second = AccountFactory.create(role=RoleCode.CAPTAIN)
    successor = OfficerFactory.create(rank=Rank.SERGEANT, squad=SquadFactory.create())
    flag = FlagFactory.create(case=case, supervisor=leaver)
    grave = FlagFactory.create(
        case=case, kind=FlagKind.UNDER_DOCUMENTED, step=Step.CAPTAIN, supervisor=leaver
    )
    by = {one.pk: one.acknowledge_by for one in (flag, grave)}
    leaves(desk.sergeant)
    assert leaver is not None
    with pytest.raises(Hidden):
        hand_over_sheet(viewer_for(desk.detective), NOW, leaver.pk)

    sheet = hand_all_over(viewer_for(captain), leaver)

    assert [line.suggested for line in sheet.part(LED)] == [str(successor.pk)]
    assert Squad.objects.get(pk=squad.pk).sergeant == successor
    case.refresh_from_db()
    assert (case.supervisor, case.detective) == (successor, desk.detective.officer)
    assert not Flag.objects.filter(supervisor=leaver).exclude(status="resolved").exists()
    held = Flag.objects.exclude(status="resolved").filter(pk__in=by)
    for one in held:
        assert one.acknowledge_by == by[one.pk]
    rerouted = Entry.objects.filter(event=Event.FLAG_REROUTED)
    assert {entry.subject_id for entry in rerouted} >= {str(one.pk) for one in held}
    desks = {str(captain.officer_id), str(second.officer_id), str(successor.pk)}
    assert {entry.details["supervisor"] for entry in rerouted} <= desks


def test_all_move_or_none(desk: Desk) -> None:
    first, second = desk.held_case(), desk.held_case()
    officer = desk.detective.officer
    assert officer is not None
    OfficerFactory.create(squad=desk.squad)
    leaves(desk.detective)
    viewer = viewer_for(desk.sergeant)
    gone = OfficerFactory.create(departed=True, squad=desk.squad)

    with pytest.raises(NotOffered):
        hand_all_over(viewer, officer, **{f"{HELD}-{second.pk}": str(gone.pk)})

    assert set(officer.cases.values_list("pk", flat=True)) == {first.pk, second.pk}
    assert HandOver.objects.get().state == HandOverState.WAITING


def test_a_page_grown_stale_changes_nothing(desk: Desk) -> None:
    case, officer = desk.held_case(), desk.detective.officer
    other = OfficerFactory.create(squad=desk.squad)
    assert officer is not None
    leaves(desk.detective)
    viewer = viewer_for(desk.sergeant)
    opened = suggestions(hand_over_sheet(viewer, NOW, officer.pk))
    url = reverse("hand-over", args=[officer.pk])

    closed = CaseFactory.create(closed=True, squad=desk.squad, detective=officer)
    reopen_case(viewer=viewer, now=NOW, case_id=closed.pk, reason="A witness came forward.")
    answer = desk.as_sergeant.post(url, opened)
    assert answer.status_code == 409
    assert "1 came to them and 0 went elsewhere" in words(answer)
    assert closed.number in words(answer)

    opened = suggestions(hand_over_sheet(viewer, NOW, officer.pk))
    assign_case(viewer=viewer, now=NOW, case_id=case.pk, officer_id=other.pk)
    with pytest.raises(Stale, match="0 came to them and 1 went elsewhere"):
        complete_hand_over(viewer=viewer, now=NOW, officer_id=officer.pk, choices=opened)


def test_a_form_sent_twice_counts_once(desk: Desk) -> None:
    desk.held_case()
    OfficerFactory.create(squad=desk.squad)
    leaves(desk.detective)
    url = reverse("hand-over", args=[desk.detective.officer_id])
    sent = {row.name: row.suggested for row in desk.as_sergeant.get(url).context["sheet"].lines}

    desk.as_sergeant.post(url, sent)
    again = desk.as_sergeant.post(url, sent, follow=True)

    assert "Nothing of theirs waits any more." in words(again)
    assert Assignment.objects.filter(reassignment=True).count() == 1
    with pytest.raises(NothingWaits):
        complete_hand_over(
            viewer=viewer_for(desk.sergeant),
            now=NOW,
            officer_id=desk.detective.officer_id,  # type: ignore[arg-type]
            choices=sent,
        )


def test_nobody_who_is_gone_or_about_to_go_is_offered(desk: Desk) -> None:
    desk.held_case()
    going = AccountFactory.create(officer__squad=desk.squad)
    leaves(going, on=TODAY + 9 * DAY)
    OfficerFactory.create(departed=True, squad=desk.squad)
    leaves(desk.detective)

    assert desk.detective.officer_id is not None
    sheet = hand_over_sheet(viewer_for(desk.sergeant), NOW, desk.detective.officer_id)

    (line,) = sheet.part(HELD)
    assert [option.value for option in line.options] == [f"{OPEN_WITH}{desk.sergeant.officer_id}"]
    assert line.suggested == line.options[0].value


def test_an_administrator_sees_counts_and_no_case(desk: Desk) -> None:
    case = desk.held_case()
    client = signed_in(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    officer_id = desk.detective.officer_id

    shown = client.get(reverse("officer", args=[officer_id]))
    sent = client.post(
        reverse("officer-send", args=[officer_id]),
        {"kind": "leaves", "on": (TODAY + 2 * DAY).isoformat(), "reason": WHY},
        follow=True,
    )

    for response in (shown, sent, client.get(reverse("officers"))):
        assert case.number not in words(response)
    assert shown.context["page"].line.open_cases == 1
    assert "first day gone 17 Mar 2026" in words(sent) or "The hand-over is due" in words(sent)
    assert client.get(reverse("hand-over", args=[officer_id])).status_code == 404
    assert orphaned(case) is None


def test_who_may_not_manage_finds_no_officer(desk: Desk) -> None:
    stranger = OfficerFactory.create(squad=SquadFactory.create())

    assert desk.as_detective.get(reverse("officers")).status_code == 404
    assert desk.as_sergeant.get(reverse("officer", args=[stranger.pk])).status_code == 404
    listed = desk.as_sergeant.get(reverse("officers")).context["page"]
    exact_sets(
        [line.officer_id for line in listed.lines],
        [desk.detective.officer_id, desk.sergeant.officer_id],
    )
    assert desk.as_sergeant.get(
        reverse("officer-send", args=[desk.detective.officer_id])
    ).status_code in {302, 403}


def test_a_departure_has_a_reason_a_day_and_somebody_else_who_says_so(desk: Desk) -> None:
    admin, officer = administrator(), desk.detective.officer
    assert officer is not None
    say: dict[str, Any] = {"now": NOW, "officer_id": officer.pk, "on": TODAY, "reason": WHY}

    with pytest.raises(NotPermitted):
        deactivate_officer(viewer=viewer_for(desk.sergeant), **say)
    with pytest.raises(NoReason):
        deactivate_officer(viewer=admin, **say | {"reason": "gone"})
    with pytest.raises(BadDeparture):
        deactivate_officer(viewer=admin, **say | {"on": officer.active_from - DAY})
    with pytest.raises(BadDeparture, match="more than a year ahead"):
        deactivate_officer(viewer=admin, **say | {"on": date.max})
    deactivate_officer(viewer=admin, **say)
    with pytest.raises(BadDeparture):
        deactivate_officer(viewer=admin, **say)
    Account.objects.exclude(pk=desk.detective.pk).update(is_active=False)


def test_the_last_who_manages_accounts_is_not_sent_away() -> None:
    last = OfficerFactory.create()
    AccountFactory.create(role=RoleCode.ADMINISTRATOR, officer=last)
    viewer = viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR, is_active=True))
    Account.objects.filter(pk=viewer.account_key).update(is_active=False)

    with pytest.raises(LastManager):
        deactivate_officer(viewer=viewer, now=NOW, officer_id=last.pk, on=TODAY, reason=WHY)
    Officer.objects.update(active_to=TODAY)
    assert close_departed_accounts(viewer=viewer, now=NOW) == 0


def test_who_stays_after_all_stays(desk: Desk) -> None:
    case, officer = desk.held_case(), desk.detective.officer
    assert officer is not None
    leaves(desk.detective)

    withdraw_hand_over(viewer=administrator(), now=NOW, officer_id=officer.pk, reason=WHY)

    officer.refresh_from_db()
    assert officer.active_to is None
    assert HandOver.objects.get().state == HandOverState.WITHDRAWN
    assert orphaned(case) is not None, "They can't sign in: nobody has it."
    opened_again(desk.detective)
    assert orphaned(case) is None


def test_nothing_is_given_to_who_is_gone_nor_reopened_quietly(desk: Desk) -> None:
    case, officer = desk.held_case(), desk.detective.officer
    other = OfficerFactory.create(squad=desk.squad)
    closed = CaseFactory.create(closed=True, squad=desk.squad, detective=officer)
    AssignmentFactory.create(case=closed, officer=officer)
    leaves(desk.detective)
    assert officer is not None
    viewer = viewer_for(desk.sergeant)
    hand_all_over(viewer, officer)
    case.refresh_from_db()
    assert case.detective == other

    with pytest.raises(OfficerGone):
        assign_case(viewer=viewer, now=NOW, case_id=case.pk, officer_id=officer.pk)
    offered = desk.as_sergeant.get(reverse("case-assign", args=[case.pk]))
    assert officer.name not in words(offered)
    assert other.name in words(offered)
    reopen_case(viewer=viewer, now=NOW, case_id=closed.pk, reason="A witness came forward.")
    refresh_cases(case_ids=[closed.pk], now=NOW + timedelta(seconds=1))
    assert orphaned(closed) is not None


def test_drafts_are_named_before_they_go_and_stay_sealed(desk: Desk) -> None:
    case = desk.held_case()
    draft = DraftFactory.create(case=case, account=desk.detective)
    OfficerFactory.create(squad=desk.squad)
    leaves(desk.detective, on=TODAY + DAY)
    page = desk.as_sergeant.get(reverse("hand-over", args=[desk.detective.officer_id]))

    assert f"Unfinished drafts on {case.number}." in words(page)
    assert desk.detective.officer is not None
    hand_all_over(viewer_for(desk.sergeant), desk.detective.officer)
    draft.refresh_from_db()
    assert draft.account == desk.detective
    desk.detective.refresh_from_db()
    assert desk.detective.is_active
    assert not visible_cases(viewer_for(desk.detective), NOW).exists()


def test_an_overdue_hand_over_is_loud(desk: Desk) -> None:
    officer = desk.detective.officer
    waiting = HandOverFactory.create(officer=officer, due_at=NOW - timedelta(seconds=1))

    said = words(desk.as_sergeant.get(reverse("dashboard")))
    assert "1 hand-over waits:" in said
    assert f"{officer}".partition(" (")[0] in said
    assert "due since" in said
    assert "Overdue since" in words(desk.as_sergeant.get(reverse("officers")))
    HandOver.objects.filter(pk=waiting.pk).update(due_at=NOW)
    assert "due since" not in words(desk.as_sergeant.get(reverse("dashboard")))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"kind": "gone"}, "hand_over_kind_known"),
        ({"state": "gone", "settled_at": NOW}, "hand_over_state_known"),
        ({"kind": HandOverKind.MOVES}, "hand_over_moves_somewhere"),
        ({"state": HandOverState.DONE}, "hand_over_settled_dated"),
    ],
)
def test_the_database_keeps_hand_overs_sound(fields: dict[str, Any], name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        HandOverFactory.create(**fields)


def test_one_hand_over_waits_and_what_is_left_open_has_ended(desk: Desk) -> None:
    HandOverFactory.create(officer=desk.detective.officer)
    with pytest.raises(IntegrityError, match="hand_over_waits_once"), transaction.atomic():
        HandOverFactory.create(officer=desk.detective.officer)
    with (
        pytest.raises(IntegrityError, match="assignment_left_open_has_ended"),
        transaction.atomic(),
    ):
        AssignmentFactory.create(left_open=True)


@pytest.mark.parametrize("ago", [timedelta(hours=1), timedelta(microseconds=2)])
def test_what_came_on_the_last_day_is_orphaned_too_and_theirs_again(
    desk: Desk, ago: timedelta
) -> None:
    case, officer = desk.held_case(), desk.detective.officer
    Assignment.objects.filter(case=case).update(assigned_at=NOW - ago, entered_at=NOW - ago)
    assert officer is not None
    leaves(desk.detective)
    assert orphaned(case) is not None

    withdraw_hand_over(viewer=administrator(), now=NOW, officer_id=officer.pk, reason=WHY)
    opened_again(desk.detective)

    assert orphaned(case) is None
    assert case.assignments.get().ended_at is None


def test_what_was_handed_on_that_very_day_agrees_with_the_rules(desk: Desk) -> None:
    case, officer = desk.held_case(), desk.detective.officer
    other = OfficerFactory.create(squad=desk.squad)
    assert officer is not None
    refresh_cases(case_ids=[case.pk], now=NOW - DAY)
    assign_case(
        viewer=viewer_for(desk.sergeant), now=NOW - HOUR, case_id=case.pk, officer_id=other.pk
    )

    leaves(desk.detective)

    assert reconcile(now=NOW).drift == ()
    assert orphaned(case) is None
