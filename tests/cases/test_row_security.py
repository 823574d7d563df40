"""Does the database, asked without any filter, show each account exactly what access shows it?"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import connection as Connection

from audit.binding import NobodyActs
from audit.context import acting_again, acting_as, acting_as_system
from cases import access
from cases.access import Viewer
from cases.enums import (
    Discipline,
    LinkKind,
    Permission,
    PersonRole,
    ResponseKind,
    RoleCode,
    Scope,
)
from cases.models import (
    Account,
    Case,
    CaseStateChange,
    ReleaseResult,
    Response,
    Squad,
    Victim,
)
from cases.row_security import GUARDED, SYSTEM_BLIND, SYSTEM_SEES, Span, reading_as
from cases.selectors import cases as case_lists
from cases.selectors.policy import reading_of
from cases.services.break_glass import break_glass
from tests import factories
from tests.cases.pages import Desk, words
from tests.database_roles import signed_in_as_application
from tests.factories import NOW
from tests.leaks import exact_sets

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
# How a row comes to its cases; None: as the test below says.
WAYS: dict[str, tuple[str, ...]] = {
    "cases_case": ("pk",),
    "cases_blindtoken": ("victim__case", "person__case"),
    "cases_caselink": ("first", "second"),
    "cases_elementanswer": ("response__case",),
    "cases_releasefile": ("release__case",),
    "cases_releaseitem": ("release__case",),
    "cases_releasemark": ("item__release__case",),
    "cases_releaseresult": ("release__case",),
    "cases_importchunk": (),
    "cases_importrejection": (),
    "cases_importrun": (),
}
MODELS = {model._meta.db_table: model for model in apps.get_app_config("cases").get_models()}


def fill(case: Case, revealed_by: Account) -> None:
    """A row on the case in every table that can have one."""
    victim = factories.VictimFactory.create(case=case)
    factories.CaseStateChangeFactory.create(case=case)
    factories.AssignmentFactory.create(case=case)
    factories.ClockFactory.create(case=case)
    factories.ClockHoldFactory.create(case=case)
    factories.FlagFactory.create(case=case)
    factories.EvidenceFactory.create(case=case)
    factories.DraftFactory.create(case=case)
    factories.ReferralFactory.create(case=case)
    factories.ExpungeFactory.create(case=case, victim=victim)
    factories.BrokenGlassFactory.create(case=case)
    for role in PersonRole:
        factories.InvolvedPersonFactory.create(case=case, role=role)
    for kind in ResponseKind:
        response = factories.ResponseFactory.create(case=case, kind=kind)
        for element in ("disclosure", "injury", "suspect", "reporter", "of the unit's own"):
            factories.ElementAnswerFactory.create(response=response, element=element)
    factories.ReviewFactory.create(response=response)
    factories.RevealFactory.create(case=case, victim=victim, account=revealed_by)
    release = factories.ReleaseFactory.create(case=case)
    factories.ReleaseFileFactory.create(release=release)
    factories.ReleaseMarkFactory.create(item=factories.ReleaseItemFactory.create(release=release))
    ReleaseResult.objects.create(release=release, sealed_content=b"sealed")


def link(pairs: Iterable[list[Case]]) -> None:
    for pair in pairs:
        first, second = sorted(pair, key=lambda case: case.pk)
        for kind in LinkKind:
            factories.CaseLinkFactory.create(first=first, second=second, kind=kind)


def a_unit() -> list[Account]:
    """Every role, every way to a case and out of it, and rows in every guarded table."""
    squads = [factories.SquadFactory.create() for _ in range(3)]
    of = factories.AccountFactory.create
    detective = of(role=RoleCode.DETECTIVE, officer__squad=squads[0])
    sergeant = of(role=RoleCode.SERGEANT, officer__squad=squads[0])
    glass = of(role=RoleCode.SERGEANT, officer__squad=squads[2])
    captain, walled = of(role=RoleCode.CAPTAIN), of(role=RoleCode.CAPTAIN)
    records, partner, changed = of(role=RoleCode.RECORDS), of(partner=True), of(partner=True)
    gone = of(role=RoleCode.CAPTAIN, is_active=False)
    disciplines = [of(partner=True, discipline=one) for one in Discipline]
    undisciplined = of(role=RoleCode.PARTNER)
    leads_another, deputy, acting = (
        of(role=RoleCode.SERGEANT),
        of(role=RoleCode.SERGEANT, officer__squad=squads[0]),
        of(role=RoleCode.SERGEANT, officer=factories.OfficerFactory.create(squad=squads[0])),
    )
    # Sergeants by their rank alone: their roles reach no squad.
    clerk, narrow = (
        of(role=role, officer=factories.OfficerFactory.create(sergeant=True, squad=squads[1]))
        for role in (RoleCode.RECORDS, RoleCode.DETECTIVE)
    )
    # Roles that reach far and may see nothing.
    blind = [_blind(scope, squads[0]) for scope in (Scope.OWN, Scope.SQUAD, Scope.ALL)]
    Squad.objects.filter(pk=squads[1].pk).update(sergeant=leads_another.officer)
    accounts = [
        detective, sergeant, glass, captain, walled, records, partner, changed, gone,
        of(role=RoleCode.ADMINISTRATOR), of(role=RoleCode.AUDITOR),
        of(role=RoleCode.PARTNER, is_superuser=True), leads_another, deputy, acting,
        clerk, narrow, *blind, undisciplined, *disciplines,
    ]  # fmt: skip
    cases = [
        factories.CaseFactory.create(squad=squads[0], detective=detective.officer),
        factories.CaseFactory.create(squad=squads[0]),
        factories.CaseFactory.create(squad=squads[1], supervisor=sergeant.officer),
        factories.CaseFactory.create(squad=squads[1], detective=deputy.officer),
        factories.CaseFactory.create(imported=True),
        factories.CaseFactory.create(squad=squads[0], detective=detective.officer),
        factories.CaseFactory.create(),
        factories.CaseFactory.create(detective=blind[0].officer, supervisor=blind[1].officer),
        factories.CaseFactory.create(detective=clerk.officer, supervisor=narrow.officer),
    ]
    for ends, case in ((SECOND, cases[3]), (timedelta(0), cases[4]), (-SECOND, cases[2])):
        for account in (detective, records, partner, changed, accounts[9]):
            factories.GrantFactory.create(
                user=account, content_object=case, granted_at=NOW - 9 * DAY, expires_at=NOW + ends
            )
    factories.GrantFactory.create(
        user=records, content_object=cases[0], granted_at=NOW - DAY, ended_at=NOW - SECOND
    )
    for account in (undisciplined, *disciplines):
        for case in cases[:2]:
            factories.GrantFactory.create(
                user=account, content_object=case, granted_at=NOW - DAY, expires_at=NOW + DAY
            )
    factories.SquadGrantFactory.create(case=cases[4], squad=squads[0])
    for ends, squad in ((SECOND, squads[2]), (timedelta(0), squads[0])):
        factories.SquadGrantFactory.create(
            case=cases[6], squad=squad, granted_at=NOW - 9 * DAY, expires_at=NOW + ends
        )
    factories.SquadGrantFactory.create(case=cases[2], squad=squads[0], ended_at=NOW - SECOND)
    for account in (detective, sergeant, walled, partner):
        factories.WallFactory.create(case=cases[5], account=account)
    factories.WallFactory.create(case=cases[3], account=partner)
    factories.WallFactory.create(case=cases[0], account=detective, lifted_at=NOW - SECOND)
    Account.objects.filter(pk=changed.pk).update(discipline=Discipline.PROSECUTOR)
    break_glass(
        viewer=access.viewer_for(glass),
        now=NOW,
        number=cases[1].number,
        reason="The child is with the suspect tonight.",
    )
    for case in cases:
        fill(case, detective)
    link((cases[:2], cases[1:3], cases[3:5]))
    referral = factories.ReferralFactory.create(case=None)
    factories.ClockFactory.create(case=None, referral=referral)
    factories.FlagFactory.create(case=None, officer=detective.officer, kind="overloaded")
    run = factories.ImportRunFactory.create()
    factories.ImportChunkFactory.create(run=run)
    factories.ImportRejectionFactory.create(run=run)
    return [Account.objects.get(pk=account.pk) for account in accounts]


def _blind(scope: Scope, squad: Squad) -> Account:
    role = factories.RoleFactory.create(code=f"blind-{scope}", scope=scope)
    officer = factories.OfficerFactory.create(sergeant=True, squad=squad)
    return factories.AccountFactory.create(role=role, officer=officer)


def expected(viewer: Viewer, now: datetime) -> dict[str, set[Any]]:
    """By `access`, for every guarded table."""
    seen = set(access.visible_cases(viewer, now).values_list("pk", flat=True))
    return {table: set(_rows_of(table, viewer, seen)) for table in GUARDED}


def _rows_of(table: str, viewer: Viewer, seen: set[UUID]) -> Iterator[Any]:
    rows = _of_parts(table, viewer)
    ways = WAYS.get(table, ("case",))
    supervises = viewer.can(Permission.VIEW_CASES) and viewer.scope in (Scope.ALL, Scope.SQUAD)
    for row in rows.values("pk", *ways):
        of = {row[way] for way in ways} - {None}
        if not ways:
            shown = viewer.can(Permission.IMPORT_CASELOAD)
        elif not of:
            shown = supervises
        else:
            shown = of <= seen
        if shown or (table == "cases_reveal" and _is_own(row["pk"], viewer)):
            yield row["pk"]


def _of_parts(table: str, viewer: Viewer) -> QuerySet[Any]:
    """The rows of the parts that the viewer reads; their own reveals stay their own."""
    rows = MODELS[table]._default_manager.order_by()
    if table == "cases_case":
        return rows
    read = access.within(rows, reading_of(viewer))
    return rows.filter(account_id=viewer.account_key) | read if table == "cases_reveal" else read


def _is_own(key: Any, viewer: Viewer) -> bool:
    mine = MODELS["cases_reveal"]._default_manager.filter(pk=key, account_id=viewer.account_key)
    return viewer.is_active and mine.exists()


def shown(opened: Connection, actor: str, now: datetime, across: str = "") -> dict[str, set[Any]]:
    """What the application's own connection reads, without a filter, while `actor` is bound."""
    found = {}
    with opened.cursor() as cursor:
        cursor.execute("SELECT cases_bind(%s, %s, %s, true)", [actor, across, now])
        for table in GUARDED:
            key = MODELS[table]._meta.pk
            assert key is not None
            cursor.execute(f"SELECT * FROM {table}")
            names = [column.name for column in cursor.description or ()]
            at = names.index(str(key.column))
            found[table] = {as_key(row[at]) for row in cursor.fetchall()}
    opened.rollback()
    return found


