"""Does a supervisor see exactly the cases that need them, in order, whether or not a sweep ran?"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.events import Event
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import ClockKind, FlagKind, FlagStatus, RoleCode, Scope
from cases.models import Account, Case, Clock, Flag, Officer, Squad
from cases.rules.flags import CLOCK_FLAGS
from cases.rules.ranking import Standing, rank_key, times_over
from cases.selectors.dashboard import Dashboard, choices, dashboard, last_sweep
from cases.selectors.ranked import ACKNOWLEDGED, NOBODY, PAGE_SIZE, Filters
from tests.cache import empty_cache
from tests.cases.pages import MAX_QUERIES, Desk, signed_in, words
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccountFactory,
    CaseFactory,
    ClockFactory,
    FlagFactory,
    GrantFactory,
    HandOverFactory,
    OfficerFactory,
    ReferralFactory,
    SquadFactory,
    SweepRunFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity, Watch, exact_sets

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def squad() -> Squad:
    return SquadFactory.create()


@pytest.fixture
def sergeant(squad: Squad) -> Account:
    return AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)


@pytest.fixture
def captain() -> Account:
    return AccountFactory.create(role=RoleCode.CAPTAIN)


def late_case(
    squad: Squad, *, late: timedelta = DAY, limit: timedelta = DAY, **fields: Any
) -> Case:
    """A case with one clock past due, as every write leaves it when no sweep has run."""
    kind = fields.pop("kind", ClockKind.NEXT_SUPPLEMENT)
    severity = fields.pop("severity", 3)
    due_at = NOW - late
    case = CaseFactory.create(
        squad=squad,
        next_clock=kind,
        next_starts_at=due_at - limit,
        next_due_at=due_at,
        **fields,
    )
    ClockFactory.create(
        case=case, kind=kind, starts_at=due_at - limit, due_at=due_at, severity=severity
    )
    return case


def flagged(case: Case, **fields: Any) -> Flag:
    """The case's clock as the sweep leaves it: flagged."""
    clock = Clock.objects.get(case=case)
    Clock.objects.filter(pk=clock.pk).update(flagged_at=NOW)
    return FlagFactory.create(
        case=case,
        kind=CLOCK_FLAGS[ClockKind(clock.kind)],
        clock_kind=clock.kind,
        clock_key=clock.key,
        severity=clock.severity,
        **fields,
    )


def seen(account: Account, filters: Filters | None = None) -> Dashboard:
    return dashboard(viewer_for(account), NOW, filters)


def ids(page: Dashboard) -> list[Any]:
    return [row.case_id for row in page.rows]


# -- what is on the list ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "listed"), [(-SECOND, False), (timedelta(0), False), (SECOND, True)]
)
def test_a_case_is_listed_from_the_moment_its_clock_is_past_due(
    squad: Squad, sergeant: Account, late: timedelta, listed: bool
) -> None:
    late_case(squad, late=late)

    assert seen(sergeant).total == int(listed)


def test_the_list_needs_no_sweep_and_does_not_change_by_one(
    squad: Squad, sergeant: Account
) -> None:
    cases = [late_case(squad, late=hours * HOUR) for hours in (30, 20, 10)]
    before = seen(sergeant)
    for case in cases:
        flagged(case)

    after = seen(sergeant)

    assert ids(before) == ids(after) == [case.pk for case in cases]
    assert before.counts == after.counts
    assert [row.reasons for row in before.rows] == [row.reasons for row in after.rows]


def test_a_flag_without_a_clock_is_listed(squad: Squad, sergeant: Account) -> None:
    case = CaseFactory.create(squad=squad)
    reasons = [{"code": "thin", "params": {"length": 89, "least": 400}}]
    FlagFactory.create(case=case, kind=FlagKind.UNDER_DOCUMENTED, severity=4, reasons=reasons)

    page = seen(sergeant)

    assert [row.concerns for row in page.rows] == [("Near-empty report",)]
    assert page.rows[0].reasons == ("Narrative of 89 characters; at least 400 expected",)


