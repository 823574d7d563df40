"""How do tens of thousands of rows get into a table at once? Not each by an INSERT of its own.

COPY is the cheapest, and the owner's alone: PostgreSQL refuses it where row-level security holds.
The application sends each column as one array, which costs little more.
"""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import AutoField, Model

from audit.binding import bind_before_copy

NULL = r"\N"
AT_ONCE = 5_000
# A cast to a length cuts off what is too long; without one it is refused.
_LENGTH = re.compile(r"\(\d+\)")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def add_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `rows`, whose values stand in the order of `columns` (attribute names of the model).

    What the rows don't give takes the model's own default; a numbered key, and what the table
    fills in by itself, are left to it.
    Inside the caller's transaction.
    """
    rest = _defaults(model, columns)
    fields = {one.attname: one for one in model._meta.concrete_fields}
    into = ", ".join(_quoted(str(fields[name].column)) for name in (*columns, *rest))
    chosen = [
        f"{_quoted(name)}::{_LENGTH.sub('', str(fields[name].db_type(connection)))}"
        for name in columns
    ]
    arrays = ", ".join(["%s::text[]"] * len(columns))
    sql = (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({into}) "  # noqa: S608
        f"SELECT {', '.join([*chosen, *['%s'] * len(rest)])} "
        f"FROM unnest({arrays}) AS given ({', '.join(map(_quoted, columns))})"
    )
    every = list(rows)
    with connection.cursor() as cursor:
        for start in range(0, len(every), AT_ONCE):
            by_column = zip(*every[start : start + AT_ONCE], strict=True)
            cursor.execute(sql, [*rest.values(), *map(_array, by_column)])


def _array(values: Iterable[Any]) -> str:
    """As PostgreSQL reads an array of texts."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return rf'"\\x{value.hex()}"'
    text = value.isoformat() if isinstance(value, date) else str(value)
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The same by COPY, for whoever owns the tables."""
    rest = _defaults(model, columns)
    by_name = {one.attname: str(one.column) for one in model._meta.concrete_fields}
    names = [by_name[name] for name in (*columns, *rest)]
    tail = "".join(f"\t{_encoded(value)}" for value in rest.values()) + "\n"
    lines = ("\t".join(map(_encoded, row)) + tail for row in rows)
    quoted = ", ".join(_quoted(name) for name in names)
    table = _quoted(model._meta.db_table)
    bind_before_copy()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({quoted}) FROM STDIN", io.StringIO("".join(lines)))


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


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