def as_key(value: Any) -> Any:
    return UUID(value) if isinstance(value, str) else value


@contextmanager
def applications() -> Iterator[Connection]:
    with signed_in_as_application() as opened:
        yield opened


@pytest.mark.django_db(transaction=True)
def test_each_account_is_shown_exactly_what_access_shows() -> None:
    accounts = a_unit()
    full = {table: MODELS[table]._default_manager.count() for table in GUARDED}
    assert all(full.values())

    with applications() as opened:
        for now in (NOW, NOW - 2 * SECOND, NOW + 2 * SECOND):
            for account in accounts:
                wanted = expected(access.viewer_for(account), now)
                found = shown(opened, str(account.pk), now)
                for table in GUARDED:
                    exact_sets(found[table], wanted[table])


@pytest.mark.django_db(transaction=True)
def test_nobody_is_shown_nothing_and_writes_nothing() -> None:
    a_unit()
    strangers = ("", "nobody signed in", "7", "system:", "system:another", str(UUID(int=7)))
    blind = [f"system:{name}" for name in SYSTEM_BLIND if name not in ("bench", "audit_retire")]

    with applications() as opened:
        with opened.cursor() as cursor:
            for table in GUARDED:
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone() == (0,)
        for actor in (*strangers, *blind):
            assert not any(shown(opened, actor, NOW).values()), actor
        for across in ("most", "free"):
            assert not any(shown(opened, "", NOW, across).values())
            assert not any(shown(opened, str(UUID(int=7)), NOW, across).values())


