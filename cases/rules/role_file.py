"""What does a file of roles say? Checked whole: what is wrong with it is said in a sentence."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cases.enums import Permission, Scope
from cases.rules.reading import (
    PolicyError,
    Table,
    read_count,
    read_items,
    read_one,
    read_set,
    read_text,
)

FORMAT = "caseunit-roles"
SCHEMA = 1
MOST_CHARACTERS = 100_000


class BadRoleFile(ValueError):
    """The file can't be read as roles."""


@dataclass(frozen=True, slots=True)
class RoleOnFile:
    """One role as a file says it is to be. `version` is the one it was exported at."""

    code: str
    label: str
    scope: Scope
    version: int
    permissions: frozenset[Permission]


def write_roles(roles: Iterable[RoleOnFile]) -> str:
    """The file's text; the same roles give the same text."""
    rows = [
        {
            "code": role.code,
            "label": role.label,
            "scope": role.scope.value,
            "version": role.version,
            "permissions": sorted(permission.value for permission in role.permissions),
        }
        for role in sorted(roles, key=lambda one: one.code)
    ]
    return json.dumps({"format": FORMAT, "schema": SCHEMA, "roles": rows}, indent=2) + "\n"


def read_roles(text: str) -> tuple[RoleOnFile, ...]:
    """The roles that a file describes. Raises BadRoleFile."""
    if len(text) > MOST_CHARACTERS:
        raise BadRoleFile("The file is too large for a file of roles.")
    try:
        return _roles(json.loads(text, object_pairs_hook=_once))
    except (json.JSONDecodeError, RecursionError):
        raise BadRoleFile("The file is not JSON. Use one that was exported here.") from None
    except PolicyError as error:
        raise BadRoleFile(str(error)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise PolicyError("A key stands there twice.")
    return table


def _roles(value: object) -> tuple[RoleOnFile, ...]:
    table = Table(value, "file")
    table.need("format", _format)
    table.need("schema", _schema)
    roles: tuple[RoleOnFile, ...] = table.need("roles", _items)
    table.close()
    codes = [role.code for role in roles]
    if not roles or len(set(codes)) != len(codes):
        raise PolicyError("file.roles must name at least one role, and none twice.")
    return roles


def _items(value: object, path: str) -> tuple[RoleOnFile, ...]:
    return read_items(_role, value, path)


def _role(value: object, path: str) -> RoleOnFile:
    table = Table(value, path)
    role = RoleOnFile(
        code=table.need("code", read_text),
        label=table.need("label", read_text),
        scope=table.need("scope", _scope),
        version=table.need("version", read_count),
        permissions=table.need("permissions", _permissions),
    )
    table.close()
    return role


def _scope(value: object, path: str) -> Scope:
    return read_one(Scope, value, path)


def _permissions(value: object, path: str) -> frozenset[Permission]:
    return read_set(Permission, value, path)


def _format(value: object, path: str) -> str:
    if value != FORMAT:
        raise PolicyError(f"{path} must be {FORMAT}: this is no file of roles.")
    return FORMAT


def _schema(value: object, path: str) -> int:
    if value != SCHEMA:
        raise PolicyError(f"{path} must be {SCHEMA}: this file was made for another version.")
    return SCHEMA
