"""Is the folder of servers and keys closed to others, and its socket path short enough?"""

import os
import stat
from pathlib import Path

import pytest

from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import GENERATED, LONGEST_SOCKET_NAME, Home

# servers/run/ and the longest socket's name, with the separators before each.
BELOW_HOME = len("/servers/run/") + len(LONGEST_SOCKET_NAME)


def home_with_socket_path_of(folder: Path, length: int) -> Home:
    name = "h" * (length - BELOW_HOME - len(str(folder)) - 1)
    return Home(folder / name)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_sockets_stay_in_the_home_at_103_bytes(folder: Path) -> None:
    home = home_with_socket_path_of(folder, 103)

    sockets = home.sockets(home.prepare())

    assert sockets == home.servers / "run"
    assert len(str(sockets / LONGEST_SOCKET_NAME)) == 103


def test_sockets_move_to_a_short_folder_at_104_bytes(folder: Path) -> None:
    home = home_with_socket_path_of(folder, 104)
    owner = home.prepare()

    sockets = home.sockets(owner)

    assert not sockets.is_relative_to(home.root)
    assert len(str(sockets / LONGEST_SOCKET_NAME)) <= 103
    assert mode(sockets) == 0o700
    assert home.sockets(owner) == sockets
    home.forget_sockets()
    assert not sockets.exists()


@pytest.mark.parametrize("name", ["with space", "a,b", "per%cent", "Zoë"])
def test_sockets_move_when_the_path_would_not_survive_an_address(folder: Path, name: str) -> None:
    home = Home(folder / name)

    sockets = home.sockets(home.prepare())

    assert not sockets.is_relative_to(home.root)
    home.forget_sockets()


def test_keys_are_made_once_and_for_their_owner_only(folder: Path) -> None:
    home = Home(folder / "home")
    home.prepare()

    first = home.secrets()

    assert home.secrets() == first
    assert first.keys() == GENERATED.keys()
    assert mode(home.keys_file) == 0o600
    assert mode(home.servers) == 0o700
    assert mode(home.root) in {0o700, 0o711}


def test_missing_keys_are_not_replaced_while_there_are_data(folder: Path) -> None:
    home = Home(folder / "home")
    home.prepare()
    home.postgres_data.mkdir()

    with pytest.raises(CannotRunError, match=r"keys\.env is missing while .* holds data"):
        home.secrets()

    assert not home.keys_file.exists()
    assert home.postgres_data.exists()


def test_keys_that_lack_one_are_named_and_left_alone(folder: Path) -> None:
    home = Home(folder / "home")
    home.prepare()
    home.keys_file.write_text("CASEUNIT_SECRET_KEY=x\n")

    with pytest.raises(CannotRunError, match="lacks CASEUNIT_AUDIT_KEY, CASEUNIT_BLIND_KEYS"):
        home.secrets()

    assert home.keys_file.read_text() == "CASEUNIT_SECRET_KEY=x\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_another_user_is_named(folder: Path) -> None:
    folder.chmod(0o500)

    with pytest.raises(CannotRunError, match="belongs to another user"):
        Home(folder / "home").prepare()

    folder.chmod(0o700)
