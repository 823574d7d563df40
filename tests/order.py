"""Which tests begin first? Those that take longest, so that at the end nobody waits for one."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def long_first(items: Sequence[T], long: Iterable[Sequence[T]], workers: int) -> list[T]:
    """Each worker is dealt an equal, unbroken share of the list: at its head stand its modules of
    those that take long, which stay whole; the rest keeps its order.
    """
    modules = list(long)
    early = {id(item) for module in modules for item in module}
    rest = [item for item in items if id(item) not in early]
    ordered: list[T] = []
    for worker in range(workers):
        own = [item for module in modules[worker::workers] for item in module]
        share = (len(items) - len(ordered)) // (workers - worker)
        fill = max(share - len(own), 0)
        ordered += [*own, *rest[:fill]]
        rest = rest[fill:]
    return [*ordered, *rest]


def modules_of(items: Iterable[Any]) -> list[list[Any]]:
    """The items of each module, in the modules' order by name: the same in every run."""
    by_module: dict[str, list[Any]] = {}
    for item in items:
        by_module.setdefault(str(item.path), []).append(item)
    return [by_module[name] for name in sorted(by_module)]
