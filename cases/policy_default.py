"""Which policy does a unit start with? Reads the rules' default data; parsing is the rules' own."""

import tomllib
from pathlib import Path
from typing import Any

from cases.rules.policy import Policy

_DATA = Path(__file__).parent / "rules" / "default_policy.toml"

DEFAULT_POLICY: dict[str, Any] = tomllib.loads(_DATA.read_text(encoding="utf-8"))


def default_policy() -> Policy:
    """A fresh parse of the default policy."""
    return Policy.from_dict(DEFAULT_POLICY)