def test_a_closed_case_is_listed_for_its_flag_only(squad: Squad, sergeant: Account) -> None:
    quiet = CaseFactory.create(squad=squad, closed=True)
    signed_by_nobody = CaseFactory.create(squad=squad, closed=True)
    FlagFactory.create(case=signed_by_nobody, kind=FlagKind.CLOSED_INCOMPLETE, severity=5)

    exact_sets(ids(seen(sergeant)), [signed_by_nobody.pk])
    assert quiet.pk not in ids(seen(sergeant))


def test_a_resolved_flag_takes_its_case_off_the_list(squad: Squad, sergeant: Account) -> None:
    flag = FlagFactory.create(case=CaseFactory.create(squad=squad), kind=FlagKind.BACKFILLED)
    assert seen(sergeant).total == 1

    Flag.objects.filter(pk=flag.pk).update(status=FlagStatus.RESOLVED, resolved_at=NOW)

    assert seen(sergeant).total == 0


@pytest.mark.parametrize(
    ("until", "listed"), [(NOW - SECOND, True), (NOW, True), (NOW + SECOND, False)]
)
def test_a_waived_case_returns_when_the_waiver_ends_without_a_sweep(
    squad: Squad, sergeant: Account, until: Any, listed: bool
) -> None:
    flagged(late_case(squad), waived=True, waived_until=until)

    page = seen(sergeant)

    assert (page.total, len(page.rows)) == (int(listed), int(listed))
    assert all(row.reasons for row in page.rows)


def test_what_is_acknowledged_moves_to_a_list_of_its_own(squad: Squad, sergeant: Account) -> None:
    open_case, known_case = late_case(squad), late_case(squad)
    flagged(open_case)
    flagged(known_case, acknowledged=True)

    page, known = seen(sergeant), seen(sergeant, Filters(show=ACKNOWLEDGED))

    assert (page.total, page.acknowledged) == (1, 1)
    assert (ids(page), ids(known)) == ([open_case.pk], [known_case.pk])
    assert known.rows[0].acknowledged


def test_a_child_who_was_not_seen_stays_in_front_though_acknowledged(
    squad: Squad, sergeant: Account
) -> None:
    late_case(squad, severity=5)
    unseen = late_case(squad, kind=ClockKind.VICTIM_SEEN, severity=5)
    flagged(unseen, acknowledged=True)

    page = seen(sergeant)

    assert page.rows[0].case_id == unseen.pk
    assert page.rows[0].child_not_seen


def test_another_clock_past_due_brings_an_acknowledged_case_back(
    squad: Squad, sergeant: Account
) -> None:
    case = late_case(squad)
    flagged(case, acknowledged=True)
    assert seen(sergeant).total == 0

    ClockFactory.create(case=case, kind=ClockKind.AGENCY_NOTIFIED, overdue=True, severity=4)

    assert seen(sergeant).total == 1


# -- the order ----------------------------------------------------------------------------------


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_the_database_orders_as_the_rule_does(
    data: st.DataObject, squad: Squad, captain: Account
) -> None:
    Case.objects.all().delete()
    kinds = st.sampled_from([ClockKind.VICTIM_SEEN, ClockKind.NEXT_SUPPLEMENT])
    shapes = data.draw(
        st.lists(
            st.tuples(
                kinds,
                st.integers(1, 5),
                st.integers(1, 100),
                st.sampled_from([1, 24]),
                st.one_of(st.none(), st.integers(0, 4)),
                st.booleans(),
            ),
            min_size=1,
            max_size=8,
        )
    )
    standings: dict[Any, Standing] = {}
    for kind, severity, hours, limit, settled, swept in shapes:
        case = late_case(
            squad,
            kind=kind,
            severity=severity,
            late=hours * HOUR,
            limit=limit * HOUR,
            settled=settled,
            required=None if settled is None else 4,
        )
        if swept:
            flagged(case)
        assert case.next_starts_at is not None
        assert case.next_due_at is not None
        standings[case.pk] = Standing(
            unseen=kind == ClockKind.VICTIM_SEEN,
            severity=severity,
            times_over=times_over(case.next_starts_at, case.next_due_at, NOW),
            completeness=None if settled is None else settled / 4,
            number=case.number,
        )

    shown = ids(seen(captain))

    assert shown == sorted(standings, key=lambda pk: rank_key(standings[pk]))


