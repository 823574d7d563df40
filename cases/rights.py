"""What may the application's role do to which table? A rule gives each its rights, new ones too.

`migrate` grants them anew each time, as the owner. What the application never does to a table it
may not do: the log and what is signed for good only grow, and a case is deleted by nobody.
"""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

READ = ("SELECT",)
APPEND = ("SELECT", "INSERT")
KEEP = ("SELECT", "INSERT", "UPDATE")
DROP = ("SELECT", "INSERT", "UPDATE", "DELETE")

# The first that a table's name begins with. A table that none fits may not be used at all.
BY_BEGINNING: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("audit_entry_", READ),
    ("audit_retire", READ),
    ("audit_", APPEND),
    ("cases_account_", READ),
    ("cases_", KEEP),
    ("django_session", DROP),
    ("mfa_", DROP),
    ("account_", READ),
    ("auth_", READ),
    ("django_", READ),
    ("guardian_", READ),
)
BY_NAME: dict[str, tuple[str, ...]] = {
    "cases_accessreview": APPEND,
    "cases_auditreview": APPEND,
    "cases_blindtoken": DROP,
    "cases_casegroupobjectpermission": READ,
    "cases_clock": DROP,
    "cases_draft": DROP,
    "cases_importchunk": DROP,
    "cases_importrejection": DROP,
    "cases_offensecode": READ,
    "cases_policy": APPEND,
    "cases_providerlink": DROP,
    "cases_releasefile": DROP,
    "cases_releaseitem": DROP,
    "cases_releasemark": DROP,
    "cases_releaseresult": DROP,
    "cases_rolepermission": DROP,
    "cases_savedfilter": DROP,
    "cases_spentanswer": DROP,
    "cases_submittedform": DROP,
}
# What acts with its owner's rights, and so may be called by the application's role alone.
CALLED = (
    "audit_make_months(date[])",
    "cases_alike(uuid[],text[],timestamp with time zone,integer)",
    "cases_numbered(text,text,integer)",
)

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relowner = (
    SELECT oid FROM pg_roles WHERE rolname = current_user
)
ORDER BY relname
"""
# Of a database taken back to an earlier migration, those that it has.
FUNCTIONS = "SELECT name FROM unnest(%s) AS name WHERE to_regprocedure(name) IS NOT NULL"


def rights_of(table: str) -> tuple[str, ...]:
    """What the application's role may do to the table; nothing when no rule knows it."""
    if table in BY_NAME:
        return BY_NAME[table]
    known = (rights for beginning, rights in BY_BEGINNING if table.startswith(beginning))
    return next(known, ())


def grant_rights(*, using: str) -> None:
    """Give the application's role exactly what it has by the rules above. As the owner.

    Raises ImproperlyConfigured when there is no such role, or when it is the owner itself.
    """
    wrapper = connections[using]
    role = wrapper.ops.quote_name(settings.APPLICATION_ROLE)
    # In one transaction, so that nobody sees the application's role without its rights.
    with transaction.atomic(using=using), wrapper.cursor() as cursor:
        cursor.execute(
            "SELECT rolname = current_user FROM pg_roles WHERE rolname = %s",
            [settings.APPLICATION_ROLE],
        )
        _require_other(cursor.fetchone())
        cursor.execute(TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(FUNCTIONS, [list(CALLED)])
        functions = [name for (name,) in cursor.fetchall()]
        cursor.execute("\n".join(_statements(wrapper, role, tables, functions)))


def _require_other(found: tuple[bool] | None) -> None:
    name = settings.APPLICATION_ROLE
    if found is None:
        raise ImproperlyConfigured(f"There is no database role {name}: DATABASE_URL names it.")
    if found[0]:
        raise ImproperlyConfigured(
            f"DATABASE_URL and CASEUNIT_OWNER_DATABASE_URL name the same role {name}. "
            "docs/operations.md, Two database roles, says how to make the application's."
        )


def _statements(
    wrapper: BaseDatabaseWrapper, role: str, tables: list[str], functions: list[str]
) -> list[str]:
    quoted = wrapper.ops.quote_name
    every = ", ".join(map(quoted, tables))
    return [
        f"REVOKE ALL ON {every} FROM PUBLIC, {role};",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        f"GRANT USAGE ON SCHEMA public TO {role};",
        *(
            f"GRANT {', '.join(rights_of(table))} ON {quoted(table)} TO {role};"
            for table in tables
            if rights_of(table)
        ),
        *(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC;" for function in functions),
        *(f"GRANT EXECUTE ON FUNCTION {function} TO {role};" for function in functions),
    ]
