"""Does every service write leave an audit entry, in its own transaction, by keyword? (law 4)

A service is a public function of `cases.services` that takes the viewer by keyword: a thing that a
user does. The other public functions are steps, taken inside a service's transaction and under its
entry; so a step that writes may not be called from above the services.
"""

import ast
from collections.abc import Callable
from functools import cache

from tests.architecture.source import (
    Function,
    Module,
    calls,
    decorators,
    dotted,
    every,
    functions,
    imported,
    modules,
    public_functions,
    within,
)

RECORDERS = frozenset({"record", "record_many"})
WRITES = frozenset(
    {
        "bulk_create",
        "bulk_update",
        "create",
        "delete",
        "execute",
        "executemany",
        "get_or_create",
        "save",
        "update",
        "update_or_create",
    }
)
MADE_UP = ("cases.management.bench", "cases.management.demo", "cases.management.measuring")
ABOVE = (
    "cases.admin",
    "cases.forms",
    "cases.management",
    "cases.tasks",
    "cases.urls",
    "cases.views",
)


def _in_services() -> list[Module]:
    return [module for module in modules("cases") if within(module.name, "cases.services")]


def _public() -> list[tuple[Module, Function]]:
    return [
        (module, function) for module in _in_services() for function in public_functions(module)
    ]


def _services() -> list[tuple[Module, Function]]:
    return [(module, function) for module, function in _public() if _is_service(function)]


def test_services_take_everything_by_keyword() -> None:
    positional = [
        module.at(function, f"{function.name} takes positional arguments")
        for module, function in _services()
        if function.args.posonlyargs or function.args.args or function.args.vararg
    ]

    assert positional == []


def test_services_that_write_leave_an_audit_entry() -> None:
    silent = [
        module.at(function, f"{function.name} never reaches audit.recorder")
        for module, function in _services()
        if _writes(function) and function.name not in _recording()
    ]

    assert silent == []


def test_services_that_write_open_a_transaction() -> None:
    bare = [
        module.at(function, f"{function.name} opens no transaction")
        for module, function in _services()
        if _writes(function) and function.name not in _atomic()
    ]

    assert bare == []


def test_steps_that_write_are_not_called_from_above() -> None:
    steps = {
        f"{module.name}.{function.name}"
        for module, function in _public()
        if not _is_service(function) and _writes(function)
    }

    outside = [
        module.at(node, f"{module.name} calls the step {name}")
        for module in modules("cases", "caseunit")
        if within(module.name, *ABOVE, "caseunit")
        for node, name in imported(module)
        if name in steps
    ]

    assert outside == []


def test_only_services_write() -> None:
    """Above them a view, task or command calls a service; below them a selector only reads.

    The demonstration makes up what a unit has before anybody signs in; the bench fills a scratch
    database.
    """
    writing = [
        module.at(call, f"{module.name} calls {dotted(call.func)}()")
        for module in modules("cases")
        if within(module.name, *ABOVE, "cases.selectors", "cases.access")
        and not within(module.name, *MADE_UP)
        for call in calls(module.tree)
        if _is_orm_write(call)
    ]

    assert writing == []


def test_the_walk_sees_services() -> None:
    names = {function.name for _, function in _services() if _writes(function)}

    assert {"log_response", "create_case", "close_case"} <= names


def test_statuses_change_in_services_only() -> None:
    elsewhere = [
        module.at(node, f"assigns .{target.attr}")
        for module in modules("cases")
        if not within(module.name, "cases.services", "cases.models", "cases.migrations")
        for node in every(module.tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr in {"state", "status", "disposition"}
    ]

    assert elsewhere == []


def _is_service(function: Function) -> bool:
    return "viewer" in {argument.arg for argument in function.args.kwonlyargs}


def _called(function: Function) -> set[str]:
    """What it calls by name; methods of what it was handed belong to somebody else."""
    handed = {node.arg for node in every(function) if isinstance(node, ast.arg)} - {
        "cls",
        "self",
    }
    names = [dotted(call.func) for call in calls(function)]
    return {name.rpartition(".")[2] for name in names if name.partition(".")[0] not in handed}


def _writes(function: Function) -> bool:
    return function.name in _writing()


@cache
def _writing() -> frozenset[str]:
    return _reaching(lambda function: any(_is_write(call) for call in calls(function)))


@cache
def _recording() -> frozenset[str]:
    return _reaching(lambda function: bool(_called(function) & RECORDERS))


@cache
def _atomic() -> frozenset[str]:
    """A long service, such as an import, may open one for each of its batches."""
    return _reaching(_is_atomic)


def _reaching(reaches: Callable[[Function], bool]) -> frozenset[str]:
    """Names of the services' functions that do it themselves or call one that does."""
    inside = [function for module in _in_services() for function in functions(module.tree)]
    called = {function.name: _called(function) for function in inside}
    reached = {function.name for function in inside if reaches(function)}
    while more := {name for name, names in called.items() if names & reached} - reached:
        reached |= more
    return frozenset(reached)


def _is_write(call: ast.Call) -> bool:
    chain = dotted(call.func).split(".")
    return chain[-1] in WRITES and (chain[-1] != "update" or _is_query(chain))


def _is_orm_write(call: ast.Call) -> bool:
    chain = dotted(call.func).split(".")
    return chain[-1] in WRITES - {"execute", "executemany"} and _is_query(chain)


def _is_query(chain: list[str]) -> bool:
    return bool({"objects", "filter", "exclude", "select_for_update"} & set(chain))


def _is_atomic(function: Function) -> bool:
    opened = {dotted(call.func) for call in calls(function)} | set(decorators(function))
    return bool(opened & {"transaction.atomic", "atomic"})


def test_only_access_asks_for_the_viewers_discipline() -> None:
    """Who is a partner decides what they may see, and that is decided in one room."""
    elsewhere = [
        module.at(node, "asks for the viewer's discipline")
        for module in modules("cases")
        if not within(module.name, "cases.access")
        for node in every(module.tree)
        if isinstance(node, ast.Attribute) and dotted(node).endswith("viewer.discipline")
    ]

    assert elsewhere == []