def test_the_first_page_holds_the_worst_and_the_next_the_rest(
    squad: Squad, sergeant: Account
) -> None:
    cases = [late_case(squad, late=hours * HOUR) for hours in range(PAGE_SIZE + 2, 0, -1)]

    first, second = seen(sergeant), seen(sergeant, Filters(page=2))

    assert ids(first) + ids(second) == [case.pk for case in cases]
    assert (first.has_more, second.has_more) == (True, False)
    assert first.listed == second.listed == PAGE_SIZE + 2


# -- the reasons --------------------------------------------------------------------------------


def test_the_reason_says_how_late_and_the_limit(squad: Squad, sergeant: Account) -> None:
    late_case(squad, late=27 * DAY, limit=14 * DAY)

    assert seen(sergeant).rows[0].reasons == ("41 days since a substantive entry; limit 14 days",)


def test_only_the_worst_reasons_are_said_and_the_rest_counted(
    squad: Squad, sergeant: Account
) -> None:
    case = late_case(squad)
    for kind in (ClockKind.VICTIM_SEEN, ClockKind.AGENCY_NOTIFIED, ClockKind.CAREGIVER_CONTACT):
        ClockFactory.create(case=case, kind=kind, overdue=True, severity=2)

    row = seen(sergeant).rows[0]

    assert "the child has not been seen" in row.reasons[0]
    assert (len(row.reasons), row.more_reasons) == (3, 1)


# -- whose cases --------------------------------------------------------------------------------


def test_a_sergeant_sees_the_own_squad_and_a_captain_all(
    squad: Squad, sergeant: Account, captain: Account
) -> None:
    own, other = late_case(squad), late_case(SquadFactory.create())
    GrantFactory.create(user=sergeant, content_object=other)

    exact_sets(ids(seen(sergeant)), [own.pk])
    exact_sets(ids(seen(captain)), [own.pk, other.pk])


def test_a_wall_takes_a_case_off_the_list_and_out_of_every_count(
    squad: Squad, sergeant: Account, captain: Account
) -> None:
    case = late_case(squad)
    WallFactory.create(case=case, account=captain)

    assert (seen(captain).total, seen(captain).counts) == (0, ())
    assert seen(sergeant).total == 1


@pytest.mark.parametrize("role", [RoleCode.DETECTIVE, RoleCode.ADMINISTRATOR, RoleCode.PARTNER])
def test_who_supervises_nothing_has_nothing_on_the_list(squad: Squad, role: str) -> None:
    late_case(squad)

    assert seen(AccountFactory.create(role=role)).total == 0


def test_the_list_narrows_by_squad_detective_division_and_reason(captain: Account) -> None:
    one, two = SquadFactory.create(), SquadFactory.create()
    officer = OfficerFactory.create(squad=one)
    held = late_case(one, detective=officer, state="active", division="North")
    unseen = late_case(two, kind=ClockKind.VICTIM_SEEN, division="South")

    def found(**given: Any) -> list[Any]:
        return ids(seen(captain, Filters(**given)))

    exact_sets(found(squad=one.pk), [held.pk])
    exact_sets(found(detective=officer.pk), [held.pk])
    exact_sets(found(detective=NOBODY), [unseen.pk])
    exact_sets(found(division="South"), [unseen.pk])
    exact_sets(found(kind="child_not_seen"), [unseen.pk])
    exact_sets(found(kind="stalled"), [held.pk])


