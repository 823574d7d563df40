#!/usr/bin/env python3
"""How does caseunit start on a machine that has only Python?

    python3 run.py [--fresh] [--port N]   start everything, print the address; Ctrl-C stops it
    python3 run.py test [pytest args]     run the tests on real servers
    python3 run.py manage ARGS…           any management command, starting the servers if need be
    python3 run.py up | down | env        the servers alone: start, stop, print their variables
    python3 run.py keys FOLDER            fresh secrets as files, for docker-compose.yml

This file makes the virtual environment and installs into it; `caseunit.embedded` does the rest from
inside. CASEUNIT_VENV names the environment (default .venv), CASEUNIT_HOME the folder of the
embedded servers and keys (default .local).
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

OLDEST_PYTHON = (3, 11)
HERE = Path(__file__).resolve().parent
VENV = Path(os.environ.get("CASEUNIT_VENV") or HERE / ".venv").absolute()
PYTHON = VENV / "bin" / "python"
RUN_NEEDS = HERE / "requirements.txt"
TESTS_NEED = HERE / "tests" / "requirements.txt"


def main(arguments: list[str]) -> None:
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        print(__doc__)
        return
    check_python()
    prepare_environment([RUN_NEEDS, TESTS_NEED] if arguments[:1] == ["test"] else [RUN_NEEDS])
    keep_compiled()
    os.environ["PYTHONUTF8"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(HERE), os.environ.get("PYTHONPATH")])
    )
    os.execv(PYTHON, [str(PYTHON), "-m", "caseunit.embedded", *arguments])  # noqa: S606


def check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"caseunit needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if importlib.util.find_spec("ensurepip") is None and not PYTHON.exists():
        sys.exit("This Python lacks venv. On Debian and Ubuntu: apt install python3-venv")


def prepare_environment(requirements: list[Path]) -> None:
    """Make the virtual environment and install, unless that was done for these requirements."""
    VENV.parent.mkdir(parents=True, exist_ok=True)
    with VENV.with_name(f"{VENV.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [path for path in requirements if not is_installed(path)]
        if not missing:
            return
        if not has_pip():
            make_environment()
        install(missing[-1])
        for path in missing:
            marker(path).write_text(digest(path))


def keep_compiled() -> None:
    """Compiled modules stay beside what is installed, whatever the shell says of the checkout:
    otherwise every process of ours compiles all that it imports anew, which is most of its start.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "compiled"))


def is_installed(requirements: Path) -> bool:
    done = marker(requirements)
    return PYTHON.exists() and done.exists() and done.read_text() == digest(requirements)


def marker(requirements: Path) -> Path:
    return VENV / (".installed-for-tests" if requirements == TESTS_NEED else ".installed")


def digest(requirements: Path) -> str:
    parts = [os.fsencode(VENV), RUN_NEEDS.read_bytes()]
    if requirements == TESTS_NEED:
        parts.append(TESTS_NEED.read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def has_pip() -> bool:
    if not PYTHON.exists():
        return False
    command = [str(PYTHON), "-m", "pip", "--version"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def make_environment() -> None:
    say(f"Making the virtual environment {VENV}")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(f"The virtual environment {VENV} could not be made: {error}")


def install(requirements: Path) -> None:
    say(f"Installing {requirements.relative_to(HERE)} (downloaded once)")
    started = time.monotonic()
    failure = follow(["uv", "pip", "install", "--python", str(PYTHON), "-r", str(requirements)])
    if failure:
        pip = [
            str(PYTHON),
            "-m",
            "pip",
            "install",
            "--no-compile",
            "--no-input",
            "--progress-bar=off",
        ]
        failure = follow([*pip, "-r", str(requirements)])
    if failure:
        sys.exit(f"{failure}\nInstalling {requirements} failed. Run again to go on from there.")
    say(f"Installed in {time.monotonic() - started:.0f} s")


def follow(command: list[str]) -> str:
    """Run a command, showing what it is at; the end of its output when it fails, else nothing."""
    if shutil.which(command[0]) is None:
        return f"There is no {command[0]}."
    lines = [""]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            show(lines[-1].strip()[:76])
    show("")
    return "\n".join(lines[-15:]) or "It said nothing." if process.returncode else ""


def show(text: str) -> None:
    """On a terminal, one line that the next one overwrites."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run again to go on from there.")
