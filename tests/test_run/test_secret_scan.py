"""Is a secret found before it is kept, said without its value, and is what is none let be?

The planted ones are made while the test runs: none of them stands in this file.
"""

import base64
import importlib.util
import secrets
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.test_run.conftest import CHECKOUT

SCAN = CHECKOUT / ".ci" / "secret_scan.py"


@pytest.fixture(scope="module")
def scan() -> ModuleType:
    spec = importlib.util.spec_from_file_location("secret_scan", SCAN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN " + "RSA PRIVATE KEY-----",
        "-----BEGIN " + "PRIVATE KEY-----",
        "id = AKIA" + "Q" * 16,
        "ghp" + "_" + secrets.token_hex(18),
        "DATABASE_URL=postgres://unit:" + secrets.token_hex(8) + "@host/unit",
        f"CASEUNIT_SECRET_KEY={secrets.token_urlsafe(50)}",
        f'CASEUNIT_SEAL_KEYS: "k1:{_key()}"',
        f"client_secret = '{secrets.token_hex(20)}'",
        f'"api_key": "{secrets.token_urlsafe(24)}1a"',
    ],
    # Each process makes secrets of its own; all of them must know the tests by the same names.
    ids=["rsa", "key", "cloud", "token", "address", "variable", "yaml", "client", "json"],
)
def test_a_secret_is_found_and_not_repeated(scan: ModuleType, tmp_path: Path, line: str) -> None:
    path = tmp_path / "kept.py"
    path.write_text(f"first = 1\n{line}\n", encoding="utf-8")

    found = scan.findings(path)

    assert found
    assert all(finding.startswith(f"{path}:2: ") for finding in found)
    assert not [part for part in line.split() if len(part) > 12 and part in "".join(found)]


@pytest.mark.parametrize(
    "line",
    [
        'token = request.GET["t"]',
        "DATABASE_URL: postgres://someone:something@nowhere/caseunit",
        "CASEUNIT_SECRET_KEY_FILE: /run/secrets/caseunit_secret_key",
        "secrets: [postgres_superuser_password, postgres_password]",
        'password = "lantern gravel otter piano"',
        f"CASEUNIT_SECRET_KEY={'x1' * 25}  # not a secret: a placeholder",
    ],
)
def test_what_is_none_is_let_be(scan: ModuleType, tmp_path: Path, line: str) -> None:
    path = tmp_path / "kept.py"
    path.write_text(line, encoding="utf-8")

    assert scan.findings(path) == []


def test_a_found_one_ends_the_run(tmp_path: Path) -> None:
    path = tmp_path / "kept.env"
    path.write_text(f"CASEUNIT_DIGEST_KEY={_key()}", encoding="utf-8")

    result = subprocess.run(
        [sys.executable, str(SCAN), str(path)], check=False, capture_output=True, text=True
    )

    assert (result.returncode, result.stdout.count("\n")) == (1, 1)
