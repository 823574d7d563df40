"""Which tables have data keys? Asked of the classes, so that a new one is never forgotten."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from cases.models.base import Sealed


def sealed_models() -> tuple[type[Sealed], ...]:
    """Every table with data keys, new ones included, by name."""
    every: type[Any] = Sealed
    found = [model for model in _below(every) if not model._meta.abstract]
    return tuple(sorted(found, key=lambda model: model._meta.db_table))


def keyed(model: type[Sealed]) -> QuerySet[Sealed]:
    """The rows that have a data key; the others are expunged or never had one."""
    return model._default_manager.filter(wrapped_key__isnull=False)


def _below(model: type[Sealed]) -> Iterator[type[Sealed]]:
    for child in model.__subclasses__():
        yield child
        yield from _below(child)
