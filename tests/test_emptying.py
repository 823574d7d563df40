"""Is the database as its migrations left it, after a test that committed?"""

from datetime import datetime, timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db import connection

from audit.models import Entry
from audit.months import made_months, make_due
from cases.enums import RoleCode
from cases.models import Account, Case, Role, RolePermission
from tests import emptying
from tests.factories import CaseFactory, EntryFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("many", [0, emptying.MANY_ROWS])
def test_rows_go_and_what_migrations_wrote_comes_back(
    many: int, now: datetime, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "MANY_ROWS", many)
    before = _seeds()
    CaseFactory.create()
    EntryFactory.create(at=now)
    Role.objects.filter(code=RoleCode.CAPTAIN).update(label="Another")
    RolePermission.objects.filter(role__code=RoleCode.DETECTIVE).delete()
    assert _seeds() != before

    emptying.empty(sql_flush(no_style(), connection, reset_sequences=False))

    assert _seeds() == before
    assert not any(model.objects.exists() for model in (Account, Case, Entry))


def test_the_log_refuses_again_what_emptying_was_allowed(now: datetime) -> None:
    EntryFactory.create(at=now)
    emptying.empty([])
    EntryFactory.create(at=now)

    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_entry")


def test_the_months_of_the_log_are_those_of_before(now: datetime) -> None:
    """A demonstration makes those around the clock; whoever comes next counts on none."""
    before = made_months()
    make_due(now=now + timedelta(days=70))
    assert made_months() != before

    emptying.empty([])

    assert made_months() == before


def _seeds() -> list[list[tuple[object, ...]]]:
    models = (Role, RolePermission, ContentType)
    return [sorted(model.objects.values_list()) for model in models]
