"""Where do fresh secrets come from, and in what form do containers take them?

`python3 run.py keys FOLDER` writes each into a file of its own, for docker-compose.yml.
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def random_key() -> str:
    """32 bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


APPLICATION: dict[str, Callable[[], str]] = {
    "CASEUNIT_SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "CASEUNIT_SEAL_KEYS": lambda: f"k1:{random_key()}",
    "CASEUNIT_DIGEST_KEY": random_key,
    "CASEUNIT_AUDIT_KEY": random_key,
    "CASEUNIT_BLIND_KEYS": lambda: f"b1:{random_key()}",
}


def password() -> str:
    return secrets.token_hex(24)


def for_containers() -> dict[str, str]:
    """File name to content: every secret that docker-compose.yml hands to its services."""
    owner, database, redis = password(), password(), password()
    application = {name.lower(): make() for name, make in APPLICATION.items()}
    return application | {
        "postgres_superuser_password": password(),
        "postgres_password": owner,
        "postgres_app_password": database,
        "redis_password": redis,
        "owner_database_url": f"postgres://caseunit:{owner}@postgres:5432/caseunit",
        "database_url": f"postgres://caseunit_app:{database}@postgres:5432/caseunit",
        "redis_url": f"redis://:{redis}@redis:6379/0",
    }


def write(folder: Path) -> list[Path]:
    """Write them into a folder that only its owner enters; one that exists stops it.

    The files themselves may be read by all: a container sees only those that it is handed, and
    reads them as a user that this machine does not know.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {folder / name: text for name, text in for_containers().items()}
    if there := [path for path in made if path.exists()]:
        raise FileExistsError(f"{there[0]} exists already, and what it sealed needs it.")
    for path, text in made.items():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    return list(made)
