"""How do web, worker and beat run side by side, come back when one falls, and stop in order?"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from caseunit.embedded import children
from caseunit.embedded.errors import CannotRunError

LOOK_EVERY_SECONDS = 0.2
RESTARTS_ALLOWED = 3
RESTARTS_WITHIN_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass
class Program:
    """One process to keep running."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    fell_at: list[float] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts programs in order, stops them in reverse, and notes their ids in a file."""

    def __init__(
        self, programs: list[Program], *, environment: dict[str, str], cwd: Path, pids: Path
    ) -> None:
        self.programs = programs
        self.environment = environment
        self.cwd = cwd
        self.pids = pids
        self.asked_to_stop = False

    def start(self) -> None:
        for program in self.programs:
            self._start(program)

    def watch(self) -> None:
        """Until a signal asks to stop. A program that keeps falling ends it all."""
        while not self.asked_to_stop:
            self.look()
            time.sleep(LOOK_EVERY_SECONDS)

    def look(self) -> None:
        """Start again what fell."""
        for program in self.programs:
            if not program.running:
                self._revive(program)

    def stop(self) -> None:
        for program in reversed(self.programs):
            if program.process is not None:
                _stop_group(program.process)
        self.pids.unlink(missing_ok=True)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Ctrl-C and a polite kill ask to stop; anything later still has to wait for the end."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._ask_to_stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _start(self, program: Program) -> None:
        program.process = children.start(
            program.command,
            log=program.log,
            environment=self.environment,
            cwd=self.cwd,
            dies_with_us=signal.SIGTERM,
        )
        self._remember()

    def _revive(self, program: Program) -> None:
        now = time.monotonic()
        program.fell_at = [at for at in program.fell_at if now - at < RESTARTS_WITHIN_SECONDS] + [
            now
        ]
        if len(program.fell_at) > RESTARTS_ALLOWED:
            raise CannotRunError(
                f"{program.name} keeps stopping. Its last lines ({program.log}):\n"
                f"{children.last_lines(program.log)}"
            )
        print(f"{program.name} stopped by itself; starting it again.", file=sys.stderr)
        self._start(program)

    def _remember(self) -> None:
        lines = []
        for program in self.programs:
            if program.running and program.process is not None:
                created = psutil.Process(program.process.pid).create_time()
                lines.append(f"{program.process.pid} {created}\n")
        self.pids.write_text("".join(lines))


def stop_left_behind(pids: Path) -> int:
    """Stop what a killed run left behind; how many processes that were."""
    if not pids.exists():
        return 0
    found = [
        process for line in pids.read_text().splitlines() if (process := _still_the_same(line))
    ]
    for process in found:
        children.stop(process, ask=signal.SIGTERM, insist=signal.SIGKILL, patience=STOP_SECONDS)
    pids.unlink()
    return len(found)


def _still_the_same(line: str) -> psutil.Process | None:
    pid, created = line.split()
    process = children.find(int(pid), words=())
    if process is None or abs(process.create_time() - float(created)) > 1:
        return None
    return process


def _stop_group(process: subprocess.Popen[bytes]) -> None:
    """Ask the program; what it leaves in its group is killed."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=STOP_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