@pytest.mark.django_db(transaction=True)
def test_the_machinery_that_has_to_do_with_cases_is_shown_all() -> None:
    a_unit()
    full = {table: MODELS[table]._default_manager.count() for table in GUARDED}

    with applications() as opened:
        for name in sorted(SYSTEM_SEES):
            found = shown(opened, f"system:{name}", NOW)
            assert {table: len(rows) for table, rows in found.items()} == full


@pytest.mark.django_db(transaction=True)
def test_across_cases_walls_hold_unless_the_span_says_otherwise() -> None:
    accounts = a_unit()
    detective = access.viewer_for(accounts[0])
    everything = set(Case.objects.values_list("pk", flat=True))

    with applications() as opened:
        most = shown(opened, str(detective.account_id), NOW, "most")["cases_case"]
        free = shown(opened, str(detective.account_id), NOW, "free")["cases_case"]

    exact_sets(most, everything - access.walled_from(detective, everything))
    exact_sets(free, everything)
    assert len(most) == len(free) - 1


@pytest.mark.django_db(transaction=True)
def test_before_anybody_signs_in_only_a_span_shows_anything() -> None:
    """So a machine with a key reads how many flags wait, and a provider's answer is taken."""
    factories.CaseFactory.create()

    with applications() as opened:
        for actor, across, cases in (
            ("nobody signed in", "", 0),
            ("nobody signed in", "free", 1),
            ("system:seal", "", 0),
            ("system:seal", "free", 1),
            ("service:key", "free", 0),
        ):
            assert len(shown(opened, actor, NOW, across)["cases_case"]) == cases, (actor, across)


