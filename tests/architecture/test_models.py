"""Does the database hold the invariants, under names, and nothing that gives a person away?"""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import BaseConstraint, CharField, Field, Model, TextField
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from tests.architecture.source import ROOT, files

OURS = ("audit", "cases")
IDENTIFYING = (
    "first_name",
    "last_name",
    "birth",
    "dob",
    "phone",
    "address",
    "email",
    "ssn",
    "guardian_name",
)
# guardian's own base declares its uniqueness the older way.
GUARDIANS = (UserObjectPermissionBase, GroupObjectPermissionBase)
# Staff names are no secret: officers sign what they do. Source address is a computer's.
STAFF = {
    "audit.entry.source_address",
}


def _models() -> list[type[Model]]:
    return [model for label in OURS for model in apps.get_app_config(label).get_models()]


def _constraints() -> Iterator[tuple[type[Model], BaseConstraint]]:
    return ((model, constraint) for model in _models() for constraint in model._meta.constraints)


def _fields() -> Iterator[tuple[str, "Field[object, object]"]]:
    for model in _models():
        yield from (
            (f"{model._meta.label_lower}.{field.name}", field) for field in model._meta.fields
        )


@pytest.mark.django_db
def test_every_declared_constraint_is_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class")
        present = {name for (name,) in cursor.fetchall()}

    missing = [
        constraint.name for _, constraint in _constraints() if constraint.name not in present
    ]

    assert missing == []


def test_rules_about_rows_are_named_constraints() -> None:
    unnamed = [
        model._meta.label
        for model in _models()
        if model._meta.unique_together and not issubclass(model, GUARDIANS)
    ]

    assert unnamed == []


def test_every_constraint_has_a_test() -> None:
    """A test that names the constraint is the least that shows somebody tried to break it."""
    words = " ".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in files()
        if path.parts[0] == "tests" and path.suffix in {".py", ".csv"}
    )

    untested = [constraint.name for _, constraint in _constraints() if constraint.name not in words]

    assert untested == []


def test_closed_vocabularies_are_held_by_the_database() -> None:
    checked = {
        (model, name)
        for model, constraint in _constraints()
        for name in getattr(getattr(constraint, "condition", None), "referenced_base_fields", ())
    }

    open_ended = [
        f"{model._meta.label}.{field.name}"
        for model in _models()
        for field in model._meta.local_fields
        if field.choices and (model, field.name) not in checked
    ]

    assert open_ended == []


def test_no_column_holds_an_identity_in_clear() -> None:
    clear = [
        label
        for label, field in _fields()
        if isinstance(field, CharField | TextField)
        and any(part in field.name for part in IDENTIFYING)
        and label not in STAFF
    ]

    assert clear == []


def test_instants_and_dates_say_which_they_are() -> None:
    misnamed = [
        f"{label}: {field.get_internal_type()}"
        for label, field in _fields()
        if (field.get_internal_type() == "DateTimeField" and not _is_instant(field.name))
        or (
            field.get_internal_type() == "DateField"
            and not field.name.endswith(("_on", "_from", "_to"))
        )
    ]

    assert misnamed == []


def _is_instant(name: str) -> bool:
    return name.endswith(("_at", "_until", "_by")) or name in {"as_of", "at", "since", "last_login"}
