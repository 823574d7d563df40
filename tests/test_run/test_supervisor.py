"""Does a fallen program come back, and does nothing stay behind?"""

import sys
from pathlib import Path

import psutil
import pytest

from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.supervisor import RESTARTS_ALLOWED, Program, Supervisor, stop_left_behind

STAYS = "import sys; sys.stdout.write('here'); sys.stdout.flush(); import signal; signal.pause()"
FALLS = "print('no such table'); raise SystemExit(3)"
FALLS_ONCE = """
import pathlib, signal, sys
mark = pathlib.Path(sys.argv[1])
first = not mark.exists()
mark.write_text("again" if not first else "once")
if first: raise SystemExit(1)
signal.pause()
"""


def supervisor(folder: Path, *programs: tuple[str, str]) -> Supervisor:
    made = [
        Program(name, [sys.executable, "-c", code, str(folder / "mark")], folder / f"{name}.log")
        for name, code in programs
    ]
    return Supervisor(made, environment={}, cwd=folder, pids=folder / "pids")


def process_of(program: Program) -> psutil.Process:
    assert program.process is not None
    return psutil.Process(program.process.pid)


def test_a_program_that_keeps_falling_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    ours = supervisor(tmp_path, ("web", STAYS), ("worker", FALLS))
    ours.start()
    web = process_of(ours.programs[0])

    with pytest.raises(CannotRunError, match=r"worker keeps stopping[^$]*no such table"):
        ours.watch()
    ours.stop()

    assert len(ours.programs[1].fell_at) == RESTARTS_ALLOWED + 1
    assert not web.is_running()
    assert not (tmp_path / "pids").exists()


def test_a_program_that_falls_once_is_started_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = supervisor(tmp_path, ("worker", FALLS_ONCE))
    ours.start()
    assert ours.programs[0].process is not None
    ours.programs[0].process.wait()

    ours.look()
    again = process_of(ours.programs[0])
    ours.stop()

    assert "worker stopped by itself; starting it again." in capsys.readouterr().err
    assert not again.is_running()


def test_what_a_killed_run_left_is_stopped(tmp_path: Path) -> None:
    ours = supervisor(tmp_path, ("web", STAYS), ("beat", STAYS))
    ours.start()
    stopped = stop_left_behind(tmp_path / "pids")

    assert stopped == 2
    assert [program.running for program in ours.programs] == [False, False]
    assert stop_left_behind(tmp_path / "pids") == 0


def test_a_process_id_that_another_process_got_is_let_be(tmp_path: Path) -> None:
    ours = supervisor(tmp_path, ("web", STAYS))
    ours.start()
    web = process_of(ours.programs[0])
    note = tmp_path / "old"
    note.write_text(f"{web.pid} {web.create_time() - 1000}\n")

    assert stop_left_behind(note) == 0
    assert web.is_running()
    ours.stop()
