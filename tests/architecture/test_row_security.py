"""Is every table either guarded by the database or open for a reason, and every door named?

A failure here means: a new table stands in `cases/row_security.py`. What holds something of a case
goes into GUARDED and gets a policy in a migration, as 0018 gave the others; what says nothing of a
case goes into OPEN, with the reason.
"""

import ast
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from cases.access import BY_ROW, PART_OF
from cases.row_security import (
    GUARDED,
    OPEN,
    SYSTEM_BLIND,
    SYSTEM_SEES,
    Span,
)
from tests.architecture.source import calls, dotted, every, product

POLICIES = import_module("cases.migrations.0018_row_security")
# Where a person's act goes across cases: whoever adds a place looks at what it gives away.
DOORS = {
    "cases.access.reach.walled_numbers": Span.WALLS,
    "cases.selectors.audit_activity.activity": Span.AUDIT,
    "cases.selectors.audit_log.case_id": Span.AUDIT,
    "cases.selectors.audit_log.entry_page": Span.AUDIT,
    "cases.selectors.audit_log.log_page": Span.AUDIT,
    "cases.selectors.audit_questions.standing_out": Span.AUDIT,
    "cases.selectors.audit_walls.unseen_by": Span.WALLS,
    "cases.selectors.case_looks.case_looks_for_auditor": Span.AUDIT,
    "cases.selectors.hand_overs._suggested": Span.COUNTING,
    "cases.selectors.intake.referral_is_known": Span.INTAKE,
    "cases.selectors.officers.officer_list": Span.COUNTING,
    "cases.selectors.officers.officer_page": Span.COUNTING,
    "cases.selectors.reaches.reach_page": Span.EXPLAINING,
    "cases.selectors.refusals.refusal_page": Span.EXPLAINING,
    "cases.selectors.role_changes.trial": Span.EXPLAINING,
    "cases.selectors.roles.effect_of": Span.EXPLAINING,
    "cases.selectors.sealed_things.person_thing": Span.REFUSING,
    "cases.selectors.sealed_things.reveal_decision": Span.REFUSING,
    "cases.selectors.sealed_things.text_thing": Span.REFUSING,
    "cases.selectors.seals.seals_page": Span.SEALS,
    "cases.selectors.service_keys.sweep_health": Span.MONITORING,
    "cases.selectors.statistics.complete_years": Span.STATISTICS,
    "cases.selectors.statistics.edition": Span.STATISTICS,
    "cases.services.absence._judged_anew": Span.HANDING_ON,
    "cases.services.absence._left_to_others": Span.HANDING_ON,
    "cases.services.absence.lock_held_by": Span.HANDING_ON,
    "cases.services.assignments.give_case": Span.HANDING_ON,
    "cases.services.assignments.hand_over": Span.HANDING_ON,
    "cases.services.audit_export._rows": Span.AUDIT,
    "cases.services.audit_export.export_log": Span.AUDIT,
    "cases.services.break_glass.break_glass": Span.GLASS,
    "cases.services.cases.create_case": Span.INTAKE,
    "cases.services.clocks.refresh_cases": Span.FACTS,
    "cases.services.clocks.refresh_officers": Span.FACTS,
    "cases.services.clocks.refresh_referrals": Span.FACTS,
    "cases.services.copies.detect_copies": Span.FACTS,
    "cases.services.finding.search_identities": Span.FINDING,
    "cases.services.grants._leave_to_others": Span.HANDING_ON,
    "cases.services.hand_overs.complete_hand_over": Span.HANDING_ON,
    "cases.services.importing.known.known_to": Span.IMPORTING,
    "cases.services.linking.suggest_links": Span.LINKS,
    "cases.services.officers._take_notice": Span.HANDING_ON,
    "cases.services.releases.preparing._next_number": Span.NUMBERS,
}


@pytest.mark.django_db
def test_every_table_of_cases_is_guarded_or_open_for_a_reason() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity, ARRAY(SELECT polname::text FROM pg_policy "
            "WHERE polrelid = pg_class.oid AND polpermissive AND polcmd = '*') FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition AND (relname LIKE 'cases\\_%' OR relname LIKE 'audit\\_%')"
        )
        found = {name: (on, policies) for name, on, policies in cursor.fetchall()}

    assert {name for name, (on, _) in found.items() if on} == GUARDED.keys()
    assert {name for name, (on, _) in found.items() if not on} == OPEN.keys()
    assert {name: found[name][1] for name in GUARDED} == {name: ["cases_seen"] for name in GUARDED}
    assert all(OPEN.values())


