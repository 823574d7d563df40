"""Do fresh secrets load as settings, and is none ever overwritten?"""

import re
import stat
from pathlib import Path

import pytest

from caseunit import keys
from caseunit.settings import environment


def test_fresh_secrets_load(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    written = {path.name: path.read_text() for path in keys.write(folder)}

    assert environment.secret_key(written["caseunit_secret_key"])
    assert [key_id for key_id, _ in environment.seal_keys(written["caseunit_seal_keys"])] == ["k1"]
    assert environment.key_bytes(written["caseunit_digest_key"])
    assert [key_id for key_id, _ in environment.seal_keys(written["caseunit_blind_keys"])] == ["b1"]
    assert written["postgres_app_password"] in written["database_url"]
    assert written["postgres_password"] in written["owner_database_url"]
    assert written["redis_password"] in environment.redis_url(written["redis_url"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_compose_hands_out_exactly_these() -> None:
    compose = (Path(__file__).resolve().parents[2] / "docker-compose.yml").read_text()

    named = {
        line.split("./secrets/")[1].rstrip("}\n ")
        for line in compose.splitlines()
        if "./secrets/" in line
    }

    assert named == keys.for_containers().keys()


def test_only_migrate_is_told_of_the_owner() -> None:
    compose = (Path(__file__).resolve().parents[2] / "docker-compose.yml").read_text()
    services = compose.partition("\nservices:\n")[2].partition("\nnetworks:\n")[0]
    blocks = re.split(r"\n(?=  \w+:\n)", services.strip("\n"))

    told = [block.split(":")[0].strip() for block in blocks if "owner_database_url" in block]

    assert len(blocks) == 6
    assert told == ["migrate"]
    assert "owner_database_url" not in compose.partition("\nservices:\n")[0]


def test_a_secret_that_is_there_is_kept(tmp_path: Path) -> None:
    keys.write(tmp_path / "secrets")
    before = (tmp_path / "secrets" / "caseunit_seal_keys").read_text()

    with pytest.raises(FileExistsError, match="exists already, and what it sealed needs it"):
        keys.write(tmp_path / "secrets")

    assert (tmp_path / "secrets" / "caseunit_seal_keys").read_text() == before
