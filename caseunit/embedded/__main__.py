"""What does `python3 run.py …` do once everything is installed?"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from caseunit import keys, static_files
from caseunit.embedded import children
from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Home
from caseunit.embedded.serve import serve
from caseunit.embedded.servers import Servers, start_over, using

CHECKOUT = Path(__file__).resolve().parents[2]
FAILED = 1
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    home = Home(Path(os.environ.get("CASEUNIT_HOME") or CHECKOUT / ".local").resolve())
    command, rest = (arguments[0], arguments[1:]) if arguments else ("serve", [])
    commands = {
        "manage": manage,
        "test": test,
        "up": up,
        "down": down,
        "env": env,
        "keys": write_keys,
    }
    try:
        if command in commands:
            return commands[command](home, rest)
        return _serve(home, arguments)
    except CannotRunError as error:
        print(f"\n{error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def manage(home: Home, arguments: list[str]) -> int:
    with using(Servers(home), tied=False) as found:
        command = [sys.executable, str(CHECKOUT / "manage.py"), *arguments]
        return _call(command, _settings("dev") | found)


def test(home: Home, arguments: list[str]) -> int:
    static_files.build(CHECKOUT)
    test_home = Home(home.root / "test", durable=False)
    servers = Servers(test_home)
    if not servers.others():
        start_over(test_home)
        servers = Servers(test_home)
    with using(servers, tied=True) as found:
        extra = {"CASEUNIT_TEST_DATABASE": f"test_caseunit_{os.getpid()}"}
        command = [sys.executable, "-m", "pytest", *_parallel(arguments), *arguments]
        return _call(command, _settings("test") | found | extra, cwd=CHECKOUT)


def up(home: Home, arguments: list[str]) -> int:
    _no_arguments("up", arguments)
    servers = Servers(home)
    with using(servers, tied=False):
        home.kept_marker.touch()
    print(f"PostgreSQL and Valkey run on {home.root}. Stop them with: python3 run.py down")
    return 0


def down(home: Home, arguments: list[str]) -> int:
    _no_arguments("down", arguments)
    servers = Servers(home)
    if servers.others():
        raise CannotRunError(
            f"Another command still uses the servers of {home.root}. Stop that one first."
        )
    servers.stop()
    print(f"PostgreSQL and Valkey of {home.root} are stopped.")
    return 0


def env(home: Home, arguments: list[str]) -> int:
    _no_arguments("env", arguments)
    for name, value in (_settings("dev") | Servers(home).environment()).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def write_keys(_home: Home, arguments: list[str]) -> int:
    if len(arguments) != 1:
        raise CannotRunError("`run.py keys FOLDER` needs the one folder that the secrets go into.")
    try:
        written = keys.write(Path(arguments[0]))
    except OSError as error:
        raise CannotRunError(f"No secret was written. {error}") from error
    print("\n".join(str(path) for path in written))
    print("Keep a copy apart from the database: without it no identity can ever be opened.")
    return 0


def _serve(home: Home, arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="run.py", epilog="Also: test, manage, up, down, env, keys."
    )
    parser.add_argument("--fresh", action="store_true", help="drop all data of this folder first")
    parser.add_argument(
        "--port", type=int, default=8000, help="the first port to try (default 8000)"
    )
    options = parser.parse_args(arguments)
    return serve(home, CHECKOUT, fresh=options.fresh, port=options.port)


def _settings(name: str) -> dict[str, str]:
    chosen = os.environ.get("DJANGO_SETTINGS_MODULE", "") if name == "dev" else ""
    return {"DJANGO_SETTINGS_MODULE": chosen or f"caseunit.settings.{name}"}


def _parallel(arguments: list[str]) -> list[str]:
    chosen = any(argument.startswith(("-n", "--numprocesses")) for argument in arguments)
    # One more than there are processors: a browser and servers that start are waited for.
    return [] if chosen else ["-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"]


def _call(command: list[str], extra: dict[str, str], cwd: Path | None = None) -> int:
    """Run a command in our place: Ctrl-C is its own to handle, and a polite kill is passed on."""
    environment = children.application_environment(extra)
    with subprocess.Popen(command, env=environment, cwd=cwd) as process:  # noqa: S603
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda _number, _frame: process.terminate())
        return process.wait()


def _no_arguments(command: str, arguments: list[str]) -> None:
    if arguments:
        raise CannotRunError(f"`run.py {command}` takes no arguments; got: {' '.join(arguments)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
