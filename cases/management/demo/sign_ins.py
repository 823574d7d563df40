"""How does somebody try the demonstration? One password per role, made for this installation only.

They stand in a file that only its owner reads, beside the keys. Nothing about them is in the
source, so a demonstration exposed by mistake is not open to whoever has read it.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

FILE = "demo-sign-ins"
OWNER_ONLY = 0o600
SYLLABLES = (
    "ba",
    "de",
    "fi",
    "go",
    "ka",
    "lu",
    "me",
    "no",
    "pi",
    "ra",
    "su",
    "ta",
    "ve",
    "wo",
    "zu",
)


def new_passwords(roles: Iterable[str]) -> dict[str, str]:
    """A password per role that can be read aloud and typed: 55 bits of chance."""
    return {role: _password() for role in roles}


def _password() -> str:
    words = ("".join(secrets.choice(SYLLABLES) for _ in range(3)) for _ in range(4))
    return "-".join(words) + f"-{secrets.randbelow(100):02}"


def keep(home: Path, passwords: Mapping[str, str]) -> None:
    """Write the sign-ins for `read` to find; readable by their owner from the first byte on."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / FILE
    path.unlink(missing_ok=True)
    path.touch(mode=OWNER_ONLY)
    path.write_text(json.dumps(dict(passwords), indent=1), encoding="utf-8")


def read(home: Path) -> Mapping[str, str]:
    """The sign-ins by role; empty when there are none."""
    path = home / FILE
    if not path.is_file():
        return {}
    return {str(role): str(word) for role, word in json.loads(path.read_text("utf-8")).items()}


def table(passwords: Mapping[str, str]) -> str:
    """Role, username and password in columns. A demonstration's usernames are its roles."""
    rows = [("Role", "Username", "Password")]
    rows += [(role.capitalize(), role, word) for role, word in passwords.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
