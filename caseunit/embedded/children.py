"""How is a process started so that it dies with us, and how is one recognised and stopped?"""

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

import psutil

from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Owner

PR_SET_PDEATHSIG = 1
LOG_MAX_BYTES = 5_000_000
POLL_SECONDS = 0.02


class RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def server_environment() -> dict[str, str]:
    """A server sees neither our locale, nor PG* variables, nor our secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def application_environment(extra: dict[str, str]) -> dict[str, str]:
    """Ours, less what would change how libpq connects or how text is read."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "LC_")) and name not in {"LANG", "LANGUAGE"}
    }
    return {**kept, "LC_ALL": "C", "PYTHONUTF8": "1", "TZ": "UTC", **extra}


def start(
    command: list[str],
    *,
    log: Path,
    environment: dict[str, str],
    cwd: Path,
    owner: Owner | None = None,
    dies_with_us: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start in a session of its own, so that Ctrl-C reaches the supervisor only.

    `dies_with_us` is the signal that Linux sends when this process ends in whatever way.
    """
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.replace(log.with_suffix(".old"))
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_tie_to_parent(dies_with_us),  # noqa: PLW1509 - no thread runs yet
            **as_user(owner),
        )


def package_folder(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise CannotRunError(
            f"The package {name} is not installed. Delete the virtual environment and run again."
        )
    return Path(found.origin).parent


def may_enter(folder: Path, owner: Owner) -> bool:
    """Whether that user gets into the folder, asked by really trying."""
    command = ["/bin/sh", "-c", 'cd "$0"', str(folder)]
    result = subprocess.run(  # noqa: S603
        command, check=False, capture_output=True, cwd="/", **as_user(owner)
    )
    return result.returncode == 0


def as_user(owner: Owner | None) -> RunAs:
    if owner is None or not owner.is_other:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}


def _tie_to_parent(with_signal: int | None) -> Callable[[], None] | None:
    if with_signal is None or not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, with_signal)
        if os.getppid() != parent:
            os.kill(os.getpid(), with_signal)

    return tie


def find(pid: int, *, words: tuple[str, ...]) -> psutil.Process | None:
    """The living process with this id, when its command line holds each of the words."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        line = " ".join(process.cmdline())
    except psutil.Error:
        return None
    return process if all(word in line for word in words) else None


def stop(
    process: psutil.Process, *, ask: signal.Signals, insist: signal.Signals, patience: float
) -> None:
    """Ask, wait, insist, wait."""
    for number in (ask, insist):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        if wait_until(lambda: _is_gone(process), alive=lambda: True, seconds=patience):
            return
    raise CannotRunError(f"Process {process.pid} did not stop. By hand: kill -9 {process.pid}")


def _is_gone(process: psutil.Process) -> bool:
    """A process that ended and that its own parent has not yet taken note of is gone too."""
    with suppress(psutil.Error):
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True


def wait_until(ready: Callable[[], bool], *, alive: Callable[[], bool], seconds: float) -> bool:
    """Whether it became ready before it died or the time was up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if not alive():
            return ready()
        time.sleep(POLL_SECONDS)
    return False


def last_lines(log: Path, count: int = 8) -> str:
    if not log.exists():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-count:])


@contextmanager
def private_file(path: Path, text: str, owner: Owner) -> Iterator[Path]:
    """A file that only the server's user can read, gone afterwards."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    owner.take(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
