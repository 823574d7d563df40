#!/usr/bin/env python3
"""How does caseunit start on a machine that has only Python?

    python3 run.py [--fresh] [--port N]   install, start everything, print the address; Ctrl-C stops it
    python3 run.py test [pytest args]     install the test tools and run the tests on real servers
    python3 run.py manage ARGS…           any management command, starting the servers when they are not up
    python3 run.py up | down | env        start or stop the servers alone; print the variables they need

This file makes the virtual environment and installs into it; `caseunit.embedded` does the rest from inside.
CASEUNIT_VENV names the environment (default .venv), CASEUNIT_HOME the folder of servers and keys (.local).
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
    os.environ["PYTHONUTF8"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    os.execv(PYTHON, [str(PYTHON), "-m", "caseunit.embedded", *arguments])


def check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"caseunit needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if importlib.util.find_spec("ensurepip") is None and not PYTHON.exists():
        sys.exit("This Python can't make virtual environments. On Debian and Ubuntu: apt install python3-venv")


def prepare_environment(requirements: list[Path]) -> None:
    """Make the virtual environment and install, unless that was done for these very requirements."""
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
            marker(path).write_text(digest())


def is_installed(requirements: Path) -> bool:
    return PYTHON.exists() and marker(requirements).exists() and marker(requirements).read_text() == digest()


def marker(requirements: Path) -> Path:
    return VENV / f".installed-{requirements.parent.name if requirements == TESTS_NEED else 'run'}"


def digest() -> str:
    texts = [path.read_bytes() for path in (RUN_NEEDS, TESTS_NEED)]
    return hashlib.sha256(b"\0".join([os.fsencode(VENV), *texts])).hexdigest()


def has_pip() -> bool:
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0


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
    pip = [PYTHON, "-m", "pip", "install", "--no-compile", "--no-input", "--progress-bar=off", "-r", requirements]
    if (uv := shutil.which("uv")) and follow([uv, "pip", "install", "--python", PYTHON, "-r", requirements]) == "":
        failure = ""
    else:
        failure = follow(pip)
    if failure:
        sys.exit(f"{failure}\nInstalling {requirements} failed; nothing else was changed. Run again to go on.")
    say(f"Installed in {time.monotonic() - started:.0f} s")


def follow(command: list[str | Path]) -> str:
    """Run a command, showing what it is at on one line; return the end of its output when it fails."""
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if sys.stdout.isatty():
                print(f"\r\033[K  {lines[-1].strip()[:76]}", end="", flush=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    return "\n".join(lines[-15:]) or "it said nothing" if process.returncode else ""


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
