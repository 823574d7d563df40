"""Is a taken port named and the next one used?"""

import socket

import pytest

from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.serve import LOOPBACK, free_port


def test_a_taken_port_is_named_and_the_next_used(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]

        found = free_port(port)

    assert found > port
    assert f"Port {port} is taken; trying {port + 1}." in capsys.readouterr().out


def test_a_free_port_is_used_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((LOOPBACK, 0)) as probe:
        port = probe.getsockname()[1]

    assert free_port(port) == port
    assert capsys.readouterr().out == ""


def test_a_port_beyond_the_last_is_refused() -> None:
    with pytest.raises(CannotRunError, match="No free port from 65536 on"):
        free_port(65536)
