"""Does the verification standard's table hold every requirement once, and only tests there are?

The numbers are OWASP ASVS 5.0.0's, levels 1 (a) and 2 (b), of the chapters that the table covers.
"""

import ast
import re
from functools import cache

import pytest

from tests.architecture.source import ROOT, functions
from tests.leaks import exact_sets

TABLE = ROOT / "docs" / "asvs.md"
ROW = re.compile(r"^\| ([0-9.]+) \| ([12]) \| ([^|]+) \|([^|]*)\| ([^|]+) \|$", re.MULTILINE)
LEVELS = {"a": "1", "b": "2"}
ASKED = {
    "1.1": "1b 2b",
    "1.2": "1a 2a 3a 4a 5a 6b 7b 8b 9b",
    "1.3": "1a 2a 3b 4b 5b 6b 7b 8b 9b 10b 11b",
    "1.4": "1b 2b 3b",
    "1.5": "1a 2b",
    "2.1": "1a 2b 3b",
    "2.2": "1a 2a 3b",
    "2.3": "1a 2b 3b 4b",
    "2.4": "1b",
    "3.2": "1a 2a",
    "3.3": "1a 2b 3b 4b",
    "3.4": "1a 2a 3b 4b 5b 6b",
    "3.5": "1a 2a 3a 4b 5b",
    "3.7": "1b 2b",
    "4.1": "1a 2b 3b",
    "4.2": "1b",
    "4.3": "1b 2b",
    "4.4": "1a 2b 3b 4b",
    "5.1": "1b",
    "5.2": "1a 2a 3b",
    "5.3": "1a 2a",
    "5.4": "1b 2b 3b",
    "6.1": "1a 2b 3b",
    "6.2": "1a 2a 3a 4a 5a 6a 7a 8a 9b 10b 11b 12b",
    "6.3": "1a 2a 3b 4b",
    "6.4": "1a 2a 3b 4b",
    "6.5": "1b 2b 3b 4b 5b",
    "6.6": "1b 2b 3b",
    "6.8": "1b 2b 3b 4b",
    "7.1": "1b 2b 3b",
    "7.2": "1a 2a 3a 4a",
    "7.3": "1b 2b",
    "7.4": "1a 2a 3b 4b 5b",
    "7.5": "1b 2b",
    "7.6": "1b 2b",
    "8.1": "1a 2b",
    "8.2": "1a 2a 3b",
    "8.3": "1a",
    "8.4": "1b",
    "14.1": "1b 2b",
    "14.2": "1a 2b 3b 4b",
    "14.3": "1a 2b 3b",
    "16.1": "1b",
    "16.2": "1b 2b 3b 4b 5b",
    "16.3": "1b 2b 3b 4b",
    "16.4": "1b 2b 3b",
    "16.5": "1b 2b 3b",
}
NAMED = re.compile(r"`([^`]+)`")
OPEN = ("missing: ", "not applicable: ")


def _rows() -> list[tuple[str, ...]]:
    return ROW.findall(TABLE.read_text(encoding="utf-8"))


def test_every_requirement_stands_once_with_its_level() -> None:
    rows = [(number, level) for number, level, *_ in _rows()]
    asked = [
        (f"{section}.{one[:-1]}", LEVELS[one[-1]])
        for section, numbers in ASKED.items()
        for one in numbers.split()
    ]

    exact_sets([" ".join(row) for row in rows], [" ".join(one) for one in asked])
    assert len(rows) == len(asked)


def test_every_row_names_a_test_or_a_document_or_says_what_is_open() -> None:
    silent = [
        number
        for number, _, _, _, shown in _rows()
        if not (shown.startswith(OPEN) or NAMED.findall(shown))
    ]

    assert silent == []


@pytest.mark.parametrize("document", ["asvs.md", "attacks.md", "threat-model.md"])
def test_what_is_named_is_there(document: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    named = [one for one in NAMED.findall(text) if ".py::" in one or one.startswith("docs/")]
    gone = [one for one in named if not _is_there(one)]

    assert gone == []
    assert named


def test_a_name_that_is_none_is_told() -> None:
    assert not _is_there("architecture/test_asvs.py::test_that_nobody_wrote")
    assert not _is_there("docs/nothing.md")


def _is_there(name: str) -> bool:
    path, _, function = name.partition("::")
    if not function:
        return (ROOT / path).is_file()
    return function in _tests_of(path)


@cache
def _tests_of(path: str) -> frozenset[str]:
    file = ROOT / "tests" / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(function.name for function in functions(tree))
