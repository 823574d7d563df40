"""Do tasks carry ids only, by keyword, and start when the transaction has committed? (law 7)"""

import ast

from tests.architecture.source import (
    Function,
    Module,
    calls,
    decorators,
    dotted,
    every,
    functions,
    modules,
    within,
)

TASK_DECORATORS = {"shared_task", "app.task", "celery_app.task", "celery.shared_task"}
# Besides ids: which turn of a schedule it is, and its number in a batch.
OTHER_ARGUMENTS = {"slot", "chunk"}
ID_TYPES = {"str", "int", "UUID", "list[str]", "list[int]", "str | None", "int | None"}
DISPATCH = {"apply_async", "delay", "send_task"}


def _tasks() -> list[tuple[Module, Function]]:
    return [
        (module, function)
        for module in modules("audit", "cases", "caseunit")
        for function in functions(module.tree)
        if TASK_DECORATORS.intersection(decorators(function))
    ]


def test_tasks_live_in_the_room_for_tasks() -> None:
    strays = [
        module.at(function, f"task {function.name}")
        for module, function in _tasks()
        if not within(module.name, "audit.tasks", "cases.tasks")
    ]

    assert strays == []


def test_task_arguments_are_keyword_only() -> None:
    positional = [
        module.at(function, f"task {function.name} takes positional arguments")
        for module, function in _tasks()
        if [
            arg.arg
            for arg in [*function.args.posonlyargs, *function.args.args]
            if arg.arg != "self"
        ]
        or function.args.vararg
        or function.args.kwarg
    ]

    assert positional == []


def test_task_arguments_are_ids() -> None:
    others = [
        module.at(argument, f"task {function.name} takes {argument.arg}")
        for module, function in _tasks()
        for argument in function.args.kwonlyargs
        if not _is_id(argument)
    ]

    assert others == []


def test_tasks_are_called_by_keyword() -> None:
    positional = [
        module.at(call, f"{dotted(call.func)} with positional arguments")
        for module in modules("cases")
        for call in calls(module.tree)
        if _tail(call) in {"delay", "delay_on_commit"} and call.args
    ]

    assert positional == []


def test_tasks_are_dispatched_on_commit() -> None:
    early = [
        module.at(call, f"{dotted(call.func)} outside transaction.on_commit")
        for module in modules("cases")
        for call in calls(module.tree)
        if _tail(call) in DISPATCH and id(call) not in _inside_on_commit(module)
    ]

    assert early == []


def _is_id(argument: ast.arg) -> bool:
    named = argument.arg.endswith(("_id", "_ids")) or argument.arg in OTHER_ARGUMENTS
    return (
        named and argument.annotation is not None and ast.unparse(argument.annotation) in ID_TYPES
    )


def _tail(call: ast.Call) -> str:
    return dotted(call.func).rpartition(".")[2]


def _inside_on_commit(module: Module) -> set[int]:
    return {
        id(inner)
        for outer in calls(module.tree)
        if _tail(outer) == "on_commit"
        for inner in every(outer)
        if isinstance(inner, ast.Call)
    }
