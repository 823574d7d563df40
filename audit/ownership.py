"""Who owns the tables, and when does a process act as them? Two roles of the database, two duties.

Pages, tasks and ordinary commands sign in as the application's role, which owns nothing. Whoever
changes the tables' shape signs in as their owner, for that command alone (`as_owner`); how is told
to nobody else. A process that finds itself too mighty stops rather than work.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

SIGN_IN = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
NOT_KNOWN = (
    "This needs the owner of the tables: set CASEUNIT_OWNER_DATABASE_URL, or "
    "CASEUNIT_OWNER_DATABASE_URL_FILE, for this command alone. DATABASE_URL is the application's "
    "own role, which owns nothing. docs/operations.md, Two database roles, says how to make it."
)
TOO_MIGHTY = (
    "The database role {role} owns the tables or passes row-level security, and the application "
    "does not work as such a one. Make a role that owns nothing and name it in DATABASE_URL; "
    "docs/operations.md, Two database roles, says how."
)
IS_TOO_MIGHTY = """
SELECT current_user, rolsuper OR rolbypassrls OR EXISTS (
    SELECT FROM pg_class
    WHERE oid = to_regclass('audit_entry') AND pg_has_role(current_user, relowner, 'USAGE')
)
FROM pg_roles WHERE rolname = current_user
"""


class OwnerNotKnown(RuntimeError):
    """Nobody told this process how the owner of the tables signs in."""


@contextmanager
def as_owner(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Every statement of this process goes as the owner of the tables. Outside a transaction.

    Raises OwnerNotKnown.
    """
    wrapper = connections[using]
    if is_owner(wrapper):
        yield
        return
    known: dict[str, Any] | None = settings.OWNER_DATABASE
    if known is None and settings.ONE_DATABASE_ROLE:
        yield
        return
    if known is None:
        raise OwnerNotKnown(NOT_KNOWN)
    with signed_in_as(known, using=using):
        yield


@contextmanager
def signed_in_as(known: Mapping[str, Any], *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Every statement of this process goes as whom `known` names, as in DATABASES. Outside a
    transaction.
    """
    wrapper = connections[using]
    before = {name: wrapper.settings_dict[name] for name in SIGN_IN}
    wrapper.close()
    wrapper.settings_dict.update({name: known[name] for name in SIGN_IN if name in known})
    try:
        yield
    finally:
        wrapper.close()
        wrapper.settings_dict.update(before)


def is_owner(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether this connection is to sign in as the owner."""
    known: dict[str, Any] | None = settings.OWNER_DATABASE
    return known is not None and bool(known["USER"] == wrapper.settings_dict["USER"])


def refuse_owner(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    """For `connection_created`. Raises ImproperlyConfigured for a role that may do too much."""
    if is_owner(connection) or settings.ONE_DATABASE_ROLE:
        return
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(IS_TOO_MIGHTY)
        role, is_too_mighty = cursor.fetchone()
    if is_too_mighty:
        connection.close()
        raise ImproperlyConfigured(TOO_MIGHTY.format(role=role))