def test_every_count_is_the_length_of_the_list_behind_it(captain: Account) -> None:
    squad = SquadFactory.create()
    both = late_case(squad, kind=ClockKind.VICTIM_SEEN)
    ClockFactory.create(case=both, overdue=True)
    late_case(squad)
    FlagFactory.create(case=CaseFactory.create(squad=squad), kind=FlagKind.COPIED_NARRATIVE)

    page = seen(captain)

    assert page.total == 3
    assert page.counts
    for count in page.counts:
        assert len(ids(seen(captain, Filters(kind=count.concern)))) == count.count


def test_overloaded_detectives_are_shown_to_their_own_supervisors(
    squad: Squad, sergeant: Account, captain: Account
) -> None:
    own = OfficerFactory.create(squad=squad)
    other = OfficerFactory.create(squad=SquadFactory.create())
    reasons = [{"code": "open_cases", "params": {"count": 22, "limit": 20}}]
    for officer in (own, other):
        FlagFactory.create(on_officer=True, officer=officer, reasons=reasons)

    exact_sets([row.officer_id for row in seen(sergeant).officers], [own.pk])
    exact_sets([row.officer_id for row in seen(captain).officers], [own.pk, other.pk])
    assert seen(sergeant).officers[0].reasons == ("22 open cases; limit 20",)


def test_a_referral_that_no_case_holds_is_shown_from_its_clock(sergeant: Account) -> None:
    referral = ReferralFactory.create()
    ClockFactory.create(
        case=None,
        referral=referral,
        kind=ClockKind.REFERRAL_ACKNOWLEDGED,
        starts_at=NOW - 3 * DAY,
        due_at=NOW - 2 * DAY,
    )

    (row,) = seen(sergeant).referrals

    assert (row.referral_id, row.flag_id) == (referral.pk, None)
    assert row.reasons == (
        "3 days since a referral came in and nobody answered it; limit 24 hours",
    )


def test_the_lists_offer_active_detectives_of_the_supervised_squads(
    squad: Squad, sergeant: Account
) -> None:
    active = OfficerFactory.create(squad=squad)
    OfficerFactory.create(squad=squad, departed=True)
    OfficerFactory.create(squad=SquadFactory.create())

    offered = choices(viewer_for(sergeant), NOW)

    assert [pk for pk, _ in offered.detectives] == [str(active.pk)]
    assert [pk for pk, _ in offered.squads] == [str(squad.pk)]


def test_who_has_handed_all_over_is_found_and_offered_nothing(
    squad: Squad, sergeant: Account
) -> None:
    stays, leaves = OfficerFactory.create_batch(2, squad=squad)
    last_day = localdate(NOW) + 5 * DAY
    Officer.objects.filter(pk=leaves.pk).update(active_to=last_day)
    HandOverFactory.create(officer=leaves, effective_on=last_day, state="done", settled_at=NOW)

    offered = choices(viewer_for(sergeant), NOW)

    assert {pk for pk, _ in offered.detectives} == {str(stays.pk), str(leaves.pk)}
    assert [pk for pk, _ in offered.takers] == [str(stays.pk)]


# -- the sweep ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "late"),
    [
        (10 * HOUR / 60 - SECOND, False),
        (10 * HOUR / 60, False),
        (10 * HOUR / 60 + SECOND, True),
    ],
)
def test_a_sweep_is_late_after_two_intervals(age: timedelta, late: bool) -> None:
    SweepRunFactory.create(as_of=NOW - age)

    assert last_sweep(NOW).late is late


def test_no_sweep_at_all_is_late() -> None:
    assert last_sweep(NOW).late


def test_a_reconciliation_is_no_sweep() -> None:
    SweepRunFactory.create(kind="reconcile")

    assert last_sweep(NOW).late


# -- the page -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    empty_cache()


def show(client: Client, query: str = "") -> Any:
    return client.get(reverse("dashboard") + query)


def test_the_page_begins_with_the_sentence(desk: Desk) -> None:
    late_case(desk.squad, kind=ClockKind.VICTIM_SEEN)
    for _ in range(2):
        late_case(desk.squad)

    response = show(desk.as_sergeant)

    assert re.search(r"3 cases need you: +1 child not yet seen , +2 stalled \.", words(response)), (
        words(response)[:600]
    )


