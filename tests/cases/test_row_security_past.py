"""Do the functions that look past row-level security ask what the policies ask, and does what a
connection was told end with its transaction?
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, Right
from psycopg2.extensions import connection as Connection

from cases import access
from cases.enums import RoleCode
from cases.models import Case
from tests import factories
from tests.cases.test_row_security import DAY, SECOND, a_unit, applications, as_key, expected
from tests.factories import NOW
from tests.leaks import exact_sets

NUMBERED = "SELECT case_id FROM cases_numbered(%s, %s, %s)"
ALIKE = "SELECT other_id FROM cases_alike(%s::uuid[], %s, %s, %s)"


def _told(
    opened: Connection, actor: str, now: datetime, sql: str, given: Sequence[Any]
) -> set[Any]:
    with opened.cursor() as cursor:
        cursor.execute("SELECT cases_bind(%s, '', %s, true)", [actor, now])
        cursor.execute(sql, given)
        found = {as_key(row[0]) for row in cursor.fetchall()}
    opened.rollback()
    return found


@pytest.mark.django_db(transaction=True)
def test_a_part_of_a_number_finds_what_is_seen_and_nothing_else() -> None:
    """The function looks past the policies: it has to ask what they ask."""
    accounts = a_unit()
    Case.objects.update(number=Concat(Value("kC"), Right(Cast("number", CharField()), Value(6))))

    with applications() as opened:
        for now in (NOW, NOW + 2 * SECOND):
            for account in accounts:
                seen = expected(access.viewer_for(account), now)["cases_case"]
                for typed, raised in (("%kC%", "%-%"), ("%-%", "%kC%")):
                    found = _told(opened, str(account.pk), now, NUMBERED, [typed, raised, 99])
                    exact_sets(found, seen)
                assert not _told(opened, str(account.pk), now, NUMBERED, ["%-%", "%-%", 99])
                few = _told(opened, str(account.pk), now, NUMBERED, ["%kC%", "%-%", 2])
                assert len(few) == min(len(seen), 2)
        assert not _told(opened, "", NOW, NUMBERED, ["%kC%", "%kC%", 99])


@pytest.mark.django_db(transaction=True)
def test_only_who_sees_every_case_is_told_which_texts_are_alike() -> None:
    texts = [factories.ResponseFactory.create(bands=[1, 2, 3]) for _ in range(2)]
    captain, walled = (factories.AccountFactory.create(role=RoleCode.CAPTAIN) for _ in range(2))
    factories.WallFactory.create(account=walled)
    detective = factories.AccountFactory.create()
    Case.objects.filter(pk=texts[0].case_id).update(detective=detective.officer)
    given = [[str(texts[0].pk)], [texts[1].kind], NOW, 9]

    with applications() as opened:
        for actor in (str(captain.pk), "system:sweep"):
            assert _told(opened, actor, NOW, ALIKE, given) == {texts[1].pk}
        for actor in (str(walled.pk), str(detective.pk), "", "system:seal"):
            assert not _told(opened, actor, NOW, ALIKE, given)


@pytest.mark.django_db(transaction=True)
def test_texts_of_other_cases_of_the_asked_kinds_and_until_then_are_alike() -> None:
    at = {"bands": [1, 2, 3], "entered_at": NOW, "occurred_at": NOW - DAY}
    fresh = factories.ResponseFactory.create(**at)
    near, far = (
        factories.ResponseFactory.create(**at | {"bands": bands})
        for bands in ([1, 2, 8], [1, 8, 9])
    )
    factories.ResponseFactory.create(**at, case=fresh.case)
    factories.ResponseFactory.create(**at | {"bands": [7, 8, 9]})
    other_kind = factories.ResponseFactory.create(**at, kind="medical_exam")
    later = factories.ResponseFactory.create(**at | {"entered_at": NOW + SECOND})

    def alike(until: datetime, most: int, *kinds: str) -> set[Any]:
        given = [[str(fresh.pk)], list(kinds), until, most]
        return _told(opened, "system:sweep", NOW, ALIKE, given)

    with applications() as opened:
        assert alike(NOW, 9, fresh.kind) == {near.pk, far.pk}
        assert alike(NOW, 1, fresh.kind) == {near.pk}
        assert alike(NOW, 9, fresh.kind, "medical_exam") == {near.pk, far.pk, other_kind.pk}
        assert alike(NOW + SECOND, 9, fresh.kind) == {near.pk, far.pk, later.pk}
        assert alike(NOW - SECOND, 9, fresh.kind) == set()


TOLD = (
    "account", "actor", "at", "grantee", "holder", "led", "may", "span", "squad", "supervisor",
    "walled",
)  # fmt: skip


def _standing(opened: Connection) -> set[str]:
    """Which settings say something."""
    with opened.cursor() as cursor:
        names = ", ".join(f"current_setting('caseunit.{name}', true)" for name in TOLD)
        cursor.execute(f"SELECT {names}")
        row = cursor.fetchone()
    assert row
    return {name for name, value in zip(TOLD, row, strict=True) if value not in {None, ""}}


@pytest.mark.django_db(transaction=True)
def test_what_a_connection_was_told_ends_with_its_transaction() -> None:
    """Whoever has the connection next is nobody, until it says otherwise."""
    squad = factories.SquadFactory.create()
    walled, sergeant = (
        factories.AccountFactory.create(role=role, officer__squad=squad)
        for role in (RoleCode.CAPTAIN, RoleCode.SERGEANT)
    )
    factories.WallFactory.create(account=walled)
    told: set[str] = set()

    with applications() as opened:
        for account in (walled, sergeant):
            with opened.cursor() as cursor:
                cursor.execute("SELECT cases_bind(%s, '', %s, true)", [str(account.pk), NOW])
            told |= _standing(opened)
            opened.commit()
            assert _standing(opened) == set()

    assert told == set(TOLD)