@pytest.mark.django_db
def test_every_guarded_table_but_the_case_is_of_a_part() -> None:
    """What partners read of it, their discipline decides; what is of no part they never read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT polrelid::regclass::text FROM pg_policy "
            "WHERE polname = 'cases_part' AND NOT polpermissive AND polcmd = '*'"
        )
        found = {name for (name,) in cursor.fetchall()}

    models: list[type[Model]] = [*PART_OF, *BY_ROW]
    named = [model._meta.db_table for model in models]
    assert sorted(named) == sorted(found) == sorted(GUARDED.keys() - {"cases_case"})


@pytest.mark.django_db
def test_what_may_be_written_is_what_may_be_seen() -> None:
    """Of every table: no row is put where whoever writes it could not read it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, policyname, qual, coalesce(with_check, qual) FROM pg_policies"
        )
        found = {(table, name): (seen, written) for table, name, seen, written in cursor.fetchall()}

    assert {table for table, _ in found} == GUARDED.keys()
    assert {table for table, (seen, written) in found.items() if seen != written} == set()


@pytest.mark.django_db
def test_no_open_table_names_a_case_but_those_that_rules_read() -> None:
    """A new column that leads to a case makes a table one of a case."""
    leading = {
        model._meta.db_table
        for model in apps.get_app_config("cases").get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model and field.related_model._meta.db_table in GUARDED
    }

    assert leading - GUARDED.keys() == {
        "cases_accessrequest",
        "cases_casegroupobjectpermission",
        "cases_caseuserobjectpermission",
        "cases_squadgrant",
        "cases_wall",
    }


def test_every_name_of_the_machinery_sees_cases_or_is_blind_for_a_reason() -> None:
    acting = {name for module in product() for name in _system_names(module.tree)}

    assert set(POLICIES.SYSTEM) == SYSTEM_SEES
    assert SYSTEM_SEES & SYSTEM_BLIND.keys() == set()
    assert acting == SYSTEM_SEES | SYSTEM_BLIND.keys()


def _system_names(tree: ast.AST) -> set[str]:
    """The names given to `acting_as_system`, a constant or a class's `task` looked up."""
    known = {
        target.id if isinstance(target, ast.Name) else "": value.value
        for node in every(tree)
        if isinstance(node, ast.Assign) and isinstance(value := node.value, ast.Constant)
        for target in node.targets
    }
    given = [call.args[0] for call in calls(tree) if dotted(call.func) == "acting_as_system"]
    names = {str(one.value) for one in given if isinstance(one, ast.Constant)}
    names |= {str(known[one.id]) for one in given if isinstance(one, ast.Name) and one.id in known}
    return names | ({str(known["task"])} if "task" in known else set())


def test_every_door_across_cases_is_known_and_every_span_is_used() -> None:
    found = {
        f"{module.name}.{function.name}": Span[dotted(call.args[0]).removeprefix("Span.")]
        for module in product()
        for function in every(module.tree)
        if isinstance(function, ast.FunctionDef)
        for call in (*calls(function),)
        if dotted(call.func) == "reading_as"
    }

    assert found == DOORS
    assert set(DOORS.values()) == set(Span)
    assert all(span.reason and span.reach in ("most", "free") for span in Span)


def test_nothing_else_says_how_far_somebody_sees() -> None:
    """The setting and the context's field are the binder's and `reading_as`'s alone."""
    saying = {
        path.as_posix()
        for path in Path().glob("*/**/*.py")
        if path.parts[0] in ("cases", "audit", "caseunit")
        and ("cases_bind" in path.read_text() or ".across" in path.read_text())
    }

    assert saying == {
        "audit/binding.py",
        "cases/apps.py",
        "cases/management/bench/guarded.py",
        "cases/migrations/0018_row_security.py",
        "cases/migrations/0020_parts.py",
        "cases/row_security.py",
    }