def test_a_quiet_unit_is_told_so(desk: Desk) -> None:
    SweepRunFactory.create()

    said = words(show(desk.as_sergeant))

    assert "No case needs you right now." in said
    assert "Nothing is past due and no flag is open." in said


def test_a_late_sweep_turns_the_page_red_and_the_list_stands(desk: Desk) -> None:
    SweepRunFactory.create(as_of=NOW - 34 * HOUR / 60)
    case = late_case(desk.squad)

    response = show(desk.as_sergeant)

    assert b"cu-page--late" in response.content
    assert "The last sweep finished 34 minutes ago" in words(response)
    assert case.number in words(response)


def test_a_sweep_in_time_says_what_it_saw(desk: Desk) -> None:
    SweepRunFactory.create(counts={"raised": 3, "resolved": 1, "returned": 0, "escalated": 2})

    response = show(desk.as_sergeant)

    assert b"cu-page--late" not in response.content
    assert "3 flags raised, 1 resolved, 0 returned, 2 moved a step up." in words(response)


def test_who_may_not_see_the_dashboard_finds_no_such_page(desk: Desk) -> None:
    assert show(desk.as_detective).status_code == 404
    assert desk.as_detective.post(reverse("flag-acknowledge")).status_code == 404
    assert desk.as_detective.get(reverse("flag-list")).status_code == 404


def test_looking_leaves_an_entry_that_names_the_cases(desk: Desk) -> None:
    case = late_case(desk.squad)

    show(desk.as_sergeant)

    entry = Entry.objects.get(event=Event.DASHBOARD_VIEWED)
    assert entry.actor_id == str(desk.sergeant.pk)
    assert entry.details["cases"] == [str(case.pk)]


def test_a_full_page_asks_no_more_than_its_budget(desk: Desk) -> None:
    SweepRunFactory.create()
    for hours in range(1, 30):
        flagged(late_case(desk.squad, late=hours * HOUR))
    FlagFactory.create(on_officer=True, officer__squad=desk.squad)
    ClockFactory.create(loose=True, overdue=True)
    show(desk.as_sergeant)
    empty_cache()

    with CaptureQueriesContext(connection) as asked:
        assert show(desk.as_sergeant).status_code == 200

    own = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
    assert len(own) < MAX_QUERIES, own


def test_the_page_names_nobody_and_hands_no_record_to_the_template(
    desk: Desk, child: Identity, watch: Watch
) -> None:
    case = late_case(desk.squad)
    VictimFactory.create(case=case, identity=child)

    response = show(desk.as_sergeant)

    assert case.number in words(response)
    watch.nothing_leaked([child])
    watch.no_models_in_contexts(Case, Clock, Flag)


@pytest.mark.parametrize(
    "query",
    ["?squad=x", "?detective=x", "?kind=closed", "?page=0", "?page=x", "?show=x", "?page=9999"],
)
def test_a_filter_that_does_not_parse_is_not_applied(desk: Desk, query: str) -> None:
    case = late_case(desk.squad)

    response = show(desk.as_sergeant, query)

    assert response.status_code == 200
    assert case.number in words(response)


# -- in bulk ------------------------------------------------------------------------------------


def act(client: Client, **given: Any) -> Any:
    return client.post(reverse("flag-acknowledge"), given, follow=True)


def test_acknowledging_in_bulk_says_how_many_and_raises_what_is_due(desk: Desk) -> None:
    due = NOW - 2 * DAY
    case = desk.held_case(received_at=NOW - 30 * DAY, last_entry_at=NOW - 30 * DAY)
    beyond = late_case(SquadFactory.create())
    ClockFactory.create(case=case, due_at=due, severity=3)

    response = act(
        desk.as_sergeant, action="acknowledge", comment="Spoken to.", case=[case.pk, beyond.pk]
    )

    assert "1 of 2 done; 1 not permitted." in words(response)
    flags = Flag.objects.filter(case=case)
    assert flags
    assert set(flags.values_list("status", "acknowledged_by")) == {
        (FlagStatus.ACKNOWLEDGED, desk.sergeant.pk)
    }
    assert not Flag.objects.filter(case=beyond, status=FlagStatus.ACKNOWLEDGED).exists()


