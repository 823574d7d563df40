"""Who may start the servers, who shares them, and who turns them off?

Every command that uses the servers holds a shared lock on the folder while it runs. Whoever leaves last stops
them, unless `run.py up` asked them to stay. Servers that a killed run left behind are adopted the same way.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Home, Owner
from caseunit.embedded.postgres import Postgres
from caseunit.embedded.valkey import Valkey

APPLICATION_SECRETS = ("CASEUNIT_SECRET_KEY", "CASEUNIT_SEAL_KEYS", "CASEUNIT_DIGEST_KEY")


class Servers:
    """PostgreSQL and Valkey of one folder; a server that the environment names is left out."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.owner: Owner = home.prepare()
        home.secrets()
        sockets = home.sockets(self.owner)
        self.postgres = Postgres(home, self.owner, sockets)
        self.valkey = Valkey(home, self.owner, sockets)
        self._users: IO[str] | None = None

    def environment(self) -> dict[str, str]:
        """What the application needs to reach the servers; what is already set wins."""
        secrets = self.home.secrets()
        found = {name: secrets[name] for name in APPLICATION_SECRETS}
        found |= {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.valkey.url}
        return {name: os.environ.get(name, value) for name, value in found.items()}

    def enter(self, *, tied: bool) -> None:
        """Become a user of the servers, starting those that don't run."""
        with _held(self.home.root / "start.lock"):
            self._users = _open_lock(self.home.root / "users.lock")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._start_missing(tied=tied)
            except BaseException:
                self._leave_locked()
                raise

    def leave(self) -> None:
        """Stop being a user; the last one out stops the servers."""
        with _held(self.home.root / "start.lock"):
            self._leave_locked()

    def others(self) -> bool:
        """Whether another command uses the servers now."""
        with _open_lock(self.home.root / "users.lock") as probe:
            if self._users:
                fcntl.flock(self._users, fcntl.LOCK_UN)
            try:
                return not _try_lock(probe)
            finally:
                fcntl.flock(probe, fcntl.LOCK_UN)
                if self._users:
                    fcntl.flock(self._users, fcntl.LOCK_SH)

    def stop(self) -> None:
        """Stop them now, whoever uses them."""
        self.valkey.stop()
        self.postgres.stop()
        self.home.kept_marker.unlink(missing_ok=True)
        self.home.forget_sockets()

    def _start_missing(self, *, tied: bool) -> None:
        if "DATABASE_URL" not in os.environ:
            _start_or_adopt(self.postgres, tied=tied)
        if "REDIS_URL" not in os.environ:
            _start_or_adopt(self.valkey, tied=tied)

    def _leave_locked(self) -> None:
        if self._users is None:
            return
        self._users.close()
        self._users = None
        with _open_lock(self.home.root / "users.lock") as probe:
            if _try_lock(probe) and not self.home.kept_marker.exists():
                self.stop()


def _start_or_adopt(server: Postgres | Valkey, *, tied: bool) -> None:
    process = server.running()
    if process is None:
        server.start(tied=tied)
        return
    if not server.answers():
        print(f"Stopping process {process.pid}, a server of this folder that does not answer.", file=sys.stderr)
        server.stop()
        server.start(tied=tied)


@contextmanager
def using(servers: Servers, *, tied: bool) -> Iterator[dict[str, str]]:
    """The environment of running servers, for as long as the block runs."""
    servers.enter(tied=tied)
    try:
        yield servers.environment()
    finally:
        servers.leave()


def _open_lock(path: Path) -> IO[str]:
    return path.open("a+", encoding="utf-8")


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with _open_lock(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def only_one(home: Home, note: str) -> Iterator[IO[str]]:
    """Held by the one `run.py` that serves from this folder; `note` tells a second one who does."""
    with _open_lock(home.root / "serve.lock") as file:
        if not _try_lock(file):
            file.seek(0)
            raise CannotRunError(
                f"caseunit already runs from {home.root} ({file.read().strip() or 'starting'}). Use that one, "
                "stop it with Ctrl-C there, or name another folder with CASEUNIT_HOME."
            )
        write_note(file, note)
        yield file
        write_note(file, "")


def write_note(file: IO[str], note: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(note)
    file.flush()
