"""Do imports point one way, and stay out of the rooms they have no business in?"""

import ast
import sys

from django.conf import settings

from tests.architecture.source import Module, every, functions, imported, modules, product, within

APPS = ("caseunit", "cases", "audit")
# From the top: each may import what stands below it, never what stands above. Neighbours in one row
# don't import each other.
LAYERS = (
    ("cases.urls",),
    ("cases.views", "cases.tasks", "cases.admin", "cases.management"),
    ("cases.figures",),
    ("cases.forms",),
    ("cases.services",),
    ("cases.selectors",),
    ("cases.access",),
    ("cases.viewers", "cases.limits"),
    ("cases.models",),
    ("cases.policy_default",),
    ("cases.rules", "cases.seal", "cases.shreds"),
    ("cases.enums", "cases.rights", "cases.row_security"),
)
GUARDIAN_ROOMS = ("cases.access", "cases.models.grant")
PURE_ROOMS = ("cases.rules", "cases.seal", "cases.shreds")
# What a pure room may use besides the standard library.
PURE_FRIENDS = ("cases.enums", "cases.rules", "cryptography", "holidays")


def test_apps_import_downwards_only() -> None:
    upwards = [
        module.at(node, f"{module.name} imports {name}")
        for module in modules()
        for node, name in imported(module)
        if _app(name) in APPS and APPS.index(_app(name)) < APPS.index(_app(module.name))
    ]

    assert upwards == []


def test_layers_inside_cases_import_downwards_only() -> None:
    upwards = [
        module.at(node, f"{module.name} imports {name}")
        for module in modules("cases")
        if (mine := _layer(module.name)) is not None
        for node, name in imported(module)
        if _forbidden(mine, module.name, name)
    ]

    assert upwards == []


def test_every_module_of_cases_stands_in_a_layer() -> None:
    rooms = ("cases", "cases.apps", "cases.migrations", "cases.templatetags")
    strays = [
        str(module.path)
        for module in modules("cases")
        if _layer(module.name) is None
        and not (module.name == "cases" or within(module.name, *rooms[1:]))
    ]

    assert strays == []


def test_pure_rooms_know_neither_django_nor_the_database() -> None:
    impure = [
        module.at(node, f"{module.name} imports {name}")
        for module in modules("cases")
        if within(module.name, *PURE_ROOMS)
        for node, name in imported(module)
        if name.split(".")[0] not in sys.stdlib_module_names and not within(name, *PURE_FRIENDS)
    ]

    assert impure == []


def test_guardian_is_known_to_access_and_the_grant_model_only() -> None:
    strangers = [
        module.at(node, f"{module.name} imports {name}")
        for module in product()
        if not within(module.name, *GUARDIAN_ROOMS)
        for node, name in imported(module)
        if within(name, "guardian")
    ]

    assert strangers == []


def test_grant_rows_are_read_by_access_and_written_by_its_service() -> None:
    """The bench fills a scratch database."""
    bench = ("cases.management.bench", "cases.management.measuring")
    readers = ("cases.access", "cases.models", "cases.services.grants", *bench)
    strangers = [
        module.at(node, f"{module.name} imports {name}")
        for module in product()
        if not within(module.name, *readers)
        for node, name in imported(module)
        if name.endswith(("CaseUserObjectPermission", "CaseGroupObjectPermission"))
    ]

    assert strangers == []


def test_chance_comes_from_the_system_where_it_guards_something() -> None:
    """`random` can be foretold; the demonstration's caseload is meant to be."""
    foretold = [
        module.at(node, f"{module.name} imports {name}")
        for module in product()
        if not within(module.name, "cases.management.demo")
        for node, name in imported(module)
        if within(name, "random")
    ]

    assert foretold == []


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = [
        module.at(node, f"imports {name} inside {function.name}()")
        for module in product()
        for function in functions(module.tree)
        for node, name in imported(module, _body(function))
    ]

    assert hidden == []


def _app(name: str) -> str:
    return name.partition(".")[0]


def _layer(name: str) -> int | None:
    found = [row for row, packages in enumerate(LAYERS) if within(name, *packages)]
    return found[0] if found else None


def _forbidden(mine: int, importer: str, name: str) -> bool:
    other = _layer(name)
    if other is None or other > mine:
        return False
    return other < mine or _room(importer, mine) != _room(name, mine)


def _room(name: str, row: int) -> str:
    return next(package for package in LAYERS[row] if within(name, package))


def _body(function: ast.AST) -> list[ast.AST]:
    return [node for node in every(function) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_the_walk_sees_the_product() -> None:
    names = {module.name for module in modules()}

    assert {"audit.recorder", "cases.enums"} <= names
    assert isinstance(next(iter(modules())), Module)


def test_nobody_asks_guardian_or_a_superuser_flag_for_access() -> None:
    """They know neither walls nor ends (decision 3)."""
    asked = {
        "assign_perm",
        "get_objects_for_user",
        "get_perms",
        "has_perm",
        "has_perms",
        "is_superuser",
        "remove_perm",
    }
    found = [
        module.at(node, f"asks {name}")
        for module in product()
        for node in every(module.tree)
        if (name := getattr(node, "attr", getattr(node, "id", ""))) in asked
    ]

    assert found == []
    assert not [name for name in settings.AUTHENTICATION_BACKENDS if "guardian" in name]