def test_a_flag_on_a_detective_is_acknowledged_by_its_supervisor(desk: Desk) -> None:
    flag = FlagFactory.create(on_officer=True, officer=desk.detective.officer)

    response = act(desk.as_sergeant, action="acknowledge", comment="Moved five.", flag=[flag.pk])

    assert "1 of 1 done." in words(response)
    flag.refresh_from_db()
    assert flag.status == FlagStatus.ACKNOWLEDGED


def test_asking_for_an_update_is_on_record(desk: Desk) -> None:
    case = desk.held_case()

    response = act(desk.as_sergeant, action="ask", comment="Where does it stand?", case=[case.pk])

    assert "1 of 1 done." in words(response)
    entry = Entry.objects.get(event=Event.UPDATE_REQUESTED)
    assert entry.reason == "Where does it stand?"


def test_assigning_in_bulk_counts_what_was_so_already_and_what_is_refused(desk: Desk) -> None:
    held = desk.held_case()
    loose = CaseFactory.create(squad=desk.squad, supervisor=desk.sergeant.officer)
    beyond = CaseFactory.create(squad=SquadFactory.create())
    officer = desk.detective.officer
    assert officer is not None

    response = act(
        desk.as_sergeant,
        action="assign",
        comment="Hand-over.",
        officer=officer.pk,
        case=[held.pk, loose.pk, beyond.pk],
    )

    assert "1 of 3 done; 1 not permitted; 1 were so already." in words(response)
    loose.refresh_from_db()
    beyond.refresh_from_db()
    assert (loose.detective, beyond.detective) == (officer, None)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"action": "acknowledge"}, "Write a comment"),
        ({"action": "acknowledge", "comment": "  "}, "Write a comment"),
        ({"action": "assign", "comment": "x"}, "choose the detective"),
        ({"action": "close", "comment": "x"}, "Cases are closed one by one."),
        ({"comment": "x"}, "Choose what to do"),
    ],
)
def test_what_is_missing_is_said_and_the_choice_kept(
    desk: Desk, given: dict[str, str], sentence: str
) -> None:
    case = late_case(desk.squad)

    response = act(desk.as_sergeant, **given, case=[case.pk])

    assert response.status_code == 422
    assert sentence in words(response)
    assert re.search(rf'value="{case.pk}"[^>]* checked', response.content.decode())
    assert not Flag.objects.exists()


def test_choosing_nothing_is_said(desk: Desk) -> None:
    response = act(desk.as_sergeant, action="acknowledge", comment="x")

    assert response.status_code == 422
    assert "Choose at least one case" in words(response)


def test_a_damaged_choice_does_nothing(desk: Desk) -> None:
    response = act(desk.as_sergeant, action="acknowledge", comment="x", case=["not-an-id"])

    assert response.status_code == 422


def test_after_acting_the_filter_stands_and_leads_nowhere_else(desk: Desk) -> None:
    case = late_case(desk.squad)
    back = "kind=stalled&next=https://example.org"

    response = desk.as_sergeant.post(
        reverse("flag-acknowledge"),
        {"action": "acknowledge", "comment": "x", "case": [case.pk], "back": back},
    )

    assert response["Location"] == f"{reverse('dashboard')}?kind=stalled"


def test_a_captain_reaches_all_squads_by_scope_alone(captain: Account) -> None:
    assert viewer_for(captain).scope == Scope.ALL
    late_case(SquadFactory.create())

    assert seen(captain).total == 1


def test_signed_out_visitors_are_sent_to_sign_in(desk: Desk) -> None:
    response = Client().get(reverse("dashboard"))

    assert (response.status_code, reverse("sign-in") in response["Location"]) == (302, True)
    assert signed_in(desk.sergeant).get(reverse("dashboard")).status_code == 200
