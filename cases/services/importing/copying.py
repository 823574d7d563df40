"""How do tens of thousands of rows get into a table at once? By COPY, far cheaper than INSERT."""

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import AutoField, Model

from audit.binding import bind_before_copy

NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `rows`, whose values stand in the order of `columns` (attribute names of the model).

    What the rows don't give takes the model's own default; a numbered key, and what the table
    fills in by itself, are left to it.
    Inside the caller's transaction.
    """
    rest = _defaults(model, columns)
    by_name = {one.attname: str(one.column) for one in model._meta.concrete_fields}
    names = [by_name[name] for name in (*columns, *rest)]
    tail = "".join(f"\t{_encoded(value)}" for value in rest.values()) + "\n"
    lines = ("\t".join(map(_encoded, row)) + tail for row in rows)
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    table = connection.ops.quote_name(model._meta.db_table)
    bind_before_copy()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({quoted}) FROM STDIN", io.StringIO("".join(lines)))


def _defaults(model: type[Model], columns: Sequence[str]) -> dict[str, Any]:
    blank = model()
    return {
        field.attname: getattr(blank, field.attname)
        for field in model._meta.concrete_fields
        if field.attname not in columns
        and not isinstance(field, AutoField)
        and not field.has_db_default()
    }


def _encoded(value: Any) -> str:
    return NULL if value is None else _ENCODERS.get(type(value), _text)(value)


def _text(value: Any) -> str:
    return str(value).translate(_ESCAPES)


def _bytes(value: bytes) -> str:
    return rf"\\x{value.hex()}"


def _boolean(value: bool) -> str:  # noqa: FBT001
    return "t" if value else "f"


_ENCODERS: dict[type, Callable[[Any], str]] = {
    bytes: _bytes,
    bool: _boolean,
    int: str,
    UUID: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
}