WRITES = {
    "a victim on another's case": "INSERT INTO cases_victim (id, key_id, case_id, pseudonym, "
    "age_band, sex, entered_at) VALUES (gen_random_uuid(), '', %(case)s, 'V-XXXXX', 'unknown', "
    "'', now())",
    "a state": "INSERT INTO cases_casestatechange (id, case_id, state, disposition, occurred_at, "
    "entered_at, reason, imported) VALUES (gen_random_uuid(), %(case)s, 'closed', '', now(), "
    "now(), '', false)",
}
CHANGES = {
    "the case": "UPDATE cases_case SET priority = '9' WHERE id = %(case)s",
    "every case": "UPDATE cases_case SET priority = '9'",
    "a text": "UPDATE cases_response SET narrative = 'changed'",
    "a draft": "DELETE FROM cases_draft",
    "a clock": "DELETE FROM cases_clock",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("actor", ["nobody", "a stranger", "walled off"])
def test_who_is_not_shown_a_row_neither_writes_nor_changes_one(actor: str) -> None:
    case = factories.CaseFactory.create(priority="1")
    factories.VictimFactory.create(case=case)
    factories.ResponseFactory.create(case=case, narrative="As it was.")
    factories.DraftFactory.create(case=case)
    factories.ClockFactory.create(case=case)
    captain = factories.AccountFactory.create(role=RoleCode.CAPTAIN)
    factories.WallFactory.create(case=case, account=captain)
    names = {
        "nobody": "nobody signed in",
        "a stranger": str(factories.AccountFactory.create().pk),
        "walled off": str(captain.pk),
    }

    with applications() as opened, opened.cursor() as cursor:
        for sql in CHANGES.values():
            cursor.execute("SELECT cases_bind(%s, '', %s, true)", [names[actor], NOW])
            cursor.execute(sql, {"case": str(case.pk)})
            assert cursor.rowcount == 0, sql
            opened.commit()
        for sql in WRITES.values():
            cursor.execute("SELECT cases_bind(%s, '', %s, true)", [names[actor], NOW])
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                cursor.execute(sql, {"case": str(case.pk)})
            opened.rollback()

    case.refresh_from_db()
    assert case.priority == "1"
    assert Response.objects.get().narrative == "As it was."
    assert (Victim.objects.count(), CaseStateChange.objects.count()) == (1, 0)
    assert case.drafts.count() == case.clocks.count() == 1


@pytest.mark.django_db
def test_nobody_moves_a_row_to_a_case_that_they_do_not_see(desk: Desk) -> None:
    mine, other = desk.held_case(), factories.CaseFactory.create()
    response = factories.ResponseFactory.create(case=mine)

    with (
        acting_as(str(desk.detective.pk), "a.detective"),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Response.objects.filter(pk=response.pk).update(case=other)


@pytest.mark.parametrize("screen", ["list", "detail"])
def test_a_view_without_its_filter_leaks_nothing(
    desk: Desk, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken out on purpose: every case for everybody."""
    mine, other = desk.held_case(), factories.CaseFactory.create(squad=None)

    def every_case(viewer: Viewer, now: datetime, **narrowed: Any) -> Any:
        rows = Case.objects.order_by("-last_entry_at", "-id")
        return rows[: narrowed["size"]] if "size" in narrowed else rows

    if screen == "list":
        monkeypatch.setattr(case_lists, "visible_page", every_case)
        page = desk.as_detective.get(reverse("case-list"))
        assert mine.number in words(page)
    else:
        monkeypatch.setattr(access.deciding, "permissions_on", lambda *_: frozenset(Permission))
        page = desk.as_detective.get(reverse("case-detail", args=[other.pk]))
        assert page.status_code == 404
    assert other.number not in words(page)


@pytest.mark.django_db
def test_a_wall_set_or_a_grant_given_meanwhile_holds_for_the_next_statement(desk: Desk) -> None:
    case, other = desk.held_case(), factories.CaseFactory.create()
    with acting_as(str(desk.detective.pk), "a.detective", clock=lambda: NOW) as detective:
        exact_sets(list(Case.objects.all()), [case])
        with acting_as_system("test"):
            factories.GrantFactory.create(user=desk.detective, content_object=other)
        exact_sets(list(Case.objects.all()), [case, other])
        with acting_as_system("test"):
            wall = factories.WallFactory.create(case=case, account=desk.detective)
        exact_sets(list(Case.objects.all()), [other])
        # By the account itself, too: a write to what the rules read is asked about again.
        type(wall)._default_manager.filter(pk=wall.pk).update(lifted_at=NOW)
        exact_sets(list(Case.objects.all()), [case, other])
    with acting_again(detective):
        assert Case.objects.count() == 2


@pytest.mark.django_db
def test_a_span_ends_with_its_block_and_a_savepoint_undone_takes_it_along(desk: Desk) -> None:
    factories.CaseFactory.create()
    with acting_as(str(desk.detective.pk), "a.detective"):
        assert Case.objects.count() == 0
        with reading_as(Span.GLASS):
            with reading_as(Span.WALLS):
                assert Case.objects.count() == 1
            assert Case.objects.count() == 1
        assert Case.objects.count() == 0
        with pytest.raises(ZeroDivisionError):
            _count_and_fail()
        assert Case.objects.count() == 0
    with reading_as(Span.WALLS):
        assert Case.objects.count() == 1  # The owner, who prepares tests: nobody is bound.


@transaction.atomic
def _count_and_fail() -> None:
    with reading_as(Span.WALLS):
        assert Case.objects.count() == 1
    raise ZeroDivisionError


@pytest.mark.django_db
@pytest.mark.unbound
def test_the_application_does_not_ask_in_nobody_s_name(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty answer would pass for a true one: no keys to rotate, no cases on file."""
    monkeypatch.setattr("audit.binding.is_owner", lambda _: False)

    with pytest.raises(NobodyActs, match="acting_as_system"):
        Case.objects.exists()
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_no_span_but_those_that_are_known() -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="no such span"):
        cursor.execute("SELECT cases_bind('', 'all', NULL, true)")
