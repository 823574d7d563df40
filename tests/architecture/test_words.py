"""Is the source tidy: documented, short, quiet, and free of what belongs to somebody's machine?"""

import ast
from pathlib import Path
from statistics import median

from tests.architecture.source import (
    Module,
    calls,
    dotted,
    functions,
    matches,
    modules,
    product,
    texts,
    within,
)

MAX_LINES = 400
# Tables and scenes read well at length.
MAX_TEST_LINES = 700
# Rooms that outgrew the limit, with the size they may not exceed until they are split.
OUTGROWN: dict[str, int] = {
    "cases/forms/intake.py": 460,
    "cases/rules/clocks.py": 425,
}
LONG_FUNCTION = 30
# What a person starts in a terminal speaks to that person; everything else logs.
TALKING = ("caseunit.embedded",)
TEST_DATA = ("tests", "data")
# Joined here, so that this file doesn't hold what it looks for.
MACHINE = (
    "/" + "work/(main|shared|tools)",
    "/" + "root/",
    "/" + r"tmp/w\b",
    r"\.\./" + "shared/",
    "/" + "home/[a-z]+/",
)
REGISTRIES = (
    r"registry\.[a-z]+",
    "npm" + r"js\.(org|com)",
    "py" + r"pi\.org/simple",
    "files.python" + "hosted",
    r"(extra-)?index" + "-url",
    r'"resol' + r'ved":\s*"http',
)
AMBIGUOUS = r"\b" + "C" + "AC" + r"\b"


def _hits(*patterns: str) -> list[str]:
    return [
        f"{path}:{line}: {text}"
        for path, content in texts()
        if path.parts[:2] != TEST_DATA
        for pattern in patterns
        for line, text in matches(pattern, content)
    ]


def test_no_path_of_somebodys_machine() -> None:
    assert _hits(*MACHINE) == []


def test_no_address_of_a_registry() -> None:
    assert _hits(*REGISTRIES) == []


def test_the_ambiguous_abbreviation_never_appears() -> None:
    assert _hits(AMBIGUOUS) == []


def test_every_module_says_what_question_it_answers() -> None:
    silent = [
        str(module.path)
        for module in modules(*_everywhere())
        if not ast.get_docstring(module.tree) and ".migrations" not in module.name
    ]

    assert silent == []


def test_no_file_outgrows_its_room() -> None:
    long = [
        f"{path}: {lines} lines"
        for path, content in texts(".py", ".html", ".js", ".css")
        if path.parts[:2] != TEST_DATA
        and "migrations" not in path.parts
        and (lines := content.count("\n")) > _limit(path)
    ]

    assert long == []


def _limit(path: Path) -> int:
    return OUTGROWN.get(str(path), MAX_TEST_LINES if path.parts[0] == "tests" else MAX_LINES)


def test_what_was_split_is_off_the_list_of_outgrown_rooms() -> None:
    sizes = {str(path): content.count("\n") for path, content in texts(".py")}

    assert [path for path in OUTGROWN if sizes.get(path, 0) <= MAX_LINES] == []


def test_nothing_prints() -> None:
    printing = [
        module.at(call, "print()")
        for module in product()
        if not within(module.name, *TALKING)
        for call in calls(module.tree)
        if dotted(call.func) in {"print", "pprint", "breakpoint"}
    ]

    assert printing == []


def test_functions_are_small() -> None:
    lengths = [_length(function) for module in product() for function in functions(module.tree)]
    long = [length for length in lengths if length > LONG_FUNCTION]

    assert median(lengths) < 10
    assert len(long) <= len(lengths) * 0.03, _longest()


def _everywhere() -> tuple[str, ...]:
    return ("audit", "cases", "caseunit", "manage", "run", "tests")


def _length(function: ast.AST) -> int:
    return getattr(function, "end_lineno", 0) - getattr(function, "lineno", 0) + 1


def _longest() -> list[str]:
    return [
        module.at(function, f"{function.name}: {_length(function)} lines")
        for module in product()
        for function in functions(module.tree)
        if _length(function) > LONG_FUNCTION
    ]


def test_logs_are_written_with_constant_messages() -> None:
    """A message built from values could carry an identity; the leak tests check the arguments."""
    built = [
        module.at(call, f"{dotted(call.func)} with a built message")
        for module in product()
        for call in calls(module.tree)
        if _is_log(call) and call.args and not isinstance(call.args[0], ast.Constant)
    ]

    assert built == []


def _is_log(call: ast.Call) -> bool:
    root, _, method = dotted(call.func).rpartition(".")
    return root.split(".")[-1] in {"log", "logger", "logging"} and method in {
        "critical", "debug", "error", "exception", "info", "warning",
    }  # fmt: skip


def test_the_walk_sees_files() -> None:
    found: tuple[Module, ...] = modules(*_everywhere())

    assert len(found) > 20
