"""What does the repository's own source say? Files, syntax trees and names, read once."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("caseunit", "cases", "audit")
TOOLS = {".git", ".venv", "venv", "node_modules", ".local", "__pycache__", "staticfiles", "dist"}
TEXT_SUFFIXES = {
    ".cfg", ".conf", ".css", ".csv", ".html", ".ini", ".js", ".json", ".md", ".py", ".sh", ".sql",
    ".svg", ".toml", ".txt", ".yaml", ".yml",
}  # fmt: skip
TEXT_NAMES = {"Dockerfile", "Makefile", "run", ".editorconfig", ".gitignore"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: its path from the root, its dotted name, its tree."""

    path: Path
    name: str
    tree: ast.Module

    def at(self, node: ast.AST, sentence: str) -> str:
        """A finding as a person reads it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {sentence}"


@cache
def files() -> tuple[Path, ...]:
    """Every file of the checkout that people wrote, from the root, in order."""
    found = (path for top in ROOT.iterdir() if top.name not in TOOLS for path in _below(top))
    return tuple(sorted(path.relative_to(ROOT) for path in found))


def texts(*suffixes: str) -> Iterator[tuple[Path, str]]:
    """Text files with these suffixes (all text files when none is given), with their content."""
    for path in files():
        if path.suffix in suffixes if suffixes else _is_text(path):
            yield path, (ROOT / path).read_text(encoding="utf-8", errors="replace")


@cache
def modules(*tops: str) -> tuple[Module, ...]:
    """The parsed Python files below these top-level folders (default: the product's packages)."""
    wanted = tops or PACKAGES
    found = (path for path in files() if path.suffix == ".py")
    return tuple(_module(path) for path in found if path.parts[0].removesuffix(".py") in wanted)


@cache
def _module(path: Path) -> Module:
    text = (ROOT / path).read_text(encoding="utf-8")
    return Module(path, _dotted(path), ast.parse(text, filename=str(path)))


def product() -> tuple[Module, ...]:
    """The product's modules without its migrations."""
    return tuple(module for module in modules() if ".migrations" not in module.name)


def within(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of these packages or lies inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@cache
def every(tree: ast.AST) -> tuple[ast.AST, ...]:
    """The tree's nodes: many laws look at each."""
    return tuple(ast.walk(tree))


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    return (
        node for node in every(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def public_functions(module: Module) -> list[Function]:
    """Module-level functions whose name has no leading underscore."""
    body = (node for node in module.tree.body if isinstance(node, Function))
    return [node for node in body if not node.name.startswith("_")]


def imported(
    module: Module, nodes: Iterable[ast.AST] | None = None
) -> Iterator[tuple[ast.stmt, str]]:
    """Every imported dotted name: `from a.b import c` yields `a.b.c`."""
    for node in every(module.tree) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            yield from ((node, f"{base}.{alias.name}") for alias in node.names)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call."""
    return (node for node in every(tree) if isinstance(node, ast.Call))


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a name or an attribute chain; `?` stands for anything else at its root."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return dotted(node.func) if isinstance(node, ast.Call) else "?"


def decorators(function: Function) -> list[str]:
    """The dotted names of a function's decorators."""
    return [dotted(node) for node in function.decorator_list]


def matches(pattern: str, text: str) -> Iterator[tuple[int, str]]:
    """Line number and match of every occurrence."""
    for match in re.finditer(pattern, text, re.IGNORECASE | re.MULTILINE):
        yield text.count("\n", 0, match.start()) + 1, match.group()


def _below(top: Path) -> Iterator[Path]:
    if top.is_file():
        yield top
    elif not top.is_symlink():
        inside = (path for path in top.rglob("*") if path.is_file())
        yield from (path for path in inside if TOOLS.isdisjoint(path.relative_to(ROOT).parts))


def _is_text(path: Path) -> bool:
    return path.suffix in TEXT_SUFFIXES or path.name in TEXT_NAMES


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    kept = package[: len(package) - node.level + (module.path.name == "__init__.py")]
    return ".".join([*kept, *([node.module] if node.module else [])])
