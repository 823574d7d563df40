"""How does the whole of caseunit run on one machine until Ctrl-C?"""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caseunit import static_files
from caseunit.embedded import children
from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Home
from caseunit.embedded.servers import OWNER, Servers, serving_lock, start_over
from caseunit.embedded.supervisor import Program, Supervisor, stop_left_behind

LOOPBACK = "127.0.0.1"
PORTS_TO_TRY = 50
FIRST_PAGE_SECONDS = 60
LOOK_EVERY_SECONDS = 0.05


def serve(home: Home, checkout: Path, *, fresh: bool, port: int) -> int:
    """Start everything, print where it is, and stay until asked to stop."""
    home.prepare()
    with serving_lock(home) as tell_others:
        _clear_the_way(home, fresh=fresh)
        servers = Servers(home)
        with step("Starting PostgreSQL and Valkey"):
            servers.enter(tied=True)
        try:
            run = _Run(servers, checkout, port)
            tell_others(f"process {os.getpid()}, http://{LOOPBACK}:{run.port}/")
            return run.until_stopped()
        finally:
            _leave(servers)


class _Run:
    def __init__(self, servers: Servers, checkout: Path, port: int) -> None:
        self.home = servers.home
        self.checkout = checkout
        self.static_root = self.home.root / "static"
        self.port = free_port(port)
        self.environment = children.application_environment(
            {"DJANGO_SETTINGS_MODULE": "caseunit.settings.dev"}
            | servers.environment()
            | {"CASEUNIT_STATIC_ROOT": str(self.static_root)}
        )

    def until_stopped(self) -> int:
        sign_ins = self._prepare()
        supervisor = Supervisor(
            self._programs(),
            environment=without_owner(self.environment),
            cwd=self.checkout,
            pids=self.home.root / "programs.pids",
        )
        with supervisor.signals():
            try:
                with step("Starting web, worker and beat"):
                    supervisor.start()
                    self._await_first_page(supervisor)
                self._announce(supervisor, sign_ins)
                supervisor.watch()
            finally:
                print("\nStopping.", flush=True)
                supervisor.stop()
        return 0

    def _prepare(self) -> str:
        """Everything before the programs start; who can sign in. One process does all that needs
        Django, because loading it is most of what a later start waits for."""
        with step("Building the front end"):
            static_files.build(self.checkout)
            self._collect_static()
        with step("Bringing the database up to date, with a demonstration if it is empty"):
            return self._manage("demo", "--migrate", "--if-empty", "--sign-ins")

    def _collect_static(self) -> None:
        marker = self.static_root / ".fingerprint"
        wanted = static_files.fingerprint(self.checkout)
        if marker.exists() and marker.read_text() == wanted:
            return
        shutil.rmtree(self.static_root, ignore_errors=True)
        self._manage("collectstatic", "--no-input", "--verbosity=0")
        marker.write_text(wanted)

    def _manage(self, *arguments: str) -> str:
        result = subprocess.run(  # noqa: S603
            [sys.executable, str(self.checkout / "manage.py"), *arguments],
            check=False,
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            ending = "\n".join((result.stderr or result.stdout).strip().splitlines()[-20:])
            raise CannotRunError(f"manage.py {arguments[0]} failed:\n{ending}")
        return result.stdout.strip()

    def _programs(self) -> list[Program]:
        python = sys.executable
        celery = [python, "-m", "celery", "--app=caseunit", "--quiet"]
        web = [
            python,
            "-m",
            "gunicorn",
            "caseunit.wsgi",
            f"--bind={LOOPBACK}:{self.port}",
            "--workers=2",
        ]
        web += ["--threads=4", "--preload", "--no-control-socket"]
        worker = [*celery, "worker", "--loglevel=INFO", "--concurrency=2", "--without-gossip"]
        worker += ["--without-mingle"]
        logs = self.home.logs
        return [
            Program("web", web, logs / "web.log"),
            Program("worker", worker, logs / "worker.log"),
            Program("beat", [*celery, "beat", "--loglevel=INFO", "--pidfile="], logs / "beat.log"),
        ]

    def _await_first_page(self, supervisor: Supervisor) -> None:
        web = supervisor.programs[0]
        came = children.wait_until(
            lambda: supervisor.asked_to_stop or _answers(self.port),
            alive=lambda: web.running,
            seconds=FIRST_PAGE_SECONDS,
        )
        if not came:
            raise CannotRunError(
                f"The web server did not answer. Its last lines ({web.log}):\n"
                f"{children.last_lines(web.log)}"
            )

    def _announce(self, supervisor: Supervisor, sign_ins: str) -> None:
        if supervisor.asked_to_stop:
            return
        print(f"\ncaseunit is at http://{LOOPBACK}:{self.port}/\n")
        print(sign_ins)
        print(
            f"\nData, keys and logs are in {self.home.root}. Ctrl-C stops everything.", flush=True
        )


def free_port(first: int) -> int:
    """The first free port of loopback from this one on; each taken one is named."""
    for port in range(first, min(first + PORTS_TO_TRY, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except PermissionError:
                raise CannotRunError(
                    f"This user may not use port {port}. Choose one over 1023 with --port."
                ) from None
            except OSError:
                print(f"Port {port} is taken; trying {port + 1}.", flush=True)
                continue
        return port
    raise CannotRunError(f"No free port from {first} on. Choose another with --port.")


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is going on, and how long it took."""
    started = time.monotonic()
    print(f"{text} ... ", end="", flush=True)
    yield
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def without_owner(environment: dict[str, str]) -> dict[str, str]:
    """Web, worker and beat aren't told how the tables' owner signs in."""
    return {name: value for name, value in environment.items() if not name.startswith(OWNER)}


def _clear_the_way(home: Home, *, fresh: bool) -> None:
    if left := stop_left_behind(home.root / "programs.pids"):
        print(f"Stopped {left} processes that a killed run had left behind.")
    if fresh:
        start_over(home)
        print(f"Dropped data and keys in {home.root}.")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _leave(servers: Servers) -> None:
    if servers.others():
        print(
            "Another command still uses the servers; waiting for it. Ctrl-C again to stop it all.",
            flush=True,
        )
        while servers.others():
            time.sleep(LOOK_EVERY_SECONDS)
    servers.leave()
    print("Stopped.", flush=True)
