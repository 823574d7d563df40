"""As whom does a process sign in to the database? As the application; its owner is another."""

from typing import Any

import dj_database_url
from environs import EnvError

from caseunit.settings.environment import env, required

OWNER = "CASEUNIT_OWNER_DATABASE_URL"
USUAL = "caseunit_app"

Database = dict[str, Any]


def application_database() -> Database:
    """The role that pages, tasks and ordinary commands work as."""
    return {
        **required("DATABASE_URL", lambda url: dj_database_url.parse(url, conn_max_age=60)),
        "ATOMIC_REQUESTS": True,
        "CONN_HEALTH_CHECKS": True,
    }


def owner_database() -> Database | None:
    """The role that owns the tables, where this process was told of it."""
    try:
        env.str(OWNER)
    except EnvError:
        return None
    except ValueError:
        pass  # the file can't be read: `required` says so
    return dict(required(OWNER, dj_database_url.parse))
