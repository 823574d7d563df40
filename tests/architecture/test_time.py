"""Is `now` a parameter everywhere below the edges? (law 6)"""

import ast

from tests.architecture.source import Module, calls, dotted, every, product, within

# The edges read the clock once and hand it on. `caseunit` runs processes, outside the domain.
EDGES = (
    "audit.acts",  # The end of a task, as the middleware is of a request.
    "audit.apps",  # Django says that it migrated, and hands no time over.
    "audit.management.commands",
    "audit.middleware",
    "audit.tasks",
    "caseunit",
    "cases.admin",
    "cases.management.commands",
    "cases.tasks",
    "cases.views",
)
CLOCKS = frozenset(
    {
        "date.today",
        "datetime.now",
        "datetime.today",
        "datetime.utcnow",
        "time.monotonic",
        "time.time",
        "timezone.localdate",
        "timezone.localtime",
        "timezone.now",
    }
)
DATABASE_CLOCKS = ("now()", "current_timestamp", "clock_timestamp(", "statement_timestamp(")


def test_no_clock_is_read_below_the_edges() -> None:
    found = [
        module.at(call, f"reads the clock: {dotted(call.func)}()")
        for module in _inner()
        for call in calls(module.tree)
        if _reads_clock(call)
    ]

    assert found == []


def test_no_clock_is_handed_over_as_a_default() -> None:
    found = [
        module.at(keyword.value, f"{keyword.arg}={dotted(keyword.value)}")
        for module in _inner()
        for call in calls(module.tree)
        for keyword in call.keywords
        if keyword.arg in {"auto_now", "auto_now_add"} or _tail(dotted(keyword.value)) in CLOCKS
    ]

    assert found == []


def test_no_sql_asks_the_database_for_the_time() -> None:
    found = [
        module.at(node, f"SQL uses {clock}")
        for module in _inner()
        for node in every(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for clock in DATABASE_CLOCKS
        if _is_sql(node.value) and clock in node.value.lower()
    ]

    assert found == []


def _inner() -> list[Module]:
    return [module for module in product() if not within(module.name, *EDGES)]


def _reads_clock(call: ast.Call) -> bool:
    name = _tail(dotted(call.func))
    # timezone.localtime(value) converts; without a value it reads the clock.
    converts = name in {"timezone.localtime", "timezone.localdate"} and (call.args or call.keywords)
    return name in CLOCKS and not converts


def _tail(name: str) -> str:
    return ".".join(name.split(".")[-2:])


def _is_sql(text: str) -> bool:
    return any(word in text.upper().split() for word in ("SELECT", "INSERT", "UPDATE", "DELETE"))
