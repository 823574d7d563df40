"""Does any regular expression take longer over a text than the text is worth?

Every pattern that the product's modules hold, or write where they use it, is read; none of them is
timed. What is typed into a form or imported meets these patterns.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.architecture.patterns import creeps, explodes
from tests.architecture.source import Module, calls, dotted, product

USES = {
    f"re.{name}"
    for name in (
        "compile",
        "match",
        "fullmatch",
        "search",
        "sub",
        "subn",
        "split",
        "findall",
        "finditer",
    )
}
# Patterns that a long run would make slow, were it ever searched for them.
SHORT_TEXTS = {
    "cases.rules.redaction_runs._LETTERS": "asked of the whole of what stands between two words",
    "cases.rules.unnamed._KEPT": "reasons and comments of a page of text at the most",
    "cases.services.importing.values.MONTHS": "asked of a cell as a whole",
}
# Modules that do something when they are imported.
NOT_IMPORTED = ("caseunit.settings", "caseunit.embedded.__main__", "caseunit.wsgi")


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a*)*b",
        r"([a-z]+)*-",
        r"(\w+\s?)*$",
        r"(.*,)*x",
        r"(?:[\w.-]+)+@",
        r"^(\d+|[0-9a-f]+)*$",
        r"((ab*)+c?)+$",
    ],
)
def test_patterns_that_explode_are_told(pattern: str) -> None:
    assert explodes(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"[a-z]+(-[a-z]+)*",
        r"(?:\s+\w+)*$",
        r"(\d{1,5})-(\d{0,5})",
        r"(?>a+)+$",
        r"(?:a++)+$",
        r"(a{1,3}){1,3}",
        r"^[A-Za-z0-9/. -]*[0-9][A-Za-z0-9/. -]*$",
    ],
)
def test_patterns_that_do_not_are_let_be(pattern: str) -> None:
    assert not explodes(pattern)


def test_no_pattern_of_the_product_explodes() -> None:
    found = {where: pattern for where, pattern, flags in _patterns() if explodes(pattern, flags)}

    assert found == {}


@pytest.mark.parametrize(
    "pattern",
    [r"[\w.]+@", r"\s*x", r"(?:(a*)b)", r"\b[\w.]*\d", r"x|\d+y", r"(?<!b)a+b", r"a*+b", r".*?x"],
)
def test_patterns_that_creep_are_told(pattern: str) -> None:
    assert creeps(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"[\w.]{1,64}@", r"^\s*x", r"\b\w+@", r"(?<![\w.])[\w.]+@", r"\w+", r"a+(?:-b)?", r"x\s*y"],
)
def test_patterns_that_do_not_creep_are_let_be(pattern: str) -> None:
    assert not creeps(pattern)


def test_no_pattern_of_the_product_creeps_over_a_long_text() -> None:
    """A text may have 100,000 characters: a run of them, begun at each, is minutes."""
    found: dict[str, str] = {}
    for where, pattern, flags in _patterns():
        if creeps(pattern, flags):
            found.setdefault(pattern, where.partition(": ")[0])

    assert set(found.values()) == SHORT_TEXTS.keys()


def test_the_walk_sees_patterns() -> None:
    assert len(list(_patterns())) > 40


def _patterns() -> Iterator[tuple[str, str, int]]:
    for module in product():
        if not module.name.startswith(NOT_IMPORTED):
            yield from _held(importlib.import_module(module.name))
        yield from _written(module)


def _held(module: ModuleType) -> Iterator[tuple[str, str, int]]:
    """Patterns in a module's names, and in tuples, lists and mappings there."""
    for name, value in vars(module).items():
        for one in _within(value):
            if isinstance(one.pattern, str):
                yield f"{module.__name__}.{name}: {one.pattern}", one.pattern, one.flags


def _within(value: Any) -> Iterator["re.Pattern[Any]"]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _within(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _within(one)


def _written(module: Module) -> Iterator[tuple[str, str, int]]:
    for call in calls(module.tree):
        first = call.args[0] if call.args else None
        named = dotted(call.func) in USES or dotted(call.func).endswith("RegexValidator")
        if named and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield module.at(call, first.value), first.value, 0
