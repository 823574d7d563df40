"""Where do servers of a test's own live? In a short temporary folder that `nobody` may pass."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from caseunit.embedded.home import Home
from caseunit.embedded.servers import Servers

CHECKOUT = Path(__file__).resolve().parents[2]


def short_folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="cu-", dir="/tmp")).resolve()
    made.chmod(0o711)
    return made


@pytest.fixture
def folder() -> Iterator[Path]:
    made = short_folder()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def home(folder: Path) -> Iterator[Home]:
    """A folder whose servers, if any came up, are stopped afterwards."""
    home = Home(folder / "home", durable=False)
    yield home
    if home.keys_file.exists():
        Servers(home).stop()


@pytest.fixture
def servers(home: Home, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """Servers of this test's own, whatever servers the tests themselves run on."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CASEUNIT_OWNER_DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    return Servers(home)
