"""Do steps of a migration taken together end where they end one by one?"""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from audit.together import Together

TABLES = [
    migrations.CreateModel("Left", [("id", models.AutoField(primary_key=True))]),
    migrations.CreateModel(
        "Right",
        [
            ("id", models.AutoField(primary_key=True)),
            ("left", models.ForeignKey("audit.left", models.PROTECT)),
        ],
    ),
]
FIELDS = [
    migrations.AddField("left", "age", models.IntegerField(default=0)),
    migrations.AddField("right", "age", models.IntegerField(default=0)),
]
RULES = [
    migrations.AddConstraint(
        "left", models.CheckConstraint(condition=models.Q(age__gte=0), name="left_age")
    ),
    migrations.AddIndex("right", models.Index(fields=["age"], name="right_age")),
]
DESCRIBED = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_name IN ('audit_left', 'audit_right')
UNION SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid IN (to_regclass('audit_left'), to_regclass('audit_right'))
UNION SELECT tablename, indexname, indexdef FROM pg_indexes
WHERE tablename IN ('audit_left', 'audit_right')
"""

pytestmark = pytest.mark.django_db


def described() -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(DESCRIBED)
        return set(cursor.fetchall())


def there_and_back(steps: list[Operation]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """What stands in the database after the last step, and after all are undone."""
    states = [ProjectState()]
    for step in steps:
        states.append(states[-1].clone())
        step.state_forwards("audit", states[-1])
    for number, step in enumerate(steps):
        with connection.schema_editor(atomic=False) as editor:
            step.database_forwards("audit", editor, states[number], states[number + 1])
    after = described()
    for number, step in reversed(list(enumerate(steps))):
        with connection.schema_editor(atomic=False) as editor:
            step.database_backwards("audit", editor, states[number + 1], states[number])
    return after, described()


def test_together_is_as_one_by_one() -> None:
    after, undone = there_and_back([Together(TABLES), Together(FIELDS), Together(RULES)])

    assert len(after) > 8
    assert undone == set()
    assert after == there_and_back([*TABLES, *FIELDS, *RULES])[0]
